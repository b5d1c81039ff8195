//===- logsumexp.cuh - hand-written logarithms of sums --------------------===//

#ifndef KEOPS_BENCH_GPU_LOGSUMEXP_CUH
#define KEOPS_BENCH_GPU_LOGSUMEXP_CUH

#include "sweep.cuh"

/// (p - a_j)^2 exp(x_i + y_j), a product of a number of the row and one of the
/// column. Tables g and b are p and a.
struct Tutorial {
  static constexpr int kX = 1, kY = 1;
  Tables<float> t;
  __device__ explicit Tutorial(Tables<float> t) : t(t) {}

  __device__ void row(float (&x)[1], long long i) const {
    x[0] = __expf(t.x[i]);
  }
  __device__ void column(float (&y)[1], long long j) const {
    float d = t.g[0] - t.b[j];
    y[0] = d * d * __expf(t.y[j]) * kLog2E;
  }
  __device__ void outside(float (&y)[1]) const { y[0] = -INFINITE; }
  /// Minus that of the maximum.
  __device__ static float exponent(const float (&x)[1], const float (&y)[1],
                                   float maximum) {
    return x[0] * y[0] - maximum;
  }
};

/// -g |x_i - y_j|^2, of scaled points.
struct OfDistances {
  static constexpr int kX = 3, kY = 3;
  Tables<float> t;
  float scale;
  __device__ explicit OfDistances(Tables<float> t)
      : t(t), scale(sqrtf(t.g[0] * kLog2E)) {}

  __device__ void row(float (&x)[3], long long i) const {
    for (int k = 0; k < 3; ++k)
      x[k] = t.x[3 * i + k] * scale;
  }
  __device__ void column(float (&y)[3], long long j) const {
    for (int k = 0; k < 3; ++k)
      y[k] = t.y[3 * j + k] * scale;
  }
  __device__ void outside(float (&y)[3]) const {
    y[0] = y[1] = y[2] = INFINITE;
  }
  __device__ static float exponent(const float (&x)[3], const float (&y)[3],
                                   float maximum) {
    float d0 = x[0] - y[0], d1 = x[1] - y[1], d2 = x[2] - y[2];
    return -d0 * d0 - d1 * d1 - d2 * d2 - maximum;
  }
};

/// A row keeps the maximum of its first columns; where a block would outgrow
/// that, it is done again with a new one. The state: maximum, sum, both of
/// powers of two.
template <class Exponent> struct LogSumExp : Exponent {
  using Real = float;
  static constexpr int kRows = 4, kState = 2, kX = Exponent::kX,
                       kY = Exponent::kY;
  using Exponent::Exponent;

  __device__ void begin(float (&state)[2]) const {
    state[0] = -INFINITE;
    state[1] = 0;
  }
  /// The numbers of a column, one of four.
  __device__ static void columnAt(float (&y)[kY], const Stage<LogSumExp> &stage,
                                  int q, int u) {
#pragma unroll
    for (int k = 0; k < kY; ++k)
      y[k] = stage.numbers[k][q][u];
  }
  __device__ void block(const float (&x)[kRows][kX],
                        const Stage<LogSumExp> &stage, long long,
                        float (&state)[kRows][2]) const {
    float sum[kRows] = {};
#pragma unroll 2
    for (int q = 0; q < Stage<LogSumExp>::kColumns / 4; ++q)
#pragma unroll
      for (int u = 0; u < 4; ++u) {
        float y[kY];
        columnAt(y, stage, q, u);
#pragma unroll
        for (int r = 0; r < kRows; ++r)
          sum[r] += exp2f(Exponent::exponent(x[r], y, state[r][0]));
      }
#pragma unroll
    for (int r = 0; r < kRows; ++r)
      if (sum[r] < 1e18f) // nor NaN
        state[r][1] += sum[r];
      else
        again(x[r], stage, state[r]);
  }
  __device__ static void again(const float (&x)[kX],
                               const Stage<LogSumExp> &stage,
                               float (&state)[2]) {
    float maximum = state[0], sum = 0, y[kY];
#pragma unroll 1
    for (int k = 0; k < Stage<LogSumExp>::kColumns; ++k) {
      columnAt(y, stage, k / 4, k % 4);
      maximum = fmaxf(maximum, Exponent::exponent(x, y, 0));
    }
#pragma unroll 1
    for (int k = 0; k < Stage<LogSumExp>::kColumns; ++k) {
      columnAt(y, stage, k / 4, k % 4);
      sum += exp2f(Exponent::exponent(x, y, maximum));
    }
    state[1] = state[1] * exp2f(state[0] - maximum) + sum;
    state[0] = maximum;
  }
  __device__ static void finish(Tables<float>, States<float> states,
                                void *results) {
    float maximum = -INFINITE, sum = 0;
    for (long long c = 0; c < states.chunks; ++c)
      maximum = fmaxf(maximum, states.get<LogSumExp>(c, 0));
    for (long long c = 0; c < states.chunks; ++c)
      sum += states.get<LogSumExp>(c, 1) *
             exp2f(states.get<LogSumExp>(c, 0) - maximum);
    static_cast<float *>(results)[states.row] = (maximum + __log2f(sum)) * kLn2;
  }
};

#endif // KEOPS_BENCH_GPU_LOGSUMEXP_CUH
