// RUN: keops-opt %s --convert-tile-to-cpu --canonicalize --cse | FileCheck %s

// Rows of three numbers, four at a time: three vectors are loaded as they stand,
//
//   x0 y0 z0 x1 | y1 z1 x2 y2 | z2 x3 y3 z3
//
// and two shuffles make a vector of each component. At the end of the table they
// are gathered.
// CHECK-LABEL: func.func private @scale_finish_v2(
// CHECK: scf.for
// CHECK: %[[ROWS:.*]]:3 = scf.if %{{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>) {
// CHECK-DAG: %[[A:.*]] = vector.load %{{.*}}[%[[I:.*]]] {alignment = 4 : i64} : memref<?xf32>, vector<4xf32>
// CHECK-DAG: %[[B:.*]] = vector.load
// CHECK-DAG: %[[C:.*]] = vector.load
// CHECK: %[[X2:.*]] = vector.shuffle %[[A]], %[[B]] [0, 3, 6, -1]
// CHECK: %[[X:.*]] = vector.shuffle %[[X2]], %[[C]] [0, 1, 2, 5]
// CHECK: %[[Y2:.*]] = vector.shuffle %[[A]], %[[B]] [1, 4, 7, -1]
// CHECK: %[[Y:.*]] = vector.shuffle %[[Y2]], %[[C]] [0, 1, 2, 6]
// CHECK: %[[Z2:.*]] = vector.shuffle %[[A]], %[[B]] [2, 5, -1, -1]
// CHECK: %[[Z:.*]] = vector.shuffle %[[Z2]], %[[C]] [0, 1, 4, 7]
// CHECK: scf.yield %[[X]], %[[Y]], %[[Z]]
// CHECK: } else {
// CHECK-COUNT-3: vector.gather

// And back.
// CHECK: %[[P:.*]] = arith.mulf %[[ROWS]]#0,
// CHECK: %[[Q:.*]] = arith.mulf %[[ROWS]]#1,
// CHECK: %[[R:.*]] = arith.mulf %[[ROWS]]#2,
// CHECK: scf.if
// CHECK: %[[PQ:.*]] = vector.shuffle %[[P]], %[[Q]] [0, 4, -1, 1]
// CHECK: %[[PQR:.*]] = vector.shuffle %[[PQ]], %[[R]] [0, 1, 4, 3]
// CHECK-COUNT-4: vector.shuffle
// CHECK: vector.store %[[PQR]], %{{.*}} {alignment = 4 : i64} : memref<?xf32>, vector<4xf32>
// CHECK-COUNT-2: vector.store {{.*}} {alignment = 4 : i64}
// CHECK: } else {
// CHECK: memref.store {{.*}} : memref<?xf32>
tile.kernel @scale(%x: !tile.table<3xf32, i>, %a: !tile.table<3xf32, i>)
    attributes {schedules = [#tile.schedule<v2, rows = 32, cols = 32, lanes = 4, rowsPerLane = 1, unroll = 1>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <3xf32, i>
    %two = const 2.0 : f32
    %s = mul %two, %xi : <1xf32, p>, <3xf32, i>
    tile.store %s, %a[%i] : <3xf32, i>, <3xf32, i>
  }
}
tile.plan @scale_plan(%x: !tile.table<3xf32, i>, %a: !tile.table<3xf32, i>) attributes {inputs = 1 : i64} {
  launch @scale(%x, %a) : <3xf32, i>, <3xf32, i>
}

// Six components: pairs first, and then each of three. 6 + 2 * 6 shuffles, as
// many ways back.
// CHECK-LABEL: func.func private @six_finish_v2(
// CHECK-COUNT-18: vector.shuffle
// CHECK: } else {
// CHECK-COUNT-6: vector.gather
// CHECK-COUNT-18: vector.shuffle
// CHECK-NOT: vector.shuffle
tile.kernel @six(%x: !tile.table<6xf32, i>, %a: !tile.table<6xf32, i>)
    attributes {schedules = [#tile.schedule<v2, rows = 32, cols = 32, lanes = 4, rowsPerLane = 1, unroll = 1>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <6xf32, i>
    %s = square %xi : <6xf32, i>
    tile.store %s, %a[%i] : <6xf32, i>, <6xf32, i>
  }
}
tile.plan @six_plan(%x: !tile.table<6xf32, i>, %a: !tile.table<6xf32, i>) attributes {inputs = 1 : i64} {
  launch @six(%x, %a) : <6xf32, i>, <6xf32, i>
}

// Long rows are transposed to scratch memory, a square of four rows and four
// components at a time. The last of 17 components is gathered.
// CHECK-LABEL: func.func private @long_sweep_v2(
// CHECK: scf.for %[[C:.*]] = %c0 to %c16 step %c4 {
// CHECK-COUNT-4: vector.load {{.*}} {alignment = 4 : i64}
// CHECK-COUNT-8: vector.shuffle
// CHECK-COUNT-4: vector.store {{.*}} {alignment = 16 : i64}
// CHECK: }
// CHECK-COUNT-1: vector.gather
// CHECK: } else {
// CHECK: scf.for {{.*}} to %c17 step %c1
// CHECK: vector.gather
tile.kernel @long(%x: !tile.table<17xf32, i>, %y: !tile.table<17xf32, j>,
                  %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v2, rows = 32, cols = 32, lanes = 4, rowsPerLane = 1, unroll = 1>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <17xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <17xf32, j>
      tile.stage %yj : <17xf32, j>
    } do (%yt : <17xf32, j>) {
      %d = sub %xi, %yt : <17xf32, i>, <17xf32, j>
      %s = sqnorm %d : <17xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @long_plan(%x: !tile.table<17xf32, i>, %y: !tile.table<17xf32, j>,
                     %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @long(%x, %y, %a) : <17xf32, i>, <17xf32, j>, <1xf32, i>
}
