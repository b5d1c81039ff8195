//===- KernelName.h - names that can become C functions ---------*- C++ -*-===//

#ifndef KEOPS_COMPILER_FRONTEND_KERNELNAME_H
#define KEOPS_COMPILER_FRONTEND_KERNELNAME_H

#include "mlir/IR/Location.h"

namespace keops {

/// A kernel becomes a C function of the same name in the user's program: an
/// error if C, C++ or the runtime own the name.
llvm::LogicalResult checkKernelName(llvm::StringRef name,
                                    mlir::Location location);

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_KERNELNAME_H
