//===- Canonicalize.cpp - one way to write a formula ----------------------===//
//
// Rewrites that hold for all data. Each keeps finite results finite and the
// others as they are, so x - x and 0 * x stay: they are NaN for some x. What
// may change is rounding, the sign of a zero, and where two numbers near the
// ends of the floating-point range are multiplied first:
//
//   mul p, (mul q, x)      =>  mul (mul p, q), x      p, q do not vary
//   sum (mul s, v)         =>  mul s, (sum v)         s has one component
//
// Work moves to where it is done less often. A broadcast moves behind the ops
// that use it, so what varies along i alone is computed once per row:
//
//   exp (broadcast x)      =>  broadcast (exp x)
//   mul (broadcast g), k   =>  mul g, k               k has the axes itself
//   neg (mul g, k)         =>  mul (neg g), k         g has fewer axes
//
// What is least and where it is are found together:
//
//   reduce #keops.min x, reduce #keops.argmin x  =>  reduce #keops.minargmin x
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Canonicalize.h"

using namespace mlir;
using namespace keops;

//===----------------------------------------------------------------------===//
// What patterns ask
//===----------------------------------------------------------------------===//

std::optional<double> keops::numberOf(Value value) {
  auto constant = value.getDefiningOp<ConstOp>();
  auto number = constant ? dyn_cast<FloatAttr>(constant.getValue()) : nullptr;
  if (!number)
    return std::nullopt;
  return number.getValueAsDouble();
}

static bool isNumber(Value value, double number) {
  std::optional<double> found = numberOf(value);
  return found && *found == number &&
         std::signbit(*found) == std::signbit(number);
}

/// How often a value is computed: numbers never, then by axes, p < i < j < ij.
static unsigned rankOf(Value value) {
  return numberOf(value) ? 0
                         : 1 + static_cast<unsigned>(vecType(value).getAxes());
}

/// Does not vary and has one component: a factor that fits anything.
static bool isPlainFactor(Value value) {
  return dimOf(value) == 1 && vecType(value).getAxes() == Axes::p;
}

static bool isPowerOfTwo(double number) {
  int exponent;
  return std::fabs(std::frexp(number, &exponent)) == 0.5 &&
         std::abs(exponent) < 120;
}

//===----------------------------------------------------------------------===//
// Broadcasts last
//===----------------------------------------------------------------------===//

/// What a broadcast spreads, as far as its user may see it before the
/// spreading: an op across components needs all of them.
static Value beforeSpreading(PatternRewriter &rewriter, BroadcastOp broadcast,
                             bool componentsToo) {
  VecType from = vecType(broadcast.getX()), to = vecType(broadcast.getY());
  if (componentsToo || from.getDim() == to.getDim())
    return broadcast.getX();
  if (from.getAxes() == to.getAxes())
    return broadcast.getY();
  return make<BroadcastOp>(rewriter, broadcast, to.withAxes(from.getAxes()),
                           broadcast.getX());
}

namespace {
/// op (broadcast x), y  =>  broadcast (op x, y)
struct BroadcastLast : OpInterfaceRewritePattern<MathOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(MathOpInterface op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> operands(op->getOperands());
    for (Value &operand : operands)
      if (auto broadcast = operand.getDefiningOp<BroadcastOp>())
        operand = beforeSpreading(rewriter, broadcast, op.isComponentWise());
    if (llvm::equal(operands, op->getOperands()))
      return rewriter.notifyMatchFailure(op, "no broadcast to move");
    return become(rewriter, op, rebuild(rewriter, op, operands)->getResult(0));
  }
};
} // namespace

/// reduce #keops.sum (broadcast x)  =>  broadcast (reduce #keops.sum x)
/// for the components; the axes are what is summed over.
static LogicalResult sumBeforeSpreading(ReduceOp op,
                                        PatternRewriter &rewriter) {
  auto broadcast = op->getOperand(0).getDefiningOp<BroadcastOp>();
  if (!op.getReduction().isLinear() || !broadcast)
    return failure();
  VecType from = vecType(broadcast.getX()), to = vecType(broadcast.getY());
  if (from.getDim() == to.getDim())
    return failure();
  Value x = conform(rewriter, op.getLoc(), broadcast.getX(),
                    to.withDim(from.getDim()), false);
  Type result = vecType(op->getResult(0)).withDim(from.getDim());
  auto sum = ReduceOp::create(rewriter, op.getLoc(), TypeRange{result},
                              op.getReduction(), ValueRange{x});
  return become(rewriter, op, sum.getResult(0));
}

