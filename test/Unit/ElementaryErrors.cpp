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

// A rounded result that overflowed counts as the power of two that it stands
// for, and so does a reference beyond.
double ulpError(float got, double reference) {
  if (std::isnan(got) || std::isnan(reference))
    return std::isnan(got) && std::isnan(reference)
               ? 0
               : std::numeric_limits<double>::infinity();
  double limit = 0x1p128;
  double value = std::isinf(got) ? std::copysign(limit, got) : got;
  reference = std::fmax(std::fmin(reference, limit), -limit);
  int64_t bits = llvm::bit_cast<int64_t>(reference) & INT64_MAX;
  int64_t exponent =
      std::min<int64_t>(std::max<int64_t>(bits >> 52, 1023 - 126), 1023 + 127);
  // 2^(23 - exponent)
  double perUlp = llvm::bit_cast<double>((2 * 1023 + 23 - exponent) << 52);
  return std::fabs(value - reference) * perUlp;
}

double ulpError(double got, long double reference) {
  if (std::isnan(got) || std::isnan(reference))
    return std::isnan(got) && std::isnan(reference)
               ? 0
               : std::numeric_limits<double>::infinity();
  long double limit = 0x1p1024l;
  long double value = std::isinf(got) ? std::copysign(limit, got) : got;
  reference = std::fmax(std::fmin(reference, limit), -limit);
  int exponent = reference == 0 ? -1022 : std::ilogb(reference);
  exponent = std::min(std::max(exponent, -1022), 1023);
  return std::ldexp(std::fabs(value - reference), 52 - exponent);
}

std::string isaName(Isa isa) {
  return isa == Isa::Scalar ? "scalar" : targetCpu(isa).str();
}

static std::vector<ElementaryCode> compileAll(bool isDouble, int operands,
                                              LaneJit::Body body) {
  std::vector<ElementaryCode> code;
  for (Isa isa : {Isa::Scalar, Isa::V2, Isa::V3, Isa::V4})
    if (hostRuns(isa))
      code.push_back({isa, std::make_unique<LaneJit>(
                               LaneShape{isa, isDouble, operands}, body)});
  return code;
}

std::vector<ElementaryCode>
compileEverywhere(const ElementaryFunction &function, bool isDouble) {
  return compileAll(isDouble, 1, [&](Machine &, llvm::ArrayRef<Lane> x) {
    return function.lane(x[0]);
  });
}

std::vector<ElementaryCode> compilePow(bool isDouble) {
  return compileAll(isDouble, 2, [](Machine &, llvm::ArrayRef<Lane> x) {
    return pow(x[0], x[1]);
  });
}

/// Runs every code on `inputs` and notes its errors.
template <typename Real, typename Wide>
static void
noteErrors(llvm::ArrayRef<ElementaryCode> code, std::vector<WorstCase> &worst,
           const std::vector<Real> &inputs, Wide (*reference)(Wide)) {
  std::vector<Wide> expected(inputs.size());
  for (auto [wide, x] : llvm::zip(expected, inputs))
    wide = reference(x);
  std::vector<Real> got(inputs.size());
  for (auto [entry, found] : llvm::zip(code, worst)) {
    (*entry.run)({inputs.data()}, got.data(), inputs.size());
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
    }
    noteErrors(code, worst, inputs, function.reference64);
  }
  return worst;
}

//===----------------------------------------------------------------------===//
// pow
//===----------------------------------------------------------------------===//

template <typename Real>
static void addPairs(Sequence &sequence, std::vector<Real> &x,
                     std::vector<Real> &y) {
  constexpr bool isDouble = sizeof(Real) == 8;
  double reach = isDouble ? 1080 : 152;
  Real any = isDouble ? Real(sequence.anyDouble()) : Real(sequence.anyFloat());
  int closeness = sequence.next() % 30;
  Real close = 1 + std::ldexp(sequence.between(-1, 1), -closeness);
  Real moderate = sequence.between(0.01, 100);
  for (Real base : {std::fabs(any), close, moderate}) {
    x.push_back(base);
    y.push_back(sequence.between(-reach, reach) / std::log2(double(base)));
  }
  x.push_back(-moderate);
  y.push_back(std::nearbyint(sequence.between(-20, 20)));
}

template <typename Real, typename Wide>
static std::vector<WorstCase> worstPowIn(llvm::ArrayRef<ElementaryCode> code,
                                         uint64_t count) {
  std::vector<WorstCase> worst(code.size());
  Sequence sequence{5};
  for (uint64_t done = 0; done < count; done += chunk) {
    std::vector<Real> x, y;
    while (x.size() < chunk)
      addPairs(sequence, x, y);
    std::vector<Wide> expected(x.size());
    for (size_t k = 0; k < x.size(); ++k)
      expected[k] = std::pow(Wide(x[k]), Wide(y[k]));
    std::vector<Real> got(x.size());
    for (auto [entry, found] : llvm::zip(code, worst)) {
      (*entry.run)({x.data(), y.data()}, got.data(), x.size());
      for (size_t k = 0; k < x.size(); ++k)
        found.note(ulpError(got[k], expected[k]), x[k], y[k], got[k],
                   expected[k]);
    }
  }
  return worst;
}

std::vector<WorstCase> worstPow(llvm::ArrayRef<ElementaryCode> code,
                                bool isDouble, uint64_t count) {
  return isDouble ? worstPowIn<double, long double>(code, count)
                  : worstPowIn<float, double>(code, count);
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
