//===- Log.cpp - log and log2 as lane programs ----------------------------===//
//
// x = 2^e m with m in [1/sqrt 2, sqrt 2], so that log x = e ln 2 + log m hardly
// cancels, and log m from f = m - 1, which is exact:
//
//   f32  log(1 + f) = f + f^2 (-1/2 + f q(f))
//   f64  log(1 + f) = f - (h - s (h + R(s^2)))
//        with h = f^2 / 2, s = f / (2 + f): half the terms of a polynomial in f
//        for one division, which runs beside them
//
// Coefficients and splittings are printed by scripts/dev/minimax.py.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Elementary/Parts.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace keops {

// -1/2 + f q(f).
static constexpr double logTailF32[] = {-0.5,
                                        0.3333333134651184,
                                        -0.250008225440979,
                                        0.20001260936260223,
                                        -0.16623330116271973,
                                        0.14200901985168457,
                                        -0.13159552216529846,
                                        0.1276773065328598,
                                        -0.0764431282877922};

// (log2(1 + f) - f) / f.
static constexpr double log2TailF32[] = {
    0.4426950514316559,   -0.7213472127914429, 0.48089438676834106,
    -0.36070722341537476, 0.28878799080848694, -0.23954598605632782,
    0.20053553581237793,  -0.1875944286584854, 0.2097562849521637,
    -0.1466820389032364};

// (log((1 + s) / (1 - s)) / s - 2) / s^2 in powers of s^2.
static constexpr double logSeriesF64[] = {
    0.6666666666666734, 0.39999999999416275, 0.2857142874216392,
    0.2222219858685213, 0.18183563981593248, 0.1531405182139224,
    0.14796000543573926};

/// The significands lie between this and its double.
static constexpr double lowerEnd = 0.7071067811865476;

/// The parts by AVX-512, which has instructions for them: NaN, infinities and
/// zero come out so that they pass through the formulas below.
static Parts splitByInstruction(const Format &format, const Lane &x) {
  Machine &machine = *x.machine;
  Lane e = getExponent(x), m = getSignificand(x);
  Lane large = format.constant(machine, 2 * lowerEnd) < m;
  return {select(large, plainAdd(e, format.constant(machine, 1)), e),
          select(large, m * format.constant(machine, 0.5), m)};
}

/// The parts of a positive finite x by integer arithmetic.
static Parts splitByBits(const Format &format, const Lane &x) {
  Machine &machine = *x.machine;
  auto integer = [&](int64_t value) { return format.integer(machine, value); };
  auto constant = [&](double value) { return format.constant(machine, value); };
  int raise = format.fraction + 1;
  double tiny = format.isDouble ? 0x1p-1022 : 0x1p-126;
  Lane denormal = x < constant(tiny);
  Lane normal = select(denormal, x * constant(std::ldexp(1.0, raise)), x);

  // Bits from the lower end on, biased: exponent field and distance from there.
  int64_t lowest = format.pattern(lowerEnd);
  Lane moved =
      bitcast(normal, format.bits) + integer(format.pattern(1) - lowest);
  int64_t fractionMask = (int64_t(1) << format.fraction) - 1;
  Lane m =
      bitcast((moved & integer(fractionMask)) + integer(lowest), format.real);

  // An integer below 2^fraction becomes a float in the low bits of one.
  double unit = std::ldexp(1.0, format.fraction);
  Lane biased = bitcast(shiftRightLogical(moved, format.fraction) |
                            integer(format.pattern(unit)),
                        format.real);
  Lane offset = select(denormal, constant(unit + format.bias + raise),
                       constant(unit + format.bias));
  return {plainSub(biased, offset), m};
}

Parts splitFloat(Instructions with, const Lane &x) {
  Format format(x);
  return fitsAvx512(with, x) ? splitByInstruction(format, x)
                             : splitByBits(format, x);
}

Lane withLogLimits(const Lane &x, const Lane &log) {
  Format format(x);
  Machine &machine = *x.machine;
  auto constant = [&](double value) { return format.constant(machine, value); };
  double inf = std::numeric_limits<double>::infinity();
  Lane zero = constant(0);
  Lane positive = select(x < constant(inf), log, x);
  Lane other = select(x == zero, constant(-inf), constant(std::nan("")));
  return select(zero < x, positive, other);
}

/// x^2 / 2 and the terms of log(1 + f) beyond f - f^2 / 2, f64.
static std::pair<Lane, Lane> seriesF64(const Format &format, const Lane &f) {
  Machine &machine = *f.machine;
  Lane s = f / (f + format.constant(machine, 2));
  Lane z = s * s;
  Lane half = f * f * format.constant(machine, 0.5);
  return {half, s * (half + z * polynomial(z, logSeriesF64))};
}

static Lane logOfParts(const Format &format, const Parts &parts) {
  Machine &machine = *parts.exponent.machine;
  const Lane &e = parts.exponent;
  Lane f = plainSub(parts.significand, format.constant(machine, 1));
  // Both halves of ln 2 are positive, lest infinite e give inf - inf.
  if (!format.isDouble) {
    Lane hi = e * format.constant(machine, 0.693145751953125);
    Lane lo = e * format.constant(machine, 1.428606765330187e-06);
    return hi + (f + (lo + f * f * polynomial(f, logTailF32)));
  }
  Lane hi = e * format.constant(machine, 0.693147180559663);
  Lane lo = e * format.constant(machine, 2.8235290563031577e-13);
  auto [half, rest] = seriesF64(format, f);
  return hi - ((half - (rest + lo)) - f);
}

static Lane log2OfParts(const Format &format, const Parts &parts) {
  Machine &machine = *parts.exponent.machine;
  auto constant = [&](double value) { return format.constant(machine, value); };
  Lane f = plainSub(parts.significand, constant(1));
  if (!format.isDouble) {
    // f / ln 2 as f + 0.44 f: a smaller product has a smaller rounding error.
    Lane tail = f * polynomial(f, log2TailF32);
    return parts.exponent + (f + tail);
  }
  // 1 / ln 2 = big + small, log(1 + f) = hi + lo; hi and big are short enough
  // that their product is exact.
  Lane big = constant(1.4426950407214463);
  Lane small = constant(1.6751713164886512e-10);
  auto [half, rest] = seriesF64(format, f);
  constexpr int64_t upperHalf = ~int64_t(0xffffffff);
  Lane hi = bitcast(bitcast(f - half, format.bits) &
                        format.integer(machine, upperHalf),
                    format.real);
  Lane lo = ((f - hi) - half) + rest;
  return parts.exponent + (hi * big + (lo * big + (lo + hi) * small));
}

// The AVX-512 parts of 0, infinity and NaN give the right limits unaided.
static Lane withLimits(Instructions with, const Lane &x, const Lane &log) {
  return fitsAvx512(with, x) ? log : withLogLimits(x, log);
}

Lane Elementary::log(const Lane &x) const {
  if (precise && !Format(x).isDouble)
    return inDouble(x, [&](const Lane &wide) { return fast().log(wide); });
  return withLimits(with, x, logOfParts(Format(x), splitFloat(with, x)));
}

Lane Elementary::log2(const Lane &x) const {
  if (precise && !Format(x).isDouble)
    return inDouble(x, [&](const Lane &wide) { return fast().log2(wide); });
  return withLimits(with, x, log2OfParts(Format(x), splitFloat(with, x)));
}

} // namespace keops
