//===- kernels.cu - hand-written kernels to be measured against -----------===//
//
// How fast a GPU does the work of our benchmark, as far as we know: each
// formula is written for speed alone. nvcc makes text for the driver of it.
//
// A workload has two kernels with blocks of 128 threads: NAME_sweep on a grid
// (ceil(M / (128 R)), chunks), R as in bench/gpu/Rivals.cpp, and NAME_finish, a
// thread for each row. Tables that a formula lacks are null.
//
//===----------------------------------------------------------------------===//

#include "sweep.cuh"

constexpr float kLog2E = 1.44269504f, kLn2 = 0.693147181f;
#define INFINITE __int_as_float(0x7f800000)

struct Tables {
  const float *g, *x, *y, *b, *e;
};

//===----------------------------------------------------------------------===//
// Sums over points in dimension 3
//===----------------------------------------------------------------------===//

/// Points are scaled, so that a weight is a power of two of their distance.
struct Points {
  static constexpr int kRows = 8, kX = 3, kY = 4, kState = 1;
  Tables t;
  float scale;

  __device__ void row(float (&x)[3], long long i) const {
    for (int k = 0; k < 3; ++k)
      x[k] = t.x[3 * i + k] * scale;
  }
  __device__ void column(float (&y)[4], long long j) const {
    for (int k = 0; k < 3; ++k)
      y[k] = t.y[3 * j + k] * scale;
    y[3] = t.b[j];
  }
  __device__ void outside(float (&y)[4]) const {
    y[0] = y[1] = y[2] = y[3] = 0;
  }
};

/// Sums term(d, b, part) over the columns of a stage; d = x - y.
template <class F, class Term>
__device__ void sumBlock(const float (&x)[F::kRows][3], const Stage<F> &stage,
                         float (&state)[F::kRows][F::kState], Term term) {
  float part[F::kRows][F::kState] = {};
#pragma unroll 2
  for (int q = 0; q < Stage<F>::kColumns / 4; ++q) {
    float4 y0 = stage.numbers[0][q], y1 = stage.numbers[1][q];
    float4 y2 = stage.numbers[2][q], b = stage.numbers[3][q];
#pragma unroll
    for (int u = 0; u < 4; ++u)
#pragma unroll
      for (int r = 0; r < F::kRows; ++r) {
        float d[] = {x[r][0] - at(y0, u), x[r][1] - at(y1, u),
                     x[r][2] - at(y2, u)};
        term(d, d[0] * d[0] + d[1] * d[1] + d[2] * d[2], at(b, u), part[r]);
      }
  }
  for (int r = 0; r < F::kRows; ++r)
    for (int n = 0; n < F::kState; ++n)
      state[r][n] += part[r][n];
}

struct Gauss : Points {
  __device__ explicit Gauss(Tables t) : Points{t, sqrtf(t.g[0] * kLog2E)} {}
  __device__ void begin(float (&state)[1]) const { state[0] = 0; }
  __device__ void block(const float (&x)[kRows][3], const Stage<Gauss> &stage,
                        long long, float (&state)[kRows][1]) const {
    sumBlock<Gauss>(x, stage, state,
                    [](float (&)[3], float square, float b, float (&part)[1]) {
                      part[0] += b * exp2f(-square);
                    });
  }
};

struct Laplace : Points {
  __device__ explicit Laplace(Tables t) : Points{t, t.g[0] * kLog2E} {}
  __device__ void begin(float (&state)[1]) const { state[0] = 0; }
  __device__ void block(const float (&x)[kRows][3], const Stage<Laplace> &stage,
                        long long, float (&state)[kRows][1]) const {
    sumBlock<Laplace>(
        x, stage, state,
        [](float (&)[3], float square, float b, float (&part)[1]) {
          part[0] += b * exp2f(-sqrtf(square));
        });
  }
};

