//===- Genred.cpp - keops/genred.h against plain loops --------------------===//

#include "keops/genred.h"
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <thread>

using keops::Genred;
using keops::Matrix;

namespace {

template <typename T> Matrix<T> draw(int64_t rows, int64_t cols, int seed) {
  std::mt19937 engine{unsigned(seed)};
  std::uniform_real_distribution<T> number(-1, 1);
  Matrix<T> result(rows, cols);
  for (int64_t n = 0; n < rows * cols; ++n)
    result.data()[n] = number(engine);
  return result;
}

template <typename T> Matrix<double> toDouble(const Matrix<T> &matrix) {
  Matrix<double> result(matrix.rows(), matrix.cols());
  std::copy_n(matrix.data(), matrix.rows() * matrix.cols(), result.data());
  return result;
}

template <typename T>
void expectNear(const Matrix<T> &found, const Matrix<double> &wanted) {
  ASSERT_EQ(found.rows(), wanted.rows());
  ASSERT_EQ(found.cols(), wanted.cols());
  double scale = 1e-30;
  for (int64_t n = 0; n < found.rows() * found.cols(); ++n)
    scale = std::max(scale, std::abs(wanted.data()[n]));
  double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-13;
  for (int64_t n = 0; n < found.rows() * found.cols(); ++n)
    ASSERT_NEAR(found.data()[n], wanted.data()[n], tolerance * scale) << n;
}

double sqdist(const Matrix<double> &x, int64_t i, const Matrix<double> &y,
              int64_t j) {
  double sum = 0;
  for (int64_t k = 0; k < x.cols(); ++k)
    sum += (x(i, k) - y(j, k)) * (x(i, k) - y(j, k));
  return sum;
}

/// sum_j exp(-g |x_i - y_j|²) b_j
Matrix<double> gauss(double g, const Matrix<double> &x, const Matrix<double> &y,
                     const Matrix<double> &b) {
  Matrix<double> a(x.rows(), b.cols());
  for (int64_t i = 0; i < x.rows(); ++i)
    for (int64_t j = 0; j < y.rows(); ++j)
      for (int64_t k = 0; k < b.cols(); ++k)
        a(i, k) += std::exp(-g * sqdist(x, i, y, j)) * b(j, k);
  return a;
}

const std::vector<std::string> kAliases = {"G=Pm(1)", "X=Vi(3)", "Y=Vj(3)",
                                           "B=Vj(2)"};

Genred gaussian() {
  return Genred("Exp(-G*SqDist(X,Y))*B", kAliases, "Sum", 1);
}

/// The text of what is thrown.
template <typename Exception = keops::Error>
std::string thrown(const std::function<void()> &run) {
  try {
    run();
  } catch (const Exception &error) {
    return error.what();
  }
  return "nothing";
}

} // namespace

template <typename T> class GenredOf : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(GenredOf, Scalars);

TYPED_TEST(GenredOf, AgreesWithPlainLoops) {
  using T = TypeParam;
  Genred op = gaussian();
  T g = T(0.5);
  for (auto [M, N] :
       {std::pair{1, 1}, {2, 3}, {7, 100}, {65, 513}, {300, 17}}) {
    auto x = draw<T>(M, 3, 1), y = draw<T>(N, 3, 2), b = draw<T>(N, 2, 3);
    expectNear(op(g, x, y, b), gauss(g, toDouble(x), toDouble(y), toDouble(b)));
  }
}

TYPED_TEST(GenredOf, EmptyTablesGiveEmptySums) {
  using T = TypeParam;
  Genred op = gaussian();
  auto some = draw<T>(5, 3, 1), b = draw<T>(5, 2, 2);
  Matrix<T> none(0, 3), noB(0, 2);
  Matrix<T> noRows = op(T(1), none, some, b);
  EXPECT_EQ(noRows.rows(), 0);
  EXPECT_EQ(noRows.cols(), 2);
  expectNear(op(T(1), some, none, noB), Matrix<double>(5, 2));
}

