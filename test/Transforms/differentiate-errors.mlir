// RUN: keops-opt %s --keops-differentiate --split-input-file --verify-diagnostics

keops.formula @argmin(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, i> {
  %d = mul %x, %y : <1xf32, i>, <1xf32, j>
  // expected-error@+1 {{ArgMin has no derivative}}
  %n = reduce #keops.argmin %d : <1xf32, ij> -> <1xi64, i>
  %g = grad %n wrt %x seed %n : <1xi64, i>, <1xf32, i>, <1xi64, i> -> <1xf32, i>
  return %g : <1xf32, i>
}

// -----

// Of several errors only the first is told.
keops.formula @argkmin(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xf32, i>, !keops.vec<1xf32, j>) {
  %d = mul %x, %y : <1xf32, i>, <1xf32, j>
  // expected-error@+1 {{ArgKMin has no derivative}}
  %k = reduce #keops.argkmin<2> %d : <1xf32, ij> -> <2xi64, i>
  %g = grad %k wrt %x seed %k : <2xi64, i>, <1xf32, i>, <2xi64, i> -> <1xf32, i>
  %h = grad %k wrt %y seed %k : <2xi64, i>, <1xf32, j>, <2xi64, i> -> <1xf32, j>
  return %g, %h : <1xf32, i>, <1xf32, j>
}

// -----

// Not on the way from %x to the value: no error.
keops.formula @beside(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, i> {
  %m = reduce #keops.max %y : <1xf32, j> -> <1xf32, p>
  %s = mul %x, %m : <1xf32, i>, <1xf32, p>
  %g = grad %s wrt %x seed %x : <1xf32, i>, <1xf32, i>, <1xf32, i> -> <1xf32, i>
  return %g : <1xf32, i>
}

// -----

keops.formula @pairs_through_a_sum(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, ij> {
  %d = mul %x, %y : <1xf32, i>, <1xf32, j>
  // expected-error@+1 {{a Sum has no derivative for single pairs of rows}}
  %z = reduce #keops.sum %d : <1xf32, ij> -> <1xf32, i>
  %s = mul %z, %y : <1xf32, i>, <1xf32, j>
  %g = grad %s wrt %x seed %x : <1xf32, ij>, <1xf32, i>, <1xf32, i> -> <1xf32, ij>
  return %g : <1xf32, ij>
}
