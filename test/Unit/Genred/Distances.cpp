//===- Distances.cpp - near points far from the origin --------------------===//
//
// Differences of neighboring numbers are exact, so distances of points that are
// near each other are as precise as any others, wherever they are. What expands
// or scales squares before it subtracts loses that: |x|² + |y|² - 2 x·y has no
// digit left here.
//
//===----------------------------------------------------------------------===//

#include "keops/genred.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using keops::Genred;
using keops::Matrix;

namespace {

constexpr double kOffset = 1000, kDistance = 1e-4;

/// Points within `distance` of one that is `offset` away in each direction; in
/// float32 there are three numbers in reach of each coordinate.
template <typename T>
Matrix<T> drawCluster(int64_t rows, int64_t dim, double offset, double distance,
                      unsigned seed) {
  std::mt19937 engine{seed};
  std::uniform_real_distribution<double> number(-distance, distance);
  Matrix<T> result(rows, dim);
  for (int64_t n = 0; n < rows * dim; ++n)
    result.data()[n] = T(offset + number(engine));
  return result;
}

template <typename T>
double sqDist(const Matrix<T> &x, int64_t i, const Matrix<T> &y, int64_t j) {
  double sum = 0;
  for (int64_t k = 0; k < x.cols(); ++k) {
    double d = double(x(i, k)) - double(y(j, k));
    sum += d * d;
  }
  return sum;
}

std::vector<std::string> aliasesOf(int64_t dim) {
  std::string d = std::to_string(dim);
  return {"G = Pm(1)", "X = Vi(" + d + ")", "Y = Vj(" + d + ")"};
}

class Distances : public testing::TestWithParam<int64_t> {
protected:
  static constexpr int64_t rows = 37, columns = 259;
  const int64_t dim = GetParam();
};

} // namespace

TEST_P(Distances, gaussiansOfNearPointsKeepTheirDigits) {
  auto x = drawCluster<float>(rows, dim, kOffset, kDistance, 1);
  auto y = drawCluster<float>(columns, dim, kOffset, kDistance, 2);
  auto g = float(1 / (kDistance * kDistance * double(dim)));
  Genred op("Exp(-G * SqDist(X, Y))", aliasesOf(dim), "Sum", 1);
  Matrix<float> found = op(g, x, y);
  for (int64_t i = 0; i < rows; ++i) {
    double wanted = 0;
    for (int64_t j = 0; j < columns; ++j)
      wanted += std::exp(-double(g) * sqDist(x, i, y, j));
    EXPECT_NEAR(found(i, 0), wanted, 2e-6 * wanted) << "row " << i;
  }
}

TEST_P(Distances, theNearestPointIsTheNearest) {
  auto x = drawCluster<double>(rows, dim, kOffset, 1e-9, 3);
  auto y = drawCluster<double>(columns, dim, kOffset, 1e-9, 4);
  Genred op("SqDist(X, Y) + 0 * G", aliasesOf(dim), "ArgMin", 1);
  Matrix<int64_t> found = op.indices(1.0, x, y);
  for (int64_t i = 0; i < rows; ++i) {
    double nearest = INFINITY;
    for (int64_t j = 0; j < columns; ++j)
      nearest = std::min(nearest, sqDist(x, i, y, j));
    EXPECT_NEAR(sqDist(x, i, y, found(i, 0)), nearest, 1e-14 * nearest)
        << "row " << i;
  }
}

TEST_P(Distances, equalPointsHaveDistanceZero) {
  auto x = drawCluster<float>(rows, dim, kOffset, 1, 5);
  Genred op("SqDist(X, Y) + 0 * G", aliasesOf(dim), "Min", 1);
  Matrix<float> found = op(0.0f, x, x);
  for (int64_t i = 0; i < rows; ++i)
    EXPECT_EQ(found(i, 0), 0) << "row " << i;
}

INSTANTIATE_TEST_SUITE_P(Dimensions, Distances,
                         testing::Values(1, 3, 16, 17, 64, 128, 1000));
