//===- Vector.td - operations across components ----------------*- tablegen -*-===//

#ifndef KEOPS_VECTOR_TD
#define KEOPS_VECTOR_TD

include "dialects/Keops/Dialect.td"

def Keops_SumOp : Keops_UnaryVector<"sum", "Sum", "sum of the components"> {
  let shape = "oneComponentShape";
  let contraction = "true";
  let partials = "1";
  let linear = "true";
}
def Keops_SqNormOp
    : Keops_UnaryVector<"sqnorm", "SqNorm2", "sum of the squared components"> {
  let shape = "oneComponentShape";
  let contraction = "true";
  let partials = "2 * x";
}
def Keops_DotOp : Keops_BinaryVector<"dot", "Scalprod", "sum of a_k b_k",
                                     [Commutative]> {
  let shape = "oneComponentShape";
  let contraction = "true";
  let partials = "b, a";
  let linear = "true";
}
def Keops_ConcatOp
    : Keops_BinaryVector<"concat", "Concat", "the components of a, then of b"> {
  let shape = "concatShape";
  let vjp = "return splitConcat(*this, g);";
  let jvp = "return joinConcat(*this, d);";
}
def Keops_ExtractOp
    : Keops_UnaryVector<"extract", "Extract", "`size` components from `start` on",
                        (ins Keops_Integer:$start, Keops_Integer:$size)> {
  let shape = "extractShape";
  let vjp = "return {placeAt(g, getStart(), x.dim()).value()};";
  let jvp = "return d[0] ? extract(*d[0], getStart(), getSize()).value() : ::mlir::Value();";
  let linear = "true";
}
def Keops_PlaceOp
    : Keops_UnaryVector<"place", "ExtractT", "x from component `start` on, zeros elsewhere",
                        (ins Keops_Integer:$start, Keops_Integer:$size)> {
  let shape = "placeShape";
  let vjp = "return {extract(g, getStart(), x.dim()).value()};";
  let jvp = "return d[0] ? placeAt(*d[0], getStart(), getSize()).value() : ::mlir::Value();";
  let linear = "true";
}

#endif // KEOPS_VECTOR_TD
