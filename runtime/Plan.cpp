//===- Plan.cpp - how the work of a step is cut ---------------------------===//

#include "runtime/Plan.h"
#include "runtime/Ranges.h"

#include <algorithm>

using namespace keops::rt;

static int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t roundUp(int64_t a, int64_t b) { return divideUp(a, b) * b; }

/// The largest multiple of the quantum that the column numbers allow.
static int64_t largestChunk(const keops_host_code &code) {
  return maxChunkCols - maxChunkCols % code.col_quantum;
}

//===----------------------------------------------------------------------===//
// All pairs
//===----------------------------------------------------------------------===//

/// How many chunks the columns have if each is to pay.
static int64_t usefulChunks(int64_t cols, const keops_host_code &code) {
  return std::max<int64_t>(1, cols / std::max(minChunkCols, code.col_quantum));
}

static void cutRows(Plan &plan, const keops_host_code &code, int64_t wanted) {
  if (plan.rows == 0)
    return;
  int64_t tiles = divideUp(plan.rows, code.max_rows);
  // Where columns cannot make up for the few tiles, smaller tiles must.
  if (code.sweep)
    tiles = std::max(tiles,
                     std::min(divideUp(wanted, usefulChunks(plan.cols, code)),
                              divideUp(plan.rows, int64_t(minTileRows))));
  // Of equal size: the last must not keep all other threads waiting.
  plan.tileRows = std::min(
      roundUp(divideUp(plan.rows, tiles), code.row_quantum), code.max_rows);
  plan.tiles = divideUp(plan.rows, plan.tileRows);
}

static void cutCols(Plan &plan, const keops_host_code &code, int64_t wanted) {
  if (!code.sweep)
    return;
  plan.chunks = 1;
  plan.chunkCols = plan.cols;
  if (plan.tiles == 0 || plan.cols == 0)
    return;
  int64_t chunks = 1;
  if (plan.tiles < wanted)
    chunks =
        std::min(divideUp(wanted, plan.tiles), usefulChunks(plan.cols, code));
  chunks = std::max(chunks, divideUp(plan.cols, largestChunk(code)));
  if (chunks == 1)
    return;
  plan.chunkCols = roundUp(divideUp(plan.cols, chunks), code.col_quantum);
  plan.chunks = divideUp(plan.cols, plan.chunkCols);
}

/// Room for the spans and the first columns of so many.
static bool allocateLists(Buffer &memory, int64_t spans, int64_t bases,
                          keops_span *&spanList, int64_t *&baseList) {
  if (!memory.allocate(spans * int64_t(sizeof(keops_span)) +
                       bases * int64_t(sizeof(int64_t))))
    return false;
  spanList = reinterpret_cast<keops_span *>(memory.data());
  baseList = reinterpret_cast<int64_t *>(spanList + spans);
  return true;
}

bool Plan::cutAll(int64_t allRows, int64_t allCols, const keops_host_code &code,
                  int64_t elements) {
  rows = allRows;
  cols = allCols;
  int64_t wanted = divideUp(wantedTasks, std::max<int64_t>(elements, 1));
  cutRows(*this, code, wanted);
  cutCols(*this, code, wanted);
  tasks = chunks ? tiles * chunks : tiles;
  pairs = double(rows) * (chunks ? double(std::max<int64_t>(cols, 1)) : 1.0);
  if (!allocateLists(lists, chunks, chunks, spanList, baseList))
    return false;
  for (int64_t c = 0; c < chunks; ++c) {
    spanList[c] = {c * chunkCols, std::min(cols, (c + 1) * chunkCols)};
    baseList[c] = spanList[c].begin;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Some pairs
//===----------------------------------------------------------------------===//

namespace {

/// Cuts blocks of rows into tiles and their columns into chunks, and tells a
/// sink, which counts them or writes them down.
class RangesCutter {
public:
  RangesCutter(const RangesView &ranges, const int64_t *order, int64_t rows,
               const keops_host_code &code)
      : ranges(ranges), order(order), rows(rows), code(code) {}

  /// Sizes of tiles and chunks, from what there is to do.
  void measure(int64_t wanted);
  double pairs() const { return allPairs; }
  template <typename Sink> void cut(Sink &sink) const;

private:
  /// Calls visit(begin, end, block) for all rows in ascending order, with block
  /// -1 for rows in none.
  template <typename Visit> void forBlocks(Visit visit) const;
  template <typename Sink>
  void cutCols(Sink &sink, int64_t block, int64_t tileRows) const;

  const RangesView &ranges;
  const int64_t *order;
  const int64_t rows;
  const keops_host_code &code;
  int64_t tileRows = 1;
  double allPairs = 0;
  double pairsPerTask = 0;
};

} // namespace

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

void RangesCutter::measure(int64_t wanted) {
  int64_t tiles = 0;
  forBlocks([&](int64_t begin, int64_t end, int64_t block) {
    tiles += divideUp(end - begin, code.max_rows);
    double cols = 0;
    if (block >= 0)
      for (int64_t k = ranges.firstInterval(block);
           k < ranges.endInterval(block); ++k)
        cols += double(ranges.cols[2 * k + 1] - ranges.cols[2 * k]);
    allPairs += double(end - begin) * std::max(cols, 1.0);
  });
  tileRows = code.max_rows;
  if (tiles < wanted)
    tileRows =
        std::min(tileRows, std::max(minTileRows, roundUp(divideUp(rows, wanted),
                                                         code.row_quantum)));
  pairsPerTask = allPairs / double(wanted);
}

template <typename Sink>
void RangesCutter::cutCols(Sink &sink, int64_t block, int64_t rowCount) const {
  int64_t limit = largestChunk(code);
  double fair = pairsPerTask / double(rowCount);
  int64_t most = minChunkCols;
  if (fair > double(minChunkCols))
    most = fair < double(limit) ? int64_t(fair) : limit;
  most = std::min(roundUp(most, code.col_quantum), limit);
  sink.chunk();
  if (block < 0)
    return;
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
    int64_t step = std::min(
        roundUp(divideUp(end - begin, parts), code.row_quantum), code.max_rows);
    for (; begin < end; begin += step) {
      int64_t tileEnd = std::min(end, begin + step);
      sink.tile(begin, tileEnd);
      cutCols(sink, block, tileEnd - begin);
    }
  });
}

