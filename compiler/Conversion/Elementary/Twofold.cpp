//===- Twofold.cpp - sums of two numbers ----------------------------------===//

#include "compiler/Conversion/Elementary/Twofold.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace keops {

Twofold Exact::sum(const Lane &a, const Lane &b) const {
  Lane s = plainAdd(a, b);
  return {s, plainSub(b, plainSub(s, a))};
}

Twofold Exact::difference(const Lane &a, const Lane &b) const {
  Lane d = plainSub(a, b);
  Lane back = plainSub(d, a);
  return {d, plainSub(plainSub(a, plainSub(d, back)), plainAdd(b, back))};
}

Twofold Exact::product(const Lane &a, const Lane &b) const {
  ImplicitLocOpBuilder &builder = machine.builder;
  Lane p = machine.map({a, b}, [&](ArrayRef<Value> v) -> Value {
    return arith::MulFOp::create(builder, v[0], v[1]);
  });
  if (!with.fma)
    return {p, errorBySplitting(a, b, p)};
  return {p, machine.map({a, b, p}, [&](ArrayRef<Value> v) -> Value {
            Value negated = arith::NegFOp::create(builder, v[2]);
            return math::FmaOp::create(builder, v[0], v[1], negated);
          })};
}

Twofold Exact::product(const Twofold &a, const Twofold &b) const {
  Twofold p = product(a.hi, b.hi);
  return {p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi)};
}

Twofold Exact::root(const Elementary &elementary, const Lane &x) const {
  Lane root = elementary.sqrt(x);
  Twofold square = product(root, root);
  Lane missing = plainSub(plainSub(x, square.hi), square.lo);
  // At 0 nothing is missing.
  Lane divisor = select(root == constant(0), constant(1), root);
  return {root, missing / (divisor + divisor)};
}

Twofold Exact::quotient(const Lane &a, const Twofold &b) const {
  Lane quotient = a / b.hi;
  Twofold back = product(quotient, b.hi);
  Lane missing = plainSub(plainSub(a, back.hi), back.lo);
  return {quotient, (missing - quotient * b.lo) / b.hi};
}

/// The upper half of the bits of a, and the rest.
Twofold Exact::split(const Lane &a) const {
  constexpr int64_t upper = ~((int64_t(1) << 27) - 1);
  Lane hi = bitcast(bitcast(a, format.bits) & format.integer(machine, upper),
                    format.real);
  return {hi, plainSub(a, hi)};
}

/// a * b - p without fused multiply-add: every product below is exact.
Lane Exact::errorBySplitting(const Lane &a, const Lane &b,
                             const Lane &p) const {
  auto [aHi, aLo] = split(a);
  auto [bHi, bLo] = split(b);
  Lane middle = plainAdd(plainSub(aHi * bHi, p), aHi * bLo);
  return plainAdd(plainAdd(middle, aLo * bHi), aLo * bLo);
}

} // namespace keops
