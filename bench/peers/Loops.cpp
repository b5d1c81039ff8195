//===- Loops.cpp - plain loops, for g++ -Ofast ----------------------------===//
//
// Compiled by g++ alone, see CMakeLists.txt; libmvec gives it vectors of exp.
//
//===----------------------------------------------------------------------===//

#include "bench/peers/Peers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace keops::peers {

bool areBuilt() {
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512vl");
}

namespace {

template <typename T>
std::vector<T> transposed(int64_t N, int dim, const T *y) {
  std::vector<T> columns(size_t(N) * dim);
  for (int64_t j = 0; j < N; ++j)
    for (int c = 0; c < dim; ++c)
      columns[c * N + j] = y[j * dim + c];
  return columns;
}

/// Sum_j f(d^2) b_j.
template <typename T, typename F>
void sumOver(int64_t M, int64_t N, const T *x, const T *y, const T *b,
             T *__restrict sums, F f) {
  std::vector<T> columns = transposed(N, 3, y);
  const T *__restrict y0 = columns.data(), *__restrict y1 = y0 + N,
                      *__restrict y2 = y1 + N;
  for (int64_t i = 0; i < M; ++i) {
    T x0 = x[3 * i], x1 = x[3 * i + 1], x2 = x[3 * i + 2], sum = 0;
    for (int64_t j = 0; j < N; ++j) {
      T d0 = x0 - y0[j], d1 = x1 - y1[j], d2 = x2 - y2[j];
      sum += f(d0 * d0 + d1 * d1 + d2 * d2) * b[j];
    }
    sums[i] = sum;
  }
}

/// As many columns at a time as stay in the nearest cache.
constexpr int64_t block = 1024;

template <int weights>
void gaussWideOf(int64_t M, int64_t N, float g, const float *x, const float *y,
                 const float *b, float *__restrict sums) {
  std::vector<float> points = transposed(N, 3, y), kernel(block);
  float *__restrict k = kernel.data();
  for (int64_t i = 0; i < M; ++i) {
    float row[weights] = {};
    for (int64_t first = 0; first < N; first += block) {
      const float *__restrict y0 = points.data() + first;
      int64_t count = std::min(block, N - first);
      for (int64_t j = 0; j < count; ++j) {
        float d0 = x[3 * i] - y0[j], d1 = x[3 * i + 1] - y0[N + j],
              d2 = x[3 * i + 2] - y0[2 * N + j];
        k[j] = std::exp(-g * (d0 * d0 + d1 * d1 + d2 * d2));
      }
      for (int64_t j = 0; j < count; ++j)
        for (int c = 0; c < weights; ++c)
          row[c] += k[j] * b[(first + j) * weights + c];
    }
    std::copy(row, row + weights, sums + i * weights);
  }
}

template <int dim>
void nearestOf(int count, int64_t M, int64_t N, const float *x, const float *y,
               int64_t *columns) {
  std::vector<float> byComponent = transposed(N, dim, y), distances(N);
  float *__restrict t = distances.data();
  for (int64_t i = 0; i < M; ++i) {
    for (int64_t j = 0; j < N; ++j) {
      float square = 0;
      for (int c = 0; c < dim; ++c) {
        float d = x[i * dim + c] - byComponent[c * N + j];
        square += d * d;
      }
      t[j] = square;
    }
    std::vector<float> best(count, std::numeric_limits<float>::max());
    int64_t *found = columns + i * count;
    for (int64_t j = 0; j < N; ++j) {
      if (t[j] >= best[count - 1])
        continue;
      int rank = count - 1;
      for (; rank > 0 && t[j] < best[rank - 1]; --rank) {
        best[rank] = best[rank - 1];
        found[rank] = found[rank - 1];
      }
      best[rank] = t[j];
      found[rank] = j;
    }
  }
}

} // namespace

void gauss(int64_t M, int64_t N, float g, const float *x, const float *y,
           const float *b, float *sums) {
  sumOver(M, N, x, y, b, sums, [g](float s) { return std::exp(-g * s); });
}

void gaussDouble(int64_t M, int64_t N, double g, const double *x,
                 const double *y, const double *b, double *sums) {
  sumOver(M, N, x, y, b, sums, [g](double s) { return std::exp(-g * s); });
}

void laplace(int64_t M, int64_t N, float g, const float *x, const float *y,
             const float *b, float *sums) {
  sumOver(M, N, x, y, b, sums,
          [g](float s) { return std::exp(-g * std::sqrt(s)); });
}

void cauchy(int64_t M, int64_t N, const float *x, const float *y,
            const float *b, float *sums) {
  sumOver(M, N, x, y, b, sums, [](float s) { return 1 / (1 + s); });
}

void gaussTwoWeights(int64_t M, int64_t N, float g, const float *x,
                     const float *y, const float *b, float *__restrict sums) {
  std::vector<float> points = transposed(N, 3, y),
                     weights = transposed(N, 2, b);
  const float *__restrict y0 = points.data(), *__restrict b0 = weights.data();
  for (int64_t i = 0; i < M; ++i) {
    float first = 0, second = 0;
    for (int64_t j = 0; j < N; ++j) {
      float d0 = x[3 * i] - y0[j], d1 = x[3 * i + 1] - y0[N + j],
            d2 = x[3 * i + 2] - y0[2 * N + j];
      float k = std::exp(-g * (d0 * d0 + d1 * d1 + d2 * d2));
      first += k * b0[j];
      second += k * b0[N + j];
    }
    sums[2 * i] = first;
    sums[2 * i + 1] = second;
  }
}

