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

/// Leaves the results that were asked for: the value if it was, then the
/// gradients in the order of the command line, whatever else the file wants.
static void keepResults(FormulaOp formula, const KernelSignature &signature,
                        ArrayRef<std::string> gradients) {
  mlir::Operation *end = formula.getBody().front().getTerminator();
  SmallVector<mlir::Value> kept;
  SmallVector<mlir::Attribute> names;
  mlir::Builder builder(formula.getContext());
  auto keep = [&](size_t n) {
    kept.push_back(end->getOperand(n));
    names.push_back(builder.getDictionaryAttr(builder.getNamedAttr(
        "keops.name", builder.getStringAttr(signature.outputs[n].name))));
  };
  auto isGradient = [](const Parameter &output) {
    return StringRef(output.name).starts_with("grad_");
  };
  for (auto [n, output] : enumerate(signature.outputs))
    if (!isGradient(output))
      keep(n);
  for (StringRef gradient : gradients)
    for (auto [n, output] : enumerate(signature.outputs))
      if (output.name == ("grad_" + gradient).str())
        keep(n);
  end->setOperands(kept);
  formula.updateType();
  formula.setAllResultAttrs(names);
}

/// Finds the kernel that was asked for and removes the others.
LogicalResult Kernel::select(const RunnerOptions &options) {
  SmallVector<std::string> names = kernelNames(*module);
  if (options.source.kernel.empty() && names.size() != 1) {
    error(errs()) << "choose one of several kernels with --kernel: "
                  << join(names, ", ") << "\n";
    return failure();
  }
  std::string name =
      options.source.kernel.empty() ? names[0] : options.source.kernel;
  if (!is_contained(names, name)) {
    error(errs()) << "no kernel '" << name << "'; there are "
                  << join(names, ", ") << "\n";
    return failure();
  }
  ArrayRef<std::string> gradients = options.source.text.gradients;
  if (options.withValue)
    name += "_value_and_grad";
  else if (gradients.size() > 1)
    name += "_grad";
  else if (!gradients.empty())
    name += "_grad_" + gradients[0];
  for (FormulaOp formula : make_early_inc_range(module->getOps<FormulaOp>()))
    if (formula.getSymName() != name)
      formula.erase();
  FormulaOp formula = *module->getOps<FormulaOp>().begin();
  if (options.withValue || gradients.size() > 1)
    keepResults(formula, signaturesOf(*module).front(), gradients);
  signature = signaturesOf(*module).front();
  return success();
}

LogicalResult Kernel::load(const CompileOptions &options) {
  if (failed(advance(*module, Stage::Formula, Stage::Llvm, options, &stages)))
    return failure();
  auto bytes = emitCode(*module, Stage::Obj, &stages);
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
