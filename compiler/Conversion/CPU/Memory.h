//===- Memory.h - how kernels on a CPU touch memory -------------*- C++ -*-===//
//
// Tables of the user are rows; lanes want columns. Rows are transposed on their
// way in, scratch memory is kept as structure of arrays, and results are
// transposed on their way out. Values are numbers of one size (the working
// precision; row numbers are integers of the same width), save tables of int64
// results: what is loaded from them is cut to that width. Accumulators may be
// wider.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_MEMORY_H
#define KEOPS_COMPILER_CONVERSION_CPU_MEMORY_H

#include "compiler/Conversion/Buffer.h"
#include "compiler/Conversion/CPU/Machine.h"
#include "compiler/Conversion/Passes.h"

namespace keops::cpu {

/// Scratch memory and what goes with it is aligned to lines of the cache.
inline int64_t wholeLines(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// Components of rows in scratch memory, column by column: component c of row r
/// is at c * stride + r. All components have the same room, which is that of
/// the widest. For many rows it is an odd number of 64-byte lines, so that the
/// components of a row do not fall into the same sets of the cache.
struct Columns {
  int64_t components = 0;
  int64_t strideBytes = 0; // from one component to the next
  int64_t offsetBytes = 0; // from the start of its scratch buffer

  static int64_t strideFor(int64_t rows, int64_t bytesPerNumber);
  /// From one component to the next, in numbers of that type.
  int64_t stride(mlir::Type number) const {
    return strideBytes / bytesOf(number);
  }
  int64_t bytes() const { return components * strideBytes; }
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

/// All components of the same rows, which are few.
Lanes loadRows(CpuMachine &machine, const Buffer &table, int64_t dim,
               mlir::Value first, mlir::Value count);

/// The same of long rows, to `target`, where component c is at
/// position + c * stride.
void storeComponents(CpuMachine &machine, const Buffer &table, int64_t dim,
                     mlir::Value first, mlir::Value count, const Buffer &target,
                     mlir::Value position, int64_t stride);

/// One component of the one row of a table, the same in every lane.
Lane loadParameter(CpuMachine &machine, const Buffer &table,
                   mlir::Value component);

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_MEMORY_H
