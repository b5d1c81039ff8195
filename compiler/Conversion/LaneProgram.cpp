//===- LaneProgram.cpp - run formula ops on lanes -------------------------===//

#include "compiler/Conversion/LaneProgram.h"

using namespace mlir;

namespace keops {

/// A number of the formula. f32 numbers are exact in double.
static double numberOf(ConstOp op) {
  return cast<FloatAttr>(op.getValue()).getValueAsDouble();
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
  SmallVector<Lanes> operands;
  for (Value operand : op->getOperands())
    operands.push_back(get(operand));
  bind(op->getResult(0), cast<MathOpInterface>(op).lower(machine, operands));
}

} // namespace keops
