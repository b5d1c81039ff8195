// RUN: keops-opt %s --keops-differentiate --canonicalize --cse | FileCheck %s

// CHECK-LABEL: @the_gradient_of_a_norm(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>, %[[E:.*]]: !keops.vec<1xf32, i>
// CHECK-DAG: %[[TWO:.*]] = const 2.0
// CHECK-DAG: %[[D:.*]] = mul %[[X]], %[[TWO]] : <3xf32, i>, <1xf32, p>
// CHECK: %[[G:.*]] = mul %[[E]], %[[D]] : <1xf32, i>, <3xf32, i>
// CHECK-NEXT: return %[[G]]
keops.formula @the_gradient_of_a_norm(%x: !keops.vec<3xf32, i>,
                                      %e: !keops.vec<1xf32, i>)
    -> !keops.vec<3xf32, i> {
  %n = sqnorm %x : <3xf32, i>
  %g = grad %n wrt %x seed %e : <1xf32, i>, <3xf32, i>, <1xf32, i> -> <3xf32, i>
  return %g : <3xf32, i>
}

// A term that does not vary along j still counts once for each j.
// CHECK-LABEL: @a_sum_over_j_counts_its_terms(
// CHECK-SAME: %[[X:.*]]: !keops.vec<2xf32, i>, %[[Y:.*]]: !keops.vec<2xf32, j>, %[[E:.*]]: !keops.vec<2xf32, i>
// CHECK-NEXT: %[[B:.*]] = broadcast %[[E]] : <2xf32, i> -> <2xf32, ij>
// CHECK-NEXT: %[[G:.*]] = reduce #keops.sum %[[B]] : <2xf32, ij> -> <2xf32, i>
// CHECK-NEXT: return %[[G]]
keops.formula @a_sum_over_j_counts_its_terms(
    %x: !keops.vec<2xf32, i>, %y: !keops.vec<2xf32, j>, %e: !keops.vec<2xf32, i>)
    -> !keops.vec<2xf32, i> {
  %s = add %x, %y : <2xf32, i>, <2xf32, j>
  %a = reduce #keops.sum %s : <2xf32, ij> -> <2xf32, i>
  %g = grad %a wrt %x seed %e : <2xf32, i>, <2xf32, i>, <2xf32, i> -> <2xf32, i>
  return %g : <2xf32, i>
}

// The sum over j closes at %u, so exp is passed once per row, not per pair.
// CHECK-LABEL: @the_chain_rule_leaves_the_sweep_early(
// CHECK-SAME: %[[X:.*]]: !keops.vec<1xf32, i>, %[[Y:.*]]: !keops.vec<1xf32, j>, %[[E:.*]]: !keops.vec<1xf32, i>
// CHECK-DAG: %[[U:.*]] = exp %[[X]]
// CHECK-DAG: %[[P:.*]] = mul %[[E]], %[[Y]] : <1xf32, i>, <1xf32, j>
// CHECK-DAG: %[[R:.*]] = reduce #keops.sum %[[P]] : <1xf32, ij> -> <1xf32, i>
// CHECK: mul %[[R]], %[[U]] : <1xf32, i>, <1xf32, i>
keops.formula @the_chain_rule_leaves_the_sweep_early(
    %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>, %e: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %u = exp %x : <1xf32, i>
  %s = mul %u, %y : <1xf32, i>, <1xf32, j>
  %a = reduce #keops.sum %s : <1xf32, ij> -> <1xf32, i>
  %g = grad %a wrt %x seed %e : <1xf32, i>, <1xf32, i>, <1xf32, i> -> <1xf32, i>
  return %g : <1xf32, i>
}

