//===- LogSumExp.cpp - log Sum_j exp((p - a_j)^2 exp(x_i + y_j)) ----------===//
//
// What depends on j alone is computed once. The reference m of the sum follows
// the maximum lazily: only when a term exceeds it by 2^16, which one integer
// maximum per block finds out. The loop is pipelined: the inner exponential of
// a block and the outer one of the block before share their stages.
//
//===----------------------------------------------------------------------===//

#include "bench/floors/Exponential.h"
#include "bench/floors/Floors.h"

namespace keops::floors {

namespace {

constexpr int U = 2;

/// The sums of one register of rows.
struct Rows {
  const MonicExp2 &exp2;
  __m512 x, minusReference, sum;

  /// Raises the reference to the greatest of `t`, which are relative to it.
  __attribute__((noinline)) void raise(__m512 *t) {
    __m512 by = _mm512_setzero_ps();
    for (int u = 0; u < U; ++u)
      by = _mm512_max_ps(by, t[u]);
    minusReference -= by;
    for (int u = 0; u < U; ++u)
      t[u] -= by;
    __m512 scale[1] = {-by};
    exp2(scale);
    sum *= scale[0] * _mm512_set1_ps(MonicExp2::unit);
  }

  KEOPS_INLINE void sweep(int64_t N, const float *packed) {
    const __m512i threshold = pinned(_mm512_castps_si512(_mm512_set1_ps(16)));
    __m512 t[2 * U]; // inner exponents, then outer ones of the block before
    each<U>([&](int u) { t[U + u] = _mm512_set1_ps(-1000); });
#pragma nounroll
    for (int64_t j = 0; j < N; j += U) {
      const float *q = packed + 2 * j;
      each<U>([&](int u) { t[u] = x + _mm512_set1_ps(q[2 * u]); });
      exp2(t);
      each<U>([&](int u) { sum += t[U + u]; });
      each<U>([&](int u) {
        t[U + u] =
            _mm512_fmadd_ps(t[u], _mm512_set1_ps(q[2 * u + 1]), minusReference);
      });
      __m512i highest = _mm512_castps_si512(t[U]);
      for (int u = 1; u < U; ++u)
        highest = _mm512_max_epi32(highest, _mm512_castps_si512(t[U + u]));
      if (__builtin_expect(_mm512_cmpgt_epi32_mask(highest, threshold) != 0, 0))
        raise(t + U);
    }
    __m512 last[U];
    each<U>([&](int u) { last[u] = t[U + u]; });
    exp2(last);
    each<U>([&](int u) { sum += last[u]; });
  }
};

} // namespace

void logSumExp(int64_t M, int64_t N, float p, const float *a, const float *x,
               const float *y, float *logs) {
  MonicExp2 exp2;
  Array<float> packed = allocate<float>(2 * N);
  for (int64_t j = 0; j < N; ++j) {
    float weight = (p - a[j]) * (p - a[j]);
    packed[2 * j] = y[j] * float(kLog2E);
    packed[2 * j + 1] = weight * float(kLog2E) * MonicExp2::unit;
  }
  for (int64_t i = 0; i < M; i += 16) {
    Rows rows{exp2, gather(x, 1, i, 0, float(kLog2E)), _mm512_setzero_ps(),
              _mm512_setzero_ps()};
    rows.sweep(N, packed.get());
    float sums[16], references[16];
    _mm512_storeu_ps(sums, rows.sum);
    _mm512_storeu_ps(references, rows.minusReference);
    for (int lane = 0; lane < 16; ++lane)
      logs[i + lane] =
          kLn2 * (std::log2(sums[lane] * MonicExp2::unit) - references[lane]);
  }
}

// Columns are the rows of this sum, Sum_i e_i exp(f - log_i) f.
void logSumExpGradient(int64_t M, int64_t N, float p, const float *a,
                       const float *x, const float *y, const float *e,
                       const float *logs, float *gradient) {
  MonicExp2 exp2;
  Array<float> packed = allocate<float>(4 * M);
  for (int64_t i = 0; i < M; ++i) {
    packed[4 * i] = x[i] * float(kLog2E);
    packed[4 * i + 1] = logs[i] * float(kLog2E);
    packed[4 * i + 2] = e[i] * kLn2;
  }
  for (int64_t j = 0; j < N; j += 16) {
    __m512 yj = gather(y, 1, j, 0, float(kLog2E));
    __m512 difference = _mm512_set1_ps(p) - _mm512_loadu_ps(a + j);
    __m512 weight = difference * difference *
                    _mm512_set1_ps(MonicExp2::unit * float(kLog2E));
    __m512 sum = _mm512_setzero_ps();
#pragma nounroll
    for (int64_t i = 0; i < M; i += U) {
      const float *q = packed.get() + 4 * i;
      __m512 t[U], f[U];
      each<U>([&](int u) { t[u] = yj + _mm512_set1_ps(q[4 * u]); });
      exp2(t);
      each<U>([&](int u) { f[u] = t[u] * weight; });
      each<U>([&](int u) { t[u] = f[u] - _mm512_set1_ps(q[4 * u + 1]); });
      exp2(t);
      each<U>([&](int u) { t[u] *= f[u]; });
      each<U>([&](int u) {
        sum = _mm512_fmadd_ps(t[u], _mm512_set1_ps(q[4 * u + 2]), sum);
      });
    }
    _mm512_storeu_ps(gradient + j, sum * _mm512_set1_ps(MonicExp2::unit));
  }
}

} // namespace keops::floors
