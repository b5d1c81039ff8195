// RUN: keops-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: @a_broadcast_that_a_factor_makes_needless_is_dropped(
// CHECK-SAME: %[[G:.*]]: !keops.vec<1xf32, i>, %[[Y:.*]]: !keops.vec<3xf32, j>
// CHECK-NEXT: mul %[[G]], %[[Y]] : <1xf32, i>, <3xf32, j>
keops.formula @a_broadcast_that_a_factor_makes_needless_is_dropped(
    %g: !keops.vec<1xf32, i>, %y: !keops.vec<3xf32, j>) -> !keops.vec<3xf32, ij> {
  %b = broadcast %g : <1xf32, i> -> <3xf32, ij>
  %m = mul %b, %y : <3xf32, ij>, <3xf32, j>
  return %m : <3xf32, ij>
}

// CHECK-LABEL: @work_on_one_row_is_done_before_it_is_spread(
// CHECK-SAME: %[[X:.*]]: !keops.vec<1xf32, i>
// CHECK-NEXT: %[[E:.*]] = exp %[[X]] : <1xf32, i>
// CHECK-NEXT: broadcast %[[E]] : <1xf32, i> -> <3xf32, ij>
keops.formula @work_on_one_row_is_done_before_it_is_spread(
    %x: !keops.vec<1xf32, i>) -> !keops.vec<3xf32, ij> {
  %b = broadcast %x : <1xf32, i> -> <3xf32, ij>
  %e = exp %b : <3xf32, ij>
  return %e : <3xf32, ij>
}

// CHECK-LABEL: @a_sum_counts_the_components_of_a_broadcast(
// CHECK-SAME: %[[X:.*]]: !keops.vec<1xf32, i>
// CHECK-NEXT: %[[THREE:.*]] = const 3.0
// CHECK-NEXT: %[[S:.*]] = mul %[[X]], %[[THREE]] : <1xf32, i>, <1xf32, p>
// CHECK-NEXT: broadcast %[[S]] : <1xf32, i> -> <1xf32, ij>
keops.formula @a_sum_counts_the_components_of_a_broadcast(
    %x: !keops.vec<1xf32, i>) -> !keops.vec<1xf32, ij> {
  %b = broadcast %x : <1xf32, i> -> <3xf32, ij>
  %s = sum %b : <3xf32, ij>
  return %s : <1xf32, ij>
}

// CHECK-LABEL: @a_reduction_counts_the_rows_of_a_broadcast(
// CHECK-SAME: %[[X:.*]]: !keops.vec<1xf32, i>
// CHECK-NEXT: %[[B:.*]] = broadcast %[[X]] : <1xf32, i> -> <1xf32, ij>
// CHECK-NEXT: %[[R:.*]] = reduce #keops.sum %[[B]] : <1xf32, ij> -> <1xf32, i>
// CHECK-NEXT: broadcast %[[R]] : <1xf32, i> -> <3xf32, i>
keops.formula @a_reduction_counts_the_rows_of_a_broadcast(
    %x: !keops.vec<1xf32, i>) -> !keops.vec<3xf32, i> {
  %b = broadcast %x : <1xf32, i> -> <3xf32, ij>
  %r = reduce #keops.sum %b : <3xf32, ij> -> <3xf32, i>
  return %r : <3xf32, i>
}

// CHECK-LABEL: @signs_cancel(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>, %[[Y:.*]]: !keops.vec<3xf32, j>
// CHECK-NEXT: %[[M:.*]] = mul %[[X]], %[[Y]]
// CHECK-NEXT: %[[A:.*]] = add %[[M]], %[[X]]
// CHECK-NEXT: %[[S:.*]] = sub %[[A]], %[[Y]]
// CHECK-NEXT: sqnorm %[[S]]
keops.formula @signs_cancel(%x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>)
    -> !keops.vec<1xf32, ij> {
  %nx = neg %x : <3xf32, i>
  %ny = neg %y : <3xf32, j>
  %m = mul %nx, %ny : <3xf32, i>, <3xf32, j>
  %a = sub %m, %nx : <3xf32, ij>, <3xf32, i>
  %s = add %ny, %a : <3xf32, j>, <3xf32, ij>
  %n = neg %s : <3xf32, ij>
  %nn = neg %n : <3xf32, ij>
  %nnn = neg %nn : <3xf32, ij>
  %q = sqnorm %nnn : <3xf32, ij>
  return %q : <1xf32, ij>
}

