//===- SplitExponential.cpp - long weights of exponentials ----------------===//
//
// #keops.softmax and its weighted kin keep one reference m beside the sums of
// all components. Those of a long weight g are made of sums that keep one each:
//
//   m, s = #keops.relativesums g, f       s is the sum of exp(f - m) g
//
//   softmax: s / n, where n is the sum for a weight of 1
//   logsumexpweight: m + log s
//
// The m of maxsumshiftexpweight is a result, the greatest f to the last bit. It
// is found in a sweep of its own, and s is a plain sum then.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Exponential.h"

using namespace mlir;

namespace keops {

/// `x` for all pairs that are reduced.
static Expr ofPairs(Expr x, Operation *reduce) {
  VecType pairs = vecType(reduce->getOperand(0));
  return x.with(conform(*x.builder, x.location, x.value(),
                        pairs.withDim(x.dim()), /*closeAxes=*/false));
}

namespace {
/// m and s of each component of g, for the f of a `reduce`.
struct RelativeTo {
  RelativeTo(OpBuilder &builder, Operation *reduce, Expr g, Summation summation)
      : m(g), s(g) {
    VecType type = vecType(reduce->getResult(0)).withDim(g.dim());
    ReductionAttrInterface reduction =
        RelativeSumsAttr::get(builder.getContext(), summation);
    auto sums = ReduceOp::create(
        builder, reduce->getLoc(), TypeRange{type, type}, reduction,
        ValueRange{ofPairs(g, reduce).value(), reduce->getOperand(0)});
    m = g.with(sums.getResult(0));
    s = g.with(sums.getResult(1));
  }
  Expr m, s;
};
} // namespace

static Expr givenWeight(OpBuilder &builder, Operation *reduce) {
  return Expr(builder, reduce->getLoc(), reduce->getOperand(1));
}

SmallVector<Value> LogSumExpWeightAttr::splitState(OpBuilder &builder,
                                                   Operation *reduce) const {
  RelativeTo sums(builder, reduce, givenWeight(builder, reduce),
                  getSummation());
  return {(sums.m + log(sums.s)).value()};
}

SmallVector<Value> SoftMaxAttr::splitState(OpBuilder &builder,
                                           Operation *reduce) const {
  Expr g = givenWeight(builder, reduce), one = ofPairs(g.number(1), reduce);
  RelativeTo sums(builder, reduce, concat(g, one), getSummation());
  Expr n = extract(sums.s, g.dim(), 1);
  return {(extract(sums.s, 0, g.dim()) / n).value()};
}

SmallVector<Value>
MaxSumShiftExpWeightAttr::splitState(OpBuilder &builder,
                                     Operation *reduce) const {
  Expr f(builder, reduce->getLoc(), reduce->getOperand(0));
  auto reduced = [&](Expr x, ReductionAttrInterface reduction) {
    VecType type = vecType(reduce->getResult(0)).withDim(x.dim());
    return f.with(ReduceOp::create(builder, reduce->getLoc(), TypeRange{type},
                                   reduction,
                                   ValueRange{ofPairs(x, reduce).value()})
                      .getResult(0));
  };
  Expr m = reduced(f, MaxAttr::get(builder.getContext()));
  // No difference of infinities may arise.
  double most = f.type().getScalar().isF64()
                    ? std::numeric_limits<double>::max()
                    : std::numeric_limits<float>::max();
  Expr reference = clamp(m, m.number(-most), m.number(most));
  Expr terms = exp(f - reference) * givenWeight(builder, reduce);
  Expr s = reduced(terms, SumAttr::get(builder.getContext(), getSummation()));
  return {concat(m, s).value()};
}

} // namespace keops
