//===- Product.cpp - #keops.product ---------------------------------------===//
//
// State: the partial product of each component. The product of no values is 1.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Linear.h"

using namespace mlir;

namespace keops {

LogicalResult ProductAttr::inferTypes(Locus location,
                                      ArrayRef<VecType> operands, Axes over,
                                      SmallVectorImpl<Type> &results) const {
  if (operands.size() != 1 || !operands[0].isReal())
    return emitOptionalError(location, "Product takes one formula");
  results.push_back(
      operands[0].withAxes(withoutAxes(operands[0].getAxes(), over)));
  return success();
}

SmallVector<Type> ProductAttr::state(Machine &machine,
                                     ArrayRef<int64_t> dims) const {
  return SmallVector<Type>(dims[0], machine.real());
}

Lanes ProductAttr::init(Machine &machine, ArrayRef<int64_t> dims) const {
  return Lanes(dims[0], machine.constant(1));
}

Lanes ProductAttr::lift(Machine &, ArrayRef<Lanes> x, const Lane &) const {
  return x[0];
}

Lanes ProductAttr::combine(Machine &, const Lanes &a, const Lanes &b) const {
  Lanes product;
  for (auto [p, q] : llvm::zip(a, b))
    product.push_back(p * q);
  return product;
}

// A product rounds as a sum does, once per factor.
ReductionAttrInterface ProductAttr::getBlockReduction() const { return *this; }

// The derivative with respect to a factor is the product of the others. It is
// the product of all that are not 0, divided by the factor itself if that is
// not 0, and vanishes if another one is 0. So zeros are counted and replaced by
// 1; `isZero` and the last factor below are 1 or 0.
FailureOr<SmallVector<Value>>
ProductAttr::vjp(OpBuilder &builder, Operation *reduce,
                 ArrayRef<Value> cotangents) const {
  Location location = reduce->getLoc();
  auto reduced = [&](Attribute reduction, Expr x) {
    return x.with(ReduceOp::create(builder, location, reduce->getResultTypes(),
                                   cast<ReductionAttrInterface>(reduction),
                                   ValueRange{x.value()})
                      .getResult(0));
  };
  Expr f(builder, location, reduce->getOperand(0));
  Expr isZero = 1 - square(sign(f)), factor = f + isZero;
  Expr product = reduced(*this, factor);
  Expr zeros = reduced(SumAttr::get(builder.getContext(), Summation()), isZero);
  Expr onlyThis = 1 - square(sign(zeros - isZero));
  Expr cotangent = f.with(cotangents[0]);
  return SmallVector<Value>{
      (cotangent * (product / factor) * onlyThis).value()};
}

FailureOr<SmallVector<Value>> ProductAttr::jvp(OpBuilder &builder,
                                               Operation *reduce,
                                               ArrayRef<Value> tangents) const {
  return sumShares(*this, builder, reduce, tangents);
}

SmallVector<double> ProductAttr::evaluate(ArrayRef<SmallVector<double>> values,
                                          ArrayRef<int64_t> dims) const {
  SmallVector<double> product(dims[0], 1);
  for (const SmallVector<double> &value : values)
    for (auto [total, x] : llvm::zip(product, value))
      total *= x;
  return product;
}

} // namespace keops
