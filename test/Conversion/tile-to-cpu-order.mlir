// RUN: keops-opt %s --convert-tile-to-cpu --canonicalize --cse | FileCheck %s

// Squared distances, a component after the other. Of two vectors of rows and two
// columns, all differences of a component are taken first where there are 32
// registers.
// CHECK-LABEL: func.func private @distances_sweep_v4(
// CHECK:      scf.for %{{.*}} = %c0 to %c20 step %c4 iter_args
// CHECK-COUNT-4: arith.subf
// CHECK-COUNT-4: arith.mulf
// CHECK-COUNT-4: arith.addf
// CHECK:      } {keops.pairs = 64 : i64}

// With 16 of them, vectors come by twos, from the numbers of a column to their
// sums.
// CHECK-LABEL: func.func private @distances_sweep_v3(
// CHECK:      scf.for %{{.*}} = %c0 to %c20 step %c4 iter_args
// CHECK:        vector.broadcast
// CHECK-NOT:    vector.broadcast
// CHECK-COUNT-2: arith.subf
// CHECK-NEXT:   arith.mulf
// CHECK-NEXT:   arith.mulf
// CHECK-NEXT:   arith.addf
// CHECK-NEXT:   arith.addf
// CHECK:        vector.broadcast
// CHECK-NEXT:   arith.subf
// CHECK-NEXT:   arith.subf
// CHECK-NEXT:   arith.mulf
// CHECK-NEXT:   arith.mulf
// CHECK-NEXT:   arith.addf
// CHECK-NEXT:   arith.addf
// CHECK:      } {keops.pairs = 32 : i64}
tile.kernel @distances(%x: !tile.table<20xf32, i>, %y: !tile.table<20xf32, j>,
                       %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 480, lanes = 16, rowsPerLane = 2, unroll = 2>,
                             #tile.schedule<v3, rows = 32, cols = 480, lanes = 8, rowsPerLane = 2, unroll = 2>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <20xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <20xf32, j>
      tile.stage %yj : <20xf32, j>
    } do (%yt : <20xf32, j>) {
      %d = sub %xi, %yt : <20xf32, i>, <20xf32, j>
      %s = sqnorm %d : <20xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @distances_plan(%x: !tile.table<20xf32, i>, %y: !tile.table<20xf32, j>,
                          %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @distances(%x, %y, %a) : <20xf32, i>, <20xf32, j>, <1xf32, i>
}
