//===- Ranges.cpp - compiled kernels on some pairs, and many problems -----===//
//
// A block of rows that meets some columns is a smaller problem of its own: the
// same kernel, launched on these rows and columns alone, on the CPU, is the
// reference. Derivatives of values that several blocks share are compared with
// plain loops.
//
//===----------------------------------------------------------------------===//

#include "keops/runtime.h"
#include "test/Unit/Device/Emulated.h"
#include "test/Unit/Kernels.h"
#include <cmath>

using namespace keops;
using namespace keops::test;

namespace {

/// Rows [begin, end) and the intervals of columns that they meet.
struct RowBlock {
  int64_t begin, end;
  std::vector<std::pair<int64_t, int64_t>> columns;
};

/// 700 rows and 1300 columns: several tiles, blocks of columns and edges; one
/// block without columns, rows in no block, intervals out of order.
constexpr int64_t M = 700, N = 1300;
const std::vector<RowBlock> &blocks() {
  static const std::vector<RowBlock> blocks = {
      {300, 640, {{600, 1217}, {3, 4}, {20, 533}}},
      {0, 17, {{0, 1300}}},
      {17, 20, {}},
      {20, 21, {{1299, 1300}, {0, 16}}},
      {640, 690, {{5, 70}, {70, 90}, {100, 101}, {101, 101}}}};
  return blocks;
}

bool meet(int64_t i, int64_t j) {
  for (const RowBlock &block : blocks())
    if (i >= block.begin && i < block.end)
      for (auto [begin, end] : block.columns)
        if (j >= begin && j < end)
          return true;
  return false;
}

/// keops_ranges for the blocks. A block of its second half are columns next to
/// each other that meet the same rows.
class Ranges {
public:
  Ranges() {
    for (const RowBlock &block : blocks()) {
      rows.insert(rows.end(), {block.begin, block.end});
      for (auto [begin, end] : block.columns)
        redrows.insert(redrows.end(), {begin, end});
      slices.push_back(int64_t(redrows.size()) / 2);
    }
    std::vector<int64_t> last;
    for (int64_t j = 0; j < N; ++j) {
      std::vector<int64_t> meeting = rowsThatMeet(j);
      if (j > 0 && meeting == last) {
        cols.back() = j + 1;
        continue;
      }
      last = meeting;
      cols.insert(cols.end(), {j, j + 1});
      redcols.insert(redcols.end(), meeting.begin(), meeting.end());
      colSlices.push_back(int64_t(redcols.size()) / 2);
    }
    ranges = {int64_t(slices.size()),
              rows.data(),
              slices.data(),
              redrows.data(),
              int64_t(colSlices.size()),
              cols.data(),
              colSlices.data(),
              redcols.data()};
  }
  keops_ranges ranges;

private:
  static std::vector<int64_t> rowsThatMeet(int64_t j) {
    std::vector<int64_t> meeting;
    for (const RowBlock &block : blocks())
      for (auto [begin, end] : block.columns)
        if (j >= begin && j < end)
          meeting.insert(meeting.end(), {block.begin, block.end});
    return meeting;
  }

  std::vector<int64_t> rows, slices, redrows, cols, colSlices, redcols;
};

/// Tables of numbers in [0, 1), or of results; f32 only, and int64.
struct Table {
  Parameter parameter;
  std::vector<float> reals;
  std::vector<int64_t> integers;

