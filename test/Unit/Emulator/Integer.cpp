//===- Integer.cpp - whole numbers, bits, comparisons ---------------------===//

#include "test/Unit/Emulator/Harness.h"

#include "gtest/gtest.h"

#include <cmath>
#include <functional>
#include <limits>

using namespace harness;

namespace {

template <typename T> std::vector<T> interesting() {
  using Limits = std::numeric_limits<T>;
  return {T(0),          T(1),          T(2),
          T(-1),         T(7),          T(-100),
          Limits::max(), Limits::min(), T(Limits::max() / 3),
          T(31),         T(64)};
}

template <typename T> std::string typeOf() {
  return (std::numeric_limits<T>::is_signed ? "s" : "u") +
         std::to_string(8 * sizeof(T));
}

template <typename R, typename T>
void expectBinary(const std::string &opcode, std::function<R(T, T)> function,
                  const std::string &result, const std::string &operand) {
  std::vector<std::vector<uint64_t>> rows;
  for (T a : interesting<T>())
    for (T b : interesting<T>())
      rows.push_back({bitsOf(a), bitsOf(b)});
  auto results = evaluate(opcode, result + " " + operand + " " + operand, rows);
  for (size_t r = 0; r < rows.size(); ++r) {
    T a = valueOf<T>(rows[r][0]), b = valueOf<T>(rows[r][1]);
    EXPECT_EQ(function(a, b), valueOf<R>(results[r]))
        << opcode << " " << a << ", " << b;
  }
}

template <typename T> void expectArithmetic() {
  std::string type = typeOf<T>();
  auto same = [&](const char *name, std::function<T(T, T)> function) {
    expectBinary<T, T>(name + ("." + type), function, type, type);
  };
  using U = std::make_unsigned_t<T>;
  using Wide = std::conditional_t<std::numeric_limits<T>::is_signed, __int128,
                                  unsigned __int128>;
  same("add", [](T a, T b) { return T(U(a) + U(b)); });
  same("sub", [](T a, T b) { return T(U(a) - U(b)); });
  same("mul.lo", [](T a, T b) { return T(uint64_t(a) * uint64_t(b)); });
  same("mul.hi",
       [](T a, T b) { return T((Wide(a) * Wide(b)) >> (8 * sizeof(T))); });
  same("min", [](T a, T b) { return a < b ? a : b; });
  same("max", [](T a, T b) { return a < b ? b : a; });
  same("div", [](T a, T b) { return b == 0 ? T(-1) : T(Wide(a) / Wide(b)); });
  same("rem", [](T a, T b) { return b == 0 ? a : T(Wide(a) % Wide(b)); });
}

TEST(Integer, ArithmeticWrapsAround) {
  expectArithmetic<int16_t>();
  expectArithmetic<uint16_t>();
  expectArithmetic<int32_t>();
  expectArithmetic<uint32_t>();
  expectArithmetic<int64_t>();
  expectArithmetic<uint64_t>();
}

TEST(Integer, WideProductsHaveTwiceTheBits) {
  expectBinary<int64_t, int32_t>(
      "mul.wide.s32", [](int32_t a, int32_t b) { return int64_t(a) * b; },
      "s64", "s32");
  expectBinary<uint64_t, uint32_t>(
      "mul.wide.u32", [](uint32_t a, uint32_t b) { return uint64_t(a) * b; },
      "u64", "u32");
  EXPECT_EQ(bitsOf(int64_t(-5)),
            evaluate("mad.wide.s32", "s64 s32 s32 s64",
                     {{bitsOf(-3), 4, bitsOf(int64_t(7))}})[0]);
  EXPECT_EQ(26u, evaluate("mad.lo.s32", "s32 s32 s32 s32", {{5, 4, 6}})[0]);
}

TEST(Integer, SignsAndMagnitudes) {
  EXPECT_EQ(5u, evaluate("abs.s32", "s32 s32", {{bitsOf(-5)}})[0]);
  EXPECT_EQ(bitsOf(int64_t(-5)), evaluate("neg.s64", "s64 s64", {{5}})[0]);
}

/// Sums and differences of two words, as instructions that pass the carry on.
TEST(Integer, CarriesGoFromWordToWord) {
  const uint64_t values[] = {
      0, 1, 0xffffffff, 0x100000000, 0x7fffffffffffffff, ~uint64_t(0)};
  for (uint64_t a : values)
    for (uint64_t b : values) {
      auto low = [](uint64_t x) { return uint32_t(x); };
      auto high = [](uint64_t x) { return uint32_t(x >> 32); };
      auto out = outputOf(R"(
  ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%in];
  add.cc.s32 %r5, %r1, %r3;
  addc.cc.s32 %r6, %r2, %r4;
  addc.u32 %r7, 0, 0;
  sub.cc.u32 %r8, %r1, %r3;
  subc.s32 %r9, %r2, %r4;
  st.global.v4.b32 [%out], {%r5, %r6, %r8, %r9};
  st.global.u32 [%out+16], %r7;
)",
                          8, {low(a), high(a), low(b), high(b)});
      EXPECT_EQ(a + b, out[0] | uint64_t(out[1]) << 32);
      EXPECT_EQ(a - b, out[2] | uint64_t(out[3]) << 32);
      EXPECT_EQ(a + b < a ? 1u : 0u, out[4]);
    }
  EXPECT_EQ(7u, evaluate("addc.s64", "s64 s64 s64",
                         {{3, 4}})[0]); // nothing left a carry
}

