// Everything prints as it was written, and is read again.
//
// RUN: keops-opt %s | keops-opt | FileCheck %s
// RUN: keops-opt %s --mlir-print-op-generic | keops-opt | FileCheck %s

// CHECK-LABEL: keops.formula @arguments_keep_their_names(
// CHECK-SAME: %[[X:.*]]: !keops.vec<3xf32, i> {keops.name = "x"}
// CHECK-SAME: -> !keops.vec<3xf32, i>
// CHECK-NEXT: return %[[X]] : <3xf32, i>
keops.formula @arguments_keep_their_names(
    %x: !keops.vec<3xf32, i> {keops.name = "x"}) -> !keops.vec<3xf32, i> {
  return %x : <3xf32, i>
}

// CHECK-LABEL: @pointwise
keops.formula @pointwise(%p: !keops.vec<1xf64, p>, %x: !keops.vec<3xf64, i>,
                         %y: !keops.vec<3xf64, j>) -> !keops.vec<3xf64, i> {
  // CHECK: const 5.000000e-01 : f64
  %half = const 5.000000e-01 : f64
  // CHECK: sub %{{.*}}, %{{.*}} : <3xf64, i>, <3xf64, j>
  %d = sub %x, %y : <3xf64, i>, <3xf64, j>
  // CHECK: mul %{{.*}}, %{{.*}} : <1xf64, p>, <3xf64, ij>
  %m = mul %p, %d : <1xf64, p>, <3xf64, ij>
  // CHECK: pow %{{.*}} {exponent = -3 : i64} : <3xf64, ij>
  %w = pow %m {exponent = -3 : i64} : <3xf64, ij>
  // CHECK: exp %{{.*}} : <3xf64, ij>
  %k = exp %w : <3xf64, ij>
  // CHECK: reduce #keops.sum %{{.*}} : <3xf64, ij> -> <3xf64, i>
  %a = reduce #keops.sum %k : <3xf64, ij> -> <3xf64, i>
  return %a : <3xf64, i>
}

