//===- Driver.cpp - the stand-in behaves as a driver ----------------------===//

#include "runtime/DriverApi.h"
#include "test/Unit/Emulator/Harness.h"

#include "gtest/gtest.h"

using namespace keops::rt::cuda;

#define DECLARE(name, symbol, parameters) extern "C" Result symbol parameters;
KEOPS_DRIVER_FUNCTIONS(DECLARE)
#undef DECLARE
extern "C" Result cuDevicePrimaryCtxReset_v2(Device device);
extern "C" void keopsEmulatorConfigure(const char *text);
extern "C" size_t keopsEmulatorAllocations();

namespace {

/// A context with a module that adds one to 32 words.
class Driver : public ::testing::Test {
protected:
  void SetUp() override { start(""); }
  void TearDown() override {
    while (cuCtxPopCurrent_v2(nullptr) == success)
      ;
    cuDevicePrimaryCtxReset_v2(0);
  }
  void start(const char *settings) {
    keopsEmulatorConfigure(settings);
    cuDevicePrimaryCtxReset_v2(0);
    ASSERT_EQ(success, cuInit(0));
    ASSERT_EQ(success, cuDevicePrimaryCtxRetain(&context, 0));
    ASSERT_EQ(success, cuCtxPushCurrent_v2(context));
  }
  Result load() {
    std::string text = harness::kernel("  add.s64 %l2, %out, %l0;\n"
                                       "  ld.global.u32 %r1, [%l2];\n"
                                       "  add.s32 %r1, %r1, 1;\n"
                                       "  st.global.u32 [%l2], %r1;\n");
    Module module;
    if (Result error =
            cuModuleLoadDataEx(&module, text.c_str(), 0, nullptr, nullptr))
      return error;
    EXPECT_EQ(notFound, cuModuleGetFunction(&function, module, "other"));
    return cuModuleGetFunction(&function, module, "k");
  }
  Result launch(Address address, Stream stream = nullptr) {
    Address unused = 0;
    void *parameters[] = {&address, &unused};
    return cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, parameters,
                          nullptr);
  }

  Context context = nullptr;
  Function function = nullptr;
  std::vector<uint32_t> words = std::vector<uint32_t>(32, 5);
  Address address = 0;
};

TEST_F(Driver, WorkIsDoneWhenSomebodyWaits) {
  ASSERT_EQ(success, load());
  ASSERT_EQ(success, cuMemAlloc_v2(&address, 128));
  std::vector<uint32_t> results(32, 9);
  EXPECT_EQ(success, cuMemcpyHtoDAsync_v2(address, words.data(), 128, nullptr));
  EXPECT_EQ(success, launch(address));
  EXPECT_EQ(success,
            cuMemcpyDtoHAsync_v2(results.data(), address, 128, nullptr));
  EXPECT_EQ(9u, results[0]);
  EXPECT_EQ(success, cuStreamSynchronize(nullptr));
  EXPECT_EQ(std::vector<uint32_t>(32, 6), results);
  EXPECT_EQ(success, cuMemFree_v2(address));
  EXPECT_EQ(invalidValue, cuMemFree_v2(address));
  EXPECT_EQ(0u, keopsEmulatorAllocations());
}

TEST_F(Driver, StreamsAreInOrderAndApart) {
  ASSERT_EQ(success, load());
  Stream one, two;
  ASSERT_EQ(success, cuStreamCreate(&one, streamNonBlocking));
  ASSERT_EQ(success, cuStreamCreate(&two, streamNonBlocking));
  ASSERT_EQ(success, cuMemAlloc_v2(&address, 128));
  std::vector<uint32_t> results(32, 9);
  cuMemcpyHtoDAsync_v2(address, words.data(), 128, one);
  launch(address, one);
  cuMemcpyDtoHAsync_v2(results.data(), address, 128, one);
  EXPECT_EQ(success, cuStreamSynchronize(two));
  EXPECT_EQ(9u, results[0]);
  EXPECT_EQ(success, cuStreamSynchronize(one));
  EXPECT_EQ(6u, results[0]);
  EXPECT_EQ(success, cuStreamDestroy_v2(one));
  EXPECT_EQ(invalidHandle, cuStreamSynchronize(one));
}

