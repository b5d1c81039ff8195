//===- ChainRule.h - the two directions of the chain rule -------*- C++ -*-===//

#ifndef KEOPS_COMPILER_TRANSFORMS_CHAINRULE_H
#define KEOPS_COMPILER_TRANSFORMS_CHAINRULE_H

#include "dialects/Keops/Keops.h"

namespace keops {

/// The ordinary ops that a grad, or a diff, stands for; null after an error.
mlir::Value expandReverse(GradOp grad);
mlir::Value expandForward(DiffOp diff);

/// Runs the rule of a reduction, which may look at its results. Where these are
/// known, it looks at what is known, and the reduction itself may vanish.
using ReductionRule =
    llvm::function_ref<llvm::FailureOr<llvm::SmallVector<mlir::Value>>(
        ReduceOp)>;
llvm::FailureOr<llvm::SmallVector<mlir::Value>>
applyRule(mlir::OpBuilder &builder, ReduceOp op, mlir::Value known,
          ReductionRule rule);

} // namespace keops

#endif // KEOPS_COMPILER_TRANSFORMS_CHAINRULE_H
