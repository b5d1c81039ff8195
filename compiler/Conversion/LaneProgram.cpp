//===- LaneProgram.cpp - run formula ops on lanes -------------------------===//

#include "compiler/Conversion/LaneProgram.h"

using namespace mlir;

namespace keops {

/// A number of the formula. f32 numbers are exact in double.
static double numberOf(ConstOp op) {
  return cast<FloatAttr>(op.getValue()).getValueAsDouble();
}

bool isLeftToContraction(Operation *op) {
  for (;;) {
    auto math = dyn_cast<MathOpInterface>(op);
    if (!math || !math.isComponentWise() || !op->hasOneUse() ||
        vecType(op->getResult(0)).getDim() == 1)
      return false;
    Operation *user = *op->user_begin();
    auto use = dyn_cast<MathOpInterface>(user);
    if (!use || user->getBlock() != op->getBlock())
      return false;
    if (use.isContraction())
      return true;
    op = user;
  }
}

/// One component of a value; one that was left to a contraction is made now.
Lane LaneProgram::component(Value value, size_t c) {
  auto it = known.find(value);
  if (it != known.end())
    return it->second[it->second.size() == 1 ? 0 : c];
  SmallVector<Lanes> operands;
  for (Value operand : value.getDefiningOp()->getOperands())
    operands.push_back({component(operand, c)});
  return value.getDefiningOp<MathOpInterface>()
      .lower(machine, operands)
      .front();
}

Lane LaneProgram::contract(MathOpInterface op) {
  int64_t dim = 1;
  for (Value operand : op->getOperands())
    dim = std::max(dim, vecType(operand).getDim());
  std::optional<Lane> sum;
  for (int64_t c = 0; c < dim; ++c) {
    SmallVector<Lanes> operands;
    for (Value operand : op->getOperands())
      operands.push_back({component(operand, c)});
    Lane term = op.lower(machine, operands).front();
    sum = sum ? *sum + term : term;
  }
  return *sum;
}

void LaneProgram::run(Operation *op) {
  machine.builder.setLoc(op->getLoc());
  if (auto number = dyn_cast<ConstOp>(op))
    return bind(number, {machine.constant(numberOf(number))});
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    // Axes lower to nothing, lanes of smaller shape repeat.
    Lanes lanes = get(broadcast.getX());
    if (lanes.size() == 1)
      lanes.assign(vecType(broadcast.getY()).getDim(), Lane(lanes.front()));
    return bind(broadcast, std::move(lanes));
  }
  auto math = cast<MathOpInterface>(op);
  if (isLeftToContraction(op))
    return;
  if (math.isContraction())
    return bind(op->getResult(0), {contract(math)});
  SmallVector<Lanes> operands;
  for (Value operand : op->getOperands())
    operands.push_back(get(operand));
  bind(op->getResult(0), math.lower(machine, operands));
}

} // namespace keops
