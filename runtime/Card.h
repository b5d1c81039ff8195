/*===- Card.h - what a compiled kernel tells the runtime -----------*- C
-*-===*\
|*                                                                            *|
|* The compiler leaves, beside the code of each kernel and in the same object,*|
|* one constant `keops_card`. The runtime reads it and needs neither LLVM nor *|
|* the formula. The writer is compiler/Driver/Card.cpp; the layouts must      *|
|* agree, and `version` says that they do.                                    *|
|*                                                                            *|
|* A launch works on a list of tables: the inputs, then the outputs, then the *|
|* temporaries, numbered in this order. A card lists steps; each step is one  *|
|* tile.kernel and names the tables that it uses.                             *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef KEOPS_RUNTIME_CARD_H
#define KEOPS_RUNTIME_CARD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KEOPS_CARD_VERSION 1

/* How many rows a table has: one, M or N. */
enum { KEOPS_AXIS_P = 0, KEOPS_AXIS_I = 1, KEOPS_AXIS_J = 2 };

enum { KEOPS_FLOAT32 = 0, KEOPS_FLOAT64 = 1, KEOPS_INT64 = 2 };

/* Instruction sets of host code, in ascending order. */
enum { KEOPS_X86_64_V2 = 2, KEOPS_X86_64_V3 = 3, KEOPS_X86_64_V4 = 4 };

/* A row-major table, rows(axis) x dim, contiguous. */
typedef struct keops_table {
  const char *name;
  int32_t axis;
  int32_t dtype;
  int64_t dim;
} keops_table;

/* Reduces columns [col_begin, col_end) for the rows [row_begin, row_end), at
 * most `max_rows` of them, and leaves one tile of accumulators in `state`.
 * Column numbers are counted from col_begin. No columns: the neutral state. */
typedef void (*keops_sweep_fn)(void *const *tables, int64_t row_begin,
                               int64_t row_end, int64_t col_begin,
                               int64_t col_end, void *scratch, void *state);

/* Combines the states of `n_states` consecutive chunks of columns, chunk c
 * starting at column c * chunk_cols and its state at states + c * state_bytes,
 * then finalizes. Stores result rows, or, in a step whose rows are reduced too,
 * one partial result in `partial`. A step without a sweep gets n_states = 0. */
typedef void (*keops_finish_fn)(void *const *tables, int64_t row_begin,
                                int64_t row_end, const void *states,
                                int64_t n_states, int64_t chunk_cols,
                                void *scratch, void *partial);

/* Combines n_partials partial results, in order, and stores the outputs that
 * vary along no axis. Null unless the rows are reduced. */
typedef void (*keops_close_fn)(void *const *tables, const void *partials,
                               int64_t n_partials, void *scratch);

/* One step, compiled for one instruction set. All scratch, state and partial
 * buffers are aligned to 64 bytes, and their sizes are multiples of 64. */
typedef struct keops_host_code {
  int32_t isa;
  int32_t reserved;
  int64_t max_rows;      /* rows that one call of sweep or finish may take */
  int64_t row_quantum;   /* a row tile is best a multiple of this */
  int64_t col_quantum;   /* a chunk of columns is best a multiple of this */
  int64_t scratch_bytes; /* per call in flight */
  int64_t state_bytes;   /* one tile of accumulators; 0 without a sweep */
  int64_t partial_bytes; /* 0 unless the rows are reduced */
  keops_sweep_fn sweep;  /* null if the step has no sweep */
  keops_finish_fn finish;
  keops_close_fn close;
} keops_host_code;

typedef struct keops_step {
  int32_t
      row_axis; /* KEOPS_AXIS_I: rows are 0..M and columns 0..N; J: reverse */
  int32_t n_tables;
  const int32_t *tables; /* positions in the launch's list of tables */
  int32_t n_host;
  int32_t reserved;
  const keops_host_code *host; /* best instruction set first */
  /* Estimated time of one (row, column) pair on one core, in ns: decides
   * whether threads pay. */
  double pair_ns;
} keops_step;

typedef struct keops_card {
  int32_t version;
  int32_t n_inputs;
  int32_t n_outputs;
  int32_t n_temporaries;
  const char *name;          /* the kernel's, as in the generated header */
  const keops_table *tables; /* inputs, outputs, temporaries */
  const keops_step *steps;   /* in order of execution */
  int32_t n_steps;
  int32_t reserved;
} keops_card;

#ifdef __cplusplus
}
#endif

#endif /* KEOPS_RUNTIME_CARD_H */
