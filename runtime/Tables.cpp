//===- Tables.cpp - where the tables of a launch are ----------------------===//

#include "runtime/Tables.h"
#include "runtime/Error.h"

using namespace keops::rt;

bool Tables::allocatePointers() {
  int64_t count = int64_t(card.n_inputs) + card.n_outputs + card.n_temporaries;
  int64_t capacity = sizeof(fewPointers) / sizeof(char *);
  tables = fewPointers;
  if (count > capacity) {
    if (!pointerMemory.allocate(count * int64_t(sizeof(char *))))
      return false;
    tables = reinterpret_cast<char **>(pointerMemory.data());
  }
  return true;
}

static int64_t roundUpToLine(int64_t bytes) { return (bytes + 63) & -64; }

/// All temporaries in one piece, each on a cache line of its own.
bool Tables::allocateTemporaries() {
  int32_t first = card.n_inputs + card.n_outputs;
  int64_t total = 0;
  for (int32_t t = 0; t < card.n_temporaries; ++t) {
    int64_t bytes = tableBytes(card.tables[first + t], sizes);
    if (bytes < 0 || bytes > INT64_MAX - 64 ||
        __builtin_mul_overflow(roundUpToLine(bytes), batch.size(), &bytes) ||
        __builtin_add_overflow(total, bytes, &total))
      return false;
  }
  if (total > 0 && !temporaries.allocate(total))
    return false;
  int64_t offset = 0;
  for (int32_t t = 0; t < card.n_temporaries; ++t) {
    tables[first + t] = temporaries.data() + offset;
    offset +=
        roundUpToLine(tableBytes(card.tables[first + t], sizes)) * batch.size();
  }
  return true;
}

void *Tables::at(int32_t number, int64_t element) const {
  if (element == 0) // the usual case: no batch
    return tables[number];
  int64_t bytes = tableBytes(card.tables[number], sizes);
  if (number < card.n_inputs)
    return tables[number] + batch.inputTable(number, element) * bytes;
  if (number >= card.n_inputs + card.n_outputs)
    bytes = roundUpToLine(bytes);
  return tables[number] + element * bytes;
}

int Tables::bind(const void *const *inputs, void *const *outputs) {
  if (!allocatePointers() || !allocateTemporaries())
    return fail(KEOPS_OUT_OF_MEMORY,
                "out of memory for the temporaries of kernel '%s' with "
                "M = %lld, N = %lld",
                card.name, static_cast<long long>(sizes.M),
                static_cast<long long>(sizes.N));
  // Kernels only read inputs.
  for (int32_t t = 0; t < card.n_inputs; ++t)
    tables[t] = static_cast<char *>(const_cast<void *>(inputs[t]));
  for (int32_t t = 0; t < card.n_outputs; ++t)
    tables[card.n_inputs + t] = static_cast<char *>(outputs[t]);
  return KEOPS_OK;
}