  bool isReal() const { return parameter.scalar.isF32(); }
  int64_t rows(int64_t m, int64_t n) const {
    return parameter.axis == Axes::p ? 1 : parameter.axis == Axes::i ? m : n;
  }
  void resize(int64_t numbers) {
    if (isReal())
      reals.assign(size_t(numbers), -7);
    else
      integers.assign(size_t(numbers), -7);
  }
  void *data() {
    return isReal() ? static_cast<void *>(reals.data())
                    : static_cast<void *>(integers.data());
  }
};

void fill(Table &table, unsigned seed) {
  for (float &number : table.reals) {
    seed = seed * 1664525u + 1013904223u;
    number = float(seed >> 8) / float(1 << 24);
  }
}

/// A place to run, and the machine that the emulator plays there.
struct Place {
  int32_t backend;
  const char *settings;
};
const Place places[] = {{KEOPS_BACKEND_CPU, ""},
                        {KEOPS_BACKEND_GPU, "multiprocessors=1"},
                        {KEOPS_BACKEND_GPU, "multiprocessors=40 reversed"}};

class RangesTest : public KernelTest {
protected:
  /// A call there; a real GPU is what it is.
  keops_call callAt(const Place &place) {
    gpu::configure(place.settings);
    keops_call call = KEOPS_CALL_DEFAULTS;
    call.backend = place.backend;
    if (place.backend == KEOPS_BACKEND_CPU)
      call.threads = 2;
    return call;
  }

  std::vector<Table> inputs(const KernelSignature &kernel, int64_t elements) {
    std::vector<Table> tables;
    for (const Parameter &parameter : kernel.inputs) {
      tables.push_back({parameter, {}, {}});
      tables.back().resize(elements * tables.back().rows(M, N) * parameter.dim);
      fill(tables.back(), unsigned(tables.size()));
    }
    return tables;
  }

  std::vector<Table> launch(const KernelSignature &kernel,
                            const keops_call &call, std::vector<Table> &inputs,
                            int64_t m, int64_t n, int64_t elements = 1) {
    std::vector<const void *> from;
    for (Table &table : inputs)
      from.push_back(table.data());
    std::vector<Table> outputs;
    std::vector<void *> to;
    for (const Parameter &parameter : kernel.outputs) {
      outputs.push_back({parameter, {}, {}});
      outputs.back().resize(elements * outputs.back().rows(m, n) *
                            parameter.dim);
    }
    for (Table &table : outputs)
      to.push_back(table.data());
    EXPECT_EQ(keops_rt_launch(object->card(kernel.name), &call, m, n,
                              from.data(), to.data()),
              KEOPS_OK)
        << keops_last_error();
    return outputs;
  }

  const KernelSignature &kernel(llvm::StringRef name) const {
    for (const KernelSignature &signature : signatures)
      if (signature.name == name)
        return signature;
    ADD_FAILURE() << "no kernel " << name.str();
    return signatures.front();
  }

