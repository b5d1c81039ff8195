//===- Order.cpp - vectors in flight by twos ------------------------------===//

#include "compiler/Conversion/CPU/Order.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace keops::cpu {

namespace {

class Order {
public:
  explicit Order(ArrayRef<Operation *> ops);
  /// The operations in their new order.
  SmallVector<Operation *> find();

private:
  bool continuesRun(size_t n) const;
  /// What belongs to one, after all that it needs.
  void place(size_t n);

  ArrayRef<Operation *> ops;
  DenseMap<Operation *, size_t> numbers;
  SmallVector<size_t> runs; // the first of the run that each is in
  SmallVector<bool> isPlaced;
  SmallVector<Operation *> ordered;
};

} // namespace

Order::Order(ArrayRef<Operation *> ops) : ops(ops), isPlaced(ops.size()) {
  for (auto [n, op] : llvm::enumerate(ops)) {
    numbers[op] = n;
    runs.push_back(n);
    if (continuesRun(n))
      runs[n] = runs[n - 1];
  }
}

/// Is it the operation before, for another vector?
bool Order::continuesRun(size_t n) const {
  if (n == 0 || ops[n]->getName() != ops[n - 1]->getName() ||
      ops[n]->getResultTypes() != ops[n - 1]->getResultTypes() ||
      !isa<VectorType>(ops[n]->getResultTypes().front()))
    return false;
  return llvm::none_of(ops[n]->getOperands(), [&](Value operand) {
    auto it = numbers.find(operand.getDefiningOp());
    return it != numbers.end() && it->second >= runs[n - 1];
  });
}

void Order::place(size_t n) {
  if (isPlaced[n])
    return;
  size_t first = n - (n - runs[n]) % 2;
  size_t end = first + 1;
  if (end < ops.size() && runs[end] == runs[first])
    ++end;
  for (size_t k = first; k < end; ++k)
    isPlaced[k] = true;
  for (size_t k = first; k < end; ++k)
    for (Value operand : ops[k]->getOperands())
      if (auto it = numbers.find(operand.getDefiningOp()); it != numbers.end())
        place(it->second);
  ordered.append(ops.begin() + first, ops.begin() + end);
}

SmallVector<Operation *> Order::find() {
  for (size_t n = runs.back(); n < ops.size(); ++n)
    place(n);
  for (size_t n = 0; n < ops.size(); ++n) // what is used elsewhere
    place(n);
  return ordered;
}

static bool canMove(Operation &op) {
  return op.getNumRegions() == 0 && op.getNumResults() == 1 &&
         (isMemoryEffectFree(&op) || isa<memref::LoadOp, vector::LoadOp>(op));
}

void orderByTwos(Block::iterator begin, Block::iterator end) {
  auto range = llvm::make_range(begin, end);
  if (range.empty() || !llvm::all_of(range, canMove))
    return;
  SmallVector<Operation *> ops = llvm::map_to_vector(
      range, [](Operation &op) -> Operation * { return &op; });
  Block *block = begin->getBlock();
  for (Operation *op : Order(ops).find())
    op->moveBefore(block, end);
}

} // namespace keops::cpu