// Finite differences of the plain loop in double precision.
TYPED_TEST(GenredOf, GradientsAgreeWithDifferences) {
  using T = TypeParam;
  T g = T(0.7);
  auto x = draw<T>(9, 3, 1), y = draw<T>(11, 3, 2), b = draw<T>(11, 2, 3);
  auto e = draw<T>(9, 2, 4);
  auto value = [&](double g, const Matrix<double> &x, const Matrix<double> &y,
                   const Matrix<double> &b) {
    Matrix<double> a = gauss(g, x, y, b);
    double sum = 0;
    for (int64_t n = 0; n < 18; ++n)
      sum += a.data()[n] * double(e.data()[n]);
    return sum;
  };
  Matrix<double> tables[] = {Matrix<double>(1, 1), toDouble(x), toDouble(y),
                             toDouble(b)};
  tables[0](0, 0) = g;
  const char *names[] = {"G", "X", "Y", "B"};
  for (int t = 0; t < 4; ++t) {
    Matrix<double> wanted(tables[t].rows(), tables[t].cols());
    for (int64_t n = 0; n < wanted.rows() * wanted.cols(); ++n) {
      const double h = 1e-5;
      auto at = [&](double step) {
        Matrix<double> moved[] = {tables[0], tables[1], tables[2], tables[3]};
        moved[t].data()[n] += step;
        return value(moved[0](0, 0), moved[1], moved[2], moved[3]);
      };
      wanted.data()[n] = (at(h) - at(-h)) / (2 * h);
    }
    Matrix<T> found = gaussian().grad(names[t])(g, x, y, b, e);
    ASSERT_EQ(found.rows(), wanted.rows());
    for (int64_t n = 0; n < wanted.rows() * wanted.cols(); ++n)
      ASSERT_NEAR(found.data()[n], wanted.data()[n], 1e-5) << names[t];
  }
}

TYPED_TEST(GenredOf, GradientsHaveGradients) {
  using T = TypeParam;
  // Sum_j (x_i . y_j)^2: along x, 2 (x.y) y e; along x again, 2 y (y.f) e.
  Genred op("(X|Y)**2", {"X=Vi(2)", "Y=Vj(2)"}, "Sum", 1);
  auto x = draw<T>(3, 2, 1), y = draw<T>(4, 2, 2), e = draw<T>(3, 1, 3),
       f = draw<T>(3, 2, 4);
  Matrix<double> wanted(3, 2);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j)
      for (int k = 0; k < 2; ++k)
        wanted(i, k) += 2 * double(y(j, k)) * double(e(i, 0)) *
                        (double(y(j, 0)) * double(f(i, 0)) +
                         double(y(j, 1)) * double(f(i, 1)));
  expectNear(op.grad("X").grad("X")(x, y, e, f), wanted);
}

TYPED_TEST(GenredOf, NearestNeighbors) {
  using T = TypeParam;
  auto x = draw<T>(20, 3, 1), y = draw<T>(70, 3, 2);
  std::vector<std::string> aliases = {"X=Vi(3)", "Y=Vj(3)"};
  keops::GenredOptions three;
  three.optArg = 3;
  Genred nearest("SqDist(X,Y)", aliases, "ArgKMin", 1, three);
  Genred least("SqDist(X,Y)", aliases, "Min_ArgMin", 1);
  Matrix<int64_t> found = nearest.indices(x, y);
  auto [values, rows] = least.valuesAndIndices(x, y);
  ASSERT_EQ(found.rows(), 20);
  ASSERT_EQ(found.cols(), 3);
  Matrix<double> dx = toDouble(x), dy = toDouble(y);
  for (int64_t i = 0; i < 20; ++i) {
    std::vector<std::pair<double, int64_t>> all;
    for (int64_t j = 0; j < 70; ++j)
      all.emplace_back(sqdist(dx, i, dy, j), j);
    std::sort(all.begin(), all.end());
    for (int64_t k = 0; k < 3; ++k)
      EXPECT_EQ(found(i, k), all[k].second);
    EXPECT_EQ(rows(i, 0), all[0].second);
    EXPECT_NEAR(values(i, 0), all[0].first, 1e-5);
  }
}

TYPED_TEST(GenredOf, SoftMaxTakesAWeight) {
  using T = TypeParam;
  keops::GenredOptions weight;
  weight.formula2 = "B";
  Genred op("X*Y", {"X=Vi(1)", "Y=Vj(1)", "B=Vj(2)"}, "SumSoftMaxWeight", 1,
            weight);
  auto x = draw<T>(4, 1, 1), y = draw<T>(6, 1, 2), b = draw<T>(6, 2, 3);
  Matrix<double> wanted(4, 2);
  for (int i = 0; i < 4; ++i) {
    double sum = 0;
    for (int j = 0; j < 6; ++j)
      sum += std::exp(double(x(i, 0)) * double(y(j, 0)));
    for (int j = 0; j < 6; ++j)
      for (int k = 0; k < 2; ++k)
        wanted(i, k) +=
            std::exp(double(x(i, 0)) * double(y(j, 0))) / sum * double(b(j, k));
  }
  expectNear(op(x, y, b), wanted);
}

