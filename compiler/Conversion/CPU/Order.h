//===- Order.h - vectors in flight by twos ----------------------*- C++ -*-===//
//
//   d0 = x0 - y               d0 = x0 - y
//   d1 = x1 - y               d1 = x1 - y
//   d2 = x2 - y               s0 = s0 + d0 * d0
//   d3 = x3 - y               s1 = s1 + d1 * d1
//   s0 = s0 + d0 * d0    =>   d2 = x2 - y
//   s1 = s1 + d1 * d1         d3 = x3 - y
//   s2 = s2 + d2 * d2         s2 = s2 + d2 * d2
//   s3 = s3 + d3 * d3         s3 = s3 + d3 * d3
//
// Operations are emitted for all vectors in flight, one operation after the
// other, and as many results wait for registers. By twos, only two do. One
// vector after the other would be worse: on a Zen 4, sums and products that
// alternate take 1.37 times as long as pipes have work, and by twos 1.11 times
// (squared distances in a loop, 2 vectors of 8 rows, 4 columns).
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_ORDER_H
#define KEOPS_COMPILER_CONVERSION_CPU_ORDER_H

#include "mlir/IR/Block.h"

namespace keops::cpu {

/// Puts operations of a block, without loops or stores among them, in this
/// order. The last ones, of which all vectors end in one, keep theirs.
void orderByTwos(mlir::Block::iterator begin, mlir::Block::iterator end);

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_ORDER_H
