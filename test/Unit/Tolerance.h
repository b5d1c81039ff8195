//===- Tolerance.h - how far computed values may be off ---------*- C++ -*-===//
//
// All tests that compare kernels with the reference in double precision take
// their tolerances from here. A unit is the distance from 1 to the next number:
// 1.2e-7 in f32, 2.2e-16 in f64.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_TOLERANCE_H
#define KEOPS_TEST_UNIT_TOLERANCE_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace keops::test {

/// Units of the value by which an op may be off: an elementary function has two
/// (see Elementary.cpp), a small integer power rounds a few times.
constexpr double kOpUnits = 4;

/// Units of the result by which a reduction of `columns` values may be off.
/// Each addition to a growing sum rounds, and equal terms all the same way.
inline double sumUnits(int64_t columns) { return 2 + double(columns) / 8; }

struct Precision {
  double unit, largest, smallestNormal;

  static Precision of(bool isDouble) {
    return isDouble ? make<double>() : make<float>();
  }

  /// Is `found` the number `expected` up to `error` in this precision? NaN and
  /// infinities must be themselves. Below the normal numbers digits may be
  /// lost; within the error of the largest number it may overflow.
  bool agree(double found, double expected, double error) const {
    if (std::isnan(expected))
      return std::isnan(found);
    if (std::isinf(found))
      return std::signbit(found) == std::signbit(expected) &&
             std::fabs(expected) + error >= largest;
    if (std::fabs(expected) - error > largest)
      return false;
    return std::fabs(found - expected) <= error + smallestNormal;
  }

private:
  template <typename T> static Precision make() {
    using Limits = std::numeric_limits<T>;
    return {double(Limits::epsilon()), double(Limits::max()),
            double(Limits::min())};
  }
};

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_TOLERANCE_H
