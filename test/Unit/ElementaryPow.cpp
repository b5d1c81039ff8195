//===- ElementaryPow.cpp - tests of pow -----------------------------------===//

#include "test/Unit/ElementaryErrors.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace keops;
using cpu::Isa;
using llvm::ArrayRef;

static Lane powOf(Machine &, ArrayRef<Lane> x) { return pow(x[0], x[1]); }

static std::vector<Isa> isas() {
  std::vector<Isa> result;
  for (Isa isa : {Isa::Scalar, Isa::V2, Isa::V3, Isa::V4})
    if (hostRuns(isa))
      result.push_back(isa);
  return result;
}

/// Every combination of numbers with a rule of their own in C, and a few more.
template <typename Real> static void expectRulesOfC() {
  constexpr Real inf = std::numeric_limits<Real>::infinity();
  const Real numbers[] = {0,    Real(-0.0), 1,    -1,    2,     -2,      3,
                          -3,   0.5,        -0.5, 1.5,   -1.5,  4,       inf,
                          -inf, Real(NAN),  1e30, -1e30, 1e-30, 16777215};
  std::vector<Real> x, y;
  for (Real a : numbers)
    for (Real b : numbers) {
      x.push_back(a);
      y.push_back(b);
    }
  for (Isa isa : isas()) {
    LaneJit run({isa, sizeof(Real) == 8, 2}, powOf);
    std::vector<Real> got(x.size());
    run({x.data(), y.data()}, got.data(), x.size());
    for (size_t k = 0; k < x.size(); ++k) {
      using Wide = std::conditional_t<sizeof(Real) == 8, long double, double>;
      Wide expected = std::pow(Wide(x[k]), Wide(y[k]));
      EXPECT_LE(ulpError(got[k], expected), 2)
          << isaName(isa) << ": pow(" << x[k] << ", " << y[k] << ") is "
          << got[k];
      if (!std::isnan(expected))
        EXPECT_EQ(std::signbit(got[k]), std::signbit(expected))
            << isaName(isa) << ": pow(" << x[k] << ", " << y[k] << ")";
    }
  }
}

TEST(ElementaryPow, f32_follows_the_rules_of_C) { expectRulesOfC<float>(); }
TEST(ElementaryPow, f64_follows_the_rules_of_C) { expectRulesOfC<double>(); }
