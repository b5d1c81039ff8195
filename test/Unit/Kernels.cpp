//===- Kernels.cpp - compiled kernels, for tests --------------------------===//

#include "test/Unit/Kernels.h"

using namespace keops;
using namespace keops::test;

void KernelTest::load(llvm::StringRef text, llvm::ArrayRef<int> archs) {
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, "test.keops"), llvm::SMLoc());
  auto module = parseKeopsFile(sources, context.get());
  ASSERT_TRUE(module) << messages;
  signatures = signaturesOf(*module);
  CompileOptions options;
  options.isas = {nativeIsa().value_or(tile::Isa::V2)};
  options.device = true;
  options.archs.assign(archs.begin(), archs.end());
  ASSERT_TRUE(
      mlir::succeeded(advance(*module, Stage::Formula, Stage::Llvm, options)))
      << messages;
  auto bytes = emitCode(*module, Stage::Obj);
  ASSERT_TRUE(mlir::succeeded(bytes)) << messages;
  std::string error;
  object = LoadedObject::load(*bytes, error);
  ASSERT_TRUE(object) << error;
}
