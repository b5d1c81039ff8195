//===- ReverseRule.cpp - the chain rule from a value back -----------------===//
//
//   grad %f wrt %x seed %e   =>   the ops of the chain rule, from %f back to %x
//
// Reverse mode: every value between %x and %f gets a cotangent, the sum of what
// its users contribute, and hands contributions to its own operands. Values
// that do not depend on %x, or do not reach %f, are not looked at. A
// contribution may have components and axes that the value does not have; they
// are summed when all contributions are there:
//
//   closed     The result has the axes of %x. A cotangent never has more axes
//              than its value. So a sum over j appears where the chain rule
//              leaves the pairs (i, j), and the rest of it runs once per row.
//   pairwise   The result has an axis that %x does not have, and that axis is
//              never summed: the result is the share of each pair (i, j).
//
// These sums add up as the reductions on the way do: the gradient of a
// compensated sum is made of compensated sums.
//
// Ops say how they pass a cotangent back (MathOpInterface::vjp), reductions too
// (ReductionAttrInterface::vjp). Zero cotangents are absent; only a result that
// is zero as a whole is spelled out. Simplification is left to
// canonicalization.
//
//===----------------------------------------------------------------------===//

#include "compiler/Transforms/ChainRule.h"

using namespace mlir;
using namespace keops;

namespace {

/// The chain rule for one grad op.
class ReverseRule {
public:
  explicit ReverseRule(GradOp grad)
      : grad(grad), builder(grad), path(grad.getVariable(), grad.getValue()),
        freeAxes(withoutAxes(vecType(grad.getY()).getAxes(),
                             vecType(grad.getVariable()).getAxes())) {}

  /// The gradient; null after an error.
  Value run();

private:
  void contribute(Value value, Value cotangent, Axes axes, Location location);
  void inheritSummation(Operation *op);
  Value cotangentOf(Value value, Location location);
  LogicalResult passBack(Operation *op);
  LogicalResult passBackReduce(ReduceOp op, ArrayRef<Value> cotangents);
  void contributeToOperands(Operation *op, ArrayRef<Value> cotangents);

  GradOp grad;
  OpBuilder builder;
  Path path;
  Axes freeAxes;
  DenseMap<Value, SmallVector<Value>> contributions;
  /// How the reductions behind a value add up; the default if it is missing.
  DenseMap<Value, Summation> summations;
};

/// One more share of the cotangent of `value`, with its components. The share
/// is spread over `axes`, all those of the op it comes from, so that a sum over
/// an axis counts right.
void ReverseRule::contribute(Value value, Value cotangent, Axes axes,
                             Location location) {
  contributions[value].push_back(conform(builder, location, cotangent,
                                         vecType(value).withAxes(axes),
                                         /*closeAxes=*/false));
}

void ReverseRule::contributeToOperands(Operation *op,
                                       ArrayRef<Value> cotangents) {
  Axes axes = Axes::p;
  for (Value value : llvm::concat<Value>(llvm::to_vector(op->getOperands()),
                                         llvm::to_vector(op->getResults())))
    axes = joinAxes(axes, vecType(value).getAxes());
  for (auto [operand, cotangent] :
       llvm::zip_equal(op->getOperands(), cotangents))
    if (cotangent && path.active.contains(operand))
      contribute(operand, cotangent, axes, op->getLoc());
}

/// The cotangent of a value, when all its users have contributed; null if none
/// did. Shares of different axes are summed apart: what is the same for all j
/// must not be counted once per j.
Value ReverseRule::cotangentOf(Value value, Location location) {
  auto add = [&](Value a, Value b) -> Value {
    return a ? AddOp::create(builder, location, a, b).getResult() : b;
  };
  llvm::MapVector<Axes, Value> sums;
  for (Value share : contributions.lookup(value)) {
    Value &sum = sums[vecType(share).getAxes()];
    sum = add(sum, share);
  }
  VecType type = vecType(value);
  Value total;
  for (auto [axes, sum] : sums) {
    Axes kept = joinAxes(type.getAxes(), axes & freeAxes);
    total = add(total, conform(builder, location, sum, type.withAxes(kept),
                               /*closeAxes=*/true, summations.lookup(value)));
  }
  return total;
}

/// Tells the operands of an op how the op and those behind it add up.
void ReverseRule::inheritSummation(Operation *op) {
  Summation behind;
  for (Value result : op->getResults())
    behind = behind.joinedWith(summations.lookup(result));
  if (auto reduce = dyn_cast<ReduceOp>(op))
    behind = behind.joinedWith(
        reduce.getReduction().getSummation().value_or(Summation()));
  for (Value operand : op->getOperands()) {
    Summation &known = summations[operand];
    known = known.joinedWith(behind);
  }
}

LogicalResult ReverseRule::passBackReduce(ReduceOp op,
                                          ArrayRef<Value> cotangents) {
  StringRef name = op.getReduction().getSpelling();
  for (Value cotangent : cotangents)
    if (cotangent && vecType(cotangent).variesAlong(op.getOver()))
      return op.emitError()
             << "a " << name << " has no derivative for single pairs of rows";
  auto operands =
      applyRule(builder, op, path.known.lookup(op), [&](ReduceOp reduce) {
        return op.getReduction().vjp(builder, reduce, cotangents);
      });
  if (failed(operands))
    return op.emitError() << name << " has no derivative";
  contributeToOperands(op, *operands);
  return success();
}

LogicalResult ReverseRule::passBack(Operation *op) {
  SmallVector<Value> cotangents;
  for (Value result : op->getResults())
    cotangents.push_back(cotangentOf(result, op->getLoc()));
  if (llvm::none_of(cotangents, [](Value value) { return bool(value); }))
    return success();
  inheritSummation(op);
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return passBackReduce(reduce, cotangents);
  if (isa<BroadcastOp>(op))
    contributeToOperands(op, cotangents);
  else if (isa<SavedOp>(op))
    contributeToOperands(op, {cotangents[0], Value()});
  else if (auto math = dyn_cast<MathOpInterface>(op))
    contributeToOperands(op, math.vjp(builder, cotangents[0]));
  else
    return op->emitError("has no derivative");
  return success();
}

Value ReverseRule::run() {
  VecType type = vecType(grad.getY());
  if (!path.active.contains(grad.getValue()))
    return makeZero(builder, grad.getLoc(), type);
  contribute(grad.getValue(), grad.getSeed(),
             vecType(grad.getValue()).getAxes(), grad.getLoc());
  for (Operation *op : llvm::reverse(path.ops))
    if (failed(passBack(op)))
      return {};
  Value gradient = cotangentOf(grad.getVariable(), grad.getLoc());
  if (!gradient)
    return makeZero(builder, grad.getLoc(), type);
  return conform(builder, grad.getLoc(), gradient, type, /*closeAxes=*/false);
}

} // namespace

Value keops::expandReverse(GradOp grad) { return ReverseRule(grad).run(); }
