//===- DriverMemory.cpp - the driver's calls for memory
//--------------------===//

#include "test/Emulator/Calls.h"

#include <cstring>

using namespace emulator;
using namespace keops::rt::cuda;

DRIVER cuMemGetInfo_v2(size_t *free, size_t *total) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  *total = size_t(machine().settings.memory);
  *free = *total - context->memory.bytesInUse();
  return success;
}

DRIVER cuMemAlloc_v2(Address *address, size_t bytes) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  uint64_t where = 0;
  result = bytes ? context->allocate(bytes, where) : invalidValue;
  *address = where;
  return result;
}

DRIVER cuMemFree_v2(Address address) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  if (Result error = context->finishAll())
    return error;
  return context->memory.release(address) ? success : invalidValue;
}

DRIVER cuMemPoolCreate(Pool *pool, const PoolProperties *properties) {
  Lock lock(machine().mutex);
  PrimaryContext *context = machine().context(properties->locationId);
  if (!context || properties->allocationType != 1 ||
      properties->locationType != 1)
    return invalidValue;
  context->pools.push_back({context});
  *pool = reinterpret_cast<Pool>(&context->pools.back());
  return success;
}

static MemoryPool *poolOf(PrimaryContext *context, Pool handle) {
  for (MemoryPool &pool : context->pools)
    if (&pool == reinterpret_cast<MemoryPool *>(handle))
      return &pool;
  return nullptr;
}

DRIVER cuMemPoolDestroy(Pool handle) {
  Lock lock(machine().mutex);
  auto *pool = reinterpret_cast<MemoryPool *>(handle);
  PrimaryContext *context = pool->context;
  context->pools.remove_if([&](MemoryPool &other) { return &other == pool; });
  return success;
}

DRIVER cuMemPoolSetAttribute(Pool, PoolAttribute attribute, void *) {
  return attribute == poolReleaseThreshold ? success : invalidValue;
}

DRIVER cuMemAllocFromPoolAsync(Address *address, size_t bytes, Pool pool,
                               Stream stream) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  if (!context->stream(stream))
    return invalidHandle;
  if (!poolOf(context, pool) || bytes == 0)
    return invalidValue;
  uint64_t where = 0;
  result = context->allocate(bytes, where);
  *address = where;
  return result;
}

DRIVER cuMemFreeAsync(Address address, Stream handle) {
  Lock lock(machine().mutex);
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  StreamQueue *stream = context->stream(handle);
  if (!stream)
    return invalidHandle;
  if (!context->memory.find(address, 1))
    return invalidValue;
  context->enqueue(*stream, [context, address] {
    if (!context->memory.release(address))
      context->lose(invalidValue, "memory was given back twice");
  });
  return success;
}

/// Puts a copy on a stream. The device's side is looked for when it is done.
static Result copy(Stream handle, Address device, size_t bytes,
                   const std::function<void(uint8_t *)> &move) {
  Result result;
  PrimaryContext *context = current(result);
  if (!context)
    return result;
  StreamQueue *stream = context->stream(handle);
  if (!stream)
    return invalidHandle;
  if (!context->memory.find(device, bytes))
    return invalidValue;
  if (Settings::isDue(machine().settings.failCopy) ||
      bytes > size_t(machine().settings.mostCopy))
    return launchFailed;
  context->enqueue(*stream, [=] {
    uint8_t *memory = context->memory.find(device, bytes);
    if (memory)
      move(memory);
    else
      context->lose(illegalAddress, "a copy of memory that was given back");
  });
  return success;
}

DRIVER cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes,
                            Stream stream) {
  Lock lock(machine().mutex);
  return copy(stream, to, bytes,
              [=](uint8_t *memory) { std::memcpy(memory, from, bytes); });
}

DRIVER cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes,
                            Stream stream) {
  Lock lock(machine().mutex);
  return copy(stream, from, bytes,
              [=](uint8_t *memory) { std::memcpy(to, memory, bytes); });
}

DRIVER cuPointerGetAttributes(unsigned count, PointerAttribute *attributes,
                              void **values, Address address) {
  Lock lock(machine().mutex);
  if (!machine().initialized)
    return notInitialized;
  PrimaryContext *owner = machine().ownerOf(address);
  for (unsigned n = 0; n < count; ++n)
    switch (attributes[n]) {
    case pointerMemoryType:
      *static_cast<unsigned *>(values[n]) = owner ? deviceMemory : 0;
      break;
    case pointerDeviceOrdinal:
      *static_cast<int *>(values[n]) = owner ? owner->device : -2;
      break;
    default:
      return invalidValue;
    }
  return success;
}
