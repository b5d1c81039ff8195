//===- Roots.cpp - square roots and rounding as lane programs -------------===//

#include "compiler/Conversion/Elementary/Parts.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace keops {

Lane Elementary::sqrt(const Lane &x) const {
  ImplicitLocOpBuilder &builder = x.machine->builder;
  return x.machine->map({x}, [&](ArrayRef<Value> v) -> Value {
    return math::SqrtOp::create(builder, v[0]);
  });
}

// A division and a root keep other pipes free than the multiplications around
// them; an estimate with a Newton step measured 16 to 30 % slower on Zen 4.
Lane Elementary::rsqrt(const Lane &x) const {
  Format format(x);
  Lane zero = format.constant(*x.machine, 0);
  Lane inverse = format.constant(*x.machine, 1) / sqrt(x);
  return select(x == zero, zero, inverse);
}

Lane Elementary::roundEven(const Lane &x) const {
  if (with.rounding) {
    ImplicitLocOpBuilder &builder = x.machine->builder;
    return x.machine->map({x}, [&](ArrayRef<Value> v) -> Value {
      return math::RoundEvenOp::create(builder, v[0]);
    });
  }
  // SSE2 has no such instruction, and LLVM would call libm: let an addition
  // round the magnitude away, and give the sign back, that of zero as well.
  Format format(x);
  Machine &machine = *x.machine;
  Lane unit = format.constant(machine, std::ldexp(1.0, format.fraction));
  Lane magnitude = abs(x);
  Lane rounded = plainSub(plainAdd(magnitude, unit), unit);
  Lane sign = bitcast(x, format.bits) ^ bitcast(magnitude, format.bits);
  Lane withSign = bitcast(bitcast(rounded, format.bits) | sign, format.real);
  return select(magnitude < unit, withSign, x);
}

Lane Elementary::floor(const Lane &x) const {
  if (with.rounding) {
    ImplicitLocOpBuilder &builder = x.machine->builder;
    return x.machine->map({x}, [&](ArrayRef<Value> v) -> Value {
      return math::FloorOp::create(builder, v[0]);
    });
  }
  // Rounding may have gone up by one.
  Format format(x);
  Lane rounded = roundEven(x);
  Lane below = plainSub(rounded, format.constant(*x.machine, 1));
  return select(x < rounded, below, rounded);
}

} // namespace keops
