//===- Chains.cpp - how values in a loop wait for each other --------------===//
//
// A chain of operations takes as long as its latencies together. Those here are
// of a Zen 4; loads are early, for nothing that is computed says what is
// loaded.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace keops::cpu {

namespace {

double latencyOf(Operation &op) {
  return TypeSwitch<Operation *, double>(&op)
      .Case([](arith::MulFOp product) { return isPartOfSum(product) ? 1 : 4; })
      .Case([](math::FmaOp) { return 4; })
      .Case<arith::AddFOp, arith::SubFOp, arith::CmpFOp, math::RoundEvenOp,
            math::FloorOp, arith::SIToFPOp, arith::FPToSIOp, arith::CmpIOp>(
          [](Operation *) { return 3; })
      .Case([](LLVM::CallIntrinsicOp call) {
        StringRef name = call.getIntrin();
        bool isArithmetic = name.contains(".vfmadd.") ||
                            name.contains(".mul.") || name.contains(".add.");
        return isArithmetic ? 4 : 6;
      })
      .Case([](arith::DivFOp) { return 13; })
      .Case([](math::SqrtOp) { return 20; })
      .Case<arith::BitcastOp, arith::NegFOp, vector::BroadcastOp>(
          [](Operation *) { return 0; })
      .Default([](Operation *) { return 1; });
}

/// From when an operand is there. Where vectors come by twos (Order.h), sums of
/// products take turns, one component after the other: nothing waits for the
/// sum so far.
double latencyOf(Operation &op, Value operand, bool doSumsTakeTurns) {
  if (!doSumsTakeTurns)
    return latencyOf(op);
  auto isProduct = [](Value value) {
    Operation *made = value.getDefiningOp();
    return made && isPartOfSum(made);
  };
  bool isSoFar = isa<arith::AddFOp>(op) && !isProduct(operand) &&
                 llvm::any_of(op.getOperands(), isProduct);
  return isSoFar ? 1 : latencyOf(op);
}

/// When values are there, in cycles after the turn began.
class Clock {
public:
  /// `start`: when what is known from outside is there.
  Clock(double start, bool doSumsTakeTurns)
      : start(start), doSumsTakeTurns(doSumsTakeTurns) {}

  void set(Value value, double time) { times[value] = time; }
  double of(Value value) const {
    auto it = times.find(value);
    return it == times.end() ? start : it->second;
  }
  double of(ValueRange values) const {
    double latest = start;
    for (Value value : values)
      latest = std::max(latest, of(value));
    return latest;
  }
  void run(Block &body);

private:
  double start;
  bool doSumsTakeTurns;
  llvm::DenseMap<Value, double> times;
};

bool isVector(Value value) { return isa<VectorType>(value.getType()); }

} // namespace

void Clock::run(Block &body) {
  for (Operation &op : body.without_terminator()) {
    // What a loop gives is there when it ends. What a test guards is rare.
    if (op.getNumResults() == 0 || !isVector(op.getResult(0)) ||
        isa<scf::ForOp>(op))
      continue;
    double done = start;
    for (Value operand : op.getOperands())
      done =
          std::max(done, of(operand) + latencyOf(op, operand, doSumsTakeTurns));
    for (Value result : op.getResults())
      set(result, done);
  }
}

/// Cycles from what a turn gets of the one before to what it hands on.
static SmallVector<double> carriedBy(scf::ForOp loop) {
  constexpr double kNever = -1e9;
  Clock clock(kNever, /*doSumsTakeTurns=*/false);
  for (Value carried : loop.getRegionIterArgs())
    if (isVector(carried))
      clock.set(carried, 0);
  clock.run(*loop.getBody());
  return llvm::map_to_vector(loop.getYieldedValues(), [&](Value next) {
    return std::max(clock.of(next), 0.0);
  });
}

Chains chainsOf(Block &body) {
  Clock clock(0, !levelOf(body).embeds());
  double longest = 0, carried = 0;
  clock.run(body);
  for (Operation &op : body)
    longest = std::max(longest, clock.of(op.getOperands()));
  if (auto loop = dyn_cast<scf::ForOp>(body.getParentOp()))
    for (double cycles : carriedBy(loop))
      carried = std::max(carried, cycles);
  return {longest, carried};
}

} // namespace keops::cpu
