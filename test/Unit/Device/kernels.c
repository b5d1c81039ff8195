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
#define ELEMENT ((i64)__nvvm_read_ptx_sreg_ctaid_z())
#define BLOCKS __nvvm_read_ptx_sreg_nctaid_x()

static i64 least(i64 a, i64 b) { return a < b ? a : b; }

/* The lists of Card.h. */
typedef struct {
  i64 rowBegin, rowEnd, base, states, firstSpan, spans;
} Chunk;
typedef struct {
  i64 rowBegin, rowEnd, tileBegin, tileRows, states, chunks, firstBase;
} Tile;
typedef struct {
  i64 begin, end;
} Span;

#define SWEEP_PARAMETERS(T)                                                    \
  i64 begin, i64 end, i64 cols, i64 chunkCols, T *states, i64 elementStates,   \
      const i64 *addresses, const Chunk *chunks, const Span *spans
#define FINISH_PARAMETERS(T)                                                   \
  i64 begin, i64 end, const T *states, i64 n, i64 chunkCols, double *partials, \
      i64 elementStates, const i64 *addresses, const Tile *tiles,              \
      const i64 *bases

/* Table t of those that a step has, for the element of this block. */
#define TABLE(t, count, own)                                                   \
  (addresses ? (__typeof__(own))addresses[ELEMENT * count + t] : own)

/* What this block of sweep does. */
static Chunk chunkOf(i64 begin, i64 end, i64 chunkCols, i64 elementStates,
                     const Chunk *chunks) {
  Chunk chunk = {begin + (i64)BLOCK * 64,
                 end,
                 CHUNK * chunkCols,
                 CHUNK * (end - begin) + (i64)BLOCK * 64,
                 0,
                 1};
  if (chunks)
    chunk = chunks[BLOCK];
  chunk.states += ELEMENT * elementStates;
  return chunk;
}
static Span spanOf(Chunk chunk, i64 n, i64 cols, i64 chunkCols,
                   const Span *spans) {
  if (spans)
    return spans[chunk.firstSpan + n];
  return (Span){chunk.base, least(cols, chunk.base + chunkCols)};
}
static Tile tileOf(i64 begin, i64 end, i64 n, i64 elementStates,
                   const Tile *tiles) {
  Tile tile = {begin + (i64)BLOCK * 64, end, begin, end - begin, 0, n, 0};
  if (tiles)
    tile = tiles[BLOCK];
  tile.states += ELEMENT * elementStates;
  return tile;
}

/* A_i = G Sum_j <X_i, Y_j> B_j */

KERNEL sum_sweep(const float *G, const float *X, const float *Y, const float *B,
                 float *A, SWEEP_PARAMETERS(float)) {
  SHARED float tile[64][5];
  Chunk chunk = chunkOf(begin, end, chunkCols, elementStates, chunks);
  i64 i = chunk.rowBegin + THREAD, row = least(i, chunk.rowEnd - 1);
  X = TABLE(1, 5, X), Y = TABLE(2, 5, Y), B = TABLE(3, 5, B);
  float s0 = 0, s1 = 0;
  for (i64 n = 0; n < chunk.spans; ++n) {
    Span span = spanOf(chunk, n, cols, chunkCols, spans);
    for (i64 j = span.begin; j < span.end; j += 64) {
      if (j + THREAD < span.end) {
        for (int k = 0; k < 3; ++k)
          tile[THREAD][k] = Y[3 * (j + THREAD) + k];
        tile[THREAD][3] = B[2 * (j + THREAD)];
        tile[THREAD][4] = B[2 * (j + THREAD) + 1];
      }
      __syncthreads();
      int count = (int)least(64, span.end - j);
      for (int t = 0; t < count; ++t) {
        float k = X[3 * row] * tile[t][0] + X[3 * row + 1] * tile[t][1] +
                  X[3 * row + 2] * tile[t][2];
        s0 += k * tile[t][3];
        s1 += k * tile[t][4];
      }
      __syncthreads();
    }
  }
  if (i < chunk.rowEnd) {
    i64 place = chunk.states + THREAD;
    states[2 * place] = s0;
    states[2 * place + 1] = s1;
  }
}

