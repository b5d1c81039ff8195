//===- InFlight.h - how many rows and columns are in flight -----*- C++ -*-===//
//
// A turn of the loop over pairs takes R row vectors and U columns. More of them
// keep the pipes busy while results are waited for, and share what is loaded;
// fewer leave registers free. A handful of candidates are emitted, loop by
// loop, and the one whose loop should take least is chosen.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_INFLIGHT_H
#define KEOPS_COMPILER_CONVERSION_CPU_INFLIGHT_H

#include "compiler/Conversion/CPU/Cost.h"
#include "compiler/Conversion/Demand.h"

namespace keops::cpu {

struct InFlight {
  int64_t groups = 1;  // R, row vectors
  int64_t columns = 1; // U
  int64_t ahead = 0;   // columns of a strip, if the loop is cut
  int64_t code = 0;    // operations on vectors in the loop over pairs
  Estimate turn;       // of that loop
  int64_t pairs = 0;   // that a turn takes
  double pairNs = 0;   // of a block of columns, with those left over
};

struct Candidates {
  llvm::SmallVector<InFlight> all; // smallest first
  size_t best = 0;
  const InFlight &chosen() const { return all[best]; }
};

/// `schedule` says everything else. `precise`: see CpuMachine.
Candidates chooseInFlight(tile::KernelOp kernel, tile::ScheduleAttr schedule,
                          const Demand &demand, bool precise);

/// The loops of a function that take most of its time.
struct HotLoops {
  mlir::scf::ForOp pairs;    // the one that takes most pairs at a turn
  mlir::scf::ForOp ahead;    // its first half; null if it is not cut
  mlir::scf::ForOp leftOver; // the one that takes fewest
  mlir::scf::ForOp again;    // the second pass; null if there is none
};
HotLoops hotLoopsOf(mlir::Operation *function);
/// What a pair takes in them, where there are many columns; 0 if there are
/// none.
double pairNsOf(const HotLoops &loops);

/// A table of the candidates of all kernels of a module at stage tile.
void printCandidates(mlir::ModuleOp module, bool precise,
                     llvm::raw_ostream &os);

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_INFLIGHT_H
