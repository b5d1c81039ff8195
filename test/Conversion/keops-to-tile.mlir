// RUN: keops-opt %s --convert-keops-to-tile --split-input-file | FileCheck %s

// Values are placed by their axes: p in the kernel, i in the rows, j in the
// stage, ij in the do region.
// CHECK-LABEL: tile.kernel @places.0
// CHECK-SAME: (%g: !tile.table<1xf32, p> {keops.name = "g"}, %x: !tile.table<3xf32, i>
// CHECK: %[[G:.*]] = tile.load %g : <1xf32, p>
// CHECK: %[[H:.*]] = square %[[G]]
// CHECK: tile.rows %i {
// CHECK:   %[[X:.*]] = tile.load %x[%i]
// CHECK:   %[[XH:.*]] = mul %[[H]], %[[X]]
// CHECK:   tile.sweep #keops.sum -> <3xf32, i> %j stage {
// CHECK:     %[[Y:.*]] = tile.load %y[%j]
// CHECK:     %[[E:.*]] = exp %[[Y]]
// CHECK:     tile.stage %[[E]] : <3xf32, j>
// CHECK:   } do (%[[S:.*]] : <3xf32, j>) {
// CHECK:     %[[D:.*]] = sub %[[XH]], %[[S]]
// CHECK:     tile.step %[[D]] : <3xf32, ij>
// CHECK:   tile.store %{{.*}}, %{{.*}}[%i]
// CHECK-LABEL: tile.plan @places
// CHECK-SAME: inputs = 3
// CHECK: launch @places.0(%g, %x, %y, %out)
keops.formula @places(%g: !keops.vec<1xf32, p> {keops.name = "g"},
                      %x: !keops.vec<3xf32, i> {keops.name = "x"},
                      %y: !keops.vec<3xf32, j> {keops.name = "y"})
    -> !keops.vec<3xf32, i> {
  %h = square %g : <1xf32, p>
  %xh = mul %h, %x : <1xf32, p>, <3xf32, i>
  %e = exp %y : <3xf32, j>
  %d = sub %xh, %e : <3xf32, i>, <3xf32, j>
  %a = reduce #keops.sum %d : <3xf32, ij> -> <3xf32, i>
  return %a : <3xf32, i>
}

// -----

// A reduction over i is turned round: the kernel calls its rows i.
// CHECK-LABEL: tile.kernel @turned.0
// CHECK-SAME: (%x: !tile.table<1xf32, j> {{.*}}, %y: !tile.table<1xf32, i>
// CHECK: tile.plan @turned
// CHECK: launch @turned.0(%x, %y, %out) turned
keops.formula @turned(%x: !keops.vec<1xf32, i> {keops.name = "x"},
                      %y: !keops.vec<1xf32, j> {keops.name = "y"})
    -> !keops.vec<1xf32, j> {
  %d = mul %x, %y : <1xf32, i>, <1xf32, j>
  %a = reduce #keops.sum %d : <1xf32, ij> -> <1xf32, j>
  return %a : <1xf32, j>
}

// -----

// A reduction that feeds another one is kept in a temporary.
// CHECK-LABEL: tile.kernel @two_sweeps.0
// CHECK: tile.sweep #keops.logsumexp
// CHECK-LABEL: tile.kernel @two_sweeps.1
// CHECK: tile.sweep #keops.sum
// CHECK-LABEL: tile.plan @two_sweeps
// CHECK: %[[T:.*]] = temporary : <1xf32, i>
// CHECK: launch @two_sweeps.0(%x, %y, %[[T]])
// CHECK: launch @two_sweeps.1(%x, %y, %[[T]], %out) turned
keops.formula @two_sweeps(%x: !keops.vec<1xf32, i> {keops.name = "x"},
                          %y: !keops.vec<1xf32, j> {keops.name = "y"})
    -> !keops.vec<1xf32, j> {
  %f = mul %x, %y : <1xf32, i>, <1xf32, j>
  %l = reduce #keops.logsumexp %f : <1xf32, ij> -> <1xf32, i>
  %d = sub %f, %l : <1xf32, ij>, <1xf32, i>
  %k = exp %d : <1xf32, ij>
  %a = reduce #keops.sum %k : <1xf32, ij> -> <1xf32, j>
  return %a : <1xf32, j>
}

// -----

