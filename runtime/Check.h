//===- Check.h - is this launch sound? --------------------------*- C++ -*-===//
//
// Every launch is checked before anything runs or is allocated. The checks
// cost a few nanoseconds per table; a wrong pointer costs an afternoon.
//
// All functions return KEOPS_OK, or a status whose sentence is kept.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_RUNTIME_CHECK_H
#define KEOPS_RUNTIME_CHECK_H

#include "runtime/Card.h"
#include "runtime/include/keops/runtime.h"

namespace keops::rt {

/// The sizes of one launch. Their limit keeps all arithmetic on tasks and
/// offsets inside 64 bits; memory ends far below it.
struct Sizes {
  int64_t M;
  int64_t N;

  static constexpr int64_t limit = int64_t(1) << 44;

  int64_t rows(int32_t axis) const {
    return axis == KEOPS_AXIS_I ? M : axis == KEOPS_AXIS_J ? N : 1;
  }
};

/// Bytes of one number of a table.
inline int64_t elementBytes(int32_t dtype) {
  return dtype == KEOPS_FLOAT32 ? 4 : 8;
}

/// The bytes of a table, or -1 if they do not fit into 63 bits.
int64_t tableBytes(const keops_table &table, const Sizes &sizes);

class Batch;

/// How much memory the tables of all elements of a batch span, for an input or
/// output by its place in the card; -1 if the bytes do not fit into 63 bits.
int64_t extentBytes(const keops_card &card, const Sizes &sizes,
                    const Batch &batch, int32_t table);

/// Does the card keep the contract of Card.h?
int checkCard(const keops_card *card);

/// Backend, threads and the size of the struct. `call` may be null or of an
/// earlier release, which knew fewer fields; `full` gets what it says, and
/// defaults.
int checkCall(const keops_call *call, keops_call &full);

/// Sizes, and for each pointer: there, aligned, and outputs apart from all
/// other tables. Of all elements of a batch.
int checkTables(const keops_card &card, const Sizes &sizes, const Batch &batch,
                const void *const *inputs, void *const *outputs);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_CHECK_H
