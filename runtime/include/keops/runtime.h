/*===- keops/runtime.h - launching compiled kernels ---------------*- C -*-===*\
|*                                                                            *|
|* Objects made by keopsc call this small library and nothing else. It needs  *|
|* no LLVM, no CUDA and no C++ in its interface.                              *|
|*                                                                            *|
|* All functions may be called from several threads at once. Nothing is       *|
|* started before the first launch; a process may fork between launches.      *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef KEOPS_RUNTIME_H
#define KEOPS_RUNTIME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What every entry point returns. keops_last_error() says it in words. */
typedef enum keops_status {
  KEOPS_OK = 0,
  KEOPS_INVALID_ARGUMENT = 1, /* null pointer, negative or overflowing size */
  KEOPS_OUT_OF_MEMORY = 2,
  KEOPS_UNSUPPORTED_CPU = 3, /* the object has no code for this processor */
  KEOPS_NO_DEVICE = 4,       /* a GPU was asked for and there is none */
  KEOPS_BAD_CARD = 5,        /* object and runtime do not fit together */
  KEOPS_DEVICE_FAILED = 6,   /* a call of the GPU's driver, or a kernel on it */
  KEOPS_STOPPED = 7          /* should_stop of keops_call said so */
} keops_status;

typedef enum keops_backend {
  KEOPS_BACKEND_AUTO = 0, /* a GPU where tables are in its memory, where a
                           * stream is given, and where there is one and the
                           * work is large enough to pay; else the CPU */
  KEOPS_BACKEND_CPU = 1,
  KEOPS_BACKEND_GPU = 2
} keops_backend;

/* How many rows a table has: one, M or N. */
typedef enum keops_axis {
  KEOPS_AXIS_P = 0,
  KEOPS_AXIS_I = 1,
  KEOPS_AXIS_J = 2
} keops_axis;

/* What the numbers of a table are. */
typedef enum keops_dtype {
  KEOPS_FLOAT32 = 0,
  KEOPS_FLOAT64 = 1,
  KEOPS_INT64 = 2
} keops_dtype;

/* Which pairs there are, if not all (block-sparse reductions). Rows come in
 * blocks; block k has the rows [ranges_i[2 k], ranges_i[2 k + 1]) and meets the
 * columns of the intervals slices_i[k - 1] (0 for k = 0) up to slices_i[k] of
 * redranges_j, each again a begin and an end. Rows in no block get the result
 * of a reduction of nothing. Blocks must not share rows, and the intervals of a
 * block not columns.
 *
 * The first half is for reductions over j, where rows are those of i; the
 * second for reductions over i. Derivatives along variables of the reduced axis
 * run over the other axis, and with the transposed ranges. A half whose
 * pointers are null is missing: launches that need it are refused. */
typedef struct keops_ranges {
  int64_t n_i;                /* number of blocks */
  const int64_t *ranges_i;    /* n_i x 2, within 0 .. M */
  const int64_t *slices_i;    /* n_i, ascending */
  const int64_t *redranges_j; /* slices_i[n_i - 1] x 2, within 0 .. N */
  int64_t n_j;
  const int64_t *ranges_j;    /* n_j x 2, within 0 .. N */
  const int64_t *slices_j;    /* n_j, ascending */
  const int64_t *redranges_i; /* slices_j[n_j - 1] x 2, within 0 .. M */
} keops_ranges;

/* Many problems of one size in one call: an array of shape[0] x ... x
 * shape[n_dims - 1] elements. Each input is the first of its tables; the table
 * of element (b_0, b_1, ...) starts so many tables further on:
 *   sum over d of b_d * strides[input * n_dims + d]
 * with a stride of 0 where the elements share a table. No strides: all inputs
 * hold one table for each element, in row-major order, as all outputs do. */
typedef struct keops_batch {
  int32_t n_dims;
  int32_t reserved;
  const int64_t *shape;   /* n_dims */
  const int64_t *strides; /* inputs x n_dims, or null */
} keops_batch;

/* How to run one call. Zero is the default for every field but `size`; a null
 * pointer instead of the struct means all defaults. */
typedef struct keops_call {
  int64_t size;    /* sizeof(keops_call): lets the struct grow */
  int32_t backend; /* keops_backend */
  int32_t device;  /* number of the GPU */
  int32_t threads; /* at most so many host threads, this one included; 0: one
                    * for each core that this thread may run on. Results do not
                    * depend on it, to the last bit. */
  int32_t reserved;
  void *stream; /* GPU stream (a CUstream) to run on; null: the default stream
                 * if tables are in the memory of the GPU, else any */
  const keops_ranges *ranges; /* null: all pairs */
  const keops_batch *batch;   /* null: one problem. Ranges hold for each. */
  /* Lets a user end a long call on the CPU. Asked some ten times a second by
   * the thread that calls, between two pieces of work, which may take more than
   * a second for 10^7 columns. If it does not return 0, the call returns
   * KEOPS_STOPPED, and outputs hold no results. It must not throw. Null: nobody
   * is asked. */
  int (*should_stop)(void *stop_context);
  void *stop_context;
} keops_call;

/* KEOPS_CALL_DEFAULTS can initialize a keops_call. */
/* clang-format off */
#define KEOPS_CALL_DEFAULTS {sizeof(keops_call), 0, 0, 0, 0, 0, 0, 0, 0, 0}
/* clang-format on */

struct keops_card;

/* Runs one kernel: M rows of i, N rows of j, one pointer for each input and
 * each output in the order of the card. Called by generated entry points, which
 * are the usual way in. Pointers of tables without rows may be null. Outputs
 * must overlap neither inputs nor each other. Blocks until the results are
 * there, unless all tables are in the memory of a GPU.
 *
 * On a GPU, each pointer may be one of the host or one of the GPU, and the
 * driver says which. Tables of the host are copied. If all tables are in the
 * memory of the GPU, the call puts its work on the stream and returns; failures
 * of the kernels are then told by whoever waits for the stream.
 *
 * The best code that the object holds for this processor is run. The
 * environment variable KEOPS_CPU (x86-64-v2, x86-64-v3 or x86-64-v4), read at
 * the first launch, asks for one by name. */
int keops_rt_launch(const struct keops_card *card, const keops_call *call,
                    int64_t M, int64_t N, const void *const *inputs,
                    void *const *outputs);

/* What went wrong in the last failed call of this thread: a sentence without a
 * final stop, empty if no call has failed. A call that succeeds leaves it as it
 * is; look at it only after a status other than KEOPS_OK. Valid until this
 * thread's next call. */
const char *keops_last_error(void);

/* Version of the library, e.g. "0.1.0". */
const char *keops_runtime_version(void);

#ifdef __cplusplus
}
#endif

#endif /* KEOPS_RUNTIME_H */
