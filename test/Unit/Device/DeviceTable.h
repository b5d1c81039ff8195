//===- DeviceTable.h - tables in the memory of a GPU, for tests -*- C++ -*-===//
//
// Each table is an allocation of its own, so that the emulator sees a step
// beyond its end; the copies that a launch makes lie side by side.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_DEVICE_DEVICETABLE_H
#define KEOPS_TEST_UNIT_DEVICE_DEVICETABLE_H

#include "runtime/Driver.h"

#include <vector>

namespace keops::test {

/// The first GPU, its context current, and copies of tables in its memory.
class DeviceTables {
public:
  DeviceTables() {
    rt::cuda::Context context = nullptr;
    ready = rt::startDriver(driver).kind == rt::DriverProblem::None &&
            driver->primaryCtxRetain(&context, 0) == 0;
    if (ready)
      driver->ctxPushCurrent(context);
  }
  DeviceTables(const DeviceTables &) = delete;
  ~DeviceTables() {
    if (!ready)
      return;
    for (rt::cuda::Address table : tables)
      driver->memFree(table);
    driver->ctxPopCurrent(nullptr);
    driver->primaryCtxRelease(0);
  }

  /// Null if the GPU does not take it, or if it is empty.
  const void *copy(const void *table, size_t bytes) {
    rt::cuda::Address address = 0;
    if (!ready || bytes == 0 || driver->memAlloc(&address, bytes))
      return nullptr;
    tables.push_back(address);
    bool copied =
        driver->memcpyHtoDAsync(address, table, bytes, nullptr) == 0 &&
        driver->streamSynchronize(nullptr) == 0;
    return copied ? reinterpret_cast<const void *>(address) : nullptr;
  }

private:
  const rt::Driver *driver = nullptr;
  bool ready = false;
  std::vector<rt::cuda::Address> tables;
};

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_DEVICE_DEVICETABLE_H
