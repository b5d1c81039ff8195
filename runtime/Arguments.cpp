//===- Arguments.cpp - what the caller of a launch passed -----------------===//

#include "runtime/Batch.h"
#include "runtime/Check.h"
#include "runtime/Error.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>

using namespace keops::rt;

int64_t keops::rt::tableBytes(const keops_table &table, const Sizes &sizes) {
  int64_t bytes;
  if (__builtin_mul_overflow(sizes.rows(table.axis), table.dim, &bytes) ||
      __builtin_mul_overflow(bytes, elementBytes(table.dtype), &bytes))
    return -1;
  return bytes;
}

int64_t keops::rt::extentBytes(const keops_card &card, const Sizes &sizes,
                               const Batch &batch, int32_t t) {
  if (batch.size() == 0)
    return 0;
  int64_t last = t < card.n_inputs ? batch.lastTable(t) : batch.size() - 1;
  int64_t one = tableBytes(card.tables[t], sizes), all;
  if (one < 0 || __builtin_mul_overflow(one, last, &all) ||
      __builtin_add_overflow(all, one, &all))
    return -1;
  return all;
}

//===----------------------------------------------------------------------===//
// The call
//===----------------------------------------------------------------------===//

/// A caller compiled against a later release may pass a longer struct. That is
/// fine as long as it asks for nothing that this release does not know.
static bool hasUnknownFields(const keops_call &call) {
  const char *bytes = reinterpret_cast<const char *>(&call);
  for (int64_t b = sizeof(keops_call); b < call.size; ++b)
    if (bytes[b])
      return true;
  return call.reserved != 0;
}

/// The size of the struct in the release that had the fewest fields.
constexpr int64_t smallestCall = offsetof(keops_call, ranges);

int keops::rt::checkCall(const keops_call *call, keops_call &full) {
  full = KEOPS_CALL_DEFAULTS;
  if (!call)
    return KEOPS_OK;
  // Beyond 4096 the field was not initialized, and the bytes behind the struct
  // are not ours to read.
  if (call->size < smallestCall || call->size > 4096)
    return fail(KEOPS_INVALID_ARGUMENT,
                "the size field of keops_call is %lld; initialize the struct "
                "with KEOPS_CALL_DEFAULTS",
                static_cast<long long>(call->size));
  std::memcpy(&full, call, size_t(std::min(call->size, int64_t(sizeof(full)))));
  if (hasUnknownFields(*call))
    return fail(KEOPS_INVALID_ARGUMENT,
                "keops_call sets a field that this release (%s) does not "
                "know; initialize the struct with KEOPS_CALL_DEFAULTS",
                keops_runtime_version());
  if (call->threads < 0)
    return fail(KEOPS_INVALID_ARGUMENT,
                "threads is %d; expected 0 (one for each core) or more",
                int(call->threads));
  if (call->device < 0)
    return fail(KEOPS_INVALID_ARGUMENT,
                "device is %d; expected the number of a GPU, 0 or more",
                int(call->device));
  switch (call->backend) {
  case KEOPS_BACKEND_AUTO:
  case KEOPS_BACKEND_CPU:
  case KEOPS_BACKEND_GPU:
    return KEOPS_OK;
  default:
    return fail(KEOPS_INVALID_ARGUMENT,
                "backend is %d; expected KEOPS_BACKEND_AUTO, KEOPS_BACKEND_CPU "
                "or KEOPS_BACKEND_GPU",
                int(call->backend));
  }
}

//===----------------------------------------------------------------------===//
// The tables
//===----------------------------------------------------------------------===//

namespace {
/// "M x 3 float32"
struct Shape {
  char text[64];

  explicit Shape(const keops_table &table) {
    static const char *const rows[] = {"", "M x ", "N x "};
    static const char *const types[] = {"float32", "float64", "int64"};
    std::snprintf(text, sizeof(text), "%s%lld %s", rows[table.axis],
                  static_cast<long long>(table.dim), types[table.dtype]);
  }
};
} // namespace

