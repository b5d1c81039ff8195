//===- Laws.cpp - what every reduction must obey --------------------------===//

#include "test/Unit/Laws.h"
#include "test/Unit/Sequences.h"
#include "test/Unit/Tolerance.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace keops::test {

bool takesDim(ReductionAttrInterface reduction, int64_t dim) {
  return dim == 1 || !isa<MaxSumShiftExpAttr>(reduction);
}

namespace {

/// Equal, NaN to NaN; 0 and -0 are equal.
bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

/// What the running test has complained of.
int failures() {
  return ::testing::UnitTest::GetInstance()
      ->current_test_info()
      ->result()
      ->total_part_count();
}

/// Dimensions of the operands: all `dim`, but 1 for a formula with a weight.
SmallVector<int64_t> dimsFor(ReductionAttrInterface reduction, int64_t dim) {
  SmallVector<int64_t> dims(CompiledMonoid::operandCount(reduction), dim);
  if (dims.size() > 1)
    dims[0] = 1;
  return dims;
}

/// Does the order of the columns matter to the last digits?
bool rounds(ReductionAttrInterface reduction) {
  return reduction.getSummation() || isa<ProductAttr>(reduction);
}

/// Is the rounding error of `error` that of the reduction? Products and sums of
/// weights may lose all digits here; test/Run compares them for tame data.
bool hasKnownError(ReductionAttrInterface reduction) {
  return !rounds(reduction) || isa<SumAttr, LogSumExpAttr>(reduction);
}

} // namespace

Laws::Laws(LaneModule &module, ReductionAttrInterface reduction, int64_t dim,
           int groups)
    : reduction(reduction), dims(dimsFor(reduction, dim)),
      monoid(module, reduction, dims, groups), isDouble(module.isDouble()) {
  llvm::raw_string_ostream(name) << reduction << " of " << dim;
  ReductionAttrInterface ofBlock = reduction.getBlockReduction();
  if (ofBlock && ofBlock != reduction)
    blocks.emplace(module, ofBlock, dims, groups);
}

int Laws::mixedRounds() const {
  return (kSequences + monoid.rows() - 1) / monoid.rows();
}

//===----------------------------------------------------------------------===//
// Data and the reference
//===----------------------------------------------------------------------===//

/// In the first rounds, each row and component has a sequence of its own kind;
/// then all have the same, for branches are taken for all rows together.
std::vector<Column> Laws::makeColumns(int64_t count, int round) {
  int rows = monoid.rows();
  std::vector<Column> result(count, Column(monoid.components() * rows));
  for (size_t k = 0; k < monoid.components() * size_t(rows); ++k) {
    size_t mixed = k + k / rows + size_t(round) * rows;
    auto kind = Sequence(round < mixedRounds() ? mixed % kSequences
                                               : round - mixedRounds());
    if (kind == Sequence::Largest && reduction.isLinear())
      kind = Sequence::Random;
    std::vector<double> sequence =
        makeSequence(kind, count, isDouble, generator);
    for (int64_t n = 0; n < count; ++n)
      result[n][k] = sequence[n];
  }
  return result;
}

/// By the textbook, in the order of CompiledMonoid::finalize.
std::vector<double> Laws::expected() const {
  int rows = monoid.rows();
  std::vector<double> result;
  for (int row = 0; row < rows; ++row) {
    SmallVector<SmallVector<double>> values;
    for (const Column &column : columns) {
      SmallVector<double> &value = values.emplace_back();
      for (int64_t c = 0; c < monoid.components(); ++c)
        value.push_back(column[c * rows + row]);
    }
    SmallVector<double> ofRow = reduction.evaluate(values, dims);
    result.resize(ofRow.size() * rows);
    for (auto [c, number] : llvm::enumerate(ofRow))
      result[c * rows + row] = number;
  }
  return result;
}

/// Are rounding errors of f32 kept out of the sum? Those of a reference in f32
/// are too, if sums are f64.
bool Laws::isPrecise() const {
  std::optional<Summation> summation = reduction.getSummation();
  return summation && !isDouble &&
         (summation->isWide ||
          (reduction.isLinear() && summation->scheme == SumScheme::Kahan));
}

