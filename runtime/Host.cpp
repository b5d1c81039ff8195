//===- Host.cpp - running one step on the CPU -----------------------------===//
//
// A task is a tile of rows and a chunk of columns (see Plan.h), of one element
// of the batch. Threads take
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
#include <ctime>
#include <new>
#include <pthread.h>

using namespace keops::rt;

//===----------------------------------------------------------------------===//
// How many threads
//===----------------------------------------------------------------------===//

/// Waking a thread takes about 10 microseconds on a virtual machine (EPYC
/// Turin), a few on bare metal; below these times it does not pay.
constexpr double aloneNanoseconds = 30000;
constexpr double perThreadNanoseconds = 15000;

int keops::rt::threadsFor(const keops_step &step, const Plan &plan,
                          int64_t elements, int requested) {
  double tasks = double(plan.tasks) * double(elements);
  if (requested == 1 || tasks <= 1)
    return 1;
  double time = step.pair_ns * plan.pairs * double(elements);
  if (!(time >= aloneNanoseconds))
    return 1;
  int threads = requested ? std::min(requested, maxThreads)
                          : std::min(availableCores(), maxThreads);
  double most = std::min(time / perThreadNanoseconds, tasks);
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

/// Asks the caller of a launch whether to go on, but not all the time: the
/// answer may need a lock, as Python's does.
class StopCheck {
public:
  explicit StopCheck(const keops_call &call)
      : call(call), launcher(pthread_self()),
        next(call.should_stop ? now() + pause : 0) {}

  /// Only the launching thread asks; any may call this.
  bool isToStop() {
    if (!call.should_stop || !pthread_equal(launcher, pthread_self()) ||
        now() < next)
      return false;
    bool answer = call.should_stop(call.stop_context) != 0;
    next = now() + pause;
    return answer;
  }

private:
  static constexpr int64_t pause = 100000000; // nanoseconds
  static int64_t now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000 + time.tv_nsec;
  }

  const keops_call &call;
  const pthread_t launcher;
  int64_t next;
};

class StepRun {
public:
  StepRun(const keops_host_code &code, const Plan &plan,
          const StepTables &tables, int64_t elements, const keops_call &call)
      : code(code), plan(plan), tables(tables), elements(elements),
        stopCheck(call) {}
  ~StepRun();

  int run(int threads);

private:
  bool allocate();
  /// What one thread does: tasks until none is left.
  void work();
  void runTask(int64_t number, char *memory);
  void runChunk(const Task &task, int64_t element, void *const *pointers,
                char *scratch);
  void finish(const Task &task, int64_t element, void *const *pointers,
              const char *states, char *scratch);
  /// The states of a tile, allocated by whoever comes first; null if there is
  /// no memory.
  char *statesOf(Tile &tile, int64_t chunks);

  /// A thread has scratch, behind it the state of a tile that is done in one
  /// task, and behind that the pointers of an element.
  int64_t stateOffset() const { return code.scratch_bytes; }
  int64_t pointersOffset() const {
    return code.scratch_bytes + code.state_bytes;
  }
  int64_t threadBytes() const {
    return pointersOffset() + tables.count() * int64_t(sizeof(void *));
  }

  const keops_host_code &code;
  const Plan &plan;
  const StepTables &tables;
  const int64_t elements;
  int64_t allTasks = 0;
  Buffer partials; // tile by tile, element by element
  Buffer tileMemory;
  Tile *tiles = nullptr; // if there are several chunks
  StopCheck stopCheck;
  std::atomic<int64_t> nextTask{0};
  /// KEOPS_OK, or why tasks were left undone.
  std::atomic<int> status{KEOPS_OK};
};

} // namespace

StepRun::~StepRun() {
  // Whatever is left of tiles that ran out of memory.
  if (tiles)
    for (int64_t t = 0; t < plan.tiles * elements; ++t)
      std::free(tiles[t].states.load(std::memory_order_relaxed));
}