/// Along x: -2 g e_i Sum_j (x_i - y_j) exp(-g |x_i - y_j|^2) b_j. The factor in
/// front is that of finish.
struct Gradient : Points {
  static constexpr int kRows = 4, kState = 3;
  __device__ explicit Gradient(Tables t) : Points{t, sqrtf(t.g[0] * kLog2E)} {}
  __device__ void begin(float (&state)[3]) const {
    state[0] = state[1] = state[2] = 0;
  }
  __device__ void block(const float (&x)[kRows][3],
                        const Stage<Gradient> &stage, long long,
                        float (&state)[kRows][3]) const {
    sumBlock<Gradient>(
        x, stage, state,
        [](float (&d)[3], float square, float b, float (&part)[3]) {
          float k = b * exp2f(-square);
          for (int n = 0; n < 3; ++n)
            part[n] += k * d[n];
        });
  }
};

//===----------------------------------------------------------------------===//
// A sum over points in dimension 64
//===----------------------------------------------------------------------===//

/// |x - y|^2 = |x|^2 - 2 <x, y> + |y|^2, one multiplication for each component.
struct GaussLong {
  static constexpr int kRows = 2, kX = 65, kY = 66, kState = 1;
  Tables t;
  float scale;
  __device__ explicit GaussLong(Tables t)
      : t(t), scale(sqrtf(t.g[0] * kLog2E)) {}

  __device__ void begin(float (&state)[1]) const { state[0] = 0; }
  __device__ void row(float (&x)[65], long long i) const {
    x[64] = 0;
#pragma unroll
    for (int k = 0; k < 64; ++k) {
      float scaled = t.x[64 * i + k] * scale;
      x[64] -= scaled * scaled;
      x[k] = 2 * scaled;
    }
  }
  __device__ void column(float (&y)[66], long long j) const {
    y[64] = 0;
#pragma unroll
    for (int k = 0; k < 64; ++k) {
      y[k] = t.y[64 * j + k] * scale;
      y[64] -= y[k] * y[k];
    }
    y[65] = t.b[j];
  }
  __device__ void outside(float (&y)[66]) const {
#pragma unroll
    for (int k = 0; k < 66; ++k)
      y[k] = 0;
  }
  __device__ void block(const float (&x)[kRows][65],
                        const Stage<GaussLong> &stage, long long,
                        float (&state)[kRows][1]) const {
#pragma unroll 1
    for (int q = 0; q < Stage<GaussLong>::kColumns / 4; ++q) {
      float power[kRows][4];
#pragma unroll
      for (int u = 0; u < 4; ++u)
        for (int r = 0; r < kRows; ++r)
          power[r][u] = x[r][64] + at(stage.numbers[64][q], u);
#pragma unroll
      for (int k = 0; k < 64; ++k)
#pragma unroll
        for (int u = 0; u < 4; ++u)
          for (int r = 0; r < kRows; ++r)
            power[r][u] += x[r][k] * at(stage.numbers[k][q], u);
      for (int r = 0; r < kRows; ++r) {
        float part = 0;
        for (int u = 0; u < 4; ++u)
          part += at(stage.numbers[65][q], u) * exp2f(power[r][u]);
        state[r][0] += part;
      }
    }
  }
};

//===----------------------------------------------------------------------===//
// log Sum_j exp((p - a_j)^2 exp(x_i + y_j))
//===----------------------------------------------------------------------===//

/// The exponent is a product of a number of the row and one of the column. A
/// row keeps the maximum of its first columns; where a block would outgrow
/// that, it is done again with a new one. The state: maximum, sum, both of
/// powers of two.
struct LogSumExp {
  static constexpr int kRows = 4, kX = 1, kY = 1, kState = 2;
  Tables t; // g is p, b is a
  __device__ explicit LogSumExp(Tables t) : t(t) {}

  __device__ void begin(float (&state)[2]) const {
    state[0] = -INFINITE;
    state[1] = 0;
  }
  __device__ void row(float (&x)[1], long long i) const {
    x[0] = __expf(t.x[i]);
  }
  __device__ void column(float (&y)[1], long long j) const {
    float d = t.g[0] - t.b[j];
    y[0] = d * d * __expf(t.y[j]) * kLog2E;
  }
  __device__ void outside(float (&y)[1]) const { y[0] = -INFINITE; }

