//===- Choice.cpp - the CPU or a GPU? -------------------------------------===//

#include "test/Unit/Device/Gpu.h"

#include <cmath>

using namespace gpu;

namespace {

using DeviceChoice = gpu::Test;

void wrongSweep(void *const *, int64_t, int64_t, const keops_span *, int64_t,
                int64_t, void *, void *state) {
  std::fill_n(static_cast<float *>(state), 2 * cards::maxRows, 777.0f);
}

/// Where a call with an open choice runs: the code of the other place is wrong.
bool runsOnGpu(Sum &sum, keops_call call) {
  call.backend = KEOPS_BACKEND_AUTO;
  auto sweep = sum.card.host[0].sweep;
  sum.card.host[0].sweep = wrongSweep;
  EXPECT_EQ(KEOPS_OK, sum.launch(call)) << keops_last_error();
  sum.card.host[0].sweep = sweep;
  return sum.isRight();
}

/// A card whose code for the CPU takes so long per pair, in ns.
void takes(Sum &sum, double pairTime) { sum.card.steps[0].pair_ns = pairTime; }

TEST_F(DeviceChoice, LargeWorkGoesToTheGpu) {
  Sum sum(300, 300);                        // 90000 pairs
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())); // the device is started
  keops_call call = KEOPS_CALL_DEFAULTS;
  call.threads = 1;
  takes(sum, 0.2);
  EXPECT_FALSE(runsOnGpu(sum, call));
  takes(sum, 1e5);
  EXPECT_TRUE(runsOnGpu(sum, call));
}

TEST_F(DeviceChoice, TablesInTheMemoryOfTheGpuStayThere) {
  Current current;
  Sum sum(30, 30);
  takes(sum, 0);
  Table<float> X(sum.X);
  sum.inputs[1] = X.data();
  keops_call call = KEOPS_CALL_DEFAULTS;
  EXPECT_TRUE(runsOnGpu(sum, call));
}

TEST_F(DeviceChoice, WithoutCodeForTheCpuThereIsNoChoice) {
  cards::DeviceCard card;
  makeDeviceChain(card);
  for (keops_step &step : card.steps)
    step.n_host = 0;
  double x = 2, y = 3, a = NAN, c = NAN;
  const void *inputs[] = {&x, &y};
  void *outputs[] = {&a, &c};
  ASSERT_EQ(KEOPS_OK,
            keops_rt_launch(&card.card, nullptr, 1, 1, inputs, outputs))
      << keops_last_error();
  EXPECT_EQ(36, a);
}

TEST_F(DeviceChoice, OfRangesTheirPairsCount) {
  Sum sum(300, 300);
  ASSERT_EQ(KEOPS_OK, sum.launch(onGpu()));
  int64_t cols[] = {0, 300};
  const int64_t rows[] = {0, 300}, slices[] = {1};
  keops_ranges ranges = {1, rows, slices, cols, 0, nullptr, nullptr, nullptr};
  keops_call call = KEOPS_CALL_DEFAULTS;
  call.ranges = &ranges;
  call.threads = 1;
  takes(sum, 50); // 5 ms for all pairs
  EXPECT_TRUE(runsOnGpu(sum, call));
  cols[1] = 0;
  sum.card.host[0].sweep = wrongSweep;
  ASSERT_EQ(KEOPS_OK, sum.launch(call));
  EXPECT_NE(0, sum.A[0]); // the sum of nothing would be
}

/// In a process of its own, which has started nothing.
class DeviceChoiceDeathTest : public gpu::Test {
protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    if (!isEmulated())
      GTEST_SKIP() << "only the emulator plays other machines";
  }
};

void exitAfterChoice(const char *settings, double pairTime, bool expectGpu) {
  configure(settings);
  Sum sum(300, 300);
  takes(sum, pairTime);
  keops_call call = KEOPS_CALL_DEFAULTS;
  call.threads = 1;
  bool gpu = runsOnGpu(sum, call);
  std::exit(gpu != expectGpu || *keops_last_error() ? 1 : 0);
}

using ::testing::ExitedWithCode;

TEST_F(DeviceChoiceDeathTest, TheStartOfTheDriverMustPayToo) {
  EXPECT_EXIT(exitAfterChoice("", 1e3, false), ExitedWithCode(0), "");
  EXPECT_EXIT(exitAfterChoice("", 1e5, true), ExitedWithCode(0), "");
}

TEST_F(DeviceChoiceDeathTest, WithoutADeviceItIsTheCpuAndNothingIsSaid) {
  EXPECT_EXIT(exitAfterChoice("devices=0", 1e5, false), ExitedWithCode(0), "");
  EXPECT_EXIT(exitAfterChoice("driver=11010", 1e5, false), ExitedWithCode(0),
              "");
}

} // namespace
