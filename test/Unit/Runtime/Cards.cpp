//===- Cards.cpp - kernels written by hand, as the compiler would ---------===//

#include "test/Unit/Runtime/Cards.h"

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>

using namespace cards;

std::atomic<int> cards::breaches{0};

static void check(int64_t rowBegin, int64_t rowEnd,
                  std::initializer_list<const void *> buffers) {
  bool sound =
      rowBegin >= 0 && rowBegin < rowEnd && rowEnd - rowBegin <= maxRows;
  for (const void *buffer : buffers)
    sound &= buffer && reinterpret_cast<uintptr_t>(buffer) % 64 == 0;
  if (!sound)
    ++breaches;
}

static std::vector<int64_t> columnsOf(const keops_span *spans, int64_t count) {
  std::vector<int64_t> columns;
  for (int64_t s = 0; s < count; ++s)
    for (int64_t j = spans[s].begin; j < spans[s].end; ++j)
      columns.push_back(j);
  return columns;
}

static constexpr int64_t lines(int64_t bytes) { return (bytes + 63) & -64; }

template <typename T> static const T *in(void *const *tables, int t) {
  return static_cast<const T *>(tables[t]);
}
template <typename T> static T *out(void *const *tables, int t) {
  return static_cast<T *>(tables[t]);
}

//===----------------------------------------------------------------------===//
// Sum of products
//===----------------------------------------------------------------------===//

static constexpr int64_t sumState = lines(maxRows * 2 * 4);

static void sweepSum(void *const *tables, int64_t rowBegin, int64_t rowEnd,
                     const keops_span *spans, int64_t spanCount, int64_t,
                     void *scratch, void *state) {
  check(rowBegin, rowEnd, {scratch, state});
  std::memset(scratch, 0xAB, scratchBytes);
  std::memset(state, 0, sumState);
  const float *x = in<float>(tables, 1), *y = in<float>(tables, 2);
  const float *b = in<float>(tables, 3);
  auto *s = static_cast<float *>(state);
  for (int64_t i = rowBegin; i < rowEnd; ++i)
    for (int64_t j : columnsOf(spans, spanCount)) {
      float k = x[3 * i] * y[3 * j] + x[3 * i + 1] * y[3 * j + 1] +
                x[3 * i + 2] * y[3 * j + 2];
      for (int d = 0; d < 2; ++d)
        s[2 * (i - rowBegin) + d] += k * b[2 * j + d];
    }
}

static void finishSum(void *const *tables, int64_t rowBegin, int64_t rowEnd,
                      const void *states, int64_t count, const int64_t *,
                      void *scratch, void *) {
  check(rowBegin, rowEnd, {scratch, states});
  std::memset(scratch, 0xCD, scratchBytes);
  float *a = out<float>(tables, 4);
  for (int64_t i = rowBegin; i < rowEnd; ++i)
    for (int d = 0; d < 2; ++d) {
      float total = 0;
      for (int64_t c = 0; c < count; ++c)
        total += static_cast<const float *>(
            states)[c * (sumState / 4) + 2 * (i - rowBegin) + d];
      a[2 * i + d] = in<float>(tables, 0)[0] * total;
    }
}

void cards::makeSum(Card &card) {
  card.tables = {{"G", KEOPS_AXIS_P, KEOPS_FLOAT32, 1},
                 {"X", KEOPS_AXIS_I, KEOPS_FLOAT32, 3},
                 {"Y", KEOPS_AXIS_J, KEOPS_FLOAT32, 3},
                 {"B", KEOPS_AXIS_J, KEOPS_FLOAT32, 2},
                 {"A", KEOPS_AXIS_I, KEOPS_FLOAT32, 2}};
  card.addStep(KEOPS_AXIS_I, {0, 1, 2, 3, 4},
               {KEOPS_X86_64_V2, 0, maxRows, rowQuantum, colQuantum,
                scratchBytes, sumState, 0, sweepSum, finishSum, nullptr});
  card.finish("sum", 1, 0);
}

