//===- Ranges.h - which pairs a launch has ----------------------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_RANGES_H
#define KEOPS_RUNTIME_RANGES_H

#include "runtime/Check.h"

namespace keops::rt {

/// One half of keops_ranges: blocks of rows, and the columns that each meets.
struct RangesView {
  int64_t blocks;
  const int64_t *rows;   // begin and end of each block
  const int64_t *slices; // where its intervals end in `cols`
  const int64_t *cols;   // begin and end of each interval

  int64_t rowBegin(int64_t block) const { return rows[2 * block]; }
  int64_t rowEnd(int64_t block) const { return rows[2 * block + 1]; }
  int64_t firstInterval(int64_t block) const {
    return block ? slices[block - 1] : 0;
  }
  int64_t endInterval(int64_t block) const { return slices[block]; }
};

/// The half for rows of this axis.
RangesView rangesOf(const keops_ranges &ranges, int32_t rowAxis);

/// Does each half that a step of the card needs keep the contract of
/// keops_ranges?
int checkRanges(const keops_card &card, const keops_ranges *ranges,
                const Sizes &sizes);

/// How many pairs such ranges have, which are sound. Rows without columns count
/// once.
double pairsOf(const RangesView &ranges, int64_t rows);

/// The numbers of all intervals (pairs of begin and end) in ascending order of
/// their begins, into `order`.
void sortIntervals(const int64_t *intervals, int64_t count, int64_t *order);

} // namespace keops::rt

#endif // KEOPS_RUNTIME_RANGES_H
