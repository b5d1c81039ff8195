//===- Warp.h - 32 threads and their registers ------------------*- C++ -*-===//

#ifndef KEOPS_TEST_EMULATOR_WARP_H
#define KEOPS_TEST_EMULATOR_WARP_H

#include "test/Emulator/Ptx.h"

#include <cstring>
#include <vector>

namespace emulator {

class Block;

constexpr int warpSize = 32;

/// One register of all lanes. Narrow numbers lie in the low bytes, and the
/// bytes above them are zero.
struct Register {
  uint64_t lanes[warpSize];
};

template <typename T> T get(const Register &source, int lane) {
  T value;
  std::memcpy(&value, &source.lanes[lane], sizeof(T));
  return value;
}
template <> inline bool get<bool>(const Register &source, int lane) {
  return source.lanes[lane] & 1;
}
template <typename T> void set(Register &target, int lane, T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  target.lanes[lane] = bits;
}

class Warp {
public:
  Block *block = nullptr;
  uint32_t number = 0; // of the warp in the block
  uint32_t mask = 0;   // lanes that the instruction is run for
  uint32_t epoch = 0;  // barriers of the warp so far
  std::vector<Register> registers;

  Register &operator[](uint32_t name) { return registers[name]; }

  /// The number of a lane's thread in the block.
  uint32_t thread(int lane) const { return number * warpSize + uint32_t(lane); }
};

/// Calls visit(lane) for each lane of a mask.
template <typename Visit> void forLanes(uint32_t mask, Visit visit) {
  if (mask == ~0u) {
    for (int lane = 0; lane < warpSize; ++lane)
      visit(lane);
    return;
  }
  for (; mask; mask &= mask - 1)
    visit(__builtin_ctz(mask));
}

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_WARP_H
