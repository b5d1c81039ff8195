//===- Machine.cpp - devices, contexts, streams ---------------------------===//

#include "test/Emulator/Machine.h"
#include "test/Emulator/Reader.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace emulator;
namespace cuda = keops::rt::cuda;

static void say(const std::string &text) {
  std::fprintf(stderr, "emulator: %s\n", text.c_str());
}

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

PrimaryContext::PrimaryContext(int device, Settings &settings)
    : device(device), settings(settings), memory(device),
      legacy(createStream(true)), perThread(createStream(true)) {}

StreamQueue *PrimaryContext::createStream(bool blocking) {
  streams.push_back(
      std::make_unique<StreamQueue>(StreamQueue{this, blocking, {}}));
  return streams.back().get();
}

StreamQueue *PrimaryContext::stream(cuda::Stream handle) {
  auto number = reinterpret_cast<uintptr_t>(handle);
  if (number <= 1)
    return legacy;
  if (number == 2)
    return perThread;
  for (auto &stream : streams)
    if (stream.get() == reinterpret_cast<StreamQueue *>(handle))
      return stream.get();
  return nullptr;
}

void PrimaryContext::enqueue(StreamQueue &stream, std::function<void()> work) {
  if (&stream == legacy) {
    for (auto &other : streams)
      if (other->blocking && other.get() != legacy)
        finish(*other);
  } else if (stream.blocking) {
    finish(*legacy);
  }
  stream.work.push_back(std::move(work));
}

Result PrimaryContext::finish(StreamQueue &stream) {
  while (!stream.work.empty() && !error) {
    auto work = std::move(stream.work.front());
    stream.work.pop_front();
    work();
  }
  if (error)
    stream.work.clear();
  return error;
}

Result PrimaryContext::finishAll() {
  for (auto &stream : streams)
    finish(*stream);
  return error;
}

Result PrimaryContext::destroyStream(StreamQueue *stream) {
  finish(*stream);
  streams.remove_if([&](auto &other) { return other.get() == stream; });
  return error;
}

//===----------------------------------------------------------------------===//
// Memory and modules
//===----------------------------------------------------------------------===//

Result PrimaryContext::allocate(uint64_t bytes, uint64_t &address) {
  if (Settings::isDue(settings.failAllocation) ||
      bytes > uint64_t(settings.memory) - memory.bytesInUse())
    return cuda::outOfMemory;
  address = memory.allocate(bytes);
  return cuda::success;
}

Result PrimaryContext::load(const char *text, LoadedModule *&module) {
  if (Settings::isDue(settings.failModule))
    return cuda::noBinaryForGpu;
  // Cubins are for a real device; this one is told so, as one of another
  // architecture would be.
  if (text[0] == 0x7f)
    return cuda::noBinaryForGpu;
  modules.push_back({this, {}, {}});
  module = &modules.back();
  try {
    module->module = readModule(
        text, [&](uint64_t bytes) { return memory.allocate(bytes); });
  } catch (const Fault &fault) {
    say(fault.what());
    modules.pop_back();
    return fault.kind;
  }
  for (Variable &variable : module->module.variables)
    std::copy(variable.bytes.begin(), variable.bytes.end(),
              memory.find(variable.address, variable.bytes.size()));
  if (module->module.arch <= uint32_t(settings.arch))
    return cuda::success;
  say("text for sm_" + std::to_string(module->module.arch) +
      " on a device of sm_" + std::to_string(settings.arch));
  unload(module);
  return cuda::noBinaryForGpu;
}

LoadedModule *PrimaryContext::moduleOf(cuda::Module handle) {
  for (LoadedModule &module : modules)
    if (&module == reinterpret_cast<LoadedModule *>(handle))
      return &module;
  return nullptr;
}

LoadedFunction *PrimaryContext::function(cuda::Function handle) {
  for (LoadedModule &module : modules)
    for (auto &[name, function] : module.functions)
      if (&function == reinterpret_cast<LoadedFunction *>(handle))
        return &function;
  return nullptr;
}

Result PrimaryContext::unload(LoadedModule *module) {
  finishAll();
  for (Variable &variable : module->module.variables)
    memory.release(variable.address);
  modules.remove_if([&](LoadedModule &other) { return &other == module; });
  return error;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

void PrimaryContext::lose(Result result, const std::string &text) {
  error = result;
  say(text);
}

void PrimaryContext::execute(const Launch &launch) {
  if (Settings::isDue(settings.loseDevice))
    return lose(cuda::launchFailed, "the device is lost, as was asked for");
  try {
    run(launch, memory);
  } catch (const Fault &fault) {
    lose(fault.kind, fault.what());
  }
}

//===----------------------------------------------------------------------===//
// The machine
//===----------------------------------------------------------------------===//

Machine &Machine::get() {
  // Never destroyed: programs use the driver until the very end.
  static Machine *machine = new Machine;
  return *machine;
}

Machine::Machine() {
  if (const char *text = std::getenv("KEOPS_EMULATOR"))
    configure(text);
}

void Machine::configure(const std::string &text) {
  std::string wrong;
  settings = Settings();
  if (parseSettings(text, settings, wrong))
    return;
  say("unknown setting '" + wrong + "'");
  std::abort();
}

PrimaryContext *Machine::context(int device) {
  if (device < 0 || device >= settings.devices)
    return nullptr;
  auto &context = contexts[device];
  if (!context)
    context = std::make_unique<PrimaryContext>(device, settings);
  return context.get();
}

void Machine::reset(int device) { contexts.erase(device); }

bool Machine::knows(const PrimaryContext *context) const {
  return std::any_of(contexts.begin(), contexts.end(), [&](auto &entry) {
    return entry.second.get() == context;
  });
}

PrimaryContext *Machine::ownerOf(uint64_t address) {
  for (auto &[device, context] : contexts)
    if (context->memory.find(address, 1))
      return context.get();
  return nullptr;
}

size_t Machine::allocations() const {
  size_t count = 0;
  for (auto &[device, context] : contexts)
    count += context->memory.allocations();
  return count;
}
