//===- Source.h - where a formula comes from --------------------*- C++ -*-===//
//
// A file or a command line, and how messages about it look.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_DRIVER_SOURCE_H
#define KEOPS_COMPILER_DRIVER_SOURCE_H

#include "compiler/Frontend/Frontend.h"

namespace keops {

/// Where the formula comes from: a file ("-" is standard input), or, if there
/// is none, text on the command line.
struct SourceOptions {
  std::string file;
  std::string kernel; // of a file, whose gradients are meant; empty: all
  FormulaSource text;
  FrontendLimits limits;
};

/// Reads and parses a formula; its text goes to `sources`. Null after errors,
/// which go to the context's handlers, or to `errors` if there is no text.
mlir::OwningOpRef<mlir::ModuleOp> readFormula(const SourceOptions &source,
                                              llvm::SourceMgr &sources,
                                              mlir::MLIRContext *context,
                                              llvm::raw_ostream &errors);

/// Whether messages on `os` may have colors: on terminals, unless the
/// environment says NO_COLOR.
bool wantColors(llvm::raw_ostream &os);

/// Starts a message with `error: `.
llvm::raw_ostream &error(llvm::raw_ostream &os);

} // namespace keops

#endif // KEOPS_COMPILER_DRIVER_SOURCE_H
