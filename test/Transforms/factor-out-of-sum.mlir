// RUN: keops-opt %s --keops-factor-out-of-sum | FileCheck %s

// CHECK-LABEL: @a_factor_of_the_row_leaves(
// CHECK-SAME: %[[E:.*]]: !keops.vec<1xf32, i>, %[[Y:.*]]: !keops.vec<1xf32, j>
// CHECK-NEXT: %[[D:.*]] = sub %[[E]], %[[Y]]
// CHECK-NEXT: %[[K:.*]] = exp %[[D]]
// CHECK-NEXT: %[[S:.*]] = reduce #keops.sum %[[K]] : <1xf32, ij> -> <1xf32, i>
// CHECK-NEXT: %[[A:.*]] = mul %[[S]], %[[E]] : <1xf32, i>, <1xf32, i>
// CHECK-NEXT: return %[[A]]
keops.formula @a_factor_of_the_row_leaves(
    %e: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>) -> !keops.vec<1xf32, i> {
  %d = sub %e, %y : <1xf32, i>, <1xf32, j>
  %k = exp %d : <1xf32, ij>
  %f = mul %e, %k : <1xf32, i>, <1xf32, ij>
  %a = reduce #keops.sum %f : <1xf32, ij> -> <1xf32, i>
  return %a : <1xf32, i>
}

// Only what varies along the axis stays: one component instead of three.
// CHECK-LABEL: @a_vector_leaves_with_its_components(
// CHECK-SAME: %[[E:.*]]: !keops.vec<3xf32, j>, %[[K:.*]]: !keops.vec<1xf32, i>
// CHECK-NEXT: %[[F:.*]] = exp %[[K]]
// CHECK-NEXT: %[[B:.*]] = broadcast %[[F]] : <1xf32, i> -> <1xf32, ij>
// CHECK-NEXT: %[[S:.*]] = reduce #keops.sum %[[B]] : <1xf32, ij> -> <1xf32, j>
// CHECK-NEXT: mul %[[S]], %[[E]] : <1xf32, j>, <3xf32, j>
keops.formula @a_vector_leaves_with_its_components(
    %e: !keops.vec<3xf32, j>, %x: !keops.vec<1xf32, i>) -> !keops.vec<3xf32, j> {
  %k = exp %x : <1xf32, i>
  %f = mul %k, %e : <1xf32, i>, <3xf32, j>
  %a = reduce #keops.sum %f : <3xf32, ij> -> <3xf32, j>
  return %a : <3xf32, j>
}

// CHECK-LABEL: @factors_leave_through_all_linear_ops(
// CHECK-SAME: %[[P:.*]]: !keops.vec<1xf32, p>, %[[X:.*]]: !keops.vec<3xf32, i>, %[[Y:.*]]: !keops.vec<3xf32, j>
// CHECK: %[[C:.*]] = const 2.0
// CHECK: %[[SQ:.*]] = square %[[Y]]
// CHECK: %[[D:.*]] = dot %[[SQ]], %[[X]]
// CHECK: %[[S:.*]] = reduce #keops.sum %[[D]] : <1xf32, ij> -> <1xf32, i>
// CHECK: %[[A:.*]] = mul %[[S]], %[[C]]
// CHECK: %[[B:.*]] = div %[[A]], %[[P]]
// CHECK: %[[N:.*]] = neg %[[B]]
// CHECK: return %[[N]]
keops.formula @factors_leave_through_all_linear_ops(
    %p: !keops.vec<1xf32, p>, %x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>)
    -> !keops.vec<1xf32, i> {
  %two = const 2.0 : f32
  %q = square %y : <3xf32, j>
  %n = neg %q : <3xf32, j>
  %m = mul %n, %two : <3xf32, j>, <1xf32, p>
  %d = dot %m, %x : <3xf32, j>, <3xf32, i>
  %f = div %d, %p : <1xf32, ij>, <1xf32, p>
  %a = reduce #keops.sum %f : <1xf32, ij> -> <1xf32, i>
  return %a : <1xf32, i>
}

// CHECK-LABEL: @what_varies_along_the_axis_or_is_no_factor_stays(
// CHECK: %[[F:.*]] = mul
// CHECK-NEXT: %[[G:.*]] = add %[[F]]
// CHECK-NEXT: %[[R:.*]] = reduce #keops.sum %[[G]]
// CHECK-NEXT: return %[[R]]
keops.formula @what_varies_along_the_axis_or_is_no_factor_stays(
    %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>) -> !keops.vec<1xf32, i> {
  %k = sub %x, %y : <1xf32, i>, <1xf32, j>
  %f = mul %k, %y : <1xf32, ij>, <1xf32, j>
  %g = add %f, %x : <1xf32, ij>, <1xf32, i>
  %a = reduce #keops.sum %g : <1xf32, ij> -> <1xf32, i>
  return %a : <1xf32, i>
}

// CHECK-LABEL: @other_reductions_keep_their_factors(
// CHECK: %[[F:.*]] = mul
// CHECK-NEXT: reduce #keops.max %[[F]]
keops.formula @other_reductions_keep_their_factors(
    %p: !keops.vec<1xf32, p>, %y: !keops.vec<1xf32, j>) -> !keops.vec<1xf32, p> {
  %f = mul %p, %y : <1xf32, p>, <1xf32, j>
  %a = reduce #keops.max %f : <1xf32, j> -> <1xf32, p>
  return %a : <1xf32, p>
}

// CHECK-LABEL: @factors_leave_a_mean(
// CHECK-SAME: %[[E:.*]]: !keops.vec<1xf32, i>, %[[Y:.*]]: !keops.vec<1xf32, j>
// CHECK-NEXT: %[[D:.*]] = sub %[[E]], %[[Y]]
// CHECK-NEXT: %[[K:.*]] = exp %[[D]]
// CHECK-NEXT: %[[S:.*]] = reduce #keops.mean %[[K]] : <1xf32, ij> -> <1xf32, i>
// CHECK-NEXT: mul %[[S]], %[[E]] : <1xf32, i>, <1xf32, i>
keops.formula @factors_leave_a_mean(
    %e: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>) -> !keops.vec<1xf32, i> {
  %d = sub %e, %y : <1xf32, i>, <1xf32, j>
  %k = exp %d : <1xf32, ij>
  %f = mul %e, %k : <1xf32, i>, <1xf32, ij>
  %a = reduce #keops.mean %f : <1xf32, ij> -> <1xf32, i>
  return %a : <1xf32, i>
}
