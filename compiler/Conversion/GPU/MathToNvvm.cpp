//===- MathToNvvm.cpp - math ops become instructions of NVIDIA GPUs -------===//
//
// With Fragments.cpp, the one place that knows what NVIDIA's instructions are
// called; another GPU would be another such pass.
//
//   math.exp2 %x fastmath<afn> : f32   =>   llvm.nvvm.ex2.approx.ftz.f
//   math.fma %a, %b, %c : f64          =>   llvm.fma.f64
//
// Left to MLIR, math ops would become calls of a library that comes with the
// CUDA toolkit, and stay unresolved where there is none.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace keops {
#define GEN_PASS_DEF_GPUMATHTONVVM
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

/// Is the op allowed to be what the hardware has, and in f32?
bool isApproximate(Operation *op, arith::FastMathFlags flag) {
  auto math = dyn_cast<arith::ArithFastMathInterface>(op);
  auto flags = math ? math.getFastMathFlagsAttr() : arith::FastMathFlagsAttr();
  return flags && op->getResult(0).getType().isF32() &&
         bitEnumContainsAll(flags.getValue(), flag);
}

/// The intrinsic that takes the operands of the op; empty if there is none.
StringRef intrinsicOf(Operation *op) {
  bool isApprox = isApproximate(op, arith::FastMathFlags::afn);
  bool isDouble = op->getResult(0).getType().isF64();
  if (isApprox && isa<math::Exp2Op>(op))
    return "llvm.nvvm.ex2.approx.ftz.f";
  if (isApprox && isa<math::Log2Op>(op))
    return "llvm.nvvm.lg2.approx.ftz.f";
  if (isApprox && isa<math::SqrtOp>(op))
    return "llvm.nvvm.sqrt.approx.ftz.f";
  if (isApprox && isa<math::RsqrtOp>(op))
    return "llvm.nvvm.rsqrt.approx.ftz.f";
  if (isApprox && isa<math::SinOp>(op))
    return "llvm.nvvm.sin.approx.ftz.f";
  if (isApprox && isa<math::CosOp>(op))
    return "llvm.nvvm.cos.approx.ftz.f";
  if (isa<math::SqrtOp>(op))
    return isDouble ? "llvm.nvvm.sqrt.rn.d" : "llvm.nvvm.sqrt.rn.f";
  if (isa<math::FmaOp>(op))
    return isDouble ? "llvm.fma.f64" : "llvm.fma.f32";
  if (isa<math::FloorOp>(op))
    return isDouble ? "llvm.floor.f64" : "llvm.floor.f32";
  if (isa<math::RoundEvenOp>(op))
    return isDouble ? "llvm.roundeven.f64" : "llvm.roundeven.f32";
  if (isa<arith::MinNumFOp>(op))
    return isDouble ? "llvm.minnum.f64" : "llvm.minnum.f32";
  if (isa<arith::MaxNumFOp>(op))
    return isDouble ? "llvm.maxnum.f64" : "llvm.maxnum.f32";
  return "";
}

Value call(OpBuilder &builder, Operation *op, StringRef intrinsic,
           ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(
             builder, op->getLoc(), op->getResult(0).getType(),
             builder.getStringAttr(intrinsic), operands)
      .getResult(0);
}

/// A quotient that may be approximated: the reciprocal of b and a product,
/// which becomes part of a sum where there is one.
Value divide(OpBuilder &builder, arith::DivFOp op) {
  Value reciprocal =
      call(builder, op, "llvm.nvvm.rcp.approx.ftz.f", {op.getRhs()});
  if (matchPattern(op.getLhs(), m_OneFloat()))
    return reciprocal;
  return arith::MulFOp::create(builder, op.getLoc(), op.getLhs(), reciprocal,
                               arith::FastMathFlags::contract);
}

struct GpuMathToNvvm : keops::impl::GpuMathToNvvmBase<GpuMathToNvvm> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      OpBuilder builder(op);
      Value result;
      if (op->getNumResults() != 1)
        return;
      if (StringRef intrinsic = intrinsicOf(op); !intrinsic.empty()) {
        result = call(builder, op, intrinsic, op->getOperands());
      } else if (auto zeros = dyn_cast<math::CountLeadingZerosOp>(op)) {
        Value isDefinedAtZero =
            arith::ConstantIntOp::create(builder, op->getLoc(), 0, 1);
        bool isLong = zeros.getType().isInteger(64);
        result = call(builder, op, isLong ? "llvm.ctlz.i64" : "llvm.ctlz.i32",
                      {zeros.getOperand(), isDefinedAtZero});
      } else if (auto quotient = dyn_cast<arith::DivFOp>(op);
                 quotient && isApproximate(op, arith::FastMathFlags::arcp)) {
        result = divide(builder, quotient);
      } else {
        return;
      }
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    });
  }
};

} // namespace