//===----------------------------------------------------------------------===//
// Signs
//===----------------------------------------------------------------------===//

/// neg (neg x)  =>  x
static LogicalResult doubleNegation(NegOp op, PatternRewriter &rewriter) {
  if (auto inner = op.getX().getDefiningOp<NegOp>())
    return become(rewriter, op, inner.getX());
  return failure();
}

/// The least rank of a factor of `value`; `depth` bounds the search.
static unsigned rarestFactor(Value value, int depth = 8) {
  auto product = value.getDefiningOp<MulOp>();
  if (!product || !product->hasOneUse() || depth == 0)
    return rankOf(value);
  return std::min(rarestFactor(product.getA(), depth - 1),
                  rarestFactor(product.getB(), depth - 1));
}

/// neg (mul g, k)  =>  mul (neg g), k   if g, or a factor of it, is computed
/// less often
static LogicalResult negateTheRarer(NegOp op, PatternRewriter &rewriter) {
  auto product = op.getX().getDefiningOp<MulOp>();
  if (!product || !product->hasOneUse())
    return failure();
  Value g = product.getA(), k = product.getB();
  if (rarestFactor(k) < rarestFactor(g))
    std::swap(g, k);
  if (rarestFactor(g) >= rankOf(product.getY()))
    return rewriter.notifyMatchFailure(op, "no factor is computed less often");
  Value negated = make<NegOp>(rewriter, op, g);
  return become(rewriter, op, make<MulOp>(rewriter, product, negated, k));
}

/// mul (neg k), g  =>  mul k, (neg g)   if g is computed less often
/// mul (neg a), (neg b)  =>  mul a, b
static LogicalResult moveSign(MulOp op, PatternRewriter &rewriter) {
  for (auto [left, g] : bothWays(op)) {
    auto negation = left.getDefiningOp<NegOp>();
    if (!negation)
      continue;
    if (auto other = g.getDefiningOp<NegOp>())
      return become(rewriter, op,
                    make<MulOp>(rewriter, op, negation.getX(), other.getX()));
    if (!negation->hasOneUse() || rankOf(g) >= rankOf(negation.getX()))
      continue;
    Value negated = make<NegOp>(rewriter, negation, g);
    return become(rewriter, op,
                  make<MulOp>(rewriter, op, negation.getX(), negated));
  }
  return failure();
}

/// add a, (neg b)  =>  sub a, b
static LogicalResult addNegative(AddOp op, PatternRewriter &rewriter) {
  for (auto [a, b] : bothWays(op))
    if (auto negation = b.getDefiningOp<NegOp>())
      return become(rewriter, op,
                    make<SubOp>(rewriter, op, a, negation.getX()));
  return failure();
}

/// sub a, (neg b)  =>  add a, b
static LogicalResult subtractNegative(SubOp op, PatternRewriter &rewriter) {
  if (auto negation = op.getB().getDefiningOp<NegOp>())
    return become(rewriter, op,
                  make<AddOp>(rewriter, op, op.getA(), negation.getX()));
  return failure();
}

/// square (neg x)  =>  square x
template <typename EvenOp>
static LogicalResult evenOfNegative(EvenOp op, PatternRewriter &rewriter) {
  if (auto negation = op.getX().template getDefiningOp<NegOp>())
    return become(rewriter, op,
                  make<EvenOp>(rewriter, op, Value(negation.getX())));
  return failure();
}

//===----------------------------------------------------------------------===//
// Neutral numbers, powers, grouping
//===----------------------------------------------------------------------===//

/// x - 0, x + -0  =>  x. Not x + 0, which turns -0 into 0.
static LogicalResult subtractZero(SubOp op, PatternRewriter &rewriter) {
  return isNumber(op.getB(), 0.0) ? become(rewriter, op, op.getA()) : failure();
}
static LogicalResult addNegativeZero(AddOp op, PatternRewriter &rewriter) {
  for (auto [a, b] : bothWays(op))
    if (isNumber(b, -0.0))
      return become(rewriter, op, a);
  return failure();
}

/// 1 * x  =>  x        -1 * x  =>  neg x        x * x  =>  square x
static LogicalResult plainProduct(MulOp op, PatternRewriter &rewriter) {
  for (auto [a, b] : bothWays(op)) {
    if (isNumber(b, 1))
      return become(rewriter, op, a);
    if (isNumber(b, -1))
      return become(rewriter, op, make<NegOp>(rewriter, op, a));
  }
  if (op.getA() == op.getB())
    return become(rewriter, op, make<SquareOp>(rewriter, op, op.getA()));
  return failure();
}

