//===- Ptx.h - from the nvvm dialect to code for GPUs -----------*- C++ -*-===//
//
//   nvvm dialect  --translate-->  LLVM IR  --generate-->  PTX text
//
// No pass of LLVM's optimizer runs in between: the assembler that turns PTX
// into machine code, in the driver or as ptxas, is an optimizing compiler.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CODEGEN_PTX_H
#define KEOPS_COMPILER_CODEGEN_PTX_H

#include "mlir/IR/Operation.h"
#include <string>

namespace keops {

/// Is there code for sm_ARCH and later GPUs?
bool isDeviceArch(int arch);

/// The text for a gpu.module in the nvvm dialect, for sm_ARCH and later GPUs.
/// With `flush`, f32 numbers below the normal ones count as zero. Equal modules
/// give equal text.
llvm::FailureOr<std::string> generatePtx(mlir::Operation *gpuModule, int arch,
                                         bool flush);

} // namespace keops

#endif // KEOPS_COMPILER_CODEGEN_PTX_H
