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
  let example = "Minus(3) = -3";
}
def Keops_AddOp : Keops_Binary<"add", "Add", "a + b", [Commutative]> {
  let partials = "1, 1";
  let additive = "true";
  let scalar = "a + b";
  let ref = "a + b";
  let example = "Add((1, 2), 10) = (11, 12)";
}
def Keops_SubOp : Keops_Binary<"sub", "Subtract", "a - b"> {
  let partials = "1, -1";
  let additive = "true";
  let scalar = "a - b";
  let ref = "a - b";
  let example = "Subtract((1, 2), (3, 5)) = (-2, -3)";
}
def Keops_MulOp : Keops_Binary<"mul", "Mult", "a * b", [Commutative]> {
  let partials = "b, a";
  let scalar = "a * b";
  let ref = "a * b";
  let linear = "true";
  let example = "Mult(2, (1, 3)) = (2, 6)";
}
def Keops_DivOp : Keops_Binary<"div", "Divide", "a / b"> {
  let partials = "1 / b, -(y / b)";
  let scalar = "a / b";
  let ref = "a / b";
  let domain = "0.5, 2.0";
  let linear = "operand == 0";
  let special = "Divide(1, 0) = inf; Divide(0, 0) = nan";
  let example = "Divide(1, (2, 4)) = (0.5, 0.25)";
}
def Keops_ExpOp : Keops_Unary<"exp", "Exp", "e^x"> {
  let partials = "y";
  let scalar = "exp(x)";
  let ref = "std::exp(x)";
  let special = "Exp(-inf) = 0; Exp(inf) = inf";
  let example = "Exp((0, 1)) = (1, 2.718...)";
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
  let special = "Log(0) = -inf; Log(-1) = nan; Log(inf) = inf";
  let example = "Log((1, 10)) = (0, 2.302...)";
}
def Keops_SquareOp : Keops_Unary<"square", "Square", "x^2"> {
  let partials = "2 * x";
  let scalar = "x * x";
  let ref = "x * x";
  let example = "Square(-3) = 9";
}
// The derivative is 0 at 0, as that of rsqrt: distances of a point to itself
// must not spoil a gradient.
def Keops_SqrtOp : Keops_Unary<"sqrt", "Sqrt", "square root"> {
  let partials = "0.5 * rsqrt(x)";
  let scalar = "sqrt(x)";
  let ref = "std::sqrt(x)";
  let domain = "0.1, 3.0";
  let special = "Sqrt(-1) = nan; Sqrt'(0) = 0";
  let example = "Sqrt(9) = 3";
}
def Keops_RsqrtOp : Keops_Unary<"rsqrt", "Rsqrt", "1 / sqrt(x), and 0 at 0"> {
  let partials = "-0.5 * powi(y, 3)";
  let scalar = "rsqrt(x)";
  let ref = "x == 0 ? 0 : 1 / std::sqrt(x)";
  let domain = "0.1, 3.0";
  let derivative = "-0.5 * y**3";
  let special = "Rsqrt(0) = 0; Rsqrt(-1) = nan; Rsqrt(inf) = 0; Rsqrt'(0) = 0";
  let example = "Rsqrt(4) = 0.5";
}
def Keops_InvOp : Keops_Unary<"inv", "Inv", "1 / x"> {
  let partials = "-square(y)";
  let scalar = "1.0 / x";
  let ref = "1 / x";
  let domain = "0.3, 2.0";
  let special = "Inv(0) = inf; Inv(-0) = -inf; Inv'(0) = -inf";
  let example = "Inv(4) = 0.25";
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
  let derivative = "exponent * Pow(x, exponent - 1)";
  let special = "Pow(0, 0) = 1; Pow(nan, 0) = 1; Pow(-2, 3) = -8; Pow'(0, 0) = 0";
  let example = "Pow(2, 10) = 1024; Pow(2, -1) = 0.5";
}
def Keops_PowfOp : Keops_Binary<"powf", "Powf", "a to the power b"> {
  let partials = "b * powf(a, b - 1), log(a) * y";
  let scalar = "pow(a, b)";
  let ref = "std::pow(a, b)";
  let domain = "0.3, 2.0";
  let special = "Powf(0, 0) = 1; Powf(-2, 3) = -8; Powf(-1, 0.5) = nan";
  let example = "Powf(2, 0.5) = 1.414...";
}
def Keops_AbsOp : Keops_Unary<"abs", "Abs", "absolute value"> {
  let partials = "sign(x)";
  let scalar = "abs(x)";
  let ref = "std::fabs(x)";
  let domain = "0.1, 2.0";
  let special = "Abs(nan) = nan; Abs'(0) = 0";
  let example = "Abs((-2, 3)) = (2, 3)";
}
def Keops_SignOp : Keops_Unary<"sign", "Sign", "-1, 0 or 1; 0 for NaN"> {
  let partials = "0";
  let scalar = [{select(machine.constant(0) < x, machine.constant(1),
                        select(x < machine.constant(0), machine.constant(-1),
                               machine.constant(0)))}];
  let ref = "x > 0 ? 1 : x < 0 ? -1 : 0";
  let domain = "0.1, 2.0";
  let special = "Sign(-0) = 0; Sign(nan) = 0";
  let example = "Sign((-2, 0, 5)) = (-1, 0, 1)";
}