  std::vector<Table> launchBlock(const KernelSignature &kernel,
                                 const std::vector<Table> &given,
                                 const RowBlock &block);
  void expectBlocksAreProblems(const KernelSignature &kernel,
                               const Place &place);
};

/// The rows of some intervals of a table, one after the other.
Table part(const Table &whole,
           const std::vector<std::pair<int64_t, int64_t>> &intervals) {
  Table table{whole.parameter, {}, {}};
  int64_t dim = whole.parameter.dim;
  for (auto [begin, end] : intervals)
    table.reals.insert(table.reals.end(), whole.reals.begin() + begin * dim,
                       whole.reals.begin() + end * dim);
  return table;
}

static std::vector<int64_t> columnsOf(const RowBlock &block) {
  std::vector<int64_t> columns;
  for (auto [begin, end] : block.columns)
    for (int64_t j = begin; j < end; ++j)
      columns.push_back(j);
  return columns;
}

/// The rows and columns of a block alone.
std::vector<Table> RangesTest::launchBlock(const KernelSignature &kernel,
                                           const std::vector<Table> &given,
                                           const RowBlock &block) {
  std::vector<Table> parts;
  for (const Table &table : given)
    parts.push_back(table.parameter.axis == Axes::i
                        ? part(table, {{block.begin, block.end}})
                    : table.parameter.axis == Axes::j
                        ? part(table, block.columns)
                        : table);
  return launch(kernel, callAt(places[0]), parts, block.end - block.begin,
                int64_t(columnsOf(block).size()));
}

/// Blocks of columns end elsewhere, so sums round differently.
static bool areClose(float expected, float found) {
  if (std::isnan(expected) || std::isinf(expected))
    return expected == found || (std::isnan(expected) && std::isnan(found));
  return std::fabs(expected - found) <= 3e-6 * (1 + std::fabs(expected));
}

void RangesTest::expectBlocksAreProblems(const KernelSignature &kernel,
                                         const Place &place) {
  SCOPED_TRACE(kernel.text + " at " + std::to_string(place.backend) + " " +
               place.settings);
  Ranges ranges;
  keops_call call = callAt(place);
  std::vector<Table> given = inputs(kernel, 1);
  call.ranges = &ranges.ranges;
  std::vector<Table> all = launch(kernel, call, given, M, N);
  std::vector<RowBlock> problems = blocks();
  problems.push_back({21, 300, {}});
  problems.push_back({690, 700, {}});
  bool isRow = llvm::StringRef(kernel.text).contains("Arg");
  for (const RowBlock &block : problems) {
    std::vector<int64_t> columns = columnsOf(block);
    std::vector<Table> alone = launchBlock(kernel, given, block);
    for (auto [k, table] : llvm::enumerate(alone))
      for (int64_t n = 0; n < (block.end - block.begin) * table.parameter.dim;
           ++n) {
        size_t there = size_t(block.begin * table.parameter.dim + n);
        int64_t row = block.begin + n / table.parameter.dim;
        if (table.isReal()) {
          ASSERT_TRUE(areClose(table.reals[size_t(n)], all[k].reals[there]))
              << table.reals[size_t(n)] << " and " << all[k].reals[there]
              << " in row " << row;
          continue;
        }
        int64_t number = table.integers[size_t(n)];
        if (isRow && number >= 0)
          number = columns[size_t(number)];
        ASSERT_EQ(number, all[k].integers[there]) << "row " << row;
      }
  }
}

} // namespace

TEST_F(RangesTest, BlocksOfEveryReductionAreProblemsOfTheirOwn) {
  const char *const reductions[] = {
      "Sum(Exp(-SqDist(X, Y)) * B, axis=1)",
      "Sum(Exp(-SqDist(X, Y)) * L, axis=1)", // long
      "Mean(SqDist(X, Y), axis=1)",
      "Product(SqDist(X, Y) + 0.9, axis=1)",
      "Min(X - Y, axis=1)",
      "Max(X - Y, axis=1)",
      "ArgMin(SqDist(X, Y), axis=1)",
      "ArgMax(X - Y, axis=1)",
      "Min_ArgMin(SqDist(X, Y), axis=1)",
      "KMin(SqDist(X, Y), K=3, axis=1)",
      "ArgKMin(SqDist(X, Y), K=3, axis=1)",
      "ArgKMin(SqDist(X, Y), K=20, axis=1)", // ranks in memory
      "LogSumExp(-SqDist(X, Y), axis=1)",
      "SumSoftMaxWeight(-SqDist(X, Y), weight=B, axis=1)",
      "Any(SqDist(X, Y) < 0.01, axis=1)",
      "All(SqDist(X, Y) < 1, axis=1)",
      "Count(SqDist(X, Y) < 0.5, axis=1)",
      "Sum(Floor(1000 * X), axis=1)"}; // exact: equal errors would add up
  std::string text;
  for (auto [k, reduction] : llvm::enumerate(reductions))
    text += "kernel k" + std::to_string(k) +
            "\n  X = Vi(3)\n  Y = Vj(3)\n  B = Vj(2)\n  L = Vj(20)\n  reduce " +
            reduction + "\n";
  load(text);
  for (const Place &place : places)
    for (const KernelSignature &kernel : signatures)
      expectBlocksAreProblems(kernel, place);
}

