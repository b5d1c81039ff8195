//===- Kernel.cpp - one kernel, compiled in memory ------------------------===//

#include "tools/keops-run/Kernel.h"
#include "llvm/ADT/StringExtras.h"
#include <chrono>

using namespace llvm;

namespace keops::run {

static double millisecondsSince(std::chrono::steady_clock::time_point start) {
  std::chrono::duration<double, std::milli> passed =
      std::chrono::steady_clock::now() - start;
  return passed.count();
}

Kernel::Kernel(const RunnerOptions &options)
    : context(makeContext()),
      diagnostics(sources, context.get(), errs(), wantColors(errs())) {}

/// The names of the kernels that are no gradients of others.
static SmallVector<StringRef> kernelNames(ArrayRef<KernelSignature> all) {
  SmallVector<StringRef> names;
  for (const KernelSignature &kernel : all)
    if (names.empty() ||
        !StringRef(kernel.name).starts_with((names.back() + "_grad_").str()))
      names.push_back(kernel.name);
  return names;
}

/// Finds the kernel that was asked for and removes the others.
LogicalResult Kernel::select(const RunnerOptions &options) {
  std::vector<KernelSignature> all = signaturesOf(*module);
  SmallVector<StringRef> names = kernelNames(all);
  if (options.source.kernel.empty() && names.size() != 1) {
    error(errs()) << "choose one of several kernels with --kernel: "
                  << join(names, ", ") << "\n";
    return failure();
  }
  std::string name =
      options.source.kernel.empty() ? names[0].str() : options.source.kernel;
  bool known = is_contained(names, name);
  if (known && !options.gradient.empty())
    name += "_grad_" + options.gradient;
  auto found = find_if(
      all, [&](const KernelSignature &kernel) { return kernel.name == name; });
  if (!known) {
    error(errs()) << "no kernel '" << name << "'; there are "
                  << join(names, ", ") << "\n";
    return failure();
  }
  signature = *found;
  for (FormulaOp formula : make_early_inc_range(module->getOps<FormulaOp>()))
    if (formula.getSymName() != name)
      formula.erase();
  return success();
}

LogicalResult Kernel::load(const CompileOptions &options) {
  if (failed(advance(*module, Stage::Formula, Stage::Llvm, options)))
    return failure();
  auto bytes = emitCode(*module, Stage::Obj);
  if (failed(bytes))
    return failure();
  std::string reason;
  object = LoadedObject::load(*bytes, reason);
  if (!object) {
    error(errs()) << "the compiled object cannot be loaded: " << reason << "\n";
    return failure();
  }
  card = object->card(signature.name);
  if (!card)
    error(errs()) << "the compiled object has no kernel '" << signature.name
                  << "'\n";
  return success(card != nullptr);
}

std::unique_ptr<Kernel> Kernel::compile(const RunnerOptions &options) {
  auto start = std::chrono::steady_clock::now();
  std::unique_ptr<Kernel> kernel(new Kernel(options));
  kernel->module = readFormula(options.source, kernel->sources,
                               kernel->context.get(), errs());
  if (!kernel->module || failed(kernel->select(options)))
    return nullptr;
  if (options.checkRows)
    kernel->formulas = kernel->module->clone();
  if (failed(kernel->load(options.code)))
    return nullptr;
  kernel->compileMilliseconds = millisecondsSince(start);
  return kernel;
}

Error Kernel::launch(const Problem &problem, const keops_call &call) const {
  if (keops_rt_launch(card, &call, problem.size.M, problem.size.N,
                      problem.inputs.data(),
                      problem.outputs.data()) == KEOPS_OK)
    return Error::success();
  return createStringError(keops_last_error());
}

FormulaOp Kernel::reference() {
  if (failed(advance(*formulas, Stage::Formula, Stage::Grad, {})))
    return nullptr;
  return *formulas->getOps<FormulaOp>().begin();
}

} // namespace keops::run
