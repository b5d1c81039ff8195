//===- Wide.cpp - Gaussians with many weights -----------------------------===//
//
// A pair takes one exponential and a multiply-add for each weight. The
// exponentials of a row of registers and some columns are made first and stay
// in the first cache; then tiles of sums stay in registers while the columns go
// by, with weights as broadcast operands.
//
//===----------------------------------------------------------------------===//

#include "bench/floors/Exponential.h"
#include "bench/floors/Floors.h"

#include <algorithm>

namespace keops::floors {

namespace {

constexpr int kColumns = 120, kTile = 16, kAtOnce = 3;
constexpr int kBlock = 480; // columns whose weights stay in the second cache

/// exp(-g |x - y|^2) of 16 rows and `kColumns` columns, but for `unit`.
KEOPS_INLINE void exponentials(const MonicExp2 &exp2, const __m512 (&x)[3],
                               const float *y, __m512 *result) {
  for (int j = 0; j < kColumns; j += kAtOnce) {
    __m512 t[kAtOnce];
    each<kAtOnce>([&](int u) {
      const float *q = y + (j + u) * 3;
      __m512 a = x[0] - _mm512_set1_ps(q[0]), b = x[1] - _mm512_set1_ps(q[1]),
             c = x[2] - _mm512_set1_ps(q[2]);
      t[u] = _mm512_fnmsub_ps(c, c, _mm512_fmadd_ps(b, b, a * a));
    });
    exp2(t);
    each<kAtOnce>([&](int u) { result[j + u] = t[u]; });
  }
}

/// Adds the terms of `kColumns` columns to sums of 16 rows.
template <int weights>
KEOPS_INLINE void addWeighted(const __m512 *kernel, const float *b,
                              float *sums) {
  for (int w = 0; w < weights; w += kTile) {
    __m512 sum[kTile];
    each<kTile>([&](int k) { sum[k] = _mm512_load_ps(sums + (w + k) * 16); });
    const float *q = b + w;
#pragma nounroll
    for (int j = 0; j < kColumns; ++j, q += weights)
      each<kTile>([&](int k) {
        sum[k] = _mm512_fmadd_ps(kernel[j], _mm512_set1_ps(q[k]), sum[k]);
      });
    each<kTile>([&](int k) { _mm512_store_ps(sums + (w + k) * 16, sum[k]); });
  }
}

template <int weights>
void gaussOf(int64_t M, int64_t N, float g, const float *x, const float *y,
             const float *b, float *result) {
  MonicExp2 exp2;
  float factor = std::sqrt(g * float(kLog2E));
  Array<float> points = allocate<float>(N * 3);
  for (int64_t k = 0; k < N * 3; ++k)
    points[k] = factor * y[k];
  Array<float> sums = allocate<float>(M * weights);
  std::fill_n(sums.get(), M * weights, 0.0f);
  for (int64_t block = 0; block < N; block += kBlock)
    for (int64_t i = 0; i < M; i += 16) {
      __m512 rows[3], kernel[kColumns];
      for (int c = 0; c < 3; ++c)
        rows[c] = gather(x, 3, i, c, factor);
      for (int64_t j = block; j < block + kBlock; j += kColumns) {
        exponentials(exp2, rows, points.get() + j * 3, kernel);
        addWeighted<weights>(kernel, b + j * weights, &sums[i * weights]);
      }
    }
  for (int64_t i = 0; i < M; ++i)
    for (int w = 0; w < weights; ++w)
      result[i * weights + w] =
          MonicExp2::unit * sums[i / 16 * 16 * weights + w * 16 + i % 16];
}

} // namespace

void gaussWide(int weights, int64_t M, int64_t N, float g, const float *x,
               const float *y, const float *b, float *sums) {
  if (weights == 64)
    return gaussOf<64>(M, N, g, x, y, b, sums);
  return gaussOf<128>(M, N, g, x, y, b, sums);
}

} // namespace keops::floors
