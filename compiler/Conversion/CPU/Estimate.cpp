//===- Estimate.cpp - how long a pair takes on a CPU ----------------------===//
//
// The coefficients are for a Zen 4. Pipes that have work for so many cycles,
// chains that wait, values that find no register: see Cost.cpp, Chains.cpp and
// Pressure.cpp for each of them.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace keops::cpu {

static bool isFloatVector(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector && isa<FloatType>(vector.getElementType());
}

/// Rows in a vector.
static int64_t lanesOf(Block &body) {
  int64_t lanes = 1;
  body.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (isFloatVector(type))
        lanes = std::max(lanes, cast<VectorType>(type).getNumElements());
  });
  return lanes;
}

/// Cycles of the pipes, and what takes them. A vector of half the width or less
/// takes one pipe, not a pair.
static std::pair<double, StringRef> busiest(const Cost &cost, Level level) {
  double multiply = cost.multiply, add = cost.add, shuffle = cost.shuffle;
  double all = (multiply + add + shuffle + cost.any) / 2;
  // There is one pipe for broadcasts to 512 bits, and others wait for it. To
  // 256 bits they are loads, and to 128 shuffles as well.
  // Multipliers wait for a third of a division.
  if (level.embeds()) {
    for (double *cycles : {&add, &shuffle, &all})
      *cycles += cost.broadcast;
    multiply += std::max(cost.broadcast, cost.divider / 3);
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
  // again, another is stored, too. Of a vector of pairs, a few of these find
  // one in another order; each of the others takes so long, of 256 bits.
  double reload, spill, few, spillOfMany;
};
} // namespace

// Measured on a Zen 4 at 3.7 GHz, on the formulas of docs/performance.md: with
// AVX-512 with 1 to 8 columns in flight; with AVX2 with up to eight pairs of
// vectors, in one loop and in halves; with SSE on nine of them. Before AVX-512,
// the compiler of machine code puts chains one after the other for want of
// registers, whatever their number.
static constexpr double kInfinite = std::numeric_limits<double>::infinity();
static constexpr Core kAvx512 = {1.1, 0,   280, 0.7,  kInfinite, 0.75,
                                 4,   0.5, 0.6, 0.75, kInfinite, 0};
static constexpr Core kAvx2 = {1.2, 0.3, 155,  0.18, 1.35, 0,
                               0,   0,   0.15, 0.03, 2,    1.8};
static constexpr Core kSse = {0.95, 0.3, 108,  0.27, 2.15, 0,
                              0,    0,   0.32, 0.1,  3,    0.9};

static const Core &coreOf(Level level) {
  return level.embeds() ? kAvx512 : level.fuses() ? kAvx2 : kSse;
}

static constexpr double kCyclesPerNs = 3.7;

/// Of a body but for the loops in it.
static Estimate estimateOfStraight(Block &body, int64_t pairs) {
  Estimate turn;
  Level level = levelOf(body);
  const Core &core = coreOf(level);
  turn.cost = costOf(body);
  double pipes = busiest(turn.cost, level).first;
  Chains chains = chainsOf(body);
  turn.registers = level.embeds() ? 32 : 16;
  // Numbers that are repeated for all rows go through two of few.
  Pressure pressure = pressureOf(body, level.embeds() ? 32 : 14);
  turn.live = pressure.live;
  double inFlight = double(pairs) / double(lanesOf(body));
  double many = std::max(pressure.spills - core.few * inFlight, 0.0);
  turn.spills = (pressure.spills - many) * core.spill +
                many * core.spillOfMany * double(level.bits) / 256 +
                pressure.reloads * core.reload;
  // Chains in flight together take turns, and so do as many as the core can
  // look ahead.
  double instructions = turn.cost.instructions();
  // A load to 128 bits that repeats a number takes a shuffle, too.
  if (level.bits == 128)
    instructions += turn.cost.broadcast;
  double perChain = instructions / inFlight;
  double share = std::min(perChain / core.window, core.mostWaiting);
  turn.waiting =
      chains.longest * share * inFlight / std::min(inFlight, core.atOnce);
  double working =
      std::max(pipes * core.overPipes, instructions * core.perInstruction);
  turn.cycles = std::max(std::hypot(working, turn.waiting), chains.carried) +
                core.turn + turn.cost.test * core.test +
                turn.cost.store * core.store + turn.spills;
  return turn;
}

void Estimate::add(const Estimate &inside, double times) {
  cost += inside.cost * times;
  waiting += inside.waiting * times;
  spills += inside.spills * times;
  cycles += inside.cycles * times;
  live = std::max(live, inside.live);
}

/// Turns that a loop in a loop over pairs takes, and how many pairs are in
/// flight in one, if there are so many around it.
static std::pair<double, int64_t> turnsOf(scf::ForOp loop, int64_t pairs) {
  if (auto part = loop->getAttrOfType<DenseI64ArrayAttr>(kPartAttribute))
    return {double(part[0]), part[1]};
  std::optional<APInt> turns = loop.getStaticTripCount();
  return {turns ? double(turns->getZExtValue()) : 1.0, pairs};
}

Estimate estimateOf(Block &body, int64_t pairs) {
  Estimate turn = estimateOfStraight(body, pairs);
  for (auto loop : body.getOps<scf::ForOp>()) {
    auto [turns, inFlight] = turnsOf(loop, pairs);
    turn.add(estimateOf(*loop.getBody(), inFlight), turns);
  }
  std::tie(turn.pipes, turn.bound) = busiest(turn.cost, levelOf(body));
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
