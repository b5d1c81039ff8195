//===- Elementary.cpp - tests of the elementary functions -----------------===//
//
// Every function, on every instruction set that this computer has, in f32 and
// f64: its limits. What its error is, is in ElementaryBounds.cpp.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/ElementaryErrors.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace keops;
using cpu::Isa;
using llvm::ArrayRef;

static constexpr double inf = std::numeric_limits<double>::infinity();
static const double nan_ = std::nan("");
static constexpr double allowed = 2;

/// body over `inputs`, in the precision of the shape.
static std::vector<double> evaluate(const LaneShape &shape, LaneJit::Body body,
                                    ArrayRef<std::vector<double>> inputs) {
  LaneJit run(shape, body);
  size_t count = inputs.front().size();
  std::vector<double> result(count);
  llvm::SmallVector<const void *> pointers;
  if (shape.isDouble) {
    for (const std::vector<double> &x : inputs)
      pointers.push_back(x.data());
    run(pointers, result.data(), count);
    return result;
  }
  std::vector<std::vector<float>> narrow;
  for (const std::vector<double> &x : inputs)
    narrow.emplace_back(x.begin(), x.end());
  for (const std::vector<float> &x : narrow)
    pointers.push_back(x.data());
  std::vector<float> output(count);
  run(pointers, output.data(), count);
  return {output.begin(), output.end()};
}

/// Equal as bit patterns, any NaN being as good as any other.
static bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         (a == b && std::signbit(a) == std::signbit(b));
}

/// Each instruction set of this computer, in both precisions.
static std::vector<LaneShape> shapes(int operands = 1) {
  std::vector<LaneShape> result;
  for (Isa isa : {Isa::Scalar, Isa::V2, Isa::V3, Isa::V4})
    for (bool isDouble : {false, true})
      if (hostRuns(isa))
        result.push_back({isa, isDouble, operands});
  return result;
}

static std::string name(const LaneShape &shape) {
  return isaName(shape.isa) + (shape.isDouble ? " f64" : " f32");
}

/// Expects body(x) to be exactly the second of each pair.
static void expectExactly(LaneJit::Body body,
                          const std::vector<std::pair<double, double>> &table) {
  std::vector<double> inputs;
  for (auto [x, y] : table)
    inputs.push_back(x);
  for (const LaneShape &shape : shapes()) {
    std::vector<double> got = evaluate(shape, body, {inputs});
    for (size_t k = 0; k < table.size(); ++k)
      EXPECT_TRUE(same(got[k], table[k].second))
          << name(shape) << ": " << got[k] << " for " << table[k].second
          << " at " << table[k].first;
  }
}

TEST(Elementary, exp_has_its_limits) {
  auto body = [](Machine &, ArrayRef<Lane> x) { return exp(x[0]); };
  expectExactly(body, {{0, 1},
                       {-0.0, 1},
                       {inf, inf},
                       {-inf, 0},
                       {nan_, nan_},
                       {1e-30, 1},
                       {-1e-30, 1},
                       {710, inf},
                       {1e6, inf},
                       {1e30, inf},
                       {3e38, inf},
                       {-746, 0},
                       {-1e6, 0},
                       {-1e30, 0},
                       {-3e38, 0}});
}

TEST(Elementary, exp2_has_its_limits) {
  auto body = [](Machine &, ArrayRef<Lane> x) { return exp2(x[0]); };
  expectExactly(body, {{0, 1},
                       {-0.0, 1},
                       {inf, inf},
                       {-inf, 0},
                       {nan_, nan_},
                       {1e-30, 1},
                       {1024, inf},
                       {1e30, inf},
                       {3e38, inf},
                       {-1076, 0},
                       {-1e30, 0},
                       {-3e38, 0}});
}

TEST(Elementary, exp2_of_an_integer_is_exact) {
  std::vector<std::pair<double, double>> table;
  for (int n = -149; n < 128; ++n)
    table.push_back({n, std::ldexp(1, n)});
  auto body = [](Machine &, ArrayRef<Lane> x) { return exp2(x[0]); };
  expectExactly(body, table);
}