TEST_F(RangesTest, DerivativesAlongAllAxes) {
  load("kernel gauss\n  G = Pm(1)\n  X = Vi(1)\n  Y = Vj(1)\n"
       "  reduce Sum(Exp(-G * SqDist(X, Y)), axis=1)\n  grad G, X, Y\n"
       "kernel lse\n  X = Vi(1)\n  Y = Vj(1)\n"
       "  reduce LogSumExp(X * Y, axis=1)\n  grad Y\n");
  Ranges ranges;
  std::vector<Table> given = inputs(kernel("gauss_grad_X"), 1);
  const auto &G = given[0].reals, &X = given[1].reals, &Y = given[2].reals,
             &E = given[3].reals;
  double alongG = 0;
  std::vector<double> alongX(M), alongY(N), lse(N);
  for (int64_t i = 0; i < M; ++i) {
    double total = 0;
    for (int64_t j = 0; j < N; ++j)
      if (meet(i, j)) {
        double d = double(X[i]) - Y[j], k = E[i] * std::exp(-G[0] * d * d);
        alongG -= k * d * d;
        alongX[i] -= 2 * G[0] * d * k;
        alongY[j] += 2 * G[0] * d * k;
        total += std::exp(double(X[i]) * Y[j]);
      }
    for (int64_t j = 0; j < N; ++j)
      if (meet(i, j))
        lse[j] += E[i] * X[i] * std::exp(double(X[i]) * Y[j]) / total;
  }
  auto compareAt = [&](const Place &place, llvm::StringRef name,
                       std::vector<Table> from,
                       llvm::ArrayRef<double> expected) {
    keops_call call = callAt(place);
    call.ranges = &ranges.ranges;
    std::vector<Table> found = launch(kernel(name), call, from, M, N);
    ASSERT_EQ(expected.size(), found[0].reals.size());
    double scale = 0;
    for (double number : expected)
      scale = std::max(scale, std::fabs(number));
    for (auto [e, f] : llvm::zip(expected, found[0].reals))
      ASSERT_NEAR(e, f, 3e-6 * scale) << name.str();
  };
  auto compare = [&](llvm::StringRef name, const std::vector<Table> &from,
                     llvm::ArrayRef<double> expected) {
    for (const Place &place : places)
      compareAt(place, name, from, expected);
  };
  compare("gauss_grad_G", given, {alongG});
  compare("gauss_grad_X", given, alongX);
  compare("gauss_grad_Y", given, alongY);
  compare("lse_grad_Y", {given[1], given[2], given[3]}, lse);
}

TEST_F(RangesTest, BatchesOfCompiledKernels) {
  load("kernel soft\n  X = Vi(3)\n  Y = Vj(3)\n"
       "  reduce LogSumExp(-SqDist(X, Y), axis=1)\n  grad Y\n");
  const KernelSignature &soft = kernel("soft_grad_Y");
  std::vector<Table> given = inputs(soft, 4);
  const int64_t shape[] = {2, 2};
  const int64_t strides[] = {1, 0, 0, 1, 2, 1}; // X, Y, e
  keops_batch batch = {2, 0, shape, strides};
  Ranges ranges;
  auto compareAt = [&](const Place &place, const keops_ranges *some) {
    keops_call onHost = callAt(places[0]), call = callAt(place);
    call.ranges = onHost.ranges = some;
    call.batch = &batch;
    std::vector<Table> together = launch(soft, call, given, M, N, 4);
    for (int64_t element = 0; element < 4; ++element) {
      std::vector<Table> own;
      for (size_t t = 0; t < 3; ++t) {
        int64_t table =
            element / 2 * strides[2 * t] + element % 2 * strides[2 * t + 1];
        int64_t rows = given[t].rows(M, N);
        own.push_back(part(given[t], {{table * rows, (table + 1) * rows}}));
      }
      std::vector<Table> alone = launch(soft, onHost, own, M, N);
      for (auto [n, number] : llvm::enumerate(alone[0].reals))
        ASSERT_NEAR(number, together[0].reals[element * N * 3 + n],
                    1e-5 * (1 + std::fabs(number)));
    }
  };
  for (const Place &place : places)
    for (const keops_ranges *some :
         {static_cast<const keops_ranges *>(nullptr),
          static_cast<const keops_ranges *>(&ranges.ranges)})
      compareAt(place, some);
}
