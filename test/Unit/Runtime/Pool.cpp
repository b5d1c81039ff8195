//===- Pool.cpp - threads, forks and exits --------------------------------===//

#include "runtime/Pool.h"
#include "runtime/Cores.h"
#include "runtime/Memory.h"
#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sched.h>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace cards;
using namespace keops::rt;

// In builds with sanitizers: memory that is not there gives null, as it does
// without them, and a forked child may start threads.
extern "C" const char *__asan_default_options() {
  return "allocator_may_return_null=1";
}
extern "C" const char *__tsan_default_options() {
  return "allocator_may_return_null=1:die_after_fork=0";
}

// A forked child cannot know the buffers of its parent's threads.
static bool isChild = false;
extern "C" int __lsan_is_turned_off() { return isChild; }

namespace {

/// Waits, in share(), until `count` threads are there or some time has passed.
struct Meeting {
  std::mutex mutex;
  std::set<std::thread::id> present;
  size_t count;

  static void work(void *context) {
    auto &meeting = *static_cast<Meeting *>(context);
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    {
      std::lock_guard<std::mutex> lock(meeting.mutex);
      meeting.present.insert(std::this_thread::get_id());
    }
    while (std::chrono::steady_clock::now() < end) {
      {
        std::lock_guard<std::mutex> lock(meeting.mutex);
        if (meeting.present.size() >= meeting.count)
          return;
      }
      std::this_thread::yield();
    }
  }
};

size_t threadsThatMeet(int threads) {
  Meeting meeting;
  meeting.count = size_t(threads);
  share(threads, Meeting::work, &meeting);
  return meeting.present.size();
}

TEST(Pool, AsManyThreadsAsAskedWorkAtOnce) {
  for (int threads : {1, 2, 5, 16, 3})
    EXPECT_EQ(size_t(threads), threadsThatMeet(threads));
}

TEST(Pool, NeverMoreThreadsThanAsked) {
  EXPECT_EQ(16u, threadsThatMeet(16)); // the pool has 15 now
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> calls{0};
    share(
        3,
        [](void *context) {
          ++*static_cast<std::atomic<int> *>(context);
          std::this_thread::yield();
        },
        &calls);
    EXPECT_GE(calls.load(), 1);
    EXPECT_LE(calls.load(), 3);
  }
}

TEST(Cores, AThreadLeavesACoreAndMayComeBack) {
  std::thread([] {
    cpu_set_t before, after;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    // The system may move it at any time: once in some tries is proof.
    int moved = 0;
    for (int k = 0; k < 20; ++k) {
      int core = currentCore();
      leaveCore(core);
      moved += currentCore() != core;
      leaveCore(-1);
      leaveCore(currentCore() + 1);
    }
    EXPECT_EQ(moved > 0, CPU_COUNT(&before) > 1);
    ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
  }).join();
}

