//===- LaneCode.cpp - machine code from lane programs ---------------------===//

#include "test/Unit/LaneCode.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace mlir;

namespace keops {

using cpu::Isa;

void loadLaneDialects(MLIRContext &context) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context.appendDialectRegistry(registry);
  context.loadDialect<arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect,
                      math::MathDialect, memref::MemRefDialect, scf::SCFDialect,
                      vector::VectorDialect>();
}

static LogicalResult lower(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createConvertVectorToSCFPass());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertMathToLLVMPass());
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createFinalizeMemRefToLLVMConversionPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertIndexToLLVMPass());
  passes.addPass(createConvertFuncToLLVMPass());
  passes.addPass(createConvertControlFlowToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  return passes.run(module);
}

static void setTarget(llvm::Module &module, Isa isa) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", targetCpu(isa));
    function.addFnAttr("tune-cpu", "x86-64-v4");
    function.addFnAttr("prefer-vector-width", "512");
  }
}

static std::string printAssembly(llvm::Module &module,
                                 llvm::TargetMachine &target) {
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if (target.addPassesToEmitFile(passes, stream, nullptr,
                                 llvm::CodeGenFileType::AssemblyFile))
    llvm::report_fatal_error("lane programs: no assembly can be printed");
  passes.run(module);
  return std::string(text);
}

static void initializeTarget() {
  static bool once = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)once;
}

std::unique_ptr<llvm::orc::LLJIT> compileLanes(ModuleOp module, Isa isa,
                                               std::string *assembly) {
  initializeTarget();
  if (failed(verify(module)) || failed(lower(module)))
    llvm::report_fatal_error("lane programs: the module does not lower");
  auto owner = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, *owner);
  if (!code)
    llvm::report_fatal_error("lane programs: the module does not translate");

  // Features of the host would add to those of the function's own CPU.
  auto builder =
      llvm::cantFail(llvm::orc::JITTargetMachineBuilder::detectHost());
  builder.setCPU(targetCpu(isa).str());
  builder.getFeatures() = llvm::SubtargetFeatures();
  auto target = llvm::cantFail(builder.createTargetMachine());
  code->setDataLayout(target->createDataLayout());
  code->setTargetTriple(target->getTargetTriple());
  setTarget(*code, isa);
  if (assembly)
    *assembly = printAssembly(*llvm::CloneModule(*code), *target);

  llvm::orc::LLJITBuilder jitBuilder;
  jitBuilder.setJITTargetMachineBuilder(std::move(builder));
  // Without this, calls of libm would be bound to that of the test.
  jitBuilder.setLinkProcessSymbolsByDefault(false);
  jitBuilder.setPlatformSetUp(llvm::orc::setUpInactivePlatform);
  auto jit = llvm::cantFail(jitBuilder.create());
  llvm::cantFail(jit->addIRModule(
      llvm::orc::ThreadSafeModule(std::move(code), std::move(owner))));
  return jit;
}

} // namespace keops
