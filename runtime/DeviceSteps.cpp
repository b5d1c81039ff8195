//===- DeviceSteps.cpp - what a launch runs on a GPU, before it does ------===//

#include "runtime/DeviceSteps.h"
#include "runtime/Error.h"
#include "runtime/LoadedModule.h"

#include <algorithm>
#include <cstring>
#include <new>

using namespace keops::rt;

/// Of a grid along z.
constexpr int64_t mostElements = 65535;

DeviceSteps::~DeviceSteps() {
  for (int32_t s = 0; steps && s < card.n_steps; ++s)
    steps[s].~StepRun();
}

bool DeviceSteps::allocate() {
  if (!memory.allocate(card.n_steps * int64_t(sizeof(StepRun))))
    return false;
  steps = reinterpret_cast<StepRun *>(memory.data());
  for (int32_t s = 0; s < card.n_steps; ++s)
    new (&steps[s]) StepRun();
  return true;
}

int DeviceSteps::findKernels(Device &device, LoadedModule &module,
                             const keops_device_step &code, StepRun &run) {
  auto find = [&](const char *name, int threads, DeviceKernel &kernel) {
    return name ? device.kernel(module, name, threads, kernel) : KEOPS_OK;
  };
  if (int status = find(code.sweep, code.sweep_threads, run.sweep))
    return status;
  if (int status = find(code.finish, code.finish_threads, run.finish))
    return status;
  return find(code.close, code.close_threads, run.close);
}

int DeviceSteps::prepareStep(Device &device, LoadedModule &module,
                             const keops_step &step, StepRun &run) {
  const keops_device_step &code = *step.device;
  if (int status = findKernels(device, module, code, run))
    return status;
  bool rowsAreI = step.row_axis == KEOPS_AXIS_I;
  int64_t rows = rowsAreI ? sizes.M : sizes.N;
  int64_t cols = rowsAreI ? sizes.N : sizes.M;
  int64_t slots =
      int64_t(device.multiprocessors) * (code.sweep ? run.sweep.blocks : 1);
  if (!call.ranges || !code.sweep) { // there are no pairs to choose from
    run.plan = planStep(code, rows, cols, slots, batch.size());
    return KEOPS_OK;
  }
  if (!run.ranges.cut(code, rangesOf(*call.ranges, step.row_axis), rows, slots,
                      batch.size()))
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the plan of a launch");
  run.rangesOffset = lists.add(run.ranges.bytes());
  return KEOPS_OK;
}

/// How many elements have room at once, and memory for them.
int DeviceSteps::reserve(DeviceTables &tables, bool mayCopyLists,
                         Layout &layout) {
  int64_t stateBytes = 0, partialBytes = 0;
  bool fits = true, inBands = false;
  for (int32_t s = 0; s < card.n_steps; ++s) {
    const StepRun &run = steps[s];
    int64_t bytes;
    fits &= run.stateBytes() >= 0 &&
            !__builtin_mul_overflow(
                run.partials(), card.steps[s].device->partial_bytes, &bytes);
    if (!fits)
      break;
    stateBytes = std::max(stateBytes, run.stateBytes());
    partialBytes = std::max(partialBytes, bytes);
    inBands |= run.ranges.bands() > 1 || run.plan.bandRows < run.plan.rows;
  }
  int64_t temporaryBytes = tables.temporaryBytes(), each;
  fits &= temporaryBytes >= 0 &&
          !__builtin_add_overflow(stateBytes, partialBytes, &each) &&
          !__builtin_add_overflow(each, temporaryBytes, &each);
  if (fits && !inBands && mayCopyLists)
    elementsAtOnce =
        std::clamp<int64_t>(mostStateBytes / std::max<int64_t>(each, 1), 1,
                            std::min(batch.size(), mostElements));
  if (elementsAtOnce > 1)
    for (int32_t s = 0; s < card.n_steps; ++s)
      steps[s].addressesOffset =
          lists.add(batch.size() * card.steps[s].n_tables * 8);
  if (!lists.allocate())
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the plan of a launch");
  statesOffset = layout.add(fits ? stateBytes * elementsAtOnce : -1);
  partialsOffset = layout.add(fits ? partialBytes * elementsAtOnce : -1);
  listsOffset = layout.add(lists.bytes());
  tables.addTemporaries(elementsAtOnce, layout);
  return KEOPS_OK;
}

int DeviceSteps::prepare(Device &device, LoadedModule &module,
                         DeviceTables &tables, bool mayCopyLists,
                         Layout &layout) {
  if (!allocate())
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the plan of a launch");
  for (int32_t s = 0; s < card.n_steps; ++s)
    if (int status = prepareStep(device, module, card.steps[s], steps[s]))
      return status;
  return reserve(tables, mayCopyLists, layout);
}

void DeviceSteps::fillLists(const DeviceTables &tables) {
  for (int32_t s = 0; s < card.n_steps; ++s) {
    const keops_step &step = card.steps[s];
    const StepRun &run = steps[s];
    if (run.ranges)
      std::memcpy(lists.at(run.rangesOffset), run.ranges.data(),
                  size_t(run.ranges.bytes()));
    if (elementsAtOnce == 1)
      continue;
    auto *next =
        reinterpret_cast<cuda::Address *>(lists.at(run.addressesOffset));
    for (int64_t e = 0; e < batch.size(); ++e)
      for (int32_t t = 0; t < step.n_tables; ++t)
        *next++ = tables.at(step.tables[t], e);
  }
}
