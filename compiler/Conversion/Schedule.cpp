//===- Schedule.cpp - how a kernel runs on an instruction set -------------===//
//
// The numbers were measured with Gaussians of dimension 3 to 1000 and their
// gradients, log-sum-exps and nearest neighbors, on one AVX-512 core: of a Zen
// 4, the columns in flight of contractions of a Zen 5, and what is said of long
// vectors of a Sapphire Rapids.
//
// - One row vector and about three columns in flight keep the pipes busy; more
//   row vectors make LLVM keep broadcast columns in registers and lose 14 %.
// - The sum in a contraction is one chain: it wants more columns in flight.
//   Values with many components that stay alive want fewer.
// - Loops over components want eight columns: as many chains in contractions,
//   and as many terms for each accumulator that is loaded and stored. Blocks of
//   columns, at least 16, are then multiples of it (six: 10.6 instead of 5.4 ns
//   per pair at D = 256).
// - A row tile of 960 rows makes staging cost under 1 % of the sweep. Long rows
//   get smaller tiles, whose staged rows stay within 512 KiB of L2 (256 KiB: 30
//   instead of 21 ns per pair at D = 1000).
// - A block of columns fits the L1 cache beside the registers it feeds. Where
//   columns are looked for, it may come from L2: its bound is then that of many
//   columns, and few are looked at again (N = 10^4, K = 10: 0.141 instead of
//   0.215 ns per pair with blocks of 1696 columns; D = 10: 0.288 instead of
//   0.310 with half the bytes, N = 10^5: 0.087 instead of 0.091).
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Schedule.h"
#include "compiler/Conversion/CPU/Isa.h"
#include "compiler/Conversion/KernelParts.h"
#include "compiler/Conversion/LaneProgram.h"
#include "compiler/Conversion/Passes.h"

namespace keops {
#define GEN_PASS_DEF_TILESCHEDULE
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

constexpr int64_t kMaxRows = 960, kRowTileBytes = 512 << 10;
constexpr int64_t kMaxCols = 512, kStageBytes = 20 << 10;
constexpr int64_t kMaxRankedCols = 65536, kRankedStageBytes = 512 << 10;

int64_t roundDown(int64_t value, int64_t multiple) {
  return std::max(value / multiple, int64_t{1}) * multiple;
}

/// What the size of a kernel's working set depends on.
struct Demand {
  unsigned bits = 32;
  int64_t staged = 0;     // numbers per column
  int64_t rowNumbers = 0; // numbers per row: row values and accumulator
  int64_t pairOps = 0;    // component operations per pair
  int64_t widest = 1;     // components of a pair value that stay alive
  int64_t ranks = 0;      // K of a K-least reduction
  bool loops = false;     // over components
  bool isRanked = false;  // does it look for columns, in two passes?
};

/// Counts the operations of a do region. Ops in loops over components count
/// once for each component that a turn of the loop takes.
void countPairOps(Block &body, Demand &demand) {
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

/// How many numbers of the working precision a running sum takes.
int64_t numbersInSum(ReductionAttrInterface reduction) {
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
    demand.ranks = sweep.getReduction().getRanks();
    std::optional<Ranking> ranking = sweep.getReduction().getRanking();
    demand.isRanked = ranking && ranking->count <= kMostUnrolled &&
                      sweep.getDims().front() == 1;
  });
  demand.rowNumbers += 2 * demand.ranks;
  return demand;
}

/// Columns in flight for the formula alone.
int64_t columnsInFlight(const Demand &demand) {
  // Accumulators are in memory, and one component at a time in registers.
  if (demand.loops && demand.widest <= 8)
    return 8;
  if (demand.widest > 8)
    return demand.widest > 32 ? 1 : 2;
  if (demand.pairOps <= 64)
    return 3;
  return demand.pairOps <= 256 ? 6 : demand.pairOps <= 512 ? 4 : 2;
}

int64_t unrollOf(const Demand &demand) {
  int64_t columns = columnsInFlight(demand);
  if (demand.isRanked)
    return columns == 3 ? 8 : columns;
  if (!demand.ranks)
    return columns;
  // One group test serves all columns in flight, but each has its insertion.
  return std::min(std::max(columns, int64_t{4}),
                  std::max(48 / demand.ranks, int64_t{1}));
}

tile::ScheduleAttr choose(tile::KernelOp kernel, tile::Isa isa) {
  Demand demand = demandOf(kernel);
  auto level = static_cast<cpu::Isa>(static_cast<int>(isa) - 1);
  int64_t lanes = cpu::naturalWidth(level, demand.bits);
  int64_t bytes = demand.bits / 8, rowsPerLane = 1;
  int64_t rows =
      std::min(kMaxRows, kRowTileBytes /
                             (bytes * std::max(demand.rowNumbers, int64_t{1})));
  int64_t staged = bytes * std::max(demand.staged, int64_t{1});
  int64_t cols = demand.isRanked
                     ? std::min(kMaxRankedCols, kRankedStageBytes / staged)
                     : std::min(kMaxCols, kStageBytes / staged);
  int64_t unroll = unrollOf(demand);
  return tile::ScheduleAttr::get(
      kernel.getContext(), isa, roundDown(rows, lanes * rowsPerLane),
      roundDown(cols, lanes), lanes, rowsPerLane, unroll);
}

struct TileSchedule : keops::impl::TileScheduleBase<TileSchedule> {
  using TileScheduleBase::TileScheduleBase;

  void runOnOperation() override {
    SmallVector<tile::Isa> wanted;
    for (const std::string &name : isas) {
      std::optional<tile::Isa> isa = tile::symbolizeIsa(name);
      if (!isa) {
        getOperation().emitError("unknown instruction set '") << name << "'";
        return signalPassFailure();
      }
      wanted.push_back(*isa);
    }
    if (wanted.empty())
      wanted = {tile::Isa::V4, tile::Isa::V3, tile::Isa::V2};
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      if (kernel.getSchedules())
        continue; // chosen by hand
      // What would be too much code is not even emitted. An operation is there
      // for some columns in flight, and for a single one.
      if (int64_t size = 5 * demandOf(kernel).pairOps; size > maxUnrolled) {
        kernel.emitError("the limit of ")
            << maxUnrolled.getValue()
            << " on unrolled operations is exceeded: the code takes about "
            << size << "; raise it with --max-unrolled";
        return signalPassFailure();
      }
      SmallVector<Attribute> schedules;
      for (tile::Isa isa : wanted)
        schedules.push_back(isa == tile::Isa::Gpu
                                ? device::chooseSchedule(kernel, precise)
                                : choose(kernel, isa));
      kernel.setSchedulesAttr(ArrayAttr::get(&getContext(), schedules));
    }
  }
};

} // namespace
