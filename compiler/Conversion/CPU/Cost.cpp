//===- Cost.cpp - what a pair costs on a CPU ------------------------------===//
//
// Loads and constants become operands of other instructions, and so does, in
// AVX-512, a number of a column that a single instruction repeats for its rows.
// A product that is only added becomes part of a multiply-add. Everything else
// is an instruction.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"
#include "compiler/Conversion/CPU/Isa.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;

namespace keops::cpu {

Cost &Cost::operator+=(const Cost &other) {
  multiply += other.multiply;
  add += other.add;
  shuffle += other.shuffle;
  any += other.any;
  broadcast += other.broadcast;
  load += other.load;
  store += other.store;
  test += other.test;
  divider += other.divider;
  return *this;
}

Cost Cost::operator*(double times) const {
  return {multiply * times, add * times,       shuffle * times,
          any * times,      broadcast * times, divider * times,
          load * times,     store * times,     test * times};
}

namespace {

/// What the instruction set of the code around allows.
struct Level {
  int64_t bits = 512; // of a vector

  bool fuses() const { return bits > 128; }
  /// May an operand be a number in memory, to be repeated?
  bool embeds() const { return bits == 512; }
};

Level levelOf(Block &body) {
  auto function = body.getParentOp()->getParentOfType<func::FuncOp>();
  auto pairs = function->getAttrOfType<ArrayAttr>("passthrough");
  for (auto pair : pairs.getAsRange<ArrayAttr>()) {
    StringRef value = cast<StringAttr>(pair[1]).getValue();
    if (cast<StringAttr>(pair[0]).getValue() != "target-cpu")
      continue;
    for (Isa isa : {Isa::V2, Isa::V3, Isa::V4})
      if (value == targetCpu(isa))
        return {naturalWidth(isa, /*bits=*/1)};
  }
  return {};
}

bool isFloatVector(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector && isa<FloatType>(vector.getElementType());
}

/// Rows in a vector.
int64_t lanesOf(Block &body) {
  int64_t lanes = 1;
  body.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (isFloatVector(type))
        lanes = std::max(lanes, cast<VectorType>(type).getNumElements());
  });
  return lanes;
}

/// Instructions for a value: more than one if it is wider than a register.
double registersOf(Type type, Level level) {
  auto vector = cast<VectorType>(type);
  int64_t bits =
      vector.getNumElements() * int64_t(vector.getElementTypeBitWidth());
  return std::max(double(bits) / double(level.bits), 1.0);
}

/// May a sum and a product become one instruction?
bool canFuse(Operation *sum) {
  auto flags = dyn_cast<arith::ArithFastMathInterface>(sum);
  return isa<arith::AddFOp, arith::SubFOp>(sum) && flags &&
         bitEnumContainsAll(flags.getFastMathFlagsAttr().getValue(),
                            arith::FastMathFlags::contract);
}

/// The sums that use a value or its negation; nothing if others use it, too.
SmallVector<Operation *> sumsWith(Value value) {
  SmallVector<Operation *> sums;
  for (Operation *user : value.getUsers()) {
    if (auto negation = dyn_cast<arith::NegFOp>(user)) {
      SmallVector<Operation *> more = sumsWith(negation);
      if (more.empty())
        return {};
      sums.append(more);
    } else if (canFuse(user)) {
      sums.push_back(user);
    } else {
      return {};
    }
  }
  return sums;
}

/// The product that a sum makes on the way: one of its operands.
arith::MulFOp productIn(Operation *sum) {
  for (Value operand : llvm::reverse(sum->getOperands())) {
    if (auto negation = operand.getDefiningOp<arith::NegFOp>())
      operand = negation.getOperand();
    auto product = operand.getDefiningOp<arith::MulFOp>();
    if (product && !sumsWith(product).empty())
      return product;
  }
  return {};
}

/// Is it made by all sums that use it?
bool isFused(arith::MulFOp product) {
  SmallVector<Operation *> sums = sumsWith(product);
  return !sums.empty() && llvm::all_of(sums, [&](Operation *sum) {
    return productIn(sum) == product;
  });
}

/// select (a < b), a, b and its kin are one instruction.
bool isMinimum(arith::SelectOp select) {
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  return compare && compare->hasOneUse() &&
         ((compare.getLhs() == select.getTrueValue() &&
           compare.getRhs() == select.getFalseValue()) ||
          (compare.getRhs() == select.getTrueValue() &&
           compare.getLhs() == select.getFalseValue()));
}