// CHECK-LABEL: @along_a_parameter_both_axes_are_summed(
// CHECK: %[[R:.*]] = reduce #keops.sum %{{.*}} : <1xf32, ij> -> <1xf32, i>
// CHECK: %[[S:.*]] = reduce #keops.sum %[[R]] : <1xf32, i> -> <1xf32, p>
// CHECK: return %[[S]]
keops.formula @along_a_parameter_both_axes_are_summed(
    %p: !keops.vec<1xf32, p>, %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>,
    %e: !keops.vec<1xf32, i>) -> !keops.vec<1xf32, p> {
  %d = sub %x, %y : <1xf32, i>, <1xf32, j>
  %s = mul %p, %d : <1xf32, p>, <1xf32, ij>
  %a = reduce #keops.sum %s : <1xf32, ij> -> <1xf32, i>
  %g = grad %a wrt %p seed %e : <1xf32, i>, <1xf32, p>, <1xf32, i> -> <1xf32, p>
  return %g : <1xf32, p>
}

// CHECK-LABEL: @shares_of_pairs_are_not_summed(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>, %[[Y:.*]]: !keops.vec<3xf32, j>, %[[E:.*]]: !keops.vec<1xf32, i>
// CHECK: %[[M:.*]] = mul %[[E]], %[[Y]] : <1xf32, i>, <3xf32, j>
// CHECK-NEXT: return %[[M]] : <3xf32, ij>
keops.formula @shares_of_pairs_are_not_summed(
    %x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>, %e: !keops.vec<1xf32, i>)
    -> !keops.vec<3xf32, ij> {
  %s = dot %x, %y : <3xf32, i>, <3xf32, j>
  %g = grad %s wrt %x seed %e : <1xf32, ij>, <3xf32, i>, <1xf32, i> -> <3xf32, ij>
  return %g : <3xf32, ij>
}

