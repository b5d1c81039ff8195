//===- Complex.td - complex numbers as pairs -------------------*- tablegen -*-===//
//
// A vector of n complex numbers has 2n components: re, im, re, im, ... These ops
// take it apart and put it together; all others are sugar in
// compiler/Frontend/Catalogue.cpp. Derivatives are those of the components.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPLEX_TD
#define KEOPS_COMPLEX_TD

include "dialects/Keops/Dialect.td"

def Keops_ComplexOp : Keops_BinaryVector<"complex", "Complex",
                                         "real parts a, imaginary parts b"> {
  let shape = "complexShape";
  let loops = "true";
  let vjp = "return {realPart(g).value(), imagPart(g).value()};";
  let jvp = "return joinComplex(*this, d);";
  let additive = "true";
  let dimension = "2 * max(d(a), d(b))";
  let derivative = "ComplexReal(e) along a, ComplexImag(e) along b";
  let example = "Complex((1, 2), (3, 4)) = (1, 3, 2, 4)";
}

class Keops_ComplexPart<string mnemonic, string spelling, string text>
    : Keops_UnaryVector<mnemonic, spelling, text> {
  let shape = "complexPartShape";
  let loops = "true";
  let linear = "true";
}
def Keops_RealPartOp
    : Keops_ComplexPart<"realpart", "ComplexReal", "real parts of pairs"> {
  let vjp = "return {complexOf(g, g.number(0)).value()};";
  let jvp = "return d[0] ? realPart(*d[0]).value() : ::mlir::Value();";
  let dimension = "d(x) / 2";
  let derivative = "Complex(e, 0)";
  let example = "ComplexReal((1, 3, 2, 4)) = (1, 2)";
}
def Keops_ImagPartOp
    : Keops_ComplexPart<"imagpart", "ComplexImag", "imaginary parts of pairs"> {
  let vjp = "return {complexOf(g.number(0), g).value()};";
  let jvp = "return d[0] ? imagPart(*d[0]).value() : ::mlir::Value();";
  let dimension = "d(x) / 2";
  let derivative = "Complex(0, e)";
  let example = "ComplexImag((1, 3, 2, 4)) = (3, 4)";
}

#endif // KEOPS_COMPLEX_TD
