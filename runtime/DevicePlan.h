//===- DevicePlan.h - how a device cuts the work of a step ------*- C++ -*-===//
//
// Depends on sizes, the code and the device, never on how much memory is free:
// two calls on one device give the same bits.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_DEVICEPLAN_H
#define KEOPS_RUNTIME_DEVICEPLAN_H

#include "runtime/Card.h"

namespace keops::rt {

struct DevicePlan {
  int64_t rows = 0, cols = 0;
  int64_t bandRows = 0; // of all bands but the last
  int64_t chunkCols = 1;
  int64_t chunks = 0;       // n_states; 0 without a sweep
  int64_t stateBytes = 0;   // of one band; -1 beyond 63 bits
  int64_t partials = 0;     // of all bands
  int64_t partialBytes = 0; // -1 beyond 63 bits
};

/// `slots` is the number of blocks of sweep that the device runs at once.
DevicePlan planStep(const keops_device_step &step, int64_t rows, int64_t cols,
                    int64_t slots);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DEVICEPLAN_H
