//===- SplitExponential.cpp - long weights of exponentials ----------------===//
//
// #keops.softmax and its weighted kin keep one reference m beside the sums of
// all components. Of a long weight g they are made of two sweeps instead, whose
// components have nothing in common: first m, the greatest f, then
//
//   s = sum of exp(f - m) g          n = sum of exp(f - m)
//
//   softmax: s / n    logsumexpweight: m + log s    maxsumshiftexpweight: (m,
//   s)
//
// f is computed twice, which is little beside a long g.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Exponential.h"

using namespace mlir;

namespace keops {

namespace {
/// The operands of a `reduce` and what is made of them.
class WeightedSums {
public:
  WeightedSums(OpBuilder &builder, Operation *reduce, Summation summation)
      : f(builder, reduce->getLoc(), reduce->getOperand(0)),
        g(f.with(reduce->getOperand(1))), reduce(reduce), summation(summation),
        top(reduced(f, MaxAttr::get(builder.getContext()))) {}

  /// As a result: infinite if all f are, or if there are none.
  Expr maximum() const { return top; }
  /// As a reference: kept finite, as no difference of infinities may arise.
  Expr reference() const {
    double most = f.type().getScalar().isF64()
                      ? std::numeric_limits<double>::max()
                      : std::numeric_limits<float>::max();
    return clamp(top, top.number(-most), top.number(most));
  }
  Expr exponential() const { return exp(f - reference()); }
  Expr sum(Expr terms) const {
    return reduced(terms, SumAttr::get(f.builder->getContext(), summation));
  }

  const Expr f, g;

private:
  Expr reduced(Expr x, ReductionAttrInterface reduction) const {
    Value pairs = conform(*f.builder, f.location, x.value(),
                          f.type().withDim(x.dim()), /*closeAxes=*/false);
    VecType type = vecType(reduce->getResult(0)).withDim(x.dim());
    return f.with(ReduceOp::create(*f.builder, f.location, TypeRange{type},
                                   reduction, ValueRange{pairs})
                      .getResult(0));
  }

  Operation *reduce;
  Summation summation;
  Expr top;
};
} // namespace

SmallVector<Value> LogSumExpWeightAttr::splitState(OpBuilder &builder,
                                                   Operation *reduce) const {
  WeightedSums sums(builder, reduce, getSummation());
  Expr s = sums.sum(sums.exponential() * sums.g);
  return {(sums.reference() + log(s)).value()};
}

SmallVector<Value> SoftMaxAttr::splitState(OpBuilder &builder,
                                           Operation *reduce) const {
  WeightedSums sums(builder, reduce, getSummation());
  Expr e = sums.exponential();
  return {(sums.sum(e * sums.g) / sums.sum(e)).value()};
}

SmallVector<Value>
MaxSumShiftExpWeightAttr::splitState(OpBuilder &builder,
                                     Operation *reduce) const {
  WeightedSums sums(builder, reduce, getSummation());
  Expr s = sums.sum(sums.exponential() * sums.g);
  return {concat(sums.maximum(), s).value()};
}

} // namespace keops
