//===- Quotient.cpp - division by an estimate -----------------------------===//
//
//   a / b  =>  r = estimate of 1 / b;  r -= r (b r - 1);  a r
//
// A processor divides in a unit of its own, which takes 6 cycles for 16 floats
// on a Zen 4. AVX-512 estimates 1 / b within 2^-14, and one step by Newton (two
// for f64) makes that 0.57 units in the last place, so that the quotient is
// within 1.57. All of it runs where multiplications run: who divides a lot may
// have both at work (CPU/Quotients.h).
//
// That holds where 1 / b is a normal number. Where b is 0, infinite or NaN, or
// so large or small that it is not, somebody must divide.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Elementary/Quotient.h"
#include "compiler/Conversion/Elementary/Parts.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace keops {

static Lane fma(const Lane &a, const Lane &b, const Lane &c) {
  Machine &machine = *a.machine;
  return machine.map({a, b, c}, [&](ArrayRef<Value> v) -> Value {
    return math::FmaOp::create(machine.builder, v[0], v[1], v[2]);
  });
}

Quotient estimatedQuotient(const Lane &a, const Lane &b) {
  Machine &machine = *b.machine;
  Format format(b);
  Lane minusOne = format.constant(machine, -1);
  Lane inverse = estimateInverse(b);
  for (int step = 0, steps = format.isDouble ? 2 : 1; step < steps; ++step)
    inverse = fma(-inverse, fma(b, inverse, minusOne), inverse);
  return {a * inverse, isNotNormal(inverse)};
}

} // namespace keops
