//===- Device.cpp - starting, holding and leaving a GPU -------------------===//

#include "runtime/Device.h"
#include "runtime/Error.h"
#include "runtime/LoadedModule.h"

#include <cstdio>
#include <cstdlib>
#include <new>

using namespace keops::rt;

/// What the pool keeps between launches, so that calls in a row need not ask
/// the system for memory, and other libraries are not short of it.
constexpr uint64_t keptBytes = uint64_t(64) << 20;

namespace keops::rt {
/// The devices that are started.
struct DeviceTable {
  static constexpr int limit = 128;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  Device *devices[limit] = {};

  int acquire(const Driver &driver, int ordinal, Device *&device);
  void release(Device *device);
  void forget(Device *device);
};
} // namespace keops::rt

static DeviceTable table;

//===----------------------------------------------------------------------===//
// A device
//===----------------------------------------------------------------------===//

/// Without the C++ library's operator new.
Device *Device::create(const Driver &driver, int ordinal) {
  void *memory = std::malloc(sizeof(Device));
  return memory ? new (memory) Device(driver, ordinal) : nullptr;
}

void Device::destroy() {
  // Modules went with the context, or stay with it.
  while (modules) {
    LoadedModule *next = modules->next;
    LoadedModule::destroy(modules);
    modules = next;
  }
  if (context)
    driver.primaryCtxRelease(handle);
  this->~Device();
  std::free(this);
}

int Device::start() {
  char doing[64];
  std::snprintf(doing, sizeof(doing), "starting GPU %d", ordinal);
  int major = 0, minor = 0, kHz = 0, pools = 0;
  auto attribute = [&](cuda::DeviceAttribute which, int &value) {
    return driver.deviceGetAttribute(&value, which, handle);
  };
  cuda::Result result = driver.deviceGet(&handle, ordinal);
  if (!result)
    result = attribute(cuda::computeCapabilityMajor, major);
  if (!result)
    result = attribute(cuda::computeCapabilityMinor, minor);
  if (!result)
    result = attribute(cuda::multiprocessorCount, multiprocessors);
  if (!result)
    result = attribute(cuda::clockRate, kHz);
  if (!result)
    result = attribute(cuda::memoryPoolsSupported, pools);
  if (!result)
    result = driver.primaryCtxRetain(&context, handle);
  if (result)
    return failCall(driver, result, doing);
  arch = 10 * major + minor;
  clockGHz = kHz * 1e-6;
  if (!pools)
    return KEOPS_OK;
  cuda::PoolProperties properties;
  properties.locationId = ordinal;
  uint64_t kept = keptBytes;
  result = driver.memPoolCreate(&pool, &properties);
  if (!result)
    result =
        driver.memPoolSetAttribute(pool, cuda::poolReleaseThreshold, &kept);
  return result ? failCall(driver, result, doing) : KEOPS_OK;
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

int DeviceTable::acquire(const Driver &driver, int ordinal, Device *&device) {
  int count = 0;
  if (cuda::Result result = driver.deviceGetCount(&count))
    return failCall(driver, result, "counting the GPUs");
  if (ordinal >= count || ordinal >= limit)
    return fail(KEOPS_NO_DEVICE,
                count == 1 ? "there is no GPU %d: this computer has %d GPU, "
                             "number 0"
                           : "there is no GPU %d: this computer has %d GPUs",
                ordinal, count);
  pthread_mutex_lock(&mutex);
  device = devices[ordinal];
  int status = KEOPS_OK;
  if (!device) {
    device = Device::create(driver, ordinal);
    status =
        device ? device->start()
               : fail(KEOPS_OUT_OF_MEMORY, "out of memory for GPU %d", ordinal);
    if (status && device)
      device->destroy();
    else
      devices[ordinal] = device;
  }
  if (status)
    device = nullptr;
  else
    ++device->users;
  pthread_mutex_unlock(&mutex);
  return status;
}

void DeviceTable::release(Device *device) {
  pthread_mutex_lock(&mutex);
  bool last = --device->users == 0;
  pthread_mutex_unlock(&mutex);
  if (last)
    device->destroy();
}

void DeviceTable::forget(Device *device) {
  pthread_mutex_lock(&mutex);
  bool known = devices[device->ordinal] == device;
  if (known) {
    devices[device->ordinal] = nullptr;
    --device->users; // the caller's is left
  }
  pthread_mutex_unlock(&mutex);
}

bool keops::rt::deviceIsStarted(int ordinal) {
  if (!driverIsStarted() || ordinal < 0 || ordinal >= DeviceTable::limit)
    return false;
  pthread_mutex_lock(&table.mutex);
  bool started = table.devices[ordinal];
  pthread_mutex_unlock(&table.mutex);
  return started;
}

//===----------------------------------------------------------------------===//
// A launch's hold
//===----------------------------------------------------------------------===//

int DeviceScope::enter(int ordinal) {
  const Driver *driver = nullptr;
  if (int status = fail(startDriver(driver)))
    return status;
  if (int status = table.acquire(*driver, ordinal, device))
    return status;
  cuda::Result result = driver->ctxPushCurrent(device->context);
  current = result == cuda::success;
  if (current)
    return KEOPS_OK;
  char doing[64];
  std::snprintf(doing, sizeof(doing), "entering GPU %d", ordinal);
  abandon();
  return failCall(*driver, result, doing);
}

void DeviceScope::abandon() { table.forget(device); }

DeviceScope::~DeviceScope() {
  if (current)
    device->driver.ctxPopCurrent(nullptr);
  if (device)
    table.release(device);
}
