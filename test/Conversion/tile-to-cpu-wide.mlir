// RUN: keops-opt %s --convert-tile-to-cpu --canonicalize --cse | FileCheck %s

// A long sum whose terms share a factor. For a chunk of columns, the factor is
// computed once, two columns at a time, and kept in memory; then the sums of a
// tile of components stay in registers while the columns go by.
// CHECK-LABEL: func.func private @wide_sweep_v4(
// CHECK:      scf.for %{{.*}} step %c60 {
// CHECK:        scf.for %{{.*}} step %c2 {
// CHECK-COUNT-2:  arith.mulf
// CHECK-NOT:      vector.load
// CHECK-COUNT-2:  vector.store
// CHECK:        } {keops.part = array<i64: 30, 32>}
// CHECK:        scf.for %{{.*}} to %c34 step %c17 {
// CHECK:          scf.for %[[COLUMN:.*]] = %c0 to %{{.*}} step %c1 iter_args
// CHECK:            vector.load
// CHECK-COUNT-17:   memref.load
// CHECK-NOT:        vector.load
// CHECK:          } {keops.part = array<i64: 60, 16>}
// CHECK-COUNT-17: vector.store
// CHECK:        }
// CHECK:      } {keops.pairs = 960 : i64}

// With 16 registers, tiles are smaller.
// CHECK-LABEL: func.func private @wide_sweep_v3(
// CHECK:      scf.for %{{.*}} step %c60 {
// CHECK:        scf.for %{{.*}} to %c24 step %c12 {
// CHECK:          } {keops.part = array<i64: 60, 8>}
// CHECK-COUNT-12: vector.store
// CHECK:        }
// CHECK:        scf.for
// CHECK:        } {keops.part = array<i64: 60, 8>}
// CHECK-COUNT-10: vector.store
// CHECK:      } {keops.pairs = 480 : i64}

// Without multiply-adds, accumulators are loaded and stored for each few columns.
// CHECK-LABEL: func.func private @wide_sweep_v2(
// CHECK-NOT:  keops.part
// CHECK:      } {keops.pairs = 8 : i64}
tile.kernel @wide(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                  %b: !tile.table<34xf32, j>, %a: !tile.table<34xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 480, lanes = 16, rowsPerLane = 1, unroll = 2>,
                             #tile.schedule<v3, rows = 32, cols = 480, lanes = 8, rowsPerLane = 1, unroll = 2>,
                             #tile.schedule<v2, rows = 32, cols = 480, lanes = 4, rowsPerLane = 1, unroll = 2>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.sum -> <34xf32, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      %bj = tile.load %b[%j] : <34xf32, j>
      tile.stage %yj, %bj : <1xf32, j>, <34xf32, j>
    } do (%yt : <1xf32, j>, %bt : <34xf32, j>) {
      %k = mul %xi, %yt : <1xf32, i>, <1xf32, j>
      %f = mul %k, %bt : <1xf32, ij>, <34xf32, j>
      tile.step %f : <34xf32, ij>
    }
    tile.store %r, %a[%i] : <34xf32, i>, <34xf32, i>
  }
}
tile.plan @wide_plan(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                     %b: !tile.table<34xf32, j>, %a: !tile.table<34xf32, i>)
    attributes {inputs = 3 : i64} {
  launch @wide(%x, %y, %b, %a) : <1xf32, i>, <1xf32, j>, <34xf32, j>, <34xf32, i>
}

// Each component takes a component of the row, too: as above.
// CHECK-LABEL: func.func private @rows_sweep_v4(
// CHECK-NOT:  keops.part
// CHECK:      } {keops.pairs = 32 : i64}
tile.kernel @rows(%x: !tile.table<34xf32, i>, %y: !tile.table<34xf32, j>,
                  %a: !tile.table<34xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 480, lanes = 16, rowsPerLane = 1, unroll = 2>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <34xf32, i>
    %r = tile.sweep #keops.sum -> <34xf32, i> %j stage {
      %yj = tile.load %y[%j] : <34xf32, j>
      tile.stage %yj : <34xf32, j>
    } do (%yt : <34xf32, j>) {
      %d = sub %xi, %yt : <34xf32, i>, <34xf32, j>
      %f = abs %d : <34xf32, ij>
      tile.step %f : <34xf32, ij>
    }
    tile.store %r, %a[%i] : <34xf32, i>, <34xf32, i>
  }
}
tile.plan @rows_plan(%x: !tile.table<34xf32, i>, %y: !tile.table<34xf32, j>,
                     %a: !tile.table<34xf32, i>) attributes {inputs = 2 : i64} {
  launch @rows(%x, %y, %a) : <34xf32, i>, <34xf32, j>, <34xf32, i>
}
