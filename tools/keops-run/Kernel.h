//===- Kernel.h - one kernel, compiled in memory ----------------*- C++ -*-===//

#ifndef KEOPS_TOOLS_KEOPS_RUN_KERNEL_H
#define KEOPS_TOOLS_KEOPS_RUN_KERNEL_H

#include "keops/runtime.h"
#include "tools/keops-run/Data.h"

namespace keops::run {

/// A kernel that can be launched, and the formula that it was made from.
class Kernel {
public:
  /// Reads and compiles what the options ask for. Null after errors, which
  /// have been printed.
  static std::unique_ptr<Kernel> compile(const RunnerOptions &options);

  llvm::Error launch(const Problem &problem, const keops_call &call) const;

  /// The formula alone, gradients expanded, nothing else rewritten. Null after
  /// errors, which have been printed.
  FormulaOp reference();

  const KernelSignature &getSignature() const { return signature; }
  double getCompileMilliseconds() const { return compileMilliseconds; }
  /// What of that each stage took.
  const StageTimes &getStages() const { return stages; }

private:
  explicit Kernel(const RunnerOptions &options);
  llvm::LogicalResult select(const RunnerOptions &options);
  llvm::LogicalResult load(const CompileOptions &options);

  llvm::SourceMgr sources;
  std::unique_ptr<mlir::MLIRContext> context;
  FormulaDiagnostics diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module, formulas;
  KernelSignature signature;
  std::unique_ptr<LoadedObject> object;
  const keops_card *card = nullptr;
  double compileMilliseconds = 0;
  StageTimes stages;
};

} // namespace keops::run

#endif // KEOPS_TOOLS_KEOPS_RUN_KERNEL_H