std::vector<float> cards::sum(int64_t M, int64_t N, const std::vector<float> &G,
                              const std::vector<float> &X,
                              const std::vector<float> &Y,
                              const std::vector<float> &B) {
  auto a = std::vector<float>(size_t(2 * M));
  for (int64_t i = 0; i < M; ++i)
    for (int d = 0; d < 2; ++d) {
      double total = 0;
      for (int64_t j = 0; j < N; ++j)
        for (int k = 0; k < 3; ++k)
          total += double(X[3 * i + k]) * Y[3 * j + k] * B[2 * j + d];
      a[2 * i + d] = float(G[0] * total);
    }
  return a;
}

//===----------------------------------------------------------------------===//
// The nearest column
//===----------------------------------------------------------------------===//

namespace {
struct Nearest {
  double distance;
  int64_t column;
};
} // namespace

static void sweepArgMin(void *const *tables, int64_t rowBegin, int64_t rowEnd,
                        const keops_span *spans, int64_t spanCount,
                        int64_t base, void *scratch, void *state) {
  check(rowBegin, rowEnd, {scratch, state});
  auto *s = static_cast<Nearest *>(state);
  for (int64_t i = rowBegin; i < rowEnd; ++i) {
    Nearest best = {std::numeric_limits<double>::infinity(), -1};
    for (int64_t j : columnsOf(spans, spanCount)) {
      double distance =
          std::fabs(in<double>(tables, 0)[i] - in<double>(tables, 1)[j]);
      if (distance < best.distance)
        best = {distance, j - base};
    }
    s[i - rowBegin] = best;
  }
}

static void finishArgMin(void *const *tables, int64_t rowBegin, int64_t rowEnd,
                         const void *states, int64_t count,
                         const int64_t *bases, void *scratch, void *) {
  check(rowBegin, rowEnd, {scratch, states});
  auto *s = static_cast<const Nearest *>(states);
  for (int64_t i = rowBegin; i < rowEnd; ++i) {
    Nearest best = {std::numeric_limits<double>::infinity(), -1};
    for (int64_t c = 0; c < count; ++c) {
      Nearest other = s[c * maxRows + i - rowBegin];
      if (other.distance < best.distance)
        best = {other.distance, other.column + bases[c]};
    }
    out<int64_t>(tables, 2)[i] = best.column;
  }
}

void cards::makeArgMin(Card &card) {
  card.tables = {{"X", KEOPS_AXIS_I, KEOPS_FLOAT64, 1},
                 {"Y", KEOPS_AXIS_J, KEOPS_FLOAT64, 1},
                 {"I", KEOPS_AXIS_I, KEOPS_INT64, 1}};
  card.addStep(KEOPS_AXIS_I, {0, 1, 2},
               {KEOPS_X86_64_V2, 0, maxRows, rowQuantum, colQuantum, 0,
                int64_t(maxRows * sizeof(Nearest)), 0, sweepArgMin,
                finishArgMin, nullptr});
  card.finish("argmin", 1, 0);
}

//===----------------------------------------------------------------------===//
// A sum over rows and columns
//===----------------------------------------------------------------------===//

static constexpr int64_t rowState = lines(maxRows * 8);

static void sweepRows(void *const *tables, int64_t rowBegin, int64_t rowEnd,
                      const keops_span *spans, int64_t spanCount, int64_t,
                      void *scratch, void *state) {
  check(rowBegin, rowEnd, {scratch, state});
  std::memset(state, 0, rowState);
  for (int64_t i = rowBegin; i < rowEnd; ++i)
    for (int64_t j : columnsOf(spans, spanCount))
      static_cast<double *>(state)[i - rowBegin] +=
          in<double>(tables, 0)[i] * in<double>(tables, 1)[j];
}

static double rowTotal(const void *states, int64_t count, int64_t row) {
  double total = 0;
  for (int64_t c = 0; c < count; ++c)
    total += static_cast<const double *>(states)[c * (rowState / 8) + row];
  return total;
}

static void finishTotal(void *const *, int64_t rowBegin, int64_t rowEnd,
                        const void *states, int64_t count, const int64_t *,
                        void *scratch, void *partial) {
  check(rowBegin, rowEnd, {scratch, states, partial});
  std::memset(partial, 0, 64);
  for (int64_t i = rowBegin; i < rowEnd; ++i)
    *static_cast<double *>(partial) += rowTotal(states, count, i - rowBegin);
}

