//===- Peers.h - the same work in plain loops -------------------*- C++ -*-===//
//
// What a good C programmer writes in an afternoon and g++ -Ofast makes fast:
// components apart, so that the inner loop over columns is vectorized. With the
// signatures of bench/floors/Floors.h. Without g++, `areBuilt` is false.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_BENCH_PEERS_PEERS_H
#define KEOPS_BENCH_PEERS_PEERS_H

#include <cstdint>

namespace keops::peers {

/// Were they compiled, and can this processor run them?
bool areBuilt();

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
void gaussGradient(int64_t M, int64_t N, float g, const float *x,
                   const float *y, const float *b, const float *e,
                   float *gradient);
void gaussLong(int dim, int64_t M, int64_t N, float g, const float *x,
               const float *y, const float *b, float *sums);
void gaussWide(int weights, int64_t M, int64_t N, float g, const float *x,
               const float *y, const float *b, float *sums);
/// Means of b, weighted by exp(x.y); all of dimension 64.
void attention(int64_t M, int64_t N, const float *x, const float *y,
               const float *b, float *means);
void logSumExp(int64_t M, int64_t N, float p, const float *a, const float *x,
               const float *y, float *logs);
void logSumExpGradient(int64_t M, int64_t N, float p, const float *a,
                       const float *x, const float *y, const float *e,
                       const float *logs, float *gradient);
void nearest(int dim, int count, int64_t M, int64_t N, const float *x,
             const float *y, int64_t *columns);

} // namespace keops::peers

#endif // KEOPS_BENCH_PEERS_PEERS_H
