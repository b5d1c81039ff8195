//===- Tensor.h - dot products on tensor cores ------------------*- C++ -*-===//
//
// Where a formula needs |x_i - y_j|^2 or (x_i | y_j) of points with many
// components, tensor cores can do most of its work. What they multiply are
// numbers of 8 bits, so each float32 is taken as the sum of three of those; see
// docs/rationale/tensor-cores.md.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_GPU_TENSOR_H
#define KEOPS_COMPILER_CONVERSION_GPU_TENSOR_H

#include "compiler/Conversion/KernelParts.h"

namespace keops::device {

/// The op of a kernel that tensor cores can do, on rows of two tables.
struct TensorProduct {
  mlir::Operation *op;         // sqnorm or dot
  mlir::Operation *difference; // what sqnorm is of; null for dot
  mlir::Value row;             // i-typed
  mlir::BlockArgument column;  // of the do region
  tile::LoadOp rowLoad, columnLoad;

  bool isDistance() const { return difference; }
  int64_t dim() const { return vecType(row).getDim(); }
  /// Is the column needed for nothing else?
  bool isOnlyUse() const;
  /// Instructions of 16 components each.
  int64_t steps() const { return llvm::divideCeil(dim(), kDepth); }
  /// Is this op replaced, or part of what is?
  bool covers(mlir::Operation *other) const {
    return other == op || (other == difference && other->hasOneUse());
  }

  /// What one instruction multiplies: 16 x 16 by 16 x 8 numbers.
  static constexpr int64_t kRows = 16, kCols = 8, kDepth = 16;
};

/// The largest one; none where it would not pay, or not be in float32.
std::optional<TensorProduct> tensorProductOf(tile::KernelOp kernel);

/// The schedule of a sweep on tensor cores. All of its numbers are given.
tile::ScheduleAttr tensorSchedule(tile::KernelOp kernel);

} // namespace keops::device

#endif // KEOPS_COMPILER_CONVERSION_GPU_TENSOR_H
