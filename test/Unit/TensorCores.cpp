//===- TensorCores.cpp - dot products on tensor cores ---------------------===//
//
// Kernels that the compiler has made, through the emulator: whether they are as
// exact as differences are, whatever the points.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/TensorCores.h"
#include <cmath>

using namespace keops;
using namespace keops::test;
using llvm::StringRef;

namespace {

//===----------------------------------------------------------------------===//
// Which code there is
//===----------------------------------------------------------------------===//

TEST_F(TensorCores, AreUsedWhereTheyAreWorthIt) {
  compile("Sum(SqDist(X, Y) * B, axis=1)", 64);
  EXPECT_EQ(75, card->device->arch);
  EXPECT_FALSE(StringRef(card->device->ptx).contains("mma.sync"));
  for (int arch : {80, 90, 100}) {
    ASSERT_TRUE(textFor(arch));
    StringRef text(static_cast<const char *>(textFor(arch)->data));
    EXPECT_TRUE(text.contains("mma.sync") && text.contains(".target sm_80"));
  }
  for (int arch : {75, 86, 89, 120})
    EXPECT_FALSE(textFor(arch));

  compile("Sum(SqDist(X, Y) * B, axis=1)", 64, {90, 80});
  EXPECT_FALSE(textFor());
  EXPECT_TRUE(StringRef(card->device->ptx).contains("mma.sync"));

  compile("Sum(SqDist(X, Y) * B, axis=1)", 64, {86, 90});
  EXPECT_EQ(86, card->device->arch);
  EXPECT_FALSE(StringRef(card->device->ptx).contains("mma.sync"));
  EXPECT_TRUE(textFor());
  EXPECT_FALSE(textFor(80));

  compile("Sum(SqDist(X, Y) * B, axis=1)", 64, {75, 89});
  EXPECT_FALSE(textFor());
}

TEST_F(TensorCores, AreNotUsedForWhatTheyCannotDo) {
  for (const char *reduction :
       {"Sum(SqDist(2 * X, Y) * B, axis=1)", "Sum(Sum(X + Y) * B, axis=1)",
        "Sum(SqDist(X, X) * B, axis=1)"}) {
    compile(reduction, 64);
    EXPECT_FALSE(textFor()) << reduction;
  }
  compile("Sum(SqDist(X, Y) * B, axis=1)", 15);
  EXPECT_FALSE(textFor());
}

TEST_F(TensorCores, OtherGpusTakeTheOtherText) {
  constexpr int64_t dim = 20, rows = 130, cols = 70;
  Table X = randomTable(dim * rows, 1), Y = randomTable(dim * cols, 2),
        B(4 * cols, 1.0f), old(4 * rows), present(4 * rows);
  compile("Sum(Exp(-SqDist(X, Y) / 40) * B, axis=1)", dim);
  ASSERT_EQ(KEOPS_OK, launch(*card, X, Y, B, {present.data()}))
      << keops_last_error();
  if (!gpu::isEmulated())
    GTEST_SKIP() << "the emulator alone can be another GPU";
  for (const char *settings : {"arch=75", "arch=86"}) {
    gpu::configure(settings);
    compile("Sum(Exp(-SqDist(X, Y) / 40) * B, axis=1)", dim);
    ASSERT_EQ(KEOPS_OK, launch(*card, X, Y, B, {old.data()}))
        << keops_last_error();
    for (size_t n = 0; n < old.size(); ++n)
      EXPECT_NEAR(old[n], present[n], 1e-5f * old[n]);
  }
}

//===----------------------------------------------------------------------===//
// How exact they are
//===----------------------------------------------------------------------===//

/// The three least distances of each row, against plain loops.
void expectLeast(const Table &X, const Table &Y, int64_t dim,
                 const Table &least, double tolerance) {
  size_t rows = X.size() / size_t(dim), cols = Y.size() / size_t(dim);
  for (size_t i = 0; i < rows; ++i) {
    std::vector<double> all;
    for (size_t j = 0; j < cols; ++j)
      all.push_back(
          squaredDistance(&X[i * size_t(dim)], &Y[j * size_t(dim)], dim));
    std::partial_sort(all.begin(), all.begin() + 3, all.end());
    for (size_t n = 0; n < 3; ++n)
      ASSERT_NEAR(all[n], double(least[3 * i + n]), tolerance * all[n])
          << "row " << i << ", number " << n;
  }
}

struct Points {
  const char *name;
  double offset, spread; // of all; of those near to another one, or 0
};

class Distances : public TensorCores,
                  public ::testing::WithParamInterface<int64_t> {};

/// Rows and columns end within a tile and a block of columns.
TEST_P(Distances, AreAsExactAsDifferences) {
  int64_t dim = GetParam();
  constexpr size_t rows = 150, cols = 77;
  compile("KMin(SqDist(X, Y), K=3, axis=1)", dim);
  ASSERT_TRUE(textFor());
  for (Points points : {Points{"centered", 0, 0}, Points{"far", 1000, 0},
                        Points{"near", 0, 1e-4}, Points{"both", 1000, 1e-2}}) {
    SCOPED_TRACE(points.name);
    Table X = randomTable(rows * size_t(dim), 3, points.offset),
          Y = randomTable(cols * size_t(dim), 4, points.offset);
    if (points.spread > 0)
      for (size_t n = 0; n < Y.size(); ++n)
        Y[n] = float(double(X[n]) +
                     points.spread * (double(Y[n]) - points.offset));
    Table least(3 * rows), turned(3 * rows);
    gpu::configure("multiprocessors=1");
    ASSERT_EQ(KEOPS_OK, launch(*card, X, Y, {}, {least.data()}))
        << keops_last_error();
    // Squares that are added one by one: half a unit each, at the most.
    expectLeast(X, Y, dim, least, double(dim + 24) * 0x1p-24);
    gpu::configure("multiprocessors=1 reversed");
    ASSERT_EQ(KEOPS_OK, launch(*card, X, Y, {}, {turned.data()}));
    EXPECT_EQ(least, turned);
  }
}

INSTANTIATE_TEST_SUITE_P(Dims, Distances,
                         ::testing::Values(16, 17, 63, 64, 65, 128, 200));

TEST_F(TensorCores, TakeAllSizes) {
  constexpr int64_t dim = 24;
  compile("Sum(SqDist(X, Y) * B, axis=1)", dim);
  for (auto [rows, cols] : std::vector<std::pair<int64_t, int64_t>>{
           {1, 1}, {31, 33}, {128, 32}, {129, 31}, {127, 64}, {257, 300}}) {
    Table X = randomTable(size_t(dim * rows), 5),
          Y = randomTable(size_t(dim * cols), 6),
          B = randomTable(size_t(4 * cols), 7, 3), sums(size_t(4 * rows));
    ASSERT_EQ(KEOPS_OK, launch(*card, X, Y, B, {sums.data()}))
        << keops_last_error();
    for (int64_t i = 0; i < rows; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < cols; ++j)
        sum += squaredDistance(&X[size_t(dim * i)], &Y[size_t(dim * j)], dim) *
               double(B[size_t(4 * j + 1)]);
      ASSERT_NEAR(sum, double(sums[size_t(4 * i + 1)]), 3e-6 * sum)
          << rows << " x " << cols << ", row " << i;
    }
  }
}

