//===- Plan.cpp - how the work of a step is cut ---------------------------===//

#include "runtime/Plan.h"
#include "runtime/RangesCutter.h"

#include <algorithm>

using namespace keops::rt;

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
  CutLimits limits = {code.max_rows,
                      code.row_quantum,
                      minTileRows,
                      /*costRows=*/1,
                      code.col_quantum,
                      minChunkCols,
                      /*mostChunks=*/Sizes::limit};
  RangesCutter cutter(ranges, sorted, rows, limits);
  cutter.measure(divideUp(wantedTasks, std::max<int64_t>(elements, 1)));
  CutCounter counter;
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
