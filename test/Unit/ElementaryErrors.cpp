//===- ElementaryErrors.cpp - how far from the truth? ---------------------===//

#include "test/Unit/ElementaryErrors.h"

#include "llvm/ADT/bit.h"

#include <cmath>
#include <cstdio>
#include <limits>

namespace keops {

using cpu::Isa;

static double rsqrt32(double x) { return x == 0 ? 0 : 1 / std::sqrt(x); }
static long double rsqrt64(long double x) {
  return x == 0 ? 0 : 1 / std::sqrt(x);
}

llvm::ArrayRef<ElementaryFunction> elementaryFunctions() {
  static const ElementaryFunction functions[] = {
      {"exp", exp, ::exp, ::expl, -746, 710},
      {"exp2", exp2, ::exp2, ::exp2l, -1076, 1024},
      {"log", log, ::log, ::logl, 0.25, 4},
      {"log2", log2, ::log2, ::log2l, 0.25, 4},
      {"sqrt", sqrt, ::sqrt, ::sqrtl, 0, 16},
      {"rsqrt", rsqrt, rsqrt32, rsqrt64, 0, 16},
      {"sin", sin, ::sin, ::sinl, -100, 100},
      {"cos", cos, ::cos, ::cosl, -100, 100},
      {"asin", asin, ::asin, ::asinl, -1, 1},
      {"acos", acos, ::acos, ::acosl, -1, 1},
      {"atan", atan, ::atan, ::atanl, -5, 5},
  };
  return functions;
}

std::string WorstCase::describe() const {
  char buffer[160];
  std::snprintf(buffer, sizeof buffer, "%.3f ulp at %a, %a: %a for %a", ulps, x,
                y, got, expected);
  return buffer;
}

/// Units in the last place of f32 and f64 that make 1 at a number.
static double unitsAt(double reference) {
  int64_t bits = llvm::bit_cast<int64_t>(reference) & INT64_MAX;
  int64_t exponent =
      std::min<int64_t>(std::max<int64_t>(bits >> 52, 1023 - 126), 1023 + 127);
  // 2^(23 - exponent)
  return llvm::bit_cast<double>((2 * 1023 + 23 - exponent) << 52);
}

static long double unitsAt(long double reference) {
  int exponent =
      reference == 0 || std::isnan(reference) ? -1022 : std::ilogb(reference);
  exponent = std::min(std::max(exponent, -1022), 1023);
  return std::ldexp(1.0l, 52 - exponent);
}

// A rounded result that overflowed counts as the power of two that it stands
// for, and so does a reference beyond.
template <typename Real, typename Wide>
static double ulpErrorIn(Real got, Wide reference, Wide limit) {
  if (std::isnan(got) || std::isnan(reference))
    return std::isnan(got) && std::isnan(reference)
               ? 0
               : std::numeric_limits<double>::infinity();
  Wide value = std::isinf(got) ? std::copysign(limit, Wide(got)) : Wide(got);
  reference = std::fmax(std::fmin(reference, limit), -limit);
  return double(std::fabs(value - reference) * unitsAt(reference));
}

double ulpError(float got, double reference) {
  return ulpErrorIn(got, reference, 0x1p128);
}

double ulpError(double got, long double reference) {
  return ulpErrorIn(got, reference, 0x1p1024l);
}

std::string isaName(Isa isa) {
  return isa == Isa::Scalar ? "scalar" : targetCpu(isa).str();
}

static std::vector<ElementaryCode>
compileAll(bool isDouble, bool precise, int operands, LaneJit::Body body) {
  std::vector<ElementaryCode> code;
  for (Isa isa : {Isa::Scalar, Isa::V2, Isa::V3, Isa::V4}) {
    if (!hostRuns(isa))
      continue;
    LaneShape shape{isa, isDouble, operands};
    shape.precise = precise;
    code.push_back({isa, std::make_unique<LaneJit>(shape, body)});
  }
  return code;
}

std::vector<ElementaryCode>
compileEverywhere(const ElementaryFunction &function, bool isDouble,
                  bool precise) {
  return compileAll(
      isDouble, precise, 1,
      [&](Machine &, llvm::ArrayRef<Lane> x) { return function.lane(x[0]); });
}

std::vector<ElementaryCode> compileEverywhere(const PairFunction &function,
                                              bool isDouble, bool precise) {
  return compileAll(isDouble, precise, 2,
                    [&](Machine &, llvm::ArrayRef<Lane> x) {
                      return function.lane(x[0], x[1]);
                    });
}

/// May an error among these be greater than `worst`? Quick, and true as well
/// where there is something special about a number.
template <typename Real, typename Wide>
static bool mayExceed(double worst, const std::vector<Real> &got,
                      const std::vector<Wide> &expected,
                      const std::vector<Wide> &units) {
  bool mayBe = false;
  for (size_t k = 0; k < got.size(); ++k)
    mayBe |= !(std::fabs(got[k] - expected[k]) * units[k] <= worst);
  return mayBe;
}

/// Runs every code on `inputs` and notes its errors.
template <typename Real, typename Wide>
static void
noteErrors(llvm::ArrayRef<ElementaryCode> code, std::vector<WorstCase> &worst,
           const std::vector<Real> &inputs, Wide (*reference)(Wide)) {
  std::vector<Wide> expected(inputs.size()), units(inputs.size());
  for (size_t k = 0; k < inputs.size(); ++k) {
    expected[k] = reference(inputs[k]);
    units[k] = unitsAt(expected[k]);
  }
  std::vector<Real> got(inputs.size());
  for (auto [entry, found] : llvm::zip(code, worst)) {
    (*entry.run)({inputs.data()}, got.data(), inputs.size());
    if (!mayExceed(found.ulps, got, expected, units))
      continue;
    for (size_t k = 0; k < inputs.size(); ++k)
      found.note(ulpError(got[k], expected[k]), inputs[k], 0, got[k],
                 expected[k]);
  }
}

static constexpr size_t chunk = 1 << 14;

std::vector<WorstCase> worstF32(const ElementaryFunction &function,
                                llvm::ArrayRef<ElementaryCode> code,
                                uint64_t stride) {
  std::vector<WorstCase> worst(code.size());
  std::vector<float> inputs;
  for (uint64_t pattern = 0; pattern <= UINT32_MAX;) {
    inputs.clear();
    for (; inputs.size() < chunk && pattern <= UINT32_MAX; pattern += stride)
      inputs.push_back(llvm::bit_cast<float>(static_cast<uint32_t>(pattern)));
    noteErrors(code, worst, inputs, function.reference32);
  }
  return worst;
}

/// Where functions change their way, or lose digits.
static double hardArgument(Sequence &sequence) {
  double sign = sequence.below(2) ? 1 : -1;
  // Some steps of 2^-52, or half of all bits, or nothing, from a place.
  double off = std::ldexp(sequence.between(-1, 1), -sequence.below(54));
  static const double places[] = {0, 0.25,     0.5,     0.66, M_SQRT1_2,
                                  1, 1 / 0.66, M_SQRT2, 2,    4};
  // Of all f64, this one is the nearest to a multiple of pi / 2.
  static const double nearest = std::ldexp(6381956970095103.0, 797);
  switch (sequence.below(7)) {
  case 0: // multiples of pi / 2, up to 2^62 of them
    return sign *
           double((long double)(sequence.next() >> (2 + sequence.below(61))) *
                  1.57079632679489661923132169163975144L);
  case 1: // halves of ln 2, with a bit of luck between two multiples
    return double(sequence.below(4400) - 2200) * M_LN2 / 2 * (1 + off / 1024);
  case 2: // halves
    return (sequence.below(4400) - 2200) * 0.5 + off / 1024;
  case 3:
    return sign * (places[sequence.below(std::size(places))] + off);
  case 4: // denormal, and a bit above
    return sign *
           std::ldexp(sequence.between(0, 4), -1022 - sequence.below(53));
  case 5:
    return sign * std::ldexp(sequence.between(1, 2), 1023 - sequence.below(4));
  default:
    return sign * (sequence.below(64) ? std::ldexp(sequence.between(1, 2),
                                                   sequence.below(1023))
                                      : nearest);
  }
}

std::vector<WorstCase> worstF64(const ElementaryFunction &function,
                                llvm::ArrayRef<ElementaryCode> code,
                                uint64_t count) {
  std::vector<WorstCase> worst(code.size());
  std::vector<double> inputs;
  Sequence sequence{1};
  for (uint64_t done = 0; done < count; done += inputs.size()) {
    inputs.clear();
    while (inputs.size() < chunk) {
      inputs.push_back(sequence.anyDouble());
      inputs.push_back(sequence.between(function.low, function.high));
      inputs.push_back(sequence.between(-1, 1) + (function.low >= 0));
      inputs.push_back(hardArgument(sequence));
    }
    noteErrors(code, worst, inputs, function.reference64);
  }
  return worst;
}

//===----------------------------------------------------------------------===//
// Functions of two operands
//===----------------------------------------------------------------------===//

/// Bases of any magnitude and near 1, with exponents that mostly give results
/// in range, and whole exponents for negative bases.
static std::pair<double, double> samplePow(Sequence &sequence, bool isDouble) {
  double reach = isDouble ? 1080 : 152;
  double base = sequence.between(0.01, 100);
  switch (sequence.below(4)) {
  case 0:
    return {-base, std::nearbyint(sequence.between(-20, 20))};
  case 1:
    base = std::fabs(isDouble ? sequence.anyDouble() : sequence.anyFloat());
    break;
  case 2:
    base = 1 + std::ldexp(sequence.between(-1, 1), -sequence.below(30));
  }
  return {base, sequence.between(-reach, reach) / std::log2(base)};
}

/// Points of any magnitude, of comparable ones, and next to directions where
/// the function changes its way.
static std::pair<double, double> sampleAtan2(Sequence &sequence,
                                             bool isDouble) {
  auto any = [&] {
    return isDouble ? sequence.anyDouble() : double(sequence.anyFloat());
  };
  static const double slopes[] = {0, 0.66, 1, 1 / 0.66};
  double x = sequence.between(-1, 1), y = sequence.between(-1, 1);
  switch (sequence.below(4)) {
  case 0:
    return {any(), any()};
  case 1: {
    double scale = std::ldexp(1, sequence.below(60) - 30);
    return {y * scale, x};
  }
  case 2:
    return {x * slopes[sequence.below(4)] *
                (1 + std::ldexp(y, -sequence.below(54))),
            x};
  default: { // both denormal or nearly so, or both huge
    int least = isDouble ? -1074 : -149, most = isDouble ? 1024 : 128;
    int exponent = sequence.below(2) ? least + sequence.below(60)
                                     : most - sequence.below(4);
    return {std::ldexp(y, exponent), std::ldexp(x, exponent)};
  }
  }
}

llvm::ArrayRef<PairFunction> pairFunctions() {
  static const PairFunction functions[] = {
      {"pow", pow, ::pow, ::powl, samplePow},
      {"atan2", atan2, ::atan2, ::atan2l, sampleAtan2},
  };
  return functions;
}

template <typename Real, typename Wide>
static std::vector<WorstCase>
worstPairsIn(const PairFunction &function, Wide (*reference)(Wide, Wide),
             llvm::ArrayRef<ElementaryCode> code, uint64_t count) {
  std::vector<WorstCase> worst(code.size());
  Sequence sequence{5};
  std::vector<Real> x(chunk), y(chunk), got(chunk);
  std::vector<Wide> expected(chunk);
  for (uint64_t done = 0; done < count; done += chunk) {
    for (size_t k = 0; k < chunk; ++k) {
      auto [first, second] = function.sample(sequence, sizeof(Real) == 8);
      x[k] = Real(first);
      y[k] = Real(second);
      expected[k] = reference(x[k], y[k]);
    }
    for (auto [entry, found] : llvm::zip(code, worst)) {
      (*entry.run)({x.data(), y.data()}, got.data(), chunk);
      for (size_t k = 0; k < chunk; ++k)
        found.note(ulpError(got[k], expected[k]), x[k], y[k], got[k],
                   expected[k]);
    }
  }
  return worst;
}

std::vector<WorstCase> worstPairs(const PairFunction &function,
                                  llvm::ArrayRef<ElementaryCode> code,
                                  bool isDouble, uint64_t count) {
  return isDouble
             ? worstPairsIn<double>(function, function.reference64, code, count)
             : worstPairsIn<float>(function, function.reference32, code, count);
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

uint64_t Sequence::next() {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double Sequence::between(double low, double high) {
  return low + (high - low) * std::ldexp(double(next() >> 11), -53);
}

double Sequence::anyDouble() { return llvm::bit_cast<double>(next()); }

float Sequence::anyFloat() {
  return llvm::bit_cast<float>(static_cast<uint32_t>(next()));
}

} // namespace keops
