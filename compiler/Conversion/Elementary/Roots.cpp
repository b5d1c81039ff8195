//===- Roots.cpp - square roots and rounding as lane programs -------------===//

#include "compiler/Conversion/Elementary/Twofold.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace keops {

Lane Elementary::sqrt(const Lane &x) const {
  ImplicitLocOpBuilder &builder = x.machine->builder;
  return x.machine->map({x}, [&](ArrayRef<Value> v) -> Value {
    return math::SqrtOp::create(builder, v[0]);
  });
}

/// 1 / sqrt(x) in f64, with what the root and the quotient miss.
static Lane preciseRsqrt(const Elementary &elementary, const Lane &x) {
  Exact exact(elementary.with, x);
  auto constant = [&](double value) { return exact.constant(value); };
  // What is missing must not be denormal.
  Lane isTiny = x < constant(0x1p-900);
  Lane scaled = select(isTiny, x * constant(0x1p600), x);
  Twofold found = exact.quotient(constant(1), exact.root(elementary, scaled));
  Lane inverse = plainAdd(found.hi, found.lo);
  return select(isTiny, inverse * constant(0x1p300), inverse);
}

// A division and a root keep other pipes free than the multiplications around
// them; an estimate with a Newton step measured 16 to 30 % slower on Zen 4.
Lane Elementary::rsqrt(const Lane &x) const {
  Format format(x);
  if (precise && !format.isDouble)
    return inDouble(x, [&](const Lane &wide) { return fast().rsqrt(wide); });
  Lane zero = format.constant(*x.machine, 0);
  Lane inverse = format.constant(*x.machine, 1) / sqrt(x);
  if (precise) {
    double inf = std::numeric_limits<double>::infinity();
    Lane isFinite = x < format.constant(*x.machine, inf);
    inverse = select(isFinite, preciseRsqrt(*this, x), inverse);
  }
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
