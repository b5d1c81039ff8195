//===- Expansions.h - operations made of others -----------------*- C++ -*-===//
//
// An operation that is a program: which operations make it up depends on its
// dimensions, so no line of sugar says it. It is written with Expr and leaves
// nothing but ordinary operations, and with them their derivatives of any
// order, their code, and what does not vary along j is computed once per row.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_DIALECTS_KEOPS_EXPANSIONS_H
#define KEOPS_DIALECTS_KEOPS_EXPANSIONS_H

#include "dialects/Keops/Keops.h"

namespace keops {

/// No expansion goes through a larger table: each entry is an instruction, and
/// with this many a kernel compiles in some seconds.
constexpr int64_t kMaxEntries = 1024;

/// An expansion as users name it: formulas first, then integers.
struct ExpansionEntry {
  llvm::StringRef spelling, summary;
  llvm::StringRef parameters;
  unsigned formulas;
  /// Checks the operands and gives the type of the result.
  llvm::LogicalResult (*shape)(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                               llvm::SmallVectorImpl<mlir::Type> &);
  Expr (*expand)(llvm::ArrayRef<Expr> operands, mlir::DictionaryAttr);
  Doc doc = {};
};
llvm::ArrayRef<ExpansionEntry> expansionCatalogue();

// Spline.cpp
llvm::LogicalResult bsplineShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                                 llvm::SmallVectorImpl<mlir::Type> &);
Expr expandBSpline(llvm::ArrayRef<Expr> operands, mlir::DictionaryAttr);

// SoftDTW.cpp
llvm::LogicalResult softDTWShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                                 llvm::SmallVectorImpl<mlir::Type> &);
Expr expandSoftDTW(llvm::ArrayRef<Expr> operands, mlir::DictionaryAttr);
llvm::LogicalResult gradSoftDTWShape(Locus, mlir::ValueRange,
                                     mlir::DictionaryAttr,
                                     llvm::SmallVectorImpl<mlir::Type> &);
Expr expandGradSoftDTW(llvm::ArrayRef<Expr> operands, mlir::DictionaryAttr);

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_EXPANSIONS_H