// The gradient of a parameter reduces the rows of its kernel, too. What follows
// the reduction stands after the rows.
// CHECK-LABEL: tile.kernel @rows_reduce.0
// CHECK: %[[T:.*]] = tile.rows reduce #keops.sum -> <1xf32, p> %i {
// CHECK:   %[[R:.*]] = tile.sweep
// CHECK:   %[[M:.*]] = mul %{{.*}}, %[[R]]
// CHECK:   tile.step %[[M]] : <1xf32, i>
// CHECK: }
// CHECK: %[[N:.*]] = neg %[[T]]
// CHECK: tile.store %[[N]], %out : <1xf32, p>
keops.formula @rows_reduce(%x: !keops.vec<1xf32, i> {keops.name = "x"},
                           %y: !keops.vec<1xf32, j> {keops.name = "y"})
    -> !keops.vec<1xf32, p> {
  %d = sub %x, %y : <1xf32, i>, <1xf32, j>
  %a = reduce #keops.sum %d : <1xf32, ij> -> <1xf32, i>
  %m = mul %x, %a : <1xf32, i>, <1xf32, i>
  %t = reduce #keops.sum %m : <1xf32, i> -> <1xf32, p>
  %n = neg %t : <1xf32, p>
  return %n : <1xf32, p>
}

// -----

// Work on the result of a sweep runs after it, in the same kernel.
// CHECK-LABEL: tile.kernel @after_sweep.0
// CHECK: %[[R:.*]] = tile.sweep
// CHECK: } do
// CHECK: %[[L:.*]] = log %[[R]]
// CHECK: tile.store %[[L]], %out[%i]
// CHECK-NOT: tile.kernel
keops.formula @after_sweep(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, i> {
  %d = mul %x, %y : <1xf32, i>, <1xf32, j>
  %a = reduce #keops.sum %d : <1xf32, ij> -> <1xf32, i>
  %l = log %a : <1xf32, i>
  return %l : <1xf32, i>
}

// -----

// Concatenation costs nothing after the stage, so its operands are staged.
// CHECK-LABEL: tile.kernel @free_ops.0
// CHECK: tile.stage %{{.*}} : <1xf32, j>
// CHECK: } do (%[[Y:.*]] : <1xf32, j>) {
// CHECK: concat %[[Y]], %[[Y]]
keops.formula @free_ops(%x: !keops.vec<2xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, i> {
  %c = concat %y, %y : <1xf32, j>, <1xf32, j>
  %d = dot %x, %c : <2xf32, i>, <2xf32, j>
  %a = reduce #keops.sum %d : <1xf32, ij> -> <1xf32, i>
  return %a : <1xf32, i>
}

// -----

// A result that depends on no table is stored once, by a kernel without rows.
// CHECK-LABEL: tile.kernel @constant.0
// CHECK-NOT: tile.rows
// CHECK: tile.store %{{.*}}, %out : <1xf32, p>
keops.formula @constant(%x: !keops.vec<1xf32, i>) -> !keops.vec<1xf32, p> {
  %c = const 2.0 : f32
  return %c : <1xf32, p>
}

// -----

// A free op that other j-typed work needs is done in the stage.
// CHECK-LABEL: tile.kernel @free_op_in_stage.0
// CHECK: %[[Y:.*]] = tile.load %y[%j]
// CHECK: %[[E:.*]] = extract %[[Y]]
// CHECK: %[[S:.*]] = square %[[E]]
// CHECK: tile.stage %[[S]] : <1xf32, j>
// CHECK: } do (%{{.*}} : <1xf32, j>) {
// CHECK-NOT: extract
keops.formula @free_op_in_stage(%x: !keops.vec<1xf32, i> {keops.name = "x"},
                                %y: !keops.vec<3xf32, j> {keops.name = "y"})
    -> !keops.vec<1xf32, i> {
  %e = extract %y {start = 1, size = 1} : <3xf32, j>
  %s = square %e : <1xf32, j>
  %d = mul %x, %s : <1xf32, i>, <1xf32, j>
  %a = reduce #keops.sum %d : <1xf32, ij> -> <1xf32, i>
  return %a : <1xf32, i>
}

// -----

// A column is what is subtracted, where the sign of a difference does not matter:
// an instruction can repeat it for all rows there.
// CHECK-LABEL: tile.kernel @squared.0
// CHECK: } do (%[[Y:.*]] : <1xf32, j>) {
// CHECK: sub %{{.*}}, %[[Y]] : <1xf32, i>, <1xf32, j>
// CHECK-LABEL: tile.kernel @signed.0
// CHECK: } do (%[[Y:.*]] : <1xf32, j>) {
// CHECK: sub %[[Y]], %{{.*}} : <1xf32, j>, <1xf32, i>
keops.formula @squared(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, i> {
  %d = sub %y, %x : <1xf32, j>, <1xf32, i>
  %s = square %d : <1xf32, ij>
  %a = reduce #keops.sum %s : <1xf32, ij> -> <1xf32, i>
  return %a : <1xf32, i>
}
keops.formula @signed(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, i> {
  %d = sub %y, %x : <1xf32, j>, <1xf32, i>
  %s = square %d : <1xf32, ij>
  %p = mul %d, %s : <1xf32, ij>, <1xf32, ij>
  %a = reduce #keops.sum %p : <1xf32, ij> -> <1xf32, i>
  return %a : <1xf32, i>
}
