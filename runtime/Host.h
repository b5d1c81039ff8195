//===- Host.h - running one step on the CPU ---------------------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_HOST_H
#define KEOPS_RUNTIME_HOST_H

#include "runtime/Card.h"
#include "runtime/Plan.h"

namespace keops::rt {

/// How many threads pay for a step: at most `requested` (0: one for each core),
/// and one alone for work that is over before another thread is awake.
int threadsFor(const keops_step &step, const Plan &plan, int requested);

/// Runs all tasks of a step; `tables` are those that the step names. Returns
/// KEOPS_OK or KEOPS_OUT_OF_MEMORY.
int runStep(const keops_host_code &code, const Plan &plan, void *const *tables,
            int threads);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_HOST_H
