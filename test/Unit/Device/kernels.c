/*===- kernels.c - device code as the compiler would leave it -----*- C -*-===*\
|*                                                                            *|
|* The kernels of the cards in DeviceCards.cpp; kernels.ptx is made from them *|
|* with                                                                       *|
|*                                                                            *|
|*   clang-22 --target=nvptx64-nvidia-cuda -Xclang -target-cpu -Xclang sm_75  *|
|*     -O1 -fno-unroll-loops -S -o kernels.ptx kernels.c                      *|
|*                                                                            *|
|* and the version 6.3 instead of the one that clang takes.                   *|
|*                                                                            *|
|* Blocks have 64 threads, and a thread has one row.                          *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

typedef long long i64;

#define KERNEL __attribute__((device_kernel)) void
#define SHARED static __attribute__((address_space(3)))
#define THREAD __nvvm_read_ptx_sreg_tid_x()
#define BLOCK __nvvm_read_ptx_sreg_ctaid_x()
#define CHUNK __nvvm_read_ptx_sreg_ctaid_y()

static i64 least(i64 a, i64 b) { return a < b ? a : b; }

/* A_i = G Sum_j <X_i, Y_j> B_j */

KERNEL sum_sweep(const float *G, const float *X, const float *Y, const float *B,
                 float *A, i64 begin, i64 end, i64 cols, i64 chunkCols,
                 float *states) {
  SHARED float tile[64][5];
  i64 i = begin + (i64)BLOCK * 64 + THREAD, row = least(i, end - 1);
  i64 j = CHUNK * chunkCols, last = least(cols, j + chunkCols);
  float s0 = 0, s1 = 0;
  for (; j < last; j += 64) {
    if (j + THREAD < last) {
      for (int k = 0; k < 3; ++k)
        tile[THREAD][k] = Y[3 * (j + THREAD) + k];
      tile[THREAD][3] = B[2 * (j + THREAD)];
      tile[THREAD][4] = B[2 * (j + THREAD) + 1];
    }
    __syncthreads();
    int count = (int)least(64, last - j);
    for (int t = 0; t < count; ++t) {
      float k = X[3 * row] * tile[t][0] + X[3 * row + 1] * tile[t][1] +
                X[3 * row + 2] * tile[t][2];
      s0 += k * tile[t][3];
      s1 += k * tile[t][4];
    }
    __syncthreads();
  }
  if (i < end) {
    i64 place = CHUNK * (end - begin) + i - begin;
    states[2 * place] = s0;
    states[2 * place + 1] = s1;
  }
}

KERNEL sum_finish(const float *G, const float *X, const float *Y,
                  const float *B, float *A, i64 begin, i64 end,
                  const float *states, i64 chunks, i64 chunkCols,
                  void *partials) {
  i64 i = begin + (i64)BLOCK * 64 + THREAD;
  if (i >= end)
    return;
  float s0 = 0, s1 = 0;
  for (i64 c = 0; c < chunks; ++c) {
    i64 place = c * (end - begin) + i - begin;
    s0 += states[2 * place];
    s1 += states[2 * place + 1];
  }
  A[2 * i] = G[0] * s0;
  A[2 * i + 1] = G[0] * s1;
}

/* T_i = Sum_j X_i Y_j */

KERNEL rows_sweep(const double *X, const double *Y, double *T, i64 begin,
                  i64 end, i64 cols, i64 chunkCols, double *states) {
  i64 i = begin + (i64)BLOCK * 64 + THREAD;
  i64 j = CHUNK * chunkCols, last = least(cols, j + chunkCols);
  if (i >= end)
    return;
  double s = 0;
  for (; j < last; ++j)
    s += X[i] * Y[j];
  states[CHUNK * (end - begin) + i - begin] = s;
}

static double combined(const double *states, i64 rows, i64 row, i64 chunks) {
  double s = 0;
  for (i64 c = 0; c < chunks; ++c)
    s += states[c * rows + row];
  return s;
}

KERNEL rows_finish(const double *X, const double *Y, double *T, i64 begin,
                   i64 end, const double *states, i64 chunks, i64 chunkCols,
                   void *partials) {
  i64 i = begin + (i64)BLOCK * 64 + THREAD;
  if (i < end)
    T[i] = combined(states, end - begin, i - begin, chunks);
}

/* A_i = T_i T_i */

KERNEL square_finish(const double *T, double *A, i64 begin, i64 end,
                     const void *states, i64 chunks, i64 chunkCols,
                     void *partials) {
  i64 i = begin + (i64)BLOCK * 64 + THREAD;
  if (i < end)
    A[i] = T[i] * T[i];
}

/* g = Sum_i Sum_j X_i Y_j, with the sweep of the rows */

KERNEL total_finish(const double *X, const double *Y, double *g, i64 begin,
                    i64 end, const double *states, i64 chunks, i64 chunkCols,
                    double *partials) {
  SHARED double rows[64];
  i64 i = begin + (i64)BLOCK * 64 + THREAD;
  rows[THREAD] = i < end ? combined(states, end - begin, i - begin, chunks) : 0;
  __syncthreads();
  if (THREAD > 0)
    return;
  double s = 0;
  for (int t = 0; t < 64; ++t)
    s += rows[t];
  partials[2 * BLOCK] = s; /* 16 bytes each */
}

KERNEL total_close(const double *X, const double *Y, double *g,
                   const double *partials, i64 count) {
  if (THREAD > 0)
    return;
  double s = 0;
  for (i64 b = 0; b < count; ++b)
    s += partials[2 * b];
  g[0] = s;
}

/* A kernel that writes where nothing is. */

KERNEL wild_finish(const double *X, double *A, i64 begin, i64 end,
                   const void *states, i64 chunks, i64 chunkCols,
                   void *partials) {
  A[end + 1000000] = X[0];
}
