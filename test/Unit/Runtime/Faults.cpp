//===- Faults.cpp - launches whose allocations fail, one after the other --===//
//
// The runtime allocates with aligned_alloc alone. This program has one of its
// own, which refuses the n-th call, or all from the n-th on, for n = 0, 1, ...
// until a launch needs fewer.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <atomic>
#include <climits>
#include <cstdlib>
#include <string>
#include <thread>

using namespace cards;

namespace {
std::atomic<int> allocationsLeft{INT_MAX}, refused{0};
std::atomic<bool> stayRefused{false};
} // namespace

extern "C" void *aligned_alloc(size_t alignment, size_t size) noexcept {
  int left = allocationsLeft.fetch_sub(1);
  if (left == 0 || (left < 0 && stayRefused)) {
    ++refused;
    return nullptr;
  }
  void *memory = nullptr;
  return posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}

namespace {

/// Rows in two blocks of two intervals each, which are cut into chunks.
struct TwoBlocks {
  int64_t rows[4] = {0, 100, 100, 250}, slices[2] = {2, 4};
  int64_t cols[8] = {0, 3000, 4000, 9000, 0, 10, 20, 8000};
  keops_ranges ranges = {2, rows, slices, cols, 0, nullptr, nullptr, nullptr};
};

/// What one launch computes, on a thread that has no buffer yet.
struct Launch {
  const Card &card;
  int64_t M, N;
  std::vector<const void *> inputs;
  size_t numbers; // of the result
  keops_call call;

  std::vector<double> result = {};
  int status = KEOPS_OK;
  std::string sentence = {};

  void run() {
    result.assign(numbers, -1);
    std::thread([&] {
      void *outputs[] = {result.data(), result.data() + M};
      status = keops_rt_launch(&card.card, &call, M, N, inputs.data(), outputs);
      sentence = status ? keops_last_error() : "";
    }).join();
  }
};

/// Fails every allocation of the launch in turn; says how many there were.
int failEach(Launch &launch) {
  launch.run();
  EXPECT_EQ(KEOPS_OK, launch.status) << launch.sentence;
  auto expected = launch.result;
  int failures = 0;
  for (bool stays : {false, true}) {
    for (int n = 0; n < 1000; ++n) {
      refused = 0;
      stayRefused = stays;
      allocationsLeft = n;
      launch.run();
      allocationsLeft = INT_MAX;
      // A thread that finds no memory leaves its work to the others.
      if (launch.status == KEOPS_OK)
        EXPECT_EQ(expected, launch.result);
      else
        EXPECT_TRUE(launch.status == KEOPS_OUT_OF_MEMORY &&
                    launch.sentence.rfind("out of memory for ", 0) == 0)
            << launch.status << " " << launch.sentence;
      failures += launch.status != KEOPS_OK;
      if (refused == 0)
        break;
    }
  }
  launch.run();
  EXPECT_EQ(KEOPS_OK, launch.status) << launch.sentence;
  EXPECT_EQ(expected, launch.result);
  return failures;
}

TEST(Faults, EveryLackOfMemoryIsAnErrorAndTheNextCallWorks) {
  Card total, chain;
  makeTotal(total);
  makeChain(chain);
  const int64_t M = 300, N = 9000, elements = 3;
  auto X = integers<double>(elements * M, 7);
  auto Y = integers<double>(elements * N, 8);
  const TwoBlocks blocks;
  const keops_batch batch = {1, 0, &elements, nullptr};
  for (int threads : {1, 3}) {
    keops_call call = withThreads(threads);
    // The plan, the thread's buffer, partial sums, tiles, and states of tiles.
    Launch plain{total, M, N, {X.data(), Y.data()}, 1, call};
    EXPECT_GE(failEach(plain), 10);
    call.ranges = &blocks.ranges;
    Launch some{total, M, N, {X.data(), Y.data()}, 1, call};
    EXPECT_GE(failEach(some), 16);
    call.ranges = nullptr;
    call.batch = &batch;
    Launch many{total, M, N, {X.data(), Y.data()}, size_t(elements), call};
    EXPECT_GE(failEach(many), 20);
    // Three steps, with a temporary.
    call.batch = nullptr;
    Launch steps{chain, M, N, {X.data(), Y.data()}, size_t(M + N), call};
    EXPECT_GE(failEach(steps), 14);
  }
}

} // namespace
