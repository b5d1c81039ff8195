//===- Interpreter.cpp - the reference against loops written by hand ------===//

#include "test/Unit/Formulas.h"

using namespace mlir;

namespace keops::test {
namespace {

using InterpreterTest = FormulaTest;

double squaredDistance(const Table &x, int64_t i, const Table &y, int64_t j,
                       int64_t dim) {
  double sum = 0;
  for (int64_t c = 0; c < dim; ++c) {
    double difference = x[i * dim + c] - y[j * dim + c];
    sum += difference * difference;
  }
  return sum;
}

TEST_F(InterpreterTest, SumsAGaussian) {
  FormulaOp formula = parse(R"(
    keops.formula @f(%g: !keops.vec<1xf64, p>, %x: !keops.vec<3xf64, i>,
                     %y: !keops.vec<3xf64, j>, %b: !keops.vec<2xf64, j>)
        -> !keops.vec<2xf64, i> {
      %d = sub %x, %y : <3xf64, i>, <3xf64, j>
      %s = sqnorm %d : <3xf64, ij>
      %t = mul %g, %s : <1xf64, p>, <1xf64, ij>
      %n = neg %t : <1xf64, ij>
      %k = exp %n : <1xf64, ij>
      %f = mul %k, %b : <1xf64, ij>, <2xf64, j>
      %a = reduce #keops.sum %f : <2xf64, ij> -> <2xf64, i>
      return %a : <2xf64, i>
    })");
  ASSERT_TRUE(formula);
  std::vector<Table> t = randomTables(formula, -1, 1);
  Table expected(2 * kRowsI, 0);
  for (int64_t i = 0; i < kRowsI; ++i)
    for (int64_t j = 0; j < kRowsJ; ++j)
      for (int64_t c = 0; c < 2; ++c)
        expected[2 * i + c] +=
            std::exp(-t[0][0] * squaredDistance(t[1], i, t[2], j, 3)) *
            t[3][2 * j + c];
  EXPECT_TRUE(near(results(formula, t)[0], expected, 1e-14));
}

// A reduction over i inside one over j, asked for one row only.
TEST_F(InterpreterTest, NestsReductionsAndComputesSingleRows) {
  FormulaOp formula = parse(R"(
    keops.formula @f(%x: !keops.vec<1xf64, i>, %y: !keops.vec<1xf64, j>)
        -> (!keops.vec<1xf64, i>, !keops.vec<1xf64, p>) {
      %s = mul %x, %y : <1xf64, i>, <1xf64, j>
      %z = reduce #keops.logsumexp %s : <1xf64, ij> -> <1xf64, j>
      %t = add %z, %x : <1xf64, j>, <1xf64, i>
      %a = reduce #keops.max %t : <1xf64, ij> -> <1xf64, i>
      %r = reduce #keops.sum %a : <1xf64, i> -> <1xf64, p>
      return %a, %r : <1xf64, i>, <1xf64, p>
    })");
  ASSERT_TRUE(formula);
  std::vector<Table> t = randomTables(formula, -1, 1);
  double total = 0, last = 0;
  for (int64_t i = 0; i < kRowsI; ++i) {
    last = -INFINITY;
    for (int64_t j = 0; j < kRowsJ; ++j) {
      double sum = 0;
      for (int64_t other = 0; other < kRowsI; ++other)
        sum += std::exp(t[0][other] * t[1][j]);
      last = std::max(last, std::log(sum) + t[0][i]);
    }
    total += last;
  }
  FailureOr<Interpreter> interpreter =
      Interpreter::create(formula, kRowsI, kRowsJ, {t[0], t[1]});
  ASSERT_TRUE(succeeded(interpreter));
  EXPECT_EQ(interpreter->rows(0), kRowsI);
  EXPECT_EQ(interpreter->rows(1), 1);
  EXPECT_NEAR(interpreter->row(0, kRowsI - 1)[0], last, 1e-14);
  EXPECT_NEAR(interpreter->row(1, 0)[0], total, 1e-14);
}

TEST_F(InterpreterTest, FindsNearestNeighbors) {
  FormulaOp formula = parse(R"(
    keops.formula @f(%x: !keops.vec<2xf64, i>, %y: !keops.vec<2xf64, j>)
        -> (!keops.vec<3xf64, i>, !keops.vec<3xi64, i>) {
      %d = sub %x, %y : <2xf64, i>, <2xf64, j>
      %s = sqnorm %d : <2xf64, ij>
      %v = reduce #keops.kmin<3> %s : <1xf64, ij> -> <3xf64, i>
      %n = reduce #keops.argkmin<3> %s : <1xf64, ij> -> <3xi64, i>
      return %v, %n : <3xf64, i>, <3xi64, i>
    })");
  ASSERT_TRUE(formula);
  std::vector<Table> t = randomTables(formula, -1, 1);
  Table values, columns;
  for (int64_t i = 0; i < kRowsI; ++i) {
    std::vector<std::pair<double, int64_t>> all;
    for (int64_t j = 0; j < kRowsJ; ++j)
      all.emplace_back(squaredDistance(t[0], i, t[1], j, 2), j);
    llvm::sort(all);
    for (int rank = 0; rank < 3; ++rank) {
      values.push_back(all[rank].first);
      columns.push_back(double(all[rank].second));
    }
  }
  std::vector<Table> found = results(formula, t);
  EXPECT_TRUE(near(found[0], values, 1e-15));
  EXPECT_EQ(found[1], columns);
}

TEST_F(InterpreterTest, NoRowsGiveTheNeutralValue) {
  FormulaOp formula = parse(R"(
    keops.formula @f(%y: !keops.vec<1xf64, j>)
        -> (!keops.vec<1xf64, p>, !keops.vec<1xf64, p>, !keops.vec<1xf64, p>) {
      %a = reduce #keops.sum %y : <1xf64, j> -> <1xf64, p>
      %b = reduce #keops.logsumexp %y : <1xf64, j> -> <1xf64, p>
      %c = reduce #keops.min %y : <1xf64, j> -> <1xf64, p>
      return %a, %b, %c : <1xf64, p>, <1xf64, p>, <1xf64, p>
    })");
  ASSERT_TRUE(formula);
  FailureOr<Interpreter> interpreter =
      Interpreter::create(formula, 0, 0, ArrayRef<double>());
  ASSERT_TRUE(succeeded(interpreter));
  EXPECT_EQ(interpreter->row(0, 0)[0], 0);
  EXPECT_EQ(interpreter->row(1, 0)[0], -INFINITY);
  EXPECT_EQ(interpreter->row(2, 0)[0], INFINITY);
}

TEST_F(InterpreterTest, RefusesWhatItCannotRun) {
  FormulaOp formula = parse(R"(
    keops.formula @f(%x: !keops.vec<2xf64, i> {keops.name = "x"})
        -> !keops.vec<2xf64, i> {
      %s = sum %x : <2xf64, i>
      %g = grad %s wrt %x seed %s : <1xf64, i>, <2xf64, i>, <1xf64, i> -> <2xf64, i>
      return %g : <2xf64, i>
    })");
  ASSERT_TRUE(formula);
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  Table table(4), shorter(3);
  EXPECT_TRUE(
      failed(Interpreter::create(formula, 2, 0, ArrayRef<double>(table))));
  EXPECT_NE(message.find("gradients must be expanded before"),
            std::string::npos);
  ASSERT_TRUE(run(formula, "keops-differentiate"));
  EXPECT_TRUE(
      succeeded(Interpreter::create(formula, 2, 0, ArrayRef<double>(table))));
  EXPECT_TRUE(
      failed(Interpreter::create(formula, 2, 0, ArrayRef<double>(shorter))));
  EXPECT_NE(message.find("table x needs 2 rows of 2 numbers, got 3 numbers"),
            std::string::npos);
  EXPECT_TRUE(failed(Interpreter::create(formula, 2, 0, {})));
  EXPECT_NE(message.find("needs 1 tables, got 0"), std::string::npos);
}

} // namespace
} // namespace keops::test