// CHECK-LABEL: @a_sign_moves_to_what_is_computed_less_often(
// CHECK-SAME: %[[P:.*]]: !keops.vec<1xf32, p>, %[[X:.*]]: !keops.vec<1xf32, i>, %[[Y:.*]]: !keops.vec<1xf32, j>
// CHECK: %[[N:.*]] = neg %[[P]] : <1xf32, p>
// CHECK-NOT: neg
keops.formula @a_sign_moves_to_what_is_computed_less_often(
    %p: !keops.vec<1xf32, p>, %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, ij> {
  %px = mul %p, %x : <1xf32, p>, <1xf32, i>
  %m = mul %px, %y : <1xf32, i>, <1xf32, j>
  %e = exp %m : <1xf32, ij>
  %f = mul %m, %e : <1xf32, ij>, <1xf32, ij>
  %pf = mul %p, %f : <1xf32, p>, <1xf32, ij>
  %n = neg %pf : <1xf32, ij>
  return %n : <1xf32, ij>
}

// CHECK-LABEL: @a_sign_joins_a_number(
// CHECK: %[[C:.*]] = const -2.0
// CHECK-NEXT: mul %{{.*}}, %[[C]]
keops.formula @a_sign_joins_a_number(%x: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %two = const 2.0 : f32
  %n = neg %x : <1xf32, i>
  %m = mul %two, %n : <1xf32, p>, <1xf32, i>
  return %m : <1xf32, i>
}

// CHECK-LABEL: @neutral_numbers_leave(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>
// CHECK-NEXT: return %[[X]]
keops.formula @neutral_numbers_leave(%x: !keops.vec<3xf32, i>)
    -> !keops.vec<3xf32, i> {
  %zero = const 0.0 : f32
  %minusZero = const -0.0 : f32
  %one = const 1.0 : f32
  %a = sub %x, %zero : <3xf32, i>, <1xf32, p>
  %b = add %minusZero, %a : <1xf32, p>, <3xf32, i>
  %c = mul %one, %b : <1xf32, p>, <3xf32, i>
  %d = div %c, %one : <3xf32, i>, <1xf32, p>
  return %d : <3xf32, i>
}

// CHECK-LABEL: @what_is_not_a_number_stays_so(
// CHECK: add
// CHECK: sub
// CHECK: mul
// CHECK: div
keops.formula @what_is_not_a_number_stays_so(%x: !keops.vec<1xf32, i>)
    -> (!keops.vec<1xf32, i>, !keops.vec<1xf32, i>, !keops.vec<1xf32, i>,
        !keops.vec<1xf32, i>) {
  %zero = const 0.0 : f32
  %a = add %x, %zero : <1xf32, i>, <1xf32, p>
  %b = sub %x, %x : <1xf32, i>, <1xf32, i>
  %c = mul %x, %zero : <1xf32, i>, <1xf32, p>
  %d = div %x, %x : <1xf32, i>, <1xf32, i>
  return %a, %b, %c, %d : <1xf32, i>, <1xf32, i>, <1xf32, i>, <1xf32, i>
}

// CHECK-LABEL: @products_and_powers_have_one_name(
// CHECK-SAME: %[[X:.*]]: !keops.vec<1xf32, i>
// CHECK-DAG: %[[ONE:.*]] = const 1.0
// CHECK-DAG: %[[S:.*]] = square %[[X]]
// CHECK-DAG: %[[I:.*]] = inv %[[X]]
// CHECK-DAG: %[[B:.*]] = broadcast %[[ONE]] : <1xf32, p> -> <1xf32, i>
// CHECK-DAG: %[[N:.*]] = neg %[[X]]
// CHECK: return %[[S]], %[[S]], %[[I]], %[[I]], %[[X]], %[[B]], %[[N]]
keops.formula @products_and_powers_have_one_name(%x: !keops.vec<1xf32, i>)
    -> (!keops.vec<1xf32, i>, !keops.vec<1xf32, i>, !keops.vec<1xf32, i>,
        !keops.vec<1xf32, i>, !keops.vec<1xf32, i>, !keops.vec<1xf32, i>,
        !keops.vec<1xf32, i>) {
  %one = const 1.0 : f32
  %minusOne = const -1.0 : f32
  %a = mul %x, %x : <1xf32, i>, <1xf32, i>
  %b = pow %x {exponent = 2} : <1xf32, i>
  %c = div %one, %x : <1xf32, p>, <1xf32, i>
  %d = pow %x {exponent = -1} : <1xf32, i>
  %e = pow %x {exponent = 1} : <1xf32, i>
  %f = pow %x {exponent = 0} : <1xf32, i>
  %g = mul %minusOne, %x : <1xf32, p>, <1xf32, i>
  return %a, %b, %c, %d, %e, %f, %g : <1xf32, i>, <1xf32, i>, <1xf32, i>,
    <1xf32, i>, <1xf32, i>, <1xf32, i>, <1xf32, i>
}

// CHECK-LABEL: @only_exact_divisions_become_products(
// CHECK-DAG: %[[EIGHTH:.*]] = const 1.250000e-01
// CHECK-DAG: %[[THREE:.*]] = const 3.0
// CHECK: mul %{{.*}}, %[[EIGHTH]]
// CHECK: div %{{.*}}, %[[THREE]]
keops.formula @only_exact_divisions_become_products(%x: !keops.vec<1xf32, i>)
    -> !keops.vec<1xf32, i> {
  %eight = const 8.0 : f32
  %three = const 3.0 : f32
  %a = div %x, %eight : <1xf32, i>, <1xf32, p>
  %b = div %a, %three : <1xf32, i>, <1xf32, p>
  return %b : <1xf32, i>
}

// CHECK-LABEL: @numbers_are_computed(
// CHECK-NEXT: %[[C:.*]] = const 7.5
// CHECK-NEXT: return %[[C]]
keops.formula @numbers_are_computed() -> !keops.vec<1xf32, p> {
  %a = const 2.0 : f32
  %b = const 0.5 : f32
  %c = pow %a {exponent = 3} : <1xf32, p>
  %d = sub %c, %b : <1xf32, p>, <1xf32, p>
  return %d : <1xf32, p>
}

// CHECK-LABEL: @factors_that_do_not_vary_are_multiplied_first(
// CHECK-SAME: %[[P:.*]]: !keops.vec<1xf32, p>, %[[X:.*]]: !keops.vec<3xf32, i>
// CHECK: %[[C:.*]] = const 6.0
// CHECK: %[[F:.*]] = mul %[[P]], %[[C]] : <1xf32, p>, <1xf32, p>
// CHECK-NEXT: mul %[[F]], %[[X]] : <1xf32, p>, <3xf32, i>
keops.formula @factors_that_do_not_vary_are_multiplied_first(
    %p: !keops.vec<1xf32, p>, %x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  %two = const 2.0 : f32
  %three = const 3.0 : f32
  %a = mul %two, %x : <1xf32, p>, <3xf32, i>
  %b = mul %three, %a : <1xf32, p>, <3xf32, i>
  %c = mul %b, %p : <3xf32, i>, <1xf32, p>
  return %c : <3xf32, i>
}

// 1e30 * 1e30 is infinite in f32, 1e30 * (1e30 * x) need not be.
// CHECK-LABEL: @numbers_whose_product_overflows_stay_apart(
// CHECK: %[[C:.*]] = const {{.*}}e+30
// CHECK: %[[A:.*]] = mul %{{.*}}, %[[C]]
// CHECK: mul %[[A]], %[[C]]
keops.formula @numbers_whose_product_overflows_stay_apart(
    %x: !keops.vec<1xf32, i>) -> !keops.vec<1xf32, i> {
  %c = const 1.0e30 : f32
  %a = mul %c, %x : <1xf32, p>, <1xf32, i>
  %b = mul %c, %a : <1xf32, p>, <1xf32, i>
  return %b : <1xf32, i>
}

// CHECK-LABEL: @sums_of_components_have_one_name(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>, %[[Y:.*]]: !keops.vec<3xf32, j>, %[[S:.*]]: !keops.vec<1xf32, i>
// CHECK-DAG: %[[DOT:.*]] = dot %[[X]], %[[Y]]
// CHECK-DAG: %[[NORM:.*]] = sqnorm %[[X]]
// CHECK-DAG: %[[SQ:.*]] = square %[[S]]
// CHECK: return %[[DOT]], %[[NORM]], %[[NORM]], %[[S]], %[[SQ]]
keops.formula @sums_of_components_have_one_name(
    %x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>, %s: !keops.vec<1xf32, i>)
    -> (!keops.vec<1xf32, ij>, !keops.vec<1xf32, i>, !keops.vec<1xf32, i>,
        !keops.vec<1xf32, i>, !keops.vec<1xf32, i>) {
  %m = mul %x, %y : <3xf32, i>, <3xf32, j>
  %a = sum %m : <3xf32, ij>
  %q = square %x : <3xf32, i>
  %b = sum %q : <3xf32, i>
  %c = dot %x, %x : <3xf32, i>, <3xf32, i>
  %d = sum %s : <1xf32, i>
  %e = sqnorm %s : <1xf32, i>
  return %a, %b, %c, %d, %e : <1xf32, ij>, <1xf32, i>, <1xf32, i>, <1xf32, i>,
    <1xf32, i>
}

// CHECK-LABEL: @scalars_leave_sums_of_components(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>, %[[Y:.*]]: !keops.vec<3xf32, j>, %[[S:.*]]: !keops.vec<1xf32, i>
// CHECK-DAG: %[[DOT:.*]] = dot %[[X]], %[[Y]]
// CHECK-DAG: %[[SUM:.*]] = sum %[[Y]]
// CHECK-DAG: %[[A:.*]] = mul %[[S]], %[[DOT]]
// CHECK-DAG: %[[B:.*]] = mul %[[S]], %[[SUM]]
// CHECK: return %[[A]], %[[B]]
keops.formula @scalars_leave_sums_of_components(
    %x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>, %s: !keops.vec<1xf32, i>)
    -> (!keops.vec<1xf32, ij>, !keops.vec<1xf32, ij>) {
  %sx = mul %x, %s : <3xf32, i>, <1xf32, i>
  %m = mul %sx, %y : <3xf32, i>, <3xf32, j>
  %a = sum %m : <3xf32, ij>
  %b = dot %s, %y : <1xf32, i>, <3xf32, j>
  return %a, %b : <1xf32, ij>, <1xf32, ij>
}

// CHECK-LABEL: @parts_are_taken_from_where_they_were_put(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>, %[[Y:.*]]: !keops.vec<2xf32, i>
// CHECK-DAG: %[[PART:.*]] = extract %[[X]] {size = 2 : i64, start = 1 : i64}
// CHECK-DAG: %[[ZERO:.*]] = const 0.0
// CHECK-DAG: %[[ZEROS:.*]] = broadcast %[[ZERO]] : <1xf32, p> -> <2xf32, i>
// CHECK: return %[[Y]], %[[PART]], %[[PART]], %[[ZEROS]]
keops.formula @parts_are_taken_from_where_they_were_put(
    %x: !keops.vec<3xf32, i>, %y: !keops.vec<2xf32, i>)
    -> (!keops.vec<2xf32, i>, !keops.vec<2xf32, i>, !keops.vec<2xf32, i>,
        !keops.vec<2xf32, i>) {
  %c = concat %x, %y : <3xf32, i>, <2xf32, i>
  %a = extract %c {start = 3, size = 2} : <5xf32, i>
  %h = extract %c {start = 0, size = 3} : <5xf32, i>
  %b = extract %h {start = 1, size = 2} : <3xf32, i>
  %p = place %x {start = 4, size = 9} : <3xf32, i>
  %d = extract %p {start = 5, size = 2} : <9xf32, i>
  %e = extract %p {start = 7, size = 2} : <9xf32, i>
  return %a, %b, %d, %e : <2xf32, i>, <2xf32, i>, <2xf32, i>, <2xf32, i>
}

// CHECK-LABEL: @parts_that_touch_are_one_part(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>
// CHECK-NEXT: return %[[X]]
keops.formula @parts_that_touch_are_one_part(%x: !keops.vec<3xf32, i>)
    -> !keops.vec<3xf32, i> {
  %a = extract %x {start = 0, size = 1} : <3xf32, i>
  %b = extract %x {start = 1, size = 2} : <3xf32, i>
  %c = concat %a, %b : <1xf32, i>, <2xf32, i>
  return %c : <3xf32, i>
}

// CHECK-LABEL: @repeat
// CHECK-NOT: repeat
// CHECK: %[[S:.*]] = sum %{{.*}} : <3xf32, i>
// CHECK: mul %{{.*}}, %[[S]] : <1xf32, j>, <1xf32, i>
keops.formula @repeat(%x: !keops.vec<3xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, ij> {
  %r = repeat %y {size = 3 : i64} : <1xf32, j>
  %d = dot %x, %r : <3xf32, i>, <3xf32, j>
  return %d : <1xf32, ij>
}

// CHECK-LABEL: @thin_matrices
// CHECK-NEXT: %[[M:.*]] = mul %{{.*}}, %{{.*}} : <3xf32, i>, <1xf32, j>
// CHECK-NEXT: %[[D:.*]] = dot %{{.*}}, %{{.*}} : <3xf32, i>, <3xf32, j>
// CHECK-NEXT: return %[[M]], %[[M]], %[[M]], %[[D]], %[[D]]
keops.formula @thin_matrices(%x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>,
                             %s: !keops.vec<1xf32, j>)
    -> (!keops.vec<3xf32, ij>, !keops.vec<3xf32, ij>, !keops.vec<3xf32, ij>,
        !keops.vec<1xf32, ij>, !keops.vec<1xf32, ij>) {
  %a = matvec %x, %s : <3xf32, i>, <1xf32, j>
  %b = vecmat %s, %x : <1xf32, j>, <3xf32, i>
  %c = tensorprod %x, %s : <3xf32, i>, <1xf32, j>
  %d = matvec %x, %y : <3xf32, i>, <3xf32, j>
  %e = vecmat %y, %x : <3xf32, j>, <3xf32, i>
  return %a, %b, %c, %d, %e : <3xf32, ij>, <3xf32, ij>, <3xf32, ij>, <1xf32, ij>, <1xf32, ij>
}

// CHECK-LABEL: @complex_parts_of_parts(
// CHECK-SAME: %[[X:.*]]: !keops.vec<2xf32, i>, %[[Y:.*]]: !keops.vec<1xf32, i>
// CHECK-NEXT: %[[B:.*]] = broadcast %[[Y]] : <1xf32, i> -> <2xf32, i>
// CHECK-NEXT: %[[C:.*]] = complex %[[X]], %[[B]] : <2xf32, i>, <2xf32, i>
// CHECK-NEXT: return %[[X]], %[[B]], %[[C]]
keops.formula @complex_parts_of_parts(%x: !keops.vec<2xf32, i>,
                                      %y: !keops.vec<1xf32, i>)
    -> (!keops.vec<2xf32, i>, !keops.vec<2xf32, i>, !keops.vec<4xf32, i>) {
  %z = complex %x, %y : <2xf32, i>, <1xf32, i>
  %a = realpart %z : <4xf32, i>
  %b = imagpart %z : <4xf32, i>
  %c = complex %a, %b : <2xf32, i>, <2xf32, i>
  return %a, %b, %c : <2xf32, i>, <2xf32, i>, <4xf32, i>
}

// CHECK-LABEL: @a_minimum_and_its_row_are_found_together(
// CHECK: %[[B:.*]]:2 = reduce #keops.kminargkmin<2>
// CHECK-NOT: reduce
// CHECK: return %[[B]]#1, %[[B]]#0
keops.formula @a_minimum_and_its_row_are_found_together(
    %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> (!keops.vec<2xi64, i>, !keops.vec<2xf32, i>) {
  %d = mul %x, %y : <1xf32, i>, <1xf32, j>
  %n = reduce #keops.argkmin<2> %d : <1xf32, ij> -> <2xi64, i>
  %m = reduce #keops.kmin<2> %d : <1xf32, ij> -> <2xf32, i>
  return %n, %m : <2xi64, i>, <2xf32, i>
}

// CHECK-LABEL: @positive_multiples_are_added(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i>
// CHECK-NEXT: %[[SIX:.*]] = const 6.0
// CHECK-NEXT: mul %[[X]], %[[SIX]] : <3xf32, i>, <1xf32, p>
keops.formula @positive_multiples_are_added(
    %x: !keops.vec<3xf32, i>) -> !keops.vec<3xf32, i> {
  %n = const 4.0 : f32
  %m = mul %x, %n : <3xf32, i>, <1xf32, p>
  %a = add %x, %x : <3xf32, i>, <3xf32, i>
  %s = add %m, %a : <3xf32, i>, <3xf32, i>
  return %s : <3xf32, i>
}

// -3 x is infinite for more x than -2 x, and -x + x is NaN for infinite x.
// CHECK-LABEL: @other_multiples_stay(
// CHECK: add
// CHECK: sub
keops.formula @other_multiples_stay(
    %x: !keops.vec<3xf32, i>) -> (!keops.vec<3xf32, i>, !keops.vec<3xf32, i>) {
  %n = const -3.0 : f32
  %m = mul %x, %n : <3xf32, i>, <1xf32, p>
  %a = add %m, %x : <3xf32, i>, <3xf32, i>
  %b = sub %x, %x : <3xf32, i>, <3xf32, i>
  return %a, %b : <3xf32, i>, <3xf32, i>
}

// CHECK-LABEL: @exponentials_of_what_is_not_positive_are_joined(
// CHECK-COUNT-1: exp
// CHECK-NOT: exp
// CHECK: return
keops.formula @exponentials_of_what_is_not_positive_are_joined(
    %x: !keops.vec<3xf32, i>, %y: !keops.vec<3xf32, j>) -> !keops.vec<1xf32, ij> {
  %d = sub %x, %y : <3xf32, i>, <3xf32, j>
  %s = sqnorm %d : <3xf32, ij>
  %a = neg %s : <1xf32, ij>
  %q = sqrt %s : <1xf32, ij>
  %b = neg %q : <1xf32, ij>
  %e = exp %a : <1xf32, ij>
  %f = exp %b : <1xf32, ij>
  %m = mul %e, %f : <1xf32, ij>, <1xf32, ij>
  return %m : <1xf32, ij>
}

// One may be infinite, or is computed once per row.
// CHECK-LABEL: @other_exponentials_stay(
// CHECK-COUNT-4: exp
keops.formula @other_exponentials_stay(
    %x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, i>, %z: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xf32, i>, !keops.vec<1xf32, ij>) {
  %e = exp %x : <1xf32, i>
  %f = exp %y : <1xf32, i>
  %m = mul %e, %f : <1xf32, i>, <1xf32, i>
  %s = square %x : <1xf32, i>
  %n = neg %s : <1xf32, i>
  %t = square %z : <1xf32, j>
  %o = neg %t : <1xf32, j>
  %g = exp %n : <1xf32, i>
  %h = exp %o : <1xf32, j>
  %k = mul %g, %h : <1xf32, i>, <1xf32, j>
  return %m, %k : <1xf32, i>, <1xf32, ij>
}
