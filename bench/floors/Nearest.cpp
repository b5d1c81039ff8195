//===- Nearest.cpp - the nearest columns of each row ----------------------===//
//
// Two passes. The first takes the least distance of each group of columns, as
// an integer minimum of the bits, which any pipe does, and keeps the `count`
// least of these for each row: the last of them is a bound that at least
// `count` columns meet. The second looks again at the few groups that hold a
// column within the bound, one row at a time, 16 columns in a register.
//
//===----------------------------------------------------------------------===//

#include "bench/floors/Floors.h"
#include "bench/floors/Registers.h"

#include <algorithm>
#include <limits>

namespace keops::floors {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

KEOPS_INLINE __m512 minOfBits(__m512 a, __m512 b) {
  return _mm512_castsi512_ps(
      _mm512_min_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
}
KEOPS_INLINE __m512 maxOfBits(__m512 a, __m512 b) {
  return _mm512_castsi512_ps(
      _mm512_max_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
}
KEOPS_INLINE unsigned below(__m512 a, __m512 b) {
  return _mm512_cmplt_epi32_mask(_mm512_castps_si512(a),
                                 _mm512_castps_si512(b));
}

/// The best columns of one row so far.
template <int count> struct Found {
  float distance[count];
  int64_t column[count];

  Found() { std::fill_n(distance, count, kInfinity); }
  void insert(float d, int64_t j) {
    if (!(d < distance[count - 1]))
      return;
    int rank = count - 1;
    for (; rank > 0 && d < distance[rank - 1]; --rank) {
      distance[rank] = distance[rank - 1];
      column[rank] = column[rank - 1];
    }
    distance[rank] = d;
    column[rank] = j;
  }
};

template <int dim, int count, int group> struct Search {
  static constexpr int U = 8;
  int64_t N;
  const float *y;           // rows
  const float *byComponent; // all first components, all second ones, ...
  float *minima;            // a register for each group

  /// The bound of 16 rows.
  KEOPS_INLINE __m512 bound(const __m512 *x) const {
    __m512 least[count];
    for (__m512 &l : least)
      l = _mm512_set1_ps(kInfinity);
    for (int64_t g = 0; g < N / group; ++g) {
      __m512 low = _mm512_set1_ps(kInfinity);
#pragma nounroll
      for (int v = 0; v < group; v += U) {
        const float *q = y + (g * group + v) * dim;
        __m512 t[U];
        each<dim>([&](int c) {
          each<U>([&](int u) {
            __m512 d = x[c] - _mm512_set1_ps(q[u * dim + c]);
            t[u] = c ? _mm512_fmadd_ps(d, d, t[u]) : d * d;
          });
        });
        each<U>([&](int u) { low = minOfBits(low, t[u]); });
      }
      _mm512_store_ps(minima + g * 16, low);
      if (!below(low, least[count - 1]))
        continue;
      each<count - 1>([&](int k) {
        constexpr int last = count - 1;
        least[last - k] =
            minOfBits(least[last - k], maxOfBits(least[last - k - 1], low));
      });
      least[0] = minOfBits(least[0], low);
    }
    return least[count - 1];
  }

  /// One row and the 16 columns from j on.
  KEOPS_INLINE void look(const float *x, int64_t j, float bound,
                         Found<count> &found) const {
    __m512 t = _mm512_setzero_ps();
    each<dim>([&](int c) {
      __m512 d =
          _mm512_set1_ps(x[c]) - _mm512_loadu_ps(byComponent + c * N + j);
      t = c ? _mm512_fmadd_ps(d, d, t) : d * d;
    });
    float limit = std::min(bound, found.distance[count - 1]);
    unsigned hits = _mm512_cmp_ps_mask(t, _mm512_set1_ps(limit), _CMP_LE_OQ);
    if (!hits)
      return;
    float distances[16];
    _mm512_storeu_ps(distances, t);
    for (; hits; hits &= hits - 1) {
      int lane = __builtin_ctz(hits);
      found.insert(distances[lane], j + lane);
    }
  }

  void run(const float *x, int64_t i, int64_t *columns) const {
    __m512 rows[dim];
    for (int c = 0; c < dim; ++c)
      rows[c] = gather(x, dim, i, c, 1.0f);
    __m512 limit = bound(rows);
    float limits[16];
    _mm512_storeu_ps(limits, limit);
    Found<count> found[16];
    for (int64_t g = 0; g < N / group; ++g) {
      unsigned rowsWithin = _mm512_cmp_ps_mask(_mm512_load_ps(minima + g * 16),
                                               limit, _CMP_LE_OQ);
      for (; rowsWithin; rowsWithin &= rowsWithin - 1) {
        int lane = __builtin_ctz(rowsWithin);
        for (int v = 0; v < group; v += 16)
          look(x + (i + lane) * dim, g * group + v, limits[lane], found[lane]);
      }
    }
    for (int lane = 0; lane < 16; ++lane)
      std::copy_n(found[lane].column, count, columns + (i + lane) * count);
  }
};

template <int dim, int count, int group>
void search(int64_t M, int64_t N, const float *x, const float *y,
            int64_t *columns) {
  Array<float> byComponent = allocate<float>(dim * N);
  for (int64_t j = 0; j < N; ++j)
    for (int c = 0; c < dim; ++c)
      byComponent[c * N + j] = y[j * dim + c];
  Array<float> minima = allocate<float>(N / group * 16);
  Search<dim, count, group> search{N, y, byComponent.get(), minima.get()};
  for (int64_t i = 0; i < M; i += 16)
    search.run(x, i, columns);
}

} // namespace

void nearest(int dim, int count, int64_t M, int64_t N, const float *x,
             const float *y, int64_t *columns) {
  if (dim == 3 && count == 1)
    return search<3, 1, 48>(M, N, x, y, columns);
  if (dim == 3)
    return search<3, 10, 32>(M, N, x, y, columns);
  return search<10, 10, 32>(M, N, x, y, columns);
}

} // namespace keops::floors