//===----------------------------------------------------------------------===//
// Jumps, bounds and choices
//===----------------------------------------------------------------------===//

def Keops_StepOp : Keops_Unary<"step", "Step", "0 if x < 0, else 1"> {
  let partials = "0";
  let scalar = [{select(x < machine.constant(0), machine.constant(0),
                        machine.constant(1))}];
  let ref = "x < 0 ? 0 : 1";
  let domain = "0.1, 2.0";
  let special = "Step(-0) = 1; Step(nan) = 1";
  let example = "Step((-2, 0, 5)) = (0, 1, 1)";
}
// The derivative is 1 at 0, as KeOps has it.
def Keops_ReluOp : Keops_Unary<"relu", "ReLU", "0 if x < 0, else x"> {
  let partials = "step(x)";
  let scalar = "select(x < machine.constant(0), machine.constant(0), x)";
  let ref = "x < 0 ? 0 : x";
  let domain = "0.1, 2.0";
  let special = "ReLU(nan) = nan; ReLU'(0) = 1";
  let example = "ReLU((-2, 3)) = (0, 3)";
}
def Keops_FloorOp
    : Keops_Unary<"floor", "Floor", "largest integer that is not above x"> {
  let partials = "0";
  let scalar = "floor(x)";
  let ref = "std::floor(x)";
  let domain = "0.1, 0.9";
  let example = "Floor((1.5, -1.5)) = (1, -2)";
}
def Keops_RoundOp
    : Keops_Unary<"round", "Round", "x to d decimals; halves away from zero",
                  (ins Keops_Integer:$d)> {
  let shape = "roundShape";
  let partials = "0";
  let scalar = "roundDecimals(x, getD())";
  let ref = "roundDecimals(x, getD())";
  // No jumps for up to four decimals.
  let domain = "0.09997, 0.10003";
  let special = "Round(0.5, 0) = 1; Round(-0.5, 0) = -1";
  let example = "Round(1.25, 1) = 1.3; Round(1234, -2) = 1200";
}
def Keops_ClampIntOp
    : Keops_Unary<"clampint", "ClampInt", "x between the integers a and b",
                  (ins Keops_Integer:$a, Keops_Integer:$b)> {
  let partials = "diffClampInt(x, getA(), getB())";
  let scalar = [{clamp(x, machine.constant(double(getA())),
                       machine.constant(double(getB())))}];
  let ref = "x < getA() ? double(getA()) : x > getB() ? double(getB()) : x";
  let domain = "0.1, 0.9";
  let derivative = "DiffClampInt(x, a, b)";
  let special = "ClampInt(nan, 0, 2) = nan; ClampInt'(0, 0, 2) = 1; ClampInt'(2, 0, "
      # "2) = 1";
  let example = "ClampInt((-1, 0.5, 7), 0, 2) = (0, 0.5, 2)";
}
def Keops_DiffClampIntOp
    : Keops_Unary<"diffclampint", "DiffClampInt",
                  "0 if x < a or x > b, else 1",
                  (ins Keops_Integer:$a, Keops_Integer:$b)> {
  let partials = "0";
  let scalar = [{select((x < machine.constant(double(getA()))) |
                            (machine.constant(double(getB())) < x),
                        machine.constant(0), machine.constant(1))}];
  let ref = "x < getA() || x > getB() ? 0 : 1";
  let domain = "0.1, 0.9";
  let special = "DiffClampInt(nan, 0, 2) = 1";
  let example = "DiffClampInt((-1, 0, 2, 3), 0, 2) = (0, 1, 1, 0)";
}
// Comparisons are 0 or 1, and false where a side is NaN, but for `!=`.
def Keops_EqualOp : Keops_Binary<"equal", "Equal", "1 if a = b, else 0"> {
  let partials = "0, 0";
  let scalar = "select(a == b, machine.constant(1), machine.constant(0))";
  let ref = "a == b ? 1 : 0";
  let special = "Equal(nan, nan) = 0";
  let example = "Equal((1, 2), 1) = (1, 0)";
}
def Keops_NotEqualOp
    : Keops_Binary<"notequal", "NotEqual", "0 if a = b, else 1"> {
  let partials = "0, 0";
  let scalar = "select(a == b, machine.constant(0), machine.constant(1))";
  let ref = "a == b ? 0 : 1";
  let special = "NotEqual(nan, nan) = 1";
  let example = "NotEqual((1, 2), 1) = (0, 1)";
}
def Keops_LessThanOp
    : Keops_Binary<"lessthan", "LessThan", "1 if a < b, else 0"> {
  let partials = "0, 0";
  let scalar = "select(a < b, machine.constant(1), machine.constant(0))";
  let ref = "a < b ? 1 : 0";
  let special = "LessThan(nan, 1) = 0";
  let example = "LessThan((1, 2), 2) = (1, 0)";
}
def Keops_LessOrEqualOp
    : Keops_Binary<"lessorequal", "LessOrEqual", "1 if a <= b, else 0"> {
  let partials = "0, 0";
  let scalar = "select(a <= b, machine.constant(1), machine.constant(0))";
  let ref = "a <= b ? 1 : 0";
  let special = "LessOrEqual(nan, 1) = 0";
  let example = "LessOrEqual((1, 2, 3), 2) = (1, 1, 0)";
}
// At the bounds x counts as inside.
def Keops_ClampOp
    : Keops_Ternary<"clamp", "Clamp", "a if x < a, else b if x > b, else x",
                    "x", "a", "b"> {
  let vjp = [{
    ::keops::Expr below = lessThan(x, a), above = (1 - below) * lessThan(b, x);
    return ::keops::times(g, {1 - below - above, below, above});
  }];
  let jvp = [{
    ::keops::Expr below = lessThan(x, a), above = (1 - below) * lessThan(b, x);
    return ::keops::push(d, {1 - below - above, below, above},
                         getY().getType());
  }];
  let scalar = "clamp(x, a, b)";
  let ref = "x < a ? a : x > b ? b : x";
  let derivative = "1 along x from a to b, 1 along a below a, 1 along b above b; else "
      # "0";
  let special = "Clamp(nan, 0, 2) = nan; Clamp(0, 2, 1) = 2; Clamp'(0, 0, 2) = 1; "
      # "Clamp'(2, 0, 2) = 1";
  let example = "Clamp((-1, 0.5, 7), 0, 2) = (0, 0.5, 2)";
}
// The cotangent of the branch that is not taken is replaced by zeros, for each
// component. A product by 0 would be NaN where the cotangent is infinite.
def Keops_IfElseOp
    : Keops_Ternary<"ifelse", "IfElse", "a if c >= 0, else b", "c", "a", "b"> {
  let vjp = [{
    return {::mlir::Value(), ifElse(c, g, g.number(0)).value(),
            ifElse(c, g.number(0), g).value()};
  }];
  let jvp = "return chooseTangent(*this, d);";
  let additive = "operand != 0";
  let scalar = "select(machine.constant(0) <= c, a, b)";
  let ref = "c >= 0 ? a : b";
  let derivative = "1 along the one of a and b that is taken, 0 along the other and "
      # "along c";
  let special = "IfElse(nan, 1, 2) = 2";
  let example = "IfElse((-1, 0), (10, 20), 3) = (3, 20)";
}
// How the derivatives of least and greatest values find their way: the row
// numbers that a reduction gave are compared with that of the pair. -1, which
// stands for no row, is no row's number.
def Keops_IfRowOp
    : Keops_Ternary<"ifrow", "", "x where row is number, else 0", "x", "row",
                    "number"> {
  let shape = "ifRowShape";
  let vjp = [{
    return {ifRow(g, row, number).value(), ::mlir::Value(), ::mlir::Value()};
  }];
  let jvp = [{
    return d[0] ? ifRow(*d[0], row, number).value() : ::mlir::Value();
  }];
  let scalar = "select(row == number, x, machine.constant(0))";
  let ref = "row == number ? x : 0";
  let linear = "operand == 0";
}
def Keops_ModOp
    : Keops_Ternary<"mod", "Mod", "f - m floor((f - off) / m): from off to off + m",
                    "f", "m", "off"> {
  let partials = "1, -floor((f - off) / m), 0";
  let scalar = "modulo(f, m, off)";
  let ref = "f - m * std::floor((f - off) / m)";
  let domain = "0.5, 2.0";
  let special = "Mod(5, -3, 0) = -1";
  let example = "Mod((7, -1), 3, 0) = (1, 2)";
}

