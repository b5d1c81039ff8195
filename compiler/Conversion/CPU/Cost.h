//===- Cost.h - what a pair costs on a CPU ----------------------*- C++ -*-===//
//
// Counts the vector instructions of the loops over pairs, by the pipes of a
// Zen 4 that run them, and tells how long a pair takes and what binds. Reads
// stage `cpu`, where these loops carry the attribute `keops.pairs`: how many
// pairs one turn takes. Where such a loop is cut in two, the first half carries
// `keops.ahead` instead. What looks for columns has a second pass, which takes
// the more the more columns there are to choose from; its loop carries
// `keops.again`.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_COST_H
#define KEOPS_COMPILER_CONVERSION_CPU_COST_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"

namespace keops::cpu {

constexpr llvm::StringLiteral kPairsAttribute = "keops.pairs";
constexpr llvm::StringLiteral kAheadAttribute = "keops.ahead";
/// Of a loop within such a loop: how many turns it is expected to take, and how
/// many pairs are in flight in one.
constexpr llvm::StringLiteral kPartAttribute = "keops.part";
constexpr llvm::StringLiteral kAgainAttribute = "keops.again";
/// For how many columns estimates are made where that matters.
constexpr int64_t kTypicalColumns = 10000;

/// Instructions on whole vectors, by where they can run. Each pair of pipes
/// takes one vector of 512 bits in a cycle, or two that are shorter.
struct Cost {
  double multiply = 0;  // multiply-add, compare
  double add = 0;       // add, minimum, round, convert, scale
  double shuffle = 0;   // permutations, in either pair of pipes
  double any = 0;       // integers, selections
  double broadcast = 0; // a number for all rows, as an instruction
  double divider = 0;   // cycles of the unit that divides and takes roots
  double load = 0;      // of a vector; half for a single number
  double store = 0;
  double test = 0; // of a branch

  Cost &operator+=(const Cost &other);
  Cost operator*(double times) const;
  double instructions() const {
    return multiply + add + shuffle + any + broadcast;
  }
};

/// One turn of a loop, but for the loops inside.
Cost costOf(mlir::Block &body);

/// What the instruction set of the code around allows.
struct Level {
  int64_t bits = 512; // of a vector

  bool fuses() const { return bits > 128; }
  /// May an operand be a number in memory, to be repeated?
  bool embeds() const { return bits == 512; }
  /// A comparison makes a mask in AVX-512, and a vector before.
  Cost comparison() const { return embeds() ? Cost{1} : Cost{0, 1}; }
  Cost selection() const { return embeds() ? Cost{0, 0, 0, 1} : Cost{1}; }
};
Level levelOf(mlir::Block &body);

/// Is it a product that becomes part of the sums that use it?
bool isPartOfSum(mlir::Operation *product);

/// How values in one turn of a loop wait for each other, but for loops inside.
struct Chains {
  double longest; // cycles from the first value to the last
  double carried; // cycles from what a turn gets of the one before to what it
                  // hands on
};
Chains chainsOf(mlir::Block &body);

/// Vectors that one turn of a loop needs at a time, at most, but for loops
/// inside.
struct Pressure {
  int64_t live = 0;
  double reloads = 0; // if there are so few registers: of what is from outside
  double spills = 0;  // of what is made inside
};
Pressure pressureOf(mlir::Block &body, int64_t registers);

/// What one turn of a loop takes, on a core like those that were measured.
struct Estimate {
  Cost cost;
  double pipes = 0;      // cycles if nothing but pipes were in the way
  llvm::StringRef bound; // which of them
  double waiting = 0;    // cycles that instructions wait for operands
  int64_t live = 0, registers = 0;
  double spills = 0; // cycles for values that find no register
  double cycles = 0; // all in all

  double nanoseconds() const;
  /// What a loop inside takes, in so many turns.
  void add(const Estimate &inside, double times);
};
/// `pairs`: how many a turn takes.
Estimate estimateOf(mlir::Block &body, int64_t pairs);
/// How many pairs a turn of a loop takes, as it says; 0 if it does not.
int64_t pairsOf(mlir::scf::ForOp loop);
/// What one of them takes.
double pairNsOf(mlir::scf::ForOp loop);

/// How columns are looked for in two passes.
struct SecondPass {
  int64_t ranks; // how many are wanted
  int64_t group; // columns that are looked at again together
  int64_t block; // columns that share a bound

  mlir::Attribute toAttribute(mlir::MLIRContext *context) const;
  /// Of a loop over the columns of a group; nothing if it is another.
  static std::optional<SecondPass> of(mlir::scf::ForOp loop);

  /// How many groups a row is expected to look at again.
  double groups(int64_t columns) const;
  /// What that takes for each of its pairs. `loop` is over a group.
  double nanosecondsOf(mlir::scf::ForOp loop, int64_t columns) const;
};

/// A table of all loops over pairs of a module.
void printCosts(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_COST_H
