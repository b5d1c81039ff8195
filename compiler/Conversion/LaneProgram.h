//===- LaneProgram.h - run formula ops on lanes -----------------*- C++ -*-===//
//
// Turns the formula ops of a kernel's region, one by one, into the lanes of a
// Machine. Both back ends share it.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_LANEPROGRAM_H
#define KEOPS_COMPILER_CONVERSION_LANEPROGRAM_H

#include "dialects/Tile/Tile.h"

namespace keops {

/// Is the op emitted by the contraction that uses it, and nothing else does?
bool isLeftToContraction(mlir::Operation *op);

class LaneProgram {
public:
  explicit LaneProgram(Machine &machine) : machine(machine) {}

  /// Says what the components of a value are.
  void bind(mlir::Value value, Lanes lanes) { known[value] = std::move(lanes); }
  bool has(mlir::Value value) const { return known.count(value); }
  const Lanes &get(mlir::Value value) const {
    return known.find(value)->second;
  }

  /// Emits one op whose operands are known: const, broadcast or mathematics.
  ///
  /// Component-wise ops under a contraction, as the difference in |x - y|^2,
  /// are emitted with it, one component after the other: few values are then
  /// alive, whatever the dimension, and sums and differences alternate on their
  /// pipes.
  void run(mlir::Operation *op);

private:
  Lane component(mlir::Value value, size_t c);
  Lane contract(MathOpInterface op);

  Machine &machine;
  llvm::DenseMap<mlir::Value, Lanes> known;
};

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_LANEPROGRAM_H
