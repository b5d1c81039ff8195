//===- LaneModule.h - many lane programs, compiled together -----*- C++ -*-===//
//
// Functions from lanes to lanes, called with numbers:
//
//   LaneModule module(context, {Isa::V4});
//   int square = module.add({{2, 3}}, [](Machine &, ArrayRef<Lane> x) {
//     return Lanes{x[0] * x[0]};
//   });
//   module.compile();
//   std::vector<double> y = module(square, numbers);
//
// The numbers of a lane are its SSA values in order, u * rows + r, and the rows
// of each value. Unlike LaneJit, a program may have any number of operands and
// results, of several shapes, of column numbers, and wider than the precision.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_LANEMODULE_H
#define KEOPS_TEST_UNIT_LANEMODULE_H

#include "test/Unit/LaneJit.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <vector>

namespace keops {

/// What a lane holds: numbers of the working precision, column numbers of type
/// machine.index(), or f64 where the working precision is f32.
enum class LaneKind { Real, Column, Wide };

struct LaneInput {
  int rows = 1;
  int cols = 1;
  LaneKind kind = LaneKind::Real;
};

class LaneModule {
public:
  using Body = llvm::function_ref<Lanes(Machine &machine,
                                        llvm::ArrayRef<Lane> operands)>;

  /// For isa, precision and width of `shape`.
  LaneModule(mlir::MLIRContext &context, const LaneShape &shape);
  ~LaneModule();

  /// Adds a program and returns its number.
  int add(llvm::ArrayRef<LaneInput> inputs, Body body);
  /// Makes code; no program can be added after that.
  void compile();

  /// Runs a program. Numbers are rounded to the precision of the module.
  std::vector<double> operator()(int program,
                                 llvm::ArrayRef<double> inputs) const;

  int width() const;
  bool isDouble() const { return shape.isDouble; }

private:
  struct Program {
    std::vector<LaneKind> inputs, outputs; // for each SSA value
    void *entry = nullptr;
  };
  struct Code;
  template <typename Real, typename Bits>
  std::vector<double> call(const Program &program,
                           llvm::ArrayRef<double> inputs) const;

  LaneShape shape;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<Program> programs;
  std::unique_ptr<Code> code;
};

/// Each instruction set of this computer in both precisions, with full
/// registers; and, if `scalars`, one number at a time on each.
std::vector<LaneShape> hostShapes(bool scalars);
/// For messages: "V3 f32 x 8".
std::string describe(const LaneShape &shape);

} // namespace keops

#endif // KEOPS_TEST_UNIT_LANEMODULE_H
