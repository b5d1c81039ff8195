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

/// When values are there, in cycles after the turn began.
class Clock {
public:
  /// `start`: when what is known from outside is there.
  explicit Clock(double start) : start(start) {}

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
  void runLoop(scf::ForOp loop);

  double start;
  llvm::DenseMap<Value, double> times;
};

bool isVector(Value value) { return isa<VectorType>(value.getType()); }

} // namespace

void Clock::run(Block &body) {
  for (Operation &op : body.without_terminator()) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      runLoop(loop);
      continue;
    }
    // What a test guards is rare.
    if (op.getNumResults() == 0 || !isVector(op.getResult(0)))
      continue;
    double done = of(op.getOperands()) + latencyOf(op);
    for (Value result : op.getResults())
      set(result, done);
  }
}

/// Cycles from what a turn gets of the one before to what it hands on.
static SmallVector<double> carriedBy(scf::ForOp loop) {
  constexpr double kNever = -1e9;
  Clock clock(kNever);
  for (Value carried : loop.getRegionIterArgs())
    if (isVector(carried))
      clock.set(carried, 0);
  clock.run(*loop.getBody());
  return llvm::map_to_vector(loop.getYieldedValues(), [&](Value next) {
    return std::max(clock.of(next), 0.0);
  });
}

void Clock::runLoop(scf::ForOp loop) {
  for (auto [argument, init] :
       llvm::zip_equal(loop.getRegionIterArgs(), loop.getInits()))
    set(argument, of(init));
  run(*loop.getBody());
  std::optional<APInt> turns = loop.getStaticTripCount();
  double others = turns ? double(turns->getZExtValue()) - 1 : 0;
  for (auto [result, next, carried] : llvm::zip_equal(
           loop.getResults(), loop.getYieldedValues(), carriedBy(loop)))
    set(result, of(next) + others * carried);
}

Chains chainsOf(Block &body) {
  Clock clock(0);
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
