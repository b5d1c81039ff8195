//===- Kernels.h - compiled kernels, for tests ------------------*- C++ -*-===//

#ifndef KEOPS_TEST_UNIT_KERNELS_H
#define KEOPS_TEST_UNIT_KERNELS_H

#include "compiler/Frontend/Frontend.h"
#include "test/Unit/Modules.h"

namespace keops::test {

/// Runs what a file of kernels becomes.
class KernelTest : public ModuleTest {
protected:
  /// Compiles a file for this processor and for GPUs, of `archs` in machine
  /// code, and loads it.
  void load(llvm::StringRef text, llvm::ArrayRef<int> archs = {});

  std::vector<KernelSignature> signatures;
  std::unique_ptr<LoadedObject> object;
};

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_KERNELS_H
