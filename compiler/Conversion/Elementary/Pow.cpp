//===- Pow.cpp - pow as a lane program ------------------------------------===//
//
// |x|^y = 2^(y log2 |x|), then the sign. The exponent needs ten more bits than
// the result has, in f32 seven, for it may be as large as 1024, or 128. So the
// logarithm is a sum hi + lo of two numbers, with
//
//   log m = s (2 + g),  s = (m - 1) / (m + 1),  g = 2/3 s^2 + s^4 R(s^2)
//
// where s, the first term of g and every product by them are such sums, too.
// f32 lanes without fma, or which are to be precise, find it in f64.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Elementary/Parts.h"
#include "compiler/Conversion/Elementary/Twofold.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace keops {

// R, printed by scripts/dev/minimax.py.
static constexpr double farSeries[] = {0.4000000000000226,  0.2857142857009684,
                                       0.22222222520428286, 0.1818178432147088,
                                       0.15386759496363803, 0.1325676595914197,
                                       0.13196821433177622};
static constexpr double preciseSeries[] = {
    0.3999999999999998,  0.28571428571443847, 0.2222222221778735,
    0.18181818844384656, 0.15384558396517362, 0.13336265895186644,
    0.11675749626910775, 0.11982031445072225};

/// g for z = s^2.
static Twofold seriesOf(const Exact &exact, const Twofold &z, bool precise) {
  Twofold third = exact.constant(0.6666666666666666, 3.700743415417188e-17);
  if (!precise) {
    Twofold g = exact.product(z, third);
    ArrayRef<double> series = farSeries;
    if (!exact.format.isDouble)
      series = series.take_front(5); // the rest is below 2^-32
    Lane far = z.hi * z.hi * polynomial(z.hi, series);
    return {g.hi, g.lo + far};
  }
  // One more term as a sum of two numbers.
  ArrayRef<double> series = preciseSeries;
  Lane rest = z.hi * polynomial(z.hi, series.drop_front());
  Twofold next =
      exact.product(z, exact.sum(exact.constant(series.front()), rest));
  Twofold sum = exact.sum(third.hi, next.hi);
  return exact.product(z, Twofold{sum.hi, sum.lo + (third.lo + next.lo)});
}

/// log2 x for positive finite x.
static Twofold log2Twofold(const Exact &exact, const Lane &x, bool precise) {
  Parts parts = splitFloat(exact.with, x);
  Lane one = exact.constant(1), two = exact.constant(2);
  Lane f = plainSub(parts.significand, one);

  // s = f / (2 + f): the quotient, and what it misses.
  Twofold divisor = exact.sum(two, f);
  Lane inverse = one / divisor.hi;
  Lane quotient = f * inverse;
  Twofold back = exact.product(quotient, divisor.hi);
  Lane missing = plainSub(plainSub(f, back.hi), back.lo);
  Twofold s{quotient, (missing - quotient * divisor.lo) * inverse};

  Twofold g = seriesOf(exact, exact.product(s, s), precise);
  Twofold factor = exact.sum(two, g.hi);
  factor = exact.sum(factor.hi, factor.lo + g.lo);

  Twofold perLn2 = exact.constant(1.4426950408889634, 2.0355273740931033e-17);
  Twofold fraction = exact.product(exact.product(s, factor), perLn2);
  Twofold log = exact.sum(parts.exponent, fraction.hi);
  return {withLogLimits(x, log.hi), log.lo + fraction.lo};
}

/// |x|^y but for x = 1 and y = 0.
static Lane powerOfMagnitude(const Elementary &elementary,
                             const Lane &magnitude, const Lane &y) {
  Exact exact(elementary.with, y);
  Twofold log = log2Twofold(exact, magnitude, elementary.precise);
  Twofold t = exact.product(y, log.hi);
  // Beyond this the result is 0 or infinite, and t.lo may be NaN.
  Lane small = abs(t.hi) < exact.constant(2000);
  Lane tail = select(small, t.lo + y * log.lo, exact.constant(0));
  return exp2OfSum(elementary, t.hi, &tail);
}

/// The sign, and the arguments for which the rules of C are not those of the
/// formula: `power` is |x|^y where neither applies.
static Lane withPowRules(const Elementary &elementary, const Lane &x,
                         const Lane &y, Lane power) {
  Format format(x);
  Machine &machine = *x.machine;
  auto constant = [&](double value) { return format.constant(machine, value); };
  double inf = std::numeric_limits<double>::infinity();
  Lane zero = constant(0), one = constant(1), half = y * constant(0.5);
  Lane whole = elementary.roundEven(y) == y;
  Lane even = elementary.roundEven(half) == half;
  Lane magnitude = abs(x);
  Lane sign = bitcast(x, format.bits) ^ bitcast(magnitude, format.bits);
  Lane flip = select(whole ^ even, sign, format.integer(machine, 0));
  power = bitcast(bitcast(power, format.bits) ^ flip, format.real);

  Lane notReal = (x < zero) & (magnitude < constant(inf));
  power = select(notReal, select(whole, power, constant(std::nan(""))), power);
  Lane isOne = (x == one) | (y == zero) |
               ((magnitude == one) & (abs(y) == constant(inf)));
  return select(isOne, one, power);
}

Lane Elementary::pow(const Lane &x, const Lane &y) const {
  Format format(x);
  Lane power = abs(x);
  if (format.isDouble || (with.fma && !precise)) {
    power = powerOfMagnitude(*this, power, y);
  } else {
    FloatType wide = x.machine->builder.getF64Type();
    Lane log = log2(convert(power, wide));
    power = convert(exp2(convert(y, wide) * log), format.real);
  }
  return withPowRules(*this, x, y, power);
}

} // namespace keops
