//===- DeviceMemory.h - what a launch needs in a GPU ------------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_DEVICEMEMORY_H
#define KEOPS_RUNTIME_DEVICEMEMORY_H

#include "runtime/Batch.h"
#include "runtime/Device.h"
#include "runtime/Memory.h"

namespace keops::rt {

/// Places in one piece of memory that is still to be allocated.
class Layout {
public:
  /// Where so many bytes (-1: too many) go.
  int64_t add(int64_t size);
  /// -1 if they do not fit into 63 bits.
  int64_t bytes() const { return total; }

private:
  int64_t total = 0;
};

/// Memory of a device for a while, in the order of a stream where the device
/// can do that.
class DeviceBuffer {
public:
  DeviceBuffer(const Device &device, cuda::Stream stream)
      : device(device), stream(stream) {}
  DeviceBuffer(const DeviceBuffer &) = delete;
  DeviceBuffer &operator=(const DeviceBuffer &) = delete;
  ~DeviceBuffer() { release(); }

  cuda::Result allocate(int64_t bytes);
  void release();
  cuda::Address at(int64_t offset) const {
    return address + cuda::Address(offset);
  }

private:
  const Device &device;
  const cuda::Stream stream;
  cuda::Address address = 0;
};

/// Where a table of the card is.
struct Place {
  cuda::Address address; // its own, or 0 until there is memory for a copy
  int64_t bytes;         // of the tables of all elements
  int64_t offset;        // of the copy in the memory of the launch
  bool copied;           // from or to the host
};

/// The tables of a launch on a device.
class DeviceTables {
public:
  DeviceTables(const keops_card &card, const Sizes &sizes, const Batch &batch)
      : card(card), sizes(sizes), batch(batch) {}

  /// Looks where tables are, and reserves memory for copies.
  int find(const Device &device, const void *const *inputs,
           void *const *outputs, Layout &layout);
  /// Bytes of the temporaries of an element, -1 beyond 63 bits.
  int64_t temporaryBytes() const;
  /// Reserves memory for those of so many elements.
  void addTemporaries(int64_t elements, Layout &layout);
  /// Now that there is memory.
  void bind(const DeviceBuffer &buffer);

  int64_t count() const {
    return int64_t(card.n_inputs) + card.n_outputs + card.n_temporaries;
  }
  const Place &operator[](int64_t table) const { return places[table]; }
  /// A table for an element of the batch. Temporaries are used again after as
  /// many elements as there are temporaries for.
  cuda::Address at(int32_t table, int64_t element) const;
  /// Is any table in the memory of the host, or in that of the device?
  bool anyOnHost() const { return onHost; }
  bool anyOnDevice() const { return onDevice; }

private:
  int findOne(const Device &device, int32_t table, const void *pointer);

  const keops_card &card;
  const Sizes sizes;
  const Batch &batch;
  Buffer memory;
  Place *places = nullptr;
  int64_t elementsAtOnce = 1; // that have temporaries
  bool onHost = false, onDevice = false;
};

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DEVICEMEMORY_H
