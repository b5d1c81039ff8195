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
#include <limits>

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
  /// A comparison makes a mask in AVX-512, and a vector before.
  Cost comparison() const { return embeds() ? Cost{1} : Cost{0, 1}; }
  Cost selection() const { return embeds() ? Cost{0, 0, 0, 1} : Cost{1}; }
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
            cost.load = !isInMemory ? 0 : level.embeds() ? 0.5 : 1;
            cost.broadcast =
                level.embeds() && isInMemory && op->hasOneUse() ? 0 : 1;
            return cost;
          })
          .Case([](vector::LoadOp) {
            Cost cost;
            cost.load = 1;
            return cost;
          })
          .Case([&](arith::CmpFOp compare) {
            return isPartOfMinimum(compare) ? Cost() : level.comparison();
          })
          .Case([&](arith::SelectOp select) {
            return isMinimum(select) ? Cost{0, 1} : level.selection();
          })
          .Case([&](arith::CmpIOp) { return level.comparison(); })
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
  double multiply = cost.multiply, add = cost.add, shuffle = cost.shuffle;
  double all = (multiply + add + shuffle + cost.any) / 2;
  // There is one pipe for broadcasts to 512 bits, and others wait for it. To
  // 256 bits they are loads, and to 128 shuffles as well.
  if (level.embeds()) {
    for (double *cycles : {&multiply, &add, &shuffle, &all})
      *cycles += cost.broadcast;
  } else if (level.bits == 128) {
    all += cost.broadcast / 2;
  }
  // A store takes both halves of a vector one after the other.
  std::pair<double, StringRef> pipes[] = {
      {cost.divider, "divider"}, {multiply, "multiply"}, {add, "add"},
      {shuffle, "shuffle"},      {all, "all"},           {cost.load, "load"},
      {2 * cost.store, "store"}};
  std::pair<double, StringRef> most = *std::max_element(
      std::begin(pipes), std::end(pipes),
      [](const auto &a, const auto &b) { return a.first < b.first; });
  if (!level.embeds())
    most.first /= 2;
  return most;
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

namespace {
/// How a core runs loops.
struct Core {
  double overPipes;      // they take so much longer than pipes would
  double perInstruction; // cycles to take one in
  double window;         // so many instructions wait for operands at a time
  double mostWaiting;    // of a chain, however many there are
  double atOnce;         // chains that hide each other
  // Cycles for a turn, and for each test and store in it.
  double turn, test, store;
  // Cycles for a value that finds no register: one from outside is loaded
  // again, another is stored, too.
  double reload, spill;
};
} // namespace

// Measured on a Zen 4 at 3.7 GHz: with AVX-512 on the formulas of
// docs/performance.md with 1 to 8 columns in flight, and before on nine of them
// with up to nine pairs of vectors, in one loop and in halves. There the
// compiler of machine code puts chains one after the other for want of
// registers, whatever their number.
static constexpr Core kOf32Registers = {
    1.1,  0, 280, 0.7, std::numeric_limits<double>::infinity(),
    0.75, 4, 0.5, 0.6, 0.75};
static constexpr Core kOf16Registers = {0.95, 0.3, 108, 0.27, 2.15,
                                        0,    0,   0,   0.32, 0.1};
static constexpr double kCyclesPerNs = 3.7;

/// The loops in a body that say what part they have.
static SmallVector<scf::ForOp> partsOf(Block &body) {
  SmallVector<scf::ForOp> parts;
  body.walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
    if (!loop->hasAttr(kPartAttribute))
      return WalkResult::advance();
    parts.push_back(loop);
    return WalkResult::skip();
  });
  return parts;
}

/// How often a loop of a turn is begun, by the loops around it.
static double timesBegun(scf::ForOp part, Block &body) {
  double times = 1;
  for (Operation *op = part->getParentOp(); op != body.getParentOp();
       op = op->getParentOp())
    if (auto loop = dyn_cast<scf::ForOp>(op))
      if (std::optional<APInt> turns = loop.getStaticTripCount())
        times *= double(turns->getZExtValue());
  return times;
}

static Estimate estimateOfParts(ArrayRef<scf::ForOp> parts, Block &body) {
  Estimate turn;
  Level level = levelOf(body);
  turn.registers = level.embeds() ? 32 : 16;
  for (scf::ForOp part : parts) {
    auto numbers = part->getAttrOfType<DenseI64ArrayAttr>(kPartAttribute);
    Estimate one = estimateOf(*part.getBody(), numbers[1]);
    double times = timesBegun(part, body) * double(numbers[0]);
    turn.cost += one.cost * times;
    turn.waiting += one.waiting * times;
    turn.spills += one.spills * times;
    turn.cycles += one.cycles * times;
    turn.live = std::max(turn.live, one.live);
  }
  std::tie(turn.pipes, turn.bound) = busiest(turn.cost, level);
  return turn;
}

Estimate estimateOf(Block &body, int64_t pairs) {
  if (SmallVector<scf::ForOp> parts = partsOf(body); !parts.empty())
    return estimateOfParts(parts, body);
  Estimate turn;
  Level level = levelOf(body);
  const Core &core = level.embeds() ? kOf32Registers : kOf16Registers;
  turn.cost = countOf(body, level);
  std::tie(turn.pipes, turn.bound) = busiest(turn.cost, level);
  Chains chains = chainsOf(body);
  turn.registers = level.embeds() ? 32 : 16;
  // Numbers that are repeated for all rows go through two of few.
  Pressure pressure = pressureOf(body, level.embeds() ? 32 : 14);
  turn.live = pressure.live;
  turn.spills = pressure.spills * core.spill + pressure.reloads * core.reload;
  // Chains in flight together take turns, and so do as many as the core can
  // look ahead.
  double inFlight = double(pairs) / double(lanesOf(body));
  double perChain = turn.cost.instructions() / inFlight;
  double share = std::min(perChain / core.window, core.mostWaiting);
  turn.waiting =
      chains.longest * share * inFlight / std::min(inFlight, core.atOnce);
  double working = std::max(turn.pipes * core.overPipes,
                            turn.cost.instructions() * core.perInstruction);
  turn.cycles = std::max(std::hypot(working, turn.waiting), chains.carried) +
                core.turn + turn.cost.test * core.test +
                turn.cost.store * core.store + turn.spills;
  return turn;
}

double Estimate::nanoseconds() const { return cycles / kCyclesPerNs; }

int64_t pairsOf(scf::ForOp loop) {
  for (StringRef name : {kPairsAttribute, kAheadAttribute})
    if (auto pairs = loop->getAttrOfType<IntegerAttr>(name))
      return pairs.getInt();
  return 0;
}

double pairNsOf(scf::ForOp loop) {
  int64_t pairs = pairsOf(loop);
  return estimateOf(*loop.getBody(), pairs).nanoseconds() / double(pairs);
}

} // namespace keops::cpu
