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
  keops::registerDialects(dialects);
  // Not made by our passes, but on the way of those who take upstream's.
  dialects.insert<mlir::cf::ControlFlowDialect, mlir::index::IndexDialect>();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerSymbolDCEPass();
  keops::registerKeopsTransformsPasses();
  keops::registerKeopsConversionPasses();
  keops::registerPipelines();
  return mlir::failed(
      mlir::MlirOptMain(argc, argv, "keops-opt, for formulas\n", dialects));
}
