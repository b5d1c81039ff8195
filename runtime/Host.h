//===- Host.h - running one step on the CPU ---------------------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_HOST_H
#define KEOPS_RUNTIME_HOST_H

#include "runtime/Card.h"
#include "runtime/Plan.h"
#include "runtime/Tables.h"

namespace keops::rt {

/// How many threads pay for a step: at most `requested` (0: one for each core),
/// and one alone for work that is over before another thread is awake.
int threadsFor(const keops_step &step, const Plan &plan, int64_t elements,
               int requested);

/// Runs all tasks of a step, for so many elements. Returns KEOPS_OK,
/// KEOPS_OUT_OF_MEMORY, or KEOPS_STOPPED if `call` has a function that says so.
int runStep(const keops_host_code &code, const Plan &plan,
            const StepTables &tables, int64_t elements, int threads,
            const keops_call &call);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_HOST_H