// CHECK-LABEL: @vectors
keops.formula @vectors(%x: !keops.vec<3xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<1xf32, i> {
  // CHECK: concat %{{.*}}, %{{.*}} : <3xf32, i>, <2xf32, j>
  %c = concat %x, %y : <3xf32, i>, <2xf32, j>
  // CHECK: extract %{{.*}} {size = 4 : i64, start = 1 : i64} : <5xf32, ij>
  %e = extract %c {size = 4 : i64, start = 1 : i64} : <5xf32, ij>
  // CHECK: place %{{.*}} {size = 6 : i64, start = 2 : i64} : <4xf32, ij>
  %p = place %e {size = 6 : i64, start = 2 : i64} : <4xf32, ij>
  // CHECK: sqnorm %{{.*}} : <6xf32, ij>
  %s = sqnorm %p : <6xf32, ij>
  // CHECK: broadcast %{{.*}} : <1xf32, ij> -> <2xf32, ij>
  %b = broadcast %s : <1xf32, ij> -> <2xf32, ij>
  // CHECK: dot %{{.*}}, %{{.*}} : <2xf32, ij>, <2xf32, j>
  %d = dot %b, %y : <2xf32, ij>, <2xf32, j>
  // CHECK: reduce #keops.logsumexp
  %l = reduce #keops.logsumexp %d : <1xf32, ij> -> <1xf32, i>
  return %l : <1xf32, i>
}

// CHECK-LABEL: @ranks
keops.formula @ranks(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xi64, j>, !keops.vec<5xf32, i>) {
  %d = mul %x, %y : <1xf32, i>, <1xf32, j>
  // CHECK: reduce #keops.argmin %{{.*}} : <1xf32, ij> -> <1xi64, j>
  %n = reduce #keops.argmin %d : <1xf32, ij> -> <1xi64, j>
  // CHECK: reduce #keops.kmin<5> %{{.*}} : <1xf32, ij> -> <5xf32, i>
  %k = reduce #keops.kmin<5> %d : <1xf32, ij> -> <5xf32, i>
  return %n, %k : <1xi64, j>, <5xf32, i>
}

// CHECK-LABEL: @how_reductions_add_up_is_said_unless_it_is_the_default
keops.formula @how_reductions_add_up_is_said_unless_it_is_the_default(%y: !keops.vec<1xf32, j>)
    -> (!keops.vec<1xf32, p>, !keops.vec<1xf32, p>, !keops.vec<1xf32, p>, !keops.vec<1xf32, p>, !keops.vec<1xf32, p>) {
  // CHECK: reduce #keops.sum %
  %a = reduce #keops.sum<block> %y : <1xf32, j> -> <1xf32, p>
  // CHECK: reduce #keops.mean<f64> %
  %b = reduce #keops.mean<block, f64> %y : <1xf32, j> -> <1xf32, p>
  // CHECK: reduce #keops.logsumexp<direct> %
  %c = reduce #keops.logsumexp<direct> %y : <1xf32, j> -> <1xf32, p>
  // CHECK: reduce #keops.softmax<kahan> %
  %d = reduce #keops.softmax<kahan> %y, %y : <1xf32, j>, <1xf32, j> -> <1xf32, p>
  // CHECK: reduce #keops.logsumexpweight<kahan, f64> %
  %e = reduce #keops.logsumexpweight<kahan, f64> %y, %y : <1xf32, j>, <1xf32, j> -> <1xf32, p>
  return %a, %b, %c, %d, %e : <1xf32, p>, <1xf32, p>, <1xf32, p>, <1xf32, p>, <1xf32, p>
}

// CHECK-LABEL: @gradient
keops.formula @gradient(%x: !keops.vec<3xf32, i>, %e: !keops.vec<1xf32, i>)
    -> !keops.vec<3xf32, i> {
  %s = sum %x : <3xf32, i>
  // CHECK: grad %{{.*}} wrt %{{.*}} seed %{{.*}} : <1xf32, i>, <3xf32, i>, <1xf32, i> -> <3xf32, i>
  %g = grad %s wrt %x seed %e : <1xf32, i>, <3xf32, i>, <1xf32, i> -> <3xf32, i>
  return %g : <3xf32, i>
}

// CHECK-LABEL: @tensors
keops.formula @tensors(%x: !keops.vec<6xf32, i>, %y: !keops.vec<2xf32, j>)
    -> !keops.vec<3xf32, i> {
  // CHECK: matvec %{{.*}}, %{{.*}} : <6xf32, i>, <2xf32, j>
  %m = matvec %x, %y : <6xf32, i>, <2xf32, j>
  // CHECK: vecmat %{{.*}}, %{{.*}} : <2xf32, j>, <6xf32, i>
  %v = vecmat %y, %x : <2xf32, j>, <6xf32, i>
  // CHECK: tensorprod %{{.*}}, %{{.*}} : <3xf32, ij>, <3xf32, ij>
  %t = tensorprod %m, %v : <3xf32, ij>, <3xf32, ij>
  // CHECK: tensordot %{{.*}}, %{{.*}} {contf = array<i64: 1>,
  // CHECK-SAME: dimsf = array<i64: 3, 3>{{.*}} permute = array<i64>}
  // CHECK-SAME: : <9xf32, ij>, <6xf32, i>
  %d = tensordot %t, %x {dimsf = array<i64: 3, 3>, dimsg = array<i64: 3, 2>,
    contf = array<i64: 1>, contg = array<i64: 0>, permute = array<i64>}
    : <9xf32, ij>, <6xf32, i>
  // CHECK: kron %{{.*}}, %{{.*}} {dimsf = array<i64: 6>, dimsg = array<i64: 2>}
  %k = kron %d, %y {dimsf = array<i64: 6>, dimsg = array<i64: 2>}
    : <6xf32, ij>, <2xf32, j>
  // CHECK: argmax %{{.*}} : <12xf32, ij>
  %n = argmax %k : <12xf32, ij>
  // CHECK: onehot %{{.*}} {size = 3 : i64} : <1xf32, ij>
  %h = onehot %n {size = 3 : i64} : <1xf32, ij>
  // CHECK: min %{{.*}} : <3xf32, ij>
  %u = min %h : <3xf32, ij>
  // CHECK: repeat %{{.*}} {size = 3 : i64} : <1xf32, ij>
  %r = repeat %u {size = 3 : i64} : <1xf32, ij>
  %a = reduce #keops.sum %r : <3xf32, ij> -> <3xf32, i>
  return %a : <3xf32, i>
}
