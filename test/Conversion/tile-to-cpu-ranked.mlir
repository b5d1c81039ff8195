// RUN: keops-opt %s --convert-tile-to-cpu --canonicalize --cse | FileCheck %s

// Two passes over the columns. First the least value of each group of columns,
// by the bits of values that are not negative, eight columns at a time, and the
// two least of these. Then, for each row for which a group matters, its columns
// again, sixteen at a time.
// CHECK-LABEL: func.func private @two_nearest_sweep_v4(
// CHECK: scf.if
// CHECK: } else {
// CHECK: %[[BOUND:.*]]:2 = scf.for {{.*}} step %{{.*}} iter_args(
// CHECK: scf.for
// CHECK-COUNT-8: arith.minui {{.*}} : vector<16xi32>
// CHECK: vector.store
// CHECK: scf.if
// CHECK: scf.for
// CHECK: arith.cmpf ole, %{{.*}}, %[[BOUND]]#1
// CHECK: scf.while
// CHECK: math.cttz
// CHECK: scf.for
// CHECK: arith.cmpf olt, {{.*}} : vector<16xf32>
// CHECK: scf.while
// CHECK: math.cttz
// CHECK: scf.while
tile.kernel @two_nearest(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                         %a: !tile.table<2xi64, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 960, cols = 16384, lanes = 16, rowsPerLane = 1, unroll = 8>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.argkmin<2> -> <2xi64, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      tile.stage %yj : <1xf32, j>
    } do (%yt : <1xf32, j>) {
      %d = sub %xi, %yt : <1xf32, i>, <1xf32, j>
      %s = square %d : <1xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <2xi64, i>, <2xi64, i>
  }
}
tile.plan @two_nearest_plan(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                            %a: !tile.table<2xi64, i>) attributes {inputs = 2 : i64} {
  launch @two_nearest(%x, %y, %a) : <1xf32, i>, <1xf32, j>, <2xi64, i>
}

// The greatest value may be negative: compared as it is.
// CHECK-LABEL: func.func private @greatest_sweep_v4(
// CHECK-NOT: arith.minui
// CHECK: math.cttz
tile.kernel @greatest(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                      %a: !tile.table<1xi64, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 960, cols = 16384, lanes = 16, rowsPerLane = 1, unroll = 8>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.argmax -> <1xi64, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      tile.stage %yj : <1xf32, j>
    } do (%yt : <1xf32, j>) {
      %d = sub %xi, %yt : <1xf32, i>, <1xf32, j>
      tile.step %d : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xi64, i>, <1xi64, i>
  }
}
tile.plan @greatest_plan(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                         %a: !tile.table<1xi64, i>) attributes {inputs = 2 : i64} {
  launch @greatest(%x, %y, %a) : <1xf32, i>, <1xf32, j>, <1xi64, i>
}
