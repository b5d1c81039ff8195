//===- Fragments.h - matrices that a warp holds together --------*- C++ -*-===//
//
// Thread 4 g + t of a warp has of a product rows g and g + 8 and columns 2 t
// and 2 t + 1, and of the factors components 2 t, 2 t + 1, 2 t + 8 and 2 t + 9
// of rows g and g + 8, and of column g. This is how NVIDIA's instructions want
// it; another GPU would have another such file.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_GPU_FRAGMENTS_H
#define KEOPS_COMPILER_CONVERSION_GPU_FRAGMENTS_H

#include "compiler/Conversion/Buffer.h"
#include "compiler/Conversion/GPU/Tensor.h"

namespace keops::device {

constexpr int64_t kWarp = 32;
/// Rows and columns of a warp, and how many instructions wide that is.
constexpr int64_t kPatch = 32, kRowTiles = kPatch / TensorProduct::kRows,
                  kColTiles = kPatch / TensorProduct::kCols;
/// Parts of a number.
constexpr int64_t kParts = 3;
/// Words of a thread for an instruction: of each part of rows, and of columns.
constexpr int64_t kRowWords = 4, kColWords = 2;

/// Emits what a thread does for its share.
class Fragments {
public:
  using Values = llvm::SmallVector<mlir::Value>;

  explicit Fragments(mlir::ImplicitLocOpBuilder &builder);

  /// Two words for each part, of two of four numbers each: the second is in the
  /// upper half of a word. The parts are 8 bits of a number, the 8 bits that
  /// follow and the rest, and their sum is the number.
  llvm::SmallVector<Values, kParts>
  wordsOf(llvm::ArrayRef<mlir::Value> numbers);
  mlir::Value addSquares(mlir::Value norm, llvm::ArrayRef<mlir::Value> numbers);
  /// The sum over the four threads that have the same g.
  mlir::Value sumOfGroup(mlir::Value value);
  /// c + a b.
  Values multiply(llvm::ArrayRef<mlir::Value> a, llvm::ArrayRef<mlir::Value> b,
                  llvm::ArrayRef<mlir::Value> c);
  /// What others of the warp have stored can be loaded from here on.
  void waitForWarp();
  mlir::Type word() { return builder.getI32Type(); }

  /// Numbers of the thread: in the block, in its warp; of its warp; g and t.
  mlir::Value thread, lane, warp, group, inGroup;

private:
  mlir::Value constant(int64_t value);
  mlir::Value packed(mlir::Value first, mlir::Value second);
  mlir::Value withNeighbor(mlir::Value value, int64_t bit);

  mlir::ImplicitLocOpBuilder &builder;
};

} // namespace keops::device

#endif // KEOPS_COMPILER_CONVERSION_GPU_FRAGMENTS_H
