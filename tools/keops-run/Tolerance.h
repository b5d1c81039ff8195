//===- Tolerance.h - how far a result may be from the reference -*- C++ -*-===//
//
// Errors are relative to the larger of a number and the root mean square of
// the numbers of its result. A float32 sum of many terms, accumulated in
// blocks, loses a few units in the last place per block; what is lost more is
// lost by a fault.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TOOLS_KEOPS_RUN_TOLERANCE_H
#define KEOPS_TOOLS_KEOPS_RUN_TOLERANCE_H

#include "tools/keops-run/Npy.h"

namespace keops::run {

inline constexpr double toleranceOf(Scalar scalar) {
  return scalar == Scalar::Float32 ? 2e-5 : 1e-12;
}

} // namespace keops::run

#endif // KEOPS_TOOLS_KEOPS_RUN_TOLERANCE_H
