// RUN: keops-opt %s --keops-base-2 | FileCheck %s

// CHECK-LABEL: @factor_absorbs_log2_e
// CHECK: %[[C:.*]] = const 1.44269502 : f32
// CHECK: %[[P:.*]] = mul %p, %[[C]] : <1xf32, p>, <1xf32, p>
// CHECK: %[[T:.*]] = mul %[[P]], %x : <1xf32, p>, <1xf32, i>
// CHECK: exp2 %[[T]]
keops.formula @factor_absorbs_log2_e(%p: !keops.vec<1xf32, p> {keops.name = "p"},
                                     %x: !keops.vec<1xf32, i> {keops.name = "x"})
    -> !keops.vec<1xf32, i> {
  %t = mul %p, %x : <1xf32, p>, <1xf32, i>
  %k = exp %t : <1xf32, i>
  return %k : <1xf32, i>
}

// CHECK-LABEL: @negation_is_a_factor
// CHECK: const -1.44269502 : f32
// CHECK-NOT: neg
// CHECK: exp2
keops.formula @negation_is_a_factor(%x: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %t = neg %x : <1xf32, i>
  %k = exp %t : <1xf32, i>
  return %k : <1xf32, i>
}

// The argument of this one is exact, and so is its exponential.
// CHECK-LABEL: @plain_argument_stays
// CHECK: exp %{{.*}} : <1xf32, i>
keops.formula @plain_argument_stays(%x: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %k = exp %x : <1xf32, i>
  return %k : <1xf32, i>
}

// What was rounded may be rounded once more: no factor to take log2 e, but a
// product of its own.
// CHECK-LABEL: @product_of_rows_is_rounded
// CHECK: %[[C:.*]] = const 1.44269502 : f32
// CHECK: %[[S:.*]] = square %arg0
// CHECK: %[[R:.*]] = mul %[[S]], %arg0
// CHECK: %[[T:.*]] = mul %[[R]], %[[C]]
// CHECK: exp2 %[[T]]
keops.formula @product_of_rows_is_rounded(%x: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %s = square %x : <1xf32, i>
  %t = mul %s, %x : <1xf32, i>, <1xf32, i>
  %k = exp %t : <1xf32, i>
  return %k : <1xf32, i>
}

// CHECK-LABEL: @sum_is_rounded
// CHECK: %[[C:.*]] = const 1.44269502 : f32
// CHECK: %[[S:.*]] = add %arg0, %arg1
// CHECK: %[[T:.*]] = mul %[[S]], %[[C]]
// CHECK: exp2 %[[T]]
keops.formula @sum_is_rounded(%x: !keops.vec<1xf32, i>,
                              %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, ij> {
  %s = add %x, %y : <1xf32, i>, <1xf32, j>
  %k = exp %s : <1xf32, ij>
  return %k : <1xf32, ij>
}
