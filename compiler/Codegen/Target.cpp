//===- Target.cpp - the machine that host code is made for ----------------===//

#include "compiler/Codegen/Target.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

// Only X86 is wanted, whatever LLVM was built with: these are the functions
// behind llvm::InitializeNativeTarget() on this architecture.
extern "C" {
void LLVMInitializeX86TargetInfo();
void LLVMInitializeX86Target();
void LLVMInitializeX86TargetMC();
void LLVMInitializeX86AsmPrinter();
}

namespace keops {

static void initializeX86() {
  static const bool once = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    return true;
  }();
  (void)once;
}

std::unique_ptr<TargetMachine> createHostTarget() {
  initializeX86();
  Triple triple("x86_64-unknown-linux-gnu");
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    reportFatalInternalError("LLVM was built without x86: " + Twine(error));
  TargetOptions options;
  // Products and sums fuse where they carry `contract` and nowhere else.
  options.AllowFPOpFusion = FPOpFusion::Standard;
  // A linker can then leave out the kernels that a program does not call.
  options.FunctionSections = true;
  options.DataSections = true;
  // Less and Aggressive take as long and give kernels that are as fast (a
  // Gaussian in dimension 3 on a core with AVX-512, all within 2 %).
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, "x86-64", /*Features=*/"", options, Reloc::PIC_, CodeModel::Small,
      CodeGenOptLevel::Default));
}

std::optional<int> hostLevel() {
  static constexpr StringRef v2[] = {"cx16",  "sahf",   "popcnt", "sse3",
                                     "ssse3", "sse4.1", "sse4.2"};
  static constexpr StringRef v3[] = {"avx",  "avx2", "bmi",   "bmi2",
                                     "f16c", "fma",  "lzcnt", "movbe"};
  static constexpr StringRef v4[] = {"avx512f", "avx512bw", "avx512cd",
                                     "avx512dq", "avx512vl"};
  StringMap<bool> features = sys::getHostCPUFeatures();
  auto hasAll = [&](ArrayRef<StringRef> names) {
    return all_of(names, [&](StringRef name) { return features.lookup(name); });
  };
  if (!hasAll(v2))
    return std::nullopt;
  if (!hasAll(v3))
    return 2;
  return hasAll(v4) ? 4 : 3;
}

} // namespace keops
