//===- DeviceRanges.h - the pairs of ranges, for a device -------*- C++ -*-===//
//
// Tiles of rows and chunks of their columns as lists of the kernels' own form
// (see Card.h), which a launch copies to the device. Chunks with many columns
// come first, so that no block begins a long one when all others are done.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_DEVICERANGES_H
#define KEOPS_RUNTIME_DEVICERANGES_H

#include "runtime/DevicePlan.h"
#include "runtime/Memory.h"
#include "runtime/RangesCutter.h"

namespace keops::rt {

class DeviceRanges {
public:
  /// For a step that has a sweep, ranges that are sound, and as many blocks as
  /// the device runs at once. False if there is no memory.
  bool cut(const keops_device_step &step, const RangesView &ranges,
           int64_t rows, int64_t slots, int64_t elements);

  /// Is there anything?
  explicit operator bool() const { return bandCount > 0; }
  int64_t bands() const { return bandCount; }
  const DeviceBand &band(int64_t number) const { return bandList[number]; }
  /// Of an element: of the largest band (-1 beyond 63 bits), and of all bands.
  int64_t stateBytes() const { return bandBytes; }
  int64_t partials() const { return tileCount; }

  /// The lists as they go to the device, and where each is in there.
  const char *data() const { return lists.data(); }
  int64_t bytes() const {
    return basesOffset() + chunkCount * int64_t(sizeof(int64_t));
  }
  static int64_t chunkOffset(int64_t chunk) {
    return chunk * int64_t(sizeof(keops_device_chunk));
  }
  int64_t tileOffset(int64_t tile) const {
    return chunkOffset(chunkCount) + tile * int64_t(sizeof(keops_device_tile));
  }
  int64_t spansOffset() const { return tileOffset(tileCount); }
  int64_t basesOffset() const {
    return spansOffset() + spanCount * int64_t(sizeof(keops_span));
  }

private:
  class Counter;
  class Writer;
  bool allocate();
  void placeStates(const keops_device_step &step);
  bool sortChunks();

  Buffer lists, bandMemory;
  // Within the lists.
  keops_device_chunk *chunks = nullptr;
  keops_device_tile *tiles = nullptr;
  keops_span *spans = nullptr;
  int64_t *bases = nullptr;
  int64_t chunkCount = 0, tileCount = 0, spanCount = 0;

  DeviceBand *bandList = nullptr;
  int64_t bandCount = 0;
  int64_t largestBand = 0; // in states
  int64_t bandBytes = 0;
};

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DEVICERANGES_H
