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
  let loops = "true";
  let vjp = "return splitConcat(*this, g);";
  let jvp = "return joinConcat(*this, d);";
  let additive = "true";
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
  let loops = "true";
  let vjp = "return {extract(g, getStart(), x.dim()).value()};";
  let jvp = "return d[0] ? placeAt(*d[0], getStart(), getSize()).value() : ::mlir::Value();";
  let linear = "true";
}
def Keops_RepeatOp
    : Keops_UnaryVector<"repeat", "SumT", "`size` components, each of them x",
                        (ins Keops_Integer:$size)> {
  let shape = "repeatShape";
  let partials = "1";
  let linear = "true";
}
def Keops_OneHotOp
    : Keops_UnaryVector<"onehot", "OneHot",
                        "1 at the component whose number x is nearest to, of `size`",
                        (ins Keops_Integer:$size)> {
  let shape = "repeatShape";
  let loops = "true";
  let partials = "0";
  // Where no component changes.
  let domain = "-0.4, 0.4";
}

// The first of equal components wins. NaN in component 0 stays, elsewhere it is
// passed over.
class Keops_ComponentOp<string mnemonic, string spelling, string text>
    : Keops_UnaryVector<mnemonic, spelling, text> {
  let shape = "oneComponentShape";
  let loops = "true";
}
def Keops_MaxOp : Keops_ComponentOp<"max", "Max", "greatest component"> {
  let partials = "oneHot(argMax(x), x.dim())";
}
def Keops_MinOp : Keops_ComponentOp<"min", "Min", "least component"> {
  let partials = "oneHot(argMin(x), x.dim())";
}
def Keops_ArgMaxOp
    : Keops_ComponentOp<"argmax", "ArgMax", "number of the greatest component"> {
  let partials = "0";
}
def Keops_ArgMinOp
    : Keops_ComponentOp<"argmin", "ArgMin", "number of the least component"> {
  let partials = "0";
}

//===----------------------------------------------------------------------===//
// Products of matrices and tensors, stored row by row: Tensor.cpp
//===----------------------------------------------------------------------===//

class Keops_Product<string mnemonic, string spelling, string text,
                    dag attributes = (ins)>
    : Keops_BinaryVector<mnemonic, spelling, text, [], attributes> {
  let jvp = "return pushBilinear(*this, d);";
  let loops = "true";
  let linear = "true";
}
def Keops_MatVecOp : Keops_Product<"matvec", "MatVecMult",
                                   "matrix a (rows of d(b) components) times b"> {
  let shape = "matVecShape";
  let vjp = "return {tensorProd(g, b).value(), vecMat(g, a).value()};";
}
def Keops_VecMatOp : Keops_Product<"vecmat", "VecMatMult",
                                   "a times matrix b (of d(a) rows)"> {
  let shape = "vecMatShape";
  let vjp = "return {matVec(b, g).value(), tensorProd(a, g).value()};";
}
def Keops_TensorProdOp
    : Keops_Product<"tensorprod", "TensorProd", "a_k b_l for all k and l"> {
  let shape = "tensorProdShape";
  let vjp = "return {matVec(g, b).value(), vecMat(a, g).value()};";
}
def Keops_TensorDotOp
    : Keops_Product<"tensordot", "TensorDot",
                    "a and b as tensors, summed over axes contf and contg",
                    (ins DenseI64ArrayAttr:$dimsf, DenseI64ArrayAttr:$dimsg,
                         DenseI64ArrayAttr:$contf, DenseI64ArrayAttr:$contg,
                         DenseI64ArrayAttr:$permute)> {
  let parameters = "a, b, dimsf[], dimsg[], contf[], contg[], permute[]?";
  let shape = "tensorDotShape";
  let vjp = "return splitTensorDot(*this, g);";
}
def Keops_KronOp
    : Keops_Product<"kron", "Kron", "Kronecker product of tensors a and b",
                    (ins DenseI64ArrayAttr:$dimsf, DenseI64ArrayAttr:$dimsg)> {
  let parameters = "a, b, dimsf[], dimsg[]";
  let shape = "kronShape";
  let vjp = "return splitTensorDot(*this, g);";
}

#endif // KEOPS_VECTOR_TD
