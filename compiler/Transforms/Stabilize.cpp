//===- Stabilize.cpp - keep exponentials from overflowing -----------------===//
//
//   log (reduce #keops.sum (exp %s))               =>  reduce #keops.logsumexp
//   %s log (reduce #keops.sum (broadcast (exp %s)))   =>  reduce
//   #keops.logsumexp
//                                                        (broadcast %s)
//
// e^s is infinite from s = 89 on in f32, and the logarithm of many tiny terms
// is that of 0; logsumexp keeps to the range of s. Runs before Differentiate,
// so that a log-sum-exp written by hand is differentiated in its stable form,
// and again after it.
//
// Left alone on purpose:
//   log (sum (exp s) + c)      another term, which would need its own logarithm
//   log (sum (exp s * w))      needs weights in the reduction; w may be
//   negative log (exp x)                it does overflow where x does not, but
//   the formula
//                              says so
//
//===----------------------------------------------------------------------===//

#include "compiler/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace keops {
#define GEN_PASS_DEF_STABILIZE
#include "compiler/Transforms/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

/// log (reduce #keops.sum (exp s))  =>  reduce #keops.logsumexp s
static LogicalResult logOfSumOfExp(LogOp op, PatternRewriter &rewriter) {
  auto sum = op.getX().getDefiningOp<ReduceOp>();
  auto reduction = sum ? dyn_cast<SumAttr>(sum.getReduction()) : SumAttr();
  if (!reduction)
    return rewriter.notifyMatchFailure(op, "not of a sum over an axis");
  Value summand = sum->getOperand(0);
  auto broadcast = summand.getDefiningOp<BroadcastOp>();
  auto exponential =
      (broadcast ? broadcast.getX() : summand).getDefiningOp<ExpOp>();
  if (!exponential)
    return rewriter.notifyMatchFailure(op, "not of a sum of exponentials");
  Value s = conform(rewriter, exponential.getLoc(), exponential.getX(),
                    vecType(summand), /*closeAxes=*/false);
  ReductionAttrInterface logSumExp =
      LogSumExpAttr::get(rewriter.getContext(), reduction.getSummation());
  rewriter.replaceOpWithNewOp<ReduceOp>(op, TypeRange{op.getType()}, logSumExp,
                                        ValueRange{s});
  return success();
}

namespace {
struct Stabilize : keops::impl::StabilizeBase<Stabilize> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(logOfSumOfExp);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
