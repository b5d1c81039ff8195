//===- DeviceChoice.cpp - the CPU or a GPU? -------------------------------===//
//
// A caller who leaves the choice to us gets the GPU where there is no other way
// (a stream, tables in its memory, no code for the CPU), and else where it is
// expected to be done sooner. None of this may fail: with the choice open, a
// computer without a GPU is nothing to talk about.
//
//===----------------------------------------------------------------------===//

#include "runtime/Cores.h"
#include "runtime/Device.h"
#include "runtime/DeviceLaunch.h"
#include "runtime/DeviceSpeed.h"
#include "runtime/Ranges.h"

#include <algorithm>

using namespace keops::rt;

//===----------------------------------------------------------------------===//
// How long will it take?
//===----------------------------------------------------------------------===//

static double pairsOf(const keops_step &step, const keops_call &call,
                      const Sizes &sizes) {
  bool rowsAreI = step.row_axis == KEOPS_AXIS_I;
  int64_t rows = rowsAreI ? sizes.M : sizes.N;
  if (!step.device->sweep)
    return double(rows);
  if (call.ranges)
    return pairsOf(rangesOf(*call.ranges, step.row_axis), rows);
  return double(rows) *
         double(std::max<int64_t>(rowsAreI ? sizes.N : sizes.M, 1));
}

static double hostTime(const keops_card &card, const keops_call &call,
                       const Sizes &sizes, const Batch &batch) {
  double time = 0;
  for (int32_t s = 0; s < card.n_steps; ++s)
    time += card.steps[s].pair_ns * pairsOf(card.steps[s], call, sizes);
  time *= double(batch.size());
  int cores = availableCores();
  return time / (call.threads ? std::min(call.threads, cores) : cores);
}

static double deviceTime(const keops_card &card, const keops_call &call,
                         const Sizes &sizes, const Batch &batch,
                         int multiprocessors, double clockGHz) {
  // Four warps at a time on each multiprocessor.
  double pairsPerCycle = 32.0 * 4 * multiprocessors;
  double time = 0;
  for (int32_t s = 0; s < card.n_steps; ++s) {
    const keops_device_step &step = *card.steps[s].device;
    time += double(batch.size()) * step.pair_cycles / clockGHz *
            pairsOf(card.steps[s], call, sizes) / pairsPerCycle;
  }
  // Elements of a batch share launches where they are small.
  time += 2 * kernelNanoseconds * card.n_steps;
  double bytes = 0;
  for (int32_t t = 0; t < card.n_inputs + card.n_outputs; ++t)
    bytes += double(extentBytes(card, sizes, batch, t));
  return time + copyNanoseconds + bytes / copiedBytesPerNanosecond;
}

//===----------------------------------------------------------------------===//
// Is there no other way?
//===----------------------------------------------------------------------===//

static bool hasHostCode(const keops_card &card) {
  for (int32_t s = 0; s < card.n_steps; ++s)
    if (card.steps[s].n_host == 0)
      return false;
  return true;
}

static bool isOnDevice(const Driver &driver, const void *pointer) {
  unsigned type = 0;
  cuda::PointerAttribute attributes[] = {cuda::pointerMemoryType};
  void *values[] = {&type};
  return driver.pointerGetAttributes(
             1, attributes, values, reinterpret_cast<cuda::Address>(pointer)) ==
             cuda::success &&
         type == cuda::deviceMemory;
}

static bool anyOnDevice(const Driver &driver, const keops_card &card,
                        const void *const *inputs, void *const *outputs) {
  for (int32_t t = 0; t < card.n_inputs; ++t)
    if (inputs[t] && isOnDevice(driver, inputs[t]))
      return true;
  for (int32_t t = 0; t < card.n_outputs; ++t)
    if (outputs[t] && isOnDevice(driver, outputs[t]))
      return true;
  return false;
}

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

static bool isSooner(const Driver &driver, const keops_card &card,
                     const keops_call &call, const Sizes &sizes,
                     const Batch &batch) {
  cuda::Device handle;
  int multiprocessors = 0, kHz = 0;
  if (driver.deviceGet(&handle, call.device) ||
      driver.deviceGetAttribute(&multiprocessors, cuda::multiprocessorCount,
                                handle) ||
      driver.deviceGetAttribute(&kHz, cuda::clockRate, handle) ||
      multiprocessors < 1 || kHz < 1)
    return false;
  double there =
      deviceTime(card, call, sizes, batch, multiprocessors, kHz * 1e-6);
  if (!deviceIsStarted(call.device))
    there += startNanoseconds;
  return there < hostTime(card, call, sizes, batch);
}

bool keops::rt::usesDevice(const keops_card &card, const keops_call &call,
                           const Sizes &sizes, const Batch &batch,
                           const void *const *inputs, void *const *outputs) {
  if (call.backend != KEOPS_BACKEND_AUTO)
    return call.backend == KEOPS_BACKEND_GPU;
  if (call.stream)
    return true;
  if (!card.device || batch.size() == 0)
    return false;
  if (!hasHostCode(card))
    return true;
  // A process that has not loaded the driver has no tables in a GPU.
  if (!driverIsLoaded() &&
      !(hostTime(card, call, sizes, batch) > startNanoseconds))
    return false;
  const Driver *driver = nullptr;
  if (startDriver(driver).kind != DriverProblem::None)
    return false;
  if (anyOnDevice(*driver, card, inputs, outputs))
    return true;
  return isSooner(*driver, card, call, sizes, batch);
}
