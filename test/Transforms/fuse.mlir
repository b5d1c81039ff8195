// RUN: keops-opt %s --keops-fuse | FileCheck %s

// CHECK-LABEL: @sums_over_one_axis_share_a_sweep(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>, %[[Y:.*]]: !keops.vec<3xf32, j>
// CHECK: %[[F:.*]] = sub %[[X]], %[[Y]]
// CHECK: %[[K:.*]] = sqnorm %[[F]]
// CHECK: %[[C:.*]] = concat %[[K]], %[[F]] : <1xf32, ij>, <3xf32, ij>
// CHECK: %[[S:.*]] = reduce #keops.sum %[[C]] : <4xf32, ij> -> <4xf32, i>
// CHECK: %[[A:.*]] = extract %[[S]] {size = 1 : i64, start = 0 : i64} : <4xf32, i>
// CHECK: %[[B:.*]] = extract %[[S]] {size = 3 : i64, start = 1 : i64} : <4xf32, i>
// CHECK: return %[[A]], %[[B]]
keops.formula @sums_over_one_axis_share_a_sweep(
    %x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>)
    -> (!keops.vec<1xf32, i>, !keops.vec<3xf32, i>) {
  %f = sub %x, %y : <3xf32, i>, <3xf32, j>
  %k = sqnorm %f : <3xf32, ij>
  %a = reduce #keops.sum %k : <1xf32, ij> -> <1xf32, i>
  %b = reduce #keops.sum %f : <3xf32, ij> -> <3xf32, i>
  return %a, %b : <1xf32, i>, <3xf32, i>
}

// CHECK-LABEL: @users_of_the_first_sum_wait_for_the_last(
// CHECK: %[[S:.*]] = reduce #keops.sum %{{.*}} : <2xf32, j> -> <2xf32, p>
// CHECK-DAG: %[[A:.*]] = extract %[[S]] {size = 1 : i64, start = 0 : i64}
// CHECK-DAG: %[[B:.*]] = extract %[[S]] {size = 1 : i64, start = 1 : i64}
// CHECK-DAG: %[[L:.*]] = log %[[A]]
// CHECK: return %[[L]], %[[B]]
keops.formula @users_of_the_first_sum_wait_for_the_last(%y: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xf32, p>, !keops.vec<1xf32, p>) {
  %a = reduce #keops.sum %y : <1xf32, j> -> <1xf32, p>
  %l = log %a : <1xf32, p>
  %e = exp %y : <1xf32, j>
  %b = reduce #keops.sum %e : <1xf32, j> -> <1xf32, p>
  return %l, %b : <1xf32, p>, <1xf32, p>
}

// CHECK-LABEL: @a_sum_that_needs_another_comes_after_it(
// CHECK: %[[A:.*]] = reduce #keops.sum %{{.*}} : <1xf32, j> -> <1xf32, p>
// CHECK: sub %{{.*}}, %[[A]]
// CHECK: reduce #keops.sum %{{.*}} : <1xf32, j> -> <1xf32, p>
// CHECK-NOT: extract
keops.formula @a_sum_that_needs_another_comes_after_it(%y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, p> {
  %a = reduce #keops.sum %y : <1xf32, j> -> <1xf32, p>
  %d = sub %y, %a : <1xf32, j>, <1xf32, p>
  %q = square %d : <1xf32, j>
  %b = reduce #keops.sum %q : <1xf32, j> -> <1xf32, p>
  return %b : <1xf32, p>
}

// Two chains of two sums: the first ones and the last ones are computed together.
// CHECK-LABEL: @chains_of_sums_are_fused_step_by_step(
// CHECK-COUNT-2: reduce #keops.sum %{{.*}} : <2xf32, j> -> <2xf32, p>
// CHECK-NOT: reduce
keops.formula @chains_of_sums_are_fused_step_by_step(
    %y: !keops.vec<1xf32, j>, %z: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xf32, p>, !keops.vec<1xf32, p>) {
  %a = reduce #keops.sum %y : <1xf32, j> -> <1xf32, p>
  %d = sub %y, %a : <1xf32, j>, <1xf32, p>
  %c = reduce #keops.sum %d : <1xf32, j> -> <1xf32, p>
  %b = reduce #keops.sum %z : <1xf32, j> -> <1xf32, p>
  %e = sub %z, %b : <1xf32, j>, <1xf32, p>
  %f = reduce #keops.sum %e : <1xf32, j> -> <1xf32, p>
  return %c, %f : <1xf32, p>, <1xf32, p>
}

// CHECK-LABEL: @other_axes_and_other_reductions_stay_apart(
// CHECK-DAG: reduce #keops.sum %{{.*}} : <1xf32, ij> -> <1xf32, i>
// CHECK-DAG: reduce #keops.sum %{{.*}} : <1xf32, ij> -> <1xf32, j>
// CHECK-DAG: reduce #keops.max %{{.*}} : <1xf32, ij> -> <1xf32, i>
keops.formula @other_axes_and_other_reductions_stay_apart(
    %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xf32, i>, !keops.vec<1xf32, j>, !keops.vec<1xf32, i>) {
  %d = sub %x, %y : <1xf32, i>, <1xf32, j>
  %a = reduce #keops.sum %d : <1xf32, ij> -> <1xf32, i>
  %b = reduce #keops.sum %d : <1xf32, ij> -> <1xf32, j>
  %c = reduce #keops.max %d : <1xf32, ij> -> <1xf32, i>
  return %a, %b, %c : <1xf32, i>, <1xf32, j>, <1xf32, i>
}

// CHECK-LABEL: @sums_that_add_up_in_other_ways_stay_apart(
// CHECK: reduce #keops.sum<kahan> %{{.*}} : <2xf32, j> -> <2xf32, p>
// CHECK: reduce #keops.sum %{{.*}} : <1xf32, j> -> <1xf32, p>
keops.formula @sums_that_add_up_in_other_ways_stay_apart(
    %y: !keops.vec<1xf32, j>, %z: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xf32, p>, !keops.vec<1xf32, p>, !keops.vec<1xf32, p>) {
  %a = reduce #keops.sum<kahan> %y : <1xf32, j> -> <1xf32, p>
  %b = reduce #keops.sum<kahan> %z : <1xf32, j> -> <1xf32, p>
  %c = reduce #keops.sum %z : <1xf32, j> -> <1xf32, p>
  return %a, %b, %c : <1xf32, p>, <1xf32, p>, <1xf32, p>
}
