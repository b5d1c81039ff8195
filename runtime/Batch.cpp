//===- Batch.cpp - many problems of one size ------------------------------===//

#include "runtime/Batch.h"
#include "runtime/Error.h"

#include <algorithm>

using namespace keops::rt;

Batch::Batch(const keops_batch *batch) : batch(batch) {
  if (batch)
    for (int32_t d = 0; d < batch->n_dims; ++d)
      elements *= batch->shape[d];
}

int64_t Batch::inputTable(int32_t input, int64_t element) const {
  if (!batch || !batch->strides)
    return element;
  const int64_t *strides = batch->strides + int64_t(input) * batch->n_dims;
  int64_t table = 0;
  for (int32_t d = batch->n_dims - 1; d >= 0; --d) {
    table += element % batch->shape[d] * strides[d];
    element /= batch->shape[d];
  }
  return table;
}

int64_t Batch::lastTable(int32_t input) const {
  if (!batch || !batch->strides)
    return elements - 1;
  const int64_t *strides = batch->strides + int64_t(input) * batch->n_dims;
  int64_t table = 0;
  for (int32_t d = 0; d < batch->n_dims; ++d)
    table += (batch->shape[d] - 1) * strides[d];
  return table;
}

/// Could the product, and that with a stride, leave 63 bits?
static int checkStrides(const keops_card &card, const keops_batch &batch) {
  for (int32_t t = 0; batch.strides && t < card.n_inputs; ++t) {
    int64_t last = 0;
    for (int32_t d = 0; d < batch.n_dims; ++d) {
      int64_t stride = batch.strides[int64_t(t) * batch.n_dims + d], step;
      if (stride < 0)
        return fail(KEOPS_INVALID_ARGUMENT,
                    "the stride of %s along dimension %d of the batch is %lld; "
                    "expected 0 or more",
                    card.tables[t].name, int(d),
                    static_cast<long long>(stride));
      if (__builtin_mul_overflow(std::max<int64_t>(batch.shape[d] - 1, 0),
                                 stride, &step) ||
          __builtin_add_overflow(last, step, &last))
        return fail(KEOPS_INVALID_ARGUMENT,
                    "the strides of %s do not fit into memory",
                    card.tables[t].name);
    }
  }
  return KEOPS_OK;
}

int keops::rt::checkBatch(const keops_card &card, const keops_batch *batch) {
  if (!batch)
    return KEOPS_OK;
  if (batch->n_dims < 0 || batch->n_dims > 64 || batch->reserved != 0)
    return fail(KEOPS_INVALID_ARGUMENT,
                "the batch has %d dimensions; expected 0 to 64, and "
                "'reserved' to be 0",
                int(batch->n_dims));
  if (batch->n_dims && !batch->shape)
    return fail(KEOPS_INVALID_ARGUMENT,
                "the shape of the batch is a null pointer");
  int64_t elements = 1;
  for (int32_t d = 0; d < batch->n_dims; ++d) {
    if (batch->shape[d] < 0)
      return fail(KEOPS_INVALID_ARGUMENT,
                  "dimension %d of the batch is negative (%lld)", int(d),
                  static_cast<long long>(batch->shape[d]));
    // One empty dimension empties the batch, but must not hide the others.
    if (__builtin_mul_overflow(elements, std::max<int64_t>(batch->shape[d], 1),
                               &elements) ||
        elements > Sizes::limit)
      return fail(KEOPS_INVALID_ARGUMENT,
                  "the batch has more than 2^44 elements");
  }
  return checkStrides(card, *batch);
}
