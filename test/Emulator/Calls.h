//===- Calls.h - what the calls of the driver have in common ----*- C++ -*-===//

#ifndef KEOPS_TEST_EMULATOR_CALLS_H
#define KEOPS_TEST_EMULATOR_CALLS_H

#include "test/Emulator/Machine.h"

#define DRIVER extern "C" __attribute__((visibility("default"))) Result

namespace emulator {

using Lock = std::lock_guard<std::mutex>;

inline Machine &machine() { return Machine::get(); }

/// The contexts that the thread has pushed.
extern thread_local std::vector<PrimaryContext *> currents;

/// The current context, or null with the result that the call has.
PrimaryContext *current(Result &result);

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_CALLS_H
