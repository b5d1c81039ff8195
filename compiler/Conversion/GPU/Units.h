//===- Units.h - what the cost model takes for true of a GPU ----*- C++ -*-===//
//
// Numbers of an H200, from tables of the vendor; bench/gpu/run prints what it
// measures of them beside these.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_GPU_UNITS_H
#define KEOPS_COMPILER_CONVERSION_GPU_UNITS_H

namespace keops::device {

/// GPUs on which six products on tensor cores take less time than a difference
/// and its square: those of data centers, as 80 for sm_80. On others (86, 89,
/// 120), tensor cores multiply only two to four times as fast as other units.
constexpr int kTensorArchs[] = {80, 90, 100, 103};
constexpr bool isTensorArch(int arch) {
  for (int known : kTensorArchs)
    if (known == arch)
      return true;
  return false;
}

// A quarter of a multiprocessor issues an instruction in each cycle. Its units
// take so many cycles for one of a warp.
constexpr double kAlu = 2, kSpecial = 8, kDouble = 2;
// Four quarters share the memory: 128 bytes in a cycle, 4 for each thread.
constexpr double kMemory = 4;
// 2048 products of a tensor core: 4 cycles at the best of an H100, of which
// such instructions are said to reach 62 %.
constexpr double kTensor = 6.5;
// Cycles until a result can be used.
constexpr double kArithmeticLatency = 4, kSpecialLatency = 18,
                 kDoubleLatency = 8, kMemoryLatency = 30, kTensorLatency = 33;

} // namespace keops::device

#endif // KEOPS_COMPILER_CONVERSION_GPU_UNITS_H