  __device__ void block(const float (&x)[kRows][1],
                        const Stage<LogSumExp> &stage, long long,
                        float (&state)[kRows][2]) const {
    float sum[kRows] = {};
#pragma unroll 2
    for (int q = 0; q < Stage<LogSumExp>::kColumns / 4; ++q)
#pragma unroll
      for (int u = 0; u < 4; ++u)
#pragma unroll
        for (int r = 0; r < kRows; ++r)
          sum[r] += exp2f(x[r][0] * at(stage.numbers[0][q], u) - state[r][0]);
#pragma unroll
    for (int r = 0; r < kRows; ++r)
      if (sum[r] < 1e18f) // nor NaN
        state[r][1] += sum[r];
      else
        again(x[r][0], stage, state[r]);
  }
  __device__ static void again(float x, const Stage<LogSumExp> &stage,
                               float (&state)[2]) {
    float maximum = state[0], sum = 0;
#pragma unroll 1
    for (int k = 0; k < Stage<LogSumExp>::kColumns; ++k)
      maximum = fmaxf(maximum, x * at(stage.numbers[0][k / 4], k % 4));
#pragma unroll 1
    for (int k = 0; k < Stage<LogSumExp>::kColumns; ++k)
      sum += exp2f(x * at(stage.numbers[0][k / 4], k % 4) - maximum);
    state[1] = state[1] * exp2f(state[0] - maximum) + sum;
    state[0] = maximum;
  }
};

//===----------------------------------------------------------------------===//
// The ten nearest columns in dimension 3
//===----------------------------------------------------------------------===//

/// Distances in ascending order, then their columns, as bits. A column is at
/// least as far as those before it that are equally far.
struct Nearest {
  static constexpr int kRanks = 10;
  static constexpr int kRows = 2, kX = 3, kY = 4, kState = 2 * kRanks;
  Tables t;
  __device__ explicit Nearest(Tables t) : t(t) {}

  __device__ void begin(float (&state)[kState]) const {
    for (int k = 0; k < kRanks; ++k) {
      state[k] = INFINITE;
      state[kRanks + k] = __int_as_float(-1);
    }
  }
  __device__ void row(float (&x)[3], long long i) const {
    for (int k = 0; k < 3; ++k)
      x[k] = t.x[3 * i + k];
  }
  __device__ void column(float (&y)[4], long long j) const {
    for (int k = 0; k < 3; ++k)
      y[k] = t.y[3 * j + k];
    y[3] = 0;
  }
  __device__ void outside(float (&y)[4]) const {
    y[0] = y[1] = y[2] = 0;
    y[3] = INFINITE;
  }
  __device__ static void insert(float (&state)[kState], float distance,
                                float column) {
#pragma unroll
    for (int k = 0; k < kRanks; ++k) {
      bool isNearer = distance < state[k];
      float oldDistance = state[k], oldColumn = state[kRanks + k];
      state[k] = isNearer ? distance : oldDistance;
      state[kRanks + k] = isNearer ? column : oldColumn;
      distance = isNearer ? oldDistance : distance;
      column = isNearer ? oldColumn : column;
    }
  }
  __device__ void block(const float (&x)[kRows][3], const Stage<Nearest> &stage,
                        long long first, float (&state)[kRows][kState]) const {
#pragma unroll 1
    for (int q = 0; q < Stage<Nearest>::kColumns / 4; ++q) {
      float4 y0 = stage.numbers[0][q], y1 = stage.numbers[1][q];
      float4 y2 = stage.numbers[2][q], far = stage.numbers[3][q];
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        float distance[4];
#pragma unroll
        for (int u = 0; u < 4; ++u) {
          float d0 = x[r][0] - at(y0, u), d1 = x[r][1] - at(y1, u);
          float d2 = x[r][2] - at(y2, u);
          distance[u] = d0 * d0 + d1 * d1 + (d2 * d2 + at(far, u));
        }
        float least = fminf(fminf(distance[0], distance[1]),
                            fminf(distance[2], distance[3]));
        if (least < state[r][kRanks - 1])
#pragma unroll
          for (int u = 0; u < 4; ++u)
            if (distance[u] < state[r][kRanks - 1])
              insert(state[r], distance[u],
                     __int_as_float(int(first + 4 * q + u)));
      }
    }
  }
};

