//===- Check.cpp - does keops-run --check see wrong results? --------------===//

#include "tools/keops-run/Check.h"
#include "gtest/gtest.h"

using namespace keops;
using namespace keops::run;

namespace {

/// One kernel of a variable u along i and v along j, both of dimension 1.
class CheckTest : public testing::Test {
protected:
  CheckTest() : context(makeContext()) {}

  void parse(std::string reduction, std::optional<int64_t> k = {}) {
    FormulaSource source;
    source.formula = "Abs(u - v)";
    source.aliases = {"u = Vi(1)", "v = Vj(1)"};
    source.reduction = std::move(reduction);
    source.axis = 1;
    source.optArg = k;
    module = parseKeopsFormula(source, sources, context.get());
    ASSERT_TRUE(module);
    kernel = signaturesOf(*module).front();
  }

  CheckResult run(void *results) {
    Problem problem;
    problem.size = {int64_t(u.size()), int64_t(v.size())};
    problem.inputs = {u.data(), v.data()};
    problem.outputs = {results};
    auto result = check(*module->getOps<FormulaOp>().begin(), kernel, problem,
                        /*count=*/100, /*seed=*/0);
    EXPECT_TRUE(succeeded(result));
    return *result;
  }

  std::unique_ptr<mlir::MLIRContext> context;
  llvm::SourceMgr sources;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  KernelSignature kernel;
  std::vector<float> u = {0, 1, 2}, v = {0.25f, 1.5f, 4};
};

TEST_F(CheckTest, RightNumbersPass) {
  parse("Sum");
  float results[] = {5.75f, 4.25f, 4.25f};
  CheckResult result = run(results);
  EXPECT_TRUE(result.passed());
  EXPECT_EQ(result.error, 0);
  EXPECT_EQ(result.rows, 3);
}

TEST_F(CheckTest, OneWrongNumberIsFound) {
  parse("Sum");
  float results[] = {5.75f, 4.25f, 4.26f};
  CheckResult result = run(results);
  EXPECT_FALSE(result.passed());
  EXPECT_EQ(result.row, 2);
  EXPECT_NEAR(result.error,
              0.01 / std::sqrt((5.75 * 5.75 + 2 * 4.25 * 4.25) / 3), 1e-5);
}

TEST_F(CheckTest, WhatIsNoNumberIsWrong) {
  parse("Sum");
  float results[] = {5.75f, NAN, 4.25f};
  CheckResult result = run(results);
  EXPECT_FALSE(result.passed());
  EXPECT_EQ(result.row, 1);
}

TEST_F(CheckTest, InfinitiesMustAgree) {
  v.clear();
  parse("Min");
  float results[] = {INFINITY, INFINITY, INFINITY};
  EXPECT_TRUE(run(results).passed());
  results[1] = -INFINITY;
  EXPECT_FALSE(run(results).passed());
}

TEST_F(CheckTest, WrongRowNumbersAreFound) {
  parse("ArgMin");
  int64_t results[] = {0, 1, 1};
  EXPECT_TRUE(run(results).passed());
  for (int64_t wrong : {0, 2, -1, 3, 1000}) {
    results[2] = wrong;
    CheckResult result = run(results);
    EXPECT_FALSE(result.passed()) << wrong;
    EXPECT_EQ(result.row, 2);
  }
}

TEST_F(CheckTest, RowsThatAreEquallyNearAreEquallyRight) {
  v = {3, 1, -1};
  parse("ArgMin");
  int64_t results[] = {1, 1, 1};
  EXPECT_TRUE(run(results).passed());
  results[0] = 2;
  results[2] = 0;
  EXPECT_TRUE(run(results).passed());
}

TEST_F(CheckTest, NeighborsAreDistinctAndInOrder) {
  parse("ArgKMin", 2);
  int64_t results[] = {0, 1, 1, 0, 1, 0};
  EXPECT_TRUE(run(results).passed());
  results[3] = 1; // twice the same
  EXPECT_FALSE(run(results).passed());
  results[2] = 0, results[3] = 1; // the farther one first
  EXPECT_FALSE(run(results).passed());
}

TEST_F(CheckTest, MissingNeighborsHaveNoRowNumber) {
  v = {5};
  parse("ArgKMin", 2);
  int64_t results[] = {0, -1, 0, -1, 0, -1};
  EXPECT_TRUE(run(results).passed());
  results[1] = 0;
  EXPECT_FALSE(run(results).passed());
}

} // namespace
