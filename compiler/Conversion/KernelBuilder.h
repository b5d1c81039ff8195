//===- KernelBuilder.h - places values in one tile.kernel -------*- C++ -*-===//

#ifndef KEOPS_COMPILER_CONVERSION_KERNELBUILDER_H
#define KEOPS_COMPILER_CONVERSION_KERNELBUILDER_H

#include "compiler/Conversion/Partition.h"

namespace keops {

/// Builds one tile.kernel.
class KernelBuilder {
public:
  /// `tableOf` says where inputs and stored reductions are; the kernel is
  /// created where `builder` stands.
  KernelBuilder(FormulaOp formula, const KernelPlan &plan,
                const llvm::DenseMap<mlir::Value, mlir::Value> &tableOf,
                mlir::OpBuilder &builder, llvm::StringRef name);

  tile::KernelOp build();

  /// The tables of the plan, in the order of the kernel's arguments.
  llvm::SmallVector<mlir::Value> tables;

private:
  const KernelPlan &plan;
  /// Inputs and stored reductions of the formula.
  const llvm::DenseMap<mlir::Value, mlir::Value> &tableOf;
  mlir::Location location;
  mlir::OpBuilder &builder;
  mlir::Block *formulaBlock;
  tile::KernelOp kernel;
  tile::RowsOp rows;   // null if nothing varies along rows
  tile::SweepOp sweep; // null if there is none
  /// The kernel's form of the formula's values.
  llvm::DenseMap<mlir::Value, mlir::Value> placed;
  /// The kernel's arguments for the plan's tables.
  llvm::DenseMap<mlir::Value, mlir::Value> argumentOf;
  /// Values of the formula that depend on the kernel's own reductions.
  llvm::SetVector<mlir::Value> afterSweep;

  Axes turn(Axes axes) const {
    if (plan.rowAxis == Axes::i || axes == kBothAxes || axes == Axes::p)
      return axes;
    return otherAxis(axes);
  }
  VecType turn(VecType type) const {
    return type.withAxes(turn(type.getAxes()));
  }

  void declareInputs();
  void buildStructure();
  void emitOps(const Slice &slice);
  void emitOp(mlir::Operation *op);
  void emitOwnReduce(ReduceOp reduce);
  mlir::Value inStage(mlir::Value value);
  void setInsertionPoint(Axes axes, bool isFree, bool after);
  mlir::Value get(mlir::Value value);
  mlir::Value load(mlir::Value value);
  mlir::Value argument(mlir::Value table);
  void storeResults();
  void finishStage();
  void subtractColumns();
};

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_KERNELBUILDER_H
