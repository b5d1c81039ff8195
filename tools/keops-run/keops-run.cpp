//===- keops-run.cpp - a formula on .npy files ----------------------------===//
//
// Compiles one kernel in memory, runs it, and writes, shows, times or checks
// what comes out. No program has to be written.
//
//===----------------------------------------------------------------------===//

#include "tools/OutputFiles.h"
#include "tools/keops-run/Report.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"

using namespace llvm;
using namespace keops;
using namespace keops::run;

static keops_call callOf(const RunnerOptions &options) {
  keops_call call = KEOPS_CALL_DEFAULTS;
  call.backend = options.backend;
  call.device = options.device;
  call.threads = options.threads;
  return call;
}

static Error writeOutputs(const Kernel &kernel, const Problem &problem,
                          ArrayRef<std::string> paths) {
  OutputFiles files;
  const KernelSignature &signature = kernel.getSignature();
  for (auto [position, path] : enumerate(paths)) {
    const Parameter &output = signature.outputs[position];
    const char *data = static_cast<const char *>(problem.outputs[position]);
    int64_t shape[] = {problem.size.rowsAlong(output.axis), output.dim};
    if (Error failed = files.add(path, [&](raw_ostream &os) {
          writeNpy(os, scalarOf(output), shape, data);
        }))
      return failed;
  }
  return files.commit();
}

static Error checkProblem(Kernel &kernel, const Problem &problem,
                          FormulaOp formula, const RunnerOptions &options) {
  FailureOr<CheckResult> result = check(formula, kernel.getSignature(), problem,
                                        options.checkRows, options.seed);
  if (failed(result))
    return createStringError("the formula cannot be checked");
  printCheck(outs(), kernel.getSignature(), problem, *result);
  if (!result->passed())
    return createStringError("out of tolerance");
  return Error::success();
}

/// Does at one size all that was asked for.
static Error runAt(Kernel &kernel, const GivenTables &given,
                   std::optional<Size> wanted, FormulaOp formula,
                   const RunnerOptions &options) {
  const KernelSignature &signature = kernel.getSignature();
  keops_call call = callOf(options);
  Expected<Size> size = given.size(signature, wanted);
  if (!size)
    return size.takeError();
  Expected<Problem> problem =
      Problem::make(signature, given, *size, options.seed);
  if (!problem)
    return problem.takeError();
  if (options.runs) {
    Expected<Times> times = timeRuns(kernel, *problem, call, options.runs);
    if (!times)
      return times.takeError();
    printTimes(outs(), kernel, *problem, call, *times);
  } else if (Error failed = kernel.launch(*problem, call)) {
    return failed;
  }
  if (!options.outputs.empty())
    if (Error failed = writeOutputs(kernel, *problem, options.outputs))
      return failed;
  if (formula)
    return checkProblem(kernel, *problem, formula, options);
  if (!options.runs && options.outputs.empty())
    printSummary(outs(), signature, *problem);
  return Error::success();
}

static Error runAll(Kernel &kernel, const RunnerOptions &options) {
  size_t count = kernel.getSignature().outputs.size();
  if (!options.outputs.empty() && options.outputs.size() != count)
    return createStringError(kernel.getSignature().name + " has " +
                             Twine(count) +
                             (count == 1 ? " result" : " results") + ", got " +
                             Twine(options.outputs.size()) + " of --output");
  Expected<GivenTables> given =
      GivenTables::load(kernel.getSignature(), options);
  if (!given)
    return given.takeError();
  FormulaOp formula = options.checkRows ? kernel.reference() : FormulaOp();
  if (options.checkRows && !formula)
    return createStringError("the formula cannot be checked");
  if (options.sizes.empty())
    return runAt(kernel, *given, std::nullopt, formula, options);
  for (auto [M, N] : options.sizes)
    if (Error failed = runAt(kernel, *given, Size{M, N}, formula, options))
      return failed;
  return Error::success();
}

static void describe(const Kernel &kernel, const RunnerOptions &options) {
  errs() << "kernel " << kernel.getSignature().name << ": "
         << kernel.getSignature().text << "\n"
         << format("compiled in %.1f ms for", kernel.getCompileMilliseconds());
  for (tile::Isa isa : options.code.isas)
    errs() << " x86-64-" << tile::stringifyIsa(isa);
  errs() << "\n";
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  auto options = parseRunnerOptions(ArrayRef(argv + 1, argc - 1), errs());
  if (failed(options))
    return 1;
  if (options->request == Request::Help)
    return printRunnerHelp(outs()), 0;
  if (options->request == Request::Version)
    return outs() << "keops-run " << KEOPS_VERSION << "\n", 0;
  std::unique_ptr<Kernel> kernel = Kernel::compile(*options);
  if (!kernel)
    return 1;
  if (options->verbose)
    describe(*kernel, *options);
  if (Error failed = runAll(*kernel, *options)) {
    outs().flush(); // so that messages follow what they are about
    error(errs()) << toString(std::move(failed)) << "\n";
    return 1;
  }
  return 0;
}
