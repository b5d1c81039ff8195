//===- Halves.h - a loop over pairs in two halves ---------------*- C++ -*-===//
//
//   for columns: a = first half; second half of a
//   =>
//   for strips of columns:
//     for columns of the strip: store the first half
//     for columns of the strip: load it; second half
//
// A core looks ahead for so many instructions. The shorter the chain of those
// that wait for each other, the more chains are under way at a time; and a half
// needs fewer registers than the whole, constants above all.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_HALVES_H
#define KEOPS_COMPILER_CONVERSION_CPU_HALVES_H

#include "compiler/Conversion/Buffer.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace keops::cpu {

/// Where a loop is cut.
struct Cut {
  mlir::Operation *second; // the first operation of the second half
  /// What the first half hands over, vectors of one type.
  llvm::SmallVector<mlir::Value> values;

  /// How much room they take, where a turn takes so many columns.
  int64_t vectorsPerColumn(int64_t columns) const;
};

/// The best place: where least is handed over, vectors of `type`. A turn takes
/// so many vectors of `pairs`. Nothing if there is none, or not worth it.
std::optional<Cut> findCut(mlir::scf::ForOp loop, mlir::VectorType type,
                           int64_t pairs);

/// The two loops of a strip. The second one has the results of the original.
struct Halves {
  mlir::scf::ForOp first, second, strips;
};

/// Cuts `loop`, which comes next for the builder, erases it, and leaves the
/// builder behind what takes its place. Strips take `columns` of its counter, a
/// multiple of its step; `buffer` has room for the values of all turns of a
/// strip.
Halves cutLoop(mlir::ImplicitLocOpBuilder &builder, mlir::scf::ForOp loop,
               const Cut &cut, int64_t columns, const Buffer &buffer);

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_HALVES_H
