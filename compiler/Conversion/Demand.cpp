//===- Demand.cpp - what a kernel needs at a time -------------------------===//

#include "compiler/Conversion/Demand.h"
#include "compiler/Conversion/KernelParts.h"
#include "compiler/Conversion/LaneProgram.h"

using namespace mlir;

namespace keops {

/// Counts the operations of a do region. Ops in loops over components count
/// once for each component that a turn of the loop takes.
static void countPairOps(Block &body, Demand &demand) {
  DenseMap<Value, std::optional<int>> heights;
  auto isInMemory = [](Value value) {
    return vecType(value).getDim() > kMostInRegisters;
  };
  auto heightOf = [&](Value value) -> std::optional<int> {
    if (vecType(value).getDim() == 1 || isInMemory(value))
      return 0;
    if (value.getParentBlock() == &body && value.getDefiningOp())
      return heights.lookup(value);
    // Rows and columns are in memory, and so are parameters.
    bool isComputedOnce = vecType(value).getAxes() == Axes::p &&
                          !value.getDefiningOp<tile::LoadOp>();
    return isLong(value) && !isComputedOnce ? std::optional(0) : std::nullopt;
  };
  for (Operation &op : body.without_terminator()) {
    auto math = dyn_cast<MathOpInterface>(op);
    Value result = op.getResult(0);
    heights[result] = deferredHeight(&op, heightOf);
    bool isDeferred = heights[result].has_value() || isInMemory(result);
    if (!isDeferred && !isLeftToContraction(&op) && !isa<ConcatOp>(op))
      demand.widest = std::max(demand.widest, vecType(result).getDim());
    bool isLoop = isDeferred || llvm::any_of(op.getOperands(), isInMemory) ||
                  (math && math.isContraction() &&
                   llvm::all_of(op.getOperands(), [&](Value operand) {
                     return heightOf(operand).has_value();
                   }));
    for (Value operand : op.getOperands()) {
      bool isCountedOnce = isLoop && isLong(operand);
      demand.loops |= isCountedOnce;
      demand.pairOps +=
          isCountedOnce ? kMostUnrolled : vecType(operand).getDim();
    }
  }
}

/// Does it make a long value whose components take no components of rows?
static bool isWide(Block &body) {
  SmallVector<Value> worklist;
  auto addLong = [&](Operation *op) {
    for (Value operand : op->getOperands())
      if (isLong(operand))
        worklist.push_back(operand);
  };
  addLong(body.getTerminator());
  if (worklist.empty())
    return false;
  llvm::DenseSet<Value> seen;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (vecType(value).getAxes() == Axes::i)
      return false;
    Operation *op = value.getDefiningOp();
    if (op && op->getBlock() == &body && seen.insert(value).second)
      addLong(op);
  }
  return true;
}

/// How many numbers of the working precision a running sum takes.
static int64_t numbersInSum(ReductionAttrInterface reduction) {
  Summation summation = reduction.getSummation().value_or(Summation());
  return (summation.scheme == SumScheme::Kahan ? 2 : 1) *
         (summation.isWide ? 2 : 1);
}

Demand demandOf(tile::KernelOp kernel) {
  Demand demand;
  kernel.walk([&](tile::LoadOp load) {
    if (vecType(load.getValue()).getScalar().isF64())
      demand.bits = 64;
    if (vecType(load.getValue()).getAxes() == Axes::i)
      demand.rowNumbers += vecType(load.getValue()).getDim();
  });
  kernel.walk([&](tile::SweepOp sweep) {
    Block &body = sweep.getBody().front();
    demand.staged += componentsOf(body.getArguments());
    countPairOps(body, demand);
    for (int64_t dim : sweep.getDims())
      demand.rowNumbers += (1 + numbersInSum(sweep.getReduction())) * dim;
    demand.isWide = isWide(body);
    demand.ranks = sweep.getReduction().getRanks();
    std::optional<Ranking> ranking = sweep.getReduction().getRanking();
    demand.isRanked = ranking && ranking->count <= kMostUnrolled &&
                      sweep.getDims().front() == 1;
  });
  demand.rowNumbers += 2 * demand.ranks;
  return demand;
}

} // namespace keops
