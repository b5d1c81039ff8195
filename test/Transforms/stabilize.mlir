// RUN: keops-opt %s --keops-stabilize | FileCheck %s
// RUN: keops-opt %s --keops-stabilize --keops-stabilize | FileCheck %s

// CHECK-LABEL: @log_of_sum_of_exp_becomes_logsumexp(
// CHECK-SAME: %[[S:.*]]: !keops.vec<1xf32, i>, %[[T:.*]]: !keops.vec<1xf32, j>
// CHECK: %[[D:.*]] = sub %[[S]], %[[T]]
// CHECK-NEXT: %[[L:.*]] = reduce #keops.logsumexp %[[D]] : <1xf32, ij> -> <1xf32, i>
// CHECK-NEXT: return %[[L]]
keops.formula @log_of_sum_of_exp_becomes_logsumexp(
    %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>) -> !keops.vec<1xf32, i> {
  %s = sub %x, %y : <1xf32, i>, <1xf32, j>
  %k = exp %s : <1xf32, ij>
  %z = reduce #keops.sum %k : <1xf32, ij> -> <1xf32, i>
  %l = log %z : <1xf32, i>
  return %l : <1xf32, i>
}

// CHECK-LABEL: @so_it_does_for_each_component_and_over_i(
// CHECK: reduce #keops.logsumexp %{{.*}} : <3xf32, ij> -> <3xf32, j>
// CHECK-NOT: log
keops.formula @so_it_does_for_each_component_and_over_i(
    %x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>) -> !keops.vec<3xf32, j> {
  %s = sub %x, %y : <3xf32, i>, <3xf32, j>
  %k = exp %s : <3xf32, ij>
  %z = reduce #keops.sum %k : <3xf32, ij> -> <3xf32, j>
  %l = log %z : <3xf32, j>
  return %l : <3xf32, j>
}

// CHECK-LABEL: @what_is_the_same_for_all_j_counts_n_times(
// CHECK-SAME: %[[X:.*]]: !keops.vec<1xf32, i>
// CHECK-NEXT: %[[B:.*]] = broadcast %[[X]] : <1xf32, i> -> <1xf32, ij>
// CHECK-NEXT: reduce #keops.logsumexp %[[B]] : <1xf32, ij> -> <1xf32, i>
keops.formula @what_is_the_same_for_all_j_counts_n_times(
    %x: !keops.vec<1xf32, i>) -> !keops.vec<1xf32, i> {
  %k = exp %x : <1xf32, i>
  %b = broadcast %k : <1xf32, i> -> <1xf32, ij>
  %z = reduce #keops.sum %b : <1xf32, ij> -> <1xf32, i>
  %l = log %z : <1xf32, i>
  return %l : <1xf32, i>
}

// CHECK-LABEL: @the_sum_stays_if_it_is_wanted_too(
// CHECK-DAG: %[[Z:.*]] = reduce #keops.sum
// CHECK-DAG: %[[L:.*]] = reduce #keops.logsumexp
// CHECK: return %[[Z]], %[[L]]
keops.formula @the_sum_stays_if_it_is_wanted_too(%y: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xf32, p>, !keops.vec<1xf32, p>) {
  %k = exp %y : <1xf32, j>
  %z = reduce #keops.sum %k : <1xf32, j> -> <1xf32, p>
  %l = log %z : <1xf32, p>
  return %z, %l : <1xf32, p>, <1xf32, p>
}

// CHECK-LABEL: @weights_and_other_terms_stay(
// CHECK: reduce #keops.sum
// CHECK: log
// CHECK: add
// CHECK: log
// CHECK-NOT: logsumexp
keops.formula @weights_and_other_terms_stay(
    %y: !keops.vec<1xf32, j>, %w: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xf32, p>, !keops.vec<1xf32, p>) {
  %k = exp %y : <1xf32, j>
  %f = mul %k, %w : <1xf32, j>, <1xf32, j>
  %z = reduce #keops.sum %f : <1xf32, j> -> <1xf32, p>
  %l = log %z : <1xf32, p>
  %one = const 1.0 : f32
  %s = reduce #keops.sum %k : <1xf32, j> -> <1xf32, p>
  %t = add %s, %one : <1xf32, p>, <1xf32, p>
  %m = log %t : <1xf32, p>
  return %l, %m : <1xf32, p>, <1xf32, p>
}

// CHECK-LABEL: @a_stable_form_adds_up_as_the_sum_did(
// CHECK: reduce #keops.logsumexp<kahan, f64>
// CHECK-NOT: log
keops.formula @a_stable_form_adds_up_as_the_sum_did(%y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, p> {
  %k = exp %y : <1xf32, j>
  %z = reduce #keops.sum<kahan, f64> %k : <1xf32, j> -> <1xf32, p>
  %l = log %z : <1xf32, p>
  return %l : <1xf32, p>
}
