//===- Device.h - one GPU and the code that was loaded into it --*- C++ -*-===//
//
// A device is started by its first launch and kept. Its context is the one that
// other libraries of the process use too (the primary one), so their pointers
// and streams are ours. Where a fault has ended the context, the device is left
// to those that still hold it, and the next launch starts it anew.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_DEVICE_H
#define KEOPS_RUNTIME_DEVICE_H

#include "runtime/Card.h"
#include "runtime/Driver.h"

#include <pthread.h>

namespace keops::rt {

/// A function of a module.
struct DeviceKernel {
  cuda::Function function;
  int blocks; // that a multiprocessor runs at once
};

struct LoadedModule;

class Device {
public:
  const Driver &driver;
  const int ordinal;
  cuda::Device handle = 0;
  cuda::Context context = nullptr;
  cuda::Pool pool = nullptr; // null where memory has no order of streams
  int multiprocessors = 0;
  int arch = 0; // 90 for sm_90
  double clockGHz = 0;

  /// The module of a card, loaded at its first use.
  int module(const keops_card &card, LoadedModule *&module);
  /// A kernel of a module, for blocks of so many threads.
  int kernel(LoadedModule &module, const char *name, int threads,
             DeviceKernel &kernel);

private:
  friend class DeviceScope;
  friend struct DeviceTable;

  Device(const Driver &driver, int ordinal)
      : driver(driver), ordinal(ordinal) {}
  static Device *create(const Driver &driver, int ordinal);
  void destroy();
  int start();
  int load(const keops_card &card, LoadedModule &module);
  LoadedModule *findModule(const keops_device_code &code);

  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; // of the modules
  LoadedModule *modules = nullptr;
  int users = 1; // launches, and the table of devices
};

/// Holds a device for a launch, with its context current.
class DeviceScope {
public:
  DeviceScope() = default;
  DeviceScope(const DeviceScope &) = delete;
  DeviceScope &operator=(const DeviceScope &) = delete;
  ~DeviceScope();

  /// Starts the device if need be. Fails where there is none.
  int enter(int ordinal);
  Device &operator*() const { return *device; }
  Device *operator->() const { return device; }
  /// The context is of no use: the next launch takes a new one.
  void abandon();

private:
  Device *device = nullptr;
  bool current = false;
};

/// Is there a context already?
bool deviceIsStarted(int ordinal);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DEVICE_H
