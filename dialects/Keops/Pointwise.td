//===- Pointwise.td - scalar functions, one record each --------*- tablegen -*-===//
//
// To add one, add a record: spelling, partial derivatives, lowering, reference
// value. Everything else, tests included, follows. See docs/extending.md.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_POINTWISE_TD
#define KEOPS_POINTWISE_TD

include "dialects/Keops/Dialect.td"

def Keops_NegOp : Keops_Unary<"neg", "Minus", "-x"> {
  let partials = "-1";
  let scalar = "-x";
  let ref = "-x";
  let linear = "true";
}
def Keops_AddOp : Keops_Binary<"add", "Add", "a + b", [Commutative]> {
  let partials = "1, 1";
  let scalar = "a + b";
  let ref = "a + b";
}
def Keops_SubOp : Keops_Binary<"sub", "Subtract", "a - b"> {
  let partials = "1, -1";
  let scalar = "a - b";
  let ref = "a - b";
}
def Keops_MulOp : Keops_Binary<"mul", "Mult", "a * b", [Commutative]> {
  let partials = "b, a";
  let scalar = "a * b";
  let ref = "a * b";
  let linear = "true";
}
def Keops_DivOp : Keops_Binary<"div", "Divide", "a / b"> {
  let partials = "1 / b, -(y / b)";
  let scalar = "a / b";
  let ref = "a / b";
  let domain = "0.5, 2.0";
  let linear = "operand == 0";
}
def Keops_ExpOp : Keops_Unary<"exp", "Exp", "e^x"> {
  let partials = "y";
  let scalar = "exp(x)";
  let ref = "std::exp(x)";
}
// What exp becomes when a factor in its argument can absorb log2(e).
def Keops_Exp2Op : Keops_Unary<"exp2", "", "2^x"> {
  let partials = "0.69314718055994530942 * y";
  let scalar = "exp2(x)";
  let ref = "std::exp2(x)";
}
def Keops_LogOp : Keops_Unary<"log", "Log", "natural logarithm"> {
  let partials = "1 / x";
  let scalar = "log(x)";
  let ref = "std::log(x)";
  let domain = "0.1, 3.0";
}
def Keops_SquareOp : Keops_Unary<"square", "Square", "x^2"> {
  let partials = "2 * x";
  let scalar = "x * x";
  let ref = "x * x";
}
// The derivative is 0 at 0, as that of rsqrt: distances of a point to itself
// must not spoil a gradient.
def Keops_SqrtOp : Keops_Unary<"sqrt", "Sqrt", "square root"> {
  let partials = "0.5 * rsqrt(x)";
  let scalar = "sqrt(x)";
  let ref = "std::sqrt(x)";
  let domain = "0.1, 3.0";
}
def Keops_RsqrtOp : Keops_Unary<"rsqrt", "Rsqrt", "1 / sqrt(x), and 0 at 0"> {
  let partials = "-0.5 * powi(y, 3)";
  let scalar = "rsqrt(x)";
  let ref = "x == 0 ? 0 : 1 / std::sqrt(x)";
  let domain = "0.1, 3.0";
}
def Keops_InvOp : Keops_Unary<"inv", "Inv", "1 / x"> {
  let partials = "-square(y)";
  let scalar = "1.0 / x";
  let ref = "1 / x";
  let domain = "0.3, 2.0";
}
def Keops_PowOp : Keops_Unary<"pow", "Pow", "x to an integer power",
                              (ins Keops_Integer:$exponent)> {
  // Nothing of x^-1 may enter where the power is constant.
  let partials = [{getExponent() == 0
      ? ::keops::Partial(0)
      : ::keops::Partial(double(getExponent()) * powi(x, getExponent() - 1))}];
  let scalar = "powi(x, getExponent())";
  let ref = "std::pow(x, double(getExponent()))";
  let domain = "0.3, 2.0";
}
def Keops_PowfOp : Keops_Binary<"powf", "Powf", "a to the power b"> {
  let partials = "b * powf(a, b - 1), log(a) * y";
  let scalar = "pow(a, b)";
  let ref = "std::pow(a, b)";
  let domain = "0.3, 2.0";
}
def Keops_AbsOp : Keops_Unary<"abs", "Abs", "absolute value"> {
  let partials = "sign(x)";
  let scalar = "abs(x)";
  let ref = "std::fabs(x)";
  let domain = "0.1, 2.0";
}
def Keops_SignOp : Keops_Unary<"sign", "Sign", "-1, 0 or 1; 0 for NaN"> {
  let partials = "0";
  let scalar = [{select(machine.constant(0) < x, machine.constant(1),
                        select(x < machine.constant(0), machine.constant(-1),
                               machine.constant(0)))}];
  let ref = "x > 0 ? 1 : x < 0 ? -1 : 0";
  let domain = "0.1, 2.0";
}

#endif // KEOPS_POINTWISE_TD
