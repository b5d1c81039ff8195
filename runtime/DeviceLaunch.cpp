//===- DeviceLaunch.cpp - one launch on a GPU -----------------------------===//
//
// Everything that a launch needs in the device's memory is one allocation:
// copies of tables, temporaries, states, partial results, lists. All work goes
// onto one stream, in order, so nothing has to wait but the host, and that only
// where it gave tables of its own.
//
// As many elements of a batch run at once as have room; then come others, in
// the same memory.
//
//===----------------------------------------------------------------------===//

#include "runtime/DeviceLaunch.h"
#include "runtime/DeviceSteps.h"
#include "runtime/Error.h"
#include "runtime/LoadedModule.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

using namespace keops::rt;

namespace {

class DeviceLaunch {
public:
  DeviceLaunch(const keops_card &card, const keops_call &call,
               const Sizes &sizes, const Batch &batch)
      : card(card), call(call), sizes(sizes), batch(batch),
        tables(card, sizes, batch), steps(card, call, sizes, batch) {}

  int run(const void *const *inputs, void *const *outputs);

private:
  int prepare();
  int askStream();
  int allocate(DeviceBuffer &buffer);
  int copyLists();
  int work(const void *const *inputs, void *const *outputs);
  int copyIn(const void *const *inputs);
  int copyOut(void *const *outputs);
  int runElements(int64_t first);
  int runStep(const keops_step &step, const StepRun &run);
  cuda::Address listOf(const StepRun &run) const;
  int runBand(const keops_device_step &step, const StepRun &run,
              DeviceBand band, int64_t &partials);
  int launch(const DeviceKernel &kernel, const char *name, int64_t gridX,
             int64_t gridY, int threads);
  int wait(int status);

  /// The parameters of the next kernel: the tables of its step, and these.
  template <typename... T> void setParameters(T &...values) {
    void **next = parameters + tableCount;
    ((*next++ = &values), ...);
  }
  /// Tells a failure of the driver, and whether the context is of use.
  __attribute__((format(printf, 3, 4))) int check(cuda::Result result,
                                                  const char *doing, ...);

  const keops_card &card;
  const keops_call &call;
  const Sizes sizes;
  const Batch &batch;
  DeviceScope device;
  Layout layout;
  DeviceTables tables;
  DeviceSteps steps;
  Buffer parameterMemory;
  bool mayCopyLists = true;
  // Of the elements that run, and of their step.
  int64_t firstElement = 0, elements = 1;
  cuda::Address *addresses = nullptr;
  void **parameters = nullptr;
  int64_t tableCount = 0;

  cuda::Stream stream = nullptr;
  cuda::Address states = 0, partialResults = 0, deviceLists = 0;
};

} // namespace

int DeviceLaunch::check(cuda::Result result, const char *format, ...) {
  if (!result)
    return KEOPS_OK;
  char doing[300];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(doing, sizeof(doing), format, arguments);
  va_end(arguments);
  if (isFatal(result))
    device.abandon();
  if (result == cuda::invalidHandle && call.stream)
    return fail(KEOPS_INVALID_ARGUMENT,
                "%s failed; is the stream of the call one of GPU %d?", doing,
                device->ordinal);
  return failCall(device->driver, result, doing);
}

//===----------------------------------------------------------------------===//
// Before anything runs
//===----------------------------------------------------------------------===//

int DeviceLaunch::prepare() {
  LoadedModule *module = nullptr;
  if (int status = device->module(card, module))
    return status;
  int64_t mostTables = 0;
  for (int32_t s = 0; s < card.n_steps; ++s)
    mostTables = std::max<int64_t>(mostTables, card.steps[s].n_tables);
  // No kernel has more than ten parameters beside its tables.
  if (!parameterMemory.allocate((2 * mostTables + 10) * 8))
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the plan of a launch");
  addresses = reinterpret_cast<cuda::Address *>(parameterMemory.data());
  parameters = reinterpret_cast<void **>(addresses + mostTables);
  return steps.prepare(*device, *module, tables, mayCopyLists, layout);
}