TEST(Bits, LogicIsBitByBit) {
  expectBinary<uint64_t, uint64_t>(
      "and.b64", [](uint64_t a, uint64_t b) { return a & b; }, "b64", "b64");
  expectBinary<uint32_t, uint32_t>(
      "or.b32", [](uint32_t a, uint32_t b) { return a | b; }, "b32", "b32");
  expectBinary<uint16_t, uint16_t>(
      "xor.b16", [](uint16_t a, uint16_t b) { return uint16_t(a ^ b); }, "b16",
      "b16");
  EXPECT_EQ(0xfff0u, evaluate("not.b16", "b16 b16", {{15}})[0]);
  for (uint64_t a : {0, 1})
    for (uint64_t b : {0, 1}) {
      EXPECT_EQ(a & b, evaluate("and.pred", "pred pred pred", {{a, b}})[0]);
      EXPECT_EQ(a | b, evaluate("or.pred", "pred pred pred", {{a, b}})[0]);
      EXPECT_EQ(a ^ b, evaluate("xor.pred", "pred pred pred", {{a, b}})[0]);
    }
  EXPECT_EQ(1u, evaluate("not.pred", "pred pred", {{0}})[0]);
  // The majority of three bits, by its table.
  EXPECT_EQ(0b1110'1000u,
            evaluate("lop3.b32, 232", "b32 b32 b32 b32",
                     {{0b1111'0000, 0b1100'1100, 0b1010'1010}})[0]);
}

TEST(Bits, ShiftsByTheWidthOrMoreGiveNothing) {
  auto shift = [](const char *opcode, const char *types, uint64_t a,
                  uint64_t n) { return evaluate(opcode, types, {{a, n}})[0]; };
  EXPECT_EQ(0x80u, shift("shl.b32", "b32 b32 b32", 1, 7));
  EXPECT_EQ(0u, shift("shl.b32", "b32 b32 b32", 1, 32));
  EXPECT_EQ(0u, shift("shr.u64", "u64 u64 b32", ~0ull, 64));
  EXPECT_EQ(1u, shift("shr.u64", "u64 u64 b32", ~0ull, 63));
  EXPECT_EQ(bitsOf(-1), shift("shr.s32", "s32 s32 b32", bitsOf(-8), 40));
  EXPECT_EQ(bitsOf(-2), shift("shr.s32", "s32 s32 b32", bitsOf(-8), 2));
}

TEST(Bits, FunnelShiftsTakeBitsFromTheOtherWord) {
  auto funnel = [](const char *opcode, uint32_t n) {
    return evaluate(opcode, "b32 b32 b32 b32",
                    {{0x89abcdef, 0x01234567, n}})[0];
  };
  EXPECT_EQ(0x12345678u, funnel("shf.l.wrap.b32", 4));
  EXPECT_EQ(0x12345678u, funnel("shf.l.wrap.b32", 36));
  EXPECT_EQ(0x89abcdefu, funnel("shf.l.clamp.b32", 36));
  EXPECT_EQ(0x789abcdeu, funnel("shf.r.wrap.b32", 4));
  EXPECT_EQ(0x01234567u, funnel("shf.r.clamp.b32", 99));
}

TEST(Bits, CountsAndPlaces) {
  EXPECT_EQ(8u, evaluate("popc.b32", "b32 b32", {{0xff00}})[0]);
  EXPECT_EQ(64u, evaluate("popc.b64", "b32 b64", {{~0ull}})[0]);
  EXPECT_EQ(32u, evaluate("clz.b32", "b32 b32", {{0}})[0]);
  EXPECT_EQ(16u, evaluate("clz.b32", "b32 b32", {{0xff00}})[0]);
  EXPECT_EQ(3u, evaluate("clz.b64", "b32 b64", {{~0ull >> 3}})[0]);
  EXPECT_EQ(15u, evaluate("bfind.u32", "u32 u32", {{0xff00}})[0]);
  EXPECT_EQ(0xffffffffu, evaluate("bfind.s32", "u32 s32", {{bitsOf(-1)}})[0]);
  EXPECT_EQ(0x80000000u, evaluate("brev.b32", "b32 b32", {{1}})[0]);
}

TEST(Bits, FieldsAreCutOutAndPutIn) {
  auto field = [](const char *opcode, const char *type, uint64_t a, uint64_t b,
                  uint64_t c) {
    return evaluate(opcode, type + std::string(" ") + type + " b32 b32",
                    {{a, b, c}})[0];
  };
  EXPECT_EQ(0xcu, field("bfe.u32", "u32", 0xabcd, 4, 4));
  EXPECT_EQ(bitsOf(-4), field("bfe.s32", "s32", 0xabcd, 4, 4));
  EXPECT_EQ(0u, field("bfe.u32", "u32", 0xabcd, 4, 0));
  EXPECT_EQ(0xaull, field("bfe.u64", "u64", 0xabcd, 12, 60));
  EXPECT_EQ(0xaf3du, evaluate("bfi.b32", "b32 b32 b32 b32 b32",
                              {{0xf3, 0xabcd, 4, 8}})[0]);
  auto permuted = [](uint32_t selector) {
    return evaluate("prmt.b32", "b32 b32 b32 b32",
                    {{0x33221180, 0x77665544, selector}})[0];
  };
  EXPECT_EQ(0x44332211u, permuted(0x4321));
  EXPECT_EQ(0x000000ffu, permuted(0x9998)); // signs of bytes 0 and 1
}

TEST(Compare, RelationsHoldAsTheyShould) {
  using S = int32_t;
  using U = uint32_t;
  auto expect = [](const char *opcode, auto function, const char *type) {
    expectBinary<bool, U>(opcode, std::function<bool(U, U)>(function), "pred",
                          type);
  };
  expect("setp.eq.s32", [](U a, U b) { return a == b; }, "s32");
  expect("setp.ne.b32", [](U a, U b) { return a != b; }, "b32");
  expect("setp.lt.s32", [](U a, U b) { return S(a) < S(b); }, "s32");
  expect("setp.lt.u32", [](U a, U b) { return a < b; }, "u32");
  expect("setp.hs.u32", [](U a, U b) { return a >= b; }, "u32");
  expect("setp.ge.s32", [](U a, U b) { return S(a) >= S(b); }, "s32");
}

TEST(Compare, NanIsUnordered) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  auto holds = [](const char *opcode, float a, float b) {
    return evaluate(opcode, "pred f32 f32", {{bitsOf(a), bitsOf(b)}})[0] == 1;
  };
  EXPECT_FALSE(holds("setp.lt.f32", 1, nan));
  EXPECT_TRUE(holds("setp.ltu.f32", 1, nan));
  EXPECT_FALSE(holds("setp.ne.f32", 1, nan));
  EXPECT_TRUE(holds("setp.neu.f32", 1, nan));
  EXPECT_TRUE(holds("setp.nan.f32", 1, nan));
  EXPECT_FALSE(holds("setp.num.f32", nan, nan));
  EXPECT_TRUE(holds("setp.num.f32", 1, 2));
  EXPECT_TRUE(holds("setp.eq.f32", 0.0f, -0.0f));
}

TEST(Compare, SmallNumbersAreFlushedWhereTheOpcodeSaysSo) {
  auto holds = [](const char *opcode) {
    return evaluate(opcode, "pred f32 f32", {{bitsOf(1e-40f), 0}})[0];
  };
  EXPECT_EQ(1u, holds("setp.gt.f32"));
  EXPECT_EQ(0u, holds("setp.gt.ftz.f32"));
}

TEST(Compare, PropertiesOfNumbers) {
  auto has = [](const char *opcode, float a) {
    return evaluate(opcode, "pred f32", {{bitsOf(a)}})[0] == 1;
  };
  EXPECT_TRUE(has("testp.finite.f32", 1));
  EXPECT_FALSE(has("testp.finite.f32", INFINITY));
  EXPECT_TRUE(has("testp.infinite.f32", INFINITY));
  EXPECT_TRUE(has("testp.notanumber.f32", NAN));
  EXPECT_TRUE(has("testp.subnormal.f32", 1e-40f));
  EXPECT_TRUE(has("testp.normal.f32", 1));
}

TEST(Move, SelectionFollowsThePredicate) {
  EXPECT_EQ(3u, evaluate("selp.b32", "b32 b32 b32 pred", {{3, 4, 1}})[0]);
  EXPECT_EQ(4u, evaluate("selp.f64", "b64 b64 b64 pred", {{3, 4, 0}})[0]);
}

} // namespace
