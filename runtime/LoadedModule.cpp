//===- LoadedModule.cpp - loading code into a device ----------------------===//

#include "runtime/LoadedModule.h"
#include "runtime/Error.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

using namespace keops::rt;

LoadedModule *LoadedModule::create(const keops_device_code &code) {
  void *memory = std::malloc(sizeof(LoadedModule) + size_t(code.ptx_bytes));
  if (!memory)
    return nullptr;
  auto *module =
      new (memory) LoadedModule{nullptr, nullptr, nullptr, code.ptx_bytes, ""};
  std::memcpy(module->ptx, code.ptx, size_t(code.ptx_bytes) + 1);
  return module;
}

void LoadedModule::destroy(LoadedModule *module) {
  while (module->kernels) {
    Kernel *next = module->kernels->next;
    std::free(module->kernels);
    module->kernels = next;
  }
  std::free(module);
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

LoadedModule *Device::findModule(const keops_device_code &code) {
  for (LoadedModule *module = modules; module; module = module->next)
    if (module->ptxBytes == code.ptx_bytes &&
        std::memcmp(module->ptx, code.ptx, size_t(code.ptx_bytes)) == 0)
      return module;
  return nullptr;
}

/// Machine code runs on later devices of the same major number. Text does, too,
/// but need not be the best for them.
static bool runsOn(const keops_cubin &cubin, int arch) {
  if (cubin.is_text)
    return cubin.arch == arch;
  return cubin.arch / 10 == arch / 10 && cubin.arch <= arch;
}

static int failLoad(const Device &device, const keops_card &card,
                    cuda::Result result, const char *log) {
  if (device.arch < card.device->arch)
    return fail(KEOPS_NO_DEVICE,
                "kernel '%s' is for GPUs of compute capability %d.%d and "
                "later, and GPU %d has %d.%d; compile with --arch=sm_%d",
                card.name, card.device->arch / 10, card.device->arch % 10,
                device.ordinal, device.arch / 10, device.arch % 10,
                device.arch);
  if (result == cuda::unsupportedPtxVersion)
    return fail(KEOPS_NO_DEVICE,
                "the NVIDIA driver is too old for the code of kernel '%s'; "
                "install a newer one, or compile for an older architecture "
                "with --arch",
                card.name);
  char doing[400];
  std::snprintf(doing, sizeof(doing), "loading kernel '%s' into GPU %d%s%s",
                card.name, device.ordinal,
                *log ? ", where the driver says: " : "", log);
  return failCall(device.driver, result, doing);
}

int Device::load(const keops_card &card, LoadedModule &loaded) {
  const keops_device_code &code = *card.device;
  char log[256] = "";
  int names[] = {cuda::errorLogBuffer, cuda::errorLogBytes};
  auto loadImage = [&](const void *image) {
    void *values[] = {log, reinterpret_cast<void *>(sizeof(log) - 1)};
    return driver.moduleLoadDataEx(&loaded.module, image, 2, names, values);
  };
  cuda::Result result = cuda::noBinaryForGpu;
  for (int32_t c = 0; c < code.n_cubins && result == cuda::noBinaryForGpu; ++c)
    if (runsOn(code.cubins[c], arch))
      result = loadImage(code.cubins[c].data);
  if (result == cuda::noBinaryForGpu)
    result = loadImage(loaded.ptx);
  return result ? failLoad(*this, card, result, log) : KEOPS_OK;
}

int Device::module(const keops_card &card, LoadedModule *&module) {
  pthread_mutex_lock(&mutex);
  module = findModule(*card.device);
  int status = KEOPS_OK;
  if (!module) {
    module = LoadedModule::create(*card.device);
    status = module
                 ? load(card, *module)
                 : fail(KEOPS_OUT_OF_MEMORY,
                        "out of memory for the code of kernel '%s'", card.name);
    if (status && module) {
      LoadedModule::destroy(module);
    } else if (module) {
      module->next = modules;
      modules = module;
    }
  }
  pthread_mutex_unlock(&mutex);
  return status;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

static LoadedModule::Kernel *createKernel(const char *name, int threads) {
  size_t length = std::strlen(name);
  void *memory = std::malloc(sizeof(LoadedModule::Kernel) + length);
  if (!memory)
    return nullptr;
  auto *kernel =
      new (memory) LoadedModule::Kernel{nullptr, {nullptr, 0}, threads, ""};
  std::memcpy(kernel->name, name, length + 1);
  return kernel;
}

static int find(const Device &device, cuda::Module module,
                LoadedModule::Kernel &kernel) {
  char doing[300];
  std::snprintf(doing, sizeof(doing), "finding kernel '%s' in GPU %d",
                kernel.name, device.ordinal);
  cuda::Result result = device.driver.moduleGetFunction(&kernel.kernel.function,
                                                        module, kernel.name);
  if (result == cuda::notFound)
    return fail(KEOPS_BAD_CARD,
                "the launch card names a kernel '%s' that its code does not "
                "have; compile the formula again",
                kernel.name);
  if (!result)
    result = device.driver.occupancy(&kernel.kernel.blocks,
                                     kernel.kernel.function, kernel.threads, 0);
  return result ? failCall(device.driver, result, doing) : KEOPS_OK;
}

int Device::kernel(LoadedModule &module, const char *name, int threads,
                   DeviceKernel &result) {
  pthread_mutex_lock(&mutex);
  LoadedModule::Kernel *kernel = module.kernels;
  while (kernel &&
         (kernel->threads != threads || std::strcmp(kernel->name, name) != 0))
    kernel = kernel->next;
  int status = KEOPS_OK;
  if (!kernel) {
    kernel = createKernel(name, threads);
    status = kernel ? find(*this, module.module, *kernel)
                    : fail(KEOPS_OUT_OF_MEMORY, "out of memory for kernel '%s'",
                           name);
    if (status) {
      std::free(kernel);
    } else {
      kernel->next = module.kernels;
      module.kernels = kernel;
    }
  }
  if (!status)
    result = kernel->kernel;
  pthread_mutex_unlock(&mutex);
  return status;
}
