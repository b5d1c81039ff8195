// One case for each message of the dialect.
//
// RUN: keops-opt %s --split-input-file --verify-diagnostics \
// RUN:   --allow-unregistered-dialect

// expected-error@+1 {{axes are p, i, j or ij}}
keops.formula @axes(%x: !keops.vec<3xf32, ji>) -> !keops.vec<3xf32, i> {}

// -----

// expected-error@+1 {{a vector has one dimension}}
keops.formula @two_dimensions(%x: !keops.vec<3x2xf32, i>) -> !keops.vec<3xf32, i> {}

// -----

// expected-error@+1 {{dimension 0 is not positive}}
keops.formula @dimension(%x: !keops.vec<0xf32, i>) -> !keops.vec<3xf32, i> {}

// -----

// expected-error@+1 {{dimension 16777217 exceeds 16777216}}
keops.formula @huge(%x: !keops.vec<16777217xf32, i>) -> !keops.vec<3xf32, i> {}

// -----

keops.formula @huge_concat(%x: !keops.vec<16777216xf32, i>)
    -> !keops.vec<16777216xf32, i> {
  // expected-error@+1 {{makes 33554432 components, more than 16777216}}
  %c = concat %x, %x : <16777216xf32, i>, <16777216xf32, i>
  return %x : <16777216xf32, i>
}

// -----

keops.formula @huge_place(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{makes 16777217 components, more than 16777216}}
  %s = place %x {start = 0, size = 16777217} : <3xf32, i>
  return %x : <3xf32, i>
}

// -----

// expected-error@+1 {{scalar must be f32, f64 or i64, got 'f16'}}
keops.formula @scalar(%x: !keops.vec<3xf16, i>) -> !keops.vec<3xf32, i> {}

// -----

// expected-error@+1 {{argument of type 'f32' is not a !keops.vec}}
keops.formula @argument(%x: f32) -> !keops.vec<3xf32, i> {
  "keops.return"() : () -> ()
}

// -----

// expected-error@+1 {{must end with return}}
"keops.formula"() ({
  "other.end"() : () -> ()
}) {function_type = () -> (), sym_name = "open"} : () -> ()

// -----

keops.formula @result(%x: !keops.vec<3xf32, i>) -> !keops.vec<2xf32, i> {
  // expected-error@+1 {{does not agree with the formula's type}}
  return %x : <3xf32, i>
}

// -----

keops.formula @integer() -> !keops.vec<1xf32, p> {
  // expected-error@+1 {{const needs a floating-point number}}
  %c = const 1 : i32
  return %c : <1xf32, p>
}

// -----

keops.formula @dimensions(%x: !keops.vec<3xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{needs operands of equal dimension, got 3 and 2}}
  %s = add %x, %y : <3xf32, i>, <2xf32, j>
  return %x : <3xf32, i>
}

// -----

keops.formula @scalars(%x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf64, j>)
    -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{mixes 'f32' and 'f64'}}
  %s = add %x, %y : <3xf32, i>, <3xf64, j>
  return %x : <3xf32, i>
}

// -----

keops.formula @joined_scalars(%x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf64, j>)
    -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{mixes 'f32' and 'f64'}}
  %s = concat %x, %y : <3xf32, i>, <3xf64, j>
  return %x : <3xf32, i>
}

// -----

keops.formula @row_numbers(%x: !keops.vec<1xi64, i>) -> !keops.vec<1xi64, i> {
  // expected-error@+1 {{does not take row numbers}}
  %s = exp %x : <1xi64, i>
  return %x : <1xi64, i>
}

// -----

