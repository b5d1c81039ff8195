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

/// Adds all ops that `op` needs, directly or not.
static void addNeeds(Operation *op, DenseSet<Operation *> &needs) {
  SmallVector<Operation *> open{op};
  while (!open.empty())
    for (Value operand : open.pop_back_val()->getOperands())
      if (Operation *definition = operand.getDefiningOp())
        if (needs.insert(definition).second)
          open.push_back(definition);
}

static bool canShareSweep(ReduceOp a, ReduceOp b) {
  VecType first = vecType(a->getOperand(0)), second = vecType(b->getOperand(0));
  return a.getReduction() == b.getReduction() && a.getOver() == b.getOver() &&
         first.getAxes() == second.getAxes() &&
         first.getScalar() == second.getScalar();
}

/// The sums that can be computed along with `first`, itself included.
static SmallVector<ReduceOp> companions(ReduceOp first,
                                        ArrayRef<ReduceOp> candidates) {
  SmallVector<ReduceOp> group{first};
  DenseSet<Operation *> groupNeeds;
  addNeeds(first, groupNeeds);
  for (ReduceOp candidate : candidates) {
    if (!canShareSweep(first, candidate) || groupNeeds.contains(candidate))
      continue;
    DenseSet<Operation *> needs;
    addNeeds(candidate, needs);
    if (llvm::any_of(group, [&](ReduceOp op) { return needs.contains(op); }))
      continue;
    group.push_back(candidate);
    groupNeeds.insert_range(needs);
  }
  return group;
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
    SmallVector<ReduceOp> sums = llvm::filter_to_vector(
        block.getOps<ReduceOp>(),
        [](ReduceOp op) { return op.getReduction().isLinear(); });
    while (!sums.empty()) {
      SmallVector<ReduceOp> group =
          companions(sums.front(), ArrayRef(sums).drop_front());
      llvm::erase_if(sums, [&](ReduceOp op) {
        return llvm::is_contained(group, op);
      });
      if (group.size() == 1)
        continue;
      fuse(group);
      // Users of the first sums may stand before the one sum there is now. No
      // cycle can have formed: no sum of the group needs another.
      sortTopologically(&block);
    }
  }
};
} // namespace