TEST_F(Driver, MemoryGivenBackTooEarlyIsFound) {
  ASSERT_EQ(success, load());
  Stream stream;
  Pool pool;
  PoolProperties properties;
  ASSERT_EQ(success, cuStreamCreate(&stream, streamNonBlocking));
  ASSERT_EQ(success, cuMemPoolCreate(&pool, &properties));
  ASSERT_EQ(success, cuMemAllocFromPoolAsync(&address, 128, pool, stream));
  EXPECT_EQ(success, cuMemFreeAsync(address, stream));
  EXPECT_EQ(success, launch(address, stream));
  EXPECT_EQ(illegalAddress, cuStreamSynchronize(stream));
  // And from now on all calls fail.
  EXPECT_EQ(illegalAddress, cuMemAlloc_v2(&address, 128));
  cuDevicePrimaryCtxReset_v2(0);
  EXPECT_EQ(invalidContext, cuMemAlloc_v2(&address, 128));
}

TEST_F(Driver, PointersOfTheHostAreNoAddresses) {
  ASSERT_EQ(success, load());
  unsigned type = 7;
  int ordinal = 7;
  PointerAttribute attributes[] = {pointerMemoryType, pointerDeviceOrdinal};
  void *values[] = {&type, &ordinal};
  ASSERT_EQ(success,
            cuPointerGetAttributes(2, attributes, values,
                                   reinterpret_cast<Address>(words.data())));
  EXPECT_EQ(0u, type);
  ASSERT_EQ(success, cuMemAlloc_v2(&address, 128));
  ASSERT_EQ(success,
            cuPointerGetAttributes(2, attributes, values, address + 100));
  EXPECT_EQ(deviceMemory, type);
  EXPECT_EQ(0, ordinal);
  EXPECT_EQ(success, launch(reinterpret_cast<Address>(words.data())));
  EXPECT_EQ(illegalAddress, cuStreamSynchronize(nullptr));
}

TEST_F(Driver, FaultsCanBeAskedFor) {
  start("fail-allocation=2 memory=1000");
  EXPECT_EQ(outOfMemory, cuMemAlloc_v2(&address, 1001));
  EXPECT_EQ(outOfMemory, cuMemAlloc_v2(&address, 8));
  EXPECT_EQ(success, cuMemAlloc_v2(&address, 1000));
  start("fail-module");
  EXPECT_EQ(noBinaryForGpu, load());
  start("arch=75");
  EXPECT_EQ(noBinaryForGpu, load());
  start("fail-launch=2");
  ASSERT_EQ(success, load());
  ASSERT_EQ(success, cuMemAlloc_v2(&address, 128));
  EXPECT_EQ(success, launch(address));
  EXPECT_EQ(launchOutOfResources, launch(address));
  EXPECT_EQ(success, cuStreamSynchronize(nullptr));
  start("lose-device");
  ASSERT_EQ(success, load());
  ASSERT_EQ(success, cuMemAlloc_v2(&address, 128));
  EXPECT_EQ(success, launch(address));
  EXPECT_EQ(launchFailed, cuStreamSynchronize(nullptr));
  keopsEmulatorConfigure("devices=0");
  EXPECT_EQ(noDevice, cuInit(0));
  keopsEmulatorConfigure("fail-init");
  EXPECT_EQ(systemDriverMismatch, cuInit(0));
}

TEST_F(Driver, CallsWithoutAContextFail) {
  while (cuCtxPopCurrent_v2(nullptr) == success)
    ;
  EXPECT_EQ(invalidContext, cuMemAlloc_v2(&address, 8));
  EXPECT_EQ(invalidContext, cuStreamSynchronize(nullptr));
  EXPECT_EQ(invalidContext, load());
}

TEST_F(Driver, LaunchesBeyondTheLimitsFail) {
  ASSERT_EQ(success, load());
  auto launchOf = [&](unsigned grid, unsigned block) {
    void *parameters[] = {&address, &address};
    return cuLaunchKernel(function, 1, grid, 1, block, 1, 1, 0, nullptr,
                          parameters, nullptr);
  };
  EXPECT_EQ(invalidValue, launchOf(0, 32));
  EXPECT_EQ(invalidValue, launchOf(65536, 32));
  EXPECT_EQ(invalidValue, launchOf(1, 1025));
}

} // namespace