bool isPartOfMinimum(arith::CmpFOp compare) {
  return compare->hasOneUse() && isa<arith::SelectOp>(*compare->user_begin()) &&
         isMinimum(cast<arith::SelectOp>(*compare->user_begin()));
}

/// With a rounding mode of its own.
bool isProduct(LLVM::CallIntrinsicOp call) {
  StringRef name = call.getIntrin();
  return name.contains(".vfmadd.") || name.contains(".mul.");
}

Cost costOfIntrinsic(LLVM::CallIntrinsicOp call) {
  StringRef name = call.getIntrin();
  if (name.contains("scalef"))
    return {0, 2};
  if (name.contains("vpermi2var"))
    return {0, 0, 1};
  if (isProduct(call))
    return {1};
  return {0, 1}; // rounding, exponents, significands
}

// Throughput of a 512-bit division and root of a Zen 4, in cycles.
constexpr double kDivide = 5.5, kRoot = 10, kDivideDouble = 11,
                 kRootDouble = 20;

bool isDouble(Operation *op) {
  return getElementTypeOrSelf(op->getResult(0)).isF64();
}

/// A sign that only sums see becomes part of them.
bool isAbsorbed(arith::NegFOp negation) {
  return llvm::all_of(negation->getUsers(), [](Operation *user) {
    auto call = dyn_cast<LLVM::CallIntrinsicOp>(user);
    return isa<arith::AddFOp, arith::SubFOp, math::FmaOp>(user) ||
           (call && call.getIntrin().contains(".vfmadd."));
  });
}

Cost costOf(Operation &op, Level level) {
  Cost other;
  if (auto store = dyn_cast<vector::StoreOp>(op)) {
    other.store = registersOf(store.getValueToStore().getType(), level);
    return other;
  }
  other.test = isa<scf::IfOp>(op) ? 1 : 0;
  if (op.getNumResults() != 1 || !isa<VectorType>(op.getResult(0).getType()))
    return other;
  Cost one =
      TypeSwitch<Operation *, Cost>(&op)
          .Case([&](arith::MulFOp product) {
            bool isLeftOut =
                product->use_empty() || (level.fuses() && isFused(product));
            return isLeftOut ? Cost() : Cost{1};
          })
          .Case<arith::AddFOp, arith::SubFOp>([&](Operation *sum) {
            arith::MulFOp product = level.fuses() ? productIn(sum) : nullptr;
            return product && isFused(product) ? Cost{1} : Cost{0, 1};
          })
          .Case([&](vector::BroadcastOp op) {
            if (op->use_empty())
              return Cost();
            Cost cost;
            bool isInMemory = op.getSource().getDefiningOp<memref::LoadOp>();
            cost.load = isInMemory ? 0.5 : 0;
            cost.broadcast =
                level.embeds() && isInMemory && op->hasOneUse() ? 0 : 1;
            return cost;
          })
          .Case([](vector::LoadOp) {
            Cost cost;
            cost.load = 1;
            return cost;
          })
          .Case([](arith::CmpFOp compare) {
            return isPartOfMinimum(compare) ? Cost() : Cost{1};
          })
          .Case([](arith::SelectOp select) {
            return isMinimum(select) ? Cost{0, 1} : Cost{0, 0, 0, 1};
          })
          .Case([](arith::CmpIOp) { return Cost{1}; })
          .Case([](math::FmaOp) { return Cost{1}; })
          .Case([](arith::DivFOp op) {
            return Cost{0, 0, 0, 0, 0, isDouble(op) ? kDivideDouble : kDivide};
          })
          .Case([](math::SqrtOp op) {
            return Cost{0, 0, 0, 0, 0, isDouble(op) ? kRootDouble : kRoot};
          })
          .Case<math::RoundEvenOp, math::FloorOp, arith::ShLIOp, arith::ShRUIOp,
                arith::ShRSIOp, arith::SIToFPOp, arith::FPToSIOp>(
              [](Operation *) { return Cost{0, 1}; })
          .Case<arith::AddIOp, arith::SubIOp, arith::MinUIOp, arith::MaxSIOp,
                arith::AndIOp, arith::OrIOp, arith::XOrIOp>(
              [](Operation *) { return Cost{0, 0, 0, 1}; })
          .Case([](arith::NegFOp negation) {
            return isAbsorbed(negation) ? Cost() : Cost{0, 0, 0, 1};
          })
          .Case(
              [](LLVM::CallIntrinsicOp call) { return costOfIntrinsic(call); })
          .Default([](Operation *) { return Cost(); });
  return one * registersOf(op.getResult(0).getType(), level);
}

