//===- Points.cpp - sums over points of dimension 3 -----------------------===//
//
// Rows fill a register, so that their coordinates are loaded once and stay.
// Columns are packed with their weights and read as broadcast operands, which
// cost nothing. No blocking: a million columns stream from memory in time.
//
//===----------------------------------------------------------------------===//

#include "bench/floors/Exponential.h"
#include "bench/floors/Floors.h"

namespace keops::floors {

namespace {

/// y and b as one array of `stride` numbers per column, y times a factor.
template <typename T>
Array<T> pack(int64_t N, const T *y, const T *b, int weights, int stride,
              T factor) {
  Array<T> packed = allocate<T>(N * stride);
  for (int64_t j = 0; j < N; ++j) {
    for (int c = 0; c < 3; ++c)
      packed[j * stride + c] = factor * y[j * 3 + c];
    for (int c = 0; c < weights; ++c)
      packed[j * stride + 3 + c] = b[j * weights + c];
  }
  return packed;
}

/// Differences and their square, from `start` on, or negated.
template <typename T, int U, int stride> struct Distance {
  Register<T> d[3][U], square[U];

  KEOPS_INLINE void differences(const Register<T> *x, const T *q, int c) {
    each<U>([&](int u) { d[c][u] = x[c] - Simd<T>::splat(q[u * stride + c]); });
  }
  KEOPS_INLINE void addSquares(int c) {
    each<U>(
        [&](int u) { square[u] = Simd<T>::fma(d[c][u], d[c][u], square[u]); });
  }
  KEOPS_INLINE void plain(const Register<T> *x, const T *q) {
    differences(x, q, 0);
    each<U>([&](int u) { square[u] = d[0][u] * d[0][u]; });
    differences(x, q, 1);
    addSquares(1);
    differences(x, q, 2);
    addSquares(2);
  }
  KEOPS_INLINE void negated(const Register<T> *x, const T *q) {
    differences(x, q, 0);
    each<U>([&](int u) { square[u] = d[0][u] * d[0][u]; });
    differences(x, q, 1);
    addSquares(1);
    differences(x, q, 2);
    each<U>([&](int u) {
      square[u] = Simd<T>::negatedFma(d[2][u], d[2][u], square[u]);
    });
  }
  KEOPS_INLINE void from(Register<T> start, const Register<T> *x, const T *q) {
    each<U>([&](int u) { square[u] = start; });
    for (int c = 0; c < 3; ++c) {
      differences(x, q, c);
      addSquares(c);
    }
  }
};

/// `step` sees U columns of packed data at a time and adds to `sums`.
template <typename T, int U, int stride, int sums, typename Step>
KEOPS_INLINE void sweep(int64_t M, int64_t N, const T *x, const T *packed,
                        T xFactor, T resultFactor, T *result, Step step) {
  constexpr int width = Simd<T>::width;
  for (int64_t i = 0; i < M; i += width) {
    Register<T> rows[3], sum[sums];
    for (int c = 0; c < 3; ++c)
      rows[c] = gather(x, 3, i, c, xFactor);
    for (Register<T> &s : sum)
      s = Simd<T>::splat(0);
#pragma nounroll
    for (int64_t j = 0; j < N; j += U)
      step(rows, packed + j * stride, sum);
    for (int c = 0; c < sums; ++c) {
      T numbers[width];
      Simd<T>::store(numbers, sum[c]);
      for (int lane = 0; lane < width; ++lane)
        result[(i + lane) * sums + c] = resultFactor * numbers[lane];
    }
  }
}

/// exp(-g d^2) with the root of g log2(e) folded into the points.
template <typename T, int U, int stride, int weights>
void gaussOf(int64_t M, int64_t N, T g, const T *x, const T *y, const T *b,
             T *result) {
  typename Exp2Of<T>::type exp2;
  T factor = std::sqrt(g * T(kLog2E));
  Array<T> packed = pack(N, y, b, weights, stride, factor);
  sweep<T, U, stride, weights>(
      M, N, x, packed.get(), factor, T(exp2.unit), result,
      [&](const Register<T> *rows, const T *q, Register<T> *sum)
          __attribute__((always_inline)) {
            Distance<T, U, stride> distance;
            distance.negated(rows, q);
            exp2(distance.square);
            for (int c = 0; c < weights; ++c)
              each<U>([&](int u) {
                sum[c] =
                    Simd<T>::fma(distance.square[u],
                                 Simd<T>::splat(q[u * stride + 3 + c]), sum[c]);
              });
          });
}

} // namespace

bool areSupported() {
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

void gauss(int64_t M, int64_t N, float g, const float *x, const float *y,
           const float *b, float *sums) {
  gaussOf<float, 3, 4, 1>(M, N, g, x, y, b, sums);
}

void gaussTwoWeights(int64_t M, int64_t N, float g, const float *x,
                     const float *y, const float *b, float *sums) {
  gaussOf<float, 3, 8, 2>(M, N, g, x, y, b, sums);
}

void gaussDouble(int64_t M, int64_t N, double g, const double *x,
                 const double *y, const double *b, double *sums) {
  gaussOf<double, 2, 4, 1>(M, N, g, x, y, b, sums);
}

// The differences are at hand; what does not depend on j is multiplied after.
void gaussGradient(int64_t M, int64_t N, float g, const float *x,
                   const float *y, const float *b, const float *e,
                   float *gradient) {
  MonicExp2 exp2;
  float factor = std::sqrt(g * float(kLog2E));
  Array<float> packed = pack(N, y, b, 1, 4, factor);
  sweep<float, 3, 4, 3>(
      M, N, x, packed.get(), factor, -2 * g / factor * exp2.unit, gradient,
      [&](const __m512 *rows, const float *q, __m512 *sum)
          __attribute__((always_inline)) {
            Distance<float, 3, 4> distance;
            distance.negated(rows, q);
            exp2(distance.square);
            each<3>([&](int u) {
              distance.square[u] *= _mm512_set1_ps(q[u * 4 + 3]);
            });
            for (int c = 0; c < 3; ++c)
              each<3>([&](int u) {
                sum[c] = _mm512_fmadd_ps(distance.square[u], distance.d[c][u],
                                         sum[c]);
              });
          });
  for (int64_t i = 0; i < M; ++i)
    for (int c = 0; c < 3; ++c)
      gradient[i * 3 + c] *= e[i];
}

// A real square root overlaps the other pipes; an estimate with a Newton step
// was slower.
void laplace(int64_t M, int64_t N, float g, const float *x, const float *y,
             const float *b, float *sums) {
  MonicExp2 exp2;
  float factor = g * float(kLog2E);
  Array<float> packed = pack(N, y, b, 1, 4, factor);
  __m512 sign = pinned(_mm512_set1_ps(-0.0f));
  sweep<float, 2, 4, 1>(
      M, N, x, packed.get(), factor, exp2.unit, sums,
      [&](const __m512 *rows, const float *q,
          __m512 *sum) __attribute__((always_inline)) {
        Distance<float, 2, 4> distance;
        distance.plain(rows, q);
        auto &t = distance.square;
        each<2>([&](int u) { t[u] = _mm512_sqrt_ps(t[u]); });
        each<2>([&](int u) { t[u] = _mm512_xor_ps(t[u], sign); });
        exp2(t);
        each<2>([&](int u) {
          sum[0] = _mm512_fmadd_ps(t[u], _mm512_set1_ps(q[u * 4 + 3]), sum[0]);
        });
      });
}

// So does a division.
void cauchy(int64_t M, int64_t N, const float *x, const float *y,
            const float *b, float *sums) {
  Array<float> packed = pack(N, y, b, 1, 4, 1.0f);
  __m512 one = pinned(_mm512_set1_ps(1));
  sweep<float, 4, 4, 1>(M, N, x, packed.get(), 1.0f, 1.0f, sums,
                        [&](const __m512 *rows, const float *q, __m512 *sum)
                            __attribute__((always_inline)) {
                              Distance<float, 4, 4> distance;
                              distance.from(one, rows, q);
                              each<4>([&](int u) {
                                sum[0] +=
                                    _mm512_div_ps(_mm512_set1_ps(q[u * 4 + 3]),
                                                  distance.square[u]);
                              });
                            });
}

} // namespace keops::floors
