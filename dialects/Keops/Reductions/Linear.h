//===- Linear.h - forward rules that reductions share -----------*- C++ -*-===//

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

/// The forward rule of a reduction whose reverse rule gives each operand the
/// cotangent times a factor, with the components of the result: the sum of the
/// factors times the tangents. The factors are the shares of a cotangent of 1.
inline llvm::FailureOr<llvm::SmallVector<mlir::Value>>
sumShares(ReductionAttrInterface reduction, mlir::OpBuilder &builder,
          mlir::Operation *reduce, llvm::ArrayRef<mlir::Value> tangents) {
  mlir::Location location = reduce->getLoc();
  VecType type = vecType(reduce->getResult(0));
  mlir::Value one =
      conform(builder, location,
              makeNumber(builder, location, 1, type.getScalar()), type, false);
  auto shares = reduction.vjp(builder, reduce, one);
  if (failed(shares))
    return llvm::failure();
  mlir::Value sum;
  for (auto [share, tangent] : llvm::zip_equal(*shares, tangents)) {
    if (!tangent || !share)
      continue;
    mlir::Value term = MulOp::create(builder, location, share, tangent);
    sum = sum ? AddOp::create(builder, location, sum, term).getResult() : term;
  }
  if (!sum)
    return llvm::SmallVector<mlir::Value>{sum};
  VecType pairs = type.withAxes(vecType(reduce->getOperand(0)).getAxes());
  sum = conform(builder, location, sum, pairs, /*closeAxes=*/false);
  return llvm::SmallVector<mlir::Value>{
      conform(builder, location, sum, type, /*closeAxes=*/true,
              reduction.getSummation().value_or(Summation()))};
}

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_REDUCTIONS_LINEAR_H
