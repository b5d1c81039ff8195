//===- LaneJit.h - run a lane program over arrays ---------------*- C++ -*-===//
//
// Turns a function of lanes into machine code the way kernels become machine
// code, and calls it:
//
//   LaneJit square({Isa::V4}, [](Machine &, ArrayRef<Lane> x) {
//     return x[0] * x[0];
//   });
//   square({input}, output, count);
//
// Code may refer to no outside symbol, libm included: that is an error here.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_LANEJIT_H
#define KEOPS_TEST_UNIT_LANEJIT_H

#include "compiler/Conversion/CPU/Machine.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <memory>
#include <string>

namespace keops {

/// The machine, and how much of the arrays one turn of the loop takes.
struct LaneShape {
  cpu::Isa isa = cpu::Isa::V2;
  bool isDouble = false;
  int operands = 1;
  int width = 0; // 0: a full register
  int rows = 1;  // bundles of rows x cols lane values
  int cols = 1;
  bool precise = false;
};

/// Can this computer run code for the instruction set?
bool hostRuns(cpu::Isa isa);

class LaneJit {
public:
  using Body =
      llvm::function_ref<Lane(Machine &machine, llvm::ArrayRef<Lane> operands)>;

  /// Builds and compiles; ends the program with a message if that fails.
  LaneJit(const LaneShape &shape, Body body);
  ~LaneJit();

  /// output[k] = body(inputs[0][k], ...) for k < count. The arrays are of float
  /// or double, as the shape says, and need no alignment or padding.
  void operator()(llvm::ArrayRef<const void *> inputs, void *output,
                  int64_t count) const;

  /// The machine code as text.
  const std::string &assembly() const { return text; }
  /// Instructions between the label that the innermost loop jumps back to and
  /// that jump; 0 if there is no loop.
  int loopInstructions() const;
  /// Numbers that one turn of the loop computes.
  int64_t block() const;

private:
  struct Compiled;
  LaneShape shape;
  std::unique_ptr<Compiled> compiled;
  std::string text;
};

} // namespace keops

#endif // KEOPS_TEST_UNIT_LANEJIT_H
