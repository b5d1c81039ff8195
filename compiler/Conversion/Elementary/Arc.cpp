//===- Arc.cpp - arc sine, cosine and tangent as lane programs ------------===//
//
// f32 lanes are computed in f64 if all is to be precise. The angle of (x, y) is
// a multiple of pi / 4 plus atan t, where t is the slope against that
// direction, |t| <= 0.66, and takes one division:
//
//   |y| < 0.66 |x|   t = |y| / |x|                    from 0
//   |x| < 0.66 |y|   t = -|x| / |y|                   from pi / 2
//   else             t = (|y| - |x|) / (|y| + |x|)    from pi / 4
//
// asin s is a polynomial up to 1/2; beyond, it is pi / 2 - 2 asin s' with
// s'^2 = (1 - s) / 2, where the subtraction is exact.
//
// Coefficients are printed by scripts/dev/minimax.py.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Elementary/Twofold.h"

#include <limits>

using namespace mlir;

namespace keops {

// (asin s / s - 1) / z and (atan t / t - 1) / z in powers of z = s^2, t^2.
static constexpr double arcSineTail[] = {
    0.16666666666666763,   0.07499999999970118,  0.04464285717527155,
    0.03038194267585646,   0.022372215891880317, 0.017351595723954602,
    0.013981016098575104,  0.011397311443045174, 0.010789224945632026,
    0.0036725270847887226, 0.0217898587400021,   -0.021115656389340775,
    0.03270152585272829};
static constexpr double arcTangentTail[] = {
    -0.33333333333333326, 0.19999999999997822,  -0.14285714285497056,
    0.11111111100244216,  -0.09090908767749613, 0.07692301413142891,
    -0.06666582123543108, 0.05881533159156149,  -0.052572837419803384,
    0.04730272128089273,  -0.04218486409349249, 0.035962760095346116,
    -0.02739281433928464, 0.016798005742068127, -0.007081725514570134,
    0.0014910024759174076};
// The same, good enough for f32.
static constexpr double arcSineTailF32[] = {
    0.1666665985294491,  0.0750051213356099,   0.04451547058598563,
    0.03181982427319277, 0.014393784015563526, 0.03757818921706272};
static constexpr double arcTangentTailF32[] = {
    -0.3333333223393066,  0.19999914831041352, -0.1428344704905364,
    0.11081619308913725,  -0.088746833065141,  0.0673600122887122,
    -0.04035893316407442, 0.013076818956957418};

// pi / 2 as a sum of two numbers; halves and multiples by 2 are as exact.
static constexpr double halfPi = 1.5707963267948966;
static constexpr double halfPiLow = 6.123233995736766e-17;

/// `magnitude`, which is not negative, with the sign of x.
static Lane withSignOf(const Lane &x, const Lane &magnitude) {
  Format format(x);
  Lane sign = bitcast(x, format.bits) ^ bitcast(abs(x), format.bits);
  return bitcast(bitcast(magnitude, format.bits) | sign, format.real);
}

//===----------------------------------------------------------------------===//
// Arc tangent
//===----------------------------------------------------------------------===//

namespace {
/// A direction, and the slope against it as a quotient.
struct Slope {
  Lane numerator;
  Twofold denominator;
  Lane base, baseLow;
};
} // namespace

/// For a point in the first quadrant, on the axes or at the origin.
static Slope slopeOf(const Exact &exact, const Lane &x, const Lane &y) {
  auto constant = [&](double value) { return exact.constant(value); };
  Lane zero = constant(0), one = constant(1), edge = constant(0.66);
  Lane isFlat = (y < x * edge) | (y == zero);
  Lane isSteep = x < y * edge;
  auto choose = [&](const Lane &flat, const Lane &steep, const Lane &middle) {
    return select(isFlat, flat, select(isSteep, steep, middle));
  };
  // In the middle x and y are too near to each other for a rounding error of
  // the difference, but not of the sum.
  Twofold sum = exact.difference(y, -x);
  Lane denominator = choose(x, y, sum.hi);
  Twofold quarter = exact.constant(halfPi, halfPiLow);
  Twofold eighth = exact.constant(halfPi / 2, halfPiLow / 2);
  return {choose(y, -x, plainSub(y, x)),
          {select(denominator == zero, one, denominator),
           choose(zero, zero, sum.lo)},
          choose(zero, quarter.hi, eighth.hi),
          choose(zero, quarter.lo, eighth.lo)};
}

/// The angle in [0, pi] of a point (x, y), whatever the sign of y; good enough
/// for f32 if `forFloat`.
static Lane angleOf(const Elementary &elementary, const Lane &y, const Lane &x,
                    bool forFloat) {
  Format format(y);
  Machine &machine = *y.machine;
  auto constant = [&](double value) { return format.constant(machine, value); };
  double inf = std::numeric_limits<double>::infinity();
  Lane width = abs(x), height = abs(y);
  // Sums must not overflow, nor inverses of what f32 has vanish, and infinity /
  // infinity stands for 1.
  Lane huge = constant(format.isDouble ? 0x1p1020 : 0x1p100);
  Lane isHuge = (huge < width) | (huge < height);
  Lane scale =
      select(isHuge, constant(format.isDouble ? 0.25 : 0x1p-30), constant(1));
  bool precise = elementary.precise && !forFloat;
  if (precise || !format.isDouble) { // nor may quotients, or what they miss, be
    Lane isTiny =                    // of denormal numbers
        max(width, height) < constant(format.isDouble ? 0x1p-700 : 0x1p-100);
    scale = select(isTiny, constant(format.isDouble ? 0x1p300 : 0x1p60), scale);
  }
  Lane isCorner = (width == constant(inf)) & (height == constant(inf));
  width = select(isCorner, constant(1), width * scale);
  height = select(isCorner, constant(1), height * scale);
  Exact exact(elementary.with, y);
  Slope slope = slopeOf(exact, width, height);

  // Left of the y axis the angle is pi - that of the mirror image.
  Lane isLeft = bitcast(x, format.bits) < format.integer(machine, 0);
  Lane t = slope.numerator / slope.denominator.hi;
  t = select(isLeft, -t, t);
  Twofold half = exact.constant(2 * halfPi, 2 * halfPiLow);
  Lane base = select(isLeft, plainSub(half.hi, slope.base), slope.base);
  Lane baseLow =
      select(isLeft, plainSub(half.lo, slope.baseLow), slope.baseLow);
  Lane z = t * t;
  Lane tail = t * z *
              (forFloat ? polynomial(z, arcTangentTailF32)
                        : polynomial(z, arcTangentTail));
  if (!precise)
    return plainAdd(base, plainAdd(t, plainAdd(tail, baseLow)));
  // What the quotient misses, times the derivative of atan. Where t is tiny, or
  // 1 / infinity, that does not matter, and is not to be had.
  Lane missing = exact.quotient(slope.numerator, slope.denominator).lo;
  Lane matters = (constant(0x1p-900) < abs(slope.numerator)) &
                 (slope.denominator.hi < constant(inf));
  missing = select(matters, select(isLeft, -missing, missing), constant(0));
  Lane low = plainAdd(baseLow, missing / (z + constant(1)));
  Twofold sum = exact.difference(base, -t);
  return plainAdd(sum.hi, plainAdd(sum.lo, plainAdd(tail, low)));
}

/// `f` on x as it is, or on f64 lanes if it is to be precise.
static Lane inFormat(const Elementary &elementary, const Lane &x,
                     llvm::function_ref<Lane(const Lane &)> f) {
  return elementary.precise ? inDouble(x, f) : f(x);
}

Lane Elementary::atan2(const Lane &y, const Lane &x) const {
  bool forFloat = !Format(y).isDouble;
  return inFormat(*this, y, [&](const Lane &height) {
    Lane width = convert(x, Format(height).real);
    return withSignOf(height, angleOf(*this, height, width, forFloat));
  });
}

Lane Elementary::atan(const Lane &x) const {
  bool forFloat = !Format(x).isDouble;
  return inFormat(*this, x, [&](const Lane &slope) {
    Lane one = Format(slope).constant(*slope.machine, 1);
    return withSignOf(slope, angleOf(*this, slope, one, forFloat));
  });
}

//===----------------------------------------------------------------------===//
// Arc sine and cosine
//===----------------------------------------------------------------------===//

namespace {
/// asin s = s + tail for s = |x|, or for s' where |x| > 1/2.
struct ArcSine {
  Lane isBig, s, tail;
};
} // namespace

static ArcSine arcSineOf(const Elementary &elementary, const Lane &x,
                         bool forFloat) {
  Format format(x);
  Machine &machine = *x.machine;
  Lane magnitude = abs(x), half = format.constant(machine, 0.5);
  Lane isBig = half < magnitude;
  Lane rest = plainSub(format.constant(machine, 1), magnitude) * half;
  Lane z = select(isBig, rest, magnitude * magnitude);
  Lane s = select(isBig, elementary.sqrt(z), magnitude);
  Lane tail = s * (z * (forFloat ? polynomial(z, arcSineTailF32)
                                 : polynomial(z, arcSineTail)));
  if (elementary.precise && !forFloat) {
    Lane missing = Exact(elementary.with, x).root(elementary, z).lo;
    tail = select(isBig, plainAdd(tail, missing), tail);
  }
  return {isBig, s, tail};
}

/// `angle` - 2 (s + tail), where `low` belongs to the angle.
static Lane preciseRest(Instructions with, double angle, double low,
                        const ArcSine &arc) {
  Exact exact(with, arc.s);
  Lane two = exact.constant(2);
  Twofold rest = exact.difference(exact.constant(angle), two * arc.s);
  Lane small = plainSub(two * arc.tail, exact.constant(low));
  return plainAdd(rest.hi, plainSub(rest.lo, small));
}

Lane Elementary::asin(const Lane &x) const {
  return inFormat(*this, x, [&](const Lane &sine) {
    Format format(sine);
    Machine &machine = *sine.machine;
    ArcSine arc = arcSineOf(*this, sine, !Format(x).isDouble);
    auto [isBig, s, tail] = arc;
    Lane two = format.constant(machine, 2);
    Lane low = format.constant(machine, format.missing(halfPi, halfPiLow));
    // The difference is small or exact, whichever s.
    Lane quarter = format.constant(machine, halfPi / 2);
    Lane rest = plainSub(plainSub(quarter, two * s), plainSub(two * tail, low));
    Lane far = precise ? preciseRest(with, halfPi, halfPiLow, arc)
                       : plainAdd(quarter, rest);
    return withSignOf(sine, select(isBig, far, plainAdd(s, tail)));
  });
}

Lane Elementary::acos(const Lane &x) const {
  return inFormat(*this, x, [&](const Lane &cosine) {
    Format format(cosine);
    Machine &machine = *cosine.machine;
    auto constant = [&](double value) {
      return format.constant(machine, value);
    };
    ArcSine arc = arcSineOf(*this, cosine, !Format(x).isDouble);
    auto [isBig, s, tail] = arc;
    Lane isNegative = cosine < constant(0);
    // 2 asin s' or its mirror image; pi / 2 - asin |x|, or + for x < 0.
    Lane near = constant(2) * plainAdd(s, tail);
    double quarterLow = format.missing(halfPi, halfPiLow);
    Lane low = constant(2 * quarterLow);
    Lane mirrored = plainSub(constant(2 * halfPi), plainSub(near, low));
    if (precise)
      mirrored = preciseRest(with, 2 * halfPi, 2 * halfPiLow, arc);
    Lane side = select(isNegative, constant(-1), constant(1));
    Lane middle = plainSub(
        constant(halfPi),
        plainSub(side * s, plainSub(constant(quarterLow), side * tail)));
    return select(isBig, select(isNegative, mirrored, near), middle);
  });
}

} // namespace keops
