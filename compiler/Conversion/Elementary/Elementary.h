//===- Elementary.h - exp, log and their kin as lane programs ---*- C++ -*-===//
//
// LLVM would turn math.exp on a vector into one call of libm per element. So
// elementary functions are expanded while lanes are emitted, for f32 and f64,
// into a few arithmetic operations each:
//
//   exp2 t  =>  n = round t; p = polynomial (t - n); scale p by 2^n
//
// Every function is within 2 units in the last place of the true value, for
// all arguments, infinities, NaN and denormal numbers included; see
// bench/accuracy for the measured table. If they are to be precise, within 1:
// f32 lanes are then computed in f64, and f64 lanes carry rounding errors
// along. exp and exp2 are exactly 1 at 0: the running sums of a log-sum-exp are
// rescaled by them again and again.
//
// Denormal arguments and results are kept: code made here must run with
// flush-to-zero off, as the psABI has it.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_ELEMENTARY_ELEMENTARY_H
#define KEOPS_COMPILER_CONVERSION_ELEMENTARY_ELEMENTARY_H

#include "dialects/Keops/Lane.h"

namespace keops {

/// What the expansions may use beyond plain arithmetic.
struct Instructions {
  bool fma;      // a * b + c rounds once
  bool rounding; // to whole numbers
  bool avx512;   // those for parts of numbers, on lanes that fill registers
};

/// The elementary functions, made of these instructions. Lanes may be f32 or
/// f64, of any width and shape, whatever the working precision of their
/// machine.
struct Elementary {
  Instructions with;
  bool precise = false; // one unit in the last place instead of two

  /// The same, with no need to be precise.
  Elementary fast() const { return {with}; }

  Lane exp(const Lane &x) const;
  Lane exp2(const Lane &x) const;
  Lane log(const Lane &x) const;
  Lane log2(const Lane &x) const;
  Lane sqrt(const Lane &x) const;
  /// 1 / sqrt(x), and 0 at 0.
  Lane rsqrt(const Lane &x) const;
  /// As C has it, and computed in f64 for f32 lanes where there is no fma.
  Lane pow(const Lane &x, const Lane &y) const;
  Lane roundEven(const Lane &x) const;
  Lane floor(const Lane &x) const;

  // These two are computed in f64 for f32 lanes in any case.
  Lane sin(const Lane &x) const;
  Lane cos(const Lane &x) const;
  Lane asin(const Lane &x) const;
  Lane acos(const Lane &x) const;
  Lane atan(const Lane &x) const;
  Lane atan2(const Lane &y, const Lane &x) const;
};

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_ELEMENTARY_ELEMENTARY_H
