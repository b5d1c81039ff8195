//===- Equations.h - the examples of the reference, computed ----*- C++ -*-===//
//
// Records show what an operation gives by equations:
//
//   Norm2((3, 4)) = 5            numbers in parentheses: a vector
//   Rsqrt'(0) = 0                the derivative along the first argument
//   Sum([1, 2, 3]) = 6           in brackets: the values of the columns
//   Min'([3, 1]) = [0, 1]        so with derivatives
//   Min_ArgMin([3, 1]) = 1, 1    several results
//   Exp(1) = 2.718...            the first digits of the result
//   x = 3: Grad(Square(x), x, 1) = 6    with names for vectors
//   x = Vi(3)                    a declaration
//
// Each becomes a kernel of a `.keops` file. Vectors are its variables, so that
// nothing of the formula is a number that the compiler could compute.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_EQUATIONS_H
#define KEOPS_TEST_UNIT_EQUATIONS_H

#include "compiler/Driver/Compiler.h"
#include "compiler/Frontend/Catalogue.h"
#include "gtest/gtest.h"

namespace keops::test {

class Equation {
public:
  Equation(llvm::StringRef text, const Catalogue &catalogue);

  llvm::StringRef getText() const { return text; }
  /// The kernel, called `name`.
  std::string kernel(llvm::StringRef name) const;
  /// Runs the kernel and compares.
  ::testing::AssertionResult holds(const KernelSignature &signature,
                                   const keops_card *card) const;

private:
  struct Variable {
    std::string name;
    bool hasColumns; // along j, one row for each column
    int64_t dim;
    std::vector<double> numbers;
  };

  void readCall(llvm::StringRef call, const Catalogue &catalogue);
  /// The name of a variable with these values.
  std::string declare(llvm::StringRef value, llvm::StringRef name = "");
  ::testing::AssertionResult compare(llvm::ArrayRef<double> results) const;

  std::string text, formula, expected, declaration;
  std::vector<Variable> variables;
  bool isReduced = false;
  int64_t columns = 1;
};

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_EQUATIONS_H
