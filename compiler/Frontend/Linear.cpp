//===- Linear.cpp - is a formula linear in a variable? --------------------===//
//
// Decided op by op, on the way from the variable to the formula: records say in
// which operands they are linear. What is linear only as a whole, such as
// Log(Exp(x)), is not found to be.
//
//===----------------------------------------------------------------------===//

#include "compiler/Frontend/FormulaBuilder.h"

using namespace mlir;

namespace keops {

/// `0`, `Zero(3)`, `-Zero(3)` and the like.
static bool isZero(Value value) {
  constexpr int longest = 4;
  for (int n = 0; n < longest; ++n) {
    Operation *op = value.getDefiningOp();
    if (auto number = dyn_cast_or_null<ConstOp>(op))
      return cast<FloatAttr>(number.getValue()).getValue().isZero();
    auto math = dyn_cast_or_null<MathOpInterface>(op);
    if (!math || op->getNumOperands() != 1 || !math.isLinearIn(0))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

static constexpr StringRef kSeveral =
    ", as more than one of its arguments depends on it";

/// Why an op is not linear in those of its operands that depend on the
/// variable; empty if it is.
static std::optional<StringRef> findObjection(Operation *op, const Path &path) {
  SmallVector<unsigned> dependent;
  for (OpOperand &operand : op->getOpOperands())
    if (path.active.contains(operand.get()))
      dependent.push_back(operand.getOperandNumber());
  bool isSingle = dependent.size() == 1;
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    if (!isSingle)
      return kSeveral;
    return reduce.getReduction().isLinearIn(dependent[0])
               ? std::nullopt
               : std::optional<StringRef>("");
  }
  // What is known of a reduction counts as a number.
  if (isa<BroadcastOp, SavedOp>(op))
    return std::nullopt;
  // Linear in their seed or tangent, and also in what is differentiated, along
  // another variable.
  if (isa<GradOp, DiffOp>(op))
    return isSingle ? std::nullopt : std::optional<StringRef>(kSeveral);
  auto math = cast<MathOpInterface>(op);
  if (isSingle && math.isLinearIn(dependent[0]))
    return std::nullopt;
  if (llvm::none_of(dependent,
                    [&](unsigned k) { return math.isAdditiveIn(k); }))
    return isSingle || !math.isLinearIn(dependent[0]) ? "" : kSeveral;
  for (OpOperand &operand : op->getOpOperands()) {
    bool depends = path.active.contains(operand.get());
    if (!math.isAdditiveIn(operand.getOperandNumber())) {
      if (depends)
        return "";
    } else if (!depends && !isZero(operand.get())) {
      return ", as one of its arguments does not depend on it";
    }
  }
  return std::nullopt;
}

LogicalResult FormulaBuilder::checkLinear(const Blame &blame, Value value,
                                          Value variable) const {
  Path path(variable, value);
  std::string name = describe(cast<BlockArgument>(variable).getArgNumber());
  std::string needs = blame.name + " needs a formula that is linear in " + name;
  if (!path.active.contains(value)) {
    if (isZero(value))
      return success();
    return emitError(blame.location)
           << needs << "; this one does not depend on it";
  }
  auto object = [&](Operation *op, const Twine &reason) {
    InFlightDiagnostic error = emitError(op->getLoc());
    error << needs << "; " << names.lookup(op) << " is not" << reason;
    error.attachNote(blame.location) << blame.name << " is here";
    return error;
  };
  // Of a quadratic formula it may be linear, which is for those to find who
  // write derivatives out. What it is taken of is not to blame.
  for (Operation *op : path.ops)
    if (isa<GradOp, DiffOp>(op) && op->getOperand(1) == variable)
      return object(op, ", as it is taken along " + name + " itself");
  for (Operation *op : path.ops)
    if (std::optional<StringRef> reason = findObjection(op, path))
      return object(op, *reason);
  return success();
}

} // namespace keops
