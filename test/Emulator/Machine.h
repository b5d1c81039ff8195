//===- Machine.h - devices, contexts, streams -------------------*- C++ -*-===//
//
// What is put on a stream is done when somebody waits for it and no earlier. A
// program that does not wait sees no results, and one that gives memory back
// too early is found.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_EMULATOR_MACHINE_H
#define KEOPS_TEST_EMULATOR_MACHINE_H

#include "runtime/DriverApi.h"
#include "test/Emulator/Block.h"
#include "test/Emulator/Settings.h"

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>

namespace emulator {

using keops::rt::cuda::Result;

class PrimaryContext;

struct StreamQueue {
  PrimaryContext *context;
  bool blocking; // waits for the default stream, and it for this
  std::deque<std::function<void()>> work;
};

struct LoadedFunction {
  PrimaryContext *context;
  const Kernel *kernel;
};

struct LoadedModule {
  PrimaryContext *context;
  Module module;
  std::map<std::string, LoadedFunction> functions;
};

struct MemoryPool {
  PrimaryContext *context;
};

/// The primary context of a device.
class PrimaryContext {
public:
  PrimaryContext(int device, Settings &settings);

  /// Null if there is no such stream. Null, 1 and 2 name streams that are
  /// always there.
  StreamQueue *stream(keops::rt::cuda::Stream handle);
  StreamQueue *createStream(bool blocking);
  /// Puts work on a stream, after all that it has to wait for.
  void enqueue(StreamQueue &stream, std::function<void()> work);
  /// Does all work of a stream; the error of the context.
  Result finish(StreamQueue &stream);
  Result finishAll();
  Result destroyStream(StreamQueue *stream);

  /// 0 and outOfMemory where there is none left.
  Result allocate(uint64_t bytes, uint64_t &address);
  Result load(const char *text, LoadedModule *&module);
  Result unload(LoadedModule *module);
  LoadedFunction *function(keops::rt::cuda::Function handle);
  LoadedModule *moduleOf(keops::rt::cuda::Module handle);

  /// Runs a launch; its faults become the error of the context.
  void execute(const Launch &launch);
  void lose(Result result, const std::string &text);

  const int device;
  Settings &settings;
  DeviceMemory memory;
  Result error = 0; // that all calls return from now on
  int references = 0;
  std::list<MemoryPool> pools;

private:
  std::list<std::unique_ptr<StreamQueue>> streams;
  StreamQueue *legacy, *perThread;
  std::list<LoadedModule> modules;
};

/// All of it. One lock for all calls.
class Machine {
public:
  static Machine &get();
  std::mutex mutex;
  Settings settings;
  bool initialized = false;

  void configure(const std::string &text);
  /// Null if there is no such device; made where there is none yet.
  PrimaryContext *context(int device);
  /// Forgets the context and all that it holds.
  void reset(int device);
  /// Is this one of the contexts?
  bool knows(const PrimaryContext *context) const;
  /// The context whose memory this address is in, or null.
  PrimaryContext *ownerOf(uint64_t address);
  size_t allocations() const;

private:
  Machine();
  std::map<int, std::unique_ptr<PrimaryContext>> contexts;
};

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_MACHINE_H
