//===- keops-opt.cpp - our passes, one at a time --------------------------===//
//
// mlir-opt with the dialects keops and tile, their passes and the pipelines
// --keops-to-<stage>. A tool for developers: it trusts its input.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Passes.h"
#include "compiler/Driver/Pipeline.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry dialects;
  dialects.insert<keops::KeopsDialect, keops::tile::TileDialect,
                  mlir::arith::ArithDialect, mlir::cf::ControlFlowDialect,
                  mlir::func::FuncDialect, mlir::index::IndexDialect,
                  mlir::LLVM::LLVMDialect, mlir::math::MathDialect,
                  mlir::memref::MemRefDialect, mlir::scf::SCFDialect,
                  mlir::vector::VectorDialect>();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerSymbolDCEPass();
  keops::registerKeopsTransformsPasses();
  keops::registerKeopsConversionPasses();
  keops::registerPipelines();
  return mlir::failed(
      mlir::MlirOptMain(argc, argv, "keops-opt, for formulas\n", dialects));
}
