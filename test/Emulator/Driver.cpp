//===- Driver.cpp - the calls of the CUDA driver --------------------------===//
//
// They behave as the driver's, as far as its manual says how: calls without a
// current context fail, a kernel's fault is the result of whoever waits for it
// and of all calls after that, and handles that are none are told.
//
//===----------------------------------------------------------------------===//

#include "test/Emulator/Calls.h"

#include <cstdio>
#include <cstring>

using namespace emulator;
using namespace keops::rt::cuda;

thread_local std::vector<PrimaryContext *> emulator::currents;

PrimaryContext *emulator::current(Result &result) {
  result = success;
  if (!machine().initialized)
    result = notInitialized;
  else if (currents.empty() || !machine().knows(currents.back()))
    result = invalidContext;
  else
    result = currents.back()->error;
  return result ? nullptr : currents.back();
}

//===----------------------------------------------------------------------===//
// The driver and its devices
//===----------------------------------------------------------------------===//

DRIVER cuInit(unsigned flags) {
  Lock lock(machine().mutex);
  if (flags)
    return invalidValue;
  if (machine().settings.devices == 0)
    return noDevice;
  if (Settings::isDue(machine().settings.failInit))
    return systemDriverMismatch;
  machine().initialized = true;
  return success;
}

DRIVER cuDriverGetVersion(int *version) {
  Lock lock(machine().mutex);
  *version = int(machine().settings.driver);
  return success;
}

DRIVER cuGetErrorName(Result error, const char **name) {
  static const std::map<Result, const char *> names = {
      {success, "CUDA_SUCCESS"},
      {outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {noDevice, "CUDA_ERROR_NO_DEVICE"},
      {noBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
      {invalidPtx, "CUDA_ERROR_INVALID_PTX"},
      {illegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS"},
      {misalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS"},
      {launchFailed, "CUDA_ERROR_LAUNCH_FAILED"},
      {systemDriverMismatch, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"}};
  auto found = names.find(error);
  *name = found == names.end() ? "CUDA_ERROR_UNKNOWN" : found->second;
  return success;
}

DRIVER cuGetErrorString(Result error, const char **text) {
  return cuGetErrorName(error, text);
}

DRIVER cuDeviceGetCount(int *count) {
  Lock lock(machine().mutex);
  *count = int(machine().settings.devices);
  return machine().initialized ? success : notInitialized;
}

DRIVER cuDeviceGet(Device *device, int ordinal) {
  Lock lock(machine().mutex);
  if (!machine().initialized)
    return notInitialized;
  *device = ordinal;
  return ordinal >= 0 && ordinal < machine().settings.devices ? success
                                                              : invalidDevice;
}

DRIVER cuDeviceGetName(char *name, int size, Device device) {
  std::snprintf(name, size_t(size), "emulated device %d", device);
  return success;
}

DRIVER cuDeviceGetAttribute(int *value, DeviceAttribute attribute,
                            Device device) {
  Lock lock(machine().mutex);
  const Settings &settings = machine().settings;
  if (device < 0 || device >= settings.devices)
    return invalidDevice;
  switch (attribute) {
  case multiprocessorCount:
    *value = int(settings.multiprocessors);
    return success;
  case clockRate:
    *value = 1755000;
    return success;
  case computeCapabilityMajor:
    *value = int(settings.arch / 10);
    return success;
  case computeCapabilityMinor:
    *value = int(settings.arch % 10);
    return success;
  case memoryPoolsSupported:
    *value = int(settings.pools);
    return success;
  }
  return invalidValue;
}

//===----------------------------------------------------------------------===//
// Contexts
//===----------------------------------------------------------------------===//

static Context handleOf(PrimaryContext *context) {
  return reinterpret_cast<Context>(context);
}

DRIVER cuDevicePrimaryCtxRetain(Context *handle, Device device) {
  Lock lock(machine().mutex);
  if (!machine().initialized)
    return notInitialized;
  PrimaryContext *context = machine().context(device);
  if (!context)
    return invalidDevice;
  ++context->references;
  *handle = handleOf(context);
  return success;
}

DRIVER cuDevicePrimaryCtxRelease_v2(Device device) {
  Lock lock(machine().mutex);
  PrimaryContext *context = machine().context(device);
  if (!context || context->references == 0)
    return invalidContext;
  if (--context->references == 0)
    machine().reset(device);
  return success;
}

/// What a program does whose kernels have failed.
DRIVER cuDevicePrimaryCtxReset_v2(Device device) {
  Lock lock(machine().mutex);
  machine().reset(device);
  return success;
}

DRIVER cuCtxPushCurrent_v2(Context handle) {
  Lock lock(machine().mutex);
  auto *context = reinterpret_cast<PrimaryContext *>(handle);
  if (!machine().knows(context))
    return invalidContext;
  currents.push_back(context);
  return success;
}

DRIVER cuCtxPopCurrent_v2(Context *handle) {
  Lock lock(machine().mutex);
  if (currents.empty())
    return invalidContext;
  if (handle)
    *handle = handleOf(currents.back());
  currents.pop_back();
  return success;
}

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

DRIVER cuStreamCreate(Stream *stream, unsigned flags) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  *stream = reinterpret_cast<Stream>(
      context->createStream(!(flags & streamNonBlocking)));
  return success;
}

DRIVER cuStreamDestroy_v2(Stream handle) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  StreamQueue *stream = context->stream(handle);
  return stream ? context->destroyStream(stream) : invalidHandle;
}

DRIVER cuStreamSynchronize(Stream handle) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  StreamQueue *stream = context->stream(handle);
  return stream ? context->finish(*stream) : invalidHandle;
}

/// Nothing is recorded; but a program can be told so.
DRIVER cuStreamIsCapturing(Stream handle, int *status) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  *status = int(machine().settings.capturing);
  return context->stream(handle) ? success : invalidHandle;
}

DRIVER cuLaunchHostFunc(Stream handle, void (*function)(void *), void *data) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  StreamQueue *stream = context->stream(handle);
  if (!stream)
    return invalidHandle;
  context->enqueue(*stream, [function, data] { function(data); });
  return success;
}

//===----------------------------------------------------------------------===//
// Modules and launches
//===----------------------------------------------------------------------===//

DRIVER cuModuleLoadDataEx(keops::rt::cuda::Module *handle, const void *image,
                          unsigned, int *, void **) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  LoadedModule *module = nullptr;
  result = context->load(static_cast<const char *>(image), module);
  *handle = reinterpret_cast<keops::rt::cuda::Module>(module);
  return result;
}

