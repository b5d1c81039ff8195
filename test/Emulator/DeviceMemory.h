//===- DeviceMemory.h - the memory of a device ------------------*- C++ -*-===//
//
// Device addresses are not addresses of this process: a program that follows
// one on the host is stopped by the processor. No address is given out twice,
// so the use of memory after its release is found too. New memory is filled
// with ones, which are NaN as floating-point numbers.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_EMULATOR_DEVICEMEMORY_H
#define KEOPS_TEST_EMULATOR_DEVICEMEMORY_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace emulator {

class DeviceMemory {
public:
  static constexpr uint64_t firstAddress = uint64_t(1) << 56;
  static constexpr uint64_t lastAddress = uint64_t(1) << 57;

  /// Devices have addresses of their own.
  explicit DeviceMemory(int device = 0)
      : next(firstAddress + (uint64_t(device) << 48)) {}

  static bool owns(uint64_t address) {
    return address >= firstAddress && address < lastAddress;
  }
  uint64_t allocate(uint64_t bytes);
  /// False if no allocation begins there.
  bool release(uint64_t address);
  /// Where these bytes are in this process; null if not all of them lie in one
  /// allocation.
  uint8_t *find(uint64_t address, uint64_t bytes);
  /// What lies at an address, in words.
  std::string describe(uint64_t address) const;

  uint64_t bytesInUse() const { return used; }
  size_t allocations() const { return live.size(); }

private:
  using Live = std::map<uint64_t, std::vector<uint8_t>>;
  Live live;
  Live::iterator last = live.end(); // where the last access was
  uint64_t next;
  uint64_t used = 0;
};

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_DEVICEMEMORY_H
