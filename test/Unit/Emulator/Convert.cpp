//===- Convert.cpp - from one type of number to another -------------------===//

#include "test/Unit/Emulator/Harness.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace harness;

namespace {

template <typename To, typename From>
To convert(const std::string &opcode, From value) {
  auto type = [](auto example) {
    return "b" + std::to_string(8 * std::max<size_t>(2, sizeof(example)));
  };
  auto bits = std::is_signed_v<From> && std::is_integral_v<From>
                  ? bitsOf(int64_t(value))
                  : bitsOf(value);
  return valueOf<To>(
      evaluate(opcode, type(To()) + " " + type(From()), {{bits}})[0]);
}

TEST(Convert, WholeNumbersKeepTheirSign) {
  EXPECT_EQ(-5, (convert<int64_t, int32_t>("cvt.s64.s32", -5)));
  EXPECT_EQ(4294967291, (convert<int64_t, int32_t>("cvt.u64.u32", -5)));
  EXPECT_EQ(-2, (convert<int32_t, int32_t>("cvt.s32.s8", 0x12fe)));
  EXPECT_EQ(254, (convert<int32_t, int32_t>("cvt.u32.u8", 0x12fe)));
  EXPECT_EQ(-2, (convert<int16_t, int16_t>("cvt.s16.s8", 0x12fe)));
  EXPECT_EQ(0x5678, (convert<int16_t, int64_t>("cvt.u16.u64", 0x12345678)));
}

TEST(Convert, WholeNumbersSaturateWhereTheOpcodeSaysSo) {
  EXPECT_EQ(255, (convert<int32_t, int32_t>("cvt.sat.u8.s32", 300)));
  EXPECT_EQ(0, (convert<int32_t, int32_t>("cvt.sat.u8.s32", -300)));
  EXPECT_EQ(-128, (convert<int32_t, int32_t>("cvt.sat.s8.s32", -300)));
}

TEST(Convert, FloatsRoundAsTheOpcodeSays) {
  for (float x : {2.5f, -2.5f, 3.5f, 2.4f, -0.6f, 7.0f}) {
    EXPECT_EQ(int(std::nearbyint(x)),
              (convert<int32_t, float>("cvt.rni.s32.f32", x)));
    EXPECT_EQ(int(x), (convert<int32_t, float>("cvt.rzi.s32.f32", x)));
    EXPECT_EQ(int(std::floor(x)),
              (convert<int32_t, float>("cvt.rmi.s32.f32", x)));
    EXPECT_EQ(int(std::ceil(x)),
              (convert<int32_t, float>("cvt.rpi.s32.f32", x)));
    EXPECT_EQ(std::nearbyint(x), (convert<float, float>("cvt.rni.f32.f32", x)));
    EXPECT_EQ(std::floor(double(x)),
              (convert<double, double>("cvt.rmi.f64.f64", x)));
  }
}

TEST(Convert, FloatsBeyondTheRangeBecomeItsEnd) {
  EXPECT_EQ(INT32_MAX, (convert<int32_t, float>("cvt.rzi.s32.f32", 1e20f)));
  EXPECT_EQ(INT32_MIN, (convert<int32_t, float>("cvt.rzi.s32.f32", -1e20f)));
  EXPECT_EQ(0u, (convert<uint32_t, float>("cvt.rzi.u32.f32", -1)));
  EXPECT_EQ(UINT64_MAX, (convert<uint64_t, double>("cvt.rzi.u64.f64", 1e30)));
  EXPECT_EQ(INT64_MIN, (convert<int64_t, double>("cvt.rzi.s64.f64", -1e30)));
  EXPECT_EQ(0, (convert<int32_t, float>("cvt.rzi.s32.f32", NAN)));
  EXPECT_EQ(INT64_MIN, (convert<int64_t, float>("cvt.rzi.s64.f32", NAN)));
}

TEST(Convert, WholeNumbersBecomeTheNearestFloat) {
  EXPECT_EQ(16777216.0f, (convert<float, int32_t>("cvt.rn.f32.s32", 16777217)));
  EXPECT_EQ(-3.0f, (convert<float, int64_t>("cvt.rn.f32.s64", -3)));
  EXPECT_EQ(4294967295.0, (convert<double, int32_t>("cvt.rn.f64.u32", -1)));
  EXPECT_EQ(0x1p64, (convert<double, int64_t>("cvt.rn.f64.u64", -1)));
  EXPECT_EQ(200.0f, (convert<float, int16_t>("cvt.rn.f32.u16", 200)));
}

TEST(Convert, BetweenFloats) {
  EXPECT_EQ(float(M_PI), (convert<float, double>("cvt.rn.f32.f64", M_PI)));
  EXPECT_EQ(double(0.1f), (convert<double, float>("cvt.f64.f32", 0.1f)));
  EXPECT_EQ(1e-40f, (convert<float, double>("cvt.rn.f32.f64", 1e-40)));
  EXPECT_EQ(0.0f, (convert<float, double>("cvt.rn.ftz.f32.f64", 1e-40)));
  EXPECT_EQ(0.0, (convert<double, float>("cvt.ftz.f64.f32", 1e-40f)));
  EXPECT_EQ(1.0f, (convert<float, float>("cvt.sat.f32.f32", 7.5f)));
}

TEST(Convert, TwoFloatsToHalfTheirBits) {
  auto pack = [](float high, float low) {
    return uint32_t(evaluate("cvt.rn.bf16x2.f32", "b32 b32 b32",
                             {{bitsOf(high), bitsOf(low)}})[0]);
  };
  EXPECT_EQ(0x3f80c000u, pack(1, -2));
  // Between two neighbors, the even one.
  EXPECT_EQ(0x3f803f82u, pack(1 + 0x1p-8f, 1 + 3 * 0x1p-8f));
  EXPECT_EQ(0x3f813f80u, pack(1 + 0x1.01p-8f, 1 + 0x0.ffp-8f));
  EXPECT_EQ(0x7f80ff80u, pack(3.4e38f, -INFINITY));
  EXPECT_EQ(0x7fff0001u, pack(NAN, 0x1p-133f));
}

} // namespace
