//===- LaneProgram.h - run formula ops on lanes -----------------*- C++ -*-===//
//
// Turns the formula ops of a kernel's region, one by one, into the lanes of a
// Machine. Both back ends share it.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_LANEPROGRAM_H
#define KEOPS_COMPILER_CONVERSION_LANEPROGRAM_H

#include "dialects/Tile/Tile.h"
#include "llvm/ADT/SetVector.h"
#include <functional>

namespace keops {

/// Values with more components than this are long: they are emitted in loops
/// over their components, where that can be done.
constexpr int64_t kMostUnrolled = 16;
/// Those with more still go through memory, if there is no other way.
constexpr int64_t kMostInRegisters = 64;
inline bool isLong(mlir::Value value) {
  return vecType(value).getDim() > kMostUnrolled;
}

/// Is the op emitted by the contraction that uses it, and nothing else does?
bool isLeftToContraction(mlir::Operation *op);

/// A long value may be deferred: nothing is emitted for it where it stands, and
/// whoever needs it computes one component at a time, mostly in a loop. What
/// comes back is its height, the number of deferred ops below it, which bounds
/// the recursion; nothing if the op cannot be deferred. `heightOf` says the
/// same of operands: 0 for those whose components are at hand.
std::optional<int>
deferredHeight(mlir::Operation *op,
               llvm::function_ref<std::optional<int>(mlir::Value)> heightOf);

/// for index in [low, high) step `step`, carrying lanes.
Lanes emitLoop(Machine &machine, mlir::Value low, mlir::Value high,
               int64_t step, llvm::ArrayRef<Lane> carried,
               llvm::function_ref<Lanes(mlir::Value, Lanes)> body);

class LaneProgram {
public:
  /// Makes the component whose number is an index value.
  using Source = std::function<Lane(mlir::Value component)>;
  /// Memory for a vector whose components are rows x cols lanes.
  using Allocator = std::function<LaneVector(VecType type, int rows, int cols)>;

  LaneProgram(Machine &machine, Allocator allocate)
      : machine(machine), allocate(std::move(allocate)) {}
  /// The shape of values that are bound or run from now on.
  void setShape(int newRows, int newCols) {
    rows = newRows;
    cols = newCols;
  }

  /// Says what the components of a value are.
  void bind(mlir::Value value, Lanes lanes) { known[value] = std::move(lanes); }
  /// The same for a value in memory.
  void bindTable(mlir::Value value, Source source) {
    tables[value] = std::move(source);
  }
  bool has(mlir::Value value) const {
    return known.count(value) || tables.count(value) || deferred.count(value);
  }
  /// All components.
  const Lanes &get(mlir::Value value);
  /// Can `at` be asked for any component?
  bool isIndexable(mlir::Value value) const {
    return heightOf(value).has_value();
  }
  /// The values at hand from which `at` computes components of this one.
  llvm::SetVector<mlir::Value> leavesOf(mlir::Value value) const;
  /// One component, by an index value.
  Lane at(mlir::Value value, mlir::Value component);

  /// Emits one op whose operands are known: const, broadcast or mathematics.
  ///
  /// Component-wise ops under a contraction, as the difference in |x - y|^2,
  /// are emitted with it, one component after the other: few values are then
  /// alive, whatever the dimension, and the pipes for sums and those for
  /// products have work at the same time. Long ones become a loop. Other long
  /// values go to memory.
  void run(mlir::Operation *op);

private:
  /// Values of one component, made once each.
  using Made = llvm::DenseMap<mlir::Value, Lane>;

  std::optional<int> heightOf(mlir::Value value) const;
  /// A component by its number, or by an index value.
  Lane component(mlir::Value value, int64_t number, mlir::Value index,
                 Made &made);
  Lane makeComponent(mlir::Value value, int64_t number, mlir::Value index,
                     Made &made);
  /// Of the sum that a contraction is.
  Lane termOf(MathOpInterface op, int64_t number, mlir::Value index);
  Lane contract(MathOpInterface op);
  Lane contractInLoop(MathOpInterface op, int64_t dim);
  LaneVector allocateFor(mlir::Value value) const;
  /// Puts a value into memory, unless `at` can be asked already.
  void makeIndexable(mlir::Value value);
  /// Emits an op in loops, its result in memory, if that can be done.
  bool runInLoops(mlir::Operation *op);

  Machine &machine;
  Allocator allocate;
  int rows = 1, cols = 1; // of a value that varies along i and j
  llvm::DenseMap<mlir::Value, Lanes> known;
  llvm::DenseMap<mlir::Value, Source> tables;
  llvm::DenseMap<mlir::Value, int> deferred; // and their heights
};

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_LANEPROGRAM_H