keops.formula @no_part(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{needs at least one component, got 0}}
  %s = extract %x {start = 1, size = 0} : <3xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @part_outside(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{reaches outside its operand: components 2 to 3 of dimension 3}}
  %s = extract %x {start = 2, size = 2} : <3xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @part_before(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{reaches outside its operand: components -1 to 0 of dimension 3}}
  %s = extract %x {start = -1, size = 2} : <3xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @huge_part(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{reaches outside its operand: 9223372036854775807 components from 2 of dimension 3}}
  %s = extract %x {start = 2, size = 9223372036854775807} : <3xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @place_outside(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{reaches outside its result: components 2 to 4 of dimension 4}}
  %s = place %x {start = 2, size = 4} : <3xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @place_in_nothing(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{needs at least one component, got -2}}
  %s = place %x {start = 0, size = -2} : <3xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @spread_scalar(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{changes the scalar type}}
  %s = broadcast %x : <3xf32, i> -> <3xf64, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @spread_components(%x: !keops.vec<3xf32, i>)
    -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{cannot spread 3 components to 6}}
  %s = broadcast %x : <3xf32, i> -> <6xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @spread_axes(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{cannot remove an axis}}
  %s = broadcast %x : <3xf32, i> -> <3xf32, j>
  return %x : <3xf32, i>
}

// -----

keops.formula @reduce_nothing(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{needs operands and results}}
  "keops.reduce"() {reduction = #keops.sum} : () -> ()
  return %x : <3xf32, i>
}

// -----

keops.formula @reduce_axes(%x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>)
    -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{needs operands that vary along the same axes}}
  %s = reduce #keops.sum %x, %y : <3xf32, i>, <3xf32, j> -> <3xf32, p>
  return %x : <3xf32, i>
}

// -----

keops.formula @reduce_two_axes(%x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>)
    -> !keops.vec<3xf32, i> {
  %d = sub %x, %y : <3xf32, i>, <3xf32, j>
  // expected-error@+1 {{must remove exactly one axis}}
  %s = reduce #keops.sum %d : <3xf32, ij> -> <3xf32, p>
  return %x : <3xf32, i>
}

// -----

keops.formula @reduce_adds_an_axis(%x: !keops.vec<3xf32, i>)
    -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{gives '!keops.vec<3xf32, p>', not '!keops.vec<3xf32, j>'}}
  %s = reduce #keops.sum %x : <3xf32, i> -> <3xf32, j>
  return %x : <3xf32, i>
}

// -----

keops.formula @reduce_two(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{Sum takes one formula}}
  %s = reduce #keops.sum %x, %x : <3xf32, i>, <3xf32, i> -> <3xf32, p>
  return %x : <3xf32, i>
}

// -----

keops.formula @reduce_type(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{gives '!keops.vec<6xf32, p>', not '!keops.vec<3xf32, p>'}}
  %s = reduce #keops.kmin<2> %x : <3xf32, i> -> <3xf32, p>
  return %x : <3xf32, i>
}

// -----

keops.formula @ranks(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{K must be positive, got 0}}
  %s = reduce #keops.kmin<0> %x : <3xf32, i> -> <3xf32, p>
  return %x : <3xf32, i>
}

// -----

keops.formula @huge_rank(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{KMin keeps 9223372036854775807 times 3 numbers, more than 16777216}}
  %s = reduce #keops.kmin<9223372036854775807> %x : <3xf32, i> -> <3xf32, p>
  return %x : <3xf32, i>
}

// -----

keops.formula @grad_variable(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  %s = neg %x : <3xf32, i>
  // expected-error@+1 {{is taken with respect to an argument of the formula}}
  %g = grad %s wrt %s seed %x : <3xf32, i>, <3xf32, i>, <3xf32, i> -> <3xf32, i>
  return %g : <3xf32, i>
}

// -----

keops.formula @grad_row_numbers(%x: !keops.vec<3xi64, i>)
    -> !keops.vec<3xi64, i> {
  // expected-error@+1 {{is taken with respect to row numbers}}
  %g = grad %x wrt %x seed %x : <3xi64, i>, <3xi64, i>, <3xi64, i> -> <3xi64, i>
  return %g : <3xi64, i>
}

// -----