// CHECK-LABEL: @logsumexp_is_differentiated_in_its_stable_form(
// CHECK-SAME: %[[X:.*]]: !keops.vec<1xf32, i>, %[[Y:.*]]: !keops.vec<1xf32, j>, %[[E:.*]]: !keops.vec<1xf32, i>
// CHECK: %[[S:.*]] = add %[[X]], %[[Y]]
// CHECK: %[[L:.*]] = reduce #keops.logsumexp %[[S]]
// CHECK: %[[C:.*]] = clamp %[[L]],
// CHECK: %[[D:.*]] = sub %[[S]], %[[C]] : <1xf32, ij>, <1xf32, i>
// CHECK: %[[K:.*]] = exp %[[D]]
// CHECK: %[[F:.*]] = mul %[[E]], %[[K]] : <1xf32, i>, <1xf32, ij>
// CHECK: reduce #keops.sum %[[F]] : <1xf32, ij> -> <1xf32, j>
keops.formula @logsumexp_is_differentiated_in_its_stable_form(
    %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>, %e: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, j> {
  %s = add %x, %y : <1xf32, i>, <1xf32, j>
  %l = reduce #keops.logsumexp %s : <1xf32, ij> -> <1xf32, i>
  %g = grad %l wrt %y seed %e : <1xf32, i>, <1xf32, j>, <1xf32, i> -> <1xf32, j>
  return %g : <1xf32, j>
}

// CHECK-LABEL: @gradients_of_gradients(
// CHECK-SAME: %[[X:.*]]: !keops.vec<1xf32, i>, %[[E:.*]]: !keops.vec<1xf32, i>, %[[V:.*]]: !keops.vec<1xf32, i>
// CHECK-DAG: %[[TWO:.*]] = const 2.0
// CHECK-DAG: %[[EV:.*]] = mul %[[V]], %[[E]]
// CHECK: mul %[[EV]], %[[TWO]]
// CHECK-NOT: grad
keops.formula @gradients_of_gradients(
    %x: !keops.vec<1xf32, i>, %e: !keops.vec<1xf32, i>, %v: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %s = square %x : <1xf32, i>
  %g = grad %s wrt %x seed %e : <1xf32, i>, <1xf32, i>, <1xf32, i> -> <1xf32, i>
  %h = grad %g wrt %x seed %v : <1xf32, i>, <1xf32, i>, <1xf32, i> -> <1xf32, i>
  return %h : <1xf32, i>
}

// CHECK-LABEL: @what_does_not_depend_has_no_gradient(
// CHECK: %[[ZERO:.*]] = const 0.0
// CHECK-NEXT: %[[Z:.*]] = broadcast %[[ZERO]] : <1xf32, p> -> <3xf32, j>
// CHECK-NEXT: return %[[Z]]
keops.formula @what_does_not_depend_has_no_gradient(
    %x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>) -> !keops.vec<3xf32, j> {
  %g = grad %x wrt %y seed %x : <3xf32, i>, <3xf32, j>, <3xf32, i> -> <3xf32, j>
  return %g : <3xf32, j>
}

// CHECK-LABEL: @a_variable_is_its_own_derivative(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>, %[[E:.*]]: !keops.vec<3xf32, i>
// CHECK-NEXT: return %[[E]]
keops.formula @a_variable_is_its_own_derivative(
    %x: !keops.vec<3xf32, i>, %e: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  %g = grad %x wrt %x seed %e : <3xf32, i>, <3xf32, i>, <3xf32, i> -> <3xf32, i>
  return %g : <3xf32, i>
}

// CHECK-LABEL: @min_follows_the_row_that_was_found(
// CHECK: %[[D:.*]] = mul
// CHECK: %[[R:.*]] = reduce #keops.argmin %[[D]] : <1xf32, ij> -> <1xi64, i>
// CHECK: %[[N:.*]] = rownumber : <1xi64, j>
// CHECK: %[[G:.*]] = ifrow %{{.*}}, %[[R]], %[[N]] : <1xf32, i>, <1xi64, i>, <1xi64, j>
// CHECK: mul %[[G]], %{{.*}} : <1xf32, ij>, <1xf32, i>
keops.formula @min_follows_the_row_that_was_found(
    %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>, %e: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, j> {
  %d = mul %x, %y : <1xf32, i>, <1xf32, j>
  %m = reduce #keops.min %d : <1xf32, ij> -> <1xf32, i>
  %g = grad %m wrt %y seed %e : <1xf32, i>, <1xf32, j>, <1xf32, i> -> <1xf32, j>
  return %g : <1xf32, j>
}

// A tangent is made by the rule of each op on the way, in program order.
// CHECK-LABEL: @tangents_of_a_reduced_product(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>, %[[Y:.*]]: !keops.vec<3xf32, j>, %[[U:.*]]: !keops.vec<3xf32, i>)
// CHECK-NEXT: %[[T:.*]] = dot %[[U]], %[[Y]]
// CHECK-NEXT: %[[D:.*]] = reduce #keops.sum %[[T]]
// CHECK-NEXT: return %[[D]]
keops.formula @tangents_of_a_reduced_product(%x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>, %u: !keops.vec<3xf32, i>)
    -> !keops.vec<1xf32, i> {
  %m = mul %x, %y : <3xf32, i>, <3xf32, j>
  %s = sum %m : <3xf32, ij>
  %a = reduce #keops.sum %s : <1xf32, ij> -> <1xf32, i>
  %d = diff %a wrt %x tangent %u : <1xf32, i>, <3xf32, i>, <3xf32, i> -> <1xf32, i>
  return %d : <1xf32, i>
}

// What is known of a reduction is not computed again.
// CHECK-LABEL: @a_saved_logsumexp_is_not_computed(
// CHECK-SAME: %[[OUT:[^ ]*]]: !keops.vec<1xf32, i>) ->
// CHECK-NOT: logsumexp
// CHECK: %[[KNOWN:.*]] = clamp %[[OUT]]
// CHECK: sub %{{.*}}, %[[KNOWN]]
// CHECK-NOT: logsumexp
// CHECK: return
keops.formula @a_saved_logsumexp_is_not_computed(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>, %e: !keops.vec<1xf32, i>, %out: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %m = mul %x, %y : <1xf32, i>, <1xf32, j>
  %l = reduce #keops.logsumexp %m : <1xf32, ij> -> <1xf32, i>
  %s = saved %l is %out : <1xf32, i>, <1xf32, i>
  %g = grad %s wrt %x seed %e : <1xf32, i>, <1xf32, i>, <1xf32, i> -> <1xf32, i>
  return %g : <1xf32, i>
}

// CHECK-LABEL: @gradients_add_up_as_the_reduction_does(
// CHECK: reduce #keops.sum<kahan, f64> %{{.*}} : <3xf32, ij> -> <3xf32, i>
// CHECK-NOT: reduce
// CHECK: return
keops.formula @gradients_add_up_as_the_reduction_does(%x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>, %e: !keops.vec<3xf32, i>)
    -> !keops.vec<3xf32, i> {
  %m = mul %x, %y : <3xf32, i>, <3xf32, j>
  %k = exp %m : <3xf32, ij>
  %a = reduce #keops.sum<kahan, f64> %k : <3xf32, ij> -> <3xf32, i>
  %g = grad %a wrt %x seed %e : <3xf32, i>, <3xf32, i>, <3xf32, i> -> <3xf32, i>
  return %g : <3xf32, i>
}

// CHECK-LABEL: @so_do_gradients_along_parameters(
// CHECK-COUNT-2: reduce #keops.sum<direct>
// CHECK-NOT: reduce
// CHECK: return
keops.formula @so_do_gradients_along_parameters(%p: !keops.vec<1xf32, p>, %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>, %e: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, p> {
  %m = mul %x, %y : <1xf32, i>, <1xf32, j>
  %q = mul %p, %m : <1xf32, p>, <1xf32, ij>
  %k = exp %q : <1xf32, ij>
  %a = reduce #keops.sum<direct> %k : <1xf32, ij> -> <1xf32, i>
  %g = grad %a wrt %p seed %e : <1xf32, i>, <1xf32, p>, <1xf32, i> -> <1xf32, p>
  return %g : <1xf32, p>
}

// CHECK-LABEL: @so_does_what_softmax_needs(
// CHECK: reduce #keops.softmax<kahan>
// CHECK: reduce #keops.logsumexp<kahan>
// CHECK: reduce #keops.sum<kahan>
// CHECK-NOT: reduce
// CHECK: return
keops.formula @so_does_what_softmax_needs(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>, %e: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %m = mul %x, %y : <1xf32, i>, <1xf32, j>
  %a = reduce #keops.softmax<kahan> %m, %m : <1xf32, ij>, <1xf32, ij> -> <1xf32, i>
  %g = grad %a wrt %x seed %e : <1xf32, i>, <1xf32, i>, <1xf32, i> -> <1xf32, i>
  return %g : <1xf32, i>
}

// CHECK-LABEL: @so_do_tangents(
// CHECK: reduce #keops.sum<f64>
// CHECK: reduce #keops.mean<f64>
// CHECK: return
keops.formula @so_do_tangents(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>, %u: !keops.vec<1xf32, i>)
    -> (!keops.vec<1xf32, i>, !keops.vec<1xf32, i>) {
  %m = mul %x, %y : <1xf32, i>, <1xf32, j>
  %l = reduce #keops.logsumexp<f64> %m : <1xf32, ij> -> <1xf32, i>
  %d = diff %l wrt %x tangent %u : <1xf32, i>, <1xf32, i>, <1xf32, i> -> <1xf32, i>
  %a = reduce #keops.mean<f64> %m : <1xf32, ij> -> <1xf32, i>
  %c = diff %a wrt %x tangent %u : <1xf32, i>, <1xf32, i>, <1xf32, i> -> <1xf32, i>
  return %d, %c : <1xf32, i>, <1xf32, i>
}

// CHECK-LABEL: @sums_for_two_reductions_add_up_as_the_more_precise_one(
// CHECK: reduce #keops.sum<kahan, f64> %{{.*}} -> <1xf32, i>
// CHECK-NOT: reduce
// CHECK: return
keops.formula @sums_for_two_reductions_add_up_as_the_more_precise_one(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>, %e: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %m = mul %x, %y : <1xf32, i>, <1xf32, j>
  %k = exp %m : <1xf32, ij>
  %a = reduce #keops.sum<kahan> %k : <1xf32, ij> -> <1xf32, i>
  %b = reduce #keops.sum<f64> %k : <1xf32, ij> -> <1xf32, i>
  %s = add %a, %b : <1xf32, i>, <1xf32, i>
  %g = grad %s wrt %x seed %e : <1xf32, i>, <1xf32, i>, <1xf32, i> -> <1xf32, i>
  return %g : <1xf32, i>
}
