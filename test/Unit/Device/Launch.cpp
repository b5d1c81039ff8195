//===- Launch.cpp - the same results as on the CPU ------------------------===//

#include "test/Unit/Device/Gpu.h"

#include <cmath>
#include <thread>

using namespace cards;
using namespace gpu;

namespace {

using DeviceLaunch = gpu::Test;

TEST_F(DeviceLaunch, TablesOfTheHostAreCopied) {
  for (int64_t M : {1, 63, 64, 65, 300})
    for (int64_t N : {0, 1, 63, 65, 1000}) {
      Sum sum(M, N);
      ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
      EXPECT_TRUE(sum.isRight()) << M << " x " << N;
    }
}

TEST_F(DeviceLaunch, TheOrderOfThreadsDoesNotMatter) {
  configure("reversed");
  Sum sum(130, 700);
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  EXPECT_TRUE(sum.isRight());
}

TEST_F(DeviceLaunch, NoRowsAreNothingToDo) {
  Sum sum(0, 10);
  EXPECT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  Sum none(0, 0);
  EXPECT_EQ(KEOPS_OK, none.launch(onGpu())) << keops_last_error();
}

TEST_F(DeviceLaunch, ADeviceThatIsHardToFillGetsChunks) {
  configure("multiprocessors=16");
  Sum sum(10, 5000);
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  EXPECT_TRUE(sum.isRight());
}

TEST_F(DeviceLaunch, TwoCallsGiveTheSameBits) {
  Sum sum(100, 3000);
  sum.X = fractions<float>(300, 5);
  sum.Y = fractions<float>(9000, 6);
  sum.inputs[1] = sum.X.data(), sum.inputs[2] = sum.Y.data();
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu()));
  auto first = sum.A;
  configure("reversed");
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu()));
  EXPECT_EQ(first, sum.A);
}

TEST_F(DeviceLaunch, RowsGoInBandsWhereStatesAreLarge) {
  // The card says that a state takes a megabyte, so bands have 256 rows.
  Sum sum(700, 40);
  sum.card.deviceSteps[0].state_bytes = 1 << 20;
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  EXPECT_TRUE(sum.isRight());
}

double product(const std::vector<double> &x, const std::vector<double> &y) {
  double total = 0;
  for (double a : x)
    for (double b : y)
      total += a * b;
  return total;
}

TEST_F(DeviceLaunch, RowsThatAreReducedAreClosed) {
  for (int64_t M : {0, 1, 64, 1000}) {
    DeviceCard card;
    makeDeviceTotal(card);
    auto x = integers<double>(M, 7), y = integers<double>(90, 8);
    double g = NAN;
    const void *inputs[] = {x.data(), y.data()};
    void *outputs[] = {&g};
    keops_call call = onGpu();
    ASSERT_EQ(KEOPS_OK,
              keops_rt_launch(&card.card, &call, M, 90, inputs, outputs))
        << keops_last_error();
    EXPECT_EQ(product(x, y), g);
    // In bands of 256 rows, too.
    card.deviceSteps[0].state_bytes = 1 << 20;
    g = NAN;
    ASSERT_EQ(KEOPS_OK,
              keops_rt_launch(&card.card, &call, M, 90, inputs, outputs));
    EXPECT_EQ(product(x, y), g);
  }
}

TEST_F(DeviceLaunch, StepsShareTemporaries) {
  DeviceCard card;
  makeDeviceChain(card);
  const int64_t M = 150, N = 70;
  auto x = integers<double>(M, 1), y = integers<double>(N, 2);
  std::vector<double> a(M, NAN), c(N, NAN);
  const void *inputs[] = {x.data(), y.data()};
  void *outputs[] = {a.data(), c.data()};
  keops_call call = onGpu();
  ASSERT_EQ(KEOPS_OK, keops_rt_launch(&card.card, &call, M, N, inputs, outputs))
      << keops_last_error();
  double sumY = product({1}, y), sumT = sumY * product({1}, x);
  for (int64_t i = 0; i < M; ++i)
    EXPECT_EQ(x[size_t(i)] * sumY * x[size_t(i)] * sumY, a[size_t(i)]);
  for (int64_t j = 0; j < N; ++j)
    EXPECT_EQ(y[size_t(j)] * sumT, c[size_t(j)]);
}

