//===- Sin.cpp - sine and cosine as lane programs -------------------------===//
//
// All in f64. x = n pi / 2 + r with |r| <= pi / 4; then n mod 4 says whether
// the sine or the cosine of r is wanted, and its sign. r is kept as a sum of
// two numbers, hi + lo:
//
//   |x| < 2^20   pi / 2 as a sum of 33 + 33 + 33 + 53 bits: the products by n
//                of all but the last are exact
//   beyond       ElementaryHuge.cpp, behind a branch: such x are rare
//
// Coefficients and constants are printed by scripts/dev/minimax.py.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Elementary/Twofold.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace keops {

// (sin r / r - 1) / z and (cos r - 1 + z / 2) / z^2 in powers of z = r^2.
static constexpr double sineTail[] = {
    -0.16666666666666632,  0.00833333333332249,     -0.00019841269829857795,
    2.755731370699784e-06, -2.5050760239690535e-08, 1.589690903728067e-10};
static constexpr double cosineTail[] = {
    0.0416666666666666,     -0.0013888888888874474, 2.4801587289671533e-05,
    -2.755731440102813e-07, 2.0875729280707692e-09, -1.1359934206714085e-11};
// The same, good enough for f32.
static constexpr double sineTailF32[] = {
    -0.16666666641626687, 0.008333329385908214, -0.0001983933484242778,
    2.7183115574473687e-06};
static constexpr double cosineTailF32[] = {
    0.04166666662282769, -0.001388888375338562, 2.4799520003437527e-05,
    -2.7210237384972105e-07};

//===----------------------------------------------------------------------===//
// Moderate arguments
//===----------------------------------------------------------------------===//

static Reduced reduceModerate(const Elementary &elementary, const Lane &x,
                              bool forFloat) {
  Format format(x);
  Machine &machine = *x.machine;
  auto constant = [&](double value) { return format.constant(machine, value); };
  Lane n = elementary.roundEven(x * constant(0.6366197723675814));
  // The low bits of the sum are those of n.
  Lane quadrant = bitcast(plainAdd(n, constant(0x1.8p52)), format.bits);
  Lane rest = plainSub(x, n * constant(1.5707963267341256));
  if (forFloat)
    return {plainSub(rest, n * constant(6.077100506506192e-11)), constant(0),
            quadrant};
  Exact exact(elementary.with, x);
  auto [second, error] =
      exact.difference(rest, n * constant(6.077100506303966e-11));
  auto [third, smaller] =
      exact.difference(second, n * constant(2.0222662487111665e-21));
  Lane tail =
      plainSub(plainAdd(error, smaller), n * constant(8.4784276603689e-32));
  Lane hi = plainAdd(third, tail);
  return {hi, plainAdd(plainSub(third, hi), tail), quadrant};
}

//===----------------------------------------------------------------------===//
// Sine and cosine
//===----------------------------------------------------------------------===//

static Reduced reduce(const Elementary &elementary, const Lane &x,
                      bool forFloat) {
  Format format(x);
  Machine &machine = *x.machine;
  Reduced moderate = reduceModerate(elementary, x, forFloat);
  moderate.lo = machine.spread(moderate.lo, x.rows, x.cols);
  Lane isHuge = format.constant(machine, 0x1p20) <= abs(x);
  Lanes merged = machine.ifAny(
      isHuge, {moderate.hi, moderate.lo, moderate.quadrant}, [&]() -> Lanes {
        Reduced huge = reduceHuge(x);
        return {select(isHuge, huge.hi, moderate.hi),
                select(isHuge, huge.lo, moderate.lo),
                select(isHuge, huge.quadrant, moderate.quadrant)};
      });
  return {merged[0], merged[1], merged[2]};
}

/// The sine and the cosine of r = hi + lo, |r| <= pi / 4.
static std::pair<Lane, Lane> sineAndCosine(const Lane &r, const Lane &low,
                                           bool forFloat) {
  Format format(r);
  Machine &machine = *r.machine;
  Lane z = r * r, half = z * format.constant(machine, 0.5);
  Lane one = format.constant(machine, 1), head = plainSub(one, half);
  if (forFloat)
    return {r + r * z * polynomial(z, sineTailF32),
            head + z * z * polynomial(z, cosineTailF32)};
  // The derivative of sin is 1 - z / 2 or so, that of cos -r: what lo adds.
  Lane sine = r + (r * z * polynomial(z, sineTail) + (low - low * half));
  Lane lost = plainSub(plainSub(one, head), half);
  return {sine, head + (lost + (z * z * polynomial(z, cosineTail) - r * low))};
}

/// The sine `ahead` quadrants further on, good enough for f32 if `forFloat`.
static Lane sineFrom(const Elementary &elementary, const Lane &x, int64_t ahead,
                     bool forFloat) {
  Format format(x);
  Machine &machine = *x.machine;
  auto integer = [&](int64_t value) { return format.integer(machine, value); };
  Reduced reduced = reduce(elementary, x, forFloat);
  auto [sine, cosine] = sineAndCosine(reduced.hi, reduced.lo, forFloat);
  Lane quadrant = reduced.quadrant + integer(ahead);
  Lane isOdd = (quadrant & integer(1)) == integer(1);
  Lane sign = shiftLeft(quadrant & integer(2), 62);
  Lane value = select(isOdd, cosine, sine);
  value = bitcast(bitcast(value, format.bits) ^ sign, format.real);
  // NaN for infinite x.
  double inf = std::numeric_limits<double>::infinity();
  return select(abs(x) < format.constant(machine, inf), value, plainSub(x, x));
}

Lane Elementary::sin(const Lane &x) const {
  FloatType wide = x.machine->builder.getF64Type();
  Lane argument = convert(x, wide);
  Format format(argument);
  // The sum above loses the sign of zero.
  Lane isTiny =
      abs(argument) < format.constant(*x.machine, std::ldexp(1.0, -28));
  Lane value = select(isTiny, argument,
                      sineFrom(*this, argument, 0, !Format(x).isDouble));
  return convert(value, cast<FloatType>(x.element()));
}

Lane Elementary::cos(const Lane &x) const {
  FloatType wide = x.machine->builder.getF64Type();
  return convert(sineFrom(*this, convert(x, wide), 1, !Format(x).isDouble),
                 cast<FloatType>(x.element()));
}

} // namespace keops
