//===- Found.h - derivatives through the rows that were found ---*- C++ -*-===//
//
// A least or greatest value is that of one row, the first of equal ones. Its
// derivative is that of the value there, so it follows the row numbers:
//
//   reverse   cotangent of f in row j:  sum over k of ifrow g[k], row[k], j
//   forward   tangent of result k:      sum over j of ifrow df, row[k], j
//
// Row numbers do not move, so that derivatives of any order are found like
// this. Nothing found: row -1, and all derivatives are 0.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_DIALECTS_KEOPS_REDUCTIONS_FOUND_H
#define KEOPS_DIALECTS_KEOPS_REDUCTIONS_FOUND_H

#include "dialects/Keops/Keops.h"

namespace keops {

/// The rows that a reduction has found, of each result component.
class FoundRows {
public:
  /// `finder` gives the row numbers of the first operand of `reduce`, and
  /// nothing else. Without it, they are the last result of `reduce`.
  FoundRows(mlir::OpBuilder &builder, mlir::Operation *reduce,
            mlir::Attribute finder);

  /// The cotangent of the first operand, from that of the values found.
  Expr spread(Expr cotangent) const;
  /// The tangent of the values found, from that of the first operand.
  Expr gather(Expr tangent) const;

private:
  Expr rows, number;
  VecType operand;
};

/// The rules of a reduction whose first result is values that it has found.
/// Row numbers have no derivative.
llvm::SmallVector<mlir::Value> spreadToFound(mlir::OpBuilder &builder,
                                             mlir::Operation *reduce,
                                             mlir::Attribute finder,
                                             mlir::Value cotangent);
llvm::SmallVector<mlir::Value> gatherFromFound(mlir::OpBuilder &builder,
                                               mlir::Operation *reduce,
                                               mlir::Attribute finder,
                                               mlir::Value tangent);

// A macro, for templates cannot define members of generated classes.
#define KEOPS_FOUND_VALUES(Attr, FINDER)                                       \
  FailureOr<SmallVector<Value>> Attr::vjp(OpBuilder &builder,                  \
                                          Operation *reduce,                   \
                                          ArrayRef<Value> cotangents) const {  \
    return spreadToFound(builder, reduce, FINDER, cotangents[0]);              \
  }                                                                            \
  FailureOr<SmallVector<Value>> Attr::jvp(                                     \
      OpBuilder &builder, Operation *reduce, ArrayRef<Value> tangents) const { \
    return gatherFromFound(builder, reduce, FINDER, tangents[0]);              \
  }

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_REDUCTIONS_FOUND_H
