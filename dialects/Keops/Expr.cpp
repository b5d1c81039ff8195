//===- Expr.cpp - formula values with operators ---------------------------===//

#include "dialects/Keops/Keops.h"

using namespace mlir;

namespace keops {

VecType Expr::type() const { return vecType(v); }
int64_t Expr::dim() const { return type().getDim(); }
Expr Expr::number(double c) const {
  return with(makeNumber(*builder, location, c, type().getScalar()));
}

template <typename Op, typename... Args>
static Expr build(Expr a, Args... args) {
  return a.with(Op::create(*a.builder, a.location, a.value(), args...));
}

Expr operator+(Expr a, Expr b) { return build<AddOp>(a, b.value()); }
Expr operator-(Expr a, Expr b) { return build<SubOp>(a, b.value()); }
Expr operator*(Expr a, Expr b) { return build<MulOp>(a, b.value()); }
Expr operator/(Expr a, Expr b) { return build<DivOp>(a, b.value()); }
Expr operator-(Expr a) { return build<NegOp>(a); }
Expr exp(Expr x) { return build<ExpOp>(x); }
Expr log(Expr x) { return build<LogOp>(x); }
Expr rsqrt(Expr x) { return build<RsqrtOp>(x); }
Expr square(Expr x) { return build<SquareOp>(x); }
Expr sign(Expr x) { return build<SignOp>(x); }
Expr step(Expr x) { return build<StepOp>(x); }
Expr floor(Expr x) { return build<FloorOp>(x); }
Expr sin(Expr x) { return build<SinOp>(x); }
Expr cos(Expr x) { return build<CosOp>(x); }
Expr lessThan(Expr a, Expr b) { return build<LessThanOp>(a, b.value()); }
Expr ifRow(Expr x, Expr row, Expr number) {
  return build<IfRowOp>(x, row.value(), number.value());
}
Expr lessOrEqual(Expr a, Expr b) { return build<LessOrEqualOp>(a, b.value()); }
Expr clamp(Expr x, Expr low, Expr high) {
  return build<ClampOp>(x, low.value(), high.value());
}
Expr concat(Expr a, Expr b) { return build<ConcatOp>(a, b.value()); }
Expr ifElse(Expr c, Expr a, Expr b) {
  return build<IfElseOp>(c, a.value(), b.value());
}
Expr powf(Expr a, Expr b) { return build<PowfOp>(a, b.value()); }

static IntegerAttr integer(Expr x, int64_t n) {
  return x.builder->getI64IntegerAttr(n);
}
Expr powi(Expr x, int64_t n) { return build<PowOp>(x, integer(x, n)); }
Expr extract(Expr x, int64_t start, int64_t size) {
  return build<ExtractOp>(x, integer(x, start), integer(x, size));
}
Expr placeAt(Expr x, int64_t start, int64_t size) {
  return build<PlaceOp>(x, integer(x, start), integer(x, size));
}
Expr diffClampInt(Expr x, int64_t a, int64_t b) {
  return build<DiffClampIntOp>(x, integer(x, a), integer(x, b));
}

// (cos x - sin x / x) / x cancels near 0, so there a few terms of the series
// stand in, good to the last digit. The first branch must not see x = 0, lest
// a second derivative meet NaN.
Expr sinXDivXSlope(Expr x) {
  Expr z = square(x), isFar = z - 0.1;
  Expr u = ifElse(isFar, x, x.number(1));
  Expr sinc =
      u.with(SinXDivXOp::create(*u.builder, u.location, u.value()).getResult());
  Expr series = x.number(1.0 / 518918400);
  for (double c : {-1.0 / 3991680, 1.0 / 45360, -1.0 / 840, 1.0 / 30, -1.0 / 3})
    series = c + z * series;
  return ifElse(isFar, (cos(u) - sinc) / u, x * series);
}

Expr oneHot(Expr x, int64_t size) {
  return build<OneHotOp>(x, integer(x, size));
}
Expr argMax(Expr x) { return build<ArgMaxOp>(x); }
Expr argMin(Expr x) { return build<ArgMinOp>(x); }
Expr matVec(Expr matrix, Expr x) { return build<MatVecOp>(matrix, x.value()); }
Expr vecMat(Expr x, Expr matrix) { return build<VecMatOp>(x, matrix.value()); }
Expr tensorProd(Expr a, Expr b) { return build<TensorProdOp>(a, b.value()); }

Expr complexOf(Expr real, Expr imaginary) {
  return build<ComplexOp>(real, imaginary.value());
}
Expr realPart(Expr x) { return build<RealPartOp>(x); }
Expr imagPart(Expr x) { return build<ImagPartOp>(x); }

Value product(const Partial &partial, Expr x) {
  if (partial.expr)
    return (x * *partial.expr).value();
  if (partial.number == 0)
    return {};
  if (partial.number == 1)
    return x.value();
  if (partial.number == -1)
    return (-x).value();
  return (partial.number * x).value();
}

SmallVector<Value> times(Expr cotangent,
                         std::initializer_list<Partial> partials) {
  SmallVector<Value> result;
  for (const Partial &partial : partials)
    result.push_back(product(partial, cotangent));
  return result;
}

Value push(const Tangents &tangents, std::initializer_list<Partial> partials,
           VecType result) {
  Value sum;
  size_t k = 0;
  for (const Partial &partial : partials) {
    std::optional<Expr> tangent = tangents[k++];
    if (!tangent || partial.isZero())
      continue;
    Value term = conform(*tangent->builder, tangent->location,
                         product(partial, *tangent), result, false);
    sum = sum ? (tangent->with(sum) + tangent->with(term)).value() : term;
  }
  return sum;
}

SmallVector<Value> splitConcat(ConcatOp op, Expr cotangent) {
  int64_t first = vecType(op.getA()).getDim(),
          second = vecType(op.getB()).getDim();
  return {extract(cotangent, 0, first).value(),
          extract(cotangent, first, second).value()};
}

Value joinConcat(ConcatOp op, const Tangents &tangents) {
  std::optional<Expr> a = tangents[0], b = tangents[1];
  if (!a && !b)
    return {};
  const Expr &any = a ? *a : *b;
  auto orZero = [&](std::optional<Expr> tangent, Value operand) {
    return tangent ? tangent->value()
                   : makeZero(*any.builder, any.location,
                              vecType(operand).withAxes(Axes::p));
  };
  return ConcatOp::create(*any.builder, any.location, orZero(a, op.getA()),
                          orZero(b, op.getB()));
}

Value chooseTangent(IfElseOp op, const Tangents &tangents) {
  std::optional<Expr> a = tangents[1], b = tangents[2];
  if (!a && !b)
    return {};
  Expr zero = (a ? a : b)->number(0);
  Expr chosen =
      ifElse(zero.with(op.getC()), a.value_or(zero), b.value_or(zero));
  return conform(*zero.builder, zero.location, chosen.value(),
                 vecType(op.getY()), false);
}

Value pushBilinear(Operation *op, const Tangents &tangents) {
  Value sum;
  for (unsigned k : {0, 1}) {
    std::optional<Expr> tangent = tangents[k];
    if (!tangent)
      continue;
    SmallVector<Value> operands(op->getOperands());
    operands[k] = tangent->value();
    Value term = rebuild(*tangent->builder, op, operands)->getResult(0);
    sum = sum ? (tangent->with(sum) + tangent->with(term)).value() : term;
  }
  return sum;
}

Value conform(OpBuilder &builder, Location location, Value value, VecType type,
              bool closeAxes, Summation summation) {
  if (vecType(value).getDim() > type.getDim())
    value = SumOp::create(builder, location, value);
  if (closeAxes)
    for (Axes axis : {Axes::j, Axes::i}) {
      VecType from = vecType(value);
      if (!from.variesAlong(axis) || type.variesAlong(axis))
        continue;
      ReductionAttrInterface reduction =
          SumAttr::get(builder.getContext(), summation);
      value = ReduceOp::create(
                  builder, location,
                  TypeRange{from.withAxes(withoutAxes(from.getAxes(), axis))},
                  reduction, ValueRange{value})
                  .getResult(0);
    }
  VecType from = vecType(value);
  VecType to = type.withAxes(joinAxes(type.getAxes(), from.getAxes()));
  if (from == to)
    return value;
  return BroadcastOp::create(builder, location, to, value);
}

Value makeNumber(OpBuilder &builder, Location location, double number,
                 Type scalar) {
  return ConstOp::create(builder, location,
                         cast<TypedAttr>(builder.getFloatAttr(scalar, number)));
}

Value makeZero(OpBuilder &builder, Location location, VecType type) {
  return conform(builder, location,
                 makeNumber(builder, location, 0, type.getScalar()), type,
                 false);
}

} // namespace keops
