//===- sweep.cuh - rows, columns and chunks of a hand-written kernel ------===//
//
// A thread has `kRows` rows in its registers, a block of threads shares columns
// in shared memory, component by component, and reads four of them at a time.
// Blocks along y of the grid have chunks of columns, whose states a second
// kernel combines.
//
// A formula F says
//
//   F::Real                               float or double
//   F::kRows, F::kX, F::kY, F::kState     rows of a thread, numbers per row,
//                                         per column, and per state
//   row(x, i)                             what is kept of a row
//   column(y, j)                          what is staged of a column
//   outside(y)                            a column that changes nothing
//   begin(state)
//   block(x, stage, j, state)             takes in all columns of the stage, of
//                                         which the first has number j
//   finish(tables, states, results)       combines the chunks of a row
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_BENCH_GPU_SWEEP_CUH
#define KEOPS_BENCH_GPU_SWEEP_CUH

constexpr int kThreads = 128;

constexpr float kLog2E = 1.44269504f, kLn2 = 0.693147181f;
#define INFINITE __int_as_float(0x7f800000)

/// Parameters, rows, columns, weights of columns and of rows.
template <class Real> struct Tables {
  const Real *g, *x, *y, *b, *e;
  __device__ Tables(const void *g, const void *x, const void *y, const void *b,
                    const void *e)
      : g(static_cast<const Real *>(g)), x(static_cast<const Real *>(x)),
        y(static_cast<const Real *>(y)), b(static_cast<const Real *>(b)),
        e(static_cast<const Real *>(e)) {}
};

/// What the chunks of columns have left for one of M rows.
template <class Real> struct States {
  const Real *all;
  long long M, chunks, row;

  /// Number n of the state from one chunk.
  template <class F> __device__ Real get(long long chunk, int n) const {
    return all[(chunk * F::kState + n) * M + row];
  }
};

/// Numbers of four neighboring columns, 16 bytes of which are loaded at once.
template <class Real> struct Four;
template <> struct Four<float> {
  float4 all;
  __device__ float operator[](int u) const {
    return u == 0 ? all.x : u == 1 ? all.y : u == 2 ? all.z : all.w;
  }
};
template <> struct Four<double> {
  double2 low, high;
  __device__ double operator[](int u) const {
    return u == 0 ? low.x : u == 1 ? low.y : u == 2 ? high.x : high.y;
  }
};

/// Numbers of one block of columns.
template <class F> struct Stage {
  using Real = typename F::Real;
  static constexpr int kColumns = F::kY > 16 ? 32 : 128;
  Four<Real> numbers[F::kY][kColumns / 4];
};

template <class F>
__device__ void stageColumns(const F &f, Stage<F> &stage, long long first,
                             long long end) {
  for (int t = threadIdx.x; t < Stage<F>::kColumns; t += kThreads) {
    typename F::Real y[F::kY];
    if (first + t < end)
      f.column(y, first + t);
    else
      f.outside(y);
#pragma unroll
    for (int k = 0; k < F::kY; ++k)
      reinterpret_cast<typename F::Real *>(stage.numbers[k])[t] = y[k];
  }
}

/// State number n of a row is at ((chunk * kState + n) * M + row).
template <class F>
__device__ void sweep(const F &f, long long M, long long N, long long chunk,
                      typename F::Real *states) {
  __shared__ Stage<F> stage;
  typename F::Real x[F::kRows][F::kX], state[F::kRows][F::kState];
  long long first = (long long)blockIdx.x * kThreads * F::kRows + threadIdx.x;
#pragma unroll
  for (int r = 0; r < F::kRows; ++r) {
    f.row(x[r], min(first + r * kThreads, M - 1));
    f.begin(state[r]);
  }
  long long begin = blockIdx.y * chunk, end = min(begin + chunk, N);
  for (long long block = begin; block < end; block += Stage<F>::kColumns) {
    __syncthreads();
    stageColumns(f, stage, block, end);
    __syncthreads();
    f.block(x, stage, block, state);
  }
#pragma unroll
  for (int r = 0; r < F::kRows; ++r)
    if (long long row = first + r * kThreads; row < M)
#pragma unroll
      for (int n = 0; n < F::kState; ++n)
        states[((long long)blockIdx.y * F::kState + n) * M + row] = state[r][n];
}

#endif // KEOPS_BENCH_GPU_SWEEP_CUH
