// RUN: keops-opt %s --keops-split-long --cse | FileCheck %s

// CHECK-LABEL: @long_mean_is_a_sum_over_a_count(
// CHECK-DAG: %[[ONES:.*]] = broadcast %{{.*}} : <1xf32, p> -> <1xf32, j>
// CHECK-DAG: %[[COUNT:.*]] = reduce #keops.sum %[[ONES]] : <1xf32, j> -> <1xf32, p>
// CHECK-DAG: %[[SUM:.*]] = reduce #keops.sum<kahan> %y : <17xf32, j> -> <17xf32, p>
// CHECK: %[[MEAN:.*]] = div %[[SUM]], %[[COUNT]]
// CHECK: return %[[MEAN]]
keops.formula @long_mean_is_a_sum_over_a_count(%y: !keops.vec<17xf32, j> {keops.name = "y"})
    -> !keops.vec<17xf32, p> {
  %m = reduce #keops.mean<kahan> %y : <17xf32, j> -> <17xf32, p>
  return %m : <17xf32, p>
}

// The sums of all weights, and of a weight of 1.
// CHECK-LABEL: @long_softmax_is_a_quotient_of_sums(
// CHECK: %[[ONES:.*]] = broadcast %{{.*}} : <1xf32, p> -> <1xf32, ij>
// CHECK: %[[G:.*]] = concat %g, %[[ONES]]
// CHECK: %[[S:.*]]:2 = reduce #keops.relativesums<f64> %[[G]], %f : <21xf32, ij>, <1xf32, ij> -> <21xf32, i>, <21xf32, i>
// CHECK-NOT: reduce
// CHECK-DAG: %[[N:.*]] = extract %[[S]]#1 {size = 1 : i64, start = 20 : i64}
// CHECK-DAG: %[[T:.*]] = extract %[[S]]#1 {size = 20 : i64, start = 0 : i64}
// CHECK: div %[[T]], %[[N]]
keops.formula @long_softmax_is_a_quotient_of_sums(
    %f: !keops.vec<1xf32, ij> {keops.name = "f"},
    %g: !keops.vec<20xf32, ij> {keops.name = "g"}) -> !keops.vec<20xf32, i> {
  %m = reduce #keops.softmax<f64> %f, %g
      : <1xf32, ij>, <20xf32, ij> -> <20xf32, i>
  return %m : <20xf32, i>
}

// CHECK-LABEL: @logarithm_of_long_weights(
// CHECK: %[[S:.*]]:2 = reduce #keops.relativesums %g, %f
// CHECK: %[[L:.*]] = log %[[S]]#1
// CHECK: add %[[S]]#0, %[[L]]
keops.formula @logarithm_of_long_weights(
    %f: !keops.vec<1xf64, ij> {keops.name = "f"},
    %g: !keops.vec<20xf64, ij> {keops.name = "g"}) -> !keops.vec<20xf64, i> {
  %m = reduce #keops.logsumexpweight %f, %g
      : <1xf64, ij>, <20xf64, ij> -> <20xf64, i>
  return %m : <20xf64, i>
}

// The greatest f is a result, which may be infinite: a sweep of its own.
// CHECK-LABEL: @greatest_and_sums(
// CHECK: %[[TOP:.*]] = reduce #keops.max %f
// CHECK: %[[S:.*]] = reduce #keops.sum
// CHECK: concat %[[TOP]], %[[S]]
keops.formula @greatest_and_sums(
    %f: !keops.vec<1xf32, ij> {keops.name = "f"},
    %g: !keops.vec<20xf32, ij> {keops.name = "g"}) -> !keops.vec<21xf32, i> {
  %m = reduce #keops.maxsumshiftexpweight %f, %g
      : <1xf32, ij>, <20xf32, ij> -> <21xf32, i>
  return %m : <21xf32, i>
}

// CHECK-LABEL: @few_components_stay(
// CHECK: reduce #keops.softmax
// CHECK: reduce #keops.mean
keops.formula @few_components_stay(
    %f: !keops.vec<1xf32, ij>, %g: !keops.vec<16xf32, ij>)
    -> (!keops.vec<16xf32, i>, !keops.vec<16xf32, i>) {
  %m = reduce #keops.softmax %f, %g
      : <1xf32, ij>, <16xf32, ij> -> <16xf32, i>
  %n = reduce #keops.mean %g : <16xf32, ij> -> <16xf32, i>
  return %m, %n : <16xf32, i>, <16xf32, i>
}

// CHECK-LABEL: @a_long_sum_needs_no_help(
// CHECK: reduce #keops.sum
// CHECK: reduce #keops.logsumexp
keops.formula @a_long_sum_needs_no_help(%g: !keops.vec<40xf32, ij>)
    -> (!keops.vec<40xf32, i>, !keops.vec<40xf32, i>) {
  %m = reduce #keops.sum %g : <40xf32, ij> -> <40xf32, i>
  %n = reduce #keops.logsumexp %g : <40xf32, ij> -> <40xf32, i>
  return %m, %n : <40xf32, i>, <40xf32, i>
}
