//===- Tables.h - where the tables of a launch are --------------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_TABLES_H
#define KEOPS_RUNTIME_TABLES_H

#include "runtime/Batch.h"
#include "runtime/Memory.h"

namespace keops::rt {

/// The inputs, outputs and temporaries of a launch, numbered as in the card;
/// temporaries are its own.
class Tables {
public:
  Tables(const keops_card &card, const Sizes &sizes, const Batch &batch)
      : card(card), sizes(sizes), batch(batch) {}

  /// Takes pointers that checkTables has passed and allocates the rest.
  int bind(const void *const *inputs, void *const *outputs);
  /// A table for an element of the batch.
  void *at(int32_t number, int64_t element) const;

private:
  bool allocatePointers();
  bool allocateTemporaries();

  const keops_card &card;
  const Sizes sizes;
  const Batch &batch;
  Buffer pointerMemory;
  Buffer temporaries;
  char **tables = nullptr; // the first element's
  // Most formulas have few tables; theirs need no allocation.
  char *fewPointers[64];
};

/// Those that one step names.
class StepTables {
public:
  StepTables(const Tables &tables, const keops_step &step)
      : tables(tables), step(step) {}
  int32_t count() const { return step.n_tables; }
  void of(int64_t element, void **pointers) const {
    for (int32_t t = 0; t < step.n_tables; ++t)
      pointers[t] = tables.at(step.tables[t], element);
  }

private:
  const Tables &tables;
  const keops_step &step;
};

} // namespace keops::rt

#endif // KEOPS_RUNTIME_TABLES_H
