//===- ForwardRule.cpp - the chain rule from a variable on ----------------===//
//
//   diff %f wrt %x tangent %u   =>   the ops of the chain rule, from %x to %f
//
// Forward mode: every value between %x and %f gets a tangent, which its op
// makes of those of its operands (MathOpInterface::jvp,
// ReductionAttrInterface::jvp). A tangent has the components of its value. It
// may lack axes, and has more where %u has more than %x, which is allowed as
// long as no reduction is on the way. Zero tangents are absent; only a result
// that is zero as a whole is spelled out.
//
//===----------------------------------------------------------------------===//

#include "compiler/Transforms/ChainRule.h"

using namespace mlir;
using namespace keops;

namespace {

/// The chain rule for one diff op.
class ForwardRule {
public:
  explicit ForwardRule(DiffOp diff)
      : diff(diff), builder(diff), path(diff.getVariable(), diff.getValue()) {}

  /// The derivative; null after an error.
  Value run();

private:
  LogicalResult push(Operation *op);
  LogicalResult pushReduce(ReduceOp op, ArrayRef<Value> inputs);
  void set(Value value, Value tangent);

  DiffOp diff;
  OpBuilder builder;
  Path path;
  DenseMap<Value, Value> tangents;
};

void ForwardRule::set(Value value, Value tangent) {
  if (tangent)
    tangents[value] =
        conform(builder, value.getLoc(), tangent,
                vecType(value).withAxes(vecType(tangent).getAxes()),
                /*closeAxes=*/false);
}

LogicalResult ForwardRule::pushReduce(ReduceOp op, ArrayRef<Value> inputs) {
  StringRef name = op.getReduction().getSpelling();
  SmallVector<Value> spread(inputs);
  for (auto [tangent, operand] : llvm::zip_equal(spread, op.getOperands()))
    if (tangent)
      tangent = conform(builder, op.getLoc(), tangent, vecType(operand),
                        /*closeAxes=*/false);
  auto results =
      applyRule(builder, op, path.known.lookup(op), [&](ReduceOp reduce) {
        return op.getReduction().jvp(builder, reduce, spread);
      });
  if (failed(results))
    return op.emitError() << name << " has no derivative";
  for (auto [value, tangent] : llvm::zip_equal(op.getResults(), *results))
    set(value, tangent);
  return success();
}

LogicalResult ForwardRule::push(Operation *op) {
  auto inputs = llvm::map_to_vector(op->getOperands(), [&](Value operand) {
    return tangents.lookup(operand);
  });
  if (llvm::none_of(inputs, [](Value value) { return bool(value); }))
    return success();
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return pushReduce(reduce, inputs);
  if (isa<BroadcastOp, SavedOp>(op))
    set(op->getResult(0), inputs[0]);
  else if (auto math = dyn_cast<MathOpInterface>(op))
    set(op->getResult(0), math.jvp(builder, inputs));
  else
    return op->emitError("has no derivative");
  return success();
}

Value ForwardRule::run() {
  VecType type = vecType(diff.getY());
  tangents[diff.getVariable()] = diff.getTangent();
  for (Operation *op : path.ops)
    if (failed(push(op)))
      return {};
  Value tangent = tangents.lookup(diff.getValue());
  if (!tangent)
    return makeZero(builder, diff.getLoc(), type);
  return conform(builder, diff.getLoc(), tangent, type, /*closeAxes=*/false);
}

} // namespace

Value keops::expandForward(DiffOp diff) { return ForwardRule(diff).run(); }
