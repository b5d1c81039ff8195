//===- Parts.h - what the expansions are built from -------------*- C++ -*-===//
//
// Private to the Elementary*.cpp files: formats and polynomials, the AVX-512
// instructions that no dialect has an operation for, and the steps that more
// than one function takes.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_ELEMENTARY_PARTS_H
#define KEOPS_COMPILER_CONVERSION_ELEMENTARY_PARTS_H

#include "compiler/Conversion/Elementary/Elementary.h"

namespace keops {

/// How the lanes of a function are stored: float and integer of one width.
struct Format {
  explicit Format(const Lane &x);
  mlir::FloatType real;
  mlir::IntegerType bits;
  bool isDouble;
  int fraction; // stored bits of the significand
  int bias;     // of the exponent

  /// The bit pattern of the number nearest to `value`.
  int64_t pattern(double value) const;
  /// What the number nearest to `value` + `low` misses of it; `low` is what f64
  /// does.
  double missing(double value, double low) const;
  /// `value` as a lane of this format.
  Lane constant(Machine &machine, double value) const;
  Lane integer(Machine &machine, int64_t value) const;
};

/// c0 + c1 x + c2 x^2 + ... by Horner's rule.
Lane polynomial(const Lane &x, llvm::ArrayRef<double> coefficients);

/// `f` on f64 lanes, rounded back to the type of x.
Lane inDouble(const Lane &x, llvm::function_ref<Lane(const Lane &)> f);

/// 2^(x + tail), where |tail| is much smaller than 1 and zero for huge x.
Lane exp2OfSum(const Elementary &elementary, const Lane &x, const Lane *tail);

/// x = 2^exponent * significand, the significand in [1/sqrt 2, sqrt 2].
struct Parts {
  Lane exponent; // as a float
  Lane significand;
};
/// The parts of a positive finite x, denormal or not.
Parts splitFloat(Instructions with, const Lane &x);
/// `log`, and what a logarithm is at 0, infinity, NaN and below zero.
Lane withLogLimits(const Lane &x, const Lane &log);

/// x = quadrant * pi / 2 + hi + lo, but for multiples of 2 pi.
struct Reduced {
  Lane hi, lo;
  Lane quadrant; // an integer; the two lowest bits count
};
/// For f64 lanes, |x| >= 1; meant for huge ones.
Reduced reduceHuge(const Lane &x);

/// Can the AVX-512 instructions below be used on these lanes? They exist as
/// whole registers only; wider lanes are cut into pieces.
bool fitsAvx512(Instructions with, const Lane &x);

/// x * 2^floor(n): overflow, denormal results and infinite n are dealt with.
Lane scalef(const Lane &x, const Lane &n);
/// x rounded to the nearest multiple of 1 / parts: 32 for f32, 16 for f64.
Lane roundToPart(const Lane &x);
/// The last bit of its sum with a number is worth 1 / parts.
double magicOfParts(const Lane &x);
/// table[n * parts mod parts] for such a multiple n, to which the magic number
/// was added. The table has `parts` numbers and fills two registers.
Lane lookUpPart(const Lane &sum, llvm::ArrayRef<double> table);
/// a * b + c, a * b and a + b, rounded towards 0: what is too large becomes the
/// largest finite number.
Lane truncatedFma(const Lane &a, const Lane &b, const Lane &c);
Lane truncatedMul(const Lane &a, const Lane &b);
Lane truncatedAdd(const Lane &a, const Lane &b);
/// floor(log2 |x|) as a float, -inf at 0.
Lane getExponent(const Lane &x);
/// |x| / 2^floor(log2 |x|) in [1, 2), 1 at 0 and infinity, NaN for x < 0.
Lane getSignificand(const Lane &x);
/// 1 / x but for a relative error of 2^-14: 0 or infinite where x is infinite
/// or below 2^-128 (f64: 2^-1024).
Lane estimateInverse(const Lane &x);
/// Is x 0, denormal, infinite or NaN?
Lane isNotNormal(const Lane &x);
/// x, with the magnitude cut at `bound`; `bound` for NaN.
Lane boundMagnitude(const Lane &x, double bound);

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_ELEMENTARY_PARTS_H
