//===- TensorMemory.h - where numbers for tensor cores are ------*- C++ -*-===//

#ifndef KEOPS_COMPILER_CONVERSION_GPU_TENSORMEMORY_H
#define KEOPS_COMPILER_CONVERSION_GPU_TENSORMEMORY_H

#include "compiler/Conversion/GPU/Fragments.h"
#include "compiler/Conversion/GPU/Functions.h"

namespace keops::device {

// Numbers from a row of products to the next: 16 bytes more than there are,
// so that threads that read a column do not meet in one bank.
constexpr int64_t kPatchStride = kPatch + 4;

/// Of the function being emitted.
struct KernelEmitter::TensorMemory {
  Buffer columnParts; // shared: kColWords of each part, thread, step, 8 columns
  Buffer products;    // shared: a row for each thread
  Buffer rowParts;    // of the thread: kRowWords of each part, 16 rows, step
  std::optional<Buffer> center, columnNorms; // shared, for distances
  Lane rowNorm;                              // of the thread's row
};

} // namespace keops::device

#endif // KEOPS_COMPILER_CONVERSION_GPU_TENSORMEMORY_H
