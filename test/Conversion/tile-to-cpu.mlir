// RUN: keops-opt %s --convert-tile-to-cpu --canonicalize --cse | FileCheck %s

// One function per step of the runtime, in the form of its instruction set.
// CHECK-LABEL: func.func private @sum_sweep_v4(
// CHECK-SAME: %[[TABLES:.*]]: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr)
// CHECK-SAME: "target-cpu", "x86-64-v4"

// The accumulators start neutral.
// CHECK: scf.for
// CHECK:   vector.store {{.*}} {alignment = 64 : i64}

// Spans of columns, and blocks of them; and whether rows are at hand already, which
// they are after a block.
// CHECK: scf.for %{{.*}} iter_args(%[[BEFORE:.*]] = %false) -> (i1)
// CHECK:   scf.for %{{.*}} step %c32 iter_args(%[[IS:.*]] = %[[BEFORE]]) -> (i1)

// If not, rows become lanes, the last ones with copies of the last row.
// CHECK: scf.if %[[IS]] {
// CHECK: } else {
// CHECK: scf.if {{.*}} -> (vector<16xf32>)
// CHECK: vector.load {{.*}} {alignment = 4 : i64} : memref<?xf32>, vector<16xf32>
// CHECK: vector.gather {{.*}} into vector<16xf32>
// CHECK: vector.store {{.*}} {alignment = 64 : i64}
// And the memory of their results is fetched.
// CHECK: memref.prefetch %{{.*}}, write, locality<3>, data

// Blocks of columns are swept two columns at a time. The numbers of the table
// are read where they are, as scalars, and broadcast where they are used; and
// two chains are emitted in lock step: both differences before both products.
// CHECK-NOT: vector.gather
// CHECK:     scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c2 iter_args(%[[ACC:.*]] = %{{.*}}) -> (vector<16xf32>)
// CHECK:       memref.load
// CHECK:       vector.broadcast {{.*}} : f32 to vector<16xf32>
// CHECK:       %[[D0:.*]] = arith.subf %{{.*}} fastmath<contract> : vector<16xf32>
// CHECK-NEXT:  %[[D1:.*]] = arith.subf %{{.*}} fastmath<contract> : vector<16xf32>
// CHECK-NEXT:  %[[P0:.*]] = arith.mulf %[[D0]], %[[D0]] fastmath<contract>
// CHECK-NEXT:  %[[P1:.*]] = arith.mulf %[[D1]], %[[D1]] fastmath<contract>
// CHECK:       arith.addf %[[ACC]], %[[P0]]

// What is left of the columns, one at a time.
// CHECK:     scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c1 iter_args
// CHECK:   scf.yield %true

// Chunks of columns are combined in order; at the end of the table, one row is
// stored after the other.
// CHECK-LABEL: func.func private @sum_finish_v4(
// CHECK: scf.for
// CHECK:   scf.for %{{.*}} iter_args({{.*}}) -> (vector<16xf32>)
// CHECK:     arith.addf
// CHECK:   vector.store {{.*}} {alignment = 4 : i64} : memref<?xf32>, vector<16xf32>
// CHECK:   scf.for
// CHECK:     memref.store {{.*}} : memref<?xf32>
// CHECK-NOT: @sum_close

// The same kernel for four lanes.
// CHECK-LABEL: func.func private @sum_sweep_v2(
// CHECK-SAME: "target-cpu", "x86-64-v2"
// CHECK: iter_args({{.*}}) -> (vector<4xf32>)

