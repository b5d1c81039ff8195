// RUN: keops-opt %s --convert-tile-to-gpu=optional=true --verify-diagnostics | FileCheck %s
// RUN: keops-opt %s --convert-tile-to-gpu="optional=true max-unrolled=3" -verify-diagnostics=only-expected | FileCheck %s --check-prefix=LITTLE

// A plan that a GPU cannot do whole has no code for one; the others do.

// CHECK-NOT: tile.kernel
// CHECK-LABEL: tile.plan @both
// CHECK-NOT: sweep =
// CHECK-LABEL: tile.plan @one
// CHECK: sweep =
// CHECK: gpu.func @small{{.*}}_sweep

// LITTLE-NOT: gpu.func

// expected-warning@+1 {{there will be no code for GPUs: what is computed of each column takes 65536 bytes for 32 columns, and a GPU has room for 49152}}
tile.kernel @large(%y: !tile.table<512xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<gpu, rows = 32, cols = 32, lanes = 32, rowsPerLane = 1, unroll = 1>]} {
  tile.rows %i {
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <512xf32, j>
      %e = exp %yj : <512xf32, j>
      tile.stage %e : <512xf32, j>
    } do (%yt : <512xf32, j>) {
      %s = sqnorm %yt : <512xf32, j>
      tile.step %s : <1xf32, j>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}

tile.kernel @small(%y: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<gpu, rows = 32, cols = 32, lanes = 32, rowsPerLane = 1, unroll = 1>]} {
  tile.rows %i {
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      %e = exp %yj : <1xf32, j>
      tile.stage %e : <1xf32, j>
    } do (%yt : <1xf32, j>) {
      %s = sqnorm %yt : <1xf32, j>
      tile.step %s : <1xf32, j>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}

tile.plan @both(%y: !tile.table<512xf32, j>, %z: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @small(%z, %a) : <1xf32, j>, <1xf32, i>
  launch @large(%y, %a) : <512xf32, j>, <1xf32, i>
}
tile.plan @one(%z: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>) attributes {inputs = 1 : i64} {
  launch @small(%z, %a) : <1xf32, j>, <1xf32, i>
}
