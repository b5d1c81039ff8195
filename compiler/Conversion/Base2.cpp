//===- Base2.cpp - powers of two instead of exponentials ------------------===//
//
//   exp (mul %p, %s)  =>  exp2 (mul (mul %p, log2 e), %s)      %p is p-typed
//   exp (neg %s)      =>  exp2 (mul (-log2 e), %s)
//   exp (add %s, %t)  =>  exp2 (mul log2 e, (add %s, %t))      and the like
//
// 2^t needs far fewer operations than e^t, and the product of the constants is
// made once. The rounding of the one product that remains is of the size of the
// rounding of p * s, or of s + t, that the formula asks for anyway. An
// exponential of what was not computed keeps its own, exact reduction of the
// argument.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace keops {
#define GEN_PASS_DEF_KEOPSBASE2
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

constexpr double kLog2E = 1.4426950408889634074;

bool isFactor(Value value) {
  return vecType(value).getAxes() == Axes::p && vecType(value).getDim() == 1;
}

/// Was it rounded already? Signs and selections are exact.
bool isRounded(Value value) {
  return isa_and_nonnull<AddOp, SubOp, MulOp, DivOp, SqNormOp, DotOp, SumOp>(
      value.getDefiningOp());
}

struct ExpOfComputed : OpRewritePattern<ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExpOp op,
                                PatternRewriter &rewriter) const override {
    Expr x(rewriter, op.getLoc(), op.getX());
    if (auto product = op.getX().getDefiningOp<MulOp>())
      for (auto [factor, rest] : {std::pair(product.getA(), product.getB()),
                                  std::pair(product.getB(), product.getA())})
        if (isFactor(factor) && !isFactor(rest))
          return replace(op, x.with(factor) * x.number(kLog2E), rest, rewriter);
    if (auto negation = op.getX().getDefiningOp<NegOp>())
      return replace(op, x.number(-kLog2E), negation.getX(), rewriter);
    if (isRounded(op.getX()))
      return replace(op, x.number(kLog2E), op.getX(), rewriter);
    return rewriter.notifyMatchFailure(op, "the argument is exact");
  }

  static LogicalResult replace(ExpOp op, Expr scale, Value rest,
                               PatternRewriter &rewriter) {
    rewriter.replaceOpWithNewOp<Exp2Op>(op, (scale * scale.with(rest)).value());
    return success();
  }
};

struct KeopsBase2 : keops::impl::KeopsBase2Base<KeopsBase2> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpOfComputed>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
