//===- Harness.h - small kernels on the emulator ----------------*- C++ -*-===//

#ifndef KEOPS_TEST_UNIT_EMULATOR_HARNESS_H
#define KEOPS_TEST_UNIT_EMULATOR_HARNESS_H

#include "test/Emulator/Block.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace harness {

template <typename T> uint64_t bitsOf(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return bits;
}
template <typename T> T valueOf(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

/// The results of an instruction for each row of operands, all as bits. `types`
/// are those of the result and of the operands: "f32 f32 f32" for an add.
/// Operands that are the same for all rows can stand in `opcode` behind a
/// comma.
std::vector<uint64_t> evaluate(const std::string &opcode,
                               const std::string &types,
                               const std::vector<std::vector<uint64_t>> &rows);

/// A module with one kernel, k(.u64 out, .u64 in), from the text of its body.
/// %r, %l, %p, %f and %d are registers, %out and %in the parameters; %r0 is the
/// number of the thread, %l0 and %l1 are four and eight times that.
std::string kernel(const std::string &body);

/// A kernel in memory of its own.
struct Program {
  explicit Program(const std::string &text);
  emulator::DeviceMemory memory;
  emulator::Module module;
  bool reversed = false;

  uint64_t upload(const std::vector<uint32_t> &words);
  std::vector<uint32_t> download(uint64_t address, size_t words);
  /// Throws emulator::Fault.
  void launch(uint32_t blocks, uint32_t threads, uint64_t out, uint64_t in = 0);
};

/// What a body writes to `out`, a word for each thread.
std::vector<uint32_t> outputOf(const std::string &body, uint32_t threads = 64,
                               const std::vector<uint32_t> &in = {0},
                               bool reversed = false);

/// What is said of a body that does wrong; empty if nothing is.
std::string faultOf(const std::string &body, uint32_t threads = 64,
                    bool reversed = false);

} // namespace harness

#endif // KEOPS_TEST_UNIT_EMULATOR_HARNESS_H
