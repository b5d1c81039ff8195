//===- Laws.h - what every reduction must obey ------------------*- C++ -*-===//
//
// One reduction, compiled for one machine: `init` is neutral, `combine`
// associative, `step` and `stepBlock` are what they abbreviate, and sweeps in
// one and in several parts agree with the reference. Selections must be exact,
// sums may round, in whatever way they are told to add up.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_LAWS_H
#define KEOPS_TEST_UNIT_LAWS_H

#include "test/Unit/CompiledMonoid.h"

#include <optional>
#include <random>

namespace keops::test {

/// Max_SumShiftExp takes one component only.
bool takesDim(ReductionAttrInterface reduction, int64_t dim);

/// One reduction on one machine, with data for it.
class Laws {
public:
  /// The largest operand has dimension `dim`.
  Laws(LaneModule &module, ReductionAttrInterface reduction, int64_t dim,
       int groups);

  /// Complains of every law that does not hold.
  void check();
  std::string name;

private:
  void checkColumns(std::vector<Column> values);
  std::vector<Column> makeColumns(int64_t count, int round);
  State fold(int64_t first, int64_t last) const;
  State sweep(const CompiledMonoid &by, int64_t first, int64_t last,
              int unroll) const;
  State sweepInParts(int parts, int unroll) const;
  State sweepInBlocks(int parts, int unroll) const;
  void checkNeutral(const State &state) const;
  void checkAssociative();
  void checkSteps() const;
  void checkBlocks();
  void checkSmallBlocks();
  void checkResults(const State &state, bool isOfBlocks = false) const;
  void checkFinite(const State &state) const;
  void expectSame(const State &found, const State &expected) const;
  double error(int64_t component, int row, double expected,
               bool isOfBlocks) const;
  bool isPrecise() const;
  std::vector<double> expected() const;
  int mixedRounds() const;
  int64_t random(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(generator);
  }

  ReductionAttrInterface reduction;
  llvm::SmallVector<int64_t> dims;
  CompiledMonoid monoid;
  std::optional<CompiledMonoid> blocks; // if another one takes in columns
  bool isDouble;
  std::vector<Column> columns; // all that is reduced
  std::mt19937 generator{20240301};
};

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_LAWS_H
