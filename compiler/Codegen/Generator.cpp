//===- Generator.cpp - a run of one of LLVM's code generators -------------===//

#include "compiler/Codegen/Generator.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace keops {

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

FailureOr<SmallVector<char, 0>> runCodeGenerator(Module &module,
                                                 TargetMachine &target,
                                                 CodeGenFileType type,
                                                 mlir::Location location) {
  auto forwarder = std::make_unique<ErrorForwarder>(location);
  ErrorForwarder &errors = *forwarder;
  LLVMContext &context = module.getContext();
  std::unique_ptr<DiagnosticHandler> previous = context.getDiagnosticHandler();
  context.setDiagnosticHandler(std::move(forwarder));

  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager passes;
  // Nothing may be turned into a call of the C library: objects depend on the
  // runtime alone.
  TargetLibraryInfoImpl library(target.getTargetTriple());
  library.disableAllFunctions();
  passes.add(new TargetLibraryInfoWrapperPass(library));
  bool unsupported =
      target.addPassesToEmitFile(passes, stream, /*DwoOut=*/nullptr, type);
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

} // namespace keops
