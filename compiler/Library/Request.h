//===- Request.h - what a program asks the compiler for ---------*- C++ -*-===//

#ifndef KEOPS_COMPILER_LIBRARY_REQUEST_H
#define KEOPS_COMPILER_LIBRARY_REQUEST_H

#include "compiler/Driver/Compiler.h"
#include "compiler/Driver/Source.h"
#include "compiler/Library/Report.h"

namespace keops {

/// A keops_source, copied and checked.
struct CompileRequest {
  FormulaSource formula;
  std::optional<std::string> file; // the text of a .keops file instead
  std::string kernel;              // of a file; empty if there is only one
  FrontendLimits limits;
  CompileOptions code;

  /// None after errors.
  static std::optional<CompileRequest> read(const keops_source &source,
                                            Report &report);
  /// All of it as one text: requests with equal texts are equal.
  std::string text() const;

  /// Null after errors, which go to the handlers of the context.
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::SourceMgr &sources,
                                          mlir::MLIRContext *context) const;
};

} // namespace keops

#endif // KEOPS_COMPILER_LIBRARY_REQUEST_H