/// How far a sum may be off.
double Laws::error(int64_t component, int row, double expected,
                   bool isOfBlocks) const {
  int64_t count = columns.size();
  bool precise = isPrecise() && !isOfBlocks;
  double unit = Precision::of(isDouble).unit;
  if (!reduction.isLinear()) {
    // A reference within 16 of the greatest value, and the logarithm of a sum.
    double scale = std::fabs(expected) + 16 + std::log1p(double(count));
    return unit * (2 * scale + (precise ? 4 : sumUnits(count)));
  }
  double magnitude = 0;
  for (const Column &column : columns) {
    double value =
        column[component % monoid.components() * monoid.rows() + row];
    magnitude += std::isfinite(value) ? std::fabs(value) : 0;
  }
  // The result rounds, and so does what is kept of rounding errors.
  if (precise)
    return unit * (std::fabs(expected) + unit * double(count) * magnitude);
  return unit * sumUnits(count) * magnitude;
}

//===----------------------------------------------------------------------===//
// Ways to reduce columns
//===----------------------------------------------------------------------===//

/// Of lifts alone.
State Laws::fold(int64_t first, int64_t last) const {
  State state = monoid.lift(columns[first], first);
  for (int64_t j = first + 1; j < last; ++j)
    state = monoid.combine(state, monoid.lift(columns[j], j));
  return state;
}

/// As a kernel does it: blocks, then the rest one by one. unroll 0: steps only.
State Laws::sweep(const CompiledMonoid &by, int64_t first, int64_t last,
                  int unroll) const {
  State state = by.init();
  int64_t j = first;
  for (; unroll && j + unroll <= last; j += unroll)
    state = by.stepBlock(state, ArrayRef(columns).slice(j, unroll), j);
  for (; j < last; ++j)
    state = by.step(state, columns[j], j);
  return state;
}

State Laws::sweepInParts(int parts, int unroll) const {
  int64_t count = columns.size();
  State state = sweep(monoid, 0, count / parts, unroll);
  for (int part = 1; part < parts; ++part)
    state = monoid.combine(state, sweep(monoid, count * part / parts,
                                        count * (part + 1) / parts, unroll));
  return state;
}

/// The same, but each part is a block, which another reduction takes in.
State Laws::sweepInBlocks(int parts, int unroll) const {
  int64_t count = columns.size();
  State state = monoid.init();
  for (int part = 0; part < parts; ++part)
    state =
        monoid.combineBlock(state, sweep(*blocks, count * part / parts,
                                         count * (part + 1) / parts, unroll));
  return state;
}

//===----------------------------------------------------------------------===//
// Laws
//===----------------------------------------------------------------------===//

void Laws::expectSame(const State &found, const State &expected) const {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t k = 0; k < found.size(); ++k)
    ASSERT_TRUE(same(found[k], expected[k]))
        << "lane " << k / monoid.rows() << ", row " << k % monoid.rows() << ": "
        << found[k] << ", not " << expected[k];
}

void Laws::checkNeutral(const State &state) const {
  SCOPED_TRACE("init is neutral");
  expectSame(monoid.combine(monoid.init(), state), state);
  expectSame(monoid.combine(state, monoid.init()), state);
}

/// The state is one of all columns.
void Laws::checkResults(const State &state, bool isOfBlocks) const {
  if (!hasKnownError(reduction) && !columns.empty())
    return;
  Precision precision = Precision::of(isDouble);
  std::vector<double> found = monoid.finalize(state), wanted = expected();
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t k = 0; k < found.size(); ++k) {
    int64_t component = k / monoid.rows();
    int row = int(k % monoid.rows());
    bool good =
        rounds(reduction)
            ? precision.agree(found[k], wanted[k],
                              error(component, row, wanted[k], isOfBlocks))
            : same(found[k], wanted[k]);
    if (good)
      continue;
    std::string values;
    for (const Column &column : ArrayRef(columns).take_front(40))
      values +=
          " " +
          std::to_string(
              column[component % monoid.components() * monoid.rows() + row]);
    FAIL() << "component " << component << ", row " << row << ": " << found[k]
           << ", not " << wanted[k] << " for " << columns.size() << " values"
           << values;
  }
}

