//===- Host.cpp - results of launches, at all sizes and threads -----------===//

#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <cfenv>
#include <chrono>
#include <climits>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <utility>

using namespace cards;

namespace {

/// Around nothing, one, the quantum, a tile, several tiles, a chunk.
const int64_t rowSizes[] = {0, 1, 15, 16, 17, 95, 96, 97, 191, 193, 700};
const int64_t colSizes[] = {0, 1, 63, 64, 65, 1023, 1024, 2049, 5000};

template <typename T>
bool sameBits(const std::vector<T> &a, const std::vector<T> &b) {
  return a.size() == b.size() &&
         (a.empty() ||
          std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// Launches and returns the only output, which starts as NaN (or -7).
template <typename T>
std::vector<T> launch(const Card &card, int64_t M, int64_t N, int64_t numbers,
                      std::vector<const void *> inputs, int threads) {
  std::vector<T> result(size_t(numbers),
                        std::numeric_limits<T>::has_quiet_NaN
                            ? std::numeric_limits<T>::quiet_NaN()
                            : T(-7));
  void *outputs[] = {result.data()};
  keops_call call = withThreads(threads);
  EXPECT_EQ(KEOPS_OK,
            keops_rt_launch(&card.card, &call, M, N, inputs.data(), outputs))
      << keops_last_error();
  EXPECT_EQ(0, breaches.exchange(0));
  return result;
}

TEST(Host, SumsAgreeWithThePlainLoopAtAllSizes) {
  Card card;
  makeSum(card);
  for (int64_t M : rowSizes)
    for (int64_t N : colSizes) {
      auto G = integers<float>(1, 1), X = integers<float>(3 * M, 2);
      auto Y = integers<float>(3 * N, 3), B = integers<float>(2 * N, 4);
      auto expected = sum(M, N, G, X, Y, B);
      for (int threads : {1, 3}) {
        auto A =
            launch<float>(card, M, N, 2 * M,
                          {G.data(), X.data(), Y.data(), B.data()}, threads);
        EXPECT_EQ(expected, A)
            << "M = " << M << ", N = " << N << ", threads = " << threads;
      }
    }
}

TEST(Host, ResultsDoNotDependOnTheNumberOfThreads) {
  Card card;
  makeSum(card);
  for (auto [M, N] : {std::pair<int64_t, int64_t>{2000, 3000}, {50, 20000}}) {
    auto G = fractions<float>(1, 1), X = fractions<float>(3 * M, 2);
    auto Y = fractions<float>(3 * N, 3), B = fractions<float>(2 * N, 4);
    std::vector<const void *> inputs = {G.data(), X.data(), Y.data(), B.data()};
    auto alone = launch<float>(card, M, N, 2 * M, inputs, 1);
    for (int threads = 2; threads <= 8; ++threads)
      EXPECT_TRUE(
          sameBits(alone, launch<float>(card, M, N, 2 * M, inputs, threads)))
          << "M = " << M << ", N = " << N << ", threads = " << threads;
    EXPECT_TRUE(sameBits(alone, launch<float>(card, M, N, 2 * M, inputs, 0)));
    auto expected = sum(M, N, G, X, Y, B);
    for (size_t i = 0; i < alone.size(); ++i)
      ASSERT_NEAR(expected[i], alone[i], 1e-4 * std::fabs(expected[i]));
  }
}

TEST(Host, ColumnNumbersCountFromTheFirstChunk) {
  Card card;
  makeArgMin(card);
  for (int64_t M : {1, 96, 200})
    for (int64_t N : colSizes) {
      auto X = fractions<double>(M, 5), Y = fractions<double>(N, 6);
      auto I = launch<int64_t>(card, M, N, M, {X.data(), Y.data()}, 4);
      for (int64_t i = 0; i < M; ++i) {
        int64_t nearest = -1;
        for (int64_t j = 0; j < N; ++j)
          if (nearest < 0 ||
              std::fabs(X[i] - Y[j]) < std::fabs(X[i] - Y[nearest]))
            nearest = j;
        ASSERT_EQ(nearest, I[i])
            << "row " << i << " of M = " << M << ", N = " << N;
      }
    }
}

TEST(Host, RowsAreReducedInOrderAndClosedOnce) {
  Card card;
  makeTotal(card);
  for (int64_t M : rowSizes)
    for (int64_t N : colSizes) {
      auto X = integers<double>(M, 7), Y = integers<double>(N, 8);
      double x = 0, y = 0;
      for (double number : X)
        x += number;
      for (double number : Y)
        y += number;
      auto g = launch<double>(card, M, N, 1, {X.data(), Y.data()}, 3);
      EXPECT_EQ(x * y, g[0]) << "M = " << M << ", N = " << N;
    }
  auto X = fractions<double>(3000, 7), Y = fractions<double>(500, 8);
  auto alone = launch<double>(card, 3000, 500, 1, {X.data(), Y.data()}, 1);
  auto many = launch<double>(card, 3000, 500, 1, {X.data(), Y.data()}, 7);
  EXPECT_TRUE(sameBits(alone, many));
}

TEST(Host, StepsRunInOrderThroughTemporaries) {
  Card card;
  makeChain(card);
  for (int64_t M : rowSizes)
    for (int64_t N : {0, 1, 97, 3000}) {
      auto X = integers<double>(M, 9), Y = integers<double>(N, 10);
      double x = 0, y = 0;
      for (double number : X)
        x += number;
      for (double number : Y)
        y += number;
      std::vector<double> A(size_t(M), NAN), C(size_t(N), NAN);
      const void *inputs[] = {X.data(), Y.data()};
      void *outputs[] = {A.data(), C.data()};
      keops_call call = withThreads(3);
      ASSERT_EQ(KEOPS_OK,
                keops_rt_launch(&card.card, &call, M, N, inputs, outputs))
          << keops_last_error();
      for (int64_t i = 0; i < M; ++i)
        ASSERT_EQ(X[i] * y * X[i] * y, A[i]) << M << " x " << N;
      for (int64_t j = 0; j < N; ++j)
        ASSERT_EQ(Y[j] * x * y, C[j]) << M << " x " << N;
      EXPECT_EQ(0, breaches.exchange(0));
    }
}

TEST(Host, ManyTablesNeedMoreThanTheSmallArray) {
  // A hundred inputs, of which the step names the last.
  Card card;
  makeArgMin(card);
  std::vector<keops_table> tables(100, card.tables[1]);
  tables.push_back(card.tables[0]);
  tables.push_back(card.tables[2]);
  card.tables = tables;
  card.stepTables[0] = {100, 99, 101};
  card.finish("many", 1, 0);
  std::vector<double> X = {0.4}, Y = {0.0, 0.5, 1.0};
  std::vector<const void *> inputs(100, Y.data());
  inputs.push_back(X.data());
  EXPECT_EQ(1, launch<int64_t>(card, 1, 3, 1, inputs, 1)[0]);
}

TEST(Host, RoundingModeOfTheCallerDoesNotReachTheKernel) {
  Card card;
  makeSum(card);
  const int64_t M = 300, N = 4000;
  auto G = fractions<float>(1, 1), X = fractions<float>(3 * M, 2);
  auto Y = fractions<float>(3 * N, 3), B = fractions<float>(2 * N, 4);
  std::vector<const void *> inputs = {G.data(), X.data(), Y.data(), B.data()};
  auto expected = launch<float>(card, M, N, 2 * M, inputs, 1);
  std::fesetround(FE_UPWARD);
  auto alone = launch<float>(card, M, N, 2 * M, inputs, 1);
  auto many = launch<float>(card, M, N, 2 * M, inputs, 4);
  int mode = std::fegetround();
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(FE_UPWARD, mode);
  EXPECT_TRUE(sameBits(expected, alone));
  EXPECT_TRUE(sameBits(expected, many));
}

TEST(Host, TemporariesBeyondMemoryAreAnErrorAndTheNextCallWorks) {
  Card card;
  makeChain(card);
  std::vector<double> X(100, 1.0), Y(100, 1.0), A(100), C(100);
  const void *inputs[] = {X.data(), Y.data()};
  void *outputs[] = {A.data(), C.data()};
  // More than any machine has; more than 63 bits; more only when rounded.
  for (int64_t dim : {int64_t(1) << 50, int64_t(1) << 61, INT64_MAX / 800}) {
    card.tables[5].dim = dim;
    EXPECT_EQ(KEOPS_OUT_OF_MEMORY,
              keops_rt_launch(&card.card, nullptr, 100, 100, inputs, outputs));
    EXPECT_STREQ("out of memory for the temporaries of kernel 'chain' with "
                 "M = 100, N = 100",
                 keops_last_error());
  }
  card.tables[5].dim = 1;
  EXPECT_EQ(KEOPS_OK,
            keops_rt_launch(&card.card, nullptr, 100, 100, inputs, outputs));
  EXPECT_EQ(10000.0, A[99]);
}

TEST(Host, WorkSpaceBeyondMemoryIsAnErrorAndTheNextCallWorks) {
  const int64_t absurd = int64_t(1) << 50; // beyond the address space
  Card card;
  makeTotal(card);
  auto X = integers<double>(200, 7), Y = integers<double>(9000, 8);
  double g = 0;
  const void *inputs[] = {X.data(), Y.data()};
  void *outputs[] = {&g};
  for (int threads : {1, 4})
    for (int64_t keops_host_code::*field :
         {&keops_host_code::scratch_bytes, &keops_host_code::state_bytes,
          &keops_host_code::partial_bytes}) {
      keops_call call = withThreads(threads);
      keops_host_code sound = card.host[0];
      // 9000 columns are cut into chunks, so states are not in the scratch.
      card.host[0].*field = absurd;
      EXPECT_EQ(KEOPS_OUT_OF_MEMORY,
                keops_rt_launch(&card.card, &call, 200, 9000, inputs, outputs));
      EXPECT_EQ(0, std::string(keops_last_error()).rfind("out of memory", 0))
          << keops_last_error();
      card.host[0] = sound;
      EXPECT_EQ(KEOPS_OK,
                keops_rt_launch(&card.card, &call, 200, 9000, inputs, outputs));
    }
}

//===----------------------------------------------------------------------===//
// Calls that are stopped
//===----------------------------------------------------------------------===//

/// The sweep of makeSum(), after a nap.
std::atomic<int> sweeps{0};
decltype(keops_host_code::sweep) realSweep;

void slowSweep(void *const *tables, int64_t rowBegin, int64_t rowEnd,
               const keops_span *spans, int64_t spanCount, int64_t base,
               void *scratch, void *state) {
  ++sweeps;
  // Ten of these are a question.
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  realSweep(tables, rowBegin, rowEnd, spans, spanCount, base, scratch, state);
}

/// Says yes to the question of that number, and sees who asks.
struct Answer {
  int asked = 0, yesAfter;
  std::thread::id asker = std::this_thread::get_id();
  bool isAskedByOthers = false;

  explicit Answer(int yesAfter) : yesAfter(yesAfter) {}
  static int give(void *context) {
    auto &answer = *static_cast<Answer *>(context);
    answer.isAskedByOthers |= std::this_thread::get_id() != answer.asker;
    return ++answer.asked >= answer.yesAfter ? -3 : 0;
  }
};

TEST(Host, CallsThatAreStoppedSaySoAndTheNextCallWorks) {
  Card card;
  makeSum(card);
  realSweep = card.host[0].sweep;
  card.host[0].sweep = slowSweep;
  // A hundred tiles; and a few, whose columns are cut, so that accumulators
  // wait for other chunks when the call ends.
  for (auto [M, N] :
       {std::pair<int64_t, int64_t>{100 * maxRows, 5}, {2 * maxRows, 100000}}) {
    auto G = integers<float>(1, 1), X = integers<float>(3 * M, 2);
    auto Y = integers<float>(3 * N, 3), B = integers<float>(2 * N, 4);
    std::vector<float> A(2 * M);
    const void *inputs[] = {G.data(), X.data(), Y.data(), B.data()};
    void *outputs[] = {A.data()};
    for (int threads : {1, 3}) {
      keops_call call = withThreads(threads);
      Answer yes(1), no(INT_MAX);
      call.should_stop = Answer::give;
      call.stop_context = &yes;
      sweeps = 0;
      EXPECT_EQ(KEOPS_STOPPED,
                keops_rt_launch(&card.card, &call, M, N, inputs, outputs));
      EXPECT_STREQ("the call was stopped, and its outputs hold no results",
                   keops_last_error());
      EXPECT_EQ(1, yes.asked);
      int stoppedAfter = sweeps.exchange(0);
      call.stop_context = &no;
      auto begin = std::chrono::steady_clock::now();
      EXPECT_EQ(KEOPS_OK,
                keops_rt_launch(&card.card, &call, M, N, inputs, outputs));
      std::chrono::duration<double> passed =
          std::chrono::steady_clock::now() - begin;
      EXPECT_EQ(sum(M, N, G, X, Y, B), A);
      EXPECT_LT(stoppedAfter, sweeps);
      // Ten times a second at most.
      EXPECT_GE(no.asked, 1);
      EXPECT_LE(no.asked, 10 * passed.count() + 1);
      EXPECT_FALSE(yes.isAskedByOthers || no.isAskedByOthers);
    }
  }
}

} // namespace
