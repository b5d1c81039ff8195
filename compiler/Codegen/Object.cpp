//===- Object.cpp - from the llvm dialect to code -------------------------===//

#include "compiler/Codegen/Object.h"
#include "compiler/Codegen/Target.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace keops {

std::unique_ptr<Module> translateToLLVM(mlir::ModuleOp module,
                                        LLVMContext &context) {
  std::unique_ptr<Module> code =
      mlir::translateModuleToLLVMIR(module, context, "keopsc");
  if (!code) {
    module.emitError("the llvm dialect cannot be translated to LLVM IR");
    return nullptr;
  }
  std::unique_ptr<TargetMachine> target = createHostTarget();
  code->setTargetTriple(target->getTargetTriple());
  code->setDataLayout(target->createDataLayout());
  return code;
}

namespace {

/// Turns errors of the code generator into diagnostics of MLIR; by itself,
/// LLVM prints them and ends the process.
struct ErrorForwarder : DiagnosticHandler {
  explicit ErrorForwarder(mlir::Location location) : location(location) {}

  bool handleDiagnostics(const DiagnosticInfo &info) override {
    if (info.getSeverity() != DS_Error)
      return true;
    std::string text;
    raw_string_ostream stream(text);
    DiagnosticPrinterRawOStream printer(stream);
    info.print(printer);
    mlir::emitError(location) << "code generation failed: " << text;
    sawErrors = true;
    return true;
  }

  mlir::Location location;
  bool sawErrors = false;
};

} // namespace

FailureOr<SmallVector<char, 0>> generateCode(Module &module, CodeFormat format,
                                             mlir::Location location) {
  auto forwarder = std::make_unique<ErrorForwarder>(location);
  ErrorForwarder &errors = *forwarder;
  LLVMContext &context = module.getContext();
  std::unique_ptr<DiagnosticHandler> previous = context.getDiagnosticHandler();
  context.setDiagnosticHandler(std::move(forwarder));

  std::unique_ptr<TargetMachine> target = createHostTarget();
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager passes;
  // Nothing may be turned into a call of the C library: objects depend on the
  // runtime alone.
  TargetLibraryInfoImpl library(target->getTargetTriple());
  library.disableAllFunctions();
  passes.add(new TargetLibraryInfoWrapperPass(library));
  bool isObject = format == CodeFormat::Object;
  bool unsupported = target->addPassesToEmitFile(
      passes, stream, /*DwoOut=*/nullptr,
      isObject ? CodeGenFileType::ObjectFile : CodeGenFileType::AssemblyFile);
  if (unsupported)
    mlir::emitError(location) << "code generation is not supported";
  else
    passes.run(module);
  bool failed = unsupported || errors.sawErrors;
  context.setDiagnosticHandler(std::move(previous));
  if (failed)
    return failure();
  return bytes;
}

SmallVector<std::string> undefinedSymbols(ArrayRef<char> object) {
  SmallVector<std::string> names;
  auto file = object::ObjectFile::createObjectFile(MemoryBufferRef(
      StringRef(object.data(), object.size()), "object in memory"));
  if (!file) {
    consumeError(file.takeError());
    return names;
  }
  for (const object::SymbolRef &symbol : (*file)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    Expected<StringRef> name = symbol.getName();
    if (flags && name && (*flags & object::SymbolRef::SF_Undefined) &&
        !name->empty())
      names.push_back(name->str());
    consumeError(flags.takeError());
    consumeError(name.takeError());
  }
  sort(names);
  return names;
}

} // namespace keops
