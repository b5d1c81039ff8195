//===- sums.cuh - hand-written sums over points ---------------------------===//

#ifndef KEOPS_BENCH_GPU_SUMS_CUH
#define KEOPS_BENCH_GPU_SUMS_CUH

#include "sweep.cuh"

/// The states of a row, of all chunks, added one by one.
template <class F>
__device__ void sumChunks(const States<typename F::Real> &states,
                          typename F::Real (&sum)[F::kState]) {
  for (int n = 0; n < F::kState; ++n) {
    sum[n] = 0;
    for (long long c = 0; c < states.chunks; ++c)
      sum[n] += states.template get<F>(c, n);
  }
}

/// Numbers of the state are those of the result.
template <class F>
__device__ void finishSum(const States<typename F::Real> &states,
                          void *results) {
  typename F::Real sum[F::kState];
  sumChunks<F>(states, sum);
  for (int n = 0; n < F::kState; ++n)
    static_cast<typename F::Real *>(results)[F::kState * states.row + n] =
        sum[n];
}

//===----------------------------------------------------------------------===//
// Dimension 3
//===----------------------------------------------------------------------===//

/// Points are scaled, so that a weight is a power of two of their distance. A
/// column has B numbers after its point.
template <class T, int B, int State> struct Points {
  using Real = T;
  static constexpr int kRows = 8, kX = 3, kY = 3 + B, kState = State;
  Tables<T> t;
  T scale;

  __device__ void row(T (&x)[3], long long i) const {
    for (int k = 0; k < 3; ++k)
      x[k] = t.x[3 * i + k] * scale;
  }
  __device__ void column(T (&y)[kY], long long j) const {
    for (int k = 0; k < 3; ++k)
      y[k] = t.y[3 * j + k] * scale;
    for (int k = 0; k < B; ++k)
      y[3 + k] = t.b[B * j + k];
  }
  __device__ void outside(T (&y)[kY]) const {
    for (int k = 0; k < kY; ++k)
      y[k] = 0;
  }
  __device__ void begin(T (&state)[State]) const {
    for (int n = 0; n < State; ++n)
      state[n] = 0;
  }
};

/// Sums term(d, |d|^2, b, part) over the columns of a stage; d = x - y.
template <class F, class T, int B, class Term>
__device__ void sumBlock(const T (&x)[F::kRows][3], const Stage<F> &stage,
                         T (&state)[F::kRows][F::kState], Term term) {
  T part[F::kRows][F::kState] = {};
#pragma unroll 2
  for (int q = 0; q < Stage<F>::kColumns / 4; ++q) {
    Four<T> y0 = stage.numbers[0][q], y1 = stage.numbers[1][q];
    Four<T> y2 = stage.numbers[2][q], weights[B];
#pragma unroll
    for (int k = 0; k < B; ++k)
      weights[k] = stage.numbers[3 + k][q];
#pragma unroll
    for (int u = 0; u < 4; ++u)
#pragma unroll
      for (int r = 0; r < F::kRows; ++r) {
        T d[] = {x[r][0] - y0[u], x[r][1] - y1[u], x[r][2] - y2[u]}, b[B];
        for (int k = 0; k < B; ++k)
          b[k] = weights[k][u];
        term(d, d[0] * d[0] + d[1] * d[1] + d[2] * d[2], b, part[r]);
      }
  }
  for (int r = 0; r < F::kRows; ++r)
    for (int n = 0; n < F::kState; ++n)
      state[r][n] += part[r][n];
}

template <int B> struct Gauss : Points<float, B, B> {
  using Base = Points<float, B, B>;
  using Base::kRows;
  __device__ explicit Gauss(Tables<float> t)
      : Base{t, sqrtf(t.g[0] * kLog2E)} {}
  __device__ void block(const float (&x)[kRows][3], const Stage<Gauss> &stage,
                        long long, float (&state)[kRows][B]) const {
    sumBlock<Gauss, float, B>(
        x, stage, state,
        [](float (&)[3], float square, float (&b)[B], float (&part)[B]) {
          float k = exp2f(-square);
          for (int n = 0; n < B; ++n)
            part[n] += b[n] * k;
        });
  }
  __device__ static void finish(Tables<float>, States<float> states,
                                void *results) {
    finishSum<Gauss>(states, results);
  }
};

struct Laplace : Points<float, 1, 1> {
  __device__ explicit Laplace(Tables<float> t) : Points{t, t.g[0] * kLog2E} {}
  __device__ void block(const float (&x)[kRows][3], const Stage<Laplace> &stage,
                        long long, float (&state)[kRows][1]) const {
    sumBlock<Laplace, float, 1>(
        x, stage, state,
        [](float (&)[3], float square, float (&b)[1], float (&part)[1]) {
          part[0] += b[0] * exp2f(-sqrtf(square));
        });
  }
  __device__ static void finish(Tables<float>, States<float> states,
                                void *results) {
    finishSum<Laplace>(states, results);
  }
};

struct Cauchy : Points<float, 1, 1> {
  __device__ explicit Cauchy(Tables<float> t) : Points{t, 1} {}
  __device__ void block(const float (&x)[kRows][3], const Stage<Cauchy> &stage,
                        long long, float (&state)[kRows][1]) const {
    sumBlock<Cauchy, float, 1>(
        x, stage, state,
        [](float (&)[3], float square, float (&b)[1], float (&part)[1]) {
          part[0] += __fdividef(b[0], 1 + square);
        });
  }
  __device__ static void finish(Tables<float>, States<float> states,
                                void *results) {
    finishSum<Cauchy>(states, results);
  }
};

