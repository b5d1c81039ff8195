//===- Long.cpp - Gaussians of long vectors -------------------------------===//
//
// |x - y|^2 = |x|^2 + |y|^2 - 2 x.y: one multiply-add per component and pair
// instead of a subtraction and one. As in a matrix product, a tile of 4
// registers of rows and 6 columns stays in registers while the components go
// by; the rows of the tile lie transposed in the first cache. The exponential
// follows at once.
//
//===----------------------------------------------------------------------===//

#include "bench/floors/Exponential.h"
#include "bench/floors/Floors.h"

namespace keops::floors {

namespace {

constexpr int R = 4;

template <int dim> struct Columns {
  Array<float> doubled; // 2 y, times the factor
  Array<float> norms;   // -|y|^2, times its square
  const float *b;
};

template <int dim>
Columns<dim> prepare(int64_t N, const float *y, const float *b, float factor) {
  Columns<dim> columns{allocate<float>(N * dim), allocate<float>(N), b};
  for (int64_t j = 0; j < N; ++j) {
    float norm = 0;
    for (int c = 0; c < dim; ++c) {
      float number = factor * y[j * dim + c];
      columns.doubled[j * dim + c] = 2 * number;
      norm += number * number;
    }
    columns.norms[j] = -norm;
  }
  return columns;
}

/// The products of R x U tiles: `rows` has R registers for each component.
template <int dim, int U>
KEOPS_INLINE void multiply(const __m512 *rows, const float *q,
                           __m512 (&product)[U][R]) {
  each<U>([&](int u) {
    each<R>([&](int r) { product[u][r] = _mm512_setzero_ps(); });
  });
#pragma nounroll
  for (int c = 0; c < dim; ++c) {
    __m512 x[R];
    each<R>([&](int r) { x[r] = rows[c * R + r]; });
    each<U>([&](int u) {
      __m512 y = _mm512_set1_ps(q[u * dim + c]);
      each<R>([&](int r) {
        product[u][r] = _mm512_fmadd_ps(x[r], y, product[u][r]);
      });
    });
  }
}

template <int dim, int U>
void gaussOf(int64_t M, int64_t N, float g, const float *x, const float *y,
             const float *b, float *sums) {
  MonicExp2 exp2;
  float factor = std::sqrt(g * float(kLog2E));
  Columns<dim> columns = prepare<dim>(N, y, b, factor);
  alignas(64) static thread_local __m512 rows[dim * R];
  for (int64_t i = 0; i < M; i += 16 * R) {
    __m512 norm[R], sum[R];
    each<R>([&](int r) {
      norm[r] = sum[r] = _mm512_setzero_ps();
      for (int c = 0; c < dim; ++c) {
        rows[c * R + r] = gather(x, dim, i + 16 * r, c, factor);
        norm[r] = _mm512_fnmadd_ps(rows[c * R + r], rows[c * R + r], norm[r]);
      }
    });
    for (int64_t j = 0; j < N; j += U) {
      __m512 product[U][R];
      multiply<dim, U>(rows, columns.doubled.get() + j * dim, product);
      each<U>([&](int u) {
        __m512 t[R];
        each<R>([&](int r) {
          t[r] = product[u][r] + norm[r] + _mm512_set1_ps(columns.norms[j + u]);
        });
        exp2(t);
        each<R>([&](int r) {
          sum[r] =
              _mm512_fmadd_ps(t[r], _mm512_set1_ps(columns.b[j + u]), sum[r]);
        });
      });
    }
    each<R>([&](int r) {
      _mm512_storeu_ps(sums + i + 16 * r,
                       sum[r] * _mm512_set1_ps(MonicExp2::unit));
    });
  }
}

} // namespace

void gaussLong(int dim, int64_t M, int64_t N, float g, const float *x,
               const float *y, const float *b, float *sums) {
  if (dim == 16)
    return gaussOf<16, 4>(M, N, g, x, y, b, sums);
  if (dim == 64)
    return gaussOf<64, 6>(M, N, g, x, y, b, sums);
  return gaussOf<128, 6>(M, N, g, x, y, b, sums);
}

} // namespace keops::floors
