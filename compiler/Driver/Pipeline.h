//===- Pipeline.h - the table of contents of the compiler -------*- C++ -*-===//
//
// One function for each stage: the passes that bring a module from the form
// before to that form.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_DRIVER_PIPELINE_H
#define KEOPS_COMPILER_DRIVER_PIPELINE_H

#include "compiler/Driver/Compiler.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"

namespace keops {

void buildGrad(mlir::OpPassManager &passes);
void buildStable(mlir::OpPassManager &passes);
/// `isas` as tile-schedule takes them: a name that it does not know is an
/// error.
void buildTile(mlir::OpPassManager &passes, const CompileOptions &options,
               llvm::ArrayRef<std::string> isas);
void buildCpu(mlir::OpPassManager &passes, const CompileOptions &options);
void buildGpu(mlir::OpPassManager &passes, const CompileOptions &options);
/// The last passes on the way to stage ptx.
void buildNvvm(mlir::OpPassManager &passes);
void buildLlvm(mlir::OpPassManager &passes);

/// Dialects, and what the passes and the translation ask of them.
void registerDialects(mlir::DialectRegistry &registry);

/// `--keops-to-STAGE` for keops-opt: the whole road up to a stage. What lies
/// behind a module already does nothing to it.
void registerPipelines();

} // namespace keops

#endif // KEOPS_COMPILER_DRIVER_PIPELINE_H
