//===- DeviceSteps.h - what a launch runs on a GPU, before it does -*- C++
//-*-===//
//
// The kernels of each step, how its work is cut, and where in the memory of the
// launch its states, partial results and lists are.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_DEVICESTEPS_H
#define KEOPS_RUNTIME_DEVICESTEPS_H

#include "runtime/DeviceLists.h"
#include "runtime/DeviceMemory.h"
#include "runtime/DeviceRanges.h"

namespace keops::rt {

/// A step as it runs on the device.
struct StepRun {
  DeviceKernel sweep = {}, finish = {}, close = {};
  DevicePlan plan;
  DeviceRanges ranges; // instead, where there are some
  int64_t rangesOffset = 0, addressesOffset = 0; // in the lists

  int64_t stateBytes() const {
    return ranges ? ranges.stateBytes() : plan.stateBytes;
  }
  int64_t partials() const {
    return ranges ? ranges.partials() : plan.partials;
  }
};

class DeviceSteps {
public:
  DeviceSteps(const keops_card &card, const keops_call &call,
              const Sizes &sizes, const Batch &batch)
      : card(card), call(call), sizes(sizes), batch(batch) {}
  DeviceSteps(const DeviceSteps &) = delete;
  DeviceSteps &operator=(const DeviceSteps &) = delete;
  ~DeviceSteps();

  /// Cuts all steps and reserves memory. Without lists, elements of a batch run
  /// one at a time.
  int prepare(Device &device, LoadedModule &module, DeviceTables &tables,
              bool mayCopyLists, Layout &layout);
  const StepRun &operator[](int32_t step) const { return steps[step]; }
  /// Now that it is known where all tables are.
  void fillLists(const DeviceTables &tables);

  int64_t elementsAtOnce = 1;
  DeviceLists lists;
  // In the memory of the launch.
  int64_t statesOffset = 0, partialsOffset = 0, listsOffset = 0;

private:
  bool allocate();
  int findKernels(Device &device, LoadedModule &module,
                  const keops_device_step &code, StepRun &run);
  int prepareStep(Device &device, LoadedModule &module, const keops_step &step,
                  StepRun &run);
  int reserve(DeviceTables &tables, bool mayCopyLists, Layout &layout);

  const keops_card &card;
  const keops_call &call;
  const Sizes sizes;
  const Batch &batch;
  Buffer memory;
  StepRun *steps = nullptr;
};

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DEVICESTEPS_H
