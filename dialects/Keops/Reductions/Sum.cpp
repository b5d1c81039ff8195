//===- Sum.cpp - #keops.sum -----------------------------------------------===//
//
// State: the partial sum of each component, as Sums.h keeps it. Its error is
// kept small by the kernels, which sum blocks of columns before they add to the
// total, if the reduction asks for it.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Linear.h"
#include "dialects/Keops/Reductions/Sums.h"

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
  return Sums(machine, getSummation()).types(dims[0]);
}

Lanes SumAttr::init(Machine &machine, ArrayRef<int64_t> dims) const {
  return Sums(machine, getSummation()).zeros(dims[0]);
}

Lanes SumAttr::lift(Machine &machine, ArrayRef<Lanes> x, const Lane &) const {
  return Sums(machine, getSummation()).of(x[0]);
}

Lanes SumAttr::combine(Machine &machine, const Lanes &a, const Lanes &b) const {
  return Sums(machine, getSummation()).merge(a, b);
}

Lanes SumAttr::step(Machine &machine, const Lanes &state, ArrayRef<Lanes> x,
                    const Lane &) const {
  return Sums(machine, getSummation()).add(state, x[0]);
}

Lanes SumAttr::finalize(Machine &machine, const Lanes &state,
                        ArrayRef<int64_t>) const {
  Sums sums(machine, getSummation());
  return sums.results(sums.read(state));
}

bool SumAttr::isLinear() const { return true; }

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
