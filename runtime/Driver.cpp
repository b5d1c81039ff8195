//===- Driver.cpp - the CUDA driver, found when it is needed --------------===//
//
// The library is never unloaded: it registers itself with the system in ways
// that cannot be undone. A process that was forked from one that had started
// the driver cannot use it, which the driver itself reports badly or not at
// all; hence the number of the process that started it.
//
//===----------------------------------------------------------------------===//

#include "runtime/Driver.h"
#include "runtime/Error.h"

#include <atomic>
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

using namespace keops::rt;

static const char *const libraryName = "libcuda.so.1";

/// The first with memory that is allocated in the order of a stream.
constexpr int oldestVersion = 11020;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static std::atomic<int> owner{0}; // process that starts or has started it
static std::atomic<bool> started{false};
static void *library = nullptr;
static Driver table;

bool keops::rt::driverIsStarted() { return started && owner == getpid(); }

bool keops::rt::driverIsLoaded() {
  if (started)
    return true;
  void *loaded = dlopen(libraryName, RTLD_NOW | RTLD_NOLOAD);
  if (loaded)
    dlclose(loaded); // the others keep it
  return loaded;
}

/// With the lock held. True if all functions are there.
static bool findFunctions(DriverProblem &problem) {
  bool complete = true;
  auto find = [&](const char *symbol) {
    void *function = dlsym(library, symbol);
    if (!function && complete) {
      problem = {DriverProblem::Incomplete, symbol, 0};
      complete = false;
    }
    return function;
  };
#define KEOPS_FIND(name, symbol, parameters)                                   \
  table.name = reinterpret_cast<decltype(table.name)>(find(#symbol));
  KEOPS_DRIVER_FUNCTIONS(KEOPS_FIND)
#undef KEOPS_FIND
  return complete;
}

static DriverProblem start() {
  if (!library)
    library = dlopen(libraryName, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return {DriverProblem::Missing, nullptr, 0};
  DriverProblem problem = {DriverProblem::None, nullptr, 0};
  if (!findFunctions(problem))
    return problem;
  int version = 0;
  if (cuda::Result result = table.init(0))
    return {result == cuda::noDevice ? DriverProblem::NoDevice
                                     : DriverProblem::Broken,
            nullptr, result};
  table.driverGetVersion(&version);
  if (version < oldestVersion)
    return {DriverProblem::TooOld, nullptr, version};
  return problem;
}

DriverProblem keops::rt::startDriver(const Driver *&driver) {
  driver = &table;
  int process = getpid(), nobody = 0;
  // Before the lock, which the parent may have held when it forked.
  if (!owner.compare_exchange_strong(nobody, process) && nobody != process)
    return {DriverProblem::Forked, nullptr, 0};
  if (started)
    return {DriverProblem::None, nullptr, 0};
  pthread_mutex_lock(&mutex);
  DriverProblem problem = {DriverProblem::None, nullptr, 0};
  if (!started) {
    problem = start();
    if (problem.kind == DriverProblem::None)
      started = true;
    else if (problem.kind == DriverProblem::Missing)
      owner = 0; // nothing was started: a child may try
  }
  pthread_mutex_unlock(&mutex);
  return problem;
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

static const char *nameOf(const Driver &driver, cuda::Result result) {
  const char *name = nullptr;
  driver.getErrorName(result, &name);
  return name ? name : "unknown error";
}

static const char *textOf(const Driver &driver, cuda::Result result) {
  const char *text = nullptr;
  driver.getErrorString(result, &text);
  return text ? text : "no description";
}

int keops::rt::fail(const DriverProblem &problem) {
  switch (problem.kind) {
  case DriverProblem::None:
    return KEOPS_OK;
  case DriverProblem::Forked:
    return fail(KEOPS_NO_DEVICE,
                "the GPU cannot be used in this process: it was forked from "
                "one that had used the GPU; use it first in the child, or "
                "start the child anew");
  case DriverProblem::Missing:
    return fail(KEOPS_NO_DEVICE,
                "no NVIDIA driver: the library %s was not found", libraryName);
  case DriverProblem::Incomplete:
    return fail(KEOPS_NO_DEVICE,
                "the NVIDIA driver is too old: it has no function %s; a driver "
                "for CUDA 11.2 or later is needed",
                problem.symbol);
  case DriverProblem::TooOld:
    return fail(KEOPS_NO_DEVICE,
                "the NVIDIA driver is too old: it is for CUDA %d.%d; one for "
                "CUDA 11.2 or later is needed",
                problem.number / 1000, problem.number % 1000 / 10);
  case DriverProblem::NoDevice:
    return fail(KEOPS_NO_DEVICE, "the NVIDIA driver finds no GPU");
  case DriverProblem::Broken:
    break;
  }
  return fail(KEOPS_NO_DEVICE, "the NVIDIA driver does not start: %s (%s)",
              nameOf(table, problem.number), textOf(table, problem.number));
}

int keops::rt::failCall(const Driver &driver, cuda::Result result,
                        const char *doing) {
  return fail(result == cuda::outOfMemory ? KEOPS_OUT_OF_MEMORY
                                          : KEOPS_DEVICE_FAILED,
              "%s failed: %s (%s)", doing, nameOf(driver, result),
              textOf(driver, result));
}

bool keops::rt::isFatal(cuda::Result result) {
  switch (result) {
  case cuda::success:
  case cuda::outOfMemory:
  case cuda::invalidValue:
  case cuda::noBinaryForGpu:
  case cuda::invalidPtx:
  case cuda::unsupportedPtxVersion:
  case cuda::launchOutOfResources:
  case cuda::notFound:
    return false;
  default:
    // Most of what else can happen ends the context; of what does not, a new
    // start costs little.
    return true;
  }
}
