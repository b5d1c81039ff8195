//===- Gpu.h - a device for tests, emulated or real -------------*- C++ -*-===//

#ifndef KEOPS_TEST_UNIT_DEVICE_GPU_H
#define KEOPS_TEST_UNIT_DEVICE_GPU_H

#include "runtime/Driver.h"
#include "test/Unit/Device/DeviceCards.h"
#include "test/Unit/Device/Emulated.h"

#include "gtest/gtest.h"

namespace gpu {

/// Memory that nobody has given back.
size_t allocations();
/// The driver, started.
const keops::rt::Driver &driver();
/// What a program does that begins anew.
void reset(int device = 0);

/// A table in the memory of a device.
template <typename T> class Table {
public:
  explicit Table(const std::vector<T> &values) : values(values) {
    EXPECT_EQ(0, driver().memAlloc(&address, bytes()));
    EXPECT_EQ(
        0, driver().memcpyHtoDAsync(address, values.data(), bytes(), nullptr));
    EXPECT_EQ(0, driver().streamSynchronize(nullptr));
  }
  Table(const Table &) = delete;
  ~Table() { driver().memFree(address); }
  void *data() const { return reinterpret_cast<void *>(address); }
  std::vector<T> download() const {
    std::vector<T> result(values.size());
    EXPECT_EQ(
        0, driver().memcpyDtoHAsync(result.data(), address, bytes(), nullptr));
    EXPECT_EQ(0, driver().streamSynchronize(nullptr));
    return result;
  }

private:
  size_t bytes() const { return values.size() * sizeof(T); }
  const std::vector<T> values;
  keops::rt::cuda::Address address = 0;
};

/// The context of a device is current.
class Current {
public:
  explicit Current(int device = 0) : device(device) {
    keops::rt::cuda::Context context;
    EXPECT_EQ(0, driver().primaryCtxRetain(&context, device));
    EXPECT_EQ(0, driver().ctxPushCurrent(context));
  }
  ~Current() {
    driver().ctxPopCurrent(nullptr);
    driver().primaryCtxRelease(device);
  }

private:
  const int device;
};

inline keops_call onGpu(int device = 0, void *stream = nullptr) {
  keops_call call = KEOPS_CALL_DEFAULTS;
  call.backend = KEOPS_BACKEND_GPU;
  call.device = device;
  call.stream = stream;
  return call;
}

/// Numbers for makeDeviceSum, and the result.
struct Sum {
  Sum(int64_t M, int64_t N);
  int launch(const keops_call &call) {
    return keops_rt_launch(&card.card, &call, M, N, inputs, outputs);
  }
  /// Whether A is the sum; forgets it.
  bool isRight();

  cards::DeviceCard card;
  int64_t M, N;
  std::vector<float> G, X, Y, B, A;
  const void *inputs[4];
  void *outputs[1];
};

/// Each test begins with the usual machine, and leaves nothing.
class Test : public ::testing::Test {
protected:
  void SetUp() override { configure(""); }
  void TearDown() override;
  void expectFailure(keops_status expected, const std::string &words,
                     int status);
};

} // namespace gpu

#endif // KEOPS_TEST_UNIT_DEVICE_GPU_H
