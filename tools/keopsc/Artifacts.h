//===- Artifacts.h - the files that keopsc leaves ---------------*- C++ -*-===//

#ifndef KEOPS_TOOLS_KEOPSC_ARTIFACTS_H
#define KEOPS_TOOLS_KEOPSC_ARTIFACTS_H

#include "compiler/Driver/Options.h"
#include "llvm/Support/Error.h"

namespace keops {

/// Where results go; empty for those that nobody asked for.
struct Artifacts {
  std::string output, header, dependencies;
};

/// Fills in the defaults: FILE.keops gives FILE.o in the current folder, a
/// formula without a file NAME.o, by its first kernel, and text goes to
/// standard output.
Artifacts artifactsFor(const CompilerOptions &options,
                       llvm::ArrayRef<KernelSignature> kernels);

/// A rule for make and ninja: the files that are made depend on the formula.
std::string dependencyRule(const Artifacts &artifacts, llvm::StringRef input);

/// All of a run that succeeded, or nothing.
llvm::Error writeArtifacts(const CompilerOptions &options,
                           llvm::ArrayRef<KernelSignature> kernels,
                           llvm::StringRef content);

} // namespace keops

#endif // KEOPS_TOOLS_KEOPSC_ARTIFACTS_H
