//===- Sum.cpp - #keops.sum -----------------------------------------------===//
//
// State: the partial sum of each component. Its error is kept small by the
// kernels, which sum blocks of columns before they add to the total.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Linear.h"

using namespace mlir;

namespace keops {

LogicalResult SumAttr::inferTypes(Locus location, ArrayRef<VecType> operands,
                                  Axes over,
                                  SmallVectorImpl<Type> &results) const {
  if (operands.size() != 1 || !operands[0].isReal())
    return emitOptionalError(location, "Sum takes one formula");
  results.push_back(
      operands[0].withAxes(withoutAxes(operands[0].getAxes(), over)));
  return success();
}

SmallVector<Type> SumAttr::state(Machine &machine,
                                 ArrayRef<int64_t> dims) const {
  return SmallVector<Type>(dims[0], machine.real());
}

Lanes SumAttr::init(Machine &machine, ArrayRef<int64_t> dims) const {
  return Lanes(dims[0], machine.constant(0));
}

Lanes SumAttr::lift(Machine &, ArrayRef<Lanes> x, const Lane &) const {
  return x[0];
}

Lanes SumAttr::combine(Machine &, const Lanes &a, const Lanes &b) const {
  Lanes sum;
  for (auto [p, q] : llvm::zip(a, b))
    sum.push_back(p + q);
  return sum;
}

bool SumAttr::isLinear() const { return true; }
bool SumAttr::sumsInBlocks() const { return true; }

FailureOr<SmallVector<Value>> SumAttr::vjp(OpBuilder &builder,
                                           Operation *reduce,
                                           ArrayRef<Value> cotangents) const {
  return SmallVector<Value>{conform(builder, reduce->getLoc(), cotangents[0],
                                    vecType(reduce->getOperand(0)), false)};
}

FailureOr<SmallVector<Value>> SumAttr::jvp(OpBuilder &builder,
                                           Operation *reduce,
                                           ArrayRef<Value> tangents) const {
  return reduceTangent(builder, reduce, tangents[0]);
}

SmallVector<double> SumAttr::evaluate(ArrayRef<SmallVector<double>> values,
                                      ArrayRef<int64_t> dims) const {
  SmallVector<double> sum(dims[0], 0);
  for (const SmallVector<double> &value : values)
    for (auto [total, x] : llvm::zip(sum, value))
      total += x;
  return sum;
}

} // namespace keops
