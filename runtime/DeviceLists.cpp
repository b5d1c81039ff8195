//===- DeviceLists.cpp - lists that a launch copies to a GPU --------------===//

#include "runtime/DeviceLists.h"
#include "runtime/Memory.h"

using namespace keops::rt;

DeviceLists::~DeviceLists() { std::free(memory); }

int64_t DeviceLists::add(int64_t size) {
  int64_t offset = total;
  total += (size + 15) & -16;
  return offset;
}

bool DeviceLists::allocate() {
  if (total > 0)
    memory = static_cast<char *>(allocateAligned(total));
  return memory || total == 0;
}

cuda::Result DeviceLists::copyTo(const Driver &driver, cuda::Address address,
                                 cuda::Stream stream) {
  return driver.memcpyHtoDAsync(address, memory, size_t(total), stream);
}

// Whether the driver reads pageable memory before it returns is its own
// decision, and some systems have no need to.
void DeviceLists::leaveTo(const Driver &driver, cuda::Stream stream) {
  if (!memory)
    return;
  // Where that fails the context is gone, or is after this.
  if (driver.launchHostFunc(stream, std::free, memory))
    driver.streamSynchronize(stream), std::free(memory);
  memory = nullptr;
}
