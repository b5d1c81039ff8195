//===- FactorOutOfSum.cpp - multiply once per row -------------------------===//
//
//   reduce #keops.sum (mul c, f)       =>  mul (reduce #keops.sum f), c
//   reduce #keops.sum (div f, c)       =>  div (reduce #keops.sum f), c
//   reduce #keops.sum (neg f)          =>  neg (reduce #keops.sum f)
//
// for c that does not vary along the axis summed over, and so for a mean.
// Factors are looked for through all ops that are linear in the operand that
// holds them, so those of `dot (mul (neg k), c), v` leave as well. Past an op
// across components only factors with one component leave.
//
// What remains may leave the range of floating-point numbers where the formula
// does not: the sum of f where c is tiny, or g * h where (c * g) * h is fine.
// This is accepted for factors that are one number per row, as it would be in a
// formula with c written outside; numbers near the ends of the range are needed
// for it. Factors that vary along the axis are never rearranged. One more case
// differs: a factor that is infinite or NaN makes NaN of a sum without terms,
// which is 0 in the formula.
//
// exp (a + b) stays, though exp a could leave where a does not vary: it may be
// infinite where the sum is not.
//
//===----------------------------------------------------------------------===//

#include "compiler/Transforms/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"

namespace keops {
#define GEN_PASS_DEF_FACTOROUTOFSUM
#include "compiler/Transforms/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

/// Takes the factors out of what one reduce sums.
class Factors {
public:
  explicit Factors(ReduceOp sum) : builder(sum), over(sum.getOver()) {}

  /// `value` without its factors, which are collected.
  Value takeFrom(Value value, bool plainOnly = false, int depth = 0);
  /// `sum` with the collected factors.
  Value giveTo(Value sum, Location location);
  bool empty() const {
    return !negative && factors.empty() && divisors.empty();
  }

private:
  bool mayLeave(Value factor, bool plainOnly) const {
    VecType type = vecType(factor);
    return !type.variesAlong(over) && !(plainOnly && type.getDim() != 1);
  }
  Value takeFromLinear(MathOpInterface op, bool plainOnly, int depth);

  /// How far down factors are looked for: formulas may be deeper than the
  /// stack.
  static constexpr int kMaxDepth = 64;

  OpBuilder builder;
  Axes over;
  bool negative = false;
  SmallVector<Value> factors, divisors;
};

/// Would another user have the op computed twice? Sums would not: they lose the
/// same factors.
static bool isUsedOnce(Operation *op) {
  return op->hasOneUse() || llvm::all_of(op->getUsers(), [](Operation *user) {
           auto reduce = dyn_cast<ReduceOp>(user);
           return reduce && reduce.getReduction().isLinear();
         });
}

Value Factors::takeFrom(Value value, bool plainOnly, int depth) {
  if (++depth > kMaxDepth)
    return value;
  Operation *op = value.getDefiningOp();
  if (auto negation = dyn_cast_or_null<NegOp>(op)) {
    negative = !negative;
    return takeFrom(negation.getX(), plainOnly, depth);
  }
  if (isa_and_nonnull<MulOp>(op))
    for (unsigned k : {0, 1})
      if (mayLeave(op->getOperand(k), plainOnly)) {
        factors.push_back(op->getOperand(k));
        return takeFrom(op->getOperand(1 - k), plainOnly, depth);
      }
  if (auto quotient = dyn_cast_or_null<DivOp>(op))
    if (mayLeave(quotient.getB(), plainOnly)) {
      divisors.push_back(quotient.getB());
      return takeFrom(quotient.getA(), plainOnly, depth);
    }
  auto math = dyn_cast_or_null<MathOpInterface>(op);
  return math && isUsedOnce(op) ? takeFromLinear(math, plainOnly, depth)
                                : value;
}

Value Factors::takeFromLinear(MathOpInterface op, bool plainOnly, int depth) {
  SmallVector<Value> operands(op->getOperands());
  for (auto [k, operand] : llvm::enumerate(operands))
    if (op.isLinearIn(k))
      operand = takeFrom(operand, plainOnly || !op.isComponentWise(), depth);
  if (llvm::equal(operands, op->getOperands()))
    return op->getResult(0);
  return rebuild(builder, op, operands)->getResult(0);
}

Value Factors::giveTo(Value sum, Location location) {
  for (Value factor : factors)
    sum = MulOp::create(builder, location, sum, factor);
  for (Value divisor : divisors)
    sum = DivOp::create(builder, location, sum, divisor);
  return negative ? NegOp::create(builder, location, sum).getResult() : sum;
}

struct FactorOutOfSum : keops::impl::FactorOutOfSumBase<FactorOutOfSum> {
  void runOnOperation() override {
    for (ReduceOp sum : llvm::to_vector(getOperation().getOps<ReduceOp>()))
      if (sum.getReduction().isLinear())
        factorOut(sum);
    IRRewriter rewriter(&getContext());
    (void)runRegionDCE(rewriter, getOperation()->getRegions());
  }

  void factorOut(ReduceOp sum) {
    Factors factors(sum);
    Value rest = factors.takeFrom(sum->getOperand(0));
    if (factors.empty())
      return;
    OpBuilder builder(sum);
    VecType type = vecType(sum->getOperand(0)).withDim(vecType(rest).getDim());
    rest = conform(builder, sum.getLoc(), rest, type, /*closeAxes=*/false);
    VecType resultType = vecType(sum->getResult(0));
    auto restSum = ReduceOp::create(
        builder, sum.getLoc(), TypeRange{resultType.withDim(type.getDim())},
        sum.getReduction(), ValueRange{rest});
    Value result = factors.giveTo(restSum->getResult(0), sum.getLoc());
    sum->getResult(0).replaceAllUsesWith(conform(
        builder, sum.getLoc(), result, resultType, /*closeAxes=*/false));
  }
};

} // namespace