keops.formula @grad_seed(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  %s = sum %x : <3xf32, i>
  // expected-error@+1 {{needs a seed of dimension 1, got 3}}
  %g = grad %s wrt %x seed %x : <1xf32, i>, <3xf32, i>, <3xf32, i> -> <3xf32, i>
  return %g : <3xf32, i>
}

// -----

keops.formula @grad_result(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{must give a value shaped like the variable}}
  %g = grad %x wrt %x seed %x : <3xf32, i>, <3xf32, i>, <3xf32, i> -> <3xf32, j>
  return %x : <3xf32, i>
}

// -----

keops.formula @grad_scalar(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{must give a value shaped like the variable}}
  %g = grad %x wrt %x seed %x : <3xf32, i>, <3xf32, i>, <3xf32, i> -> <3xf64, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @diff_tangent(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  %s = sum %x : <3xf32, i>
  // expected-error@+1 {{needs a tangent of dimension 3, got 1}}
  %d = diff %s wrt %x tangent %s : <1xf32, i>, <3xf32, i>, <1xf32, i> -> <1xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @diff_result(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  %s = sum %x : <3xf32, i>
  // expected-error@+1 {{must give a value shaped like what it differentiates}}
  %d = diff %s wrt %x tangent %x : <1xf32, i>, <3xf32, i>, <3xf32, i> -> <3xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @saved_of_no_reduction(%x: !keops.vec<3xf32, i>)
    -> !keops.vec<3xf32, i> {
  %s = neg %x : <3xf32, i>
  // expected-error@+1 {{stands for a reduction with one result}}
  %d = saved %s is %x : <3xf32, i>, <3xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @saved_known(%x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>)
    -> !keops.vec<3xf32, i> {
  %m = mul %x, %y : <3xf32, i>, <3xf32, j>
  %s = reduce #keops.sum %m : <3xf32, ij> -> <3xf32, i>
  // expected-error@+1 {{needs a known result shaped like that of the reduction}}
  %d = saved %s is %y : <3xf32, i>, <3xf32, j>
  return %x : <3xf32, i>
}

// -----

keops.formula @matrix(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs a matrix with rows of dimension 4, got 2 components}}
  %m = matvec %y, %x : <2xf32, j>, <4xf32, i>
  return %x : <4xf32, i>
}

// -----

keops.formula @matrix_columns(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs a matrix with columns of dimension 4, got 2 components}}
  %m = vecmat %x, %y : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @large_product(%x: !keops.vec<5000xf32, i>, %y: !keops.vec<5000xf32, j>)
    -> !keops.vec<5000xf32, i> {
  // expected-error@+1 {{makes 25000000 components, more than 16777216}}
  %m = tensorprod %x, %y : <5000xf32, i>, <5000xf32, j>
  return %x : <5000xf32, i>
}

// -----

