//===- Kernels.h - compiled once, used by all -------------------*- C++ -*-===//
//
// The kernels of this process. Who asks for a formula first compiles it; who
// asks at the same time waits; who asks later gets the same kernel. Those that
// were asked for most recently are kept for later, the others live as long as
// somebody holds them. A forked child has the kernels of its parent, less what
// was being compiled.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_LIBRARY_KERNELS_H
#define KEOPS_COMPILER_LIBRARY_KERNELS_H

#include "compiler/Library/Cache.h"
#include "compiler/Library/Request.h"
#include <memory>
#include <vector>

struct keops_card;

namespace keops {

/// Code in memory, and what callers must know of it.
struct CompiledKernel {
  std::unique_ptr<LoadedObject> object; // null if it is only described
  const keops_card *card = nullptr;
  std::vector<keops_parameter> inputs, outputs;
  KernelSignature signature; // of one that is only described
};

/// A kernel, or none and a report that says why.
struct Outcome {
  std::shared_ptr<const CompiledKernel> kernel;
  std::shared_ptr<const Report> report;
  int status;
};

/// Compiles, or finds in the cache.
Outcome compile(const CompileRequest &request, const Cache &cache);

/// Reads the text, and makes no code.
Outcome describe(const CompileRequest &request);

/// Compiles, but only once for each request.
Outcome findOrCompile(const CompileRequest &request);

} // namespace keops

#endif // KEOPS_COMPILER_LIBRARY_KERNELS_H
