//===- Exp.cpp - exp and exp2 as lane programs ----------------------------===//
//
// 2^t = 2^n 2^f with n an integer next to t, or a multiple of 1/32 whose power
// comes from a table. The subtraction t - n is exact and must stay so, hence no
// `contract` there. 2^f is a polynomial whose first coefficient is 1, which
// makes the result at 0 exact.
//
// exp x takes n from x / ln 2, but the remainder in two steps, x - n ln2_hi -
// n ln2_lo, whose first product is exact even without fused multiply-add.
//
// Coefficients are printed by scripts/dev/minimax.py.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Elementary/Twofold.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace keops {

// 2^f, f in [-1/2, 1/2].
static constexpr double exp2F32[] = {1,
                                     0.6931467056274414,
                                     0.24022237956523895,
                                     0.05551077798008919,
                                     0.009671744890511036,
                                     0.0013167685829102993};
// The same for a sum, of which the rounding errors of a polynomial are not all.
static constexpr double exp2OfSumF32[] = {1,
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

// (e^r - 1 - r) / r^2, for what is to be precise.
static constexpr double expTail[] = {0.5,
                                     0.16666666666666688,
                                     0.041666666666666824,
                                     0.008333333333313894,
                                     0.001388888888877796,
                                     0.00019841269903375031,
                                     2.4801587559236455e-05,
                                     2.755722866909361e-06,
                                     2.755706772189365e-07,
                                     2.5113939527320956e-08,
                                     2.0977721164240083e-09};

// For AVX-512: 2^(k/32) for f32, rounded up, and 2^(k/16) for f64, and q where
// 2^f = 1 + f q(f) and e^r = 1 + r q(r) for the little that is left. In f32,
// the constant term of the best polynomial is not quite 1 and in the table, but
// for the first entry.
static constexpr double partsF32[] = {1.0,
                                      1.021897315979004,
                                      1.044273853302002,
                                      1.0671404600143433,
                                      1.0905078649520874,
                                      1.1143869161605835,
                                      1.1387887001037598,
                                      1.1637250185012817,
                                      1.1892071962356567,
                                      1.2152475118637085,
                                      1.241857886314392,
                                      1.2690510749816895,
                                      1.296839714050293,
                                      1.3252367973327637,
                                      1.3542556762695312,
                                      1.383910059928894,
                                      1.4142136573791504,
                                      1.445180892944336,
                                      1.4768263101577759,
                                      1.509164571762085,
                                      1.5422109365463257,
                                      1.5759810209274292,
                                      1.6104904413223267,
                                      1.645755648612976,
                                      1.681792974472046,
                                      1.718619465827942,
                                      1.7562522888183594,
                                      1.7947092056274414,
                                      1.8340082168579102,
                                      1.874167799949646,
                                      1.9152066707611084,
                                      1.9571442604064941};
static constexpr double partsF64[] = {1.0,
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
static constexpr double exp2NearF32[] = {0.6931165456771851,
                                         0.24284060299396515};
static constexpr double exp2NearF64[] = {
    0.6931471805599484,   0.24022650695921363,  0.055504108645516706,
    0.009618128691670388, 0.001333387402035328, 0.00015436111958012168};
static constexpr double expNearF64[] = {
    1.0000000000000044,   0.5000000000002344,   0.16666666660883875,
    0.041666664872184025, 0.008333530404252767, 0.0013918094208636904};

/// ln 2 as a number that has exact products by n, and the rest.
static std::pair<Lane, Lane> ln2Of(const Format &format, Machine &machine) {
  double hi = format.isDouble ? 0.693147180559663 : 0.693145751953125;
  double lo = format.isDouble ? 2.8235290563031577e-13 : 1.428606765330187e-06;
  return {format.constant(machine, hi), format.constant(machine, lo)};
}

/// r where x = n ln 2 + r.
static Lane remainderOf(const Format &format, const Lane &x, const Lane &n) {
  auto [hi, lo] = ln2Of(format, *x.machine);
  Lane r = x - n * hi;
  return r - n * lo;
}

//===----------------------------------------------------------------------===//
// Without AVX-512
//===----------------------------------------------------------------------===//

namespace {
/// n = nearest integer of t as a float, and n + 2 bias in the low bits.
struct Rounded {
  Lane n;
  Lane lowBits;
};
} // namespace

/// Adding 1.5 * 2^fraction leaves the integer in the low bits of the sum; with
/// twice the bias on top of it, only shifts separate it from two exponents. An
/// instruction that rounds has n three cycles earlier than a subtraction from
/// that sum; not in f64, where GPUs run this, too, and round slowly.
static Rounded roundToInteger(Instructions with, const Format &format,
                              const Lane &t) {
  double magic = 1.5 * std::ldexp(1.0, format.fraction) + 2 * format.bias;
  Lane shift = format.constant(*t.machine, magic);
  bool rounds = with.rounding && !format.isDouble;
  Lane n = rounds ? Elementary{with}.roundEven(t) : t;
  Lane sum = plainAdd(n, shift);
  return {rounds ? n : plainSub(sum, shift), bitcast(sum, format.bits)};
}

/// `x` limited to [low, high]; NaN passes.
static Lane clamp(const Format &format, const Lane &x, double low,
                  double high) {
  Lane raised = max(format.constant(*x.machine, low), x);
  return min(format.constant(*x.machine, high), raised);
}

/// p 2^n for p near 1, where n reaches from below the denormal numbers to above
/// the largest. Scales twice, by either half of n: only the second product can
/// be denormal or overflow, so there is one rounding. Two products, not an
/// addition to the exponent of p: p may be NaN.
static Lane scaleTwice(const Format &format, const Lane &p,
                       const Rounded &rounded) {
  Machine &machine = *p.machine;
  Lane exponents = format.integer(
      machine, format.pattern(std::numeric_limits<double>::infinity()));
  Lane second = shiftLeft(rounded.lowBits, format.fraction - 1) & exponents;
  Lane first = shiftLeft(rounded.lowBits, format.fraction) - second;
  return p * bitcast(first, format.real) * bitcast(second, format.real);
}

/// Arguments beyond these give infinity and zero.
static Lane clampToRange(const Format &format, const Lane &x, double unit) {
  return clamp(format, x, (format.isDouble ? -1077 : -152) * unit,
               (format.isDouble ? 1025 : 129) * unit);
}

//===----------------------------------------------------------------------===//
// With AVX-512
//===----------------------------------------------------------------------===//

// A lookup in two registers is one instruction, and it saves three of six
// multiply-adds in f32 and five of eleven in f64.

/// 2^n (1 + f q(f)) for a multiple n of 1/16, in f64.
static Lane scaleFromTable(const Lane &f, const Lane &n, ArrayRef<double> q) {
  Lane sum = plainAdd(n, Format(n).constant(*n.machine, magicOfParts(n)));
  Lane t = lookUpPart(sum, partsF64);
  return scalef(t + t * f * polynomial(f, q), n); // scales by 2^floor(n)
}

/// a and b, if x is their product and need not be rounded.
static std::optional<std::pair<Lane, Lane>> factorsOf(const Lane &x) {
  Lane a(x), b(x);
  for (auto [value, left, right] :
       llvm::zip_equal(x.values, a.values, b.values)) {
    auto product = value.getDefiningOp<arith::MulFOp>();
    if (!product || !bitEnumContainsAll(product.getFastmath(),
                                        arith::FastMathFlags::contract))
      return std::nullopt;
    left = product.getLhs();
    right = product.getRhs();
  }
  return std::pair(a, b);
}

/// 2^x in f32. n is x rounded down to a multiple of 1/32, by adding a magic
/// number, whose sum is also what the table is asked for. So a product x = a b
/// is never made: it is part of the sum and of the remainder, exact in both.
///
/// All of it is rounded towards 0. A sum, a remainder or a power that leaves
/// the range of f32 then is the largest finite number, of which vscalef makes
/// the limit for n, and only an infinite x gives an infinite n: f and the power
/// are NaN then, and vscalef gives the limit again.
static Lane exp2InF32(const Lane &x) {
  Lane magic = Format(x).constant(*x.machine, magicOfParts(x));
  auto factors = factorsOf(x);
  Lane sum = factors ? truncatedFma(factors->first, factors->second, magic)
                     : truncatedAdd(x, magic);
  Lane n = plainSub(sum, magic);
  Lane f = factors ? truncatedFma(factors->first, factors->second, -n)
                   : plainSub(x, n);
  Lane t = lookUpPart(sum, partsF32);
  Lane tf = truncatedMul(t, f);
  return scalef(truncatedFma(tf, polynomial(f, exp2NearF32), t), n);
}

//===----------------------------------------------------------------------===//
// Precise, in f64
//===----------------------------------------------------------------------===//

/// 2^n e^r: of the terms of e^r, the first two are added without an error.
static Lane preciseScaled(const Exact &exact, const Twofold &r,
                          const Rounded &rounded) {
  Lane tail = r.lo + r.hi * r.hi * polynomial(r.hi, expTail);
  Twofold sum = exact.sum(exact.constant(1), r.hi);
  return scaleTwice(exact.format, plainAdd(sum.hi, plainAdd(sum.lo, tail)),
                    rounded);
}

static Lane preciseExp(Instructions with, const Lane &x) {
  Exact exact(with, x);
  Lane t = clampToRange(exact.format, x, std::log(2.0));
  Rounded rounded = roundToInteger(with, exact.format,
                                   t * exact.constant(1.4426950408889634));
  auto [hi, lo] = ln2Of(exact.format, *x.machine);
  Lane near = plainSub(t, rounded.n * hi);
  return preciseScaled(exact, exact.difference(near, rounded.n * lo), rounded);
}

static Lane preciseExp2OfSum(Instructions with, const Lane &x,
                             const Lane *tail) {
  Exact exact(with, x);
  Lane t = clampToRange(exact.format, x, 1);
  Rounded rounded = roundToInteger(with, exact.format, t);
  Lane f = plainSub(t, rounded.n);
  Twofold ln2{exact.constant(0.6931471805599453),
              exact.constant(2.3190468138462996e-17)};
  Twofold argument{f, exact.constant(0)};
  if (tail)
    argument = exact.difference(f, -*tail);
  Twofold r = exact.product(argument, ln2);
  return preciseScaled(exact, r, rounded);
}

//===----------------------------------------------------------------------===//
// The functions
//===----------------------------------------------------------------------===//

Lane exp2OfSum(const Elementary &elementary, const Lane &x, const Lane *tail) {
  Format format(x);
  if (elementary.precise && format.isDouble)
    return preciseExp2OfSum(elementary.with, x, tail);
  bool hasAvx512 = fitsAvx512(elementary.with, x);
  // Rounding towards 0, as this does, would not leave a sum 2 units.
  if (hasAvx512 && !format.isDouble && !tail)
    return exp2InF32(x);
  if (hasAvx512 && format.isDouble) {
    // At infinity f is NaN, and vscalef gives the limit for n.
    Lane n = roundToPart(x), f = plainSub(x, n);
    return scaleFromTable(tail ? f + *tail : f, n, exp2NearF64);
  }
  Lane t = clampToRange(format, x, 1);
  Instructions with = elementary.with;
  with.rounding &= !tail; // for pow on GPUs, which round slowly
  Rounded rounded = roundToInteger(with, format, t);
  Lane f = plainSub(t, rounded.n);
  auto coefficients = format.isDouble ? ArrayRef(exp2F64)
                      : tail          ? ArrayRef(exp2OfSumF32)
                                      : ArrayRef(exp2F32);
  Lane p = polynomial(tail ? f + *tail : f, coefficients);
  return scaleTwice(format, p, rounded);
}

Lane Elementary::exp2(const Lane &x) const {
  if (precise && !Format(x).isDouble)
    return inDouble(x, [&](const Lane &wide) { return fast().exp2(wide); });
  return exp2OfSum(*this, x, nullptr);
}

Lane Elementary::exp(const Lane &x) const {
  Format format(x);
  if (precise && !format.isDouble)
    return inDouble(x, [&](const Lane &wide) { return fast().exp(wide); });
  if (precise)
    return preciseExp(with, x);
  Lane perLn2 = format.constant(*x.machine, 1.4426950408889634);
  auto coefficients = format.isDouble ? ArrayRef(expF64) : ArrayRef(expF32);
  if (!fitsAvx512(with, x)) {
    Lane t = clampToRange(format, x, std::log(2.0));
    Rounded rounded = roundToInteger(with, format, t * perLn2);
    Lane r = remainderOf(format, t, rounded.n);
    return scaleTwice(format, polynomial(r, coefficients), rounded);
  }
  // Where n is too large for r to mean anything, a bounded r keeps e^r positive
  // and finite, so that vscalef gives the limit for n; NaN travels in n.
  Lane t = x * perLn2;
  Lane n = format.isDouble ? roundToPart(t) : roundEven(t);
  Lane r = boundMagnitude(remainderOf(format, x, n), 0.5);
  if (format.isDouble)
    return scaleFromTable(r, n, expNearF64);
  // The table would cost one instruction less, and an ulp.
  return scalef(polynomial(r, coefficients), n);
}

} // namespace keops
