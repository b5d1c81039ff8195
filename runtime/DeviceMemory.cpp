//===- DeviceMemory.cpp - what a launch needs in a GPU --------------------===//

#include "runtime/DeviceMemory.h"
#include "runtime/Error.h"

using namespace keops::rt;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

int64_t Layout::add(int64_t size) {
  int64_t offset = total;
  if (total < 0)
    return 0;
  // As the driver aligns what it allocates.
  if (size < 0 || size > INT64_MAX - 255 ||
      __builtin_add_overflow(total, (size + 255) & -256, &total)) {
    total = -1;
    return 0;
  }
  return offset;
}

cuda::Result DeviceBuffer::allocate(int64_t bytes) {
  if (bytes == 0)
    return cuda::success;
  return device.pool ? device.driver.memAllocFromPoolAsync(
                           &address, size_t(bytes), device.pool, stream)
                     : device.driver.memAlloc(&address, size_t(bytes));
}

void DeviceBuffer::release() {
  if (address)
    device.pool ? device.driver.memFreeAsync(address, stream)
                : device.driver.memFree(address);
  address = 0;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

int DeviceTables::findOne(const Device &device, int32_t t,
                          const void *pointer) {
  Place &place = places[t];
  place = {reinterpret_cast<cuda::Address>(pointer),
           extentBytes(card, sizes, batch, t), 0, false};
  if (place.bytes == 0)
    return KEOPS_OK;
  unsigned type = 0;
  int ordinal = 0;
  cuda::PointerAttribute attributes[] = {cuda::pointerMemoryType,
                                         cuda::pointerDeviceOrdinal};
  void *values[] = {&type, &ordinal};
  if (cuda::Result result = device.driver.pointerGetAttributes(
          2, attributes, values, place.address))
    return failCall(device.driver, result, "asking where a table is");
  if (type != cuda::deviceMemory) {
    place.copied = onHost = true;
    return KEOPS_OK;
  }
  onDevice = true;
  if (ordinal == device.ordinal)
    return KEOPS_OK;
  return fail(KEOPS_INVALID_ARGUMENT,
              "%s is in the memory of GPU %d, and the call is for GPU %d; set "
              "'device', or copy the table",
              card.tables[t].name, ordinal, device.ordinal);
}

int DeviceTables::find(const Device &device, const void *const *inputs,
                       void *const *outputs, Layout &layout) {
  if (!memory.allocate(count() * int64_t(sizeof(Place))))
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the list of tables");
  places = reinterpret_cast<Place *>(memory.data());
  int32_t given = card.n_inputs + card.n_outputs;
  for (int32_t t = 0; t < given; ++t) {
    const void *pointer =
        t < card.n_inputs ? inputs[t] : outputs[t - card.n_inputs];
    if (int status = findOne(device, t, pointer))
      return status;
    if (places[t].copied)
      places[t].offset = layout.add(places[t].bytes);
  }
  return KEOPS_OK;
}

int64_t DeviceTables::temporaryBytes() const {
  int64_t total = 0;
  for (int64_t t = int64_t(card.n_inputs) + card.n_outputs; t < count(); ++t) {
    int64_t bytes = tableBytes(card.tables[t], sizes);
    if (bytes < 0 || __builtin_add_overflow(total, bytes, &total))
      return -1;
  }
  return total;
}

void DeviceTables::addTemporaries(int64_t elements, Layout &layout) {
  elementsAtOnce = elements;
  for (int64_t t = int64_t(card.n_inputs) + card.n_outputs; t < count(); ++t) {
    int64_t bytes = tableBytes(card.tables[t], sizes);
    if (bytes >= 0 && __builtin_mul_overflow(bytes, elements, &bytes))
      bytes = -1;
    places[t] = {0, bytes, layout.add(bytes), false};
  }
}

void DeviceTables::bind(const DeviceBuffer &buffer) {
  for (int64_t t = 0; t < count(); ++t)
    if (places[t].copied || t >= int64_t(card.n_inputs) + card.n_outputs)
      places[t].address = buffer.at(places[t].offset);
}

cuda::Address DeviceTables::at(int32_t t, int64_t element) const {
  cuda::Address first = places[t].address;
  int64_t number = element;
  if (t < card.n_inputs)
    number = batch.inputTable(t, element);
  else if (t >= card.n_inputs + card.n_outputs)
    number = element % elementsAtOnce;
  return first + cuda::Address(number * tableBytes(card.tables[t], sizes));
}
