//===- LoadedModule.h - a card's device code in a device --------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_LOADEDMODULE_H
#define KEOPS_RUNTIME_LOADEDMODULE_H

#include "runtime/Device.h"

namespace keops::rt {

/// Known by the text itself and not by where it is: another object may lie
/// there by now. To compare the text of a kernel takes about a microsecond.
struct LoadedModule {
  struct Kernel {
    Kernel *next;
    DeviceKernel kernel;
    int threads;
    char name[1]; // as long as it is
  };

  LoadedModule *next;
  Kernel *kernels;
  cuda::Module module;
  int64_t ptxBytes;
  char ptx[1]; // as long as it is

  static LoadedModule *create(const keops_device_code &code);
  static void destroy(LoadedModule *module);
};

} // namespace keops::rt

#endif // KEOPS_RUNTIME_LOADEDMODULE_H
