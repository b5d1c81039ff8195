//===- Ranges.cpp - some pairs on a device, and many elements -------------===//

#include "runtime/DeviceRanges.h"
#include "test/Unit/Device/Gpu.h"

#include <cmath>
#include <set>

using namespace cards;
using namespace gpu;
using namespace keops::rt;

namespace {

/// 700 rows and 1300 columns: several tiles, one block without columns, rows in
/// no block, intervals out of order and side by side.
constexpr int64_t M = 700, N = 1300;
const int64_t rows[] = {300, 640, 0, 17, 17, 20, 20, 21, 640, 690};
const int64_t slices[] = {3, 4, 4, 6, 9};
const int64_t cols[] = {600,  1217, 3,  4, 20, 533, 0,  1300, 1299,
                        1300, 0,    16, 5, 70, 70,  90, 100,  100};
const keops_ranges ranges = {5, rows,    slices,  cols,
                             0, nullptr, nullptr, nullptr};

bool meet(int64_t i, int64_t j) {
  for (int64_t b = 0; b < 5; ++b)
    if (i >= rows[2 * b] && i < rows[2 * b + 1])
      for (int64_t k = b ? slices[b - 1] : 0; k < slices[b]; ++k)
        if (j >= cols[2 * k] && j < cols[2 * k + 1])
          return true;
  return false;
}

keops_device_step step(int64_t tileRows, int32_t finishThreads,
                       int64_t stateBytes) {
  return {"sweep", "finish",   nullptr, 128, finishThreads, 0, 0, tileRows,
          32,      stateBytes, 0,       10};
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

/// The lists of a plan, as a kernel finds them.
struct Lists {
  explicit Lists(const DeviceRanges &of) : of(of) {}
  const keops_device_chunk &chunk(int64_t n) const {
    return at<keops_device_chunk>(of.chunkOffset(n));
  }
  const keops_device_tile &tile(int64_t n) const {
    return at<keops_device_tile>(of.tileOffset(n));
  }
  const keops_span &span(int64_t n) const {
    return at<keops_span>(of.spansOffset() + n * int64_t(sizeof(keops_span)));
  }
  int64_t base(int64_t n) const {
    return at<int64_t>(of.basesOffset() + 8 * n);
  }
  int64_t colsOf(const keops_device_chunk &chunk) const {
    int64_t count = 0;
    for (int64_t s = 0; s < chunk.n_spans; ++s)
      count +=
          span(chunk.first_span + s).end - span(chunk.first_span + s).begin;
    return count;
  }
  template <typename T> const T &at(int64_t offset) const {
    return *reinterpret_cast<const T *>(of.data() + offset);
  }
  const DeviceRanges &of;
};

/// Every pair is in one chunk, every row in one block of finish, which finds
/// its states; and no two states of a band are at the same place.
void expectSound(const DeviceRanges &plan, const keops_device_step &code) {
  Lists lists(plan);
  std::vector<int> pairs(size_t(M * N)), finished(M);
  for (int64_t b = 0; b < plan.bands(); ++b) {
    const DeviceBand &band = plan.band(b);
    std::set<int64_t> places;
    std::vector<std::set<std::pair<int64_t, int64_t>>> ofRow(M); // place, base
    for (int64_t n = 0; n < band.sweepBlocks; ++n) {
      const keops_device_chunk &chunk = lists.chunk(band.firstChunk + n);
      EXPECT_LE(chunk.row_end - chunk.row_begin, code.tile_rows);
      for (int64_t i = chunk.row_begin; i < chunk.row_end; ++i) {
        int64_t place = chunk.states + i - chunk.row_begin;
        EXPECT_TRUE(places.insert(place).second);
        EXPECT_LT(place, band.states);
        ofRow[size_t(i)].insert({place, chunk.base});
        for (int64_t s = 0; s < chunk.n_spans; ++s) {
          const keops_span &span = lists.span(chunk.first_span + s);
          EXPECT_LE(chunk.base, span.begin);
          for (int64_t j = span.begin; j < span.end; ++j)
            ++pairs[size_t(i * N + j)];
        }
      }
      if (n > 0)
        EXPECT_GE(lists.colsOf(lists.chunk(band.firstChunk + n - 1)),
                  lists.colsOf(chunk));
    }
    EXPECT_LE(band.states * code.state_bytes, plan.stateBytes());
    for (int64_t n = 0; n < band.finishBlocks; ++n) {
      const keops_device_tile &tile = lists.tile(band.firstTile + n);
      EXPECT_LE(tile.row_end - tile.row_begin, code.finish_threads);
      for (int64_t i = tile.row_begin; i < tile.row_end; ++i) {
        ++finished[size_t(i)];
        std::set<std::pair<int64_t, int64_t>> expected;
        for (int64_t c = 0; c < tile.n_states; ++c)
          expected.insert(
              {tile.states + c * tile.tile_rows + i - tile.tile_begin,
               lists.base(tile.first_base + c)});
        EXPECT_EQ(expected, ofRow[size_t(i)]);
      }
    }
  }
  for (int64_t i = 0; i < M; ++i) {
    ASSERT_EQ(1, finished[size_t(i)]) << "row " << i;
    for (int64_t j = 0; j < N; ++j)
      ASSERT_EQ(meet(i, j), pairs[size_t(i * N + j)]) << i << ", " << j;
  }
}

TEST(DeviceRanges, EveryPairIsInOneChunk) {
  for (int64_t tileRows : {64, 256})
    for (int64_t slots : {1, 8, 1000})
      for (int64_t elements : {1, 50}) {
        keops_device_step code = step(tileRows, 64, 16);
        DeviceRanges plan;
        ASSERT_TRUE(plan.cut(code, rangesOf(::ranges, KEOPS_AXIS_I), M, slots,
                             elements));
        EXPECT_EQ(1, plan.bands());
        expectSound(plan, code);
      }
}

TEST(DeviceRanges, StatesThatAreLargeGoInBands) {
  keops_device_step code = step(64, 32, 1 << 20);
  DeviceRanges plan;
  ASSERT_TRUE(plan.cut(code, rangesOf(::ranges, KEOPS_AXIS_I), M, 100, 1));
  EXPECT_GT(plan.bands(), 2);
  EXPECT_LE(plan.stateBytes(), mostStateBytes);
  expectSound(plan, code);
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

using DeviceRangesLaunch = gpu::Test;

/// What the host computes.
std::vector<float> onHost(Sum &sum, keops_call call) {
  call.backend = KEOPS_BACKEND_CPU;
  EXPECT_EQ(KEOPS_OK, sum.launch(call)) << keops_last_error();
  return sum.A;
}

TEST_F(DeviceRangesLaunch, AreWhatTheHostComputes) {
  Sum sum(M, N);
  keops_call call = onGpu();
  call.ranges = &::ranges;
  std::vector<float> expected = onHost(sum, call);
  for (const char *settings : {"", "reversed", "multiprocessors=50"}) {
    configure(settings);
    for (int64_t stateBytes : {8, 1 << 20}) { // in bands, too
      sum.card.deviceSteps[0].state_bytes = stateBytes;
      std::fill(sum.A.begin(), sum.A.end(), NAN);
      ASSERT_EQ(KEOPS_OK, sum.launch(call)) << keops_last_error();
      EXPECT_EQ(expected, sum.A);
    }
  }
}

TEST_F(DeviceRangesLaunch, OfRowsThatAreReduced) {
  DeviceCard card;
  makeDeviceTotal(card);
  auto x = integers<double>(M, 7), y = integers<double>(N, 8);
  double expected = 0, g = NAN;
  for (int64_t i = 0; i < M; ++i)
    for (int64_t j = 0; j < N; ++j)
      expected += meet(i, j) ? x[size_t(i)] * y[size_t(j)] : 0;
  const void *inputs[] = {x.data(), y.data()};
  void *outputs[] = {&g};
  keops_call call = onGpu();
  call.ranges = &::ranges;
  for (int64_t stateBytes : {8, 1 << 20}) {
    card.deviceSteps[0].state_bytes = stateBytes;
    g = NAN;
    ASSERT_EQ(KEOPS_OK,
              keops_rt_launch(&card.card, &call, M, N, inputs, outputs))
        << keops_last_error();
    EXPECT_EQ(expected, g);
  }
}

TEST_F(DeviceRangesLaunch, OfEveryElementOfABatch) {
  // X varies along the first dimension, Y along the second. With few elements
  // at once, and with all.
  DeviceCard card;
  makeDeviceTotal(card);
  auto x = integers<double>(2 * M, 1), y = integers<double>(3 * N, 2);
  const int64_t shape[] = {2, 3}, strides[] = {1, 0, 0, 1};
  keops_batch batch = {2, 0, shape, strides};
  const void *inputs[] = {x.data(), y.data()};
  keops_call call = onGpu();
  call.batch = &batch;
  for (const keops_ranges *some : {(const keops_ranges *)nullptr, &::ranges})
    for (int64_t stateBytes : {8, 100000, 1 << 20}) {
      card.deviceSteps[0].state_bytes = stateBytes;
      call.ranges = some;
      std::vector<double> g(6, NAN);
      void *outputs[] = {g.data()};
      ASSERT_EQ(KEOPS_OK,
                keops_rt_launch(&card.card, &call, M, N, inputs, outputs))
          << keops_last_error();
      for (size_t e = 0; e < 6; ++e) {
        double expected = 0;
        for (int64_t i = 0; i < M; ++i)
          for (int64_t j = 0; j < N; ++j)
            if (!some || meet(i, j))
              expected += x[e / 3 * M + size_t(i)] * y[e % 3 * N + size_t(j)];
        EXPECT_EQ(expected, g[e]) << "element " << e;
      }
    }
}

TEST_F(DeviceRangesLaunch, NoPairsAtAll) {
  Sum sum(65, 10);
  const int64_t none[] = {0};
  const keops_ranges empty = {0, none, none, none, 0, none, none, none};
  keops_call call = onGpu();
  call.ranges = &empty;
  ASSERT_EQ(KEOPS_OK, sum.launch(call)) << keops_last_error();
  EXPECT_EQ(std::vector<float>(130, 0), sum.A);
}

TEST_F(DeviceRangesLaunch, MustBeSoundForStepsOfTheDevice) {
  // A card without code for the CPU.
  Sum sum(M, N);
  sum.card.steps[0].n_host = 0;
  const int64_t beyond[] = {0, M + 1}, one[] = {0};
  const keops_ranges wrong = {1, beyond, one, one, 0, one, one, one};
  keops_call call = onGpu();
  call.ranges = &wrong;
  expectFailure(KEOPS_INVALID_ARGUMENT, "ranges_i[0] is [0, 701)",
                sum.launch(call));
}

TEST_F(DeviceRangesLaunch, AsynchronousCallsKeepTheirLists) {
  Current current;
  cuda::Stream stream;
  ASSERT_EQ(0, driver().streamCreate(&stream, 1));
  {
    Sum sum(M, N);
    keops_call call = onGpu(0, stream);
    call.ranges = &::ranges;
    std::vector<float> expected = onHost(sum, call);
    Table<float> G(sum.G), X(sum.X), Y(sum.Y), B(sum.B), A(sum.A);
    sum.inputs[0] = G.data(), sum.inputs[1] = X.data();
    sum.inputs[2] = Y.data(), sum.inputs[3] = B.data();
    sum.outputs[0] = A.data();
    ASSERT_EQ(KEOPS_OK, sum.launch(call)) << keops_last_error();
    ASSERT_EQ(KEOPS_OK, sum.launch(call)) << keops_last_error();
    ASSERT_EQ(0, driver().streamSynchronize(stream));
    EXPECT_EQ(expected, A.download());
  }
  ASSERT_EQ(0, driver().streamDestroy(stream));
}

TEST_F(DeviceRangesLaunch, GraphsRecordNoLists) {
  if (!isEmulated())
    GTEST_SKIP() << "the emulator plays a stream that records";
  Current current;
  cuda::Stream stream;
  ASSERT_EQ(0, driver().streamCreate(&stream, 1));
  configure("capturing");
  Sum sum(M, N);
  keops_call call = onGpu(0, stream);
  call.ranges = &::ranges;
  expectFailure(KEOPS_INVALID_ARGUMENT, "cannot be recorded in a CUDA graph",
                sum.launch(call));
  // The elements of a batch need no list if they come one after the other.
  const int64_t shape[] = {2}, strides[] = {0, 0, 0, 0};
  keops_batch batch = {1, 0, shape, strides};
  call.ranges = nullptr;
  call.batch = &batch;
  std::vector<float> results(size_t(4 * M), NAN);
  sum.outputs[0] = results.data();
  ASSERT_EQ(KEOPS_OK, sum.launch(call)) << keops_last_error();
  for (int half = 0; half < 2; ++half) {
    sum.A.assign(results.begin() + half * 2 * M,
                 results.begin() + (half + 1) * 2 * M);
    EXPECT_TRUE(sum.isRight()) << half;
  }
  configure("");
  ASSERT_EQ(0, driver().streamDestroy(stream));
}

} // namespace
