//===- KernelParts.h - what back ends ask of a kernel -----------*- C++ -*-===//

#ifndef KEOPS_COMPILER_CONVERSION_KERNELPARTS_H
#define KEOPS_COMPILER_CONVERSION_KERNELPARTS_H

#include "compiler/Conversion/LaneProgram.h"
#include "dialects/Tile/Tile.h"

namespace keops {

/// The working precision: that of any real value in the kernel.
mlir::FloatType realTypeOf(tile::KernelOp kernel);
/// Null if the kernel has no rows.
tile::RowsOp rowsOf(tile::KernelOp kernel);
/// i-typed values that the do region reads, each once.
llvm::SmallVector<mlir::Value> rowValuesOf(tile::SweepOp sweep);
/// Of all values together.
int64_t componentsOf(mlir::ValueRange values);
/// Of each.
llvm::SmallVector<int64_t> dimsOf(mlir::ValueRange values);
llvm::SmallVector<tile::StoreOp> storesIn(mlir::Region &region);
/// What the reduction of rows, or of columns, takes in.
tile::StepOp stepOf(tile::RowsOp rows);
tile::StepOp stepOf(tile::SweepOp sweep);
/// Is the op a concatenation, as several sums in one sweep have it, of what is
/// taken in, or does it only repeat that for other rows or columns? A sweep of
/// long values takes in its parts one by one.
bool isPartOfStep(mlir::Operation *op);
/// The parts of a value that is taken in.
llvm::SmallVector<mlir::Value> partsOf(mlir::Value stepped);

/// The p-typed values on which `roots` depend, nearest to the roots.
llvm::SmallVector<mlir::Value> parametersUnder(mlir::ValueRange roots);
/// The ops of the kernel, its rows and its stage on which `roots` depend and
/// whose values the program does not know yet, in order.
llvm::SmallVector<mlir::Operation *> sliceOf(tile::KernelOp kernel,
                                             mlir::ValueRange roots,
                                             const LaneProgram &program);
/// Binds the results of a sweep or of rows to consecutive components.
void bindResults(LaneProgram &program, mlir::Operation *op,
                 llvm::ArrayRef<Lane> lanes);

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_KERNELPARTS_H
