/*===- Card.h - what a compiled kernel tells the runtime ----------*- C -*-===*\
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

#include "keops/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KEOPS_CARD_VERSION 3

/* Instruction sets of host code, in ascending order. */
enum { KEOPS_X86_64_V2 = 2, KEOPS_X86_64_V3 = 3, KEOPS_X86_64_V4 = 4 };

/* A row-major table, rows(axis) x dim, contiguous. */
typedef struct keops_table {
  const char *name;
  int32_t axis;  /* keops_axis */
  int32_t dtype; /* keops_dtype */
  int64_t dim;
} keops_table;

/* Columns [begin, end). */
typedef struct keops_span {
  int64_t begin;
  int64_t end;
} keops_span;

/* Reduces the columns of `n_spans` spans, one after the other, for the rows
 * [row_begin, row_end), at most `max_rows` of them, and leaves one tile of
 * accumulators in `state`. Column numbers are counted from column `base`, which
 * is no later than any span. No columns: the neutral state. */
typedef void (*keops_sweep_fn)(void *const *tables, int64_t row_begin,
                               int64_t row_end, const keops_span *spans,
                               int64_t n_spans, int64_t base, void *scratch,
                               void *state);

/* Combines the states of `n_states` chunks of columns in order. Chunk c counts
 * its columns from bases[c], and its state is at states + c * state_bytes. Then
 * finalizes. Stores result rows, or, in a step whose rows are reduced too, one
 * partial result in `partial`. A step without a sweep gets n_states = 0. */
