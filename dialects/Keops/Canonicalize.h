//===- Canonicalize.h - what canonicalization patterns share ----*- C++ -*-===//

#ifndef KEOPS_DIALECTS_KEOPS_CANONICALIZE_H
#define KEOPS_DIALECTS_KEOPS_CANONICALIZE_H

#include "dialects/Keops/Keops.h"
#include "mlir/IR/PatternMatch.h"

namespace keops {

/// Sums of components, parts of vectors: CanonicalizeVector.cpp.
void populateVectorPatterns(mlir::RewritePatternSet &patterns);

/// Multiples of one value, products of exponentials: CanonicalizeSums.cpp.
void populateSumPatterns(mlir::RewritePatternSet &patterns);

/// The number, if `value` is one.
std::optional<double> numberOf(mlir::Value value);

inline int64_t dimOf(mlir::Value value) { return vecType(value).getDim(); }

/// Replaces `op` by a value that may have fewer components or axes.
inline llvm::LogicalResult become(mlir::PatternRewriter &rewriter,
                                  mlir::Operation *op, mlir::Value value) {
  rewriter.replaceOp(op, conform(rewriter, op->getLoc(), value,
                                 vecType(op->getResult(0)), false));
  return llvm::success();
}

template <typename Op, typename... Args>
inline mlir::Value make(mlir::PatternRewriter &rewriter, mlir::Operation *like,
                        Args... args) {
  return Op::create(rewriter, like->getLoc(), args...);
}

inline mlir::Value number(mlir::PatternRewriter &rewriter,
                          mlir::Operation *like, double number) {
  return makeNumber(rewriter, like->getLoc(), number,
                    vecType(like->getResult(0)).getScalar());
}

/// The two operands, and then the two the other way round.
inline std::array<std::pair<mlir::Value, mlir::Value>, 2>
bothWays(mlir::Operation *op) {
  mlir::Value a = op->getOperand(0), b = op->getOperand(1);
  return {{{a, b}, {b, a}}};
}

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_CANONICALIZE_H
