//===- Reader.h - from PTX text to a module ---------------------*- C++ -*-===//

#ifndef KEOPS_TEST_EMULATOR_READER_H
#define KEOPS_TEST_EMULATOR_READER_H

#include "test/Emulator/Ptx.h"

#include <functional>

namespace emulator {

/// Throws Fault with the line that cannot be read, and names an opcode that is
/// unknown. `allocate` gives variables in device memory their addresses.
Module readModule(const std::string &text,
                  const std::function<uint64_t(uint64_t bytes)> &allocate);

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_READER_H