//===----------------------------------------------------------------------===//
// Logarithms and angles
//===----------------------------------------------------------------------===//

def Keops_XLogXOp : Keops_Unary<"xlogx", "XLogX", "x log x, and 0 at 0"> {
  let partials = "1 + log(x)";
  let scalar = [{select(x == machine.constant(0), machine.constant(0),
                        x * log(x))}];
  let ref = "x == 0 ? 0 : x * std::log(x)";
  let domain = "0.1, 3.0";
  let special = "XLogX(0) = 0; XLogX(-1) = nan; XLogX'(0) = -inf";
  let example = "XLogX((1, 2)) = (0, 1.386...)";
}
def Keops_SinOp : Keops_Unary<"sin", "Sin", "sine"> {
  let partials = "cos(x)";
  let scalar = "sin(x)";
  let ref = "std::sin(x)";
  let special = "Sin(inf) = nan";
  let example = "Sin((0, 1)) = (0, 0.841...)";
}
def Keops_CosOp : Keops_Unary<"cos", "Cos", "cosine"> {
  let partials = "-sin(x)";
  let scalar = "cos(x)";
  let ref = "std::cos(x)";
  let special = "Cos(inf) = nan";
  let example = "Cos((0, 1)) = (1, 0.540...)";
}
def Keops_SinXDivXOp
    : Keops_Unary<"sinxdivx", "SinXDivX", "sin(x) / x, and 1 at 0"> {
  let partials = "sinXDivXSlope(x)";
  let scalar = [{select(x == machine.constant(0), machine.constant(1),
                        sin(x) / x)}];
  let ref = "x == 0 ? 1 : std::sin(x) / x";
  let derivative = "(Cos(x) - y) / x, and 0 at 0";
  let special = "SinXDivX(inf) = nan; SinXDivX'(0) = 0";
  let example = "SinXDivX((0, 1)) = (1, 0.841...)";
}
// The derivatives of asin and acos are 0 at -1 and 1, as that of sqrt at 0.
def Keops_AsinOp : Keops_Unary<"asin", "Asin", "arc sine"> {
  let partials = "rsqrt((1 - x) * (1 + x))";
  let scalar = "asin(x)";
  let ref = "std::asin(x)";
  let domain = "-0.9, 0.9";
  let special = "Asin(2) = nan; Asin'(1) = 0";
  let example = "Asin((0, 1)) = (0, 1.570...)";
}
def Keops_AcosOp : Keops_Unary<"acos", "Acos", "arc cosine"> {
  let partials = "-rsqrt((1 - x) * (1 + x))";
  let scalar = "acos(x)";
  let ref = "std::acos(x)";
  let domain = "-0.9, 0.9";
  let special = "Acos(2) = nan; Acos'(1) = 0";
  let example = "Acos((1, 0)) = (0, 1.570...)";
}
def Keops_AtanOp : Keops_Unary<"atan", "Atan", "arc tangent"> {
  let partials = "1 / (1 + square(x))";
  let scalar = "atan(x)";
  let ref = "std::atan(x)";
  let special = "Atan(inf) = 1.570...";
  let example = "Atan((0, 1)) = (0, 0.785...)";
}
def Keops_Atan2Op
    : Keops_Binary<"atan2", "Atan2", "angle of the point (b, a)"> {
  let partials = [{b / (square(a) + square(b)), -a / (square(a) + square(b))}];
  let scalar = "atan2(a, b)";
  let ref = "std::atan2(a, b)";
  let domain = "0.3, 2.0";
  let special = "Atan2(0, 0) = 0; Atan2'(0, 0) = nan";
  let example = "Atan2((1, 0), (0, -1)) = (1.570..., 3.141...)";
}

#endif // KEOPS_POINTWISE_TD
