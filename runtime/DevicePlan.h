//===- DevicePlan.h - how a device cuts the work of a step ------*- C++ -*-===//
//
// Depends on sizes, the code and the device, never on how much memory is free:
// two calls on one device give the same bits.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_DEVICEPLAN_H
#define KEOPS_RUNTIME_DEVICEPLAN_H

#include "runtime/RangesCutter.h"

namespace keops::rt {

/// Rows that are launched together: the states of more are not kept at once.
struct DeviceBand {
  int64_t rowBegin, rowEnd;      // without ranges
  int64_t firstChunk, firstTile; // of the lists, with ranges
  int64_t sweepBlocks, chunks;   // the grid of sweep, along x and y
  int64_t finishBlocks;
  int64_t states; // of an element, in states of a row
};

struct DevicePlan {
  int64_t rows = 0, cols = 0;
  int64_t bandRows = 0; // of all bands but the last
  int64_t chunkCols = 1;
  int64_t chunks = 0;       // n_states; 0 without a sweep
  int64_t stateBytes = 0;   // of one band of an element; -1 beyond 63 bits
  int64_t partials = 0;     // of all bands of an element
  int64_t partialBytes = 0; // -1 beyond 63 bits
};

/// All pairs of each of some elements. `slots` is the number of blocks of sweep
/// that the device runs at once.
DevicePlan planStep(const keops_device_step &step, int64_t rows, int64_t cols,
                    int64_t slots, int64_t elements = 1);
/// The rows from one on.
DeviceBand bandFrom(const DevicePlan &plan, const keops_device_step &step,
                    int64_t rowBegin);

// The same for the pairs of ranges: DeviceRanges.h.
CutLimits limitsOf(const keops_device_step &step);
/// Into how many chunks an element is cut.
int64_t deviceTasks(int64_t slots, int64_t elements);

/// What is in the memory of the device for states at once, if it can be helped.
constexpr int64_t mostStateBytes = int64_t(256) << 20;

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DEVICEPLAN_H
