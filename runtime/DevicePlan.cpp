//===- DevicePlan.cpp - how a device cuts the work of a step --------------===//
//
// A block of sweep takes a tile of rows and a chunk of columns. Where tiles
// alone do not fill the device, columns are cut. None of these numbers has been
// measured on a device yet; they follow from how many cycles a block takes and
// how many blocks run at once.
//
//===----------------------------------------------------------------------===//

#include "runtime/DevicePlan.h"

#include <algorithm>

using namespace keops::rt;

/// Fewer columns do not pay for the start of a block and for its states.
constexpr int64_t minChunkCols = 128;

/// One thread of finish combines the states of all chunks of a row: more of
/// them take longer than they save.
constexpr int64_t mostChunks = 256;

/// With so many rounds of blocks it does not matter that the last is not full.
constexpr int64_t manyRounds = 8;

/// Part of the device that is busy, over all rounds, beyond which a cut into
/// more chunks does not pay.
constexpr double fullEnough = 0.9;

constexpr int64_t maxBlocks = (int64_t(1) << 31) - 1; // of a grid along x

/// How much of the device works, on average over the rounds that these blocks
/// take.
static double fullness(int64_t blocks, int64_t slots) {
  return double(blocks) / double(divideUp(blocks, slots) * slots);
}

static int64_t wantedChunks(int64_t tiles, int64_t cols, int64_t slots) {
  if (tiles >= manyRounds * slots)
    return 1;
  int64_t most =
      std::min(std::max<int64_t>(1, divideUp(cols, minChunkCols)), mostChunks);
  int64_t best = 1;
  for (int64_t chunks = 1; chunks <= most; ++chunks) {
    if (fullness(tiles * chunks, slots) > fullness(tiles * best, slots))
      best = chunks;
    if (fullness(tiles * best, slots) >= fullEnough)
      break;
  }
  return best;
}

/// The states of one tile of rows have to fit.
static int64_t fittingChunks(const keops_device_step &step) {
  int64_t bytes = std::max<int64_t>(step.state_bytes, 1);
  return std::max<int64_t>(1, mostStateBytes / bytes / step.tile_rows);
}

/// `tiles` are those of all elements.
static void cutCols(DevicePlan &plan, const keops_device_step &step,
                    int64_t tiles, int64_t slots) {
  int64_t quantum = std::min(step.col_quantum, maxChunkCols);
  int64_t largest = maxChunkCols - maxChunkCols % quantum;
  int64_t chunks = wantedChunks(tiles, plan.cols, std::max<int64_t>(slots, 1));
  chunks = std::min(chunks, fittingChunks(step));
  int64_t each = divideUp(std::max<int64_t>(plan.cols, 1), chunks);
  plan.chunkCols = std::min(divideUp(each, quantum) * quantum, largest);
  plan.chunks = std::max<int64_t>(1, divideUp(plan.cols, plan.chunkCols));
}

static void cutRows(DevicePlan &plan, const keops_device_step &step) {
  int64_t rowBytes, tiles = maxBlocks;
  if (__builtin_mul_overflow(plan.chunks, step.state_bytes, &rowBytes))
    rowBytes = INT64_MAX;
  if (rowBytes > 0)
    tiles = std::min(tiles, std::max<int64_t>(1, mostStateBytes / rowBytes /
                                                     step.tile_rows));
  // A grid of finish has a limit too.
  int64_t most =
      std::min(tiles * step.tile_rows, maxBlocks * step.finish_threads);
  most = std::max(most - most % step.tile_rows, step.tile_rows);
  plan.bandRows = std::min(plan.rows, most);
  if (__builtin_mul_overflow(rowBytes, plan.bandRows, &plan.stateBytes))
    plan.stateBytes = -1;
}

DevicePlan keops::rt::planStep(const keops_device_step &step, int64_t rows,
                               int64_t cols, int64_t slots, int64_t elements) {
  DevicePlan plan;
  plan.rows = step.finish ? rows : 0;
  plan.cols = step.sweep ? cols : 0;
  if (plan.rows == 0)
    return plan;
  plan.bandRows = std::min(plan.rows, maxBlocks * step.finish_threads);
  if (step.sweep) {
    // Beyond these there are enough of either.
    int64_t tiles = std::min(divideUp(plan.rows, step.tile_rows), maxBlocks) *
                    std::min(elements, maxBlocks);
    cutCols(plan, step, tiles, slots);
    cutRows(plan, step);
  }
  int64_t full = plan.rows / plan.bandRows;
  plan.partials = full * divideUp(plan.bandRows, step.finish_threads) +
                  divideUp(plan.rows % plan.bandRows, step.finish_threads);
  if (__builtin_mul_overflow(plan.partials, step.partial_bytes,
                             &plan.partialBytes))
    plan.partialBytes = -1;
  return plan;
}

DeviceBand keops::rt::bandFrom(const DevicePlan &plan,
                               const keops_device_step &step,
                               int64_t rowBegin) {
  DeviceBand band = {};
  band.rowBegin = rowBegin;
  band.rowEnd = std::min(plan.rows, rowBegin + plan.bandRows);
  int64_t rows = band.rowEnd - rowBegin;
  if (step.sweep)
    band.sweepBlocks = divideUp(rows, step.tile_rows);
  band.chunks = plan.chunks;
  band.finishBlocks = divideUp(rows, step.finish_threads);
  band.states = plan.chunks * rows;
  return band;
}

CutLimits keops::rt::limitsOf(const keops_device_step &step) {
  // A block takes as long for some of its rows as for all.
  return {/*maxRows=*/step.tile_rows,
          /*rowQuantum=*/step.tile_rows,
          /*minTileRows=*/step.tile_rows,
          /*costRows=*/step.tile_rows,
          std::min(step.col_quantum, maxChunkCols),
          minChunkCols,
          std::min(mostChunks, fittingChunks(step))};
}

int64_t keops::rt::deviceTasks(int64_t slots, int64_t elements) {
  return divideUp(manyRounds * std::max<int64_t>(slots, 1), elements);
}
