//===- Launch.cpp - one launch, from check to last step -------------------===//

#include "runtime/Check.h"
#include "runtime/Cpu.h"
#include "runtime/DeviceLaunch.h"
#include "runtime/Error.h"
#include "runtime/Host.h"
#include "runtime/Ranges.h"
#include "runtime/Tables.h"

using namespace keops::rt;

/// Cuts a step; false if there is no memory.
static bool cut(Plan &plan, const keops_step &step, const keops_host_code &code,
                const Sizes &sizes, const keops_ranges *ranges,
                int64_t elements) {
  bool rowsAreI = step.row_axis == KEOPS_AXIS_I;
  int64_t rows = rowsAreI ? sizes.M : sizes.N;
  int64_t cols = rowsAreI ? sizes.N : sizes.M;
  if (!ranges || !code.sweep) // there are no pairs to choose from
    return plan.cutAll(rows, cols, code, elements);
  return plan.cutRanges(rangesOf(*ranges, step.row_axis), rows, code, elements);
}

static int runOnHost(const keops_card &card, const keops_call &call,
                     const Sizes &sizes, int64_t elements,
                     const Tables &tables) {
  int processor = processorIsa(), request = requestedIsa();
  for (int32_t s = 0; s < card.n_steps; ++s) {
    const keops_step &step = card.steps[s];
    const keops_host_code &code = *chooseHost(step, processor, request);
    Plan plan;
    if (!cut(plan, step, code, sizes, call.ranges, elements))
      return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the plan of a "
                                       "launch");
    int threads = threadsFor(step, plan, elements, call.threads);
    if (int status = runStep(code, plan, StepTables(tables, step), elements,
                             threads, call))
      return status;
  }
  return KEOPS_OK;
}

extern "C" KEOPS_EXPORT int keops_rt_launch(const struct keops_card *card,
                                            const keops_call *given, int64_t M,
                                            int64_t N,
                                            const void *const *inputs,
                                            void *const *outputs) {
  if (int status = checkCard(card))
    return status;
  keops_call call;
  if (int status = checkCall(given, call))
    return status;
  if (int status = checkBatch(*card, call.batch))
    return status;
  Sizes sizes{M, N};
  Batch batch(call.batch);
  if (int status = checkTables(*card, sizes, batch, inputs, outputs))
    return status;
  if (int status = checkRanges(*card, call.ranges, sizes))
    return status;
  if (usesDevice(*card, call, sizes, batch, inputs, outputs))
    return runOnDevice(*card, call, sizes, batch, inputs, outputs);
  if (int status = checkHost(*card, processorIsa(), requestedIsa()))
    return status;
  if (batch.size() == 0)
    return KEOPS_OK;
  Tables tables(*card, sizes, batch);
  if (int status = tables.bind(inputs, outputs))
    return status;
  return runOnHost(*card, call, sizes, batch.size(), tables);
}
