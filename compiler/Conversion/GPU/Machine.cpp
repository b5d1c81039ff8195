//===- Machine.cpp - what a GPU can do, for lane programs -----------------===//

#include "compiler/Conversion/GPU/Machine.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace keops::device {

Value GpuMachine::any(const Lane &mask) {
  return foldAll(mask, [](Lane a, Lane b) { return a | b; }).values.front();
}

/// A math op that may be approximated.
template <typename Op> static Lane approximate(const Lane &x) {
  ImplicitLocOpBuilder &builder = x.machine->builder;
  return x.machine->map({x}, [&](ArrayRef<Value> v) -> Value {
    return Op::create(builder, v[0], arith::FastMathFlags::afn);
  });
}

Lane GpuMachine::exp2(Lane x) {
  return isApproximate(x) ? approximate<math::Exp2Op>(x) : exact.exp2(x);
}
Lane GpuMachine::exp(Lane x) {
  return isApproximate(x) ? exp2(x * 1.4426950408889634) : exact.exp(x);
}
Lane GpuMachine::log2(Lane x) {
  return isApproximate(x) ? approximate<math::Log2Op>(x) : exact.log2(x);
}
Lane GpuMachine::log(Lane x) {
  return isApproximate(x) ? log2(x) * 0.6931471805599453 : exact.log(x);
}
Lane GpuMachine::sqrt(Lane x) {
  return isApproximate(x) ? approximate<math::SqrtOp>(x) : exact.sqrt(x);
}
Lane GpuMachine::rsqrt(Lane x) {
  if (!isApproximate(x))
    return exact.rsqrt(x);
  Lane zero = constant(0, cast<FloatType>(x.element()));
  return select(x == zero, zero, approximate<math::RsqrtOp>(x));
}
Lane GpuMachine::sin(Lane x) {
  return isApproximate(x) ? approximate<math::SinOp>(x) : exact.sin(x);
}
Lane GpuMachine::cos(Lane x) {
  return isApproximate(x) ? approximate<math::CosOp>(x) : exact.cos(x);
}
Lane GpuMachine::lesser(Lane x, Lane number) {
  return map({x, number}, [&](ArrayRef<Value> v) -> Value {
    return arith::MinNumFOp::create(builder, v[0], v[1]);
  });
}
Lane GpuMachine::greater(Lane x, Lane number) {
  return map({x, number}, [&](ArrayRef<Value> v) -> Value {
    return arith::MaxNumFOp::create(builder, v[0], v[1]);
  });
}

} // namespace keops::device
