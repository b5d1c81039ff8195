/*===- keops/compiler.h - formulas compiled in memory -------------*- C -*-===*\
|*                                                                            *|
|* Text of the formula language in, a kernel that can be run out, or messages *|
|* that point at the place in the text. Link with libkeops_compiler; LLVM is  *|
|* inside it and shows nothing to the outside, and so is the runtime: no      *|
|* other library is needed.                                                   *|
|*                                                                            *|
|* All functions may be called from several threads at once, and none throws. *|
|* A formula is compiled once per process, and once per machine: code is kept *|
|* in a folder of the user,                                                   *|
|*                                                                            *|
|*   $KEOPSC_CACHE_DIR, or $XDG_CACHE_HOME/keopsc, or ~/.cache/keopsc         *|
|*                                                                            *|
|* The first that is set decides, when a kernel is compiled for the first     *|
|* time; KEOPSC_CACHE_DIR set to nothing keeps nothing. A folder that cannot  *|
|* be written, or that others can write, is not used, and nothing fails for   *|
|* that.                                                                      *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef KEOPS_COMPILER_H
#define KEOPS_COMPILER_H

#include "keops/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What keops_compile returns beside the values of keops_status. */
typedef enum keops_compiler_status {
  KEOPS_BAD_FORMULA = 100,   /* the report says where and why */
  KEOPS_COMPILER_FAULT = 101 /* a fault of ours: the report has the details */
} keops_compiler_status;

/* What to compile. Zero is the default for every field but `size`. All texts
 * may be freed when keops_compile has returned. */
typedef struct keops_source {
  int64_t size; /* sizeof(keops_source): lets the struct grow */

  /* One formula, as on the command line of keopsc: */
  const char *formula;        /* "Exp(-G * SqDist(X, Y)) * B" */
  const char *const *aliases; /* "X = Vi(3)", or "D = SqDist(X, Y)" */
  int64_t n_aliases;
  const char *reduction;  /* "Sum" by default. Not applied to a formula that
                           * holds its own. */
  const char *formula2;   /* the weight, for a reduction that takes one */
  const char *dtype;      /* "float32" by default, or "float64" */
  const char *sum_scheme; /* "block_sum" by default, "direct_sum" or
                           * "kahan_scheme": how reductions add up */
  const char *dtype_acc;  /* precision of their sums, by default the data's */
  int64_t axis;           /* the axis that is reduced: 1 is j, 0 is i */
  int64_t opt_arg;        /* K, for KMin and its kin; used if has_opt_arg */
  int64_t has_opt_arg;

  /* What is wanted instead of the formula: its derivative along the variables
   * of the first text ("X", or "X, B" for two results), of that the derivative
   * along those of the second text, and so on. Each takes one more table: of
   * the shape of what is differentiated, that is, of its first result. */
  const char *const *gradients;
  int64_t n_gradients;
  /* 1: each of them may take the result of what is differentiated, as one more
   * table, instead of computing it again. It does where that saves a sweep, as
   * for LogSumExp: keops_kernel_input tells. */
  int64_t takes_result;

  /* Or the text of a .keops file; `formula` is null and no field above is used
   * then. */
  const char *file;
  const char *kernel; /* of a file: gauss, or gauss_grad_X if the file asks for
                       * it; may be null if there is only one */

  /* More options, as keopsc takes them: "--precise", "--cpu=x86-64-v3" (native
   * by default), "--target=cpu,cuda" for kernels that can also run on a GPU,
   * "--max-order=9" and the other limits. */
  const char *const *options;
  int64_t n_options;
} keops_source;

/* KEOPS_SOURCE_DEFAULTS can initialize a keops_source. */
#define KEOPS_SOURCE_DEFAULTS                                                  \
  {(int64_t)sizeof(keops_source),                                              \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0,                                                                          \
   0}

typedef struct keops_kernel keops_kernel;
typedef struct keops_report keops_report;

/* Compiles, or finds what has been compiled before. KEOPS_OK, and `*kernel` is
 * to be freed; or another status, and `*kernel` is null.
 * `report` may be null; else `*report` is to be freed, whatever the status. */
int keops_compile(const keops_source *source, keops_kernel **kernel,
                  keops_report **report);
void keops_kernel_free(keops_kernel *kernel);

/* The same without compiling: what the kernel takes and makes, in a tenth of
 * the time. It cannot be run. */
int keops_describe(const keops_source *source, keops_kernel **kernel,
                   keops_report **report);

/* All messages as they would be printed, with the line of text and a caret.
 * Empty if there is none. The text lives as long as the report. */
const char *keops_report_text(const keops_report *report);
void keops_report_free(keops_report *report);

typedef enum keops_severity {
  KEOPS_NOTE = 0,
  KEOPS_WARNING = 1,
  KEOPS_ERROR = 2
} keops_severity;

/* One message: "SqDist needs operands of equal dimension, got 3 and 2", in
 * line 1, column 5 (counted in bytes) of "<formula>". */
typedef struct keops_message {
  const char *text;
  const char *where; /* "<formula>", "<alias 1>", "<file>", ...; may be empty */
  int32_t line, column; /* counted from 1; 0 if it is about no place */
  int32_t severity;     /* keops_severity; notes belong to the error before */
  int32_t reserved;
} keops_message;

/* The messages of a report; null past the last one. */
const keops_message *keops_report_message(const keops_report *report,
                                          int64_t index);

/* A table that a kernel takes or makes: rows of `dim` numbers, contiguous. */
typedef struct keops_parameter {
  const char *name;
  int32_t axis;  /* keops_axis: one row, M or N of them */
  int32_t dtype; /* keops_dtype */
  int64_t dim;
} keops_parameter;

/* In the order in which keops_kernel_run takes them; null past the last one.
 * They live as long as the kernel. */
const keops_parameter *keops_kernel_input(const keops_kernel *kernel,
                                          int64_t index);
const keops_parameter *keops_kernel_output(const keops_kernel *kernel,
                                           int64_t index);

/* Runs a kernel: see keops_rt_launch in keops/runtime.h. */
int keops_kernel_run(const keops_kernel *kernel, const keops_call *call,
                     int64_t M, int64_t N, const void *const *inputs,
                     void *const *outputs);

/* What went wrong in the last failed call of this thread, in words; see
 * keops_last_error. A program that links the runtime as well has two of them:
 * this one speaks of calls in this header. */
const char *keops_compiler_last_error(void);

/* Version of the library, e.g. "0.1.0". */
const char *keops_compiler_version(void);

#ifdef __cplusplus
}
#endif

#endif /* KEOPS_COMPILER_H */