TEST(Cores, AThreadWithOneCoreStays) {
  std::thread([] {
    cpu_set_t one, after;
    CPU_ZERO(&one);
    CPU_SET(currentCore(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    leaveCore(currentCore());
    ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
    EXPECT_TRUE(CPU_EQUAL(&one, &after));
  }).join();
}

TEST(Pool, WorkersLeaveSignalsToTheProgram) {
  static std::atomic<int> blocked;
  blocked = 0;
  struct Probe {
    Meeting meeting;
    std::thread::id caller;
  } probe;
  probe.meeting.count = 3;
  probe.caller = std::this_thread::get_id();
  share(
      3,
      [](void *context) {
        auto &p = *static_cast<Probe *>(context);
        sigset_t set;
        pthread_sigmask(SIG_SETMASK, nullptr, &set);
        if (std::this_thread::get_id() != p.caller &&
            sigismember(&set, SIGINT) == 1 && sigismember(&set, SIGSEGV) == 0)
          ++blocked;
        Meeting::work(&p.meeting);
      },
      &probe);
  EXPECT_EQ(2, blocked.load());
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, nullptr, &set);
  EXPECT_EQ(0, sigismember(&set, SIGINT));
}

/// One launch of makeSum, compared with the plain loop.
struct SumCase {
  static constexpr int64_t M = 300, N = 2100;
  Card card;
  std::vector<float> G, X, Y, B, expected;

  SumCase()
      : G(integers<float>(1, 1)), X(integers<float>(3 * M, 2)),
        Y(integers<float>(3 * N, 3)), B(integers<float>(2 * N, 4)),
        expected(sum(M, N, G, X, Y, B)) {
    makeSum(card);
  }
  bool launch(int threads) const {
    std::vector<float> A(size_t(2 * M));
    const void *inputs[] = {G.data(), X.data(), Y.data(), B.data()};
    void *outputs[] = {A.data()};
    keops_call call = withThreads(threads);
    return keops_rt_launch(&card.card, &call, M, N, inputs, outputs) ==
               KEOPS_OK &&
           A == expected;
  }
};

TEST(Pool, ManyUserThreadsLaunchAtOnce) {
  SumCase sumCase;
  std::atomic<int> wrong{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 8; ++user)
    users.emplace_back([&, user] {
      for (int round = 0; round < 200; ++round)
        wrong += !sumCase.launch((user + round) % 5);
    });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(0, wrong.load());
  EXPECT_EQ(0, breaches.load());
}

/// The exit status of a child that runs `body`; -1 if it had to be killed.
template <typename Body> int exitStatus(Body body, bool quick = true) {
  pid_t child = fork();
  if (child == 0) {
    isChild = true;
    int status = body();
    quick ? _exit(status) : exit(status);
  }
  for (int tenths = 0; tenths < 300; ++tenths) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return -1;
}

TEST(Pool, ForkedChildrenHaveTheirOwnThreads) {
  SumCase sumCase;
  ASSERT_TRUE(sumCase.launch(4));
  auto child = [&] {
    bool all = sumCase.launch(1) && sumCase.launch(4) && sumCase.launch(2);
    // A grandchild as well; and the threads are real.
    return all && threadsThatMeet(4) == 4 &&
                   exitStatus([&] { return sumCase.launch(3) ? 7 : 1; }) == 7
               ? 0
               : 1;
  };
  EXPECT_EQ(0, exitStatus(child));
  EXPECT_EQ(0, exitStatus(child, /*quick=*/false));
  EXPECT_TRUE(sumCase.launch(4));
  EXPECT_EQ(4u, threadsThatMeet(4));
}

TEST(Pool, ForkWhileOthersLaunch) {
  SumCase sumCase;
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop)
      sumCase.launch(3);
  });
  for (int round = 0; round < 20; ++round)
    EXPECT_EQ(0, exitStatus([&] { return sumCase.launch(3) ? 0 : 1; }));
  stop = true;
  other.join();
}

TEST(Pool, ProcessesEndWithSleepingAndWithBusyThreads) {
  SumCase sumCase;
  EXPECT_EQ(5, exitStatus([&] { return sumCase.launch(8) ? 5 : 1; },
                          /*quick=*/false));
  // exit() while another thread is in the middle of launches.
  EXPECT_EQ(5, exitStatus(
                   [&] {
                     new std::thread([&] {
                       for (;;)
                         sumCase.launch(4);
                     });
                     std::this_thread::sleep_for(std::chrono::milliseconds(20));
                     return 5;
                   },
                   /*quick=*/false));
}

const SumCase *late = nullptr;

/// Runs after all else, the end of the pool included (in the child that sets
/// `late`, and nowhere else).
__attribute__((destructor(101))) void launchAtTheVeryEnd() {
  if (late)
    _exit(late->launch(4) ? 6 : 1);
}

TEST(Pool, LaunchesAfterItsEndRunOnTheCaller) {
  SumCase sumCase;
  auto child = [&] {
    late = &sumCase;
    return sumCase.launch(4) ? 0 : 1;
  };
  EXPECT_EQ(6, exitStatus(child, /*quick=*/false));
}

TEST(Memory, ThreadBufferGrowsAndIsKept) {
  std::thread([] {
    char *small = threadBuffer(100);
    ASSERT_NE(nullptr, small);
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(small) % 64);
    std::memset(small, 1, 100);
    EXPECT_EQ(small, threadBuffer(50));
    char *large = threadBuffer(1 << 20);
    ASSERT_NE(nullptr, large);
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(large) % 64);
    std::memset(large, 2, 1 << 20);
    // A refusal leaves what there is.
    EXPECT_EQ(nullptr, threadBuffer(int64_t(1) << 60));
    EXPECT_EQ(nullptr, threadBuffer(INT64_MAX));
    EXPECT_EQ(large, threadBuffer(1 << 20));
  }).join();
}

TEST(Memory, AllocationsAreAligned) {
  for (int64_t bytes : {0, 1, 63, 64, 65, 100000}) {
    void *memory = allocateAligned(bytes);
    ASSERT_NE(nullptr, memory);
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % 64);
    std::memset(memory, 0, size_t(bytes));
    std::free(memory);
  }
  EXPECT_EQ(nullptr, allocateAligned(-1));
  EXPECT_EQ(nullptr, allocateAligned(INT64_MAX));
}

} // namespace
