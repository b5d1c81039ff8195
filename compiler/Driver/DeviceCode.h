//===- DeviceCode.h - from functions of a GPU module to what runs *- C++
//-*-===//

#ifndef KEOPS_COMPILER_DRIVER_DEVICECODE_H
#define KEOPS_COMPILER_DRIVER_DEVICECODE_H

#include "compiler/Driver/Compiler.h"
#include "llvm/ADT/StringSet.h"

namespace keops {

/// The functions of a GPU module become the text that an object holds, and
/// machine code for the GPUs that were named, where there is an assembler. Adds
/// the functions that keep values in memory for want of registers.
llvm::LogicalResult compileDeviceCode(mlir::ModuleOp module,
                                      const CompileOptions &options,
                                      llvm::StringSet<> &spilling);

/// Gives kernels of `before`, which is at stage tile, the next best schedules
/// where `after`, made of it, has sweeps among `spilling`, which is empty then.
/// Are there any that are worth it?
bool takeOthers(mlir::ModuleOp before, mlir::ModuleOp after,
                llvm::StringSet<> &spilling, const CompileOptions &options);

} // namespace keops

#endif // KEOPS_COMPILER_DRIVER_DEVICECODE_H