// A product may go into the power without having been rounded.
TEST(Elementary, exp2_of_a_product_has_its_limits) {
  struct Product {
    double a, b, power;
  };
  const Product products[] = {{0, -2, 1},        {1e-30, -1e-30, 1},
                              {1e-30, 1, 1},     {inf, -2, 0},
                              {inf, 2, inf},     {0, inf, nan_},
                              {nan_, -2, nan_},  {3, nan_, nan_},
                              {3e38, -1, 0},     {3e38, 1, inf},
                              {3e38, -2, 0},     {3e38, 2, inf},
                              {3e38, -3e38, 0},  {3e38, 3e38, inf},
                              {-3e38, 3e38, 0},  {1e27, -3, 0},
                              {1e27, 3, inf},    {2e19, -2e19, 0},
                              {500, -250000, 0}, {500, 250000, inf},
                              {2, -3, 0.015625}, {3, 2.5, 0x1.6a09e667f3bcdp7}};
  std::vector<double> a, b;
  for (const Product &product : products) {
    a.push_back(product.a);
    b.push_back(product.b);
  }
  auto body = [](Machine &, ArrayRef<Lane> x) { return exp2(x[0] * x[1]); };
  for (const LaneShape &shape : shapes(2)) {
    // What f32 has no numbers for, f64 has.
    if (shape.isDouble)
      continue;
    std::vector<double> got = evaluate(shape, body, {a, b});
    for (auto [product, power] : llvm::zip(products, got))
      EXPECT_TRUE(same(power, product.power) ||
                  ulpError(float(power), product.power) <= allowed)
          << name(shape) << ": " << power << " for 2^(" << product.a << " * "
          << product.b << ")";
  }
}

TEST(Elementary, exp2_of_a_product_is_within_two_ulp_with_avx512) {
  if (!hostRuns(Isa::V4))
    GTEST_SKIP() << "needs AVX-512";
  std::vector<double> a, b;
  for (int k = 0; k < 1 << 18; ++k) {
    a.push_back(float(std::fmod(k * 0.6180339887498949, 1) * 12));
    b.push_back(float(std::fmod(k * 0.7548776662466927, 1) * 22 - 12));
  }
  auto body = [](Machine &, ArrayRef<Lane> x) { return exp2(x[0] * x[1]); };
  LaneShape shape{Isa::V4, /*isDouble=*/false, /*operands=*/2};
  std::vector<double> got = evaluate(shape, body, {a, b});
  for (size_t k = 0; k < got.size(); ++k)
    ASSERT_LE(ulpError(float(got[k]), std::exp2(a[k] * b[k])), allowed)
        << "2^(" << a[k] << " * " << b[k] << ")";
}

TEST(Elementary, log_has_its_limits) {
  auto body = [](Machine &, ArrayRef<Lane> x) { return log(x[0]); };
  expectExactly(body, {{1, 0},
                       {0, -inf},
                       {-0.0, -inf},
                       {inf, inf},
                       {-inf, nan_},
                       {-1, nan_},
                       {-1e-40, nan_},
                       {nan_, nan_}});
}

TEST(Elementary, log2_has_its_limits_and_is_exact_at_powers_of_two) {
  std::vector<std::pair<double, double>> table = {
      {0, -inf},  {-0.0, -inf},   {inf, inf},  {-inf, nan_},
      {-1, nan_}, {-1e-40, nan_}, {nan_, nan_}};
  for (int n = -149; n < 128; ++n)
    table.push_back({std::ldexp(1, n), n});
  auto body = [](Machine &, ArrayRef<Lane> x) { return log2(x[0]); };
  expectExactly(body, table);
}

