//===- Formulas.h - formulas for tests --------------------------*- C++ -*-===//
//
// Small formulas over random tables, what they give, and their derivatives by
// finite differences.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_FORMULAS_H
#define KEOPS_TEST_UNIT_FORMULAS_H

#include "compiler/Interpreter/Interpreter.h"
#include "mlir/IR/OwningOpRef.h"
#include "gtest/gtest.h"
#include <random>

namespace keops::test {

using Table = std::vector<double>;

/// Rows along i and along j: few, but not equal.
constexpr int64_t kRowsI = 3, kRowsJ = 4;

class FormulaTest : public ::testing::Test {
protected:
  FormulaTest();

  VecType vec(int64_t dim, Axes axes);
  /// A formula in f64 whose results are what `body` makes of the arguments.
  FormulaOp
  build(llvm::ArrayRef<mlir::Type> arguments,
        llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &,
                                                          mlir::ValueRange)>
            body);
  /// The only formula of a piece of IR.
  FormulaOp parse(llvm::StringRef text);
  FormulaOp clone(FormulaOp formula);

  /// Runs passes of a formula, for instance "keops-differentiate,canonicalize".
  bool run(FormulaOp formula, llvm::StringRef passes);

  std::vector<Table> randomTables(FormulaOp formula, double low, double high);
  static int64_t rowsAlong(Axes axes);
  /// All rows of all results, one result after the other.
  static std::vector<Table> results(FormulaOp formula,
                                    const std::vector<Table> &tables);
  /// The derivative of the only number that `formula` gives with respect to
  /// every entry of one table.
  static Table differences(FormulaOp formula, std::vector<Table> tables,
                           unsigned argument);

  int64_t random(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(generator);
  }
  Axes randomAxes() { return static_cast<Axes>(random(0, 2)); }
  /// A number that an op may take, or a list of them.
  mlir::Attribute randomAttribute(mlir::Builder &builder, bool isList);
  /// An op of this name on these operands with random attributes; null if it
  /// does not take such operands.
  mlir::Operation *tryCreate(mlir::OpBuilder &builder,
                             mlir::RegisteredOperationName name,
                             mlir::ValueRange operands);
  /// The same with arguments for operands, some of them spread over i and j.
  /// Grows `arguments` until the op takes them.
  struct Sample {
    FormulaOp formula; // returns the result of the op
    mlir::Operation *op;
    std::pair<double, double> range; // of the tables
  };
  Sample sample(mlir::RegisteredOperationName name);

  mlir::MLIRContext context;
  std::mt19937 generator{20240229};

private:
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> modules;
};

/// All registered ops with MathOpInterface.
llvm::SmallVector<mlir::RegisteredOperationName> mathOps(mlir::MLIRContext &);
/// How many operands such an op takes.
unsigned operandCount(mlir::RegisteredOperationName name);

/// Equal up to `tolerance` times the larger magnitude (at least 1); non-finite
/// numbers agree with each other.
::testing::AssertionResult near(const Table &found, const Table &expected,
                                double tolerance);

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_FORMULAS_H