//===----------------------------------------------------------------------===//
// What follows the sweep
//===----------------------------------------------------------------------===//

/// Number n of the state of a row, from one chunk.
template <class F>
__device__ float stateOf(const float *states, long long M, long long chunk,
                         int n, long long row) {
  return states[(chunk * F::kState + n) * M + row];
}

template <class F>
__device__ void sumChunks(const float *states, long long M, long long chunks,
                          long long row, float (&sum)[F::kState]) {
  for (int n = 0; n < F::kState; ++n) {
    sum[n] = 0;
    for (long long c = 0; c < chunks; ++c)
      sum[n] += stateOf<F>(states, M, c, n, row);
  }
}

template <class F>
__device__ void finishSum(const Tables &, const float *states, long long M,
                          long long chunks, long long row, void *results) {
  float sum[1];
  sumChunks<F>(states, M, chunks, row, sum);
  static_cast<float *>(results)[row] = sum[0];
}

__device__ void finishGradient(const Tables &t, const float *states,
                               long long M, long long chunks, long long row,
                               void *results) {
  float sum[3];
  sumChunks<Gradient>(states, M, chunks, row, sum);
  // Differences were scaled.
  float factor = -2 * t.g[0] * t.e[row] / sqrtf(t.g[0] * kLog2E);
  for (int k = 0; k < 3; ++k)
    static_cast<float *>(results)[3 * row + k] = factor * sum[k];
}

__device__ void finishLogSumExp(const Tables &, const float *states,
                                long long M, long long chunks, long long row,
                                void *results) {
  float maximum = -INFINITE, sum = 0;
  for (long long c = 0; c < chunks; ++c)
    maximum = fmaxf(maximum, stateOf<LogSumExp>(states, M, c, 0, row));
  for (long long c = 0; c < chunks; ++c)
    sum += stateOf<LogSumExp>(states, M, c, 1, row) *
           exp2f(stateOf<LogSumExp>(states, M, c, 0, row) - maximum);
  static_cast<float *>(results)[row] = (maximum + __log2f(sum)) * kLn2;
}

__device__ void finishNearest(const Tables &, const float *states, long long M,
                              long long chunks, long long row, void *results) {
  constexpr int kRanks = Nearest::kRanks;
  float state[Nearest::kState];
  for (int n = 0; n < Nearest::kState; ++n)
    state[n] = stateOf<Nearest>(states, M, 0, n, row);
  for (long long c = 1; c < chunks; ++c)
    for (int k = 0; k < kRanks; ++k)
      Nearest::insert(state, stateOf<Nearest>(states, M, c, k, row),
                      stateOf<Nearest>(states, M, c, kRanks + k, row));
  for (int k = 0; k < kRanks; ++k)
    static_cast<long long *>(results)[kRanks * row + k] =
        __float_as_int(state[kRanks + k]);
}

//===----------------------------------------------------------------------===//
// The kernels
//===----------------------------------------------------------------------===//

#define WORKLOAD(name, F, finish)                                              \
  extern "C" __global__ void __launch_bounds__(kThreads)                       \
      name##_sweep(long long M, long long N, long long chunk, float *states,   \
                   const float *g, const float *x, const float *y,             \
                   const float *b, const float *e) {                           \
    sweep(F({g, x, y, b, e}), M, N, chunk, states);                            \
  }                                                                            \
  extern "C" __global__ void __launch_bounds__(kThreads)                       \
      name##_finish(long long M, long long chunks, const float *states,        \
                    void *results, const float *g, const float *e) {           \
    long long row = (long long)blockIdx.x * kThreads + threadIdx.x;            \
    if (row < M)                                                               \
      finish({g, nullptr, nullptr, nullptr, e}, states, M, chunks, row,        \
             results);                                                         \
  }

WORKLOAD(gauss, Gauss, finishSum<Gauss>)
WORKLOAD(laplace, Laplace, finishSum<Laplace>)
WORKLOAD(gradient, Gradient, finishGradient)
WORKLOAD(logsumexp, LogSumExp, finishLogSumExp)
WORKLOAD(nearest, Nearest, finishNearest)
WORKLOAD(gauss64, GaussLong, finishSum<GaussLong>)