TEST(Elementary, rsqrt_has_its_limits) {
  auto body = [](Machine &, ArrayRef<Lane> x) { return rsqrt(x[0]); };
  expectExactly(body, {{0, 0},
                       {-0.0, 0},
                       {inf, 0},
                       {-1, nan_},
                       {-inf, nan_},
                       {nan_, nan_},
                       {1, 1},
                       {4, 0.5},
                       {0x1p-126, 0x1p63}});
}

TEST(Elementary, roundEven_rounds_ties_to_even_and_keeps_signs) {
  auto body = [](Machine &m, ArrayRef<Lane> x) { return m.roundEven(x[0]); };
  std::vector<std::pair<double, double>> table = {
      {inf, inf},     {-inf, -inf},       {nan_, nan_},
      {0, 0},         {-0.0, -0.0},       {-0.25, -0.0},
      {1e30f, 1e30f}, {8388609, 8388609}, {-4194305, -4194305}};
  for (int quarters = -40; quarters <= 40; ++quarters)
    if (quarters)
      table.push_back({quarters / 4.0, std::nearbyint(quarters / 4.0)});
  expectExactly(body, table);
}

TEST(Elementary, floor_goes_down_and_keeps_signs) {
  auto body = [](Machine &, ArrayRef<Lane> x) { return floor(x[0]); };
  expectExactly(body, {{0, 0},
                       {-0.0, -0.0},
                       {0.75, 0},
                       {-0.25, -1},
                       {-3, -3},
                       {2.5, 2},
                       {8388607.5, 8388607},
                       {-8388607.5, -8388608},
                       {1e30f, 1e30f},
                       {inf, inf},
                       {-inf, -inf},
                       {nan_, nan_}});
}

TEST(Elementary, halves_round_away_from_zero) {
  auto whole = [](Machine &, ArrayRef<Lane> x) {
    return roundDecimals(x[0], 0);
  };
  expectExactly(whole, {{0.5, 1},
                        {-0.5, -1},
                        {2.5, 3},
                        {-2.5, -3},
                        {0.25, 0},
                        {8388607.5, 8388608},
                        {1e30f, 1e30f},
                        {inf, inf},
                        {nan_, nan_}});
  auto tens = [](Machine &, ArrayRef<Lane> x) {
    return roundDecimals(x[0], -1);
  };
  expectExactly(tens, {{15, 20}, {-25, -30}, {14.75, 10}, {-inf, -inf}});
}

TEST(Elementary, modulo_lies_between_the_offset_and_one_period_more) {
  auto body = [](Machine &m, ArrayRef<Lane> x) {
    return modulo(x[0], m.constant(4), m.constant(-1));
  };
  expectExactly(body, {{0, 0}, {3, -1}, {-1, -1}, {-2, 2}, {6.5, 2.5}});
}

TEST(Elementary, sin_and_cos_have_their_limits) {
  auto sine = [](Machine &, ArrayRef<Lane> x) { return sin(x[0]); };
  expectExactly(sine, {{0, 0},
                       {-0.0, -0.0},
                       {0x1p-140, 0x1p-140},
                       {inf, nan_},
                       {-inf, nan_},
                       {nan_, nan_}});
  auto cosine = [](Machine &, ArrayRef<Lane> x) { return cos(x[0]); };
  expectExactly(cosine, {{0, 1}, {-0.0, 1}, {0x1p-140, 1}, {inf, nan_}});
}

TEST(Elementary, arc_functions_have_their_limits) {
  auto sine = [](Machine &, ArrayRef<Lane> x) { return asin(x[0]); };
  expectExactly(sine, {{0, 0},
                       {-0.0, -0.0},
                       {0x1p-140, 0x1p-140},
                       {1.5, nan_},
                       {-inf, nan_},
                       {nan_, nan_}});
  auto cosine = [](Machine &, ArrayRef<Lane> x) { return acos(x[0]); };
  expectExactly(cosine, {{1, 0}, {-1.5, nan_}, {inf, nan_}, {nan_, nan_}});
  auto tangent = [](Machine &, ArrayRef<Lane> x) { return atan(x[0]); };
  expectExactly(tangent, {{0, 0}, {-0.0, -0.0}, {nan_, nan_}});
}

