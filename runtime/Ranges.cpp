//===- Ranges.cpp - are block-sparse ranges sound? ------------------------===//

#include "runtime/Ranges.h"
#include "runtime/Error.h"
#include "runtime/Memory.h"

#include <algorithm>

using namespace keops::rt;

RangesView keops::rt::rangesOf(const keops_ranges &ranges, int32_t rowAxis) {
  if (rowAxis == KEOPS_AXIS_I)
    return {ranges.n_i, ranges.ranges_i, ranges.slices_i, ranges.redranges_j};
  return {ranges.n_j, ranges.ranges_j, ranges.slices_j, ranges.redranges_i};
}

double keops::rt::pairsOf(const RangesView &ranges, int64_t rows) {
  double pairs = 0;
  for (int64_t b = 0; b < ranges.blocks; ++b) {
    int64_t cols = 0, blockRows = ranges.rowEnd(b) - ranges.rowBegin(b);
    for (int64_t k = ranges.firstInterval(b); k < ranges.endInterval(b); ++k)
      cols += ranges.cols[2 * k + 1] - ranges.cols[2 * k];
    if (cols > 0) {
      pairs += double(blockRows) * double(cols);
      rows -= blockRows;
    }
  }
  return pairs + double(rows);
}

void keops::rt::sortIntervals(const int64_t *intervals, int64_t count,
                              int64_t *order) {
  for (int64_t k = 0; k < count; ++k)
    order[k] = k;
  // Empty ones before the one that begins at the same place.
  std::sort(order, order + count, [intervals](int64_t a, int64_t b) {
    return std::make_pair(intervals[2 * a], intervals[2 * a + 1]) <
           std::make_pair(intervals[2 * b], intervals[2 * b + 1]);
  });
}

namespace {

/// The words for one half.
struct Names {
  const char *rows, *slices, *cols, *blocks;
  const char *rowSize, *colSize;
};
constexpr Names namesForI = {"ranges_i", "slices_i", "redranges_j",
                             "n_i",      "M",        "N"};
constexpr Names namesForJ = {"ranges_j", "slices_j", "redranges_i",
                             "n_j",      "N",        "M"};

/// Checks one half.
class Half {
public:
  Half(const RangesView &view, const Names &names, int64_t rows, int64_t cols)
      : view(view), names(names), rows(rows), cols(cols) {}
  int check();

private:
  int checkSlices() const;
  int checkDisjoint(const char *name, const int64_t *intervals, int64_t first,
                    int64_t end);

  const RangesView view;
  const Names &names;
  const int64_t rows, cols;
  Buffer order;
};

} // namespace

static int checkBounds(const char *name, const int64_t *intervals,
                       int64_t count, const char *sizeName, int64_t size) {
  for (int64_t k = 0; k < count; ++k) {
    int64_t begin = intervals[2 * k], end = intervals[2 * k + 1];
    if (begin < 0 || begin > end || end > size)
      return fail(KEOPS_INVALID_ARGUMENT,
                  "%s[%lld] is [%lld, %lld); expected 0 <= begin <= end <= %s "
                  "= %lld",
                  name, static_cast<long long>(k),
                  static_cast<long long>(begin), static_cast<long long>(end),
                  sizeName, static_cast<long long>(size));
  }
  return KEOPS_OK;
}

int Half::checkSlices() const {
  int64_t last = 0;
  for (int64_t k = 0; k < view.blocks; ++k) {
    if (view.slices[k] < last)
      return fail(KEOPS_INVALID_ARGUMENT,
                  "%s[%lld] is %lld; expected %s%lld or more", names.slices,
                  static_cast<long long>(k),
                  static_cast<long long>(view.slices[k]),
                  k ? "its predecessor's " : "", static_cast<long long>(last));
    last = view.slices[k];
  }
  return KEOPS_OK;
}

/// No column twice in a block, no row in two blocks.
int Half::checkDisjoint(const char *name, const int64_t *intervals,
                        int64_t first, int64_t end) {
  auto *sorted = reinterpret_cast<int64_t *>(order.data());
  sortIntervals(intervals + 2 * first, end - first, sorted);
  for (int64_t k = 1; k < end - first; ++k) {
    int64_t a = first + sorted[k - 1], b = first + sorted[k];
    if (intervals[2 * a + 1] > intervals[2 * b])
      return fail(KEOPS_INVALID_ARGUMENT,
                  "%s[%lld] = [%lld, %lld) and %s[%lld] = [%lld, %lld) overlap",
                  name, static_cast<long long>(std::min(a, b)),
                  static_cast<long long>(intervals[2 * std::min(a, b)]),
                  static_cast<long long>(intervals[2 * std::min(a, b) + 1]),
                  name, static_cast<long long>(std::max(a, b)),
                  static_cast<long long>(intervals[2 * std::max(a, b)]),
                  static_cast<long long>(intervals[2 * std::max(a, b) + 1]));
  }
  return KEOPS_OK;
}

int Half::check() {
  if (view.blocks < 0 || view.blocks > Sizes::limit)
    return fail(KEOPS_INVALID_ARGUMENT, "%s is %lld; expected 0 or more",
                names.blocks, static_cast<long long>(view.blocks));
  if (!view.rows || !view.slices)
    return fail(KEOPS_INVALID_ARGUMENT,
                "%s is a null pointer, and this kernel reduces over the axis "
                "that it is for",
                view.rows ? names.slices : names.rows);
  if (int status = checkSlices())
    return status;
  int64_t intervals = view.blocks ? view.slices[view.blocks - 1] : 0;
  if (intervals && !view.cols)
    return fail(KEOPS_INVALID_ARGUMENT, "%s is a null pointer", names.cols);
  if (int status =
          checkBounds(names.rows, view.rows, view.blocks, names.rowSize, rows))
    return status;
  if (int status =
          checkBounds(names.cols, view.cols, intervals, names.colSize, cols))
    return status;
  int64_t most = std::max(view.blocks, intervals), bytes;
  if (__builtin_mul_overflow(most, int64_t(sizeof(int64_t)), &bytes) ||
      !order.allocate(bytes))
    return fail(KEOPS_OUT_OF_MEMORY, "out of memory for the ranges of a "
                                     "launch");
  if (int status = checkDisjoint(names.rows, view.rows, 0, view.blocks))
    return status;
  for (int64_t k = 0; k < view.blocks; ++k)
    if (int status = checkDisjoint(names.cols, view.cols, view.firstInterval(k),
                                   view.endInterval(k)))
      return status;
  return KEOPS_OK;
}

int keops::rt::checkRanges(const keops_card &card, const keops_ranges *ranges,
                           const Sizes &sizes) {
  if (!ranges)
    return KEOPS_OK;
  bool needed[] = {false, false}; // rows of i, rows of j
  for (int32_t s = 0; s < card.n_steps; ++s) {
    const keops_step &step = card.steps[s];
    bool hasSweep = step.device && step.device->sweep;
    for (int32_t h = 0; h < step.n_host; ++h)
      hasSweep |= step.host[h].sweep != nullptr;
    if (hasSweep)
      needed[step.row_axis == KEOPS_AXIS_J] = true;
  }
  if (needed[0])
    if (int status =
            Half(rangesOf(*ranges, KEOPS_AXIS_I), namesForI, sizes.M, sizes.N)
                .check())
      return status;
  if (needed[1])
    if (int status =
            Half(rangesOf(*ranges, KEOPS_AXIS_J), namesForJ, sizes.N, sizes.M)
                .check())
      return status;
  return KEOPS_OK;
}
