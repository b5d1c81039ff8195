//===- DeviceSpeed.h - how long a device takes for what is no kernel ------===//
//
// Of the order that users of CUDA report; bench/gpu/run prints what it measures
// of them beside these.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_DEVICESPEED_H
#define KEOPS_RUNTIME_DEVICESPEED_H

namespace keops::rt {

/// To start the driver, a context and a module.
constexpr double startNanoseconds = 5e8;

/// A launch of one kernel, and a copy with its wait.
constexpr double kernelNanoseconds = 5e3;
constexpr double copyNanoseconds = 2e4;

/// Memory of the host that is not pinned, over PCIe.
constexpr double copiedBytesPerNanosecond = 8;

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DEVICESPEED_H
