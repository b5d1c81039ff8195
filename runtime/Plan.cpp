//===- Plan.cpp - how the work of a step is cut ---------------------------===//

#include "runtime/Plan.h"

#include <algorithm>

using namespace keops::rt;

static int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t roundUp(int64_t a, int64_t b) { return divideUp(a, b) * b; }

/// How many chunks the columns have if each is to pay.
static int64_t usefulChunks(const Plan &plan) {
  return std::max<int64_t>(1, plan.cols / minChunkCols);
}

static void cutRows(Plan &plan, const keops_host_code &code) {
  if (plan.rows == 0)
    return;
  int64_t tiles = divideUp(plan.rows, code.max_rows);
  // Where columns cannot make up for the few tiles, smaller tiles must.
  if (code.sweep) {
    int64_t wanted = divideUp(wantedTasks, usefulChunks(plan));
    tiles = std::max(
        tiles, std::min(wanted, divideUp(plan.rows, int64_t(minTileRows))));
  }
  // Of equal size: the last must not keep all other threads waiting.
  plan.tileRows = std::min(
      roundUp(divideUp(plan.rows, tiles), code.row_quantum), code.max_rows);
  plan.tiles = divideUp(plan.rows, plan.tileRows);
}

static void cutCols(Plan &plan, const keops_host_code &code) {
  if (!code.sweep)
    return;
  plan.chunks = 1;
  plan.chunkCols = plan.cols;
  if (plan.tiles == 0 || plan.cols == 0)
    return;
  int64_t chunks = 1;
  if (plan.tiles < wantedTasks)
    chunks = std::min(divideUp(wantedTasks, plan.tiles), usefulChunks(plan));
  // The largest multiple of the quantum that the column numbers allow.
  int64_t limit = maxChunkCols - maxChunkCols % code.col_quantum;
  chunks = std::max(chunks, divideUp(plan.cols, limit));
  if (chunks == 1)
    return;
  plan.chunkCols = roundUp(divideUp(plan.cols, chunks), code.col_quantum);
  plan.chunks = divideUp(plan.cols, plan.chunkCols);
}

Plan keops::rt::planStep(int64_t rows, int64_t cols,
                         const keops_host_code &code) {
  Plan plan;
  plan.rows = rows;
  plan.cols = cols;
  cutRows(plan, code);
  cutCols(plan, code);
  return plan;
}
