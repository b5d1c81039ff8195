//===- Cost.h - what a pair costs on a GPU ----------------------*- C++ -*-===//
//
// Counts the instructions of a loop over pairs by the units of a multiprocessor
// that run them, and the registers and the time that one turn needs, for the
// GPU of Units.h. That has not been compared with measurements yet.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_GPU_COST_H
#define KEOPS_COMPILER_CONVERSION_GPU_COST_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace keops::device {

/// Cycles of one quarter of a multiprocessor, for all threads of a warp, by
/// what is busy meanwhile.
struct Cost {
  double issue = 0;   // a cycle for each instruction
  double fma = 0;     // sums and products in f32
  double alu = 0;     // comparisons, selections, integers
  double special = 0; // exponentials, roots, reciprocals, conversions
  double fp64 = 0;    // all of f64
  double memory = 0;  // the stage, memory of the thread, tables
  double tensor = 0;  // products of matrices

  Cost &operator+=(const Cost &other);
  Cost operator*(double times) const;
  /// Cycles if nothing but these units were in the way.
  double cycles() const;
  /// What takes so long.
  llvm::StringRef bound() const;
  double sum() const {
    return issue + fma + alu + special + fp64 + memory + tensor;
  }
};

/// One turn of a loop, for one warp.
struct Turn {
  Cost cost;
  double latency = 0; // of the longest chain of instructions

  Turn operator*(double times) const { return {cost * times, latency * times}; }
};
/// `taken` is how often one of the tests of the loop succeeds, in each turn.
/// Most guard what is rare.
Turn turnOf(llvm::iterator_range<mlir::Block::iterator> ops, double taken = 0);
inline Turn turnOf(mlir::Block &body, double taken = 0) {
  return turnOf(llvm::make_range(body.begin(), body.end()), taken);
}

/// About how many registers of 32 bits a thread needs. The assembler does
/// better with some formulas and worse with others.
int64_t registersOf(mlir::gpu::GPUFuncOp function);

/// Warps that a quarter of a multiprocessor has at the same time.
int64_t warpsAtOnce(int64_t registers, int64_t threads, int64_t sharedBytes);

/// What a sweep costs: a turn of its loop over pairs, and how many pairs of
/// each thread that is.
struct SweepCost {
  Turn turn;
  int64_t pairs = 1;
  int64_t registers = 0, warps = 1;

  /// For a pair of each thread of a warp. Warps take turns while others wait.
  double cycles() const {
    double turns = std::max(turn.cost.cycles(), turn.latency / double(warps));
    return turns / double(pairs);
  }
  llvm::StringRef bound() const;
};

} // namespace keops::device

#endif // KEOPS_COMPILER_CONVERSION_GPU_COST_H