int DeviceLaunch::allocate(DeviceBuffer &buffer) {
  cuda::Result result = layout.bytes() < 0 ? int(cuda::outOfMemory)
                                           : buffer.allocate(layout.bytes());
  if (result == cuda::outOfMemory) {
    size_t free = 0, total = 0;
    device->driver.memGetInfo(&free, &total);
    double needed = layout.bytes() < 0 ? 0x1p63 : double(layout.bytes());
    return fail(KEOPS_OUT_OF_MEMORY,
                "out of memory on GPU %d: kernel '%s' with M = %lld, N = %lld "
                "needs %.4g MB, and %.4g MB of %.4g MB are free",
                device->ordinal, card.name, static_cast<long long>(sizes.M),
                static_cast<long long>(sizes.N), needed / 1e6,
                double(free) / 1e6, double(total) / 1e6);
  }
  if (int status =
          check(result, "allocating memory on GPU %d", device->ordinal))
    return status;
  tables.bind(buffer);
  states = buffer.at(steps.statesOffset);
  partialResults = buffer.at(steps.partialsOffset);
  deviceLists = buffer.at(steps.listsOffset);
  return KEOPS_OK;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

int DeviceLaunch::launch(const DeviceKernel &kernel, const char *name,
                         int64_t gridX, int64_t gridY, int threads) {
  return check(device->driver.launchKernel(kernel.function, unsigned(gridX),
                                           unsigned(gridY), unsigned(elements),
                                           unsigned(threads), 1, 1, 0, stream,
                                           parameters, nullptr),
               "launching kernel '%s' on GPU %d", name, device->ordinal);
}

/// The addresses of the tables of the elements that run; none for one.
cuda::Address DeviceLaunch::listOf(const StepRun &run) const {
  if (steps.elementsAtOnce == 1)
    return 0;
  return deviceLists +
         cuda::Address(run.addressesOffset + firstElement * tableCount * 8);
}

int DeviceLaunch::runBand(const keops_device_step &step, const StepRun &run,
                          DeviceBand band, int64_t &partials) {
  DevicePlan plan = run.plan;
  cuda::Address list = listOf(run);
  cuda::Address chunks = 0, spans = 0, tiles = 0, bases = 0;
  if (run.ranges) {
    cuda::Address start = deviceLists + cuda::Address(run.rangesOffset);
    auto at = [start](int64_t offset) { return start + cuda::Address(offset); };
    chunks = at(DeviceRanges::chunkOffset(band.firstChunk));
    spans = at(run.ranges.spansOffset());
    tiles = at(run.ranges.tileOffset(band.firstTile));
    bases = at(run.ranges.basesOffset());
  }
  if (step.sweep) {
    setParameters(band.rowBegin, band.rowEnd, plan.cols, plan.chunkCols, states,
                  band.states, list, chunks, spans);
    if (int status = launch(run.sweep, step.sweep, band.sweepBlocks,
                            band.chunks, step.sweep_threads))
      return status;
  }
  cuda::Address own =
      partialResults + cuda::Address(partials * step.partial_bytes);
  setParameters(band.rowBegin, band.rowEnd, states, band.chunks, plan.chunkCols,
                own, band.states, list, tiles, bases);
  partials += band.finishBlocks;
  return launch(run.finish, step.finish, band.finishBlocks, 1,
                step.finish_threads);
}

int DeviceLaunch::runStep(const keops_step &step, const StepRun &run) {
  const keops_device_step &code = *step.device;
  tableCount = step.n_tables;
  for (int32_t t = 0; t < step.n_tables; ++t) {
    addresses[t] = tables.at(step.tables[t], firstElement);
    parameters[t] = &addresses[t];
  }
  int64_t partials = 0;
  for (int64_t b = 0; b < run.ranges.bands(); ++b)
    if (int status = runBand(code, run, run.ranges.band(b), partials))
      return status;
  for (int64_t begin = 0; begin < run.plan.rows; begin += run.plan.bandRows)
    if (int status =
            runBand(code, run, bandFrom(run.plan, code, begin), partials))
      return status;
  if (!code.close)
    return KEOPS_OK;
  cuda::Address list = listOf(run);
  setParameters(partialResults, partials, list);
  return launch(run.close, code.close, 1, 1, code.close_threads);
}

/// All steps, for some elements.
int DeviceLaunch::runElements(int64_t first) {
  firstElement = first;
  elements = std::min(steps.elementsAtOnce, batch.size() - first);
  for (int32_t s = 0; s < card.n_steps; ++s)
    if (int status = runStep(card.steps[s], steps[s]))
      return status;
  return KEOPS_OK;
}

//===----------------------------------------------------------------------===//
// The launch
//===----------------------------------------------------------------------===//

int DeviceLaunch::copyIn(const void *const *inputs) {
  for (int32_t t = 0; t < card.n_inputs; ++t)
    if (tables[t].copied)
      if (int status = check(
              device->driver.memcpyHtoDAsync(tables[t].address, inputs[t],
                                             size_t(tables[t].bytes), stream),
              "copying %s to GPU %d", card.tables[t].name, device->ordinal))
        return status;
  return KEOPS_OK;
}

int DeviceLaunch::copyOut(void *const *outputs) {
  for (int32_t t = 0; t < card.n_outputs; ++t) {
    const Place &place = tables[card.n_inputs + t];
    if (!place.copied)
      continue;
    if (int status =
            check(device->driver.memcpyDtoHAsync(outputs[t], place.address,
                                                 size_t(place.bytes), stream),
                  "copying %s from GPU %d", card.tables[card.n_inputs + t].name,
                  device->ordinal))
      return status;
  }
  return KEOPS_OK;
}

int DeviceLaunch::copyLists() {
  if (steps.lists.bytes() == 0)
    return KEOPS_OK;
  steps.fillLists(tables);
  return check(steps.lists.copyTo(device->driver, deviceLists, stream),
               "copying the plan of a launch to GPU %d", device->ordinal);
}

int DeviceLaunch::work(const void *const *inputs, void *const *outputs) {
  DeviceBuffer buffer(*device, stream);
  int status = allocate(buffer);
  if (!status)
    status = copyIn(inputs);
  if (!status)
    status = copyLists();
  for (int64_t e = 0; e < batch.size() && !status; e += steps.elementsAtOnce)
    status = runElements(e);
  if (!status)
    status = copyOut(outputs);
  // Where memory has no order of streams, this waits for the device.
  buffer.release();
  if (tables.anyOnHost())
    return wait(status);
  steps.lists.leaveTo(device->driver, stream);
  return status;
}

/// Until nothing touches the caller's tables; also after a failure, which is
/// then the one that is told.
int DeviceLaunch::wait(int status) {
  cuda::Result result = device->driver.streamSynchronize(stream);
  if (status)
    return status;
  return check(result, "running kernel '%s' on GPU %d", card.name,
               device->ordinal);
}

/// The default stream of each thread, of which the driver makes one for all
/// that ask: calls of several threads do not wait for each other.
static cuda::Stream threadStream() {
  return reinterpret_cast<cuda::Stream>(uintptr_t(2));
}

/// What is recorded on a stream runs again when nobody remembers the lists.
int DeviceLaunch::askStream() {
  int capturing = 0;
  if (call.stream)
    if (int status = check(device->driver.streamIsCapturing(stream, &capturing),
                           "asking for the state of a stream of GPU %d",
                           device->ordinal))
      return status;
  mayCopyLists = !capturing;
  if (capturing && call.ranges)
    return fail(KEOPS_INVALID_ARGUMENT,
                "a call with ranges cannot be recorded in a CUDA graph");
  return KEOPS_OK;
}

int DeviceLaunch::run(const void *const *inputs, void *const *outputs) {
  if (int status = device.enter(call.device))
    return status;
  if (int status = tables.find(*device, inputs, outputs, layout))
    return status;
  stream = static_cast<cuda::Stream>(call.stream);
  // Whoever has tables in the GPU's memory may have work on the default stream
  // that fills them.
  if (!stream && !tables.anyOnDevice())
    stream = threadStream();
  if (int status = askStream())
    return status;
  if (int status = prepare())
    return status;
  return work(inputs, outputs);
}

int keops::rt::runOnDevice(const keops_card &card, const keops_call &call,
                           const Sizes &sizes, const Batch &batch,
                           const void *const *inputs, void *const *outputs) {
  if (!card.device)
    return fail(KEOPS_NO_DEVICE,
                "kernel '%s' has no code for GPUs; compile it with a GPU "
                "architecture, or use KEOPS_BACKEND_CPU",
                card.name);
  if (batch.size() == 0)
    return KEOPS_OK;
  DeviceLaunch launch(card, call, sizes, batch);
  return launch.run(inputs, outputs);
}
