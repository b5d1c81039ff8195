//===- Emulated.cpp - the driver of a test, emulated or real --------------===//

#include "test/Unit/Device/Emulated.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

void *gpu::findInDriver(const char *name) {
  static void *library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::abort();
  }
  return dlsym(library, name);
}

bool gpu::isEmulated() { return findInDriver("keopsEmulatorConfigure"); }

void gpu::configure(const char *settings) {
  if (auto *function = reinterpret_cast<void (*)(const char *)>(
          findInDriver("keopsEmulatorConfigure")))
    function(settings);
}