void gaussGradient(int64_t M, int64_t N, float g, const float *x,
                   const float *y, const float *b, const float *e,
                   float *__restrict gradient) {
  std::vector<float> points = transposed(N, 3, y);
  const float *__restrict y0 = points.data();
  for (int64_t i = 0; i < M; ++i) {
    float s0 = 0, s1 = 0, s2 = 0;
    for (int64_t j = 0; j < N; ++j) {
      float d0 = x[3 * i] - y0[j], d1 = x[3 * i + 1] - y0[N + j],
            d2 = x[3 * i + 2] - y0[2 * N + j];
      float k = std::exp(-g * (d0 * d0 + d1 * d1 + d2 * d2)) * b[j];
      s0 += k * d0;
      s1 += k * d1;
      s2 += k * d2;
    }
    gradient[3 * i] = -2 * g * e[i] * s0;
    gradient[3 * i + 1] = -2 * g * e[i] * s1;
    gradient[3 * i + 2] = -2 * g * e[i] * s2;
  }
}

void attention(int64_t M, int64_t N, const float *x, const float *y,
               const float *b, float *__restrict means) {
  constexpr int dim = 64;
  std::vector<float> points = transposed(N, dim, y), exponents(N);
  float *__restrict f = exponents.data();
  for (int64_t i = 0; i < M; ++i) {
    for (int64_t first = 0; first < N; first += block) {
      int64_t end = std::min(N, first + block);
      std::fill(f + first, f + end, 0.0f);
      for (int c = 0; c < dim; ++c) {
        const float *__restrict component = &points[c * N];
        float at = x[i * dim + c];
        for (int64_t j = first; j < end; ++j)
          f[j] += at * component[j];
      }
    }
    float top = -std::numeric_limits<float>::max(), sum = 0, row[dim] = {};
    for (int64_t j = 0; j < N; ++j)
      top = std::max(top, f[j]);
    for (int64_t j = 0; j < N; ++j) {
      f[j] = std::exp(f[j] - top);
      sum += f[j];
    }
    for (int64_t j = 0; j < N; ++j)
      for (int c = 0; c < dim; ++c)
        row[c] += f[j] * b[j * dim + c];
    for (int c = 0; c < dim; ++c)
      means[i * dim + c] = row[c] / sum;
  }
}

void logSumExp(int64_t M, int64_t N, float p, const float *a, const float *x,
               const float *y, float *logs) {
  std::vector<float> terms(N);
  float *__restrict f = terms.data();
  for (int64_t i = 0; i < M; ++i) {
    float top = -std::numeric_limits<float>::max(), sum = 0;
    for (int64_t j = 0; j < N; ++j) {
      f[j] = (p - a[j]) * (p - a[j]) * std::exp(x[i] + y[j]);
      top = std::max(top, f[j]);
    }
    for (int64_t j = 0; j < N; ++j)
      sum += std::exp(f[j] - top);
    logs[i] = top + std::log(sum);
  }
}

void logSumExpGradient(int64_t M, int64_t N, float p, const float *a,
                       const float *x, const float *y, const float *e,
                       const float *logs, float *__restrict gradient) {
  for (int64_t j = 0; j < N; ++j) {
    float scale = (p - a[j]) * (p - a[j]), at = y[j], sum = 0;
    for (int64_t i = 0; i < M; ++i) {
      float f = scale * std::exp(x[i] + at);
      sum += std::exp(f - logs[i]) * f * e[i];
    }
    gradient[j] = sum;
  }
}

void gaussLong(int dim, int64_t M, int64_t N, float g, const float *x,
               const float *y, const float *b, float *sums) {
  std::vector<float> points = transposed(N, dim, y), squares(block);
  float *__restrict t = squares.data();
  for (int64_t i = 0; i < M; ++i) {
    float sum = 0;
    for (int64_t first = 0; first < N; first += block) {
      int64_t count = std::min(block, N - first);
      std::fill(t, t + count, 0.0f);
      for (int c = 0; c < dim; ++c) {
        const float *__restrict component = &points[c * N + first];
        float at = x[i * dim + c];
        for (int64_t j = 0; j < count; ++j)
          t[j] += (at - component[j]) * (at - component[j]);
      }
      for (int64_t j = 0; j < count; ++j)
        sum += std::exp(-g * t[j]) * b[first + j];
    }
    sums[i] = sum;
  }
}

void gaussWide(int weights, int64_t M, int64_t N, float g, const float *x,
               const float *y, const float *b, float *sums) {
  (weights == 64 ? gaussWideOf<64> : gaussWideOf<128>)(M, N, g, x, y, b, sums);
}

void nearest(int dim, int count, int64_t M, int64_t N, const float *x,
             const float *y, int64_t *columns) {
  (dim == 3 ? nearestOf<3> : nearestOf<10>)(count, M, N, x, y, columns);
}

} // namespace keops::peers
