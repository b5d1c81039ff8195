//===- Schedule.cpp - how a kernel runs on an instruction set -------------===//
//
// The numbers were measured with Gaussians of dimension 3 to 1000 and their
// gradients, log-sum-exps and nearest neighbors, on one AVX-512 core: of a Zen
// 4, the columns in flight of contractions of a Zen 5, and what is said of long
// vectors of a Sapphire Rapids. How many rows and columns are in flight
// together is chosen by what their loops should take, see CPU/InFlight.h.
//
// - A row tile of 960 rows makes staging cost under 1 % of the sweep. Long rows
//   get smaller tiles, whose staged rows stay within 512 KiB of L2 (256 KiB: 30
//   instead of 21 ns per pair at D = 1000).
// - A block of columns fits the L1 cache beside the registers it feeds. Where
//   columns are looked for, it may come from L2: its bound is then that of many
//   columns, and few are looked at again (N = 10^4, K = 10: 0.141 instead of
//   0.215 ns per pair with blocks of 1696 columns; D = 10: 0.288 instead of
//   0.310 with half the bytes, N = 10^5: 0.087 instead of 0.091). So may what
//   long sums read of it, tile by tile (CPU/SweepWide.cpp).
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Schedule.h"
#include "compiler/Conversion/CPU/InFlight.h"
#include "compiler/Conversion/CPU/Isa.h"
#include "compiler/Conversion/Demand.h"
#include "compiler/Conversion/LaneProgram.h"
#include "compiler/Conversion/Passes.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace keops {
#define GEN_PASS_DEF_TILESCHEDULE
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

constexpr int64_t kMaxRows = 960, kRowTileBytes = 512 << 10;
// A multiple of most numbers of columns in flight: few are left over.
constexpr int64_t kMaxCols = 480, kStageBytes = 20 << 10;
constexpr int64_t kWideStageBytes = 256 << 10;
constexpr int64_t kMaxRankedCols = 65536, kRankedStageBytes = 512 << 10;

int64_t roundDown(int64_t value, int64_t multiple) {
  return std::max(value / multiple, int64_t{1}) * multiple;
}

tile::ScheduleAttr choose(tile::KernelOp kernel, tile::Isa isa, bool precise) {
  Demand demand = demandOf(kernel);
  auto level = static_cast<cpu::Isa>(static_cast<int>(isa) - 1);
  int64_t lanes = cpu::naturalWidth(level, demand.bits);
  int64_t bytes = demand.bits / 8;
  int64_t rows =
      std::min(kMaxRows, kRowTileBytes /
                             (bytes * std::max(demand.rowNumbers, int64_t{1})));
  int64_t staged = bytes * std::max(demand.staged, int64_t{1});
  bool isWide = demand.isWide && cpu::keepsTiles(level);
  int64_t cols =
      demand.isRanked
          ? std::min(kMaxRankedCols, kRankedStageBytes / staged)
          : std::min(kMaxCols,
                     (isWide ? kWideStageBytes : kStageBytes) / staged);
  auto withInFlight = [&](int64_t groups, int64_t unroll, int64_t ahead) {
    return tile::ScheduleAttr::get(
        kernel.getContext(), isa, roundDown(rows, lanes * groups),
        roundDown(cols, lanes), lanes, groups, unroll, ahead,
        /*tensor=*/false);
  };
  cpu::InFlight best =
      cpu::chooseInFlight(kernel, withInFlight(1, 1, 0), demand, precise)
          .chosen();
  return withInFlight(best.groups, best.columns, best.ahead);
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
        schedules.push_back(
            isa == tile::Isa::Gpu
                ? device::chooseSchedule(kernel, precise, tensor)
                : choose(kernel, isa, precise));
      kernel.setSchedulesAttr(ArrayAttr::get(&getContext(), schedules));
    }
  }
};

} // namespace