TYPED_TEST(GenredOf, TakesWhatProgramsHave) {
  using T = TypeParam;
  Genred op("P*X*Y", {"P=Pm(2)", "X=Vi(2)", "Y=Vj(2)"}, "Sum", 0);
  std::array<T, 2> p = {1, 2};
  std::vector<T> x = {1, 2, 3, 4}; // two rows
  const T numbers[] = {5, 6, 7, 8, 9, 10};
  keops::View<T> y(numbers, 3, 2);
  Matrix<T> a = op(p, x, y);
  ASSERT_EQ(a.rows(), 3);
  EXPECT_EQ(a(0, 0), 4 * 5);
  EXPECT_EQ(a(0, 1), 2 * 6 * 6);
  EXPECT_EQ(a[2][1], 2 * 6 * 10);
  Matrix<T> b(3, 2);
  op.into(b.view(), p, x, y);
  for (int n = 0; n < 6; ++n)
    EXPECT_EQ(a.data()[n], b.data()[n]);
}

TYPED_TEST(GenredOf, TakesExpressions) {
  using T = TypeParam;
  keops::Pm g(0, 1);
  keops::Vi x(1, 3);
  keops::Vj y(2, 3), b(3, 2);
  Genred op(exp(-g * sqdist(x, y)) * b, "Sum", 1);
  auto X = draw<T>(5, 3, 1), Y = draw<T>(6, 3, 2), B = draw<T>(6, 2, 3);
  expectNear(op(T(0.5), X, Y, B),
             gauss(0.5, toDouble(X), toDouble(Y), toDouble(B)));
}

TEST(Genred, AddsUpAsAsked) {
  std::vector<float> y(4097, 1);
  y[0] = 16777216; // ones are below its last digit
  keops::GenredOptions options;
  options.sumScheme = "kahan_scheme";
  Genred op("X*Y", {"X=Vi(1)", "Y=Vj(1)"}, "Sum", 1, options);
  EXPECT_EQ(op(1.0f, y)(0, 0), 16781312);
  options.sumScheme = "direct_sum";
  options.dtypeAcc = "float64";
  Genred wide("X*Y", {"X=Vi(1)", "Y=Vj(1)"}, "Sum", 1, options);
  EXPECT_EQ(wide(1.0f, y)(0, 0), 16781312);
}

TEST(Genred, SomeOfThePairs) {
  Genred op = gaussian();
  auto x = draw<double>(30, 3, 1), y = draw<double>(40, 3, 2);
  auto b = draw<double>(40, 2, 3);
  // Rows 5 to 19 meet columns 0 to 9 and 30 to 39, the others nothing.
  const int64_t rows[] = {5, 20}, slices[] = {2}, cols[] = {0, 10, 30, 40};
  keops_ranges ranges = {1, rows, slices, cols, 0, nullptr, nullptr, nullptr};
  keops::Call call;
  call.ranges = &ranges;
  Matrix<double> wanted(30, 2);
  for (int64_t i = 5; i < 20; ++i)
    for (int64_t j = 0; j < 40; ++j)
      for (int64_t k = 0; k < 2 && (j < 10 || j >= 30); ++k)
        wanted(i, k) += std::exp(-0.5 * sqdist(x, i, y, j)) * b(j, k);
  expectNear(op.with(call)(0.5, x, y, b), wanted);
  // The other half is missing, and the gradient along Y needs it.
  EXPECT_EQ(thrown([&] { op.with(call).grad("Y")(0.5, x, y, b, wanted); }),
            "ranges_j is a null pointer, and this kernel reduces over the axis "
            "that it is for");
}

TEST(Genred, ResultsDoNotDependOnThreads) {
  auto x = draw<float>(1000, 3, 1), y = draw<float>(2000, 3, 2),
       b = draw<float>(2000, 2, 3);
  keops::Call one;
  one.threads = 1;
  one.backend = KEOPS_BACKEND_CPU;
  auto all = gaussian()(0.5f, x, y, b);
  auto single = gaussian().with(one)(0.5f, x, y, b);
  for (int n = 0; n < 2000; ++n)
    ASSERT_EQ(all.data()[n], single.data()[n]);
}

