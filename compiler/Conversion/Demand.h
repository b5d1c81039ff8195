//===- Demand.h - what a kernel needs at a time -----------------*- C++ -*-===//
//
// Read off the kernel as it stands in the tile dialect, before anything is
// emitted.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_DEMAND_H
#define KEOPS_COMPILER_CONVERSION_DEMAND_H

#include "dialects/Tile/Tile.h"

namespace keops {

/// What the size of a kernel's working set depends on.
struct Demand {
  unsigned bits = 32;
  int64_t staged = 0;     // numbers per column
  int64_t rowNumbers = 0; // numbers per row: row values and accumulator
  int64_t pairOps = 0;    // component operations per pair
  int64_t widest = 1;     // components of a pair value that stay alive
  int64_t ranks = 0;      // K of a K-least reduction
  bool loops = false;     // over components
  bool isWide = false;    // of many components that need no row of their own
  bool isRanked = false;  // does it look for columns, in two passes?
};

Demand demandOf(tile::KernelOp kernel);

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_DEMAND_H
