//===- Plan.h - how the work of a step is cut -------------------*- C++ -*-===//
//
// The plan depends on sizes, ranges and code alone, never on the number of
// threads: the same numbers are added in the same order whoever adds them, so
// results are equal to the last bit on one thread and on sixty-four.
//
//            chunk 0       chunk 1      chunk 2
//   tile 0   [ task 0     | task 1     | task 2  ]  -> finish
//   tile 1   [ task 3     | task 4     | task 5  ]  -> finish
//
// A tile of rows is what one call of the kernel takes. Where there are too few
// tiles to keep many cores busy, columns are cut into chunks, and where there
// are too few columns for that, the tiles are made smaller. Columns are also
// cut where a chunk would outgrow the kernel's column numbers.
//
// Where a launch has ranges, the tiles are parts of its blocks of rows, and
// each has columns and chunks of its own. Every tile has a chunk, be it empty:
// a row that meets nothing has a result too.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_PLAN_H
#define KEOPS_RUNTIME_PLAN_H

#include "runtime/Card.h"
#include "runtime/Cut.h"
#include "runtime/Memory.h"

namespace keops::rt {

struct RangesView;

/// What one thread does at a time.
struct Task {
  int64_t tile;
  int64_t rowBegin, rowEnd;
  int64_t chunk, chunks; // of the tile; no chunks without a sweep
  const keops_span *spans;
  int64_t spanCount;
  int64_t base;
  const int64_t *bases; // of all chunks of the tile
};

class Plan {
public:
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t tiles = 0;
  int64_t tasks = 0;
  double pairs = 0; // rows without a sweep count once

  /// All pairs. False if there is no memory.
  bool cutAll(int64_t rows, int64_t cols, const keops_host_code &code,
              int64_t elements = 1);
  /// The pairs of some ranges, which are sound, for code that has a sweep.
  /// False if there is no memory.
  bool cutRanges(const RangesView &ranges, int64_t rows,
                 const keops_host_code &code, int64_t elements = 1);

  Task task(int64_t number) const;
  /// How many chunks a tile has, 0 without a sweep.
  int64_t chunksOf(int64_t tile) const;
  /// Has any tile several chunks?
  bool hasChunks() const { return tasks > tiles; }

  // Of a plan without ranges: all tiles alike.
  int64_t tileRows = 0;
  int64_t chunkCols = 0;
  int64_t chunks = 0; // 1 without columns, 0 without a sweep

private:
  struct Tile {
    int64_t rowBegin, rowEnd;
    int64_t firstChunk, chunks;
  };
  struct Chunk {
    int64_t tile;
    int64_t firstSpan, spans;
  };
  class Writer;

  // The span and the first column of each chunk; with ranges, the spans and the
  // first columns of all chunks of all tiles.
  Buffer lists;
  keops_span *spanList = nullptr;
  int64_t *baseList = nullptr;
  // With ranges only.
  Buffer tileMemory, chunkMemory;
  Tile *tileList = nullptr;
  Chunk *chunkList = nullptr;
};

/// Below this number of tiles columns are cut; about as many tasks result.
/// Chosen for up to 16 cores: four tasks for each leave little idle at the end.
constexpr int64_t wantedTasks = 64;

/// A tile is made smaller than the code allows only down to this: staging its
/// columns then costs about 3 % of its time instead of 1 % (Gauss, D = 3, at
/// 960 rows), and 2000 x 2000 become eight tasks instead of three.
constexpr int64_t minTileRows = 256;

/// A shorter chunk does not pay for staging its rows once more (below 1 % of
/// the time of a chunk of this length).
constexpr int64_t minChunkCols = 1024;

} // namespace keops::rt

#endif // KEOPS_RUNTIME_PLAN_H
