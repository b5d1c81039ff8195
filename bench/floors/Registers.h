//===- Registers.h - bundles of AVX-512 registers ---------------*- C++ -*-===//
//
// All kernels here work on a few columns at a time and in lock step: one
// instruction for each column before the next instruction for any. A core then
// always finds independent work, and three or so chains of it suffice. A Bundle
// holds one register per column; an expression on bundles is one stage.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_BENCH_FLOORS_REGISTERS_H
#define KEOPS_BENCH_FLOORS_REGISTERS_H

#include <immintrin.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#define KEOPS_INLINE inline __attribute__((always_inline))

namespace keops::floors {

/// 16 numbers of a register, or 8.
template <typename T> struct Simd;
template <> struct Simd<float> {
  using Register = __m512;
  static constexpr int width = 16;
  static KEOPS_INLINE Register splat(float x) { return _mm512_set1_ps(x); }
  static KEOPS_INLINE Register load(const float *p) {
    return _mm512_loadu_ps(p);
  }
  static KEOPS_INLINE void store(float *p, Register x) {
    _mm512_storeu_ps(p, x);
  }
  static KEOPS_INLINE Register fma(Register a, Register b, Register c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  static KEOPS_INLINE Register negatedFma(Register a, Register b, Register c) {
    return _mm512_fnmsub_ps(a, b, c); // -(a b) - c
  }
};
template <> struct Simd<double> {
  using Register = __m512d;
  static constexpr int width = 8;
  static KEOPS_INLINE Register splat(double x) { return _mm512_set1_pd(x); }
  static KEOPS_INLINE Register load(const double *p) {
    return _mm512_loadu_pd(p);
  }
  static KEOPS_INLINE void store(double *p, Register x) {
    _mm512_storeu_pd(p, x);
  }
  static KEOPS_INLINE Register fma(Register a, Register b, Register c) {
    return _mm512_fmadd_pd(a, b, c);
  }
  static KEOPS_INLINE Register negatedFma(Register a, Register b, Register c) {
    return _mm512_fnmsub_pd(a, b, c);
  }
};

template <typename T> using Register = typename Simd<T>::Register;

/// f(0), ..., f(count - 1), unrolled.
template <int count, typename F> KEOPS_INLINE void each(F f) {
#pragma unroll
  for (int k = 0; k < count; ++k)
    f(k);
}

/// Keeps the compiler from making a constant anew in each turn of a loop.
template <typename R> KEOPS_INLINE R pinned(R value) {
  __asm__("" : "+v"(value));
  return value;
}

/// Memory that starts at a cache line.
template <typename T> struct Free {
  void operator()(T *p) const { std::free(p); }
};
template <typename T> using Array = std::unique_ptr<T[], Free<T>>;
template <typename T> Array<T> allocate(int64_t count) {
  size_t bytes = (size_t(count) * sizeof(T) + 127) / 64 * 64;
  return Array<T>(static_cast<T *>(std::aligned_alloc(64, bytes)));
}

/// Component `c` of rows [first, first + width), times a factor.
template <typename T>
KEOPS_INLINE Register<T> gather(const T *rows, int64_t dim, int64_t first,
                                int64_t c, T factor) {
  T numbers[Simd<T>::width];
  for (int lane = 0; lane < Simd<T>::width; ++lane)
    numbers[lane] = factor * rows[(first + lane) * dim + c];
  return Simd<T>::load(numbers);
}

} // namespace keops::floors

#endif // KEOPS_BENCH_FLOORS_REGISTERS_H
