//===- ElementaryExp.cpp - exp and exp2 as lane programs ------------------===//
//
// 2^t = 2^n 2^f with n an integer next to t. The subtraction t - n is exact and
// must stay so, hence no `contract` there. 2^f is a polynomial whose first
// coefficient is 1, which makes the result at 0 exact.
//
// exp x takes n from x / ln 2, but the remainder in two steps, x - n ln2_hi -
// n ln2_lo, whose first product is exact even without fused multiply-add.
//
// Coefficients are printed by scripts/dev/minimax.py.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/ElementaryParts.h"

#include <cmath>

using namespace mlir;

namespace keops::cpu {

// 2^f, f in [-1/2, 1/2].
static constexpr double exp2F32[] = {1,
                                     0.6931472420692444,
                                     0.2402266412973404,
                                     0.055502716451883316,
                                     0.009616372175514698,
                                     0.0013417284935712814,
                                     0.00015911238733679056};
static constexpr double exp2F64[] = {1,
                                     0.6931471805599455,
                                     0.24022650695910155,
                                     0.05550410866480633,
                                     0.009618129107581938,
                                     0.001333355814975151,
                                     0.00015403530474804512,
                                     1.5252730835126711e-05,
                                     1.3215425530187123e-06,
                                     1.0179243341676573e-07,
                                     7.0755934488948894e-09,
                                     4.2852685623149757e-10};

// 2^f, f in [0, 1]. One term less than above for an error that is one unit in
// the last place larger. Rounding to nearest does not allow that: a polynomial
// of odd degree, tied to 1 at the middle of its interval, is as good as one of
// a degree less.
static constexpr double exp2F32Floor[] = {1,
                                          0.6931536793708801,
                                          0.24014131724834442,
                                          0.055870093405246735,
                                          0.008933194912970066,
                                          0.001901631592772901};

// e^r, |r| <= ln(2) / 2.
static constexpr double expF32[] = {1,
                                    1.0000001192092896,
                                    0.5000003576278687,
                                    0.1666615903377533,
                                    0.041657838970422745,
                                    0.008391071110963821,
                                    0.0014371608849614859};
static constexpr double expF64[] = {1,
                                    1.0000000000000002,
                                    0.5000000000000013,
                                    0.1666666666666356,
                                    0.04166666666651196,
                                    0.008333333334547109,
                                    0.001388888894799285,
                                    0.00019841267918457026,
                                    2.4801488590547868e-05,
                                    2.7558626217577506e-06,
                                    2.763192422366044e-07,
                                    2.475693830364038e-08};

// The f64 polynomials for AVX-512, whose table leaves |f| <= 1/32 (and r that,
// times ln 2) to them; and the table, 2^(k/16).
static constexpr double exp2F64Near[] = {
    0.6931471805599484,   0.24022650695921363,  0.055504108645516706,
    0.009618128691670388, 0.001333387402035328, 0.00015436111958012168};
static constexpr double expF64Near[] = {
    1.0000000000000044,   0.5000000000002344,   0.16666666660883875,
    0.041666664872184025, 0.008333530404252767, 0.0013918094208636904};
static constexpr double sixteenths[] = {1.0,
                                        1.0442737824274138,
                                        1.0905077326652577,
                                        1.1387886347566916,
                                        1.189207115002721,
                                        1.241857812073484,
                                        1.2968395546510096,
                                        1.3542555469368927,
                                        1.4142135623730951,
                                        1.4768261459394993,
                                        1.5422108254079407,
                                        1.6104903319492543,
                                        1.681792830507429,
                                        1.7562521603732995,
                                        1.8340080864093424,
                                        1.9152065613971474};

static constexpr double log2e = 1.4426950408889634;

/// r where x = n ln 2 + r.
static Lane remainderOf(const Format &format, const Lane &x, const Lane &n) {
  Machine &machine = *x.machine;
  double hi = format.isDouble ? 0.693147180559663 : 0.693145751953125;
  double lo = format.isDouble ? 2.8235290563031577e-13 : 1.428606765330187e-06;
  Lane r = x - n * format.constant(machine, hi);
  return r - n * format.constant(machine, lo);
}

//===----------------------------------------------------------------------===//
// Without AVX-512
//===----------------------------------------------------------------------===//

namespace {
/// n = nearest integer of t as a float, and as a shifted bit pattern.
struct Rounded {
  Lane n;
  Lane shiftedBits; // (n + 2 bias) << fraction
};
} // namespace

/// Adding 1.5 * 2^fraction leaves the integer in the low bits of the sum; with
/// twice the bias on top of it, only a shift separates it from an exponent.
static Rounded roundByAdding(const Format &format, const Lane &t) {
  double magic = 1.5 * std::ldexp(1.0, format.fraction) + 2 * format.bias;
  Lane shift = format.constant(*t.machine, magic);
  Lane sum = plainAdd(t, shift);
  return {plainSub(sum, shift),
          shiftLeft(bitcast(sum, format.bits), format.fraction)};
}

/// `x` limited to [low, high]; NaN passes.
static Lane clamp(const Format &format, const Lane &x, double low,
                  double high) {
  Lane raised = max(format.constant(*x.machine, low), x);
  return min(format.constant(*x.machine, high), raised);
}

/// p 2^n for p near 1, where n reaches from below the denormal numbers to above
/// the largest. Scales twice, p 2^(n + k) and then 2^-k: only the second
/// product can be denormal or overflow, so there is one rounding. k has the
/// sign that keeps 2^(n + k) a normal number. Two products, not an addition to
/// the exponent of p: p may be NaN.
static Lane scaleTwice(const Format &format, const Lane &p,
                       const Rounded &rounded, const Lane &sign) {
  Machine &machine = *p.machine;
  int k = format.isDouble ? 512 : 64;
  Lane second =
      select(sign < format.constant(machine, 0),
             format.integer(machine, format.pattern(std::ldexp(1.0, -k))),
             format.integer(machine, format.pattern(4)));
  Lane first = rounded.shiftedBits - second;
  return p * bitcast(first, format.real) * bitcast(second, format.real);
}

/// Arguments beyond these give infinity and zero.
static Lane clampToRange(const Format &format, const Lane &x, double unit) {
  return clamp(format, x, (format.isDouble ? -1077 : -152) * unit,
               (format.isDouble ? 1025 : 129) * unit);
}

//===----------------------------------------------------------------------===//
// With AVX-512, f64
//===----------------------------------------------------------------------===//

/// 2^n (1 + f q(f)), n a multiple of 1/16. A table in two registers saves five
/// of eleven multiply-adds; f32, with five in all, would gain nothing.
static Lane scaleFromTable(const Lane &f, const Lane &n, ArrayRef<double> q) {
  Lane t = lookUpSixteenth(n, sixteenths);
  return scalef(t + t * f * polynomial(f, q), n); // by 2^floor(n)
}

//===----------------------------------------------------------------------===//
// The functions
//===----------------------------------------------------------------------===//

Lane exp2OfSum(Isa isa, const Lane &x, const Lane *tail) {
  Format format(x);
  auto coefficients = format.isDouble ? ArrayRef(exp2F64) : ArrayRef(exp2F32);
  auto exp2Of = [&](Lane f, ArrayRef<double> c) {
    return polynomial(tail ? f + *tail : f, c);
  };
  if (!fitsAvx512(isa, x)) {
    Lane t = clampToRange(format, x, 1);
    Rounded rounded = roundByAdding(format, t);
    Lane p = exp2Of(plainSub(t, rounded.n), coefficients);
    return scaleTwice(format, p, rounded, t);
  }
  // At infinity x - n and then p are NaN, and vscalef gives the limit for n.
  if (format.isDouble) {
    Lane n = roundToSixteenths(x), f = plainSub(x, n);
    return scaleFromTable(tail ? f + *tail : f, n, exp2F64Near);
  }
  Lane n = floor(x);
  return scalef(exp2Of(plainSub(x, n), exp2F32Floor), n);
}

Lane Elementary::exp2(const Lane &x) const {
  return exp2OfSum(isa, x, nullptr);
}

Lane Elementary::exp(const Lane &x) const {
  Format format(x);
  Machine &machine = *x.machine;
  auto coefficients = format.isDouble ? ArrayRef(expF64) : ArrayRef(expF32);
  Lane perLn2 = format.constant(machine, log2e);
  if (!fitsAvx512(isa, x)) {
    Lane t = clampToRange(format, x, 1 / log2e);
    Rounded rounded = roundByAdding(format, t * perLn2);
    Lane r = remainderOf(format, t, rounded.n);
    return scaleTwice(format, polynomial(r, coefficients), rounded, t);
  }
  // Where n is too large for r to mean anything, a bounded r keeps p positive
  // and finite, so that vscalef gives the limit for n; NaN travels in n.
  Lane t = x * perLn2;
  Lane n = format.isDouble ? roundToSixteenths(t) : roundEven(t);
  Lane r = boundMagnitude(remainderOf(format, x, n), 0.5);
  if (format.isDouble)
    return scaleFromTable(r, n, expF64Near);
  return scalef(polynomial(r, coefficients), n);
}

} // namespace keops::cpu
