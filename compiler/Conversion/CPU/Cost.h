//===- Cost.h - what a pair costs on a CPU ----------------------*- C++ -*-===//
//
// Counts the vector instructions of the loops over pairs, by the pipes of a
// Zen 4 that run them, and tells how long a pair takes and what binds. Reads
// stage `cpu`, where these loops carry the attribute `keops.pairs`: how many
// pairs one turn takes.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_COST_H
#define KEOPS_COMPILER_CONVERSION_CPU_COST_H

#include "mlir/IR/Block.h"
#include "mlir/IR/BuiltinOps.h"

namespace keops::cpu {

constexpr llvm::StringLiteral kPairsAttribute = "keops.pairs";

/// Instructions on whole vectors, by where they can run. Each pair of pipes
/// takes one vector of 512 bits in a cycle.
struct Cost {
  double multiply = 0; // multiply-add, compare
  double add = 0;      // add, minimum, round, convert, scale
  double shuffle = 0;  // permutations take a cycle of both pairs of pipes
  double any = 0;      // integers, selections
  double divider = 0;  // cycles of the unit that divides and takes roots

  Cost &operator+=(const Cost &other);
  Cost operator*(double times) const;
  /// Cycles if nothing but pipes were in the way.
  double cycles() const;
  /// What takes so long.
  llvm::StringRef bound() const;
};

/// One turn of a loop.
Cost costOf(mlir::Block &body);
/// What that takes, on a core like those that were measured.
double nanosecondsOf(mlir::Block &body);

/// A table of all loops over pairs of a module.
void printCosts(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_COST_H