class Plan::Counter {
public:
  int64_t tiles = 0, chunks = 0, spans = 0;
  void tile(int64_t, int64_t) { ++tiles; }
  void chunk() { ++chunks; }
  void span(int64_t, int64_t) { ++spans; }
};

class Plan::Writer {
public:
  explicit Writer(Plan &plan) : plan(plan) {}
  void tile(int64_t begin, int64_t end) {
    plan.tileList[tiles++] = {begin, end, chunks, 0};
  }
  void chunk() {
    plan.baseList[chunks] = 0;
    plan.chunkList[chunks++] = {tiles - 1, spans, 0};
    ++plan.tileList[tiles - 1].chunks;
  }
  void span(int64_t begin, int64_t end) {
    Chunk &chunk = plan.chunkList[chunks - 1];
    int64_t &base = plan.baseList[chunks - 1];
    base = chunk.spans ? std::min(base, begin) : begin;
    // Neighbors become one.
    if (chunk.spans && plan.spanList[spans - 1].end == begin) {
      plan.spanList[spans - 1].end = end;
      return;
    }
    plan.spanList[spans++] = {begin, end};
    ++chunk.spans;
  }

private:
  Plan &plan;
  int64_t tiles = 0, chunks = 0, spans = 0;
};

bool Plan::cutRanges(const RangesView &ranges, int64_t allRows,
                     const keops_host_code &code, int64_t elements) {
  rows = allRows;
  Buffer order;
  if (!order.allocate(ranges.blocks * int64_t(sizeof(int64_t))))
    return false;
  auto *sorted = reinterpret_cast<int64_t *>(order.data());
  sortIntervals(ranges.rows, ranges.blocks, sorted);
  RangesCutter cutter(ranges, sorted, rows, code);
  cutter.measure(divideUp(wantedTasks, std::max<int64_t>(elements, 1)));
  Counter counter;
  cutter.cut(counter);
  tiles = counter.tiles;
  tasks = counter.chunks;
  pairs = cutter.pairs();
  if (!allocateLists(lists, counter.spans, counter.chunks, spanList,
                     baseList) ||
      !tileMemory.allocate(tiles * int64_t(sizeof(Tile))) ||
      !chunkMemory.allocate(counter.chunks * int64_t(sizeof(Chunk))))
    return false;
  tileList = reinterpret_cast<Tile *>(tileMemory.data());
  chunkList = reinterpret_cast<Chunk *>(chunkMemory.data());
  Writer writer(*this);
  cutter.cut(writer);
  return true;
}

//===----------------------------------------------------------------------===//
// Tasks
//===----------------------------------------------------------------------===//

int64_t Plan::chunksOf(int64_t tile) const {
  return tileList ? tileList[tile].chunks : chunks;
}

Task Plan::task(int64_t number) const {
  if (!tileList) {
    int64_t tile = chunks ? number / chunks : number;
    int64_t chunk = chunks ? number % chunks : 0;
    int64_t begin = tile * tileRows;
    return {tile,
            begin,
            std::min(rows, begin + tileRows),
            chunk,
            chunks,
            spanList + chunk,
            1,
            chunks ? baseList[chunk] : 0,
            baseList};
  }
  const Chunk &chunk = chunkList[number];
  const Tile &tile = tileList[chunk.tile];
  return {chunk.tile,
          tile.rowBegin,
          tile.rowEnd,
          number - tile.firstChunk,
          tile.chunks,
          spanList + chunk.firstSpan,
          chunk.spans,
          baseList[number],
          baseList + tile.firstChunk};
}
