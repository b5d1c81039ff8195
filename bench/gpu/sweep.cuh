//===- sweep.cuh - rows, columns and chunks of a hand-written kernel ------===//
//
// A thread has `kRows` rows in its registers, a block of threads shares columns
// in shared memory, component by component, and reads four of them at a time.
// Blocks along y of the grid have chunks of columns, whose states a second
// kernel combines.
//
// A formula F says
//
//   F::kRows, F::kX, F::kY, F::kState     rows of a thread, numbers per row,
//                                         per column, and per state
//   row(x, i)                             what is kept of a row
//   column(y, j)                          what is staged of a column
//   outside(y)                            a column that changes nothing
//   begin(state)
//   block(x, stage, j, state)             takes in all columns of the stage, of
//                                         which the first has number j
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_BENCH_GPU_SWEEP_CUH
#define KEOPS_BENCH_GPU_SWEEP_CUH

constexpr int kThreads = 128;

/// Numbers of one block of columns.
template <class F> struct Stage {
  static constexpr int kColumns = F::kY > 16 ? 32 : 128;
  float4 numbers[F::kY][kColumns / 4];
};

/// One of four neighboring columns.
__device__ inline float at(const float4 &four, int u) {
  return u == 0 ? four.x : u == 1 ? four.y : u == 2 ? four.z : four.w;
}

template <class F>
__device__ void stageColumns(const F &f, Stage<F> &stage, long long first,
                             long long end) {
  for (int t = threadIdx.x; t < Stage<F>::kColumns; t += kThreads) {
    float y[F::kY];
    if (first + t < end)
      f.column(y, first + t);
    else
      f.outside(y);
#pragma unroll
    for (int k = 0; k < F::kY; ++k)
      reinterpret_cast<float *>(stage.numbers[k])[t] = y[k];
  }
}

/// State number n of a row is at ((chunk * kState + n) * M + row).
template <class F>
__device__ void sweep(const F &f, long long M, long long N, long long chunk,
                      float *states) {
  __shared__ Stage<F> stage;
  float x[F::kRows][F::kX], state[F::kRows][F::kState];
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
