//===- Driver.h - the CUDA driver, found when it is needed ------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_DRIVER_H
#define KEOPS_RUNTIME_DRIVER_H

#include "runtime/DriverApi.h"
#include "runtime/include/keops/runtime.h"

namespace keops::rt {

namespace cuda {
/// The functions of the driver.
struct Driver {
#define KEOPS_DRIVER_MEMBER(name, symbol, parameters) Result(*name) parameters;
  KEOPS_DRIVER_FUNCTIONS(KEOPS_DRIVER_MEMBER)
#undef KEOPS_DRIVER_MEMBER
};
} // namespace cuda
using cuda::Driver;

/// Why there is no driver to call.
struct DriverProblem {
  enum Kind {
    None,
    Forked,     // the parent process has used it
    Missing,    // no library
    Incomplete, // a library without `symbol`
    TooOld,     // `number` is its version
    NoDevice,
    Broken // `number` is what its start returned
  } kind;
  const char *symbol;
  int number;
};

/// Loads and starts the driver. What has failed is tried again at the next
/// call.
DriverProblem startDriver(const Driver *&driver);

/// Has this process loaded the driver, by us or by another library?
bool driverIsLoaded();
/// Has startDriver succeeded in this process?
bool driverIsStarted();

/// The status and the sentence for a problem.
int fail(const DriverProblem &problem);

/// The status and the sentence for a call of the driver that did not succeed;
/// `doing` says what it was for: "copying X to GPU 0".
int failCall(const Driver &driver, cuda::Result result, const char *doing);

/// Is the context of the device of no use from now on?
bool isFatal(cuda::Result result);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DRIVER_H
