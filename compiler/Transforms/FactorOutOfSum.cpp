//===- FactorOutOfSum.cpp - multiply once per row -------------------------===//
//
//   reduce #keops.sum (mul c, f)       =>  mul (reduce #keops.sum f), c
//   reduce #keops.sum (div f, c)       =>  div (reduce #keops.sum f), c
//   reduce #keops.sum (neg f)          =>  neg (reduce #keops.sum f)
//
// for c that does not vary along the axis summed over. Factors are looked for
// through all ops that are linear in the operand that holds them, so those of
// `dot (mul (neg k), c), v` leave as well. Past an op across components only
// factors with one component leave.
//
// The sum of f alone may leave the range of floating-point numbers where that of
// c * f does not. This is accepted, as in a formula with c written outside: c is
// one number per row, and f would have to be within a factor c of the largest
// number. What is never done is to merge factors that vary along the axis.
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
  Value takeFrom(Value value, bool plainOnly);
  /// `sum` with the collected factors.
  Value giveTo(Value sum, Location location);
  bool empty() const { return !negative && factors.empty() && divisors.empty(); }

private:
  bool mayLeave(Value factor, bool plainOnly) const {
    VecType type = vecType(factor);
    return !type.variesAlong(over) && !(plainOnly && type.getDim() != 1);
  }
  Value takeFromLinear(MathOpInterface op, bool plainOnly);

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

Value Factors::takeFrom(Value value, bool plainOnly) {
  Operation *op = value.getDefiningOp();
  if (auto negation = dyn_cast_or_null<NegOp>(op)) {
    negative = !negative;
    return takeFrom(negation.getX(), plainOnly);
  }
  if (isa_and_nonnull<MulOp>(op))
    for (unsigned k : {0, 1})
      if (mayLeave(op->getOperand(k), plainOnly)) {
        factors.push_back(op->getOperand(k));
        return takeFrom(op->getOperand(1 - k), plainOnly);
      }
  if (auto quotient = dyn_cast_or_null<DivOp>(op))
    if (mayLeave(quotient.getB(), plainOnly)) {
      divisors.push_back(quotient.getB());
      return takeFrom(quotient.getA(), plainOnly);
    }
  auto math = dyn_cast_or_null<MathOpInterface>(op);
  return math && isUsedOnce(op) ? takeFromLinear(math, plainOnly) : value;
}

Value Factors::takeFromLinear(MathOpInterface op, bool plainOnly) {
  SmallVector<Value> operands(op->getOperands());
  for (auto [k, operand] : llvm::enumerate(operands))
    if (op.isLinearIn(k))
      operand = takeFrom(operand, plainOnly || !op.isComponentWise());
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
    Value rest = factors.takeFrom(sum->getOperand(0), /*plainOnly=*/false);
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
    sum->getResult(0).replaceAllUsesWith(
        conform(builder, sum.getLoc(), result, resultType, /*closeAxes=*/false));
  }
};

} // namespace
