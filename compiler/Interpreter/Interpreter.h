//===- Interpreter.h - formulas in double precision, by plain loops -*- C++
//-*-===//
//
// The reference that compiled kernels are compared with. It knows no op by
// name: each says its value itself (MathOpInterface::evaluate), as does each
// reduction. Nothing is fast here but this: rows are computed one at a time, on
// demand, so that a few rows of a large result can be checked.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_INTERPRETER_INTERPRETER_H
#define KEOPS_COMPILER_INTERPRETER_INTERPRETER_H

#include "dialects/Keops/Keops.h"
#include <functional>

namespace keops {

class Interpreter {
public:
  /// A formula without `grad` and its tables, one for each argument, row by
  /// row; `rowsI` and `rowsJ` are the rows of tables that vary along i and j.
  /// Tables must outlive the interpreter. Fails, with a message at the formula,
  /// if it cannot be run.
  static mlir::FailureOr<Interpreter>
  create(FormulaOp formula, int64_t rowsI, int64_t rowsJ,
         llvm::ArrayRef<llvm::ArrayRef<double>> tables);

  /// Passes every number that an op or a reduction gives through `change`: what
  /// another precision would make of it. Its second argument says of how many
  /// columns the number was made. Has to come before the first row.
  void disturb(std::function<double(double, int64_t)> change) {
    disturbance = std::move(change);
  }

  /// The number of rows of a result.
  int64_t rows(unsigned result);
  /// One row of a result.
  llvm::SmallVector<double> row(unsigned result, int64_t row);

private:
  using Numbers = llvm::SmallVector<double, 4>;
  /// The values of ops at one (i, j), by number.
  using Frame = std::vector<Numbers>;
  struct Position {
    int64_t i = 0, j = 0;
  };
  /// The ops to run for some values, in order: those that stay the same along
  /// the axis that is summed over, then the others.
  struct Steps {
    llvm::SmallVector<mlir::Operation *> fixed, varying;
  };

  Interpreter(FormulaOp formula, int64_t rowsI, int64_t rowsJ,
              llvm::ArrayRef<llvm::ArrayRef<double>> tables);

  ReturnOp returnOp();
  int64_t rowsAlong(Axes axes) const;
  static Position positionOf(Axes axes, int64_t row);
  Steps stepsFor(mlir::ValueRange values, Axes over);
  void run(llvm::ArrayRef<mlir::Operation *> steps, Position at, Frame &frame);
  llvm::ArrayRef<double> read(mlir::Value value, Position at,
                              const Frame &frame);
  llvm::ArrayRef<double> reduced(mlir::OpResult value, Position at);
  llvm::SmallVector<double> computeReduced(ReduceOp op, int64_t row);
  void disturb(llvm::MutableArrayRef<double> numbers, int64_t columns) const;

  FormulaOp formula;
  int64_t rowsI, rowsJ;
  llvm::SmallVector<llvm::ArrayRef<double>> tables;
  std::function<double(double, int64_t)> disturbance;
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  llvm::DenseMap<mlir::Operation *, Steps> plans;
  /// What reductions gave, by op and row. Other rows may need it again.
  llvm::DenseMap<std::pair<mlir::Operation *, int64_t>,
                 std::unique_ptr<llvm::SmallVector<double>>>
      known;
};

} // namespace keops

#endif // KEOPS_COMPILER_INTERPRETER_INTERPRETER_H
