//===- DriverApi.h - what is used of the CUDA driver ------------*- C++ -*-===//
//
// The driver is a library of the system, libcuda.so.1, that is looked for at
// the first call that needs it. These are its types and functions as far as
// they are used, declared here so that building needs no CUDA toolkit. Where
// there is one, test/Unit/Emulator/DriverApi.cpp compares them with its header.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_DRIVERAPI_H
#define KEOPS_RUNTIME_DRIVERAPI_H

#include <cstddef>
#include <cstdint>

namespace keops::rt::cuda {

using Result = int;
using Device = int;
using Address = unsigned long long;
using Context = struct ContextTag *;
using Module = struct ModuleTag *;
using Function = struct FunctionTag *;
using Stream = struct StreamTag *;
using Pool = struct PoolTag *;

enum : Result {
  success = 0,
  invalidValue = 1,
  outOfMemory = 2,
  notInitialized = 3,
  deviceUnavailable = 46,
  noDevice = 100,
  invalidDevice = 101,
  invalidContext = 201,
  noBinaryForGpu = 209,
  eccUncorrectable = 214,
  invalidPtx = 218,
  unsupportedPtxVersion = 222,
  invalidHandle = 400,
  notFound = 500,
  illegalAddress = 700,
  launchOutOfResources = 701,
  contextIsDestroyed = 709,
  hardwareStackError = 714,
  illegalInstruction = 715,
  misalignedAddress = 716,
  invalidAddressSpace = 717,
  invalidPc = 718,
  launchFailed = 719,
  systemDriverMismatch = 803,
};

enum DeviceAttribute : int {
  multiprocessorCount = 16,
  clockRate = 13, // kHz
  computeCapabilityMajor = 75,
  computeCapabilityMinor = 76,
  memoryPoolsSupported = 115,
};

enum PointerAttribute : int {
  pointerMemoryType = 2, // 0 for memory that the driver does not know
  pointerDeviceOrdinal = 9,
};
enum MemoryType : unsigned { hostMemory = 1, deviceMemory = 2 };

enum LoadOption : int { errorLogBuffer = 5, errorLogBytes = 6 };
enum PoolAttribute : int { poolReleaseThreshold = 4 };
enum StreamFlags : unsigned { streamNonBlocking = 1 };

struct PoolProperties {
  int allocationType = 1; // pinned
  int handleTypes = 0;
  int locationType = 1; // a device
  int locationId = 0;
  void *securityAttributes = nullptr;
  size_t maxSize = 0;
  unsigned char reserved[56] = {};
};

// KEOPS_DRIVER_FUNCTIONS(F) is F(name, symbol, (parameters)) for each function.
// Symbols carry the version whose parameters these are.
#define KEOPS_DRIVER_FUNCTIONS(F)                                              \
  F(init, cuInit, (unsigned flags))                                            \
  F(driverGetVersion, cuDriverGetVersion, (int *version))                      \
  F(getErrorName, cuGetErrorName, (Result error, const char **name))           \
  F(getErrorString, cuGetErrorString, (Result error, const char **text))       \
  F(deviceGetCount, cuDeviceGetCount, (int *count))                            \
  F(deviceGet, cuDeviceGet, (Device * device, int ordinal))                    \
  F(deviceGetName, cuDeviceGetName, (char *name, int size, Device device))     \
  F(deviceGetAttribute, cuDeviceGetAttribute,                                  \
    (int *value, DeviceAttribute attribute, Device device))                    \
  F(primaryCtxRetain, cuDevicePrimaryCtxRetain,                                \
    (Context * context, Device device))                                        \
  F(primaryCtxRelease, cuDevicePrimaryCtxRelease_v2, (Device device))          \
  F(ctxPushCurrent, cuCtxPushCurrent_v2, (Context context))                    \
  F(ctxPopCurrent, cuCtxPopCurrent_v2, (Context * context))                    \
  F(moduleLoadDataEx, cuModuleLoadDataEx,                                      \
    (Module * module, const void *image, unsigned options, int *names,         \
     void **values))                                                           \
  F(moduleUnload, cuModuleUnload, (Module module))                             \
  F(moduleGetFunction, cuModuleGetFunction,                                    \
    (Function * function, Module module, const char *name))                    \
  F(occupancy, cuOccupancyMaxActiveBlocksPerMultiprocessor,                    \
    (int *blocks, Function function, int threads, size_t shared))              \
  F(launchKernel, cuLaunchKernel,                                              \
    (Function function, unsigned gridX, unsigned gridY, unsigned gridZ,        \
     unsigned blockX, unsigned blockY, unsigned blockZ, unsigned shared,       \
     Stream stream, void **parameters, void **extra))                          \
  F(memGetInfo, cuMemGetInfo_v2, (size_t *free, size_t *total))                \
  F(memAlloc, cuMemAlloc_v2, (Address * address, size_t bytes))                \
  F(memFree, cuMemFree_v2, (Address address))                                  \
  F(memPoolCreate, cuMemPoolCreate,                                            \
    (Pool * pool, const PoolProperties *properties))                           \
  F(memPoolDestroy, cuMemPoolDestroy, (Pool pool))                             \
  F(memPoolSetAttribute, cuMemPoolSetAttribute,                                \
    (Pool pool, PoolAttribute attribute, void *value))                         \
  F(memAllocFromPoolAsync, cuMemAllocFromPoolAsync,                            \
    (Address * address, size_t bytes, Pool pool, Stream stream))               \
  F(memFreeAsync, cuMemFreeAsync, (Address address, Stream stream))            \
  F(memcpyHtoDAsync, cuMemcpyHtoDAsync_v2,                                     \
    (Address to, const void *from, size_t bytes, Stream stream))               \
  F(memcpyDtoHAsync, cuMemcpyDtoHAsync_v2,                                     \
    (void *to, Address from, size_t bytes, Stream stream))                     \
  F(pointerGetAttributes, cuPointerGetAttributes,                              \
    (unsigned count, PointerAttribute *attributes, void **values,              \
     Address address))                                                         \
  F(streamCreate, cuStreamCreate, (Stream * stream, unsigned flags))           \
  F(streamDestroy, cuStreamDestroy_v2, (Stream stream))                        \
  F(streamSynchronize, cuStreamSynchronize, (Stream stream))                   \
  F(streamIsCapturing, cuStreamIsCapturing, (Stream stream, int *status))      \
  F(launchHostFunc, cuLaunchHostFunc,                                          \
    (Stream stream, void (*function)(void *), void *data))

} // namespace keops::rt::cuda

#endif // KEOPS_RUNTIME_DRIVERAPI_H
