//===- Quotients.h - where divisions bind a loop over pairs -----*- C++ -*-===//
//
//   q0 = a0 / b0          q0 = a0 * (1 / b0, estimated and corrected)
//   q1 = a1 / b1    =>    q1 = a1 / b1
//   ...                   ...
//
// The unit that divides does nothing else, and pipes that multiply wait for it.
// For one of a few columns in flight they find the quotient themselves.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_QUOTIENTS_H
#define KEOPS_COMPILER_CONVERSION_CPU_QUOTIENTS_H

#include "compiler/Conversion/CPU/Machine.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace keops::cpu {

/// Replaces as many of the divisions in the turn of a loop as should make it
/// fastest; none, if that is so. It must say how many pairs a turn takes, and
/// the builder stands behind it. What is returned takes the place of its
/// results.
llvm::SmallVector<mlir::Value> shareDivider(CpuMachine &machine,
                                            mlir::scf::ForOp loop);

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_QUOTIENTS_H