TEST_F(TensorCores, LeaveWhatIsNotFiniteInItsPairs) {
  constexpr int64_t dim = 33, rows = 40, cols = 40;
  const float huge = 2e19f; // its square is beyond all numbers
  for (bool isDistance : {true, false}) {
    compile(isDistance ? "KMin(SqDist(X, Y), K=3, axis=1)"
                       : "Max((X | Y), axis=1)",
            dim);
    ASSERT_TRUE(textFor());
    Table X = randomTable(dim * rows, 8), Y = randomTable(dim * cols, 9),
          clean(3 * rows), results(3 * rows);
    ASSERT_EQ(KEOPS_OK, launch(*card, X, Y, {}, {clean.data()}));
    X[dim * 5 + 3] = INFINITY;
    X[dim * 6 + 3] = NAN;
    X[dim * 7 + 3] = huge;
    ASSERT_EQ(KEOPS_OK, launch(*card, X, Y, {}, {results.data()}));
    size_t width = isDistance ? 3 : 1;
    for (size_t i = 0; i < rows; ++i) {
      float value = results[width * i];
      if (i == 5)
        EXPECT_EQ(INFINITY, value);
      else if (i == 7)
        EXPECT_TRUE(isDistance ? value == INFINITY : value > 1e19f) << value;
      else if (i != 6)
        EXPECT_NEAR(clean[width * i], value, 1e-5f * std::fabs(value) + 1e-5f)
            << i;
    }
  }
}

//===----------------------------------------------------------------------===//
// Some of the pairs
//===----------------------------------------------------------------------===//

/// Two elements of a batch that share Y; blocks that end within a tile and
/// intervals out of order, with gaps.
TEST_F(TensorCores, TakeRangesAndBatches) {
  constexpr int64_t dim = 70, rows = 200, cols = 400;
  compile("Sum(Exp(-SqDist(X, Y) / 140) * B, axis=1)", dim);
  ASSERT_TRUE(textFor());
  const std::vector<int64_t> blocks = {0, 90, 100, 200}, slices = {3, 4},
                             intervals = {300, 390, 0, 33, 40, 41, 7, 203};
  const keops_ranges ranges = {
      2, blocks.data(), slices.data(), intervals.data(),
      0, nullptr,       nullptr,       nullptr};
  const int64_t shape[1] = {2}, strides[3] = {1, 0, 0};
  const keops_batch batch = {1, 0, shape, strides};
  call.ranges = &ranges;
  call.batch = &batch;
  Table X = randomTable(2 * dim * rows, 10), Y = randomTable(dim * cols, 11),
        B = randomTable(4 * cols, 12, 5), here(2 * 4 * rows),
        there(2 * 4 * rows);
  const void *inputs[] = {X.data(), Y.data(), B.data()};
  for (auto [backend, results] : {std::pair{KEOPS_BACKEND_CPU, &here},
                                  std::pair{KEOPS_BACKEND_GPU, &there}}) {
    call.backend = backend;
    void *outputs[] = {results->data()};
    ASSERT_EQ(KEOPS_OK,
              keops_rt_launch(card, &call, rows, cols, inputs, outputs))
        << keops_last_error();
  }
  for (size_t n = 0; n < here.size(); ++n)
    ASSERT_NEAR(here[n], there[n], 1e-5f * here[n]) << n;
}

} // namespace
