//===- None.cpp - where there is no g++ -----------------------------------===//

#include "bench/peers/Peers.h"

namespace keops::peers {

bool areBuilt() { return false; }

void gauss(int64_t, int64_t, float, const float *, const float *, const float *,
           float *) {}
void gaussTwoWeights(int64_t, int64_t, float, const float *, const float *,
                     const float *, float *) {}
void gaussDouble(int64_t, int64_t, double, const double *, const double *,
                 const double *, double *) {}
void laplace(int64_t, int64_t, float, const float *, const float *,
             const float *, float *) {}
void cauchy(int64_t, int64_t, const float *, const float *, const float *,
            float *) {}
void gaussGradient(int64_t, int64_t, float, const float *, const float *,
                   const float *, const float *, float *) {}
void gaussLong(int, int64_t, int64_t, float, const float *, const float *,
               const float *, float *) {}
void gaussWide(int, int64_t, int64_t, float, const float *, const float *,
               const float *, float *) {}
void attention(int64_t, int64_t, const float *, const float *, const float *,
               float *) {}
void logSumExp(int64_t, int64_t, float, const float *, const float *,
               const float *, float *) {}
void logSumExpGradient(int64_t, int64_t, float, const float *, const float *,
                       const float *, const float *, const float *, float *) {}
void nearest(int, int, int64_t, int64_t, const float *, const float *,
             int64_t *) {}

} // namespace keops::peers
