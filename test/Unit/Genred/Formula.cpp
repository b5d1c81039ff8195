//===- Formula.cpp - formulas written as C++ expressions ------------------===//

#include "keops/genred.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace keops;
using Texts = std::vector<std::string>;

TEST(Formula, WritesText) {
  Vi x(0, 3, "x");
  Vj y(1, 3, "y");
  FormulaText text = (exp(-sqdist(x, y)) / 2).write();
  EXPECT_EQ(text.formula, "(Exp((-SqDist(x, y))) / 2)");
  EXPECT_EQ(text.aliases, (Texts{"x = Vi(0, 3)", "y = Vj(1, 3)"}));
}

TEST(Formula, VariablesHaveNames) {
  Pm p(2, 1);
  EXPECT_EQ(p.write().formula, "v2");
  EXPECT_EQ(p.write().aliases, Texts{"v2 = Pm(2, 1)"});
}

TEST(Formula, WritesOperators) {
  Vi x(0, 3, "x");
  EXPECT_EQ(((x + 1) - x * x).text(), "((x + 1) - (x * x))");
  EXPECT_EQ((x | x).text(), "(x | x)");
  EXPECT_EQ((x < 2).text(), "(x < 2)");
  EXPECT_EQ((2 >= x).text(), "(2 >= x)");
  EXPECT_EQ((x == x).text(), "(x == x)");
  EXPECT_EQ((x != x).text(), "(x != x)");
  EXPECT_EQ(power(x, 3).text(), "(x ** 3)");
  EXPECT_EQ(x[1].text(), "x[1]");
  EXPECT_EQ(x.slice(0, 2).text(), "x[0:2]");
  EXPECT_EQ(elem(x, 1).text(), "Elem(x, 1)");
  EXPECT_EQ(kron(x, x, list({1, 3}), list({3, 1})).text(),
            "Kron(x, x, [1, 3], [3, 1])");
  EXPECT_EQ(reduce("Max", x, 1).text(), "Max(x, axis=1)");
  EXPECT_EQ(reduce("LogSumExp", x, exp(x), 0).text(),
            "LogSumExp(x, weight=Exp(x), axis=0)");
}

TEST(Formula, WritesNumbersExactly) {
  Vi x(0, 1, "x");
  EXPECT_EQ((x * 0.1).text(), "(x * 0.1)");
  EXPECT_EQ((x * 0.1f).text(), "(x * 0.1)");
  EXPECT_EQ((x * -2).text(), "(x * (-2))");
  EXPECT_EQ((x * (1.0 / 3)).text(), "(x * 0.3333333333333333)");
  EXPECT_EQ((x * 1e-300).text(), "(x * 1e-300)");
  EXPECT_EQ((x * int64_t(9007199254740993)).text(), "(x * 9007199254740993)");
  EXPECT_THROW(x * INFINITY, std::invalid_argument);
  EXPECT_THROW(x * NAN, std::invalid_argument);
}

TEST(Formula, SharedPartsGetNames) {
  Vi x(0, 3, "x");
  Vj y(1, 3, "y");
  Expression d = sqdist(x, y);
  FormulaText text = (exp(-d) * d).write();
  EXPECT_EQ(text.formula, "(Exp((-t1_)) * t1_)");
  EXPECT_EQ(text.aliases,
            (Texts{"x = Vi(0, 3)", "y = Vj(1, 3)", "t1_ = SqDist(x, y)"}));
}

// Squared sixty times, there would be 2^60 of them in the text.
TEST(Formula, IsNeverExpanded) {
  Vi x(0, 1, "x");
  Vj y(1, 1, "y");
  Expression f = x * y;
  for (int n = 0; n < 60; ++n)
    f = f * f / 2;
  FormulaText text = f.write();
  EXPECT_EQ(text.aliases.size(), 2u + 60u); // x * y and all but the last square
  Matrix<float> a = Genred(f, "Sum", 1)(2.f, 1.f);
  EXPECT_EQ(a(0, 0), 2); // 2² / 2 = 2
}

TEST(Formula, LongLoopsAreNotNested) {
  Vi x(0, 1, "x");
  Vj y(1, 1, "y");
  Expression f = y;
  for (int n = 0; n < 1000; ++n)
    f = f + x * (n % 3);
  Matrix<double> a = Genred(f, "Sum", 1)(1.0, 5.0);
  EXPECT_EQ(a(0, 0), 5 + 333 * 3);
}

TEST(Formula, NamesAreThoseOfTheUserInErrors) {
  Vi x(0, 3, "position");
  Vj y(1, 2);
  try {
    Genred(x - y, "Sum", 1)(std::vector<float>(3), std::vector<float>(2));
    FAIL();
  } catch (const FormulaError &error) {
    EXPECT_NE(std::string(error.what()).find("position has dimension 3"),
              std::string::npos)
        << error.what();
  }
}
