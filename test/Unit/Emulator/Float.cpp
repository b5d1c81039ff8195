//===- Float.cpp - floating-point instructions against C++ ----------------===//

#include "test/Unit/Emulator/Harness.h"

#include "gtest/gtest.h"

#include <cmath>
#include <functional>
#include <limits>

using namespace harness;

namespace {

template <typename T> std::vector<T> interesting() {
  using Limits = std::numeric_limits<T>;
  return {T(0),
          T(-0.0),
          T(1),
          T(-1),
          T(0.5),
          T(1) / 3,
          T(-2.75),
          T(3e5),
          T(-1e-7),
          Limits::min(),
          Limits::denorm_min(),
          -Limits::denorm_min() * 77,
          Limits::max(),
          Limits::infinity(),
          -Limits::infinity(),
          Limits::quiet_NaN()};
}

template <typename T> void expectSame(T expected, T actual, std::string what) {
  if (std::isnan(expected))
    EXPECT_TRUE(std::isnan(actual)) << what << ": " << actual;
  else
    EXPECT_EQ(bitsOf(expected), bitsOf(actual))
        << what << ": " << expected << " and " << actual;
}

template <typename T>
void expectUnary(const std::string &opcode, std::function<T(T)> function) {
  std::vector<std::vector<uint64_t>> rows;
  for (T a : interesting<T>())
    rows.push_back({bitsOf(a)});
  std::string type = sizeof(T) == 4 ? "f32 " : "f64 ";
  auto results = evaluate(opcode, type + type, rows);
  for (size_t r = 0; r < rows.size(); ++r) {
    T a = valueOf<T>(rows[r][0]);
    expectSame(function(a), valueOf<T>(results[r]),
               opcode + " " + std::to_string(a));
  }
}

template <typename T>
void expectBinary(const std::string &opcode, std::function<T(T, T)> function) {
  std::vector<std::vector<uint64_t>> rows;
  for (T a : interesting<T>())
    for (T b : interesting<T>())
      rows.push_back({bitsOf(a), bitsOf(b)});
  std::string type = sizeof(T) == 4 ? "f32 " : "f64 ";
  auto results = evaluate(opcode, type + type + type, rows);
  for (size_t r = 0; r < rows.size(); ++r) {
    T a = valueOf<T>(rows[r][0]), b = valueOf<T>(rows[r][1]);
    expectSame(function(a, b), valueOf<T>(results[r]),
               opcode + " " + std::to_string(a) + ", " + std::to_string(b));
  }
}

float flushed(float x) {
  return std::fabs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x;
}

template <typename T> void expectArithmetic(const std::string &type) {
  expectBinary<T>("add.rn" + type, [](T a, T b) { return a + b; });
  expectBinary<T>("sub" + type, [](T a, T b) { return a - b; });
  expectBinary<T>("mul.rn" + type, [](T a, T b) { return a * b; });
  expectBinary<T>("div.rn" + type, [](T a, T b) { return a / b; });
  expectUnary<T>("neg" + type, [](T a) { return -a; });
  expectUnary<T>("abs" + type, [](T a) { return std::fabs(a); });
  expectUnary<T>("sqrt.rn" + type, [](T a) { return std::sqrt(a); });
  expectUnary<T>("rcp.rn" + type, [](T a) { return 1 / a; });
}

TEST(Float, ArithmeticRoundsOnce) {
  expectArithmetic<float>(".f32");
  expectArithmetic<double>(".f64");
  auto fused = evaluate(
      "fma.rn.f32", "f32 f32 f32 f32",
      {{bitsOf(1 + 0x1p-12f), bitsOf(1 + 0x1p-12f), bitsOf(-1 - 0x1p-11f)}});
  EXPECT_EQ(0x1p-24f, valueOf<float>(fused[0]));
}

TEST(Float, SmallNumbersAreFlushedWhereTheOpcodeSaysSo) {
  expectBinary<float>("add.rn.ftz.f32", [](float a, float b) {
    return flushed(flushed(a) + flushed(b));
  });
  expectBinary<float>("mul.rn.ftz.f32", [](float a, float b) {
    return flushed(flushed(a) * flushed(b));
  });
  expectUnary<float>("neg.ftz.f32", [](float a) { return -flushed(a); });
}

TEST(Float, SaturationGivesNumbersFromZeroToOne) {
  expectBinary<float>("add.rn.sat.f32", [](float a, float b) {
    float sum = a + b;
    return sum > 0 ? std::fmin(sum, 1.0f) : 0.0f;
  });
}

template <typename T> void expectExtrema(const std::string &type) {
  auto least = [](T a, T b) {
    return a == b ? (std::signbit(a) ? a : b) : std::fmin(a, b);
  };
  auto most = [](T a, T b) {
    return a == b ? (std::signbit(a) ? b : a) : std::fmax(a, b);
  };
  expectBinary<T>("min" + type, least);
  expectBinary<T>("max" + type, most);
  expectBinary<T>("copysign" + type,
                  [](T a, T b) { return std::copysign(b, a); });
}

TEST(Float, ExtremaPreferNumbers) {
  expectExtrema<float>(".f32");
  expectExtrema<double>(".f64");
  expectBinary<float>("max.NaN.f32", [](float a, float b) {
    if (std::isnan(a) || std::isnan(b))
      return NAN;
    return a == b ? (std::signbit(a) ? b : a) : std::fmax(a, b);
  });
}

TEST(Float, ApproximationsAreNearTheFunction) {
  using Function = std::function<float(float)>;
  auto exact = [](double (*function)(double)) -> Function {
    return [=](float a) { return float(function(a)); };
  };
  auto fast = [](double (*function)(double)) -> Function {
    return [=](float a) { return flushed(float(function(flushed(a)))); };
  };
  expectUnary<float>("ex2.approx.f32", exact(std::exp2));
  expectUnary<float>("ex2.approx.ftz.f32", fast(std::exp2));
  expectUnary<float>("lg2.approx.ftz.f32", fast(std::log2));
  expectUnary<float>("sin.approx.ftz.f32", fast(std::sin));
  expectUnary<float>("cos.approx.f32", exact(std::cos));
  expectUnary<float>("tanh.approx.f32", exact(std::tanh));
  expectUnary<float>("sqrt.approx.ftz.f32",
                     [](float a) { return std::sqrt(flushed(a)); });
  expectUnary<float>("rcp.approx.ftz.f32",
                     [](float a) { return flushed(1 / flushed(a)); });
  expectUnary<float>("rsqrt.approx.f32",
                     [](float a) { return float(1 / std::sqrt(double(a))); });
}

TEST(Float, TheApproximateQuotientOfLargeNumbersIsZero) {
  auto quotient = [](float a, float b) {
    return valueOf<float>(
        evaluate("div.approx.f32", "f32 f32 f32", {{bitsOf(a), bitsOf(b)}})[0]);
  };
  EXPECT_EQ(1.5f, quotient(3, 2));
  EXPECT_EQ(0.0f, quotient(0x1p127f, 0x1p127f));
  EXPECT_TRUE(std::isnan(quotient(INFINITY, 0x1p127f)));
}

TEST(Float, ApproximationsOfDoublesHaveTheirUpperWordOnly) {
  for (const char *opcode : {"rcp.approx.ftz.f64", "rsqrt.approx.f64"}) {
    uint64_t bits = evaluate(opcode, "f64 f64", {{bitsOf(3.0)}})[0];
    EXPECT_EQ(0u, bits & 0xffffffff);
    EXPECT_NEAR(opcode[1] == 'c' ? 1 / 3.0 : 1 / std::sqrt(3.0),
                valueOf<double>(bits), 1e-6);
  }
}

TEST(Float, PairsAreTwoNumbers) {
  auto pair = [](float low, float high) {
    return bitsOf(low) | bitsOf(high) << 32;
  };
  EXPECT_EQ(pair(11, -1), evaluate("fma.rn.f32x2", "b64 b64 b64 b64",
                                   {{pair(2, 3), pair(5, -1), pair(1, 2)}})[0]);
  EXPECT_EQ(pair(3, 5), evaluate("add.rn.ftz.f32x2", "b64 b64 b64",
                                 {{pair(1, 2), pair(2, 3)}})[0]);
}

} // namespace
