//===- InFlight.cpp - how many rows and columns are in flight -------------===//

#include "compiler/Conversion/CPU/InFlight.h"
#include "compiler/Conversion/CPU/Functions.h"

using namespace mlir;

namespace keops::cpu {

// A larger candidate must be better by so much: it is more code to compile.
static constexpr double kWorthIt = 1.002;
// Columns for which the first half of a loop runs before the second: what it
// stores of them is in the L1 cache when it is loaded.
static constexpr int64_t kAhead = 64;
// Loops in halves take less than they are expected to, where it is close: a
// Cauchy kernel with SSE 0.339 instead of 0.355 ns per pair, a log-sum-exp 1.37
// instead of 1.42.
static constexpr double kOfHalves = 0.95;
// Operations on vectors in a loop: what takes more by itself gains nothing from
// being there several times.
static constexpr int64_t kMostCode = 1024;

HotLoops hotLoopsOf(Operation *function) {
  HotLoops loops;
  function->walk([&](scf::ForOp loop) {
    if (SecondPass::of(loop))
      loops.again = loop;
    if (loop->hasAttr(kAheadAttribute))
      loops.ahead = loop;
    if (!loop->hasAttr(kPairsAttribute))
      return;
    int64_t pairs = pairsOf(loop);
    if (!loops.pairs || pairs > pairsOf(loops.pairs))
      loops.pairs = loop;
    if (!loops.leftOver || pairs < pairsOf(loops.leftOver))
      loops.leftOver = loop;
  });
  return loops;
}

static int64_t codeOf(scf::ForOp loop) {
  int64_t code = 0;
  loop.walk([&](Operation *op) {
    code += op->getNumResults() == 1 &&
            !op->hasTrait<OpTrait::ConstantLike>() &&
            isa<VectorType>(op->getResult(0).getType());
  });
  return code;
}

double pairNsOf(const HotLoops &loops) {
  double ns = 0;
  for (scf::ForOp loop : {loops.pairs, loops.ahead})
    ns += loop ? pairNsOf(loop) : 0;
  if (loops.again)
    ns += SecondPass::of(loops.again)
              ->nanosecondsOf(loops.again, kTypicalColumns);
  return ns;
}

/// What the loops of a schedule should take, and what if they are cut in halves
/// where they can be.
static SmallVector<InFlight> estimate(tile::KernelOp kernel,
                                      tile::ScheduleAttr schedule, bool mayCut,
                                      bool precise) {
  InFlight whole;
  whole.groups = schedule.getRowsPerLane();
  whole.columns = schedule.getUnroll();
  OwningOpRef<ModuleOp> sample = ModuleOp::create(kernel.getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(sample->getBody());
  KernelEmitter emitter(kernel, schedule, builder, precise);
  func::FuncOp function = emitter.emitSample();
  HotLoops loops = function ? hotLoopsOf(function) : HotLoops();
  if (!loops.pairs)
    return {whole};
  // Columns that are left over at the end of a block go one by one.
  double share = double(schedule.getCols() % schedule.getUnroll()) /
                 double(schedule.getCols());
  double leftOver = share ? share * pairNsOf(loops.leftOver) : 0;
  whole.code = codeOf(loops.pairs);
  whole.pairs = pairsOf(loops.pairs);
  whole.turn = estimateOf(*loops.pairs.getBody(), whole.pairs);
  double turnNs = whole.turn.nanoseconds() / double(whole.pairs);
  whole.pairNs = leftOver + (1 - share) * turnNs;
  std::optional<Halves> halves;
  if (mayCut)
    halves = emitter.cutInHalves(loops.pairs, kAhead);
  if (!halves)
    return {whole};
  InFlight cut = whole;
  cut.ahead = kAhead;
  cut.turn = estimateOf(*halves->second.getBody(), whole.pairs);
  turnNs = cut.turn.nanoseconds() / double(whole.pairs);
  cut.pairNs = leftOver + (1 - share) * (turnNs + pairNsOf(halves->first));
  return {whole, cut};
}

/// Registers are few: loads are instructions, and rows that share them save
/// some; a loop in two halves takes fewer at a time.
static bool hasFewRegisters(tile::Isa isa) { return isa != tile::Isa::V4; }

/// What to try: R and U, the smallest first, and last what is taken where it is
/// clearly better.
static SmallVector<std::pair<int64_t, int64_t>> shapesFor(const Demand &demand,
                                                          tile::Isa isa) {
  if (demand.isRanked)
    return {{1, 1}, {1, 8}};
  // One group test serves all columns in flight, but each has its insertion,
  // which is behind the test and not counted.
  if (demand.ranks)
    return {{1, std::clamp<int64_t>(48 / demand.ranks, 1, 4)}};
  if (hasFewRegisters(isa))
    return {{1, 1}, {1, 2}, {2, 1}, {1, 4}, {2, 2},
            {3, 2}, {2, 3}, {4, 2}, {2, 4}};
  return {{1, 1}, {1, 2}, {2, 1}, {1, 3}, {1, 4},
          {2, 2}, {1, 6}, {2, 3}, {1, 8}, {2, 4}};
}

/// Does a turn take longer for a pair than one with fewer of the same rows?
/// More columns would need still more registers.
static bool isPastBest(const InFlight &one, ArrayRef<InFlight> smaller) {
  auto turnNs = [](const InFlight &any) {
    return any.turn.nanoseconds() / double(any.pairs);
  };
  return one.pairs && llvm::any_of(smaller, [&](const InFlight &other) {
           return other.groups == one.groups && other.pairs &&
                  turnNs(other) * kWorthIt < turnNs(one);
         });
}

/// Do more rows share what more columns would not?
static bool rowsShare(const InFlight &rows, const InFlight &columns) {
  auto isLess = [&](double ofRows, double ofColumns) {
    return ofRows / double(rows.pairs) < ofColumns / double(columns.pairs);
  };
  return isLess(rows.turn.pipes, columns.turn.pipes) ||
         isLess(rows.turn.cost.broadcast, columns.turn.cost.broadcast);
}

/// One and two columns show how much code each takes, beside what is there
/// once. Where two were not tried, all of it may be there for each.
static int64_t expectedCode(ArrayRef<InFlight> tried, int64_t inFlight) {
  if (tried.empty())
    return 0;
  int64_t one = tried[0].code;
  int64_t perColumn = tried.size() > 1 ? tried[1].code - one : one;
  return one + (inFlight - 1) * perColumn;
}

Candidates chooseInFlight(tile::KernelOp kernel, tile::ScheduleAttr schedule,
                          const Demand &demand, bool precise) {
  Candidates candidates;
  SmallVector<InFlight> &all = candidates.all;
  bool hasFew = hasFewRegisters(schedule.getIsa());
  std::optional<bool> rowsPay;       // not known before two were looked at
  llvm::SmallDenseSet<int64_t> done; // row vectors
  for (auto [groups, columns] : shapesFor(demand, schedule.getIsa())) {
    if ((groups > 1 && !rowsPay.value_or(true)) || done.contains(groups))
      continue;
    // Where rows pay, few registers leave no room for many columns of one.
    if (hasFew && groups == 1 && columns > 2 && rowsPay.value_or(false))
      continue;
    int64_t inFlight = groups * columns;
    if (inFlight > 2 && expectedCode(all, inFlight) > kMostCode)
      break;
    auto one = tile::ScheduleAttr::get(
        kernel.getContext(), schedule.getIsa(), schedule.getRows(),
        schedule.getCols(), schedule.getLanes(), groups, columns, /*ahead=*/0,
        /*tensor=*/false);
    bool mayCut = hasFew && inFlight >= 4 && !demand.ranks && !demand.isRanked;
    all.append(estimate(kernel, one, mayCut, precise));
    if (!demand.isRanked && !hasFew &&
        isPastBest(all.back(), ArrayRef(all).drop_back()))
      done.insert(groups);
    // More rows pay if pipes have less to do for them than for more columns.
    if (groups == 2 && columns == 1)
      rowsPay = rowsShare(all[2], all[1]);
  }
  // Of a group of columns all but the best is forgotten at once, so that many
  // in flight take fewer registers than it seems.
  if (demand.isRanked) {
    candidates.best = candidates.all.size() - 1;
    return candidates;
  }
  auto judge = [](const InFlight &one) {
    return one.ahead ? kOfHalves * one.pairNs : one.pairNs;
  };
  double least = std::numeric_limits<double>::infinity();
  for (const InFlight &one : candidates.all)
    least = std::min(least, judge(one));
  auto isGood = [&](const InFlight &one) {
    return judge(one) <= kWorthIt * least;
  };
  candidates.best =
      llvm::find_if(candidates.all, isGood) - candidates.all.begin();
  return candidates;
}

} // namespace keops::cpu
