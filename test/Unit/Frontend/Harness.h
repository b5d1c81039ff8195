//===- Harness.h - formula text in, trees and diagnostics out ---*- C++ -*-===//

#ifndef KEOPS_TEST_UNIT_FRONTEND_HARNESS_H
#define KEOPS_TEST_UNIT_FRONTEND_HARNESS_H

#include "compiler/Frontend/Frontend.h"
#include "dialects/Keops/Keops.h"

namespace keops::test {

/// What the frontend made of a text.
struct Outcome {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string diagnostics; // as printed

  /// The printed form of the module; the diagnostics if there is none.
  std::string ir();
  FormulaOp formula(llvm::StringRef name = "");
  /// The result of a formula with its reduction, in prefix notation:
  /// `Sum[j](Add(x, Mult(2, y)))`.
  std::string tree(llvm::StringRef name = "");
};

mlir::MLIRContext *context();

/// A file called `test.keops`.
Outcome parseFile(llvm::StringRef text, const FrontendLimits &limits = {},
                  const MoreGradients &more = {});
Outcome parseFormula(const FormulaSource &source,
                     const FrontendLimits &limits = {});
/// A formula of the variables x = Vi(3), y = Vj(3), b = Vj(2), s = Vi(1),
/// t = Vj(1), p = Pm(1), reduced by a sum over j.
Outcome parseFormula(llvm::StringRef formula,
                     const FrontendLimits &limits = {});

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_FRONTEND_HARNESS_H
