//===- Batch.h - many problems of one size ----------------------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_BATCH_H
#define KEOPS_RUNTIME_BATCH_H

#include "runtime/Check.h"

namespace keops::rt {

/// The elements of a launch; one, without a batch. Valid as long as the
/// caller's struct is.
class Batch {
public:
  Batch() = default;
  /// Of a batch that checkBatch has passed.
  explicit Batch(const keops_batch *batch);

  int64_t size() const { return elements; }
  /// Which table of an input an element has, counted from the first.
  int64_t inputTable(int32_t input, int64_t element) const;
  /// The number of the last table of an input that some element has.
  int64_t lastTable(int32_t input) const;

private:
  const keops_batch *batch = nullptr;
  int64_t elements = 1;
};

/// Shape and strides; `batch` may be null.
int checkBatch(const keops_card &card, const keops_batch *batch);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_BATCH_H
