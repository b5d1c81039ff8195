// RUN: keops-opt %s --convert-tile-to-cpu --canonicalize --cse --split-input-file | FileCheck %s

// The arguments of the exponentials of four columns are computed in a loop of
// its own, and kept, and so are the differences that both halves want: stored
// at once, and loaded where they are needed.
// CHECK-LABEL: func.func private @gradient_sweep_v3(
// CHECK: scf.for %[[STRIP:.*]] = %{{.*}} to %[[COLUMNS:.*]] step %c4 iter_args(%[[SUM:.*]] = %{{.*}}) -> (vector<8xf32>)
// CHECK:   %[[END:.*]] = arith.minsi
// CHECK:   scf.for %{{.*}} = %[[STRIP]] to %[[END]] step %c2 {
// CHECK:     arith.subf
// CHECK:     vector.store
// CHECK:     arith.subf
// CHECK:     vector.store
// CHECK-NOT: arith.subi %{{.*}} : vector
// CHECK:     vector.store
// CHECK:     vector.store
// CHECK-NEXT: } {keops.ahead = 16 : i64}
// CHECK:   scf.for %{{.*}} = %[[STRIP]] to %[[END]] step %c2 iter_args(%{{.*}} = %[[SUM]]) -> (vector<8xf32>)
// CHECK-COUNT-2: vector.load
// CHECK:     arith.subi %{{.*}} : vector<8xi32>
// CHECK-COUNT-2: vector.load
// CHECK:     arith.mulf
// CHECK:     scf.yield
// CHECK-NEXT: } {keops.pairs = 16 : i64}
// What is left over at the end of a block is not cut.
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c1 iter_args
// CHECK:   arith.subi %{{.*}} : vector<8xi32>
// CHECK: keops.pairs = 8 : i64
tile.kernel @gradient(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                      %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v3, rows = 32, cols = 32, lanes = 8, rowsPerLane = 1, unroll = 2, ahead = 4>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      tile.stage %yj : <1xf32, j>
    } do (%yt : <1xf32, j>) {
      %d = sub %xi, %yt : <1xf32, i>, <1xf32, j>
      %s = mul %d, %d : <1xf32, ij>, <1xf32, ij>
      %t = mul %s, %s : <1xf32, ij>, <1xf32, ij>
      %u = mul %t, %s : <1xf32, ij>, <1xf32, ij>
      %v = mul %u, %t : <1xf32, ij>, <1xf32, ij>
      %w = mul %v, %u : <1xf32, ij>, <1xf32, ij>
      %k = exp2 %w : <1xf32, ij>
      %f = mul %k, %d : <1xf32, ij>, <1xf32, ij>
      tile.step %f : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @gradients(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                    %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @gradient(%x, %y, %a) : <1xf32, i>, <1xf32, j>, <1xf32, i>
}

// -----

// Nothing is worth handing over: the difference is a single operation.
// CHECK-LABEL: func.func private @short_sweep_v3(
// CHECK-NOT: keops.ahead
tile.kernel @short(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                   %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v3, rows = 32, cols = 32, lanes = 8, rowsPerLane = 1, unroll = 2, ahead = 4>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      tile.stage %yj : <1xf32, j>
    } do (%yt : <1xf32, j>) {
      %d = sub %xi, %yt : <1xf32, i>, <1xf32, j>
      tile.step %d : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @shorts(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                 %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @short(%x, %y, %a) : <1xf32, i>, <1xf32, j>, <1xf32, i>
}