void Laws::checkAssociative() {
  SCOPED_TRACE("combine is associative");
  int64_t count = columns.size();
  int64_t p = random(1, count - 2), q = random(p + 1, count - 1);
  State a = fold(0, p), b = fold(p, q), c = fold(q, count);
  State left = monoid.combine(monoid.combine(a, b), c);
  State right = monoid.combine(a, monoid.combine(b, c));
  if (!rounds(reduction))
    expectSame(left, right);
  checkResults(left);
  checkResults(right);
}

void Laws::checkSteps() const {
  SCOPED_TRACE("step is combine with lift");
  State state = monoid.init(), folded = state;
  for (auto [j, column] : llvm::enumerate(columns)) {
    state = monoid.step(state, column, j);
    folded = monoid.combine(folded, monoid.lift(column, j));
    if (!rounds(reduction))
      expectSame(state, folded);
    checkFinite(state);
  }
  checkResults(state);
  checkResults(folded);
}

void Laws::checkBlocks() {
  SCOPED_TRACE("stepBlock is several steps");
  int64_t count = columns.size();
  for (int unroll = 1; unroll <= CompiledMonoid::kMaxBlock; ++unroll) {
    State state = sweep(monoid, 0, count, unroll);
    if (!rounds(reduction))
      expectSame(state, sweep(monoid, 0, count, 0));
    checkFinite(state);
    checkResults(state);
  }
}

/// Formulas of one axis only have lanes of smaller shape.
void Laws::checkSmallBlocks() {
  SCOPED_TRACE("stepBlock of values of one axis");
  int width = monoid.rows() / monoid.groups(), rows = monoid.rows();
  columns.resize(CompiledMonoid::kOneAxisBlock);
  for (Column &column : columns) // the same in all groups of rows
    for (size_t k = 0; k < column.size(); ++k)
      column[k] = column[k / rows * rows + k % rows % width];
  checkResults(monoid.stepBlockOfColumnValue(monoid.init(), columns, 0));
  std::fill(columns.begin(), columns.end(), Column(columns[0]));
  checkResults(monoid.stepBlockOfRowValue(monoid.init(), columns[0], 0));
}

/// The references of LogSumExp are finite whatever comes, its sums unless a
/// value is +inf or NaN.
void Laws::checkFinite(const State &state) const {
  if (!isa<LogSumExpAttr>(reduction))
    return;
  size_t count = dims[0] * monoid.rows();
  std::vector<bool> special(count);
  for (const Column &column : columns)
    for (size_t k = 0; k < count; ++k)
      special[k] = special[k] || !(column[k] < INFINITY);
  for (size_t k = 0; k < count; ++k)
    ASSERT_TRUE(std::isfinite(state[k])) << "reference " << k;
  for (size_t k = count; k < state.size(); ++k)
    ASSERT_TRUE(special[k % count] || std::isfinite(state[k])) << "sum " << k;
}

void Laws::check() {
  SCOPED_TRACE(name);
  columns.clear();
  expectSame(monoid.combine(monoid.init(), monoid.init()), monoid.init());
  checkResults(monoid.init());
  int before = failures();
  int rounds = mixedRounds() + (monoid.rows() > 2 ? kSequences : 0);
  for (int round = 0; round < rounds && failures() == before; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    for (int64_t count : {1, 2, 3, 7, 33, 1000})
      if (round < mixedRounds() || count > 7)
        checkColumns(makeColumns(count, round));
    columns = makeColumns(4, round);
    checkNeutral(monoid.lift(columns[0], 0));
    checkSmallBlocks();
  }
}

/// All laws that hold for a sequence of this length.
void Laws::checkColumns(std::vector<Column> values) {
  columns = std::move(values);
  size_t count = columns.size();
  int unroll = int(random(0, CompiledMonoid::kMaxBlock));
  for (int parts : {1, 3, 4}) {
    if (count == 1000 && parts == 3)
      continue;
    SCOPED_TRACE(std::to_string(parts) + " parts in blocks of " +
                 std::to_string(unroll));
    State state = sweepInParts(parts, unroll);
    checkResults(state);
    if (count < 33)
      checkNeutral(state);
    if (blocks)
      checkResults(sweepInBlocks(parts, unroll), /*isOfBlocks=*/true);
  }
  if (count != 7 && count != 33)
    return;
  checkAssociative();
  checkBlocks();
  if (count == 33)
    checkSteps();
}

} // namespace keops::test
