//===- Diagnostics.h - errors on the user's own text ------------*- C++ -*-===//
//
//   <formula>:1:9: error: SqDist needs operands of equal dimension, got 3 and 2
//   Exp(-SqDist(x, y))
//        ^
//   <alias 1>:1:1: note: x has dimension 3, declared here
//   x = Vi(3)
//   ^
//
// Everything that is built from a formula carries its place in the text, so
// this also serves the passes that come after the frontend.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_DIAGNOSTICS_H
#define KEOPS_COMPILER_FRONTEND_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/SourceMgr.h"

namespace keops {

/// Prints one diagnostic and its notes. A line of text is shown once, and only
/// the part around the caret if it is long.
void printDiagnostic(const llvm::SourceMgr &sources,
                     mlir::Diagnostic &diagnostic, llvm::raw_ostream &os,
                     bool colors = false);

/// Prints all diagnostics of a context while it lives.
class FormulaDiagnostics : public mlir::ScopedDiagnosticHandler {
public:
  FormulaDiagnostics(const llvm::SourceMgr &sources, mlir::MLIRContext *context,
                     llvm::raw_ostream &os, bool colors = false);
  bool sawErrors() const { return errors; }

private:
  bool errors = false;
};

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_DIAGNOSTICS_H
