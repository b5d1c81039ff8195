//===- Differentiate.cpp - expand grad and diff ops -----------------------===//
//
//   grad %f wrt %x seed %e      =>   ReverseRule.cpp
//   diff %f wrt %x tangent %u   =>   ForwardRule.cpp
//   saved %r is %o              =>   %o, when derivatives have seen it
//
// Ops say how they pass derivatives on, reductions too. Simplification is left
// to canonicalization.
//
//===----------------------------------------------------------------------===//

#include "compiler/Transforms/ChainRule.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"

namespace keops {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "compiler/Transforms/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

FailureOr<SmallVector<Value>> keops::applyRule(OpBuilder &builder, ReduceOp op,
                                               Value known,
                                               ReductionRule rule) {
  if (!known)
    return rule(op);
  known = conform(builder, op.getLoc(), known, vecType(op->getResult(0)),
                  /*closeAxes=*/false);
  auto standIn = cast<ReduceOp>(builder.clone(*op));
  auto derivatives = rule(standIn);
  if (succeeded(derivatives))
    llvm::replace(*derivatives, Value(standIn->getResult(0)), known);
  standIn->getResult(0).replaceAllUsesWith(known);
  standIn.erase();
  return derivatives;
}

namespace {
struct Differentiate : keops::impl::DifferentiateBase<Differentiate> {
  void runOnOperation() override {
    // In program order: operands are free of derivatives by then.
    Block &block = getOperation().getBody().front();
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (!isa<GradOp, DiffOp>(op))
        continue;
      auto grad = dyn_cast<GradOp>(op);
      Value derivative =
          grad ? expandReverse(grad) : expandForward(cast<DiffOp>(op));
      if (!derivative)
        return signalPassFailure();
      op.getResult(0).replaceAllUsesWith(derivative);
      op.erase();
    }
    for (SavedOp saved : llvm::to_vector(block.getOps<SavedOp>())) {
      OpBuilder builder(saved);
      saved.replaceAllUsesWith(conform(builder, saved.getLoc(),
                                       saved.getKnown(), vecType(saved.getY()),
                                       false));
      saved.erase();
    }
    IRRewriter rewriter(&getContext());
    (void)runRegionDCE(rewriter, getOperation()->getRegions());
  }
};
} // namespace
