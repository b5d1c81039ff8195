//===- CanonicalizeSums.cpp - multiples, and products of exponentials -----===//
//
// The part of Canonicalize.cpp that is about repeated terms. The same promises
// hold, and they rule most of the textbook out:
//
//   n x - x, n x + x for n < 0   n x may be infinite where the result is not,
//                                and -x + x is NaN for infinite x
//   a b + a c  =>  a (b + c)     b + c may be infinite where the products are
//                                not, and the other way round
//   exp a * exp b  =>  exp (a + b)   exp a may be infinite or exp b zero where
//                                the result is not. But not if neither argument
//                                is above 0: nothing here exceeds 1 then.
//   log (exp x)  =>  x           exp x may be infinite where x is not
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Canonicalize.h"

using namespace mlir;
using namespace keops;

//===----------------------------------------------------------------------===//
// Signs that follow from how a value is made
//===----------------------------------------------------------------------===//

/// How deep a formula is searched for signs.
static constexpr int kDepth = 6;

/// Is the value, if it is a number at all, not above 0 (sign -1), or not below
/// 0 (sign 1)?
static bool hasSign(Value value, int sign, int depth = kDepth) {
  if (std::optional<double> number = numberOf(value))
    return *number * sign >= 0;
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return false;
  auto has = [&](unsigned k, int wanted) {
    return hasSign(op->getOperand(k), wanted, depth - 1);
  };
  if (isa<NegOp>(op))
    return has(0, -sign);
  if (isa<AddOp>(op))
    return has(0, sign) && has(1, sign);
  if (isa<SubOp>(op))
    return has(0, sign) && has(1, -sign);
  if (isa<MulOp, DotOp>(op))
    return (has(0, 1) && has(1, sign)) || (has(0, -1) && has(1, -sign));
  if (isa<SumOp, BroadcastOp, ExtractOp>(op))
    return has(0, sign);
  return sign > 0 &&
         isa<SquareOp, SqNormOp, AbsOp, ExpOp, SqrtOp, RsqrtOp, ReluOp, StepOp>(
             op);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

/// A value as a positive number times another value.
static std::pair<double, Value> positiveMultiple(Value value) {
  if (auto product = value.getDefiningOp<MulOp>())
    for (auto [n, x] : bothWays(product))
      if (std::optional<double> number = numberOf(n))
        if (*number > 0 && std::isfinite(*number) && !numberOf(x))
          return {*number, x};
  return {1, value};
}

/// n x + m x  =>  (n + m) x   for positive numbers
static LogicalResult addMultiples(AddOp op, PatternRewriter &rewriter) {
  auto [n, x] = positiveMultiple(op.getA());
  auto [m, y] = positiveMultiple(op.getB());
  if (x != y || numberOf(x) ||
      !std::isfinite(static_cast<float>(n) + static_cast<float>(m)))
    return failure();
  return become(rewriter, op,
                make<MulOp>(rewriter, op, number(rewriter, op, n + m), x));
}

/// An exponential that is computed for this product alone, as often as it, of
/// an argument that is not above 0.
static ExpOp smallExponential(Value value, Operation *product) {
  auto exponential = value.getDefiningOp<ExpOp>();
  if (!exponential || !exponential->hasOneUse() ||
      value.getType() != product->getResult(0).getType() ||
      !hasSign(exponential.getX(), -1))
    return {};
  return exponential;
}

/// exp a * exp b  =>  exp (a + b)   for a <= 0 and b <= 0
static LogicalResult productOfExponentials(MulOp op,
                                           PatternRewriter &rewriter) {
  if (op.getA() == op.getB())
    return failure();
  ExpOp a = smallExponential(op.getA(), op),
        b = smallExponential(op.getB(), op);
  if (!a || !b)
    return failure();
  Value sum = make<AddOp>(rewriter, op, a.getX(), b.getX());
  return become(rewriter, op, make<ExpOp>(rewriter, op, sum));
}

void keops::populateSumPatterns(RewritePatternSet &patterns) {
  patterns.add(addMultiples).add(productOfExponentials);
}
