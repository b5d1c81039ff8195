//===- ridge.cpp - kernel ridge regression, compiled as it runs -----------===//
//
// A smooth curve through noisy points: the formula is put together by this
// program and compiled in memory, and a conjugate gradient solves for the
// weights without ever storing the matrix. No formula file, no keopsc.
//
//===----------------------------------------------------------------------===//

#include "example.h"
#include "keops/genred.h"

using keops::Matrix;

/// The conjugate gradient solves A w = b for a symmetric, positive matrix, of
/// which only its product with a vector must be known.
template <typename Product>
static Matrix<double> solve(Product product, const Matrix<double> &b,
                            int &steps) {
  int64_t n = b.rows();
  auto dot = [&](const Matrix<double> &u, const Matrix<double> &v) {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i)
      sum += u(i, 0) * v(i, 0);
    return sum;
  };
  Matrix<double> w(n, 1), residual = b, direction = b;
  double size = dot(residual, residual), enough = 1e-20 * size;
  for (steps = 0; size > enough && steps < 1000; ++steps) {
    Matrix<double> image = product(direction);
    double length = size / dot(direction, image);
    for (int64_t i = 0; i < n; ++i) {
      w(i, 0) += length * direction(i, 0);
      residual(i, 0) -= length * image(i, 0);
    }
    double before = size;
    size = dot(residual, residual);
    for (int64_t i = 0; i < n; ++i)
      direction(i, 0) = residual(i, 0) + size / before * direction(i, 0);
  }
  return w;
}

int main() {
  const int64_t N = 1000, M = 5;
  const double g = 50, alpha = 0.1;
  example::Random random(1);
  Matrix<double> x(N, 1), b(N, 1), at(M, 1);
  for (int64_t i = 0; i < N; ++i) {
    x(i, 0) = random.uniform();
    b(i, 0) = std::sin(6.0 * x(i, 0)) + 0.1 * random.normal();
  }
  for (int64_t i = 0; i < M; ++i)
    at(i, 0) = 0.1 + 0.2 * double(i);

  // [formula]
  keops::Pm G(0, 1, "G");
  keops::Vi X(1, 1, "X");
  keops::Vj Y(2, 1, "Y"), W(3, 1, "W");
  keops::Genred smooth(exp(-G * sqdist(X, Y)) * W, "Sum", /*axis=*/1);
  // [/formula]

  // [solve]
  int steps;
  Matrix<double> w = solve(
      [&](const Matrix<double> &v) {
        Matrix<double> product = smooth(g, x, x, v);
        for (int64_t i = 0; i < N; ++i)
          product(i, 0) += alpha * v(i, 0);
        return product;
      },
      b, steps);
  Matrix<double> curve = smooth(g, at, x, w);
  // [/solve]

  // [slope]
  Matrix<double> ones(M, 1);
  std::fill_n(ones.data(), M, 1.0);
  Matrix<double> slope = smooth.grad("X")(g, at, x, w, ones);
  // [/slope]

  for (int64_t i = 0; i < M; ++i)
    std::printf("at %.1f: %6.3f, slope %6.3f; without noise %6.3f, %6.3f\n",
                at(i, 0), curve(i, 0), slope(i, 0), std::sin(6 * at(i, 0)),
                6 * std::cos(6 * at(i, 0)));

  // The equation (K + alpha) w = b, by plain loops.
  std::vector<double> left(N), right(b.data(), b.data() + N);
  for (int64_t i = 0; i < N; ++i) {
    left[i] = alpha * w(i, 0);
    for (int64_t j = 0; j < N; ++j)
      left[i] += std::exp(-g * std::pow(x(i, 0) - x(j, 0), 2)) * w(j, 0);
  }
  example::Report report;
  report.check("solved in less than 100 steps", steps < 100);
  report.error("of the equation", example::largestError(left, right), 1e-9);
  double seconds = example::medianSeconds([&] { smooth(g, x, x, w); });
  report.time("one product, float64", seconds, double(N) * double(N));
  return report.finish();
}
