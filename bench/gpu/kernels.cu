//===- kernels.cu - hand-written kernels to be measured against -----------===//
//
// How fast a GPU does the work of our benchmark, as far as we know, without
// tensor cores: each formula is written for speed alone. nvcc makes text for
// the driver of it.
//
// A workload has two kernels with blocks of 128 threads: NAME_sweep on a grid
// (ceil(M / (128 R)), chunks), R as in bench/gpu/Rivals.cpp, and NAME_finish, a
// thread for each row. Tables that a formula lacks are null.
//
//===----------------------------------------------------------------------===//

#include "logsumexp.cuh"
#include "nearest.cuh"
#include "sums.cuh"

#define WORKLOAD(name, ...)                                                    \
  extern "C" __global__ void __launch_bounds__(kThreads)                       \
      name##_sweep(long long M, long long N, long long chunk,                  \
                   __VA_ARGS__::Real *states, const void *g, const void *x,    \
                   const void *y, const void *b, const void *e) {              \
    sweep(__VA_ARGS__({g, x, y, b, e}), M, N, chunk, states);                  \
  }                                                                            \
  extern "C" __global__ void __launch_bounds__(kThreads) name##_finish(        \
      long long M, long long chunks, const __VA_ARGS__::Real *states,          \
      void *results, const void *g, const void *e) {                           \
    long long row = (long long)blockIdx.x * kThreads + threadIdx.x;            \
    if (row < M)                                                               \
      __VA_ARGS__::finish({g, nullptr, nullptr, nullptr, e},                   \
                          {states, M, chunks, row}, results);                  \
  }

WORKLOAD(gauss, Gauss<1>)
WORKLOAD(gauss2, Gauss<2>)
WORKLOAD(laplace, Laplace)
WORKLOAD(cauchy, Cauchy)
WORKLOAD(gradient, Gradient)
WORKLOAD(double, GaussDouble)
WORKLOAD(gauss16, GaussLong<16, 4>)
WORKLOAD(gauss64, GaussLong<64, 2>)
WORKLOAD(gauss128, GaussLong<128, 1>)
WORKLOAD(logsumexp, LogSumExp<Tutorial>)
WORKLOAD(logsumexp3, LogSumExp<OfDistances>)
WORKLOAD(nearest, Nearest<3, 2>)
WORKLOAD(nearest10, Nearest<10, 2>)
WORKLOAD(nearest64, Nearest<64, 1>)
