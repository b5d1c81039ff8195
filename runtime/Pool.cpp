//===- Pool.cpp - a few threads that wait for work ------------------------===//

#include "runtime/Pool.h"
#include "runtime/Cores.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <new>
#include <pthread.h>
#include <signal.h>

using namespace keops::rt;

//===----------------------------------------------------------------------===//
// Jobs and the pool
//===----------------------------------------------------------------------===//

namespace {

/// Work that one launch shares. It lives on the stack of the launch. All fields
/// are guarded by the mutex of the pool; `active` may be peeked at.
struct Job {
  void (*work)(void *);
  void *context;
  int slots; // threads that may still join
  int core;  // of the launch
  std::atomic<int> active{0};
  Job *next = nullptr;
  pthread_cond_t idle = PTHREAD_COND_INITIALIZER; // active has become 0
};

struct Pool {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
  Job *jobs = nullptr;
  std::atomic<int> slots{0}; // of all jobs together; may be peeked at
  int sleepers = 0;
  int workers = 0;
  bool closed = false;
  pthread_t threads[maxThreads - 1] = {};
};

class Lock {
public:
  explicit Lock(Pool &pool) : mutex(pool.mutex) { pthread_mutex_lock(&mutex); }
  ~Lock() { pthread_mutex_unlock(&mutex); }

private:
  pthread_mutex_t &mutex;
};

} // namespace

// Constant-initialized, so that it is there before and after everything else.
static Pool pool;

/// How long a thread looks for more before it goes to sleep: about what waking
/// it would cost. Bridges the gap between two steps of one launch.
constexpr int64_t spinNanoseconds = 10000;

/// Waits a little for `value` to differ from (or, if `equal`, to be) zero.
static void spin(const std::atomic<int> &value, bool equal) {
  timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  do {
    for (int i = 0; i < 16; ++i) {
      if ((value.load(std::memory_order_relaxed) == 0) == equal)
        return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec -
               start.tv_nsec <
           spinNanoseconds);
}

/// Wakes up to two threads; each of them wakes two more while there is room.
/// So nobody pays for waking all. Call without the lock.
static void wakeSome(int sleepers, int slots) {
  for (int i = std::min({sleepers, slots, 2}); i > 0; --i)
    pthread_cond_signal(&pool.wake);
}

//===----------------------------------------------------------------------===//
// The threads
//===----------------------------------------------------------------------===//

/// Joins a job that has room, with the lock held, or returns null.
static Job *joinJob() {
  for (Job *job = pool.jobs; job; job = job->next)
    if (job->slots > 0) {
      --job->slots;
      pool.slots.fetch_sub(1, std::memory_order_relaxed);
      job->active.fetch_add(1, std::memory_order_relaxed);
      return job;
    }
  return nullptr;
}

/// Joins the next job, asleep until there is one; null when the pool closes.
/// The lock is held before and after.
static Job *awaitJob() {
  bool hasSpun = false;
  while (!pool.closed) {
    if (Job *job = joinJob())
      return job;
    if (!hasSpun) {
      pthread_mutex_unlock(&pool.mutex);
      spin(pool.slots, /*equal=*/false);
      pthread_mutex_lock(&pool.mutex);
      hasSpun = true;
      continue;
    }
    ++pool.sleepers;
    pthread_cond_wait(&pool.wake, &pool.mutex);
    --pool.sleepers;
  }
  return nullptr;
}

static void *runWorker(void *) {
  pthread_mutex_lock(&pool.mutex);
  while (Job *job = awaitJob()) {
    int sleepers = pool.sleepers;
    int slots = pool.slots.load(std::memory_order_relaxed);
    pthread_mutex_unlock(&pool.mutex);
    wakeSome(sleepers, slots);
    // Linux wakes a thread on the core of the one that wakes it if all cores
    // have had much to do, and leaves both there, for they sleep in turns: two
    // threads were not faster than one for seconds.
    leaveCore(job->core);
    job->work(job->context);
    pthread_mutex_lock(&pool.mutex);
    // The launch destroys the job as soon as it gets the lock after this.
    if (job->active.fetch_sub(1, std::memory_order_release) == 1)
      pthread_cond_signal(&job->idle);
  }
  pthread_mutex_unlock(&pool.mutex);
  return nullptr;
}

/// Signals sent to the process are for the program's own threads. Faults stay
/// deliverable, so that the program's crash handler sees them.
static void blockSignals(sigset_t &previous) {
  sigset_t blocked;
  sigfillset(&blocked);
  for (int fault :
       {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF})
    sigdelset(&blocked, fault);
  pthread_sigmask(SIG_SETMASK, &blocked, &previous);
}

/// Starts threads until there are `wanted`, with the lock held. If the system
/// has no more of them, those that are there must do.
static void grow(int wanted) {
  if (pool.closed || pool.workers >= wanted)
    return;
  sigset_t previous;
  blockSignals(previous);
  while (pool.workers < wanted &&
         pthread_create(&pool.threads[pool.workers], nullptr, runWorker,
                        nullptr) == 0)
    pthread_setname_np(pool.threads[pool.workers++], "keops");
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
}

//===----------------------------------------------------------------------===//
// Fork and exit
//===----------------------------------------------------------------------===//

static pthread_once_t forkOnce = PTHREAD_ONCE_INIT;
static bool survivesFork = false;

/// None of the threads exists in a forked child, and the mutex may have been
/// held by one of them: forget everything.
static void resetInChild() { new (&pool) Pool(); }

static void prepareForFork() {
  survivesFork = pthread_atfork(nullptr, nullptr, resetInChild) == 0;
}

/// Runs when the process exits and when a library that contains this code is
/// unloaded; its threads must not outlive it. A launch that still runs then is
/// left alone, with its threads: waiting for it could hang the exit.
__attribute__((destructor)) static void closePool() {
  int workers = 0;
  {
    Lock lock(pool);
    if (pool.jobs)
      return;
    pool.closed = true;
    workers = pool.workers;
    pool.workers = 0;
    pthread_cond_broadcast(&pool.wake);
  }
  for (int i = 0; i < workers; ++i)
    pthread_join(pool.threads[i], nullptr);
}

//===----------------------------------------------------------------------===//
// Sharing
//===----------------------------------------------------------------------===//

static void putUp(Job &job) {
  int sleepers, slots;
  {
    Lock lock(pool);
    grow(job.slots);
    slots = job.slots = std::min(job.slots, pool.workers);
    Job **last = &pool.jobs;
    while (*last)
      last = &(*last)->next;
    *last = &job;
    pool.slots.fetch_add(slots, std::memory_order_relaxed);
    sleepers = pool.sleepers;
  }
  wakeSome(sleepers, slots);
}

static void takeDown(Job &job) {
  {
    Lock lock(pool);
    Job **link = &pool.jobs;
    while (*link != &job)
      link = &(*link)->next;
    *link = job.next;
    pool.slots.fetch_sub(job.slots, std::memory_order_relaxed);
    job.slots = 0;
  }
  spin(job.active, /*equal=*/true);
  {
    Lock lock(pool);
    while (job.active.load(std::memory_order_acquire) != 0)
      pthread_cond_wait(&job.idle, &pool.mutex);
  }
  pthread_cond_destroy(&job.idle);
}

void keops::rt::share(int threads, void (*work)(void *context), void *context) {
  if (threads > 1)
    pthread_once(&forkOnce, prepareForFork);
  if (threads <= 1 || !survivesFork)
    return work(context);
  Job job{work, context, std::min(threads, maxThreads) - 1, currentCore()};
  putUp(job);
  work(context);
  takeDown(job);
}