static void closeTotal(void *const *tables, const void *partials, int64_t count,
                       void *scratch) {
  std::memset(scratch, 0xEF, scratchBytes);
  double total = 0;
  for (int64_t t = 0; t < count; ++t)
    total += static_cast<const double *>(partials)[8 * t];
  out<double>(tables, 2)[0] = total;
}

void cards::makeTotal(Card &card) {
  card.tables = {{"X", KEOPS_AXIS_I, KEOPS_FLOAT64, 1},
                 {"Y", KEOPS_AXIS_J, KEOPS_FLOAT64, 1},
                 {"g", KEOPS_AXIS_P, KEOPS_FLOAT64, 1}};
  card.addStep(KEOPS_AXIS_I, {0, 1, 2},
               {KEOPS_X86_64_V2, 0, maxRows, rowQuantum, colQuantum,
                scratchBytes, rowState, 64, sweepRows, finishTotal,
                closeTotal});
  card.finish("total", 1, 0);
}

//===----------------------------------------------------------------------===//
// Three steps and a temporary
//===----------------------------------------------------------------------===//

static void finishRows(void *const *tables, int64_t rowBegin, int64_t rowEnd,
                       const void *states, int64_t count, const int64_t *,
                       void *scratch, void *) {
  check(rowBegin, rowEnd, {scratch, states});
  for (int64_t i = rowBegin; i < rowEnd; ++i)
    out<double>(tables, 2)[i] = rowTotal(states, count, i - rowBegin);
}

static void finishSquare(void *const *tables, int64_t rowBegin, int64_t rowEnd,
                         const void *states, int64_t count, const int64_t *,
                         void *scratch, void *) {
  check(rowBegin, rowEnd, {scratch});
  if (states || count != 0)
    ++breaches;
  for (int64_t i = rowBegin; i < rowEnd; ++i)
    out<double>(tables, 1)[i] =
        in<double>(tables, 0)[i] * in<double>(tables, 0)[i];
}

void cards::makeChain(Card &card) {
  card.tables = {{"X", KEOPS_AXIS_I, KEOPS_FLOAT64, 1},
                 {"Y", KEOPS_AXIS_J, KEOPS_FLOAT64, 1},
                 {"A", KEOPS_AXIS_I, KEOPS_FLOAT64, 1},
                 {"C", KEOPS_AXIS_J, KEOPS_FLOAT64, 1},
                 {"pad", KEOPS_AXIS_P, KEOPS_FLOAT32, 1},
                 {"T", KEOPS_AXIS_I, KEOPS_FLOAT64, 1}};
  keops_host_code rows = {
      KEOPS_X86_64_V2, 0, maxRows,   rowQuantum, colQuantum, scratchBytes,
      rowState,        0, sweepRows, finishRows, nullptr};
  keops_host_code square = {
      KEOPS_X86_64_V2, 0,      maxRows, rowQuantum, 1, 0, 0, 0, nullptr,
      finishSquare,    nullptr};
  card.addStep(KEOPS_AXIS_I, {0, 1, 5}, rows);
  card.addStep(KEOPS_AXIS_I, {5, 2}, square);
  // sweepRows multiplies rows (Y) by columns (T): C_j = Sum_i Y_j T_i.
  card.addStep(KEOPS_AXIS_J, {1, 5, 3}, rows);
  card.finish("chain", 2, 2);
}

//===----------------------------------------------------------------------===//
// The card
//===----------------------------------------------------------------------===//

void Card::addStep(int32_t rowAxis, std::vector<int32_t> names,
                   keops_host_code code) {
  stepTables.push_back(std::move(names));
  host.push_back(code);
  steps.push_back({rowAxis, 0, nullptr, 1, 0, nullptr, slowPair, nullptr});
}

const keops_card *Card::finish(const char *name, int outputs, int temporaries) {
  for (size_t s = 0; s < steps.size(); ++s) {
    steps[s].n_tables = int32_t(stepTables[s].size());
    steps[s].tables = stepTables[s].data();
    steps[s].host = &host[s];
  }
  card = {KEOPS_CARD_VERSION,
          int32_t(tables.size()) - outputs - temporaries,
          outputs,
          temporaries,
          name,
          tables.data(),
          steps.data(),
          int32_t(steps.size()),
          0,
          nullptr};
  return &card;
}
