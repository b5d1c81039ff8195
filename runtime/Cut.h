//===- Cut.h - how large the pieces of a step are ---------------*- C++ -*-===//

#ifndef KEOPS_RUNTIME_CUT_H
#define KEOPS_RUNTIME_CUT_H

#include <cstdint>

namespace keops::rt {

/// Kernels number the columns of a chunk in 32 bits.
constexpr int64_t maxChunkCols = int64_t(1) << 30;

inline int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t roundUp(int64_t a, int64_t b) { return divideUp(a, b) * b; }

} // namespace keops::rt

#endif // KEOPS_RUNTIME_CUT_H