// CHECK-LABEL: tile.plan @sum
// CHECK: launch @sum
// CHECK-SAME: #tile.host<v4, maxRows = 32, rowQuantum = 16, colQuantum = 32, scratchBytes = 128, stateBytes = 192, partialBytes = 0, sweep = @sum_sweep_v4, finish = @sum_finish_v4>
// CHECK-SAME: #tile.host<v2,
// CHECK-SAME: pairNs =
tile.kernel @sum(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                 %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 32, lanes = 16, rowsPerLane = 1, unroll = 2>,
                             #tile.schedule<v2, rows = 32, cols = 32, lanes = 4, rowsPerLane = 1, unroll = 2>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      tile.stage %yj : <1xf32, j>
    } do (%yt : <1xf32, j>) {
      %d = sub %xi, %yt : <1xf32, i>, <1xf32, j>
      %s = square %d : <1xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @sum_plan(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                    %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @sum(%x, %y, %a) : <1xf32, i>, <1xf32, j>, <1xf32, i>
}

// Rows that are reduced: padding lanes become neutral, row tiles are combined by
// a third function.
// CHECK-LABEL: func.func private @total_finish_v4(
// CHECK: vector.create_mask
// CHECK: arith.select
// CHECK-LABEL: func.func private @total_close_v4(
// CHECK: scf.for {{.*}} -> (vector<16xf32>)
// CHECK: scf.for {{.*}} -> (f32)
// CHECK: memref.store
tile.kernel @total(%x: !tile.table<1xf32, i>, %o: !tile.table<1xf32, p>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 32, lanes = 16, rowsPerLane = 1, unroll = 2>]} {
  %t = tile.rows reduce #keops.sum -> <1xf32, p> %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    tile.step %xi : <1xf32, i>
  }
  tile.store %t, %o : <1xf32, p>, <1xf32, p>
}
tile.plan @total_plan(%x: !tile.table<1xf32, i>, %o: !tile.table<1xf32, p>)
    attributes {inputs = 1 : i64} {
  launch @total(%x, %o) : <1xf32, i>, <1xf32, p>
}

// What is computed of the columns is staged, a vector of them at a time; what is
// only loaded is not.
// CHECK-LABEL: func.func private @staged_sweep_v4(
// CHECK: vector.gather
// CHECK: %[[SQUARE:.*]] = arith.mulf
// CHECK: vector.store %[[SQUARE]]
// CHECK: vector.gather
// CHECK-NOT: vector.gather
// CHECK: step %c2 iter_args
tile.kernel @staged(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                    %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 32, lanes = 16, rowsPerLane = 1, unroll = 2>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      %s = square %yj : <1xf32, j>
      tile.stage %yj, %s : <1xf32, j>, <1xf32, j>
    } do (%yt : <1xf32, j>, %st : <1xf32, j>) {
      %d = sub %xi, %yt : <1xf32, i>, <1xf32, j>
      %p = mul %d, %st : <1xf32, ij>, <1xf32, j>
      tile.step %p : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @staged_plan(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                       %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @staged(%x, %y, %a) : <1xf32, i>, <1xf32, j>, <1xf32, i>
}

// A log-sum-exp adds columns as if its reference were good. Only where a sum
// shows that it is not, it looks for the greatest of their values.
// CHECK-LABEL: func.func private @lazy_sweep_v4(
// CHECK: scf.for {{.*}} step %c3 iter_args(%[[REFERENCE:.*]] = {{.*}}, %[[SUM:.*]] =
// CHECK-NOT: arith.cmpf
// CHECK-NOT: arith.select
// CHECK-NOT: scf.if
// CHECK: %[[NEXT:.*]] = arith.addf %[[SUM]],
// CHECK-NEXT: arith.cmpf ole, %[[NEXT]],
// CHECK: vector.reduction <or>
// CHECK-NEXT: scf.if
// CHECK-COUNT-3: arith.cmpf olt, %{{.*}}, %{{.*}} : vector<16xf32>
// CHECK: } else {
// CHECK-NEXT: scf.yield %[[REFERENCE]], %[[NEXT]]
tile.kernel @lazy(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                  %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 33, lanes = 16, rowsPerLane = 1, unroll = 3>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.logsumexp -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      tile.stage %yj : <1xf32, j>
    } do (%yt : <1xf32, j>) {
      %d = sub %xi, %yt : <1xf32, i>, <1xf32, j>
      tile.step %d : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @lazy_plan(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                     %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @lazy(%x, %y, %a) : <1xf32, i>, <1xf32, j>, <1xf32, i>
}
