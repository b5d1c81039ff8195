//===- Ranges.cpp - launches of some pairs, and of many problems ----------===//

#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <string>

using namespace cards;

namespace {

/// Both halves of keops_ranges, from the pairs that there are: blocks of rows
/// and columns, and which of them meet.
struct Blocks {
  std::vector<int64_t> rows, cols; // where blocks begin; the last is the end
  std::vector<std::vector<bool>> meet;

  std::vector<int64_t> data[6];
  keops_ranges ranges;

  Blocks(std::vector<int64_t> rowBegins, std::vector<int64_t> colBegins,
         unsigned seed)
      : rows(std::move(rowBegins)), cols(std::move(colBegins)) {
    for (size_t r = 0; r + 1 < rows.size(); ++r) {
      meet.emplace_back();
      for (size_t c = 0; c + 1 < cols.size(); ++c) {
        seed = seed * 1664525u + 1013904223u;
        meet.back().push_back(seed >> 30 != 0);
      }
    }
    fill(rows, cols, false);
    fill(cols, rows, true);
    ranges = {int64_t(data[1].size()), data[0].data(),          data[1].data(),
              data[2].data(),          int64_t(data[4].size()), data[3].data(),
              data[4].data(),          data[5].data()};
  }

  void fill(const std::vector<int64_t> &along, const std::vector<int64_t> &over,
            bool turned) {
    auto *half = data + (turned ? 3 : 0);
    // Last block first: the order of blocks is free.
    for (size_t a = along.size() - 1; a-- > 0;) {
      half[0].insert(half[0].end(), {along[a], along[a + 1]});
      for (size_t o = 0; o + 1 < over.size(); ++o)
        if (turned ? meet[o][a] : meet[a][o])
          half[2].insert(half[2].end(), {over[o], over[o + 1]});
      half[1].push_back(int64_t(half[2].size()) / 2);
    }
  }