KERNEL sum_finish(const float *G, const float *X, const float *Y,
                  const float *B, float *A, FINISH_PARAMETERS(float)) {
  Tile tile = tileOf(begin, end, n, elementStates, tiles);
  i64 i = tile.rowBegin + THREAD;
  if (i >= tile.rowEnd)
    return;
  G = TABLE(0, 5, G), A = TABLE(4, 5, A);
  float s0 = 0, s1 = 0;
  for (i64 c = 0; c < tile.chunks; ++c) {
    i64 place = tile.states + c * tile.tileRows + i - tile.tileBegin;
    s0 += states[2 * place];
    s1 += states[2 * place + 1];
  }
  A[2 * i] = G[0] * s0;
  A[2 * i + 1] = G[0] * s1;
}

/* T_i = Sum_j X_i Y_j */

KERNEL rows_sweep(const double *X, const double *Y, double *T,
                  SWEEP_PARAMETERS(double)) {
  Chunk chunk = chunkOf(begin, end, chunkCols, elementStates, chunks);
  i64 i = chunk.rowBegin + THREAD;
  if (i >= chunk.rowEnd)
    return;
  X = TABLE(0, 3, X), Y = TABLE(1, 3, Y);
  double s = 0;
  for (i64 n = 0; n < chunk.spans; ++n) {
    Span span = spanOf(chunk, n, cols, chunkCols, spans);
    for (i64 j = span.begin; j < span.end; ++j)
      s += X[i] * Y[j];
  }
  states[chunk.states + THREAD] = s;
}

static double combined(const double *states, Tile tile, i64 i) {
  double s = 0;
  for (i64 c = 0; c < tile.chunks; ++c)
    s += states[tile.states + c * tile.tileRows + i - tile.tileBegin];
  return s;
}

KERNEL rows_finish(const double *X, const double *Y, double *T,
                   FINISH_PARAMETERS(double)) {
  Tile tile = tileOf(begin, end, n, elementStates, tiles);
  i64 i = tile.rowBegin + THREAD;
  if (i < tile.rowEnd)
    TABLE(2, 3, T)[i] = combined(states, tile, i);
}

/* A_i = T_i T_i */

KERNEL square_finish(const double *T, double *A, FINISH_PARAMETERS(void)) {
  i64 i = begin + (i64)BLOCK * 64 + THREAD;
  T = TABLE(0, 2, T), A = TABLE(1, 2, A);
  if (i < end)
    A[i] = T[i] * T[i];
}

/* g = Sum_i Sum_j X_i Y_j, with the sweep of the rows */

KERNEL total_finish(const double *X, const double *Y, double *g,
                    FINISH_PARAMETERS(double)) {
  SHARED double rows[64];
  Tile tile = tileOf(begin, end, n, elementStates, tiles);
  i64 i = tile.rowBegin + THREAD;
  rows[THREAD] = i < tile.rowEnd ? combined(states, tile, i) : 0;
  __syncthreads();
  if (THREAD > 0)
    return;
  double s = 0;
  for (int t = 0; t < 64; ++t)
    s += rows[t];
  partials[2 * (ELEMENT * BLOCKS + BLOCK)] = s; /* 16 bytes each */
}

KERNEL total_close(const double *X, const double *Y, double *g,
                   const double *partials, i64 count, const i64 *addresses) {
  if (THREAD > 0)
    return;
  double s = 0;
  for (i64 b = 0; b < count; ++b)
    s += partials[2 * (ELEMENT * count + b)];
  TABLE(2, 3, g)[0] = s;
}

/* A kernel that writes where nothing is. */

KERNEL wild_finish(const double *X, double *A, FINISH_PARAMETERS(void)) {
  A[end + 1000000] = X[0];
}
