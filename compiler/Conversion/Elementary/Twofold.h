//===- Twofold.h - sums of two numbers --------------------------*- C++ -*-===//
//
// Where a function needs more bits than its lanes have: pow, the remainders of
// sine and cosine, and what is to be precise.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_ELEMENTARY_TWOFOLD_H
#define KEOPS_COMPILER_CONVERSION_ELEMENTARY_TWOFOLD_H

#include "compiler/Conversion/Elementary/Parts.h"

namespace keops {

/// A number known to twice the bits of its format: hi + lo, |lo| a few units of
/// hi at most.
struct Twofold {
  Lane hi;
  Lane lo;
};

/// Arithmetic on lanes of one format without, or with known, rounding errors.
/// Without fma, products are for f64.
struct Exact {
  Exact(Instructions with, const Lane &like)
      : with(with), machine(*like.machine), format(like) {}

  Lane constant(double value) const { return format.constant(machine, value); }
  /// `value` + `low`, which is what f64 misses of it.
  Twofold constant(double value, double low) const {
    return {constant(value), constant(format.missing(value, low))};
  }

  /// a + b as sum and rounding error, for |a| >= |b| or a = 0.
  Twofold sum(const Lane &a, const Lane &b) const;
  /// a - b as difference and rounding error.
  Twofold difference(const Lane &a, const Lane &b) const;
  /// a * b as product and rounding error.
  Twofold product(const Lane &a, const Lane &b) const;
  /// a * b to twice the precision.
  Twofold product(const Twofold &a, const Twofold &b) const;
  /// The square root of x, which is neither denormal nor infinite.
  Twofold root(const Elementary &elementary, const Lane &x) const;
  /// a / (b.hi + b.lo) for b.hi not 0.
  Twofold quotient(const Lane &a, const Twofold &b) const;

  const Instructions with;
  Machine &machine;
  const Format format;

private:
  Twofold split(const Lane &a) const;
  Lane errorBySplitting(const Lane &a, const Lane &b, const Lane &p) const;
};

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_ELEMENTARY_TWOFOLD_H
