//===- DeviceLaunch.cpp - one launch on a GPU -----------------------------===//
//
// Everything that a launch needs in the device's memory is one allocation:
// copies of tables, temporaries, states, partial results. All work goes onto
// one stream, in order, so nothing has to wait but the host, and that only
// where it gave tables of its own.
//
// Elements of a batch run one after the other and share temporaries and states.
//
//===----------------------------------------------------------------------===//

#include "runtime/DeviceLaunch.h"
#include "runtime/DeviceMemory.h"
#include "runtime/DevicePlan.h"
#include "runtime/Error.h"
#include "runtime/LoadedModule.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

using namespace keops::rt;

namespace {

/// A step as it runs on the device.
struct StepRun {
  DevicePlan plan;
  DeviceKernel sweep, finish, close;
};

class DeviceLaunch {
public:
  DeviceLaunch(const keops_card &card, const keops_call &call,
               const Sizes &sizes, const Batch &batch)
      : card(card), call(call), sizes(sizes), batch(batch),
        tables(card, sizes, batch) {}

  int run(const void *const *inputs, void *const *outputs);

private:
  int prepare();
  int prepareStep(LoadedModule &module, const keops_step &step, StepRun &run);
  int allocate(DeviceBuffer &buffer);
  int work(const void *const *inputs, void *const *outputs);
  int copyIn(const void *const *inputs);
  int copyOut(void *const *outputs);
  int runStep(const keops_step &step, const StepRun &run, int64_t element);
  int runBand(const keops_device_step &step, const StepRun &run, int64_t begin,
              int64_t &partials);
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
  Buffer stepMemory, parameterMemory;
  StepRun *steps = nullptr;
  // Of the step that runs.
  cuda::Address *addresses = nullptr;
  void **parameters = nullptr;
  int64_t tableCount = 0;