/// x / 1  =>  x     1 / x  =>  inv x     x / 2^n  =>  x * 2^-n, which is exact
static LogicalResult plainQuotient(DivOp op, PatternRewriter &rewriter) {
  if (isNumber(op.getB(), 1))
    return become(rewriter, op, op.getA());
  if (isNumber(op.getA(), 1))
    return become(rewriter, op, make<InvOp>(rewriter, op, op.getB()));
  std::optional<double> divisor = numberOf(op.getB());
  if (!divisor || !isPowerOfTwo(*divisor))
    return failure();
  Value factor = number(rewriter, op, 1 / *divisor);
  return become(rewriter, op, make<MulOp>(rewriter, op, op.getA(), factor));
}

/// mul p, (mul q, x)  =>  mul (mul p, q), x   for p and q that do not vary.
/// The product of two numbers must stay an ordinary number.
static LogicalResult groupFactors(MulOp op, PatternRewriter &rewriter) {
  for (auto [p, right] : bothWays(op)) {
    auto inner = right.getDefiningOp<MulOp>();
    if (!inner || !isPlainFactor(p))
      continue;
    for (auto [q, x] : bothWays(inner)) {
      std::optional<double> first = numberOf(p), second = numberOf(q);
      bool numbers = first && second &&
                     std::isnormal(static_cast<float>(*first * *second));
      if (!isPlainFactor(q) || !(numbers || !isPlainFactor(x)) ||
          (first && second && !numbers))
        continue;
      Value factor = make<MulOp>(rewriter, op, p, q);
      return become(rewriter, op, make<MulOp>(rewriter, op, factor, x));
    }
  }
  return failure();
}

/// Powers that are another op.
static LogicalResult smallPower(PowOp op, PatternRewriter &rewriter) {
  switch (op.getExponent()) {
  case -1:
    return become(rewriter, op, make<InvOp>(rewriter, op, op.getX()));
  case 0:
    return become(rewriter, op, number(rewriter, op, 1));
  case 1:
    return become(rewriter, op, op.getX());
  case 2:
    return become(rewriter, op, make<SquareOp>(rewriter, op, op.getX()));
  default:
    return failure();
  }
}

/// The reduction that gives the values of one and the row numbers of another,
/// if both look for the same; else null.
static Attribute valuesAndRows(Attribute values, Attribute rows) {
  MLIRContext *context = values.getContext();
  if (isa<MinAttr>(values) && isa<ArgMinAttr>(rows))
    return MinArgMinAttr::get(context);
  if (isa<MaxAttr>(values) && isa<ArgMaxAttr>(rows))
    return MaxArgMaxAttr::get(context);
  auto least = dyn_cast<KMinAttr>(values);
  auto where = dyn_cast<ArgKMinAttr>(rows);
  if (least && where && least.getK() == where.getK())
    return KMinArgKMinAttr::get(context, least.getK());
  return {};
}

/// A least value and its row, as its gradient needs it: one sweep for both.
static LogicalResult findTogether(ReduceOp op, PatternRewriter &rewriter) {
  for (Operation *user : op->getOperand(0).getUsers()) {
    auto other = dyn_cast<ReduceOp>(user);
    if (!other || other.use_empty() || other.getOver() != op.getOver())
      continue;
    Attribute both = valuesAndRows(op.getReduction(), other.getReduction());
    if (!both)
      continue;
    rewriter.setInsertionPointAfterValue(op->getOperand(0));
    auto found = ReduceOp::create(
        rewriter, op.getLoc(),
        TypeRange{op->getResult(0).getType(), other->getResult(0).getType()},
        cast<ReductionAttrInterface>(both), op->getOperands());
    rewriter.replaceOp(other, found->getResult(1));
    rewriter.replaceOp(op, found->getResult(0));
    return success();
  }
  return failure();
}

void KeopsDialect::getCanonicalizationPatterns(
    RewritePatternSet &patterns) const {
  patterns.add<BroadcastLast>(patterns.getContext());
  patterns.add(sumBeforeSpreading)
      .add(doubleNegation)
      .add(negateTheRarer)
      .add(moveSign)
      .add(addNegative)
      .add(subtractNegative)
      .add(evenOfNegative<SquareOp>)
      .add(evenOfNegative<SqNormOp>)
      .add(evenOfNegative<AbsOp>)
      .add(subtractZero)
      .add(addNegativeZero)
      .add(plainProduct)
      .add(plainQuotient)
      .add(groupFactors)
      .add(smallPower)
      .add(findTogether);
  populateVectorPatterns(patterns);
  populateSumPatterns(patterns);
}
