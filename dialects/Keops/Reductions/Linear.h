//===- Linear.h - shared by reductions that are linear in their values -*- C++
//-*-===//

#ifndef KEOPS_DIALECTS_KEOPS_REDUCTIONS_LINEAR_H
#define KEOPS_DIALECTS_KEOPS_REDUCTIONS_LINEAR_H

#include "dialects/Keops/Keops.h"

namespace keops {

/// The forward rule: the same reduction of the tangent.
inline llvm::SmallVector<mlir::Value> reduceTangent(mlir::OpBuilder &builder,
                                                    mlir::Operation *reduce,
                                                    mlir::Value tangent) {
  if (!tangent)
    return {mlir::Value()};
  auto op = llvm::cast<ReduceOp>(reduce);
  mlir::Value spread =
      conform(builder, op.getLoc(), tangent, vecType(op.getOperand(0)), false);
  return ReduceOp::create(builder, op.getLoc(), op.getResultTypes(),
                          op.getReduction(), mlir::ValueRange{spread})
      .getResults();
}

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_REDUCTIONS_LINEAR_H