/// Along x: -2 g e_i Sum_j (x_i - y_j) exp(-g |x_i - y_j|^2) b_j. The factor in
/// front is that of finish.
struct Gradient : Points<float, 1, 3> {
  static constexpr int kRows = 4;
  __device__ explicit Gradient(Tables<float> t)
      : Points{t, sqrtf(t.g[0] * kLog2E)} {}
  __device__ void block(const float (&x)[kRows][3],
                        const Stage<Gradient> &stage, long long,
                        float (&state)[kRows][3]) const {
    sumBlock<Gradient, float, 1>(
        x, stage, state,
        [](float (&d)[3], float square, float (&b)[1], float (&part)[3]) {
          float k = b[0] * exp2f(-square);
          for (int n = 0; n < 3; ++n)
            part[n] += k * d[n];
        });
  }
  __device__ static void finish(Tables<float> t, States<float> states,
                                void *results) {
    float sum[3];
    sumChunks<Gradient>(states, sum);
    // Differences were scaled.
    float factor = -2 * t.g[0] * t.e[states.row] / sqrtf(t.g[0] * kLog2E);
    for (int k = 0; k < 3; ++k)
      static_cast<float *>(results)[3 * states.row + k] = factor * sum[k];
  }
};

/// The nearest whole number is taken off the exponent with a number so large
/// that it has no bits below 1, and added to the bits of the result. What
/// remains is below 1/2, where the series of 2^t needs 13 terms.
struct GaussDouble : Points<double, 1, 1> {
  static constexpr int kRows = 4;
  __device__ explicit GaussDouble(Tables<double> t)
      : Points{t, sqrt(t.g[0] * 1.4426950408889634)} {}
  __device__ static double power(double t) {
    constexpr double kNoBits = 6755399441055744.0; // 1.5 * 2^52
    // Powers of ln 2, divided by factorials.
    constexpr double kSeries[] = {
        1.0000000000000000e+00, 6.9314718055994529e-01, 2.4022650695910069e-01,
        5.5504108664821576e-02, 9.6181291076284769e-03, 1.3333558146428441e-03,
        1.5403530393381606e-04, 1.5252733804059838e-05, 1.3215486790144305e-06,
        1.0178086009239696e-07, 7.0549116208011209e-09, 4.4455382718708101e-10,
        2.5678435993488196e-11};
    double shifted = fmax(t, -1000.0) + kNoBits;
    double rest = fmax(t, -1000.0) - (shifted - kNoBits);
    double value = kSeries[12];
#pragma unroll
    for (int k = 11; k >= 0; --k)
      value = value * rest + kSeries[k];
    return __hiloint2double(__double2hiint(value) +
                                (__double2loint(shifted) << 20),
                            __double2loint(value));
  }
  __device__ void block(const double (&x)[kRows][3],
                        const Stage<GaussDouble> &stage, long long,
                        double (&state)[kRows][1]) const {
    sumBlock<GaussDouble, double, 1>(
        x, stage, state,
        [](double (&)[3], double square, double (&b)[1], double (&part)[1]) {
          part[0] += b[0] * power(-square);
        });
  }
  __device__ static void finish(Tables<double>, States<double> states,
                                void *results) {
    finishSum<GaussDouble>(states, results);
  }
};

//===----------------------------------------------------------------------===//
// Many dimensions
//===----------------------------------------------------------------------===//

/// |x - y|^2 = |x|^2 - 2 <x, y> + |y|^2, one multiplication for each component.
template <int D, int Rows> struct GaussLong {
  using Real = float;
  static constexpr int kRows = Rows, kX = D + 1, kY = D + 2, kState = 1;
  Tables<float> t;
  float scale;
  __device__ explicit GaussLong(Tables<float> t)
      : t(t), scale(sqrtf(t.g[0] * kLog2E)) {}

  __device__ void begin(float (&state)[1]) const { state[0] = 0; }
  __device__ void row(float (&x)[kX], long long i) const {
    x[D] = 0;
#pragma unroll
    for (int k = 0; k < D; ++k) {
      float scaled = t.x[D * i + k] * scale;
      x[D] -= scaled * scaled;
      x[k] = 2 * scaled;
    }
  }
  __device__ void column(float (&y)[kY], long long j) const {
    y[D] = 0;
#pragma unroll
    for (int k = 0; k < D; ++k) {
      y[k] = t.y[D * j + k] * scale;
      y[D] -= y[k] * y[k];
    }
    y[D + 1] = t.b[j];
  }
  __device__ void outside(float (&y)[kY]) const {
#pragma unroll
    for (int k = 0; k < kY; ++k)
      y[k] = 0;
  }
  __device__ void block(const float (&x)[kRows][kX],
                        const Stage<GaussLong> &stage, long long,
                        float (&state)[kRows][1]) const {
#pragma unroll 1
    for (int q = 0; q < Stage<GaussLong>::kColumns / 4; ++q) {
      float power[kRows][4];
#pragma unroll
      for (int u = 0; u < 4; ++u)
        for (int r = 0; r < kRows; ++r)
          power[r][u] = x[r][D] + stage.numbers[D][q][u];
#pragma unroll
      for (int k = 0; k < D; ++k)
#pragma unroll
        for (int u = 0; u < 4; ++u)
          for (int r = 0; r < kRows; ++r)
            power[r][u] += x[r][k] * stage.numbers[k][q][u];
      for (int r = 0; r < kRows; ++r) {
        float part = 0;
        for (int u = 0; u < 4; ++u)
          part += stage.numbers[D + 1][q][u] * exp2f(power[r][u]);
        state[r][0] += part;
      }
    }
  }
  __device__ static void finish(Tables<float>, States<float> states,
                                void *results) {
    finishSum<GaussLong>(states, results);
  }
};

#endif // KEOPS_BENCH_GPU_SUMS_CUH
