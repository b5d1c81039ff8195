//===- RangesCutter.h - tiles and chunks of some pairs ----------*- C++ -*-===//
//
// Cuts blocks of rows into tiles and their columns into chunks, and tells a
// sink, which counts them or writes them down:
//
//   sink.tile(begin, end)   the next tile; tiles come in ascending order and
//                           cover all rows, those in no block as well
//   sink.chunk()            of the tile: its next chunk; at least one
//   sink.span(begin, end)   of the chunk: its next columns
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_RANGESCUTTER_H
#define KEOPS_RUNTIME_RANGESCUTTER_H

#include "runtime/Cut.h"
#include "runtime/Ranges.h"

#include <algorithm>

namespace keops::rt {

/// What tiles and chunks may be.
struct CutLimits {
  int64_t maxRows;      // of a tile
  int64_t rowQuantum;   // tiles are best a multiple of this
  int64_t minTileRows;  // not made smaller for want of tasks
  int64_t costRows;     // a tile takes as long as the next multiple of this
  int64_t colQuantum;   // chunks are best a multiple of this
  int64_t minChunkCols; // not made smaller for want of tasks
  int64_t mostChunks;   // of a tile; more only where a chunk would outgrow
                        // the column numbers
};

/// A sink that counts. Who joins spans that are neighbors has fewer.
class CutCounter {
public:
  int64_t tiles = 0, chunks = 0, spans = 0;
  void tile(int64_t, int64_t) { ++tiles; }
  void chunk() { ++chunks; }
  void span(int64_t, int64_t) { ++spans; }
};

class RangesCutter {
public:
  /// `order` are the blocks in ascending order of their rows.
  RangesCutter(const RangesView &ranges, const int64_t *order, int64_t rows,
               const CutLimits &limits)
      : ranges(ranges), order(order), rows(rows), limits(limits) {}

  /// Sizes of tiles and chunks, from what there is to do.
  void measure(int64_t wantedTasks);
  /// How many pairs there are. Rows without columns count once.
  double pairs() const { return allPairs; }
  template <typename Sink> void cut(Sink &sink) const;

private:
  /// Calls visit(begin, end, block) for all rows in ascending order, with block
  /// -1 for rows in none.
  template <typename Visit> void forBlocks(Visit visit) const;
  int64_t colsOf(int64_t block) const;
  int64_t largestChunk() const {
    return maxChunkCols - maxChunkCols % limits.colQuantum;
  }
  template <typename Sink>
  void cutCols(Sink &sink, int64_t block, int64_t tileRows) const;

  const RangesView &ranges;
  const int64_t *order;
  const int64_t rows;
  const CutLimits limits;
  int64_t tileRows = 1;
  double allPairs = 0;
  double costPerTask = 0; // in pairs
};

template <typename Visit> void RangesCutter::forBlocks(Visit visit) const {
  int64_t done = 0;
  for (int64_t n = 0; n < ranges.blocks; ++n) {
    int64_t begin = ranges.rowBegin(order[n]), end = ranges.rowEnd(order[n]);
    if (begin == end)
      continue;
    if (begin > done)
      visit(done, begin, -1);
    visit(begin, end, order[n]);
    done = end;
  }
  if (rows > done)
    visit(done, rows, -1);
}

inline int64_t RangesCutter::colsOf(int64_t block) const {
  int64_t cols = 0;
  if (block >= 0)
    for (int64_t k = ranges.firstInterval(block); k < ranges.endInterval(block);
         ++k)
      cols += ranges.cols[2 * k + 1] - ranges.cols[2 * k];
  return cols;
}

inline void RangesCutter::measure(int64_t wantedTasks) {
  int64_t tiles = 0;
  double cost = 0;
  forBlocks([&](int64_t begin, int64_t end, int64_t block) {
    tiles += divideUp(end - begin, limits.maxRows);
    double cols = double(std::max<int64_t>(colsOf(block), 1));
    allPairs += double(end - begin) * cols;
    cost += double(roundUp(end - begin, limits.costRows)) * cols;
  });
  tileRows = limits.maxRows;
  if (tiles < wantedTasks)
    tileRows = std::min(tileRows, std::max(limits.minTileRows,
                                           roundUp(divideUp(rows, wantedTasks),
                                                   limits.rowQuantum)));
  costPerTask = cost / double(wantedTasks);
}

template <typename Sink>
void RangesCutter::cutCols(Sink &sink, int64_t block, int64_t rowCount) const {
  sink.chunk();
  if (block < 0)
    return;
  double fair = costPerTask / double(roundUp(rowCount, limits.costRows));
  int64_t most = limits.minChunkCols;
  if (fair > double(most))
    most = fair < double(maxChunkCols) ? int64_t(fair) : maxChunkCols;
  most = std::max(most, divideUp(colsOf(block), limits.mostChunks));
  most = std::min(roundUp(most, limits.colQuantum), largestChunk());
  int64_t used = 0, low = 0, high = 0; // of the open chunk
  for (int64_t k = ranges.firstInterval(block); k < ranges.endInterval(block);
       ++k) {
    int64_t begin = ranges.cols[2 * k], end = ranges.cols[2 * k + 1];
    while (begin < end) {
      int64_t piece = std::min(end - begin, most - used);
      int64_t lowest = used ? std::min(low, begin) : begin;
      int64_t highest = used ? std::max(high, begin + piece) : begin + piece;
      if (piece == 0 || highest - lowest > maxChunkCols) {
        sink.chunk();
        used = 0;
        continue;
      }
      sink.span(begin, begin + piece);
      used += piece;
      begin += piece;
      low = lowest;
      high = highest;
    }
  }
}

template <typename Sink> void RangesCutter::cut(Sink &sink) const {
  forBlocks([&](int64_t begin, int64_t end, int64_t block) {
    // Of equal size, as far as the code likes it.
    int64_t parts = divideUp(end - begin, tileRows);
    int64_t step =
        std::min(roundUp(divideUp(end - begin, parts), limits.rowQuantum),
                 limits.maxRows);
    for (; begin < end; begin += step) {
      int64_t tileEnd = std::min(end, begin + step);
      sink.tile(begin, tileEnd);
      cutCols(sink, block, tileEnd - begin);
    }
  });
}

} // namespace keops::rt

#endif // KEOPS_RUNTIME_RANGESCUTTER_H