TEST(Genred, LongCallsCanBeStopped) {
  Genred op("Exp(-SqDist(X,Y))", {"X=Vi(3)", "Y=Vj(3)"}, "Sum", 1);
  auto x = draw<float>(200000, 3, 1); // seconds
  keops::Call call;
  call.backend = KEOPS_BACKEND_CPU;
  call.shouldStop = [] { return true; };
  EXPECT_EQ(thrown([&] { op.with(call)(x, x); }),
            "the call was stopped, and its outputs hold no results");
  call.shouldStop = []() -> bool { throw keops::Error("enough"); };
  EXPECT_EQ(thrown([&] { op.with(call)(x, x); }), "enough");
  int asked = 0;
  call.shouldStop = [&] { return ++asked == 0; };
  auto y = draw<float>(20000, 3, 2);
  Matrix<float> all = op.with(call)(x, y), again = op(x, y);
  EXPECT_GT(asked, 0);
  for (int n = 0; n < 200000; ++n)
    ASSERT_EQ(all.data()[n], again.data()[n]);
}

TEST(Genred, IsCalledFromManyThreads) {
  Genred op = gaussian();
  auto x = draw<float>(10, 3, 1), y = draw<float>(20, 3, 2),
       b = draw<float>(20, 2, 3);
  auto wanted = gauss(0.5, toDouble(x), toDouble(y), toDouble(b));
  std::vector<std::thread> threads;
  for (int n = 0; n < 8; ++n)
    threads.emplace_back([&] {
      for (int call = 0; call < 100; ++call)
        expectNear(op(0.5f, x, y, b), wanted);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Genred, FormulaErrorsShowThePlace) {
  Genred op("Exp(-SqDst(X,Y))", {"X=Vi(3)", "Y=Vj(3)"}, "Sum", 1);
  std::vector<float> x(3);
  auto call = [&] { op(x, x); };
  EXPECT_EQ(thrown<keops::FormulaError>(call),
            "<formula>:1:6: error: unknown operation 'SqDst'; did you mean "
            "'SqDist'?\nExp(-SqDst(X,Y))\n     ^\n");
  // And again: what failed is not taken for compiled.
  EXPECT_NE(thrown<keops::FormulaError>(call), "nothing");
}

TEST(Genred, ArgumentsAreChecked) {
  Genred op = gaussian();
  Matrix<float> x(4, 3), y(5, 3), b(5, 2);
  EXPECT_EQ(thrown([&] { op(1.f, x, y); }), "no table for B: got 3");
  EXPECT_EQ(thrown([&] { op(1.f, x, y, b, b); }),
            "the formula takes 4 tables, got more");
  EXPECT_EQ(thrown([&] { op(1.f, b, y, b); }),
            "X has 3 columns, got a table of 5 x 2");
  EXPECT_EQ(thrown([&] { op(1.f, std::vector<float>(4), y, b); }),
            "X has 3 columns, got 4 numbers");
  EXPECT_EQ(thrown([&] { op(1.f, x, y, Matrix<float>(6, 2)); }),
            "B has 6 rows, but Y has 5");
  EXPECT_EQ(thrown([&] { op(std::vector<float>(2), x, y, b); }),
            "G has 2 rows, but a parameter has one");
  EXPECT_EQ(thrown([&] { op.indices(1.f, x, y, b); }),
            "the formula gives no row numbers");
  EXPECT_EQ(thrown([&] { op.valuesAndIndices(1.f, x, y, b); }),
            "the formula has only one result");
  Matrix<float> small(3, 2);
  EXPECT_EQ(thrown([&] { op.into(small.view(), 1.f, x, y, b); }),
            "the result is 4 x 2, the memory for it 3 x 2");
  Genred nearest("SqDist(X,Y)", {"X=Vi(3)", "Y=Vj(3)"}, "ArgMin", 1);
  EXPECT_EQ(thrown([&] { nearest(x, y); }),
            "the formula gives row numbers: call indices()");
  Genred both("SqDist(X,Y)", {"X=Vi(3)", "Y=Vj(3)"}, "Min_ArgMin", 1);
  EXPECT_EQ(thrown([&] { both(x, y); }),
            "the formula has two results: call valuesAndIndices()");
  keops::Call wrong;
  wrong.threads = -1;
  EXPECT_EQ(thrown([&] { op.with(wrong)(1.f, x, y, b); }),
            "threads is -1; expected 0 (one for each core) or more");
}
