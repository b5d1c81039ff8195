//===- nearest.cuh - hand-written searches for the ten nearest columns ----===//

#ifndef KEOPS_BENCH_GPU_NEAREST_CUH
#define KEOPS_BENCH_GPU_NEAREST_CUH

#include "sweep.cuh"

/// |y|^2 - 2 <x, y>, which is in the order of the distances, where there are
/// more than three components; in dimension 3, distances. The state: ten of
/// these in ascending order, then their columns, as bits. A column is at least
/// as far as those before it that are equally far.
template <int D, int Rows> struct Nearest {
  using Real = float;
  static constexpr bool kIsProduct = D > 3;
  static constexpr int kRanks = 10;
  static constexpr int kRows = Rows, kX = D, kY = D + 1, kState = 2 * kRanks;
  Tables<float> t;
  __device__ explicit Nearest(Tables<float> t) : t(t) {}

  __device__ void begin(float (&state)[kState]) const {
    for (int k = 0; k < kRanks; ++k) {
      state[k] = INFINITE;
      state[kRanks + k] = __int_as_float(-1);
    }
  }
  __device__ void row(float (&x)[D], long long i) const {
#pragma unroll
    for (int k = 0; k < D; ++k)
      x[k] = t.x[D * i + k] * (kIsProduct ? -2 : 1);
  }
  __device__ void column(float (&y)[kY], long long j) const {
    y[D] = 0;
#pragma unroll
    for (int k = 0; k < D; ++k) {
      y[k] = t.y[D * j + k];
      if (kIsProduct)
        y[D] += y[k] * y[k];
    }
  }
  __device__ void outside(float (&y)[kY]) const {
#pragma unroll
    for (int k = 0; k < D; ++k)
      y[k] = 0;
    y[D] = INFINITE;
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
  __device__ void block(const float (&x)[kRows][D], const Stage<Nearest> &stage,
                        long long first, float (&state)[kRows][kState]) const {
#pragma unroll 1
    for (int q = 0; q < Stage<Nearest>::kColumns / 4; ++q) {
      float distance[kRows][4];
#pragma unroll
      for (int u = 0; u < 4; ++u)
        for (int r = 0; r < kRows; ++r)
          distance[r][u] = stage.numbers[D][q][u];
#pragma unroll
      for (int k = 0; k < D; ++k) {
        Four<float> y = stage.numbers[k][q];
#pragma unroll
        for (int u = 0; u < 4; ++u)
          for (int r = 0; r < kRows; ++r) {
            float d = x[r][k] - y[u];
            distance[r][u] += kIsProduct ? x[r][k] * y[u] : d * d;
          }
      }
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        float least = fminf(fminf(distance[r][0], distance[r][1]),
                            fminf(distance[r][2], distance[r][3]));
        if (least < state[r][kRanks - 1])
#pragma unroll
          for (int u = 0; u < 4; ++u)
            if (distance[r][u] < state[r][kRanks - 1])
              insert(state[r], distance[r][u],
                     __int_as_float(int(first + 4 * q + u)));
      }
    }
  }
  __device__ static void finish(Tables<float>, States<float> states,
                                void *results) {
    float state[kState];
    for (int n = 0; n < kState; ++n)
      state[n] = states.get<Nearest>(0, n);
    for (long long c = 1; c < states.chunks; ++c)
      for (int k = 0; k < kRanks; ++k)
        insert(state, states.get<Nearest>(c, k),
               states.get<Nearest>(c, kRanks + k));
    for (int k = 0; k < kRanks; ++k)
      static_cast<long long *>(results)[kRanks * states.row + k] =
          __float_as_int(state[kRanks + k]);
  }
};

#endif // KEOPS_BENCH_GPU_NEAREST_CUH