bool StepRun::allocate() {
  int64_t allTiles, bytes;
  if (__builtin_mul_overflow(plan.tiles, elements, &allTiles) ||
      __builtin_mul_overflow(plan.tasks, elements, &allTasks))
    return false;
  if (code.close &&
      (__builtin_mul_overflow(allTiles, code.partial_bytes, &bytes) ||
       !partials.allocate(bytes)))
    return false;
  if (plan.hasChunks()) {
    if (__builtin_mul_overflow(allTiles, int64_t(sizeof(Tile)), &bytes) ||
        !tileMemory.allocate(bytes))
      return false;
    tiles = reinterpret_cast<Tile *>(tileMemory.data());
    for (int64_t t = 0; t < allTiles; ++t) {
      new (&tiles[t]) Tile();
      tiles[t].chunksLeft.store(plan.chunksOf(t % plan.tiles),
                                std::memory_order_relaxed);
    }
  }
  return threadBuffer(threadBytes()) != nullptr;
}

char *StepRun::statesOf(Tile &tile, int64_t chunks) {
  char *states = tile.states.load(std::memory_order_acquire);
  if (states)
    return states;
  int64_t bytes;
  if (__builtin_mul_overflow(chunks, code.state_bytes, &bytes))
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

void StepRun::finish(const Task &task, int64_t element, void *const *pointers,
                     const char *states, char *scratch) {
  char *partial = code.close
                      ? partials.data() + (element * plan.tiles + task.tile) *
                                              code.partial_bytes
                      : nullptr;
  code.finish(pointers, task.rowBegin, task.rowEnd, states, task.chunks,
              task.bases, scratch, partial);
}

void StepRun::runChunk(const Task &task, int64_t element, void *const *pointers,
                       char *scratch) {
  Tile &tile = tiles[element * plan.tiles + task.tile];
  char *states = statesOf(tile, task.chunks);
  if (!states) {
    status.store(KEOPS_OUT_OF_MEMORY, std::memory_order_relaxed);
    return;
  }
  code.sweep(pointers, task.rowBegin, task.rowEnd, task.spans, task.spanCount,
             task.base, scratch, states + task.chunk * code.state_bytes);
  if (tile.chunksLeft.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  finish(task, element, pointers, states, scratch);
  tile.states.store(nullptr, std::memory_order_relaxed);
  std::free(states);
}

void StepRun::runTask(int64_t number, char *memory) {
  int64_t element = number / plan.tasks;
  Task task = plan.task(number % plan.tasks);
  auto **pointers = reinterpret_cast<void **>(memory + pointersOffset());
  tables.of(element, pointers);
  if (task.chunks > 1)
    return runChunk(task, element, pointers, memory);
  if (task.chunks == 0)
    return finish(task, element, pointers, nullptr, memory);
  char *state = memory + stateOffset();
  code.sweep(pointers, task.rowBegin, task.rowEnd, task.spans, task.spanCount,
             task.base, memory, state);
  finish(task, element, pointers, state, memory);
}

void StepRun::work() {
  // A thread without memory leaves the work to the others; the launching
  // thread has made sure of its own.
  char *memory = threadBuffer(threadBytes());
  if (!memory)
    return;
  DefaultFloatState floatState;
  for (;;) {
    int64_t task = nextTask.fetch_add(1, std::memory_order_relaxed);
    if (task >= allTasks || status.load(std::memory_order_relaxed))
      return;
    runTask(task, memory);
    if (stopCheck.isToStop())
      status.store(KEOPS_STOPPED, std::memory_order_relaxed);
  }
}

int StepRun::run(int threads) {
  if (!allocate())
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the work space of a "
                                     "launch");
  if (plan.tasks > 0)
    share(
        threads, [](void *run) { static_cast<StepRun *>(run)->work(); }, this);
  switch (status.load(std::memory_order_relaxed)) {
  case KEOPS_OUT_OF_MEMORY:
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the accumulators of a "
                                     "launch");
  case KEOPS_STOPPED:
    return fail(KEOPS_STOPPED, "the call was stopped, and its outputs hold no "
                               "results");
  }
  if (!code.close)
    return KEOPS_OK;
  DefaultFloatState floatState;
  char *memory = threadBuffer(threadBytes());
  auto **pointers = reinterpret_cast<void **>(memory + pointersOffset());
  for (int64_t element = 0; element < elements; ++element) {
    tables.of(element, pointers);
    code.close(pointers,
               partials.data() + element * plan.tiles * code.partial_bytes,
               plan.tiles, memory);
  }
  return KEOPS_OK;
}

int keops::rt::runStep(const keops_host_code &code, const Plan &plan,
                       const StepTables &tables, int64_t elements, int threads,
                       const keops_call &call) {
  if (elements == 0 || (plan.tasks == 0 && !code.close))
    return KEOPS_OK;
  return StepRun(code, plan, tables, elements, call).run(threads);
}
