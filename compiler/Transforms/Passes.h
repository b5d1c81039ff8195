//===- Passes.h - rewrites of formulas --------------------------*- C++ -*-===//
//
// Passes from keops to keops, in the order in which the driver runs them. What
// each does stands in Passes.td; how, in the file of its name.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_TRANSFORMS_PASSES_H
#define KEOPS_COMPILER_TRANSFORMS_PASSES_H

#include "dialects/Keops/Keops.h"
#include "mlir/Pass/Pass.h"

namespace keops {

#define GEN_PASS_DECL
#include "compiler/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/Transforms/Passes.h.inc"

} // namespace keops

#endif // KEOPS_COMPILER_TRANSFORMS_PASSES_H