  cuda::Stream stream = nullptr;
  int64_t statesOffset = 0, partialsOffset = 0;
  cuda::Address states = 0, partialResults = 0;
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

int DeviceLaunch::prepareStep(LoadedModule &module, const keops_step &step,
                              StepRun &run) {
  const keops_device_step &code = *step.device;
  auto find = [&](const char *name, int threads, DeviceKernel &kernel) {
    return name ? device->kernel(module, name, threads, kernel) : KEOPS_OK;
  };
  if (int status = find(code.sweep, code.sweep_threads, run.sweep))
    return status;
  if (int status = find(code.finish, code.finish_threads, run.finish))
    return status;
  if (int status = find(code.close, code.close_threads, run.close))
    return status;
  bool rowsAreI = step.row_axis == KEOPS_AXIS_I;
  run.plan = planStep(
      code, rowsAreI ? sizes.M : sizes.N, rowsAreI ? sizes.N : sizes.M,
      int64_t(device->multiprocessors) * (code.sweep ? run.sweep.blocks : 1));
  return KEOPS_OK;
}

int DeviceLaunch::prepare() {
  LoadedModule *module = nullptr;
  if (int status = device->module(card, module))
    return status;
  int64_t mostTables = 0;
  for (int32_t s = 0; s < card.n_steps; ++s)
    mostTables = std::max<int64_t>(mostTables, card.steps[s].n_tables);
  // No kernel has more than six parameters beside its tables.
  if (!stepMemory.allocate(card.n_steps * int64_t(sizeof(StepRun))) ||
      !parameterMemory.allocate((2 * mostTables + 6) * 8))
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the plan of a launch");
  steps = reinterpret_cast<StepRun *>(stepMemory.data());
  addresses = reinterpret_cast<cuda::Address *>(parameterMemory.data());
  parameters = reinterpret_cast<void **>(addresses + mostTables);
  int64_t stateBytes = 0, partialBytes = 0;
  for (int32_t s = 0; s < card.n_steps; ++s) {
    steps[s] = {};
    if (int status = prepareStep(*module, card.steps[s], steps[s]))
      return status;
    const DevicePlan &plan = steps[s].plan;
    bool fits = plan.stateBytes >= 0 && plan.partialBytes >= 0;
    stateBytes = fits ? std::max(stateBytes, plan.stateBytes) : -1;
    partialBytes = fits ? std::max(partialBytes, plan.partialBytes) : -1;
    if (!fits)
      break;
  }
  statesOffset = layout.add(stateBytes);
  partialsOffset = layout.add(partialBytes);
  return KEOPS_OK;
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
  states = buffer.at(statesOffset);
  partialResults = buffer.at(partialsOffset);
  return KEOPS_OK;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

int DeviceLaunch::launch(const DeviceKernel &kernel, const char *name,
                         int64_t gridX, int64_t gridY, int threads) {
  return check(device->driver.launchKernel(
                   kernel.function, unsigned(gridX), unsigned(gridY), 1,
                   unsigned(threads), 1, 1, 0, stream, parameters, nullptr),
               "launching kernel '%s' on GPU %d", name, device->ordinal);
}

static int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

int DeviceLaunch::runBand(const keops_device_step &step, const StepRun &run,
                          int64_t begin, int64_t &partials) {
  DevicePlan plan = run.plan;
  int64_t end = std::min(plan.rows, begin + plan.bandRows);
  if (step.sweep) {
    setParameters(begin, end, plan.cols, plan.chunkCols, states);
    if (int status =
            launch(run.sweep, step.sweep, divideUp(end - begin, step.tile_rows),
                   plan.chunks, step.sweep_threads))
      return status;
  }
  cuda::Address own =
      partialResults + cuda::Address(partials * step.partial_bytes);
  setParameters(begin, end, states, plan.chunks, plan.chunkCols, own);
  int64_t blocks = divideUp(end - begin, step.finish_threads);
  partials += blocks;
  return launch(run.finish, step.finish, blocks, 1, step.finish_threads);
}

int DeviceLaunch::runStep(const keops_step &step, const StepRun &run,
                          int64_t element) {
  const keops_device_step &code = *step.device;
  tableCount = step.n_tables;
  for (int32_t t = 0; t < step.n_tables; ++t) {
    addresses[t] = tables.at(step.tables[t], element);
    parameters[t] = &addresses[t];
  }
  int64_t partials = 0;
  for (int64_t begin = 0; begin < run.plan.rows; begin += run.plan.bandRows)
    if (int status = runBand(code, run, begin, partials))
      return status;
  if (!code.close)
    return KEOPS_OK;
  setParameters(partialResults, partials);
  return launch(run.close, code.close, 1, 1, code.close_threads);
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

int DeviceLaunch::work(const void *const *inputs, void *const *outputs) {
  DeviceBuffer buffer(*device, stream);
  int status = allocate(buffer);
  if (!status)
    status = copyIn(inputs);
  for (int64_t e = 0; e < batch.size(); ++e)
    for (int32_t s = 0; s < card.n_steps && !status; ++s)
      status = runStep(card.steps[s], steps[s], e);
  if (!status)
    status = copyOut(outputs);
  // Where memory has no order of streams, this waits for the device.
  buffer.release();
  return tables.anyOnHost() ? wait(status) : status;
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

int DeviceLaunch::run(const void *const *inputs, void *const *outputs) {
  if (int status = device.enter(call.device))
    return status;
  if (int status = tables.find(*device, inputs, outputs, layout))
    return status;
  if (int status = prepare())
    return status;
  stream = static_cast<cuda::Stream>(call.stream);
  // Whoever has tables in the GPU's memory may have work on the default stream
  // that fills them.
  if (!stream && !tables.anyOnDevice())
    stream = threadStream();
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
  if (call.ranges)
    return fail(KEOPS_INVALID_ARGUMENT,
                "ranges are not available on GPUs yet; use KEOPS_BACKEND_CPU "
                "and tables in the memory of the host");
  if (batch.size() == 0)
    return KEOPS_OK;
  DeviceLaunch launch(card, call, sizes, batch);
  return launch.run(inputs, outputs);
}
