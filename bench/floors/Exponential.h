//===- Exponential.h - powers of two for the floors -------------*- C++ -*-===//
//
// 2^t = 2^n 2^f with n the integer next to t. On Zen 4 a polynomial is limited
// by the two pipes that multiply, rounding and scaling by the other two that
// add, so degree 5 and one scaling keep all four busy. Divided by its leading
// coefficient (monic), it starts with an addition; who sums such terms
// multiplies the sum by `unit` at the end.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_BENCH_FLOORS_EXPONENTIAL_H
#define KEOPS_BENCH_FLOORS_EXPONENTIAL_H

#include "bench/floors/Registers.h"

#include <cmath>
#include <cstring>

namespace keops::floors {

inline constexpr double kLog2E = 1.4426950408889634;
inline constexpr float kLn2 = 0.6931471805599453f;

/// 2^t / unit in float32, error 2e-7.
class MonicExp2 {
public:
  static constexpr float unit = 0.00132647273f;

  MonicExp2() {
    constexpr float p[] = {1, 0.693147004f, 0.240222424f, 0.0555073358f,
                           0.00967151392f};
    for (int k = 0; k < 5; ++k)
      c[k] = pinned(_mm512_set1_ps(p[k] / unit));
  }

  template <int U> KEOPS_INLINE void operator()(__m512 (&t)[U]) const {
    __m512 n[U], p[U];
    each<U>([&](int u) { n[u] = _mm512_roundscale_ps(t[u], 8); });
    each<U>([&](int u) { t[u] = _mm512_sub_ps(t[u], n[u]); });
    each<U>([&](int u) { p[u] = _mm512_add_ps(t[u], c[4]); });
    each<U>([&](int u) { p[u] = _mm512_fmadd_ps(p[u], t[u], c[3]); });
    each<U>([&](int u) { p[u] = _mm512_fmadd_ps(p[u], t[u], c[2]); });
    each<U>([&](int u) { p[u] = _mm512_fmadd_ps(p[u], t[u], c[1]); });
    each<U>([&](int u) { p[u] = _mm512_fmadd_ps(p[u], t[u], c[0]); });
    each<U>([&](int u) { t[u] = _mm512_scalef_ps(p[u], n[u]); });
  }

private:
  __m512 c[5];
};

/// 2^t in float64, error 2e-16, for -1000 < t < 1000. 2^(k/16) comes from a
/// table in two registers, whose entries have had k subtracted where the
/// exponent will be added; a polynomial of degree 6 does what is left.
class TableExp2 {
public:
  static constexpr double unit = 1;

  TableExp2() {
    double table[16];
    for (int64_t k = 0; k < 16; ++k) {
      double power = std::exp2(double(k) / 16);
      int64_t bits;
      std::memcpy(&bits, &power, 8);
      bits -= k << 48;
      std::memcpy(&table[k], &bits, 8);
    }
    low = pinned(_mm512_loadu_pd(table));
    high = pinned(_mm512_loadu_pd(table + 8));
    double term = 1;
    for (int k = 0; k < 6; ++k) {
      term *= std::log(2.0) / (k + 1);
      c[k] = pinned(_mm512_set1_pd(term));
    }
    shift = pinned(_mm512_set1_pd(0x1.8p52 / 16));
  }

  template <int U> KEOPS_INLINE void operator()(__m512d (&t)[U]) const {
    __m512d sum[U], q[U], part[U];
    each<U>([&](int u) { sum[u] = _mm512_add_pd(t[u], shift); });
    each<U>([&](int u) { q[u] = _mm512_sub_pd(sum[u], shift); });
    each<U>([&](int u) { t[u] = _mm512_sub_pd(t[u], q[u]); });
    each<U>([&](int u) { q[u] = _mm512_fmadd_pd(c[5], t[u], c[4]); });
    for (int k = 3; k >= 0; --k)
      each<U>([&](int u) { q[u] = _mm512_fmadd_pd(q[u], t[u], c[k]); });
    each<U>([&](int u) { q[u] = _mm512_mul_pd(q[u], t[u]); });
    each<U>([&](int u) {
      part[u] = _mm512_permutex2var_pd(low, _mm512_castpd_si512(sum[u]), high);
    });
    each<U>([&](int u) {
      __m512i exponent = _mm512_slli_epi64(_mm512_castpd_si512(sum[u]), 48);
      part[u] = _mm512_castsi512_pd(
          _mm512_add_epi64(exponent, _mm512_castpd_si512(part[u])));
    });
    each<U>([&](int u) { t[u] = _mm512_fmadd_pd(part[u], q[u], part[u]); });
  }

private:
  __m512d low, high, shift, c[6];
};

/// The one for a type of numbers.
template <typename T> struct Exp2Of;
template <> struct Exp2Of<float> {
  using type = MonicExp2;
};
template <> struct Exp2Of<double> {
  using type = TableExp2;
};

} // namespace keops::floors

#endif // KEOPS_BENCH_FLOORS_EXPONENTIAL_H
