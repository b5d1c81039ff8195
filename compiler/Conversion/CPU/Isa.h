//===- Isa.h - the instruction sets for which CPU code is made --*- C++ -*-===//
//
// Levels of x86-64 as the psABI names them. What an expansion may assume:
//
//   Scalar  nothing beyond SSE2; one number per lane value
//   V2      128-bit vectors, SSE4.2 (roundps), no fused multiply-add
//   V3      256-bit vectors, AVX2, FMA
//   V4      512-bit vectors, AVX-512 F, BW, CD, DQ, VL
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_ISA_H
#define KEOPS_COMPILER_CONVERSION_CPU_ISA_H

#include "compiler/Conversion/Elementary/Elementary.h"
#include "llvm/ADT/StringRef.h"

namespace keops::cpu {

enum class Isa { Scalar, V2, V3, V4 };

inline Instructions instructionsOf(Isa isa) {
  return {/*fma=*/isa >= Isa::V3, /*rounding=*/isa != Isa::Scalar,
          /*avx512=*/isa == Isa::V4};
}

/// How many numbers of `bits` bits fill a vector register; 1 without vectors.
inline int naturalWidth(Isa isa, unsigned bits) {
  switch (isa) {
  case Isa::Scalar:
    return 1;
  case Isa::V2:
    return 128 / bits;
  case Isa::V3:
    return 256 / bits;
  case Isa::V4:
    return 512 / bits;
  }
  return 1;
}

/// Do sums of many components keep tiles of them in registers (SweepWide.cpp)?
inline bool keepsTiles(Isa isa) { return isa >= Isa::V3; }

/// The name that LLVM gives to the level (the `target-cpu` attribute).
inline llvm::StringRef targetCpu(Isa isa) {
  switch (isa) {
  case Isa::Scalar:
    return "x86-64";
  case Isa::V2:
    return "x86-64-v2";
  case Isa::V3:
    return "x86-64-v3";
  case Isa::V4:
    return "x86-64-v4";
  }
  return "x86-64";
}

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_ISA_H
