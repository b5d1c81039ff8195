//===- DeviceLists.h - lists that a launch copies to a GPU ------*- C++ -*-===//
//
// What kernels read besides tables: see `addresses`, `chunks` and so on in
// Card.h. A launch that does not wait leaves its copy of the lists to the
// stream, which gives the memory back when it has come so far.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_DEVICELISTS_H
#define KEOPS_RUNTIME_DEVICELISTS_H

#include "runtime/Driver.h"

namespace keops::rt {

class DeviceLists {
public:
  DeviceLists() = default;
  DeviceLists(const DeviceLists &) = delete;
  DeviceLists &operator=(const DeviceLists &) = delete;
  ~DeviceLists();

  /// Where so many bytes go, for all that there is to be.
  int64_t add(int64_t size);
  int64_t bytes() const { return total; }
  /// False if there is no memory.
  bool allocate();
  char *at(int64_t offset) const { return memory + offset; }

  /// Puts the copy on a stream.
  cuda::Result copyTo(const Driver &driver, cuda::Address address,
                      cuda::Stream stream);
  /// After all work: the memory is the stream's now.
  void leaveTo(const Driver &driver, cuda::Stream stream);

private:
  char *memory = nullptr;
  int64_t total = 0;
};

} // namespace keops::rt

#endif // KEOPS_RUNTIME_DEVICELISTS_H