/// All of a block.
Cost countOf(Block &body, Level level) {
  Cost cost;
  for (Operation &op : body) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      std::optional<APInt> turns = loop.getStaticTripCount();
      cost += countOf(*loop.getBody(), level) *
              (turns ? double(turns->getZExtValue()) : 1.0);
    } else {
      // What a test guards is rare.
      cost += costOf(op, level);
    }
  }
  return cost;
}

/// Cycles of the pipes, and what takes them. A vector of half the width or less
/// takes one pipe, not a pair.
std::pair<double, StringRef> busiest(const Cost &cost, Level level) {
  double both = (cost.multiply + cost.add + cost.shuffle + cost.any) / 2;
  // A store takes both halves of a vector one after the other. There is one
  // pipe for broadcasts, whatever the width.
  std::pair<double, StringRef> pipes[] = {{cost.divider, "divider"},
                                          {cost.multiply, "multiply"},
                                          {cost.add, "add"},
                                          {cost.shuffle, "shuffle"},
                                          {both, "all"},
                                          {cost.load, "load"},
                                          {2 * cost.store, "store"},
                                          {0, "broadcast"}};
  for (auto &[cycles, name] : pipes) {
    bool isMemory = name == "load" || name == "store" || name == "divider";
    if (level.embeds())
      cycles += isMemory ? 0 : cost.broadcast;
    else
      cycles = name == "broadcast" ? cost.broadcast
               : name == "all"     ? cycles / 2 + cost.broadcast / 4
                                   : cycles / 2;
  }
  return *std::max_element(
      std::begin(pipes), std::end(pipes),
      [](const auto &a, const auto &b) { return a.first < b.first; });
}

} // namespace

bool isPartOfSum(Operation *product) {
  auto op = dyn_cast<arith::MulFOp>(product);
  return op && isFused(op);
}

Cost costOf(Block &body) { return countOf(body, levelOf(body)); }

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

// Measured on a Zen 4 at 3.7 GHz, with the formulas of docs/performance.md and
// 1 to 8 columns in flight. Loops take so much longer than their pipes would. A
// turn takes so much in addition, and so does each test and store in it. So
// many instructions wait for operands at a time.
static constexpr double kOverPipes = 1.1, kCyclesPerTurn = 0.75,
                        kCyclesPerTest = 4, kCyclesPerStore = 0.5,
                        kInstructionsWaiting = 280, kMostWaiting = 0.7,
                        kCyclesPerNs = 3.7;
// A value that finds no register: one from outside is loaded again, another is
// stored, too. Before AVX-512, most of the former are constants that must be
// repeated for all rows, and of the latter there are more than these.
struct Spilling {
  double reload, spill;
};
static constexpr Spilling kSpilling = {0.6, 0.75}, kSpillingOfFew = {1, 1.5};

Estimate estimateOf(Block &body, int64_t pairs) {
  Estimate turn;
  Level level = levelOf(body);
  turn.cost = countOf(body, level);
  std::tie(turn.pipes, turn.bound) = busiest(turn.cost, level);
  Chains chains = chainsOf(body);
  turn.registers = level.embeds() ? 32 : 16;
  // Numbers that are repeated for all rows go through two of few.
  Pressure pressure = pressureOf(body, level.embeds() ? 32 : 14);
  turn.live = pressure.live;
  Spilling cycles = level.embeds() ? kSpilling : kSpillingOfFew;
  turn.spills =
      pressure.spills * cycles.spill + pressure.reloads * cycles.reload;
  // Chains in flight together take turns, and so do as many as the core can
  // look ahead.
  double inFlight = double(pairs) / double(lanesOf(body));
  double perChain = turn.cost.instructions() / inFlight;
  double share = std::min(perChain / kInstructionsWaiting, kMostWaiting);
  turn.waiting = chains.longest * share;
  turn.cycles = std::max(std::hypot(turn.pipes * kOverPipes, turn.waiting),
                         chains.carried) +
                kCyclesPerTurn + turn.cost.test * kCyclesPerTest +
                turn.cost.store * kCyclesPerStore + turn.spills;
  return turn;
}

double Estimate::nanoseconds() const { return cycles / kCyclesPerNs; }

} // namespace keops::cpu