  bool has(int64_t i, int64_t j) const {
    for (size_t r = 0; r + 1 < rows.size(); ++r)
      for (size_t c = 0; c + 1 < cols.size(); ++c)
        if (i >= rows[r] && i < rows[r + 1] && j >= cols[c] && j < cols[c + 1])
          return meet[r][c];
    return false;
  }
};

keops_call callWith(int threads, const keops_ranges *ranges,
                    const keops_batch *batch = nullptr) {
  keops_call call = withThreads(threads);
  call.ranges = ranges;
  call.batch = batch;
  return call;
}

const Blocks &mixed() {
  // Rows and columns 0 to 9 are in no block.
  static const Blocks blocks({10, 30, 31, 31, 250, 300},
                             {10, 20, 1500, 1501, 4000, 5000}, 7);
  return blocks;
}

TEST(Ranges, SumsAreThoseOfTheirPairs) {
  Card card;
  makeTotal(card);
  Card chain;
  makeChain(chain);
  const Blocks &blocks = mixed();
  int64_t M = 310, N = 5100;
  auto X = integers<double>(M, 1), Y = integers<double>(N, 2);
  auto T = std::vector<double>(size_t(M));
  auto C = std::vector<double>(size_t(N));
  double total = 0;
  for (int64_t i = 0; i < M; ++i) {
    for (int64_t j = 0; j < N; ++j)
      if (blocks.has(i, j))
        T[size_t(i)] += X[size_t(i)] * Y[size_t(j)];
    total += T[size_t(i)];
  }
  for (int64_t j = 0; j < N; ++j)
    for (int64_t i = 0; i < M; ++i)
      if (blocks.has(i, j))
        C[size_t(j)] += Y[size_t(j)] * T[size_t(i)];
  for (int threads : {1, 3}) {
    keops_call call = callWith(threads, &blocks.ranges);
    const void *inputs[] = {X.data(), Y.data()};
    double sum = -1;
    void *one[] = {&sum};
    ASSERT_EQ(KEOPS_OK, keops_rt_launch(&card.card, &call, M, N, inputs, one))
        << keops_last_error();
    EXPECT_EQ(total, sum);
    auto A = std::vector<double>(size_t(M)), B = std::vector<double>(size_t(N));
    void *both[] = {A.data(), B.data()};
    ASSERT_EQ(KEOPS_OK, keops_rt_launch(&chain.card, &call, M, N, inputs, both))
        << keops_last_error();
    for (int64_t i = 0; i < M; ++i)
      ASSERT_EQ(T[size_t(i)] * T[size_t(i)], A[size_t(i)]) << i;
    EXPECT_EQ(C, B);
  }
  EXPECT_EQ(0, breaches.exchange(0));
}

TEST(Ranges, RowNumbersCountFromTheFirstRowOfAll) {
  Card card;
  makeArgMin(card);
  const Blocks &blocks = mixed();
  int64_t M = 310, N = 5100;
  auto X = fractions<double>(M, 1), Y = fractions<double>(N, 2);
  std::vector<int64_t> found(size_t(M), -7);
  keops_call call = callWith(2, &blocks.ranges);
  const void *inputs[] = {X.data(), Y.data()};
  void *outputs[] = {found.data()};
  ASSERT_EQ(KEOPS_OK, keops_rt_launch(&card.card, &call, M, N, inputs, outputs))
      << keops_last_error();
  for (int64_t i = 0; i < M; ++i) {
    int64_t best = -1;
    double least = std::numeric_limits<double>::infinity();
    for (int64_t j = 0; j < N; ++j)
      if (double d = std::fabs(X[size_t(i)] - Y[size_t(j)]);
          blocks.has(i, j) && d < least) {
        least = d;
        best = j;
      }
    ASSERT_EQ(best, found[size_t(i)]) << i;
  }
}

TEST(Batch, ElementsAreThoseOfSingleLaunches) {
  Card card;
  makeSum(card);
  const Blocks &blocks = mixed();
  // 2 x 3 problems; G for each, X along the first, Y along the second, B one.
  const int64_t shape[] = {2, 3}, strides[] = {3, 1, 1, 0, 0, 1, 0, 0};
  const int64_t M = 310, N = 5100;
  auto G = integers<float>(6, 1), X = integers<float>(2 * 3 * M, 2);
  auto Y = integers<float>(3 * 3 * N, 3), B = integers<float>(2 * N, 4);
  keops_batch batch = {2, 0, shape, strides};
  for (const keops_ranges *ranges :
       {(const keops_ranges *)nullptr, &blocks.ranges}) {
    std::vector<float> together(size_t(6 * 2 * M), -7), alone(size_t(2 * M));
    const void *inputs[] = {G.data(), X.data(), Y.data(), B.data()};
    void *outputs[] = {together.data()};
    keops_call call = callWith(3, ranges, &batch);
    ASSERT_EQ(KEOPS_OK,
              keops_rt_launch(&card.card, &call, M, N, inputs, outputs))
        << keops_last_error();
    call.batch = nullptr;
    for (int64_t a = 0; a < 2; ++a)
      for (int64_t b = 0; b < 3; ++b) {
        const void *own[] = {&G[size_t(3 * a + b)], &X[size_t(3 * M * a)],
                             &Y[size_t(3 * N * b)], B.data()};
        void *result[] = {alone.data()};
        ASSERT_EQ(KEOPS_OK,
                  keops_rt_launch(&card.card, &call, M, N, own, result));
        for (int64_t n = 0; n < 2 * M; ++n)
          ASSERT_EQ(alone[size_t(n)], together[size_t((3 * a + b) * 2 * M + n)])
              << a << ", " << b << ", " << n;
      }
  }
  EXPECT_EQ(0, breaches.exchange(0));
}

TEST(Batch, SumsOverAllRowsAreOfOneElement) {
  Card card;
  makeTotal(card);
  // 3 problems of several tiles and chunks; X for each, Y for all.
  const int64_t count = 3, strides[] = {1, 0}, M = 200, N = 3000;
  auto X = integers<double>(count * M, 1), Y = integers<double>(N, 2);
  double found[] = {-7, -7, -7};
  keops_batch batch = {1, 0, &count, strides};
  keops_call call = callWith(3, nullptr, &batch);
  const void *inputs[] = {X.data(), Y.data()};
  void *outputs[] = {found};
  ASSERT_EQ(KEOPS_OK, keops_rt_launch(&card.card, &call, M, N, inputs, outputs))
      << keops_last_error();
  for (int64_t e = 0; e < count; ++e) {
    double total = 0;
    for (int64_t i = 0; i < M; ++i)
      for (int64_t j = 0; j < N; ++j)
        total += X[size_t(e * M + i)] * Y[size_t(j)];
    EXPECT_EQ(total, found[e]) << e;
  }
}

TEST(Batch, OfNothingAndWithRangesOfNothing) {
  Card card;
  makeTotal(card);
  const int64_t none = 0;
  const keops_ranges nothing = {0, &none, &none, &none, 0, &none, &none, &none};
  const int64_t count = 2;
  const keops_batch batch = {1, 0, &count, nullptr};
  for (auto [M, N] :
       {std::pair<int64_t, int64_t>{0, 0}, {0, 7}, {7, 0}, {1, 1}})
    for (const keops_batch *some : {(const keops_batch *)nullptr, &batch}) {
      std::vector<double> X(size_t(2 * M), 1), Y(size_t(2 * N), 1);
      double found[] = {-7, -7};
      keops_call call = callWith(1, &nothing, some);
      const void *inputs[] = {X.data(), Y.data()};
      void *outputs[] = {found};
      ASSERT_EQ(KEOPS_OK,
                keops_rt_launch(&card.card, &call, M, N, inputs, outputs))
          << keops_last_error();
      EXPECT_EQ(0, found[0]) << M << " x " << N;
      EXPECT_EQ(some ? 0 : -7, found[1]) << M << " x " << N;
    }
}

TEST(Batch, TablesOfTheirOwnWithoutStrides) {
  Card chain;
  makeChain(chain);
  for (int64_t count : {0, 1, 5}) {
    const int64_t M = 97, N = 60;
    auto X = integers<double>(count * M, 1), Y = integers<double>(count * N, 2);
    std::vector<double> A(size_t(count * M), -7), C(size_t(count * N), -7);
    keops_batch batch = {1, 0, &count, nullptr};
    keops_call call = callWith(2, nullptr, &batch);
    const void *inputs[] = {X.data(), Y.data()};
    void *outputs[] = {A.data(), C.data()};
    ASSERT_EQ(KEOPS_OK,
              keops_rt_launch(&chain.card, &call, M, N, inputs, outputs))
        << keops_last_error();
    for (int64_t e = 0; e < count; ++e)
      for (int64_t i = 0; i < M; ++i) {
        double t = 0;
        for (int64_t j = 0; j < N; ++j)
          t += X[size_t(e * M + i)] * Y[size_t(e * N + j)];
        ASSERT_EQ(t * t, A[size_t(e * M + i)]);
      }
  }
}

//===----------------------------------------------------------------------===//
// Refused
//===----------------------------------------------------------------------===//

/// Launches 100 x 200 with these, and expects the sentence.
void expectRefused(const char *sentence, const keops_ranges *ranges,
                   const keops_batch *batch = nullptr) {
  Card card;
  makeTotal(card);
  std::vector<double> X(1000, 1), Y(1000, 1);
  double sum = -7;
  const void *inputs[] = {X.data(), Y.data()};
  void *outputs[] = {&sum};
  keops_call call = callWith(1, ranges, batch);
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT,
            keops_rt_launch(&card.card, &call, 100, 200, inputs, outputs));
  EXPECT_EQ(std::string(sentence), keops_last_error());
  EXPECT_EQ(-7, sum);
}