typedef void (*keops_finish_fn)(void *const *tables, int64_t row_begin,
                                int64_t row_end, const void *states,
                                int64_t n_states, const int64_t *bases,
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

/* -- Device code -------------------------------------------------------------
 *
 * The device code of all steps of a card is one module: PTX text that the
 * driver compiles for whatever device there is, and ready-made cubins. A step
 * names up to three kernels of it, which do what the three functions above do.
 * With `tables` for the device addresses of the step's tables, one parameter of
 * 8 bytes for each, in the order of keops_step.tables, their parameters are
 *
 *   sweep  (tables..., i64 row_begin, i64 row_end, i64 cols, i64 chunk_cols,
 *           ptr states, i64 element_states, ptr addresses, ptr chunks,
 *           ptr spans)
 *   finish (tables..., i64 row_begin, i64 row_end, ptr states, i64 n_states,
 *           i64 chunk_cols, ptr partials, i64 element_states, ptr addresses,
 *           ptr tiles, ptr bases)
 *   close  (tables..., ptr partials, i64 n_partials, ptr addresses)
 *
 * addresses, chunks, spans, tiles and bases are lists in the memory of the
 * device, or null; see below for what they are good for. Without them: a
 * launch may take the rows in bands [row_begin, row_end), one after the
 * other; nothing but their `states` need then fit in memory at once. Blocks
 * have one dimension, of the number of threads that is given here, and no
 * dynamic shared memory. With rows = row_end - row_begin > 0:
 *
 *   sweep   grid (ceil(rows / tile_rows), n_states, 1). Block (t, c) reduces
 *           columns [c * chunk_cols, min(cols, (c + 1) * chunk_cols)) for rows
 *           row_begin + [t * tile_rows, (t + 1) * tile_rows), as far as there
 *           are such, and writes their states. No columns: the neutral state.
 *           1 <= n_states <= 65535, 1 <= chunk_cols <= 2^30, and n_states is
 *           max(1, ceil(cols / chunk_cols)): chunks cover all columns.
 *   finish  grid (ceil(rows / finish_threads), 1, 1), after the sweep of the
 *           same band. Combines the states of each row, first chunk to last,
 *           finalizes, and stores result rows; or, in a step whose rows are
 *           reduced too, writes one partial result for each of its blocks:
 *           that of block b at partials + b * partial_bytes. A step without a
 *           sweep gets n_states = 0.
 *   close   grid (1, 1, 1), after all bands. Combines n_partials partial
 *           results, first to last, and stores the outputs that vary along no
 *           axis. The partial results of a band follow those of the band before
 *           it: `partials` of finish is moved on by the number of its blocks.
 *
 * With ranges, tiles of rows have columns of their own, and blocks read what
 * they have to do from lists; row_begin, row_end, cols, chunk_cols and n_states
 * have no meaning then.
 *
 *   sweep   grid (number of chunks, 1, 1). Block b does chunks[b]: reduces the
 *           columns of its spans, one after the other, for the rows of its
 *           tile, and writes their states.
 *   finish  grid (number of tiles, 1, 1). Block b does tiles[b]: combines the
 *           states of all chunks of these rows, first to last; chunk c counts
 *           its columns from bases[first_base + c].
 *
 * The entries of a list may be in any order. A band has a part of the lists.
 * Steps without a sweep have no lists.
 *
 * A launch may do several elements of a batch at once, in a grid that is as
 * many times as deep (along z, at most 65535). Element e of them has its tables
 * at addresses[e * n_tables + t], whatever the parameters `tables` say, its
 * states behind those of e * element_states rows, and its partial results
 * behind e times as many as finish has blocks along x, which are the n_partials
 * of close. Rows are in one band then. Without addresses there is one element.
 *
 * Without rows neither sweep nor finish is launched, and close gets
 * n_partials = 0. What a kernel does not use (a null `states`) it does not
 * read. States and partial results are aligned to 16 bytes and are written in
 * full before they are read; tables need only the alignment of their numbers.
 *
 * The order in which numbers are added depends on chunk_cols, the lists, the
 * bands and these fields alone: launches that agree in them give equal bits. */

/* One block of sweep. */
typedef struct keops_device_chunk {
  int64_t row_begin, row_end; /* of its tile: at most tile_rows */
  int64_t base;               /* its columns are counted from here */
  int64_t states;             /* its states are behind those of so many rows */
  int64_t first_span, n_spans;
} keops_device_chunk;

/* One block of finish. */
typedef struct keops_device_tile {
  int64_t row_begin, row_end; /* at most finish_threads, all of one tile */
  int64_t tile_begin;         /* the first row of the tile of sweep */
  int64_t tile_rows;
  int64_t states;   /* the states of its first chunk: behind so many rows */
  int64_t n_states; /* chunks; those of chunk c begin c * tile_rows later */
  int64_t first_base;
} keops_device_tile;

/* Machine code for one architecture: 75 for sm_75, which also runs on later
 * devices of the same major number (86 on 89, but not on 90). Or, if is_text is
 * not 0, PTX text that ends with a null character, for this architecture alone,
 * whose kernels make more of it than those for all. */
typedef struct keops_cubin {
  int32_t arch;
  int32_t is_text;
  int64_t bytes;
  const void *data;
} keops_cubin;

typedef struct keops_device_code {
  int32_t arch; /* the oldest architecture that the text is for: 75 for sm_75 */
  int32_t n_cubins;
  const char *ptx;           /* ends with a null character */
  int64_t ptx_bytes;         /* without it */
  const keops_cubin *cubins; /* best architecture first, all of them >= arch */
} keops_device_code;

typedef struct keops_device_step {
  const char *sweep;      /* null if the step has no sweep */
  const char *finish;     /* null if the step has no rows */
  const char *close;      /* null unless rows are reduced or there are none */
  int32_t sweep_threads;  /* per block: a multiple of 32, at most 1024; 0 if */
  int32_t finish_threads; /* there is no such kernel */
  int32_t close_threads;
  int32_t sweep_shared_bytes; /* static, per block: limits how many fit */
  int64_t tile_rows;   /* rows per block of sweep: a multiple of its threads */
  int64_t col_quantum; /* chunk_cols is best a multiple of this */
  int64_t state_bytes; /* per row and chunk: states take n_states * rows *
                          state_bytes of a band; 0 without a sweep */
  int64_t partial_bytes; /* per block of finish; a multiple of 16; 0 unless
                            rows are reduced */
  /* Estimated time of 32 pairs on one quarter of a multiprocessor, which runs
   * one warp at a time, in cycles: decides whether the device pays. */
  double pair_cycles;
} keops_device_step;

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
  const keops_device_step *device; /* null if the card has no device code */
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
  /* Null without device code. With it, steps may be without host code. */
  const keops_device_code *device;
} keops_card;

#ifdef __cplusplus
}
#endif

#endif /* KEOPS_RUNTIME_CARD_H */
