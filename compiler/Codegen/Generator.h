//===- Generator.h - a run of one of LLVM's code generators ----*- C++ -*-===//

#ifndef KEOPS_COMPILER_CODEGEN_GENERATOR_H
#define KEOPS_COMPILER_CODEGEN_GENERATOR_H

#include "mlir/IR/Location.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace keops {

/// Runs the code generator of `target` over a module, which is used up. Errors
/// become diagnostics of MLIR; by itself, LLVM prints them and ends the
/// process.
llvm::FailureOr<llvm::SmallVector<char, 0>>
runCodeGenerator(llvm::Module &module, llvm::TargetMachine &target,
                 llvm::CodeGenFileType type, mlir::Location location);

} // namespace keops

#endif // KEOPS_COMPILER_CODEGEN_GENERATOR_H