keops.formula @mixed_product(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf64, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{mixes 'f32' and 'f64'}}
  %m = tensorprod %x, %y : <4xf32, i>, <2xf64, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @tensor_dims(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs dimsf whose product is the dimension 4 of the operand, got [3, 2]}}
  %m = tensordot %x, %y {dimsf = array<i64: 3, 2>, dimsg = array<i64: 2>, contf = array<i64>, contg = array<i64>, permute = array<i64>} : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @tensor_negative(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs dimsg whose product is the dimension 2 of the operand, got [-1, -2]}}
  %m = tensordot %x, %y {dimsf = array<i64: 4>, dimsg = array<i64: -1, -2>, contf = array<i64>, contg = array<i64>, permute = array<i64>} : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @tensor_axis(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs axes from 0 to 0 in contg, got [-1]}}
  %m = tensordot %x, %y {dimsf = array<i64: 4>, dimsg = array<i64: 2>, contf = array<i64: 0>, contg = array<i64: -1>, permute = array<i64>} : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @tensor_twice(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs different axes in contf, got [0, 0]}}
  %m = tensordot %x, %y {dimsf = array<i64: 2, 2>, dimsg = array<i64: 2>, contf = array<i64: 0, 0>, contg = array<i64: 0>, permute = array<i64>} : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @tensor_lengths(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs contf and contg of equal length, got [0] and []}}
  %m = tensordot %x, %y {dimsf = array<i64: 2, 2>, dimsg = array<i64: 2>, contf = array<i64: 0>, contg = array<i64>, permute = array<i64>} : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @tensor_sizes(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{sums over axes of different size: 4 (axis 0) and 2 (axis 0)}}
  %m = tensordot %x, %y {dimsf = array<i64: 4>, dimsg = array<i64: 2>, contf = array<i64: 0>, contg = array<i64: 0>, permute = array<i64>} : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @tensor_permute(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs 2 numbers in permute, one for each axis that is kept, got [0]}}
  %m = tensordot %x, %y {dimsf = array<i64: 4>, dimsg = array<i64: 2>, contf = array<i64>, contg = array<i64>, permute = array<i64: 0>} : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @tensor_no_permutation(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs different axes in permute, got [1, 1]}}
  %m = tensordot %x, %y {dimsf = array<i64: 4>, dimsg = array<i64: 2>, contf = array<i64>, contg = array<i64>, permute = array<i64: 1, 1>} : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @kron(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs dimsf and dimsg of equal length, got [4] and [1, 2]}}
  %m = kron %x, %y {dimsf = array<i64: 4>, dimsg = array<i64: 1, 2>} : <4xf32, i>, <2xf32, j>
  return %x : <4xf32, i>
}

// -----

keops.formula @repeat(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs an operand of dimension 1, got 4}}
  %m = repeat %x {size = 3 : i64} : <4xf32, i>
  return %x : <4xf32, i>
}

// -----

keops.formula @onehot(%x: !keops.vec<4xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<4xf32, i> {
  // expected-error@+1 {{needs at least one component, got 0}}
  %m = onehot %x {size = 0 : i64} : <4xf32, i>
  return %x : <4xf32, i>
}

// -----

keops.formula @odd_complex(%x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{needs pairs of real and imaginary parts, got 3 components}}
  %r = realpart %x : <3xf32, i>
  return %x : <3xf32, i>
}

// -----

keops.formula @complex_parts(%x: !keops.vec<3xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<3xf32, i> {
  // expected-error@+1 {{needs operands of equal dimension, got 3 and 2}}
  %r = complex %x, %y : <3xf32, i>, <2xf32, j>
  return %x : <3xf32, i>
}

// -----

keops.formula @row_numbers_are_integers() -> !keops.vec<1xf32, i> {
  // expected-error@+1 {{is one integer that varies along i or along j}}
  %n = rownumber : <1xf32, i>
  return %n : <1xf32, i>
}

// -----

keops.formula @ifrow_takes_row_numbers(%x: !keops.vec<1xf32, i>) -> !keops.vec<1xf32, i> {
  // expected-error@+1 {{takes a value, row numbers and the row's number}}
  %n = ifrow %x, %x, %x : <1xf32, i>, <1xf32, i>, <1xf32, i>
  return %n : <1xf32, i>
}

// -----

keops.formula @unknown_scheme(%x: !keops.vec<1xf32, i>) -> !keops.vec<1xf32, p> {
  // expected-error@+2 {{expected block, direct, kahan or f64}}
  // expected-error@+1 {{failed to parse Keops_SumAttr parameter}}
  %s = reduce #keops.sum<pairwise> %x : <1xf32, i> -> <1xf32, p>
  return %s : <1xf32, p>
}

// -----

keops.formula @unknown_precision(%x: !keops.vec<1xf32, i>) -> !keops.vec<1xf32, p> {
  // expected-error@+2 {{expected 'f64'}}
  // expected-error@+1 {{failed to parse Keops_SumAttr parameter}}
  %s = reduce #keops.sum<kahan, f32> %x : <1xf32, i> -> <1xf32, p>
  return %s : <1xf32, p>
}