TEST_F(DeviceLaunch, ElementsOfABatchHaveTheirOwnTables) {
  // 2 x 3 elements; X varies along the first dimension, Y along the second.
  DeviceCard card;
  makeDeviceChain(card);
  const int64_t M = 70, N = 20;
  auto x = integers<double>(2 * M, 1), y = integers<double>(3 * N, 2);
  std::vector<double> a(6 * M, NAN), c(6 * N, NAN);
  const int64_t shape[] = {2, 3}, strides[] = {1, 0, 0, 1};
  keops_batch batch = {2, 0, shape, strides};
  const void *inputs[] = {x.data(), y.data()};
  void *outputs[] = {a.data(), c.data()};
  keops_call call = onGpu();
  call.batch = &batch;
  ASSERT_EQ(KEOPS_OK, keops_rt_launch(&card.card, &call, M, N, inputs, outputs))
      << keops_last_error();
  for (int64_t e = 0; e < 6; ++e) {
    std::vector<double> xe(x.begin() + e / 3 * M, x.begin() + (e / 3 + 1) * M),
        ye(y.begin() + e % 3 * N, y.begin() + (e % 3 + 1) * N);
    double sumY = product({1}, ye), sumX = product({1}, xe);
    for (int64_t i = 0; i < M; ++i)
      EXPECT_EQ(std::pow(xe[size_t(i)] * sumY, 2), a[size_t(e * M + i)]);
    for (int64_t j = 0; j < N; ++j)
      EXPECT_EQ(ye[size_t(j)] * sumX * sumY, c[size_t(e * N + j)]);
  }
}

//===----------------------------------------------------------------------===//
// Pointers and streams
//===----------------------------------------------------------------------===//

TEST_F(DeviceLaunch, TablesOfTheDeviceAreUsedInPlace) {
  Current current;
  Sum sum(100, 200);
  Table<float> G(sum.G), X(sum.X), Y(sum.Y), B(sum.B), A(sum.A);
  sum.inputs[0] = G.data(), sum.inputs[1] = X.data();
  sum.inputs[2] = Y.data(), sum.inputs[3] = B.data();
  sum.outputs[0] = A.data();
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  sum.A = A.download();
  EXPECT_TRUE(sum.isRight());
}

TEST_F(DeviceLaunch, SomeTablesMayBeOfTheHost) {
  Current current;
  Sum sum(100, 200);
  Table<float> X(sum.X), A(sum.A);
  sum.inputs[1] = X.data();
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  EXPECT_TRUE(sum.isRight());
  sum.outputs[0] = A.data();
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  sum.A = A.download();
  EXPECT_TRUE(sum.isRight());
}

TEST_F(DeviceLaunch, WithAStreamTheCallDoesNotWait) {
  Current current;
  keops::rt::cuda::Stream stream;
  ASSERT_EQ(0, driver().streamCreate(&stream, 1));
  {
    Sum sum(100, 200);
    Table<float> G(sum.G), X(sum.X), Y(sum.Y), B(sum.B), A(sum.A);
    sum.inputs[0] = G.data(), sum.inputs[1] = X.data();
    sum.inputs[2] = Y.data(), sum.inputs[3] = B.data();
    sum.outputs[0] = A.data();
    keops_call call = onGpu(0, stream);
    call.backend = KEOPS_BACKEND_AUTO; // the stream says it
    ASSERT_EQ(KEOPS_OK, sum.launch(call)) << keops_last_error();
    if (isEmulated()) // where work is done when somebody waits, and then only
      EXPECT_TRUE(std::isnan(A.download()[0]));
    ASSERT_EQ(0, driver().streamSynchronize(stream));
    sum.A = A.download();
    EXPECT_TRUE(sum.isRight());
    // And with tables of the host it does.
    sum.inputs[1] = sum.X.data();
    ASSERT_EQ(KEOPS_OK, sum.launch(call)) << keops_last_error();
    sum.A = A.download();
    EXPECT_TRUE(sum.isRight());
  }
  ASSERT_EQ(0, driver().streamDestroy(stream));
}

TEST_F(DeviceLaunch, OlderDevicesHaveNoPools) {
  if (!isEmulated())
    GTEST_SKIP() << "this device has pools or not";
  configure("pools=0");
  reset();
  Sum sum(100, 200);
  sum.launch(onGpu()); // may find that the context is gone
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  EXPECT_TRUE(sum.isRight());
  configure("");
  reset();
  sum.launch(onGpu());
}

TEST_F(DeviceLaunch, ThreadsMayCallAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([t] {
      Sum sum(50 + t, 100);
      for (int n = 0; n < 5; ++n) {
        EXPECT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
        EXPECT_TRUE(sum.isRight());
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace
