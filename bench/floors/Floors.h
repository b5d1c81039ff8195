//===- Floors.h - hand-written kernels to be measured against ---*- C++ -*-===//
//
// How fast an AVX-512 core does the work of our benchmark, as far as we know:
// each of these functions was written for one formula, and for speed alone.
// They set the goal for compiled kernels. They take raw arrays to results as
// those do, but leave out what users need and time does not show: sizes must be
// multiples of 960, data is finite, sums are not blocked.
//
// All arrays hold rows, one after the other: x has M, y and b have N of them.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_BENCH_FLOORS_FLOORS_H
#define KEOPS_BENCH_FLOORS_FLOORS_H

#include <cstdint>

namespace keops::floors {

/// Can this processor run them?
bool areSupported();

// Sum_j f(|x_i - y_j|) b_j in dimension 3. Gaussians are exp(-g d^2).
void gauss(int64_t M, int64_t N, float g, const float *x, const float *y,
           const float *b, float *sums);
void gaussTwoWeights(int64_t M, int64_t N, float g, const float *x,
                     const float *y, const float *b, float *sums);
void gaussDouble(int64_t M, int64_t N, double g, const double *x,
                 const double *y, const double *b, double *sums);
void laplace(int64_t M, int64_t N, float g, const float *x, const float *y,
             const float *b, float *sums);
void cauchy(int64_t M, int64_t N, const float *x, const float *y,
            const float *b, float *sums);

/// The gradient of `gauss` along x, for cotangents e.
void gaussGradient(int64_t M, int64_t N, float g, const float *x,
                   const float *y, const float *b, const float *e,
                   float *gradient);

/// `gauss` in other dimensions: 16, 64 or 128.
void gaussLong(int dim, int64_t M, int64_t N, float g, const float *x,
               const float *y, const float *b, float *sums);

/// `gauss` with more columns of b: 64 or 128.
void gaussWide(int weights, int64_t M, int64_t N, float g, const float *x,
               const float *y, const float *b, float *sums);

/// log Sum_j exp((p - a_j)^2 exp(x_i + y_j)), all of dimension 1.
void logSumExp(int64_t M, int64_t N, float p, const float *a, const float *x,
               const float *y, float *logs);
/// Its gradient along y, for cotangents e and given `logs`.
void logSumExpGradient(int64_t M, int64_t N, float p, const float *a,
                       const float *x, const float *y, const float *e,
                       const float *logs, float *gradient);

/// The nearest columns of each row, in ascending order of their distance:
/// `count` of 1 or 10, in dimension 3 or 10.
void nearest(int dim, int count, int64_t M, int64_t N, const float *x,
             const float *y, int64_t *columns);

} // namespace keops::floors

#endif // KEOPS_BENCH_FLOORS_FLOORS_H
