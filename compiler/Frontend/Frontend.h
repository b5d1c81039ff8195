//===- Frontend.h - formula text to the keops dialect -----------*- C++ -*-===//
//
// The two ways to write formulas, a `.keops` file and a command line, and one
// module of `keops.formula` for both: kernels in the order of the text, each
// followed by its gradients (`@NAME_grad_X`).
//
// Errors are MLIR diagnostics at places of the user's text: keep a
// FormulaDiagnostics alive to see them.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_FRONTEND_H
#define KEOPS_COMPILER_FRONTEND_FRONTEND_H

#include "compiler/Frontend/Diagnostics.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"
#include <array>
#include <optional>
#include <string>

namespace keops {

/// A bound on what a formula may ask for, so that a hostile or mistaken one
/// meets an error message and not the end of memory.
struct Limit {
  int64_t value;
  const char *name; // in errors: "the limit of 256 on nesting depth"
  const char *flag; // raises it
};

struct FrontendLimits {
  Limit nesting = {256, "nesting depth", "--max-nesting"};
  Limit nodes = {100000, "the number of nodes of a formula", "--max-nodes"};
  Limit dimension = {65536, "the dimension of a value", "--max-dimension"};
  Limit order = {8, "the order of derivatives", "--max-order"};
  Limit kept = {1024, "the number K of kept values", "--max-kept"};
  Limit text = {16 << 20, "the size of a text in bytes", "--max-text"};

  /// All of them, for tools that offer the flags.
  std::array<Limit *, 6> all() {
    return {&nesting, &nodes, &dimension, &order, &kept, &text};
  }
};

/// A formula as it stands on a command line.
struct FormulaSource {
  std::string formula; // may start with definitions: "x = Vi(3); SqNorm2(x)"
  llvm::SmallVector<std::string> aliases; // "x = Vi(3)"
  std::string reduction = "Sum"; // not applied to a formula that holds its own
  int64_t axis = 0; // the axis that is removed: 1 is j, 0 is i
  std::string formula2; // second operand of the reduction; may be empty
  std::optional<int64_t> optArg; // K
  std::string name = "formula";
  std::string dtype = "float32";
  llvm::SmallVector<std::string> gradients; // names of variables
};

/// Parses the main buffer of `sources`. Null after errors.
mlir::OwningOpRef<mlir::ModuleOp>
parseKeopsFile(llvm::SourceMgr &sources, mlir::MLIRContext *context,
               const FrontendLimits &limits = {});

/// Parses a command line. Each of its texts becomes a buffer of `sources`:
/// `<formula>`, `<alias 1>`, `<reduction>`, ... Null after errors.
mlir::OwningOpRef<mlir::ModuleOp>
parseKeopsFormula(const FormulaSource &source, llvm::SourceMgr &sources,
                  mlir::MLIRContext *context,
                  const FrontendLimits &limits = {});

/// Prints the operations, sugar and reductions of the language.
void printOperations(mlir::MLIRContext *context, llvm::raw_ostream &os);

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_FRONTEND_H