DRIVER cuModuleUnload(keops::rt::cuda::Module handle) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  LoadedModule *module = context->moduleOf(handle);
  return module ? context->unload(module) : invalidHandle;
}

DRIVER cuModuleGetFunction(Function *function, keops::rt::cuda::Module handle,
                           const char *name) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  LoadedModule *module = context->moduleOf(handle);
  if (!module)
    return invalidHandle;
  auto found = module->module.kernels.find(name);
  if (found == module->module.kernels.end())
    return notFound;
  auto &loaded = module->functions[name];
  loaded = {context, &found->second};
  *function = reinterpret_cast<Function>(&loaded);
  return success;
}

/// As many as fit into 48 KB of shared memory and 2048 threads.
DRIVER cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, Function handle,
                                                   int threads, size_t shared) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  LoadedFunction *function = context->function(handle);
  if (!function)
    return invalidHandle;
  if (threads < 1)
    return invalidValue;
  size_t bytes = function->kernel->sharedBytes + shared;
  *blocks = 2048 / threads;
  if (bytes)
    *blocks = std::min(*blocks, int(48 * 1024 / bytes));
  return success;
}

/// Whether a device could run this at all.
static Result checkLaunch(const Kernel &kernel, Size grid, Size block) {
  uint64_t threads = uint64_t(block[0]) * block[1] * block[2];
  for (int d = 0; d < 3; ++d)
    if (grid[size_t(d)] == 0 || block[size_t(d)] == 0)
      return invalidValue;
  if (grid[0] > 0x7fffffff || grid[1] > 65535 || grid[2] > 65535 ||
      threads > 1024)
    return invalidValue;
  // The gaps between variables are the emulator's own.
  constexpr uint32_t gaps = 1024;
  if (threads > kernel.maxThreads || kernel.sharedBytes > 48 * 1024 + gaps)
    return launchOutOfResources;
  return success;
}

DRIVER cuLaunchKernel(Function handle, unsigned gridX, unsigned gridY,
                      unsigned gridZ, unsigned blockX, unsigned blockY,
                      unsigned blockZ, unsigned shared, Stream streamHandle,
                      void **parameters, void **extra) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  LoadedFunction *function = context->function(handle);
  StreamQueue *stream = context->stream(streamHandle);
  if (!function || !stream)
    return invalidHandle;
  if (shared || extra)
    return invalidValue; // not in use
  const Kernel &kernel = *function->kernel;
  Launch launch = {kernel,
                   {gridX, gridY, gridZ},
                   {blockX, blockY, blockZ},
                   std::vector<uint8_t>(kernel.parameterBytes),
                   machine().settings.reversed != 0};
  if (Result error = checkLaunch(kernel, launch.grid, launch.block))
    return error;
  if (Settings::isDue(machine().settings.failLaunch))
    return launchOutOfResources;
  for (size_t p = 0; p < kernel.parameters.size(); ++p)
    std::memcpy(&launch.parameters[kernel.parameters[p].offset], parameters[p],
                kernel.parameters[p].bytes);
  context->enqueue(*stream, [context, launch] { context->execute(launch); });
  return success;
}

//===----------------------------------------------------------------------===//
// What the driver does not have
//===----------------------------------------------------------------------===//

extern "C" {

/// New settings for what follows; see Settings.h.
__attribute__((visibility("default"))) void
keopsEmulatorConfigure(const char *text) {
  Lock lock(machine().mutex);
  machine().configure(text);
}

/// How many allocations nobody has given back, those of modules included.
__attribute__((visibility("default"))) size_t keopsEmulatorAllocations() {
  Lock lock(machine().mutex);
  return machine().allocations();
}
}
