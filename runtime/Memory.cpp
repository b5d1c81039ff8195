//===- Memory.cpp - aligned buffers ---------------------------------------===//

#include "runtime/Memory.h"

#include <new>
#include <pthread.h>

using namespace keops::rt;

void *keops::rt::allocateAligned(int64_t bytes) {
  if (bytes < 0 || bytes > INT64_MAX - 64)
    return nullptr;
  return std::aligned_alloc(64, size_t(bytes == 0 ? 64 : (bytes + 63) & -64));
}

//===----------------------------------------------------------------------===//
// The buffer of a thread
//===----------------------------------------------------------------------===//

// A pthread key and not a thread_local object with a destructor: the latter
// needs the C++ library, and its destructor would run too early for threads
// that launch from destructors of their own. The destructor of the key is the
// C library's own free, so nothing dangles if this code is unloaded while
// threads that have launched live on.

namespace {
struct alignas(64) Header {
  int64_t bytes; // of the memory behind the header
};
} // namespace

static pthread_once_t keyOnce = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool keyExists = false;

static void makeKey() { keyExists = pthread_key_create(&key, std::free) == 0; }

char *keops::rt::threadBuffer(int64_t bytes) {
  pthread_once(&keyOnce, makeKey);
  if (!keyExists)
    return nullptr;
  auto *header = static_cast<Header *>(pthread_getspecific(key));
  if (!header || header->bytes < bytes) {
    // The new buffer first, so that a failure leaves the old one in place.
    if (bytes < 0 || bytes > INT64_MAX - int64_t(sizeof(Header)))
      return nullptr;
    void *memory = allocateAligned(bytes + int64_t(sizeof(Header)));
    if (!memory)
      return nullptr;
    if (pthread_setspecific(key, memory) != 0) {
      std::free(memory);
      return nullptr;
    }
    std::free(header);
    header = new (memory) Header{bytes};
  }
  return reinterpret_cast<char *>(header + 1);
}
