//===- Ptx.cpp - from the nvvm dialect to code for GPUs -------------------===//

#include "compiler/Codegen/Ptx.h"
#include "compiler/Codegen/Generator.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"

using namespace llvm;

// Only NVPTX is wanted, whatever LLVM was built with.
extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

namespace keops {

static void initializeNvptx() {
  static const bool once = [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    return true;
  }();
  (void)once;
}

static std::unique_ptr<TargetMachine> createDeviceTarget(int arch) {
  initializeNvptx();
  Triple triple("nvptx64-nvidia-cuda");
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    reportFatalInternalError("LLVM was built without NVPTX: " + Twine(error));
  TargetOptions options;
  // Products and sums fuse where they carry `contract` and nowhere else.
  options.AllowFPOpFusion = FPOpFusion::Standard;
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, "sm_" + std::to_string(arch), /*Features=*/"", options,
      Reloc::PIC_, std::nullopt, CodeGenOptLevel::Default));
}

// 75 is the oldest that the assemblers of today know.
bool isDeviceArch(int arch) {
  return arch >= 75 &&
         createDeviceTarget(75)->getMCSubtargetInfo()->isCPUStringValid(
             "sm_" + std::to_string(arch));
}

FailureOr<std::string> generatePtx(mlir::Operation *gpuModule, int arch,
                                   bool flush) {
  LLVMContext context;
  std::unique_ptr<Module> code =
      mlir::translateModuleToLLVMIR(gpuModule, context, "keopsc");
  if (!code) {
    gpuModule->emitError("the nvvm dialect cannot be translated to LLVM IR");
    return failure();
  }
  std::unique_ptr<TargetMachine> target = createDeviceTarget(arch);
  code->setTargetTriple(target->getTargetTriple());
  code->setDataLayout(target->createDataLayout());
  for (Function &function : *code)
    if (flush && !function.isDeclaration())
      function.addFnAttr("denormal-fp-math-f32", "preserve-sign,preserve-sign");
  auto text = runCodeGenerator(*code, *target, CodeGenFileType::AssemblyFile,
                               gpuModule->getLoc());
  if (failed(text))
    return failure();
  return std::string(text->begin(), text->end());
}

} // namespace keops
