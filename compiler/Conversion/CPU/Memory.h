//===- Memory.h - how kernels on a CPU touch memory -------------*- C++ -*-===//
//
// Tables of the user are rows; lanes want columns. Loads of rows gather,
// scratch memory is kept as structure of arrays, and results are transposed on
// their way out. Everything is in numbers of one size (the working precision;
// row numbers are integers of the same width), save tables of int64 results:
// what is loaded from them is cut to that width.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_MEMORY_H
#define KEOPS_COMPILER_CONVERSION_CPU_MEMORY_H

#include "compiler/Conversion/CPU/Machine.h"
#include "compiler/Conversion/Passes.h"

namespace keops::cpu {

/// Index arithmetic that reads like arithmetic.
class Indices {
public:
  explicit Indices(mlir::ImplicitLocOpBuilder &builder) : builder(builder) {}
  mlir::Value constant(int64_t value) const {
    return mlir::arith::ConstantIndexOp::create(builder, value);
  }
  mlir::Value add(mlir::Value a, mlir::Value b) const;
  mlir::Value add(mlir::Value a, int64_t b) const;
  mlir::Value sub(mlir::Value a, mlir::Value b) const;
  mlir::Value mul(mlir::Value a, int64_t b) const;
  mlir::Value min(mlir::Value a, mlir::Value b) const;
  mlir::Value min(mlir::Value a, int64_t b) const {
    return min(a, constant(b));
  }
  mlir::Value rem(mlir::Value a, int64_t b) const;
  /// An index from an i64 argument.
  mlir::Value of(mlir::Value integer) const;

private:
  mlir::ImplicitLocOpBuilder &builder;
};

/// A run of numbers in memory: memref<?xT> around a raw pointer.
class Buffer {
public:
  /// From a pointer, `offset` bytes on.
  Buffer(mlir::ImplicitLocOpBuilder &builder, mlir::Value pointer,
         mlir::Type element, mlir::Value offsetBytes = {});
  mlir::Type element() const { return type; }

  /// The scalar at an index.
  mlir::Value load(mlir::Value index) const;
  void store(mlir::Value scalar, mlir::Value index) const;
  /// Consecutive numbers at a multiple of their size, scratch memory only.
  mlir::Value loadAligned(mlir::Type lane, mlir::Value index) const;
  void storeAligned(mlir::Value lane, mlir::Value index) const;
  /// The numbers at base + offsets[l].
  mlir::Value gather(mlir::Type lane, mlir::Value base,
                     mlir::Value offsets) const;

private:
  mlir::ImplicitLocOpBuilder &builder;
  mlir::Type type;
  mlir::Value memref;
};

/// Components of rows in scratch memory, column by column: component c of row r
/// is at c * stride + r. The stride is an odd number of 64-byte lines, so that
/// the components of a row do not fall into the same sets of the cache.
struct Columns {
  int64_t components = 0;
  int64_t stride = 0;
  int64_t offsetBytes = 0; // from the start of its scratch buffer

  static int64_t strideFor(int64_t rows, int64_t bytes);
  int64_t bytes(int64_t bytesPerNumber) const {
    return components * stride * bytesPerNumber;
  }
};

/// Rows first .. first + width of a table, one per lane, rows past `count`
/// clamped to the last valid one. `count` is relative to `first`.
class RowGather {
public:
  RowGather(CpuMachine &machine, const Buffer &table, int64_t dim,
            mlir::Value first, mlir::Value count);
  /// One component of these rows, by an index value.
  Lane component(mlir::Value number) const;

private:
  CpuMachine *machine;
  Buffer table;
  mlir::Value base, offsets;
};

/// One component of the one row of a table, the same in every lane.
Lane loadParameter(CpuMachine &machine, const Buffer &table,
                   mlir::Value component);

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_MEMORY_H