TEST(Ranges, ContradictionsAreRefused) {
  const int64_t rows[] = {0, 50, 50, 100}, slices[] = {1, 2};
  const int64_t cols[] = {0, 100, 100, 200};
  auto half = [&](int64_t n, const int64_t *r, const int64_t *s,
                  const int64_t *c) {
    return keops_ranges{n, r, s, c, 0, nullptr, nullptr, nullptr};
  };
  auto refuse = [&](const char *sentence, const keops_ranges &ranges) {
    expectRefused(sentence, &ranges);
  };
  refuse("n_i is -1; expected 0 or more", half(-1, rows, slices, cols));
  refuse("ranges_i is a null pointer, and this kernel reduces over the axis "
         "that it is for",
         half(2, nullptr, slices, cols));
  refuse("slices_i is a null pointer, and this kernel reduces over the axis "
         "that it is for",
         half(2, rows, nullptr, cols));
  refuse("redranges_j is a null pointer", half(2, rows, slices, nullptr));
  const int64_t beyond[] = {0, 50, 50, 101}, back[] = {0, 50, 50, 49};
  refuse("ranges_i[1] is [50, 101); expected 0 <= begin <= end <= M = 100",
         half(2, beyond, slices, cols));
  refuse("ranges_i[1] is [50, 49); expected 0 <= begin <= end <= M = 100",
         half(2, back, slices, cols));
  const int64_t wide[] = {0, 100, -1, 200};
  refuse("redranges_j[1] is [-1, 200); expected 0 <= begin <= end <= N = 200",
         half(2, rows, slices, wide));
  const int64_t falling[] = {2, 1}, negative[] = {-1, 2};
  refuse("slices_i[1] is 1; expected its predecessor's 2 or more",
         half(2, rows, falling, cols));
  refuse("slices_i[0] is -1; expected 0 or more",
         half(2, rows, negative, cols));
  const int64_t crossing[] = {50, 100, 0, 51}, both[] = {2, 2};
  refuse("ranges_i[0] = [50, 100) and ranges_i[1] = [0, 51) overlap",
         half(2, crossing, slices, cols));
  const int64_t twice[] = {10, 20, 19, 30};
  refuse("redranges_j[0] = [10, 20) and redranges_j[1] = [19, 30) overlap",
         half(2, rows, both, twice));
}

TEST(Batch, ContradictionsAreRefused) {
  const int64_t shape[] = {2, 3}, negative[] = {2, -3};
  const int64_t huge[] = {int64_t(1) << 40, int64_t(1) << 40};
  const int64_t back[] = {1, 1, -1, 0}, far[] = {int64_t(1) << 62, 1, 0, 0};
  auto refuse = [&](const char *sentence, const keops_batch &batch) {
    expectRefused(sentence, nullptr, &batch);
  };
  refuse("the batch has -1 dimensions; expected 0 to 64, and 'reserved' to "
         "be 0",
         {-1, 0, shape, nullptr});
  refuse("the shape of the batch is a null pointer", {2, 0, nullptr, nullptr});
  refuse("dimension 1 of the batch is negative (-3)",
         {2, 0, negative, nullptr});
  refuse("the batch has more than 2^44 elements", {2, 0, huge, nullptr});
  refuse("the stride of Y along dimension 0 of the batch is -1; expected 0 or "
         "more",
         {2, 0, shape, back});
  const int64_t four[] = {4, 4};
  refuse("the strides of X do not fit into memory", {2, 0, four, far});
}

} // namespace
