//===- keopsc.cpp - formula in, object file and header out ----------------===//

#include "tools/keopsc/Artifacts.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"

using namespace llvm;
using namespace keops;

/// The module as text, or the bytes of assembly or object.
static FailureOr<std::string> produce(mlir::ModuleOp module,
                                      const CompilerOptions &options,
                                      StageTimes *times) {
  std::string text;
  raw_string_ostream os(text);
  if (options.emit == Stage::Cost) {
    if (failed(printCosts(module, options.code, os, times)))
      return failure();
    return text;
  }
  bool code = options.emit >= Stage::Ptx;
  Stage stage = options.emit > Stage::Ptx ? Stage::Llvm : options.emit;
  if (failed(advance(module, Stage::Formula, stage, options.code, times)))
    return failure();
  if (code) {
    auto bytes = emitCode(module, options.emit, times);
    if (failed(bytes))
      return failure();
    return std::string(bytes->begin(), bytes->end());
  }
  module.print(os);
  os << "\n";
  return text;
}

static void printTimes(const StageTimes &times) {
  double total = 0;
  for (const StageTime &time : times)
    total += time.milliseconds;
  for (const StageTime &time : times)
    errs() << format("%10.2f ms %5.1f %%  ", time.milliseconds,
                     100 * time.milliseconds / total)
           << time.name << "\n";
  errs() << format("%10.2f ms          ", total) << "total\n";
}

static void describe(const CompilerOptions &options,
                     ArrayRef<KernelSignature> kernels) {
  for (const KernelSignature &kernel : kernels)
    errs() << "kernel " << kernel.name << ": " << kernel.text << "\n";
  Artifacts artifacts = artifactsFor(options, kernels);
  for (StringRef path :
       {artifacts.output, artifacts.header, artifacts.dependencies})
    if (!path.empty() && path != "-")
      errs() << "wrote " << path << "\n";
}

static LogicalResult compile(const CompilerOptions &options) {
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  SourceMgr sources;
  FormulaDiagnostics diagnostics(sources, context.get(), errs(),
                                 wantColors(errs()));
  auto module = readFormula(options.source, sources, context.get(), errs());
  if (!module)
    return failure();
  std::vector<KernelSignature> kernels = signaturesOf(*module);
  StageTimes times;
  FailureOr<std::string> content = produce(*module, options, &times);
  if (failed(content))
    return failure();
  if (Error failed = writeArtifacts(options, kernels, *content)) {
    error(errs()) << toString(std::move(failed)) << "\n";
    return failure();
  }
  if (options.verbose)
    describe(options, kernels);
  if (options.time)
    printTimes(times);
  return success();
}

static LogicalResult list(const CompilerOptions &options) {
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  if (options.names.empty())
    printOperations(context.get(), options.listForm, outs());
  for (auto [index, name] : enumerate(options.names)) {
    outs() << (index ? "\n" : "");
    if (Error unknown = printOperation(context.get(), name, outs())) {
      error(errs()) << toString(std::move(unknown)) << "\n";
      return failure();
    }
  }
  return success();
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  auto options = parseCompilerOptions(ArrayRef(argv + 1, argc - 1), errs());
  if (failed(options))
    return 1;
  switch (options->request) {
  case Request::Help:
    printCompilerHelp(outs());
    return 0;
  case Request::Version:
    outs() << "keopsc " << KEOPS_VERSION << ", LLVM " << LLVM_VERSION_STRING
           << "\n";
    return 0;
  case Request::ListOps:
    return failed(list(*options));
  case Request::Work:
    break;
  }
  return failed(compile(*options));
}
