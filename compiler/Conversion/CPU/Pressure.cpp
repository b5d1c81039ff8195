//===- Pressure.cpp - how many registers a loop wants ---------------------===//
//
// Counted in the order in which operations stand, which the compiler of machine
// code mostly keeps. What loops inside do not use can wait in memory meanwhile.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace keops::cpu {

/// Masks have registers of their own. What is repeated can be read when it is
/// needed, and so can what is stored.
static bool takesRegister(Value value) {
  auto type = dyn_cast<VectorType>(value.getType());
  return type && !type.getElementType().isInteger(1) &&
         !value.getDefiningOp<vector::BroadcastOp>() &&
         llvm::none_of(value.getUsers(), llvm::IsaPred<vector::StoreOp>);
}

/// Vectors from outside: rows, constants and what is computed before the loop.
static int64_t neededThroughout(Block &body) {
  llvm::DenseSet<Value> outside;
  llvm::DenseSet<Attribute> constants;
  auto look = [&](Operation *op) {
    for (Value operand : op->getOperands()) {
      Attribute constant;
      if (!takesRegister(operand))
        continue;
      if (matchPattern(operand, m_Constant(&constant)))
        constants.insert(constant);
      else if (!body.getParent()->isAncestor(operand.getParentRegion()))
        outside.insert(operand);
    }
  };
  for (Operation &op : body)
    if (!isa<scf::ForOp>(op))
      op.walk(look);
  return int64_t(outside.size() + constants.size());
}

/// At most, of values that are made in a block or handed to it.
static int64_t mostAlive(Block &body) {
  llvm::DenseMap<Value, Operation *> last;
  for (Operation &op : body)
    op.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (operand.getParentBlock() == &body)
          last[operand] = &op;
    });
  llvm::DenseMap<Operation *, int64_t> ending;
  int64_t alive = 0, most = 0;
  auto begin = [&](Value value) {
    auto it = last.find(value);
    if (it == last.end() || !takesRegister(value) ||
        matchPattern(value, m_Constant()))
      return;
    ++alive;
    ++ending[it->second];
  };
  for (Value argument : body.getArguments())
    begin(argument);
  for (Operation &op : body) {
    alive -= ending.lookup(&op);
    for (Value result : op.getResults())
      begin(result);
    most = std::max(most, alive);
  }
  return most;
}

Pressure pressureOf(Block &body, int64_t registers) {
  int64_t outside = neededThroughout(body);
  Pressure pressure;
  pressure.live = outside + mostAlive(body);
  int64_t without = std::max<int64_t>(pressure.live - registers, 0);
  pressure.reloads = double(std::min(without, outside));
  pressure.spills = double(without) - pressure.reloads;
  return pressure;
}

} // namespace keops::cpu
