//===- Partition.h - which kernels a formula needs --------------*- C++ -*-===//
//
// Every reduction over pairs is the sweep of a kernel of its own; a reduction
// of rows rides on the kernel that computes these rows; a result of the formula
// is stored by the last kernel on which it depends, or by one more.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_PARTITION_H
#define KEOPS_COMPILER_CONVERSION_PARTITION_H

#include "dialects/Tile/Tile.h"
#include "llvm/ADT/SetVector.h"

namespace keops {

constexpr Axes kBothAxes = Axes::i | Axes::j;

inline Axes otherAxis(Axes axis) { return axis == Axes::i ? Axes::j : Axes::i; }

/// One kernel to be: its reductions, and what it stores.
struct KernelPlan {
  Axes rowAxis = Axes::i;
  ReduceOp sweep;      // over the columns, or null
  ReduceOp rowsReduce; // over the rows, or null
  llvm::SmallVector<std::pair<mlir::Value, mlir::Value>>
      stores; // value, table of the plan

  bool owns(mlir::Value value) const {
    mlir::Operation *op = value.getDefiningOp();
    return op && (op == sweep || op == rowsReduce);
  }
};

/// The reductions on which `roots` depend with no other reduction in between,
/// and the ops on the way.
struct Slice {
  llvm::SetVector<mlir::Operation *> ops;
  llvm::SmallVector<ReduceOp> reduces;

  explicit Slice(mlir::ValueRange roots);
};

/// Decides which kernels a formula needs.
class Partition {
public:
  explicit Partition(FormulaOp formula);

  /// In the order in which they run.
  std::vector<KernelPlan> kernels;
  /// For each result of the formula, the kernel that stores it.
  llvm::SmallVector<KernelPlan *> hosts;

  /// The kernel that computes a reduction.
  KernelPlan &kernelOf(ReduceOp reduce) {
    return kernels[indexOf.lookup(reduce)];
  }

private:
  FormulaOp formula;
  llvm::DenseMap<mlir::Operation *, unsigned> indexOf;

  llvm::SmallVector<ReduceOp> neededReduces(ReturnOp results);
  void place(ReduceOp reduce);
  std::optional<unsigned> lastKernel(mlir::ValueRange values);
  unsigned hostOf(mlir::Value result);
};

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_PARTITION_H
