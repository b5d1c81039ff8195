//===- DeviceRanges.cpp - the pairs of ranges, for a device ---------------===//

#include "runtime/DeviceRanges.h"

using namespace keops::rt;

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

/// Counts entries of the lists. A block of finish takes fewer rows than one of
/// sweep.
class DeviceRanges::Counter : public CutCounter {
public:
  explicit Counter(int64_t finishThreads) : finishThreads(finishThreads) {}
  int64_t finishTiles = 0;
  void tile(int64_t begin, int64_t end) {
    CutCounter::tile(begin, end);
    finishTiles += divideUp(end - begin, finishThreads);
  }

private:
  const int64_t finishThreads;
};

class DeviceRanges::Writer {
public:
  Writer(DeviceRanges &to, int64_t finishThreads)
      : to(to), finishThreads(finishThreads) {}
  void tile(int64_t begin, int64_t end) {
    first = tiles;
    for (int64_t row = begin; row < end; row += finishThreads)
      to.tiles[tiles++] = {
          row,   std::min(row + finishThreads, end), begin, end - begin, 0, 0,
          chunks};
  }
  void chunk() {
    const keops_device_tile &tile = to.tiles[first];
    to.chunks[chunks++] = {
        tile.tile_begin, tile.tile_begin + tile.tile_rows, 0, 0, spans, 0};
    for (int64_t t = first; t < tiles; ++t)
      ++to.tiles[t].n_states;
  }
  void span(int64_t begin, int64_t end) {
    keops_device_chunk &chunk = to.chunks[chunks - 1];
    chunk.base = chunk.n_spans ? std::min(chunk.base, begin) : begin;
    // Neighbors become one.
    if (chunk.n_spans && to.spans[spans - 1].end == begin) {
      to.spans[spans - 1].end = end;
      return;
    }
    to.spans[spans++] = {begin, end};
    ++chunk.n_spans;
  }

private:
  DeviceRanges &to;
  const int64_t finishThreads;
  int64_t first = 0; // entry of the last tile
  int64_t tiles = 0, chunks = 0, spans = 0;
};

bool DeviceRanges::allocate() {
  // As many bands as tiles are the most.
  if (!lists.allocate(bytes()) ||
      !bandMemory.allocate(tileCount * int64_t(sizeof(DeviceBand))))
    return false;
  chunks = reinterpret_cast<keops_device_chunk *>(lists.data());
  tiles = reinterpret_cast<keops_device_tile *>(lists.data() + tileOffset(0));
  spans = reinterpret_cast<keops_span *>(lists.data() + spansOffset());
  bases = reinterpret_cast<int64_t *>(lists.data() + basesOffset());
  bandList = reinterpret_cast<DeviceBand *>(bandMemory.data());
  return true;
}

//===----------------------------------------------------------------------===//
// States, and the order of chunks
//===----------------------------------------------------------------------===//

/// Bands of tiles whose states fit into memory at once. Each has one tile at
/// least.
void DeviceRanges::placeStates(const keops_device_step &step) {
  DeviceBand *band = nullptr;
  int64_t mostStates = mostStateBytes / std::max<int64_t>(step.state_bytes, 1);
  for (int64_t t = 0; t < tileCount; ++t) {
    keops_device_tile &tile = tiles[t];
    if (tile.row_begin != tile.tile_begin) { // more of the same
      tile.states = tiles[t - 1].states;
      ++band->finishBlocks;
      continue;
    }
    int64_t states = tile.n_states * tile.tile_rows;
    if (!band || band->states + states > mostStates) {
      band = &bandList[bandCount++];
      *band = {};
      band->chunks = 1;
      band->firstChunk = tile.first_base;
      band->firstTile = t;
    }
    tile.states = band->states;
    for (int64_t c = 0; c < tile.n_states; ++c)
      chunks[tile.first_base + c].states = tile.states + c * tile.tile_rows;
    band->states += states;
    band->sweepBlocks += tile.n_states;
    ++band->finishBlocks;
    largestBand = std::max(largestBand, band->states);
  }
}

namespace {
struct SizedChunk {
  int64_t cols;
  keops_device_chunk chunk;
};
} // namespace

bool DeviceRanges::sortChunks() {
  Buffer memory;
  if (!memory.allocate(chunkCount * int64_t(sizeof(SizedChunk))))
    return false;
  auto *sized = reinterpret_cast<SizedChunk *>(memory.data());
  for (int64_t c = 0; c < chunkCount; ++c) {
    bases[c] = chunks[c].base;
    sized[c] = {0, chunks[c]};
    for (int64_t s = 0; s < chunks[c].n_spans; ++s) {
      const keops_span &span = spans[chunks[c].first_span + s];
      sized[c].cols += span.end - span.begin;
    }
  }
  for (int64_t b = 0; b < bandCount; ++b) {
    SizedChunk *first = sized + bandList[b].firstChunk;
    std::sort(first, first + bandList[b].sweepBlocks,
              [](const SizedChunk &a, const SizedChunk &b) {
                return a.cols != b.cols ? a.cols > b.cols
                                        : a.chunk.states < b.chunk.states;
              });
  }
  for (int64_t c = 0; c < chunkCount; ++c)
    chunks[c] = sized[c].chunk;
  return true;
}

bool DeviceRanges::cut(const keops_device_step &step, const RangesView &ranges,
                       int64_t rows, int64_t slots, int64_t elements) {
  Buffer order;
  if (!order.allocate(ranges.blocks * int64_t(sizeof(int64_t))))
    return false;
  auto *sorted = reinterpret_cast<int64_t *>(order.data());
  sortIntervals(ranges.rows, ranges.blocks, sorted);
  RangesCutter cutter(ranges, sorted, rows, limitsOf(step));
  cutter.measure(deviceTasks(slots, elements));
  Counter counter(step.finish_threads);
  cutter.cut(counter);
  chunkCount = counter.chunks;
  tileCount = counter.finishTiles;
  spanCount = counter.spans;
  if (!allocate())
    return false;
  Writer writer(*this, step.finish_threads);
  cutter.cut(writer);
  placeStates(step);
  if (__builtin_mul_overflow(largestBand, step.state_bytes, &bandBytes))
    bandBytes = -1;
  return sortChunks();
}
