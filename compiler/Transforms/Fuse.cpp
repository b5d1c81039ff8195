//===- Fuse.cpp - several sums in one sweep -------------------------------===//
//
//   reduce #keops.sum %k, reduce #keops.sum %f
//     =>  extracts of reduce #keops.sum (concat %k, %f)
//
// for sums over the same axis, of values with the same axes, that do not need
// each other. What the values share is then computed once: a formula and its
// gradient, or a numerator and its denominator, cost one sweep.
//
// Runs after FactorOutOfSum, which cannot take factors out of a concat.
//
//===----------------------------------------------------------------------===//

#include "compiler/Transforms/Passes.h"
#include "mlir/Analysis/TopologicalSortUtils.h"

namespace keops {
#define GEN_PASS_DEF_FUSE
#include "compiler/Transforms/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {
/// Sums with equal keys share a sweep. `depth` is the number of sums on the way
/// from the arguments, so none of equal depth needs another, not even by way of
/// those that are fused with it.
struct Key {
  unsigned depth;
  Attribute reduction;
  Type operand, result; // but for the dimension
  bool operator==(const Key &other) const {
    return std::tie(depth, reduction, operand, result) ==
           std::tie(other.depth, other.reduction, other.operand, other.result);
  }
};
} // namespace

/// The sums of a formula, grouped by what they can share, in program order.
static SmallVector<std::pair<Key, SmallVector<ReduceOp>>>
groupSums(Block &block) {
  SmallVector<std::pair<Key, SmallVector<ReduceOp>>> groups;
  DenseMap<Value, unsigned> depths;
  for (Operation &op : block) {
    unsigned depth = 0;
    for (Value operand : op.getOperands())
      depth = std::max(depth, depths.lookup(operand));
    auto sum = dyn_cast<ReduceOp>(op);
    if (sum && sum.getReduction().isLinear()) {
      ++depth;
      Key key{depth, sum.getReduction(), vecType(sum->getOperand(0)).withDim(1),
              vecType(sum->getResult(0)).withDim(1)};
      auto *group = llvm::find_if(
          groups, [&](const auto &entry) { return entry.first == key; });
      if (group == groups.end())
        group = groups.insert(group, {key, {}});
      group->second.push_back(sum);
    }
    for (Value result : op.getResults())
      depths[result] = depth;
  }
  return groups;
}

/// One sum for the whole group, put where the last one stands.
static void fuse(ArrayRef<ReduceOp> group) {
  ReduceOp last = group.back();
  OpBuilder builder(last);
  Location location = builder.getFusedLoc(llvm::map_to_vector(
      group, [](ReduceOp op) -> Location { return op.getLoc(); }));
  Value all = group.front()->getOperand(0);
  for (ReduceOp op : group.drop_front())
    all = ConcatOp::create(builder, location, all, op->getOperand(0));
  VecType type = vecType(last->getResult(0)).withDim(vecType(all).getDim());
  Value sum = ReduceOp::create(builder, location, TypeRange{type},
                               last.getReduction(), ValueRange{all})
                  ->getResult(0);
  int64_t start = 0;
  for (ReduceOp op : group) {
    int64_t size = vecType(op->getResult(0)).getDim();
    op->getResult(0).replaceAllUsesWith(ExtractOp::create(
        builder, op.getLoc(), sum, builder.getI64IntegerAttr(start),
        builder.getI64IntegerAttr(size)));
    start += size;
    op->erase();
  }
}

namespace {
struct Fuse : keops::impl::FuseBase<Fuse> {
  void runOnOperation() override {
    Block &block = getOperation().getBody().front();
    for (auto &[key, group] : groupSums(block))
      if (group.size() > 1)
        fuse(group);
    // Users of the first sums may stand before the one sum that there is now.
    sortTopologically(&block);
  }
};
} // namespace
