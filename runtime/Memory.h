//===- Memory.h - aligned buffers -------------------------------*- C++ -*-===//
//
// Kernels expect their buffers on cache lines. Nothing here throws: a null
// pointer says that there is no memory, and the launch ends with an error.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_MEMORY_H
#define KEOPS_RUNTIME_MEMORY_H

#include <cstdint>
#include <cstdlib>

namespace keops::rt {

/// At least `bytes` (one line for 0) at a multiple of 64, or null. Released
/// with std::free.
void *allocateAligned(int64_t bytes);

/// Memory that goes with its owner.
class Buffer {
public:
  Buffer() = default;
  Buffer(Buffer &&other) : memory(other.memory) { other.memory = nullptr; }
  Buffer &operator=(const Buffer &) = delete;
  ~Buffer() { std::free(memory); }

  bool allocate(int64_t bytes) {
    std::free(memory);
    memory = static_cast<char *>(allocateAligned(bytes));
    return memory != nullptr;
  }
  char *data() const { return memory; }

private:
  char *memory = nullptr;
};

/// A buffer of the calling thread, kept between launches and freed when the
/// thread ends; or null. Valid until the thread asks for a larger one.
char *threadBuffer(int64_t bytes);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_MEMORY_H
