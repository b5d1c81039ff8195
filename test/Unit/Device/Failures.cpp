//===- Failures.cpp - what goes wrong is told, and the next call works ----===//

#include "test/Unit/Device/Gpu.h"

#include <cmath>
#include <sys/wait.h>
#include <unistd.h>

using namespace cards;
using namespace gpu;
using ::testing::ExitedWithCode;

namespace {

class DeviceFailures : public gpu::Test {
protected:
  void SetUp() override {
    if (!isEmulated())
      GTEST_SKIP() << "only the emulator fails on demand";
    Test::SetUp();
    ASSERT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  }
  void expect(keops_status status, const std::string &words,
              const char *settings, keops_call call = onGpu()) {
    configure(settings);
    expectFailure(status, words, sum.launch(call));
    EXPECT_EQ(0u, allocations());
    configure("");
    EXPECT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
    EXPECT_TRUE(sum.isRight());
  }

  Sum sum = Sum(100, 200);
};

TEST_F(DeviceFailures, OutOfMemory) {
  expect(KEOPS_OUT_OF_MEMORY,
         "out of memory on GPU 0: kernel 'sum' with M = 100, N = 200 needs ",
         "memory=4000");
  expect(KEOPS_OUT_OF_MEMORY, "needs ", "fail-allocation");
  sum.card.deviceSteps[0].state_bytes = int64_t(1) << 40;
  expectFailure(KEOPS_OUT_OF_MEMORY, "needs 7.037e+07 MB", sum.launch(onGpu()));
}

TEST_F(DeviceFailures, CopiesAndLaunches) {
  expect(KEOPS_DEVICE_FAILED, "copying G to GPU 0 failed", "fail-copy");
  expect(KEOPS_DEVICE_FAILED, "copying B to GPU 0 failed", "fail-copy=4");
  expect(KEOPS_DEVICE_FAILED, "copying A from GPU 0 failed", "fail-copy=5");
  expect(KEOPS_DEVICE_FAILED, "launching kernel 'sum_sweep' on GPU 0 failed",
         "fail-launch");
  expect(KEOPS_DEVICE_FAILED, "launching kernel 'sum_finish' on GPU 0 failed",
         "fail-launch=2");
}

TEST_F(DeviceFailures, TheDeviceIsLost) {
  expect(KEOPS_DEVICE_FAILED,
         "running kernel 'sum' on GPU 0 failed: CUDA_ERROR_LAUNCH_FAILED",
         "lose-device");
  expect(KEOPS_DEVICE_FAILED, "running kernel 'sum' on GPU 0 failed",
         "lose-device=2");
}

TEST_F(DeviceFailures, AnotherLibraryHasReset) {
  reset();
  EXPECT_EQ(KEOPS_DEVICE_FAILED, sum.launch(onGpu()));
  EXPECT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  EXPECT_TRUE(sum.isRight());
}

TEST_F(DeviceFailures, AKernelThatWritesElsewhere) {
  DeviceCard card;
  makeDeviceWild(card);
  double x[10] = {}, a[10] = {};
  const void *inputs[] = {x};
  void *outputs[] = {a};
  keops_call call = onGpu();
  expectFailure(KEOPS_DEVICE_FAILED, "CUDA_ERROR_ILLEGAL_ADDRESS",
                keops_rt_launch(&card.card, &call, 10, 0, inputs, outputs));
  EXPECT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  EXPECT_TRUE(sum.isRight());
}

TEST_F(DeviceFailures, DevicesThatAreNotThere) {
  expect(KEOPS_NO_DEVICE,
         "there is no GPU 1: this computer has 1 GPU, number 0", "", onGpu(1));
  expect(KEOPS_NO_DEVICE, "there is no GPU 2: this computer has 2 GPUs",
         "devices=2", onGpu(2));
  expect(KEOPS_INVALID_ARGUMENT, "device is -1; expected the number of a GPU",
         "", onGpu(-1));
}

TEST_F(DeviceFailures, TablesOfAnotherDevice) {
  configure("devices=2");
  {
    Current current(1);
    Table<float> X(sum.X);
    sum.inputs[1] = X.data();
    expectFailure(KEOPS_INVALID_ARGUMENT,
                  "X is in the memory of GPU 1, and the call is for GPU 0",
                  sum.launch(onGpu()));
    EXPECT_EQ(KEOPS_OK, sum.launch(onGpu(1))) << keops_last_error();
    EXPECT_TRUE(sum.isRight());
  }
  reset(1);
}

TEST_F(DeviceFailures, StreamsOfAnotherDevice) {
  int nothing = 0;
  expect(KEOPS_INVALID_ARGUMENT, "is the stream of the call one of GPU 0?", "",
         onGpu(0, &nothing));
}

TEST_F(DeviceFailures, CodeThatDoesNotFit) {
  std::string text = deviceText();
  text.replace(text.find("sm_75"), 5, "sm_95");
  sum.card.code.ptx = text.c_str();
  sum.card.code.arch = 95;
  expectFailure(KEOPS_NO_DEVICE,
                "kernel 'sum' is for GPUs of compute capability 9.5 and later, "
                "and GPU 0 has 9.0; compile with --arch=sm_90",
                sum.launch(onGpu()));
  text = deviceText() + "nonsense;\n";
  sum.card.code.arch = 75;
  sum.card.code.ptx = text.c_str();
  sum.card.code.ptx_bytes = int64_t(text.size());
  expectFailure(KEOPS_DEVICE_FAILED, "loading kernel 'sum' into GPU 0",
                sum.launch(onGpu()));
  text = deviceText() + "// another text, to be loaded again";
  sum.card.code.ptx = text.c_str();
  sum.card.code.ptx_bytes = int64_t(text.size());
  expect(KEOPS_DEVICE_FAILED, "loading kernel 'sum' into GPU 0", "fail-module");
  sum.card.deviceSteps[0].sweep = "other";
  expectFailure(KEOPS_BAD_CARD, "names a kernel 'other'", sum.launch(onGpu()));
}

TEST_F(DeviceFailures, CubinsForOtherDevicesAreLeftOut) {
  const char image[] = "\x7f"
                       "ELF";
  const keops_cubin cubins[] = {{100, 0, 4, image}, {90, 0, 4, image}};
  sum.card.code.n_cubins = 2;
  sum.card.code.cubins = cubins;
  std::string text = deviceText() + "// loaded once more";
  sum.card.code.ptx = text.c_str();
  sum.card.code.ptx_bytes = int64_t(text.size());
  EXPECT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  EXPECT_TRUE(sum.isRight());
}

/// That the text for all is bad shows that the other one was taken.
TEST_F(DeviceFailures, TextForADeviceAloneIsTakenThere) {
  std::string own = deviceText() + "// for this one";
  keops_cubin image = {90, 1, int64_t(own.size()), own.c_str()};
  sum.card.code.n_cubins = 1;
  sum.card.code.cubins = &image;
  std::string text = "nonsense;";
  sum.card.code.ptx = text.c_str();
  sum.card.code.ptx_bytes = int64_t(text.size());
  EXPECT_EQ(KEOPS_OK, sum.launch(onGpu())) << keops_last_error();
  EXPECT_TRUE(sum.isRight());

  image.arch = 86; // which this one could run
  text = "other nonsense;";
  sum.card.code.ptx_bytes = int64_t(text.size());
  sum.card.code.ptx = text.c_str();
  expectFailure(KEOPS_DEVICE_FAILED, "loading kernel 'sum' into GPU 0",
                sum.launch(onGpu()));
}

TEST_F(DeviceFailures, ACardWithoutDeviceCode) {
  Card card;
  makeSum(card);
  keops_call call = onGpu();
  expectFailure(
      KEOPS_NO_DEVICE, "kernel 'sum' has no code for GPUs",
      keops_rt_launch(&card.card, &call, 100, 200, sum.inputs, sum.outputs));
}

TEST_F(DeviceFailures, AChildOfAProcessThatHasUsedTheGpu) {
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    bool refused =
        sum.launch(onGpu()) == KEOPS_NO_DEVICE &&
        std::string(keops_last_error()).find("forked") != std::string::npos;
    keops_call call = KEOPS_CALL_DEFAULTS; // the CPU is left
    bool works = sum.launch(call) == KEOPS_OK && sum.isRight();
    _exit(refused && works ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(KEOPS_OK, sum.launch(onGpu()));
}

//===----------------------------------------------------------------------===//
// Drivers that do not start, each in a process that has started none
//===----------------------------------------------------------------------===//

class DeviceDeathTest : public gpu::Test {
protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    if (!isEmulated())
      GTEST_SKIP() << "only the emulator plays other machines";
  }
};

/// Says the error, and exits with the status; then all is well again.
void exitAfterStart(const char *settings) {
  configure(settings);
  Sum sum(10, 20);
  int status = sum.launch(onGpu());
  std::fprintf(stderr, "%s", keops_last_error());
  configure("");
  bool works = sum.launch(onGpu()) == KEOPS_OK && sum.isRight();
  std::exit(works ? status : 100);
}

/// A child of a process that has started none is as good as any other, and its
/// parent is, too.
void exitAfterFork() {
  Sum sum(10, 20);
  auto works = [&] { return sum.launch(onGpu()) == KEOPS_OK && sum.isRight(); };
  pid_t child = fork();
  if (child == 0)
    _exit(works() ? 0 : 1);
  int status = 1;
  waitpid(child, &status, 0);
  bool childWorks = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  std::exit(child > 0 && childWorks && works() ? 0 : 1);
}

TEST_F(DeviceDeathTest, AChildMayBeTheFirst) {
  EXPECT_EXIT(exitAfterFork(), ExitedWithCode(0), "");
}

TEST_F(DeviceDeathTest, DriversThatDoNotStart) {
  EXPECT_EXIT(exitAfterStart("devices=0"), ExitedWithCode(KEOPS_NO_DEVICE),
              "the NVIDIA driver finds no GPU");
  EXPECT_EXIT(exitAfterStart("driver=11010"), ExitedWithCode(KEOPS_NO_DEVICE),
              "the NVIDIA driver is too old: it is for CUDA 11.1; one for CUDA "
              "11.2 or later is needed");
  EXPECT_EXIT(exitAfterStart("fail-init"), ExitedWithCode(KEOPS_NO_DEVICE),
              "the NVIDIA driver does not start: "
              "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH");
}

} // namespace