static int checkSize(const char *name, int64_t size) {
  if (size < 0)
    return fail(KEOPS_INVALID_ARGUMENT, "%s is negative (%lld)", name,
                static_cast<long long>(size));
  if (size > Sizes::limit)
    return fail(KEOPS_INVALID_ARGUMENT, "%s is %lld; the limit is 2^44", name,
                static_cast<long long>(size));
  return KEOPS_OK;
}

static int checkTable(const keops_table &table, const Sizes &sizes,
                      int64_t bytes, const void *data) {
  uintptr_t address = reinterpret_cast<uintptr_t>(data);
  if (bytes < 0 || (data && address + uintptr_t(bytes) < address))
    return fail(KEOPS_INVALID_ARGUMENT,
                "%s (%s) does not fit into memory with M = %lld, N = %lld",
                table.name, Shape(table).text, static_cast<long long>(sizes.M),
                static_cast<long long>(sizes.N));
  if (bytes && !data)
    return fail(KEOPS_INVALID_ARGUMENT, "%s is a null pointer (expected %s)",
                table.name, Shape(table).text);
  if (bytes && address % uintptr_t(elementBytes(table.dtype)))
    return fail(KEOPS_INVALID_ARGUMENT,
                "%s is not aligned: its address must be a multiple of %d "
                "(expected %s)",
                table.name, int(elementBytes(table.dtype)), Shape(table).text);
  return KEOPS_OK;
}

/// An output must share no memory with the tables before it. Kernels read
/// inputs while they write outputs, so a shared table is silently wrong.
static int checkApart(const keops_card &card, const Sizes &sizes,
                      const Batch &batch, int32_t output,
                      const void *const *inputs, void *const *outputs) {
  int32_t place = card.n_inputs + output;
  uintptr_t begin = reinterpret_cast<uintptr_t>(outputs[output]);
  uintptr_t end = begin + uintptr_t(extentBytes(card, sizes, batch, place));
  for (int32_t t = 0; t < place; ++t) {
    const void *data =
        t < card.n_inputs ? inputs[t] : outputs[t - card.n_inputs];
    uintptr_t otherBegin = reinterpret_cast<uintptr_t>(data);
    uintptr_t otherEnd =
        otherBegin + uintptr_t(extentBytes(card, sizes, batch, t));
    // Empty tables overlap nothing.
    if (begin < otherEnd && otherBegin < end && begin < end &&
        otherBegin < otherEnd)
      return fail(KEOPS_INVALID_ARGUMENT,
                  "%s overlaps %s; an output needs memory of its own",
                  card.tables[place].name, card.tables[t].name);
  }
  return KEOPS_OK;
}

int keops::rt::checkTables(const keops_card &card, const Sizes &sizes,
                           const Batch &batch, const void *const *inputs,
                           void *const *outputs) {
  if (int status = checkSize("M", sizes.M))
    return status;
  if (int status = checkSize("N", sizes.N))
    return status;
  if ((card.n_inputs && !inputs) || (card.n_outputs && !outputs))
    return fail(KEOPS_INVALID_ARGUMENT, "the list of %s is a null pointer",
                card.n_inputs && !inputs ? "inputs" : "outputs");
  for (int32_t t = 0; t < card.n_inputs; ++t)
    if (int status = checkTable(card.tables[t], sizes,
                                extentBytes(card, sizes, batch, t), inputs[t]))
      return status;
  for (int32_t t = 0; t < card.n_outputs; ++t) {
    int32_t place = card.n_inputs + t;
    if (int status =
            checkTable(card.tables[place], sizes,
                       extentBytes(card, sizes, batch, place), outputs[t]))
      return status;
    if (int status = checkApart(card, sizes, batch, t, inputs, outputs))
      return status;
  }
  return KEOPS_OK;
}
