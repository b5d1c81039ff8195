//===- Host.cpp - running one step on the CPU -----------------------------===//
//
// A task is a tile of rows and a chunk of columns (see Plan.h). Threads take
// tasks one at a time, in order. With one chunk, a task sweeps into the
// thread's own buffer and finishes the tile at once. With several, the states
// of a tile wait in a buffer of its own, and whoever completes the last chunk
// finishes the tile; the buffer lives only from the first to the last chunk, so
// that memory stays within what the threads are working on.
//
//===----------------------------------------------------------------------===//

#include "runtime/Host.h"
#include "runtime/Cores.h"
#include "runtime/Cpu.h"
#include "runtime/Error.h"
#include "runtime/Memory.h"
#include "runtime/Pool.h"

#include <algorithm>
#include <atomic>
#include <new>

using namespace keops::rt;

//===----------------------------------------------------------------------===//
// How many threads
//===----------------------------------------------------------------------===//

/// Waking a thread takes about 10 microseconds on a virtual machine (EPYC
/// Turin), a few on bare metal; below these times it does not pay.
constexpr double aloneNanoseconds = 30000;
constexpr double perThreadNanoseconds = 15000;

int keops::rt::threadsFor(const keops_step &step, const Plan &plan,
                          int requested) {
  if (requested == 1 || plan.tasks() <= 1)
    return 1;
  // A step without a sweep visits each row once.
  double cols = plan.chunks ? double(std::max<int64_t>(plan.cols, 1)) : 1.0;
  double time = step.pair_ns * double(plan.rows) * cols;
  if (!(time >= aloneNanoseconds))
    return 1;
  int threads = requested ? std::min(requested, maxThreads)
                          : std::min(availableCores(), maxThreads);
  double most = std::min(time / perThreadNanoseconds, double(plan.tasks()));
  return most < threads ? std::max(1, int(most)) : threads;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

namespace {

/// A tile whose columns are cut.
struct Tile {
  std::atomic<char *> states{nullptr};
  std::atomic<int64_t> chunksLeft{0};
};

class StepRun {
public:
  StepRun(const keops_host_code &code, const Plan &plan, void *const *tables)
      : code(code), plan(plan), tables(tables) {}
  ~StepRun();

  int run(int threads);

private:
  bool allocate();
  /// What one thread does: tasks until none is left.
  void work();
  void runTask(int64_t task, char *scratch);
  void runChunk(int64_t tile, int64_t chunk, char *scratch);
  void finish(int64_t tile, const char *states, char *scratch);
  /// The states of a tile, allocated by whoever comes first; null if there is
  /// no memory.
  char *statesOf(Tile &tile);

  int64_t rowBegin(int64_t tile) const { return tile * plan.tileRows; }
  int64_t rowEnd(int64_t tile) const {
    return std::min(plan.rows, rowBegin(tile) + plan.tileRows);
  }
  /// Scratch, and behind it the state of a tile that is done in one task.
  int64_t threadBytes() const { return code.scratch_bytes + code.state_bytes; }

  const keops_host_code &code;
  const Plan &plan;
  void *const *tables;
  Buffer partials;
  Buffer tileMemory;
  Tile *tiles = nullptr; // if there are several chunks
  std::atomic<int64_t> nextTask{0};
  std::atomic<bool> outOfMemory{false};
};

} // namespace

StepRun::~StepRun() {
  // Whatever is left of tiles that ran out of memory.
  if (tiles)
    for (int64_t t = 0; t < plan.tiles; ++t)
      std::free(tiles[t].states.load(std::memory_order_relaxed));
}

bool StepRun::allocate() {
  if (code.close) {
    int64_t bytes;
    if (__builtin_mul_overflow(plan.tiles, code.partial_bytes, &bytes) ||
        !partials.allocate(bytes))
      return false;
  }
  if (plan.chunks > 1) {
    if (!tileMemory.allocate(plan.tiles * int64_t(sizeof(Tile))))
      return false;
    tiles = reinterpret_cast<Tile *>(tileMemory.data());
    for (int64_t t = 0; t < plan.tiles; ++t) {
      new (&tiles[t]) Tile();
      tiles[t].chunksLeft.store(plan.chunks, std::memory_order_relaxed);
    }
  }
  return threadBuffer(threadBytes()) != nullptr;
}

char *StepRun::statesOf(Tile &tile) {
  char *states = tile.states.load(std::memory_order_acquire);
  if (states)
    return states;
  int64_t bytes;
  if (__builtin_mul_overflow(plan.chunks, code.state_bytes, &bytes))
    return nullptr;
  auto *fresh = static_cast<char *>(allocateAligned(bytes));
  if (!fresh)
    return nullptr;
  if (tile.states.compare_exchange_strong(states, fresh,
                                          std::memory_order_acq_rel))
    return fresh;
  std::free(fresh); // another thread was faster
  return states;
}

void StepRun::finish(int64_t tile, const char *states, char *scratch) {
  char *partial =
      code.close ? partials.data() + tile * code.partial_bytes : nullptr;
  code.finish(tables, rowBegin(tile), rowEnd(tile), states, plan.chunks,
              plan.chunkCols, scratch, partial);
}

void StepRun::runChunk(int64_t tile, int64_t chunk, char *scratch) {
  char *states = statesOf(tiles[tile]);
  if (!states) {
    outOfMemory.store(true, std::memory_order_relaxed);
    return;
  }
  int64_t begin = chunk * plan.chunkCols;
  int64_t end = std::min(plan.cols, begin + plan.chunkCols);
  code.sweep(tables, rowBegin(tile), rowEnd(tile), begin, end, scratch,
             states + chunk * code.state_bytes);
  if (tiles[tile].chunksLeft.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  finish(tile, states, scratch);
  tiles[tile].states.store(nullptr, std::memory_order_relaxed);
  std::free(states);
}

void StepRun::runTask(int64_t task, char *scratch) {
  if (plan.chunks > 1)
    return runChunk(task / plan.chunks, task % plan.chunks, scratch);
  if (plan.chunks == 0)
    return finish(task, nullptr, scratch);
  char *state = scratch + code.scratch_bytes;
  code.sweep(tables, rowBegin(task), rowEnd(task), 0, plan.cols, scratch,
             state);
  finish(task, state, scratch);
}

void StepRun::work() {
  // A thread without memory leaves the work to the others; the launching
  // thread has made sure of its own.
  char *scratch = threadBuffer(threadBytes());
  if (!scratch)
    return;
  DefaultFloatState floatState;
  int64_t tasks = plan.tasks();
  for (;;) {
    int64_t task = nextTask.fetch_add(1, std::memory_order_relaxed);
    if (task >= tasks || outOfMemory.load(std::memory_order_relaxed))
      return;
    runTask(task, scratch);
  }
}

int StepRun::run(int threads) {
  if (!allocate())
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the work space of a "
                                     "launch");
  if (plan.tasks() > 0)
    share(
        threads, [](void *run) { static_cast<StepRun *>(run)->work(); }, this);
  if (outOfMemory.load(std::memory_order_relaxed))
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the accumulators of a "
                                     "launch");
  if (code.close) {
    DefaultFloatState floatState;
    code.close(tables, partials.data(), plan.tiles,
               threadBuffer(threadBytes()));
  }
  return KEOPS_OK;
}

int keops::rt::runStep(const keops_host_code &code, const Plan &plan,
                       void *const *tables, int threads) {
  if (plan.tasks() == 0 && !code.close)
    return KEOPS_OK;
  return StepRun(code, plan, tables).run(threads);
}
