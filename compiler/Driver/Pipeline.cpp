//===- Pipeline.cpp - the table of contents of the compiler ---------------===//

#include "compiler/Driver/Pipeline.h"
#include "compiler/Conversion/Passes.h"
#include "compiler/Driver/Card.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace keops {

//===----------------------------------------------------------------------===//
// The road
//===----------------------------------------------------------------------===//

// From the first operation to the last: what an operation makes of its operands
// can then not be made of them again and again, which takes exponential time in
// formulas whose values have many users.
static void simplifyFormula(OpPassManager &passes) {
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
}

// Of code there is much. From the last operation to the first, and without a
// look at what blocks have in common: that takes half of the time, and gives
// the same code.
static void simplifyCode(OpPassManager &passes) {
  GreedyRewriteConfig config;
  config.setUseTopDownTraversal(false);
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  passes.addPass(createCanonicalizerPass(config));
  passes.addPass(createCSEPass());
}

// Stabilize runs on both sides of the gradient: before, so that a log-sum-exp
// written by hand is differentiated in its stable form; after, for the ratios
// that the gradient makes.
void buildGrad(OpPassManager &passes) {
  OpPassManager &formula = passes.nest<FormulaOp>();
  simplifyFormula(formula);
  formula.addPass(createStabilize());
  formula.addPass(createDifferentiate());
  simplifyFormula(formula);
}

void buildStable(OpPassManager &passes) {
  OpPassManager &formula = passes.nest<FormulaOp>();
  formula.addPass(createStabilize());
  simplifyFormula(formula);
}

// First what makes fewer or cheaper pairs, then loops.
void buildTile(OpPassManager &passes, const CompileOptions &options,
               ArrayRef<std::string> isas) {
  OpPassManager &formula = passes.nest<FormulaOp>();
  formula.addPass(createKeopsSplitLong());
  // Factors cannot leave a concat, so they leave before sums share one.
  formula.addPass(createFactorOutOfSum());
  simplifyFormula(formula);
  formula.addPass(createFuse());
  simplifyFormula(formula);
  if (!options.precise)
    passes.addPass(createKeopsBase2());
  passes.addPass(createKeopsToTile());
  passes.addPass(createTileMergeKernels());
  TileScheduleOptions schedule;
  schedule.isas.assign(isas.begin(), isas.end());
  schedule.maxUnrolled = options.maxUnrolled;
  schedule.precise = options.precise;
  schedule.tensor = options.hasTensorCores();
  passes.addPass(createTileSchedule(schedule));
}

void buildCpu(OpPassManager &passes, const CompileOptions &options) {
  TileToCPUOptions code;
  code.precise = options.precise;
  code.maxUnrolled = options.maxUnrolled;
  passes.addPass(createTileToCPU(code));
  simplifyCode(passes.nest<func::FuncOp>());
}

void buildGpu(OpPassManager &passes, const CompileOptions &options) {
  TileToGPUOptions code;
  code.precise = options.precise;
  code.maxUnrolled = options.maxUnrolled;
  code.others = options.hasOtherGpus();
  code.isOptional = options.deviceIsOptional;
  passes.addPass(createTileToGPU(code));
  simplifyCode(passes.nest<gpu::GPUModuleOp>());
}

void buildNvvm(OpPassManager &passes) {
  OpPassManager &code = passes.nest<gpu::GPUModuleOp>();
  code.addPass(createGpuMathToNvvm());
  code.addPass(createSCFToControlFlowPass());
  ConvertGpuOpsToNVVMOpsOptions nvvm;
  nvvm.useBarePtrCallConv = true;
  code.addPass(createConvertGpuOpsToNVVMOps(nvvm));
  code.addPass(createReconcileUnrealizedCastsPass());
  simplifyCode(code);
}

void buildLlvm(OpPassManager &passes) {
  OpPassManager &function = passes.nest<func::FuncOp>();
  function.addPass(createSCFToControlFlowPass());
  function.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createConvertToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  simplifyCode(passes.nest<LLVM::LLVMFuncOp>());
}

void registerDialects(DialectRegistry &registry) {
  registry.insert<KeopsDialect, tile::TileDialect, arith::ArithDialect,
                  func::FuncDialect, gpu::GPUDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, NVVM::NVVMDialect,
                  scf::SCFDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
  registerCardTranslation(registry);
  // The pass to nvvm takes the patterns of the other dialects from here.
  arith::registerConvertArithToLLVMInterface(registry);
  cf::registerConvertControlFlowToLLVMInterface(registry);
  registerConvertMathToLLVMInterface(registry);
  registerConvertFuncToLLVMInterface(registry);
  index::registerConvertIndexToLLVMInterface(registry);
  registerConvertMemRefToLLVMInterface(registry);
  vector::registerConvertVectorToLLVMInterface(registry);
}

//===----------------------------------------------------------------------===//
// keops-opt
//===----------------------------------------------------------------------===//

namespace {

struct RoadOptions : PassPipelineOptions<RoadOptions> {
  ListOption<std::string> isas{
      *this, "isa",
      llvm::cl::desc("instruction sets of CPUs: v2, v3, v4 (default: all)")};
  Option<bool> precise{
      *this, "precise",
      llvm::cl::desc("do not rewrite exponentials to powers of two")};
};

} // namespace

static void buildRoad(OpPassManager &passes, Stage stage,
                      const RoadOptions &given) {
  CompileOptions options;
  options.precise = given.precise;
  if (stage >= Stage::Grad)
    buildGrad(passes);
  if (stage >= Stage::Stable)
    buildStable(passes);
  if (stage == Stage::Gpu) {
    buildTile(passes, options, {"gpu"});
    return buildGpu(passes, options);
  }
  if (stage >= Stage::Tile)
    buildTile(passes, options, ArrayRef<std::string>(given.isas));
  if (stage >= Stage::Cpu)
    buildCpu(passes, options);
  if (stage >= Stage::Llvm)
    buildLlvm(passes);
}

void registerPipelines() {
  for (Stage stage : {Stage::Grad, Stage::Stable, Stage::Tile, Stage::Cpu,
                      Stage::Gpu, Stage::Llvm}) {
    PassPipelineRegistration<RoadOptions> registration(
        ("keops-to-" + stageName(stage)).str(),
        ("from a formula to stage " + stageName(stage)).str(),
        [stage](OpPassManager &passes, const RoadOptions &options) {
          buildRoad(passes, stage, options);
        });
  }
}

} // namespace keops
