//===- DeviceMemory.cpp - the memory of a device --------------------------===//

#include "test/Emulator/DeviceMemory.h"

#include <cinttypes>
#include <cstdio>

using namespace emulator;

/// As the driver aligns.
constexpr uint64_t alignment = 256;

uint64_t DeviceMemory::allocate(uint64_t bytes) {
  uint64_t address = next;
  live.emplace(address, std::vector<uint8_t>(size_t(bytes), uint8_t(0xff)));
  // A gap, so that what is beyond the end is nobody's.
  next += (bytes / alignment + 2) * alignment;
  used += bytes;
  return address;
}

bool DeviceMemory::release(uint64_t address) {
  auto found = live.find(address);
  if (found == live.end())
    return false;
  used -= found->second.size();
  live.erase(found);
  last = live.end();
  return true;
}

static bool holds(uint64_t begin, const std::vector<uint8_t> &memory,
                  uint64_t address, uint64_t bytes) {
  return address >= begin && address - begin <= memory.size() &&
         bytes <= memory.size() - (address - begin);
}

uint8_t *DeviceMemory::find(uint64_t address, uint64_t bytes) {
  if (last == live.end() || !holds(last->first, last->second, address, bytes)) {
    last = live.upper_bound(address);
    if (last == live.begin()) {
      last = live.end();
      return nullptr;
    }
    --last;
    if (!holds(last->first, last->second, address, bytes))
      return nullptr;
  }
  return last->second.data() + (address - last->first);
}

std::string DeviceMemory::describe(uint64_t address) const {
  char text[128];
  if (!owns(address)) {
    std::snprintf(text, sizeof(text), "0x%" PRIx64 ", no device address",
                  address);
    return text;
  }
  auto after = live.upper_bound(address);
  if (after == live.begin()) {
    std::snprintf(text, sizeof(text), "0x%" PRIx64 ", before all allocations",
                  address);
    return text;
  }
  --after;
  std::snprintf(text, sizeof(text),
                "byte %" PRIu64 " from the begin of an allocation of %zu bytes",
                address - after->first, after->second.size());
  return text;
}
