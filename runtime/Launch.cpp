//===- Launch.cpp - one launch, from check to last step -------------------===//

#include "runtime/Check.h"
#include "runtime/Cpu.h"
#include "runtime/Error.h"
#include "runtime/Host.h"
#include "runtime/Memory.h"

#include <algorithm>

using namespace keops::rt;

namespace {

/// The tables of a launch, in the card's order, and what it allocated.
class Launch {
public:
  Launch(const keops_card &card, const Sizes &sizes)
      : card(card), sizes(sizes) {}

  int bind(const void *const *inputs, void *const *outputs);
  int run(int threads, int processor, int request);

private:
  bool allocatePointers();
  bool allocateTemporaries();

  const keops_card &card;
  const Sizes sizes;
  Buffer pointerMemory;
  Buffer temporaries;
  void **tables = nullptr;     // of the launch
  void **stepTables = nullptr; // of the step that runs
  // Most formulas have few tables; theirs need no allocation.
  void *fewPointers[64];
};

} // namespace

bool Launch::allocatePointers() {
  int64_t count = int64_t(card.n_inputs) + card.n_outputs + card.n_temporaries;
  int64_t most = 0;
  for (int32_t s = 0; s < card.n_steps; ++s)
    most = std::max<int64_t>(most, card.steps[s].n_tables);
  int64_t capacity = sizeof(fewPointers) / sizeof(void *);
  tables = fewPointers;
  if (count + most > capacity) {
    if (!pointerMemory.allocate((count + most) * int64_t(sizeof(void *))))
      return false;
    tables = reinterpret_cast<void **>(pointerMemory.data());
  }
  stepTables = tables + count;
  return true;
}

/// All temporaries in one piece, each on a cache line of its own.
bool Launch::allocateTemporaries() {
  int32_t first = card.n_inputs + card.n_outputs;
  int64_t total = 0;
  for (int32_t t = 0; t < card.n_temporaries; ++t) {
    int64_t bytes = tableBytes(card.tables[first + t], sizes);
    if (bytes < 0 || bytes > INT64_MAX - 64 ||
        __builtin_add_overflow(total, (bytes + 63) & -64, &total))
      return false;
  }
  if (total > 0 && !temporaries.allocate(total))
    return false;
  int64_t offset = 0;
  for (int32_t t = 0; t < card.n_temporaries; ++t) {
    tables[first + t] = temporaries.data() + offset;
    offset += (tableBytes(card.tables[first + t], sizes) + 63) & -64;
  }
  return true;
}

int Launch::bind(const void *const *inputs, void *const *outputs) {
  if (!allocatePointers() || !allocateTemporaries())
    return fail(KEOPS_OUT_OF_MEMORY,
                "out of memory for the temporaries of kernel '%s' with "
                "M = %lld, N = %lld",
                card.name, static_cast<long long>(sizes.M),
                static_cast<long long>(sizes.N));
  for (int32_t t = 0; t < card.n_inputs; ++t)
    tables[t] = const_cast<void *>(inputs[t]); // kernels only read inputs
  std::copy(outputs, outputs + card.n_outputs, tables + card.n_inputs);
  return KEOPS_OK;
}

int Launch::run(int threads, int processor, int request) {
  for (int32_t s = 0; s < card.n_steps; ++s) {
    const keops_step &step = card.steps[s];
    const keops_host_code &code = *chooseHost(step, processor, request);
    bool rowsAreI = step.row_axis == KEOPS_AXIS_I;
    Plan plan = planStep(rowsAreI ? sizes.M : sizes.N,
                         rowsAreI ? sizes.N : sizes.M, code);
    for (int32_t t = 0; t < step.n_tables; ++t)
      stepTables[t] = tables[step.tables[t]];
    if (int status =
            runStep(code, plan, stepTables, threadsFor(step, plan, threads)))
      return status;
  }
  return KEOPS_OK;
}

extern "C" KEOPS_EXPORT int keops_rt_launch(const struct keops_card *card,
                                            const keops_call *call, int64_t M,
                                            int64_t N,
                                            const void *const *inputs,
                                            void *const *outputs) {
  if (int status = checkCard(card))
    return status;
  if (int status = checkCall(call))
    return status;
  Sizes sizes{M, N};
  if (int status = checkTables(*card, sizes, inputs, outputs))
    return status;
  int processor = processorIsa(), request = requestedIsa();
  if (int status = checkHost(*card, processor, request))
    return status;
  Launch launch(*card, sizes);
  if (int status = launch.bind(inputs, outputs))
    return status;
  return launch.run(call ? call->threads : 0, processor, request);
}
