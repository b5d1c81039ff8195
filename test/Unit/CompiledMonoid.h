//===- CompiledMonoid.h - a reduction as functions of numbers ---*- C++ -*-===//
//
// The methods of a reduction, compiled for one machine and called with plain
// numbers. A state is all its lanes, one after the other; a column is one value
// of all components of all operands. Both have `rows` numbers for each lane,
// for as many rows are in flight.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_COMPILEDMONOID_H
#define KEOPS_TEST_UNIT_COMPILEDMONOID_H

#include "dialects/Keops/Keops.h"
#include "test/Unit/LaneModule.h"

namespace keops::test {

using State = std::vector<double>;
using Column = std::vector<double>; // [component * rows + row]

class CompiledMonoid {
public:
  /// stepBlock takes up to this many columns.
  static constexpr int kMaxBlock = 5;

  /// Adds programs to `module`, for `groups` values of each lane.
  CompiledMonoid(LaneModule &module, ReductionAttrInterface reduction,
                 llvm::ArrayRef<int64_t> dims, int groups);

  /// How many operands a reduction takes.
  static unsigned operandCount(ReductionAttrInterface reduction);

  int groups() const { return groupCount; }
  int rows() const { return module.width() * groupCount; }
  int64_t components() const { return componentCount; }

  State init() const { return module(initProgram, {}); }
  State lift(const Column &x, int64_t j) const;
  State combine(const State &a, const State &b) const;
  /// Takes in a state of `getBlockReduction`, if that is another reduction.
  State combineBlock(const State &a, const State &ofBlock) const;
  State step(const State &state, const Column &x, int64_t j) const;
  State stepBlock(const State &state, llvm::ArrayRef<Column> x,
                  int64_t j) const;
  /// The same for kOneAxisBlock columns where the value is the same in all
  /// columns, or in all groups of rows: then only the first group of `x`
  /// counts.
  static constexpr int kOneAxisBlock = 3;
  State stepBlockOfRowValue(const State &state, const Column &x,
                            int64_t j) const;
  State stepBlockOfColumnValue(const State &state, llvm::ArrayRef<Column> x,
                               int64_t j) const;
  /// The results, one component after the other.
  std::vector<double> finalize(const State &state) const;

private:
  int addBlock(int cols, LaneInput value);
  int addProgram(llvm::ArrayRef<std::vector<LaneInput>> inputs,
                 llvm::function_ref<Lanes(Machine &, llvm::ArrayRef<Lanes>)> f);
  llvm::SmallVector<Lanes> operandsOf(const Lanes &components) const;
  std::vector<LaneInput> stateOf(ReductionAttrInterface reduction) const;

  LaneModule &module;
  ReductionAttrInterface reduction;
  llvm::SmallVector<int64_t> dims;
  int groupCount;
  int64_t componentCount = 0;
  std::vector<LaneInput> state;
  int initProgram, liftProgram, combineProgram, combineBlockProgram = -1,
                                                stepProgram, finalizeProgram;
  int blockPrograms[kMaxBlock + 1];
  int rowValueProgram, columnValueProgram;
};

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_COMPILEDMONOID_H
