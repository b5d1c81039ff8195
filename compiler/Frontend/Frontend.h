//===- Frontend.h - formula text to the keops dialect -----------*- C++ -*-===//
//
// The two ways to write formulas, a `.keops` file and a command line, and one
// module of `keops.formula` for both: kernels in the order of the text, each
// followed by its gradients: one by one (`@NAME_grad_X`), all at once
// (`@NAME_grad`, if there are several), and with the value
// (`@NAME_value_and_grad`). The attribute `keops.gradient_of` names the kernel.
//
// Errors are MLIR diagnostics at places of the user's text: keep a
// FormulaDiagnostics alive to see them.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_FRONTEND_H
#define KEOPS_COMPILER_FRONTEND_FRONTEND_H

#include "compiler/Frontend/Diagnostics.h"
#include "compiler/Frontend/Limits.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/SourceMgr.h"
#include <optional>
#include <string>

namespace keops {

/// A formula as it stands on a command line.
struct FormulaSource {
  std::string formula; // may start with definitions: "x = Vi(3); SqNorm2(x)"
  llvm::SmallVector<std::string> aliases; // "x = Vi(3)"
  std::string reduction = "Sum"; // not applied to a formula that holds its own
  int64_t axis = 0;              // the axis that is removed: 1 is j, 0 is i
  std::string formula2; // second operand of the reduction; may be empty
  std::optional<int64_t> optArg; // K
  std::string name = "formula";
  std::string dtype = "float32";
  std::string sumScheme, dtypeAcc; // of reductions that add up; may be empty
  llvm::SmallVector<std::string> gradients; // names of variables
  /// What is wanted instead of the formula: its derivative along the variables
  /// of the first text ("X", or "X, B" for two results), of that the derivative
  /// along those of the second one, and so on. Each takes one more table, of
  /// the shape of what is differentiated: `e`, then `e_`, and so on.
  llvm::SmallVector<std::string> derivatives;
  /// Derivatives that need the result of what is differentiated take it as a
  /// table, after that: `out`, `out_`, and so on.
  bool takesResult = false;
};

/// Gradients that a command line asks for beside those of the file: of one
/// kernel, or, if it is not named, of all that have the variable.
struct MoreGradients {
  std::string kernel;
  llvm::SmallVector<std::string> variables;
};

/// Parses the main buffer of `sources`; `more` becomes buffers `<grad 1>`, ...
/// Null after errors.
mlir::OwningOpRef<mlir::ModuleOp>
parseKeopsFile(llvm::SourceMgr &sources, mlir::MLIRContext *context,
               const FrontendLimits &limits = {},
               const MoreGradients &more = {});

/// Parses a command line. Each of its texts becomes a buffer of `sources`:
/// `<formula>`, `<alias 1>`, `<reduction>`, ... Null after errors.
mlir::OwningOpRef<mlir::ModuleOp>
parseKeopsFormula(const FormulaSource &source, llvm::SourceMgr &sources,
                  mlir::MLIRContext *context,
                  const FrontendLimits &limits = {});

/// Prints the operations, sugar and reductions of the language: a line for
/// each, tables for pages with all that is known of them, or the functions of
/// keops/operations.h.
enum class ListForm { Text, Markdown, Cpp };
void printOperations(mlir::MLIRContext *context, ListForm form,
                     llvm::raw_ostream &os);
/// Prints all that is known of one name.
llvm::Error printOperation(mlir::MLIRContext *context, llvm::StringRef name,
                           llvm::raw_ostream &os);

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_FRONTEND_H