TEST(Elementary, atan2_is_that_of_C_at_zeros_and_infinities) {
  double special[] = {0, -0.0, 1, -1, 0x1p-149, 1e38, -1e38, inf, -inf, nan_};
  std::vector<double> y, x;
  for (double a : special)
    for (double b : special) {
      y.push_back(a);
      x.push_back(b);
    }
  for (const LaneShape &shape : shapes(2)) {
    std::vector<double> got = evaluate(
        shape, [](Machine &, ArrayRef<Lane> v) { return atan2(v[0], v[1]); },
        {y, x});
    for (size_t k = 0; k < x.size(); ++k) {
      double a = shape.isDouble ? y[k] : float(y[k]);
      double b = shape.isDouble ? x[k] : float(x[k]);
      double expected = std::atan2(a, b);
      double error = shape.isDouble ? ulpError(got[k], (long double)expected)
                                    : ulpError(float(got[k]), expected);
      EXPECT_LE(error, allowed) << name(shape) << " at " << a << ", " << b;
      EXPECT_TRUE(std::isnan(expected) ||
                  std::signbit(got[k]) == std::signbit(expected));
    }
  }
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Arguments for which the function is a number.
static std::vector<double> sampleOf(const ElementaryFunction &function) {
  std::vector<double> inputs;
  Sequence sequence{3};
  double high = std::min(function.high, 60.0);
  for (int k = 0; k < 500; ++k)
    inputs.push_back(sequence.between(0.01, high));
  return inputs;
}

TEST(Elementary, results_do_not_depend_on_the_shape_of_the_bundle) {
  for (const LaneShape &plain : shapes())
    for (const ElementaryFunction &function : elementaryFunctions()) {
      std::vector<double> inputs = sampleOf(function);
      auto body = [&](Machine &, ArrayRef<Lane> x) {
        return function.lane(x[0]);
      };
      LaneShape bundle = plain;
      bundle.rows = 2;
      bundle.cols = 3;
      EXPECT_EQ(evaluate(plain, body, {inputs}),
                evaluate(bundle, body, {inputs}))
          << function.name << ' ' << name(plain);
    }
}

// Widths that fill no register, or several, take the portable expansion or are
// cut into pieces. Accuracy must not depend on that.
TEST(Elementary, any_width_is_within_two_ulp) {
  for (LaneShape shape : shapes())
    for (int width : {1, 2, 8, 16, 32})
      for (const ElementaryFunction &function : elementaryFunctions()) {
        shape.width = width;
        std::vector<double> inputs = sampleOf(function);
        auto body = [&](Machine &, ArrayRef<Lane> x) {
          return function.lane(x[0]);
        };
        std::vector<double> got = evaluate(shape, body, {inputs});
        WorstCase worst;
        for (size_t k = 0; k < inputs.size(); ++k) {
          double x = shape.isDouble ? inputs[k] : float(inputs[k]);
          double error = shape.isDouble
                             ? ulpError(got[k], function.reference64(x))
                             : ulpError(float(got[k]), function.reference32(x));
          worst.note(error, x, 0, got[k], function.reference32(x));
        }
        EXPECT_LE(worst.ulps, allowed)
            << function.name << ' ' << name(shape) << " width " << width << ": "
            << worst.describe();
      }
}

// The inner loops of kernels stand or fall with this one.
TEST(Elementary, exp2_is_eight_instructions_with_avx512) {
  if (!hostRuns(Isa::V4))
    GTEST_SKIP() << "needs AVX-512";
  LaneJit run({Isa::V4},
              [](Machine &, ArrayRef<Lane> x) { return exp2(x[0]); });
  // Load, store, and three for the loop.
  EXPECT_LE(run.loopInstructions(), 8 + 5) << run.assembly();
  EXPECT_GT(run.loopInstructions(), 5);
}
