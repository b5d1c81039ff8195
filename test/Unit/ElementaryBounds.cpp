//===- ElementaryBounds.cpp - errors of the elementary functions ----------===//
//
// Over a sample of arguments, on every instruction set that this computer has:
// at most 2 units in the last place, or 1 where all is to be precise.
// bench/accuracy does the same over all of f32.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Elementary/Quotient.h"
#include "test/Unit/ElementaryErrors.h"

#include "gtest/gtest.h"

using namespace keops;
using llvm::ArrayRef;

static void expectWithin(double allowed, ArrayRef<ElementaryCode> code,
                         ArrayRef<WorstCase> worst) {
  for (auto [entry, found] : llvm::zip(code, worst)) {
    EXPECT_LE(found.ulps, allowed)
        << isaName(entry.isa) << ": " << found.describe();
    std::printf("  %-10s %s\n", isaName(entry.isa).c_str(),
                found.describe().c_str());
  }
}

static const auto named = [](const auto &info) {
  return std::string(info.param.name);
};

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

class ElementaryError : public testing::TestWithParam<ElementaryFunction> {
protected:
  void expectWithin(double allowed, bool isDouble, bool precise) {
    auto code = compileEverywhere(GetParam(), isDouble, precise);
    auto worst = isDouble ? worstF64(GetParam(), code, /*count=*/1 << 18)
                          : worstF32(GetParam(), code, /*stride=*/257);
    ::expectWithin(allowed, code, worst);
  }
};

TEST_P(ElementaryError, f32_is_within_two_ulp) {
  expectWithin(2, /*isDouble=*/false, /*precise=*/false);
}
TEST_P(ElementaryError, f64_is_within_two_ulp) {
  expectWithin(2, /*isDouble=*/true, /*precise=*/false);
}
TEST_P(ElementaryError, precise_f32_is_within_one_ulp) {
  expectWithin(1, /*isDouble=*/false, /*precise=*/true);
}
TEST_P(ElementaryError, precise_f64_is_within_one_ulp) {
  expectWithin(1, /*isDouble=*/true, /*precise=*/true);
}

INSTANTIATE_TEST_SUITE_P(All, ElementaryError,
                         testing::ValuesIn(elementaryFunctions().begin(),
                                           elementaryFunctions().end()),
                         named);

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

class PairError : public testing::TestWithParam<PairFunction> {
protected:
  void expectWithin(double allowed, bool isDouble, bool precise) {
    auto code = compileEverywhere(GetParam(), isDouble, precise);
    auto worst = worstPairs(GetParam(), code, isDouble, /*count=*/1 << 18);
    ::expectWithin(allowed, code, worst);
  }
};

TEST_P(PairError, f32_is_within_two_ulp) {
  expectWithin(2, /*isDouble=*/false, /*precise=*/false);
}
TEST_P(PairError, f64_is_within_two_ulp) {
  expectWithin(2, /*isDouble=*/true, /*precise=*/false);
}
TEST_P(PairError, precise_f32_is_within_one_ulp) {
  expectWithin(1, /*isDouble=*/false, /*precise=*/true);
}
TEST_P(PairError, precise_f64_is_within_one_ulp) {
  expectWithin(1, /*isDouble=*/true, /*precise=*/true);
}

INSTANTIATE_TEST_SUITE_P(All, PairError,
                         testing::ValuesIn(pairFunctions().begin(),
                                           pairFunctions().end()),
                         named);

//===----------------------------------------------------------------------===//
// Divisions by an estimate
//===----------------------------------------------------------------------===//

/// Estimates exist for whole registers of AVX-512 only.
static bool fills512Bits(const Lane &x) {
  auto type = llvm::dyn_cast<mlir::VectorType>(x.values.front().getType());
  return type && type.getNumElements() * type.getElementTypeBitWidth() == 512;
}

/// With divisions where they are called for.
static Lane quotient(const Lane &x, const Lane &y) {
  if (!fills512Bits(y))
    return x / y;
  Quotient found = estimatedQuotient(x, y);
  return select(found.isOff, x / y, found.value);
}

static Lane withoutDivision(const Lane &x, const Lane &y) {
  return fills512Bits(y) ? estimatedQuotient(x, y).value : x / y;
}

static double divide32(double x, double y) { return x / y; }
static long double divide64(long double x, long double y) { return x / y; }

static std::pair<double, double> anyPair(Sequence &sequence, bool isDouble) {
  if (isDouble)
    return {sequence.anyDouble(), sequence.anyDouble()};
  return {sequence.anyFloat(), sequence.anyFloat()};
}

static std::pair<double, double> usualPair(Sequence &sequence, bool) {
  auto number = [&] {
    return std::ldexp(sequence.between(1, 2), sequence.below(120) - 60);
  };
  return {number(), sequence.below(2) ? number() : -number()};
}

class QuotientError : public PairError {};

TEST_P(QuotientError, f32_is_within_two_ulp) {
  expectWithin(1.6, /*isDouble=*/false, /*precise=*/false);
}
TEST_P(QuotientError, f64_is_within_two_ulp) {
  expectWithin(1.7, /*isDouble=*/true, /*precise=*/false);
}

INSTANTIATE_TEST_SUITE_P(
    Division, QuotientError,
    testing::Values(PairFunction{"anyNumbers", quotient, divide32, divide64,
                                 anyPair},
                    PairFunction{"usualNumbers", withoutDivision, divide32,
                                 divide64, usualPair}),
    named);
