//===- Number.cpp - numbers stay exact until they are rounded once --------===//

#include "compiler/Frontend/Number.h"
#include "test/Unit/Frontend/Harness.h"
#include <cstdlib>
#include <gtest/gtest.h>

using namespace keops;
using llvm::APFloat;

static double asDouble(const Number &number) {
  return number.round(APFloat::IEEEdouble()).convertToDouble();
}
static float asFloat(const Number &number) {
  return number.round(APFloat::IEEEsingle()).convertToFloat();
}
static std::string combined(int64_t a, llvm::StringRef symbol, int64_t b) {
  auto result =
      Number::combine(symbol, Number::fromInteger(a), Number::fromInteger(b));
  return result ? result->str() : "inexact";
}

// The C library rounds decimals correctly, straight to the type asked for.
TEST(Number, DecimalsAreRoundedOnce) {
  for (const char *text :
       {"0.1", "1e-3", ".5", "3.", "16777217", "0.3333333333333333333333",
        "1.00000005960464477539062500001", // just above a midpoint of floats
        "1.000000059604644775390625",      // the midpoint itself
        "9007199254740993", "1e-45", "1e-400", "4.9e-324",
        "1.7976931348623157e308", "123456789012345678901234567890"}) {
    Number number = Number::fromText(text);
    EXPECT_EQ(asDouble(number), std::strtod(text, nullptr)) << text;
    EXPECT_EQ(asFloat(number), std::strtof(text, nullptr)) << text;
    EXPECT_EQ(asDouble(number.negated()), -std::strtod(text, nullptr)) << text;
  }
}

TEST(Number, OverflowIsInfinite) {
  EXPECT_TRUE(
      Number::fromText("1e39").round(APFloat::IEEEsingle()).isInfinity());
  EXPECT_FALSE(
      Number::fromText("1e39").round(APFloat::IEEEdouble()).isInfinity());
  EXPECT_TRUE(Number::fromText("1e99999999999999")
                  .round(APFloat::IEEEdouble())
                  .isInfinity());
  EXPECT_TRUE(Number::fromText("1e-99999999999999")
                  .round(APFloat::IEEEdouble())
                  .isZero());
}

TEST(Number, FractionsAreRoundedOnce) {
  for (int64_t p : {1, 2, 22, 16777217, 33554433, 1 << 30})
    for (int64_t q : {3, 7, 10, 49, 16777219}) {
      auto ratio =
          Number::combine("/", Number::fromInteger(p), Number::fromInteger(-q));
      ASSERT_TRUE(ratio);
      EXPECT_EQ(asDouble(*ratio), -double(p) / double(q));
      EXPECT_EQ(asFloat(*ratio), float(-double(p) / double(q)));
    }
}

TEST(Number, IntegersAreComputedExactly) {
  EXPECT_EQ(combined(2, "+", 3), "5");
  EXPECT_EQ(combined(2, "-", 3), "-1");
  EXPECT_EQ(combined(6, "/", -4), "-3/2");
  EXPECT_EQ(combined(6, "/", 3), "2");
  EXPECT_EQ(combined(2, "**", 10), "1024");
  EXPECT_EQ(combined(2, "**", -2), "1/4");
  EXPECT_EQ(combined(-2, "**", 3), "-8");
  EXPECT_EQ(combined(0, "**", 0), "1");
}

TEST(Number, WhatIsNotExactIsLeftToOps) {
  EXPECT_EQ(combined(1, "/", 0), "inexact");
  EXPECT_EQ(combined(0, "**", -1), "inexact");
  EXPECT_EQ(combined(1, "|", 2), "inexact");
  EXPECT_EQ(combined(int64_t(1) << 53, "+", 1), "inexact");
  EXPECT_EQ(combined(int64_t(1) << 40, "*", int64_t(1) << 40), "inexact");
  EXPECT_EQ(combined(3, "**", 64), "inexact");
  EXPECT_FALSE(
      Number::combine("+", Number::fromText("0.5"), Number::fromInteger(1)));
}

TEST(Number, RecognizesHalves) {
  EXPECT_TRUE(Number::fromText("0.5").equals(0.5));
  EXPECT_TRUE(Number::fromText(".50").negated().equals(-0.5));
  EXPECT_FALSE(Number::fromText("0.5000000000000000000001").equals(0.5));
  EXPECT_EQ(Number::fromText("7").getInteger(), 7);
  EXPECT_EQ(Number::fromText("7.0").getInteger(), std::nullopt);
}

TEST(Number, ConstantsAreExactInTheWorkingType) {
  auto constant = [](llvm::StringRef dtype, llvm::StringRef number) {
    FormulaSource source;
    source.formula = ("x * " + number).str();
    source.aliases = {"x = Vi(1)"};
    source.dtype = dtype.str();
    test::Outcome outcome = test::parseFormula(source);
    ConstOp op = *outcome.formula().getOps<ConstOp>().begin();
    return llvm::cast<mlir::FloatAttr>(op.getValue()).getValueAsDouble();
  };
  EXPECT_EQ(constant("float64", "0.1"), 0.1);
  EXPECT_EQ(constant("float32", "0.1"), double(0.1f));
  EXPECT_EQ(constant("float64", "16777217"), 16777217.0);
  EXPECT_EQ(constant("float64", "(1/3)"), 1.0 / 3.0);
}
