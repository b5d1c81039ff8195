// RUN: keops-opt %s | keops-opt | FileCheck %s

// CHECK-LABEL: tile.kernel @gauss(%X: !tile.table<3xf32, i> {keops.name = "X"}, %arg0: !tile.table<3xf32, j>, %arg1: !tile.table<1xf32, i>)
// CHECK-SAME: attributes {schedules = [#tile.schedule<v4, rows = 960, cols = 512, lanes = 16, rowsPerLane = 1, unroll = 3, ahead = 63>]}
// CHECK: tile.rows %i {
// CHECK:   %[[X:.*]] = tile.load %X[%i] : <3xf32, i>
// CHECK:   %[[R:.*]] = tile.sweep #keops.sum -> <1xf32, i> %j stage {
// CHECK:     tile.stage %{{.*}} : <3xf32, j>
// CHECK:   } do (%{{.*}} : <3xf32, j>) {
// CHECK:     sub %[[X]], %{{.*}} : <3xf32, i>, <3xf32, j>
// CHECK:     tile.step %{{.*}} : <1xf32, ij>
// CHECK:   tile.store %[[R]], %arg1[%i] : <1xf32, i>, <1xf32, i>
tile.kernel @gauss(%X: !tile.table<3xf32, i> {keops.name = "X"},
                   %y: !tile.table<3xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 960, cols = 512, lanes = 16, rowsPerLane = 1, unroll = 3, ahead = 63>]} {
  tile.rows %i {
    %x = tile.load %X[%i] : <3xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <3xf32, j>
      tile.stage %yj : <3xf32, j>
    } do (%yt : <3xf32, j>) {
      %d = sub %x, %yt : <3xf32, i>, <3xf32, j>
      %s = sqnorm %d : <3xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}

// Nothing staged, rows reduced.
// CHECK-LABEL: tile.kernel @reduced_rows
// CHECK: %[[T:.*]] = tile.rows reduce #keops.sum -> <1xf32, p> %i {
// CHECK:   tile.sweep #keops.argkmin<3> -> <3xi64, i> %j stage {
// CHECK:     tile.stage{{ *}}
// CHECK:   } do () {
// CHECK:   tile.step %{{.*}} : <1xf32, i>
// CHECK: }
// CHECK: tile.store %[[T]], %arg1 : <1xf32, p>, <1xf32, p>
tile.kernel @reduced_rows(%x: !tile.table<1xf32, i>, %o: !tile.table<1xf32, p>) {
  %t = tile.rows reduce #keops.sum -> <1xf32, p> %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %k = tile.sweep #keops.argkmin<3> -> <3xi64, i> %j stage {
      tile.stage
    } do () {
      tile.step %xi : <1xf32, i>
    }
    tile.step %xi : <1xf32, i>
  }
  tile.store %t, %o : <1xf32, p>, <1xf32, p>
}

// CHECK-LABEL: tile.plan @plan
// CHECK-SAME: attributes {inputs = 1 : i64}
// CHECK: %[[T:.*]] = temporary : <1xf32, i>
// CHECK: launch @a(%x, %[[T]]) : <1xf32, i>, <1xf32, i>
// CHECK: launch @b(%[[T]], %arg0) turned
// CHECK-SAME: host = [#tile.host<v4, maxRows = 16, rowQuantum = 16, colQuantum = 64, scratchBytes = 64, stateBytes = 0, partialBytes = 0, finish = @b_finish>]
tile.plan @plan(%x: !tile.table<1xf32, i> {keops.name = "x"},
                %o: !tile.table<1xf32, j>) attributes {inputs = 1 : i64} {
  %t = temporary : <1xf32, i>
  launch @a(%x, %t) : <1xf32, i>, <1xf32, i>
  launch @b(%t, %o) turned {host = [#tile.host<v4, maxRows = 16, rowQuantum = 16, colQuantum = 64, scratchBytes = 64, stateBytes = 0, partialBytes = 0, finish = @b_finish>], pairNs = 0.1} : <1xf32, i>, <1xf32, j>
}
