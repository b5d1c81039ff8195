// RUN: keops-opt %s --tile-schedule --split-input-file | FileCheck %s
// RUN: keops-opt %s --tile-schedule=isa=v3 --split-input-file | FileCheck %s --check-prefix=V3
// RUN: not keops-opt %s --tile-schedule=isa=v9 --split-input-file 2>&1 | FileCheck %s --check-prefix=BAD

// BAD: unknown instruction set 'v9'

// One schedule per instruction set, best first; lanes fill a register. Without
// operands that repeat a number, two vectors of rows share what is loaded.
// CHECK-LABEL: @low_dimension
// CHECK-SAME: #tile.schedule<v4, rows = 960, cols = 480, lanes = 16, rowsPerLane = 1, unroll = 8>
// CHECK-SAME: #tile.schedule<v3, {{.*}} lanes = 8, rowsPerLane = 2,
// CHECK-SAME: #tile.schedule<v2, {{.*}} lanes = 4,
// V3-LABEL: @low_dimension
// V3-SAME: schedules = [#tile.schedule<v3, {{[^#]*}}]}
tile.kernel @low_dimension(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                           %a: !tile.table<1xf32, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <3xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <3xf32, j>
      tile.stage %yj : <3xf32, j>
    } do (%yt : <3xf32, j>) {
      %d = sub %xi, %yt : <3xf32, i>, <3xf32, j>
      %s = sqnorm %d : <3xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}

// -----

// Columns that are looked for come in long blocks, eight in flight.
// CHECK-LABEL: @nearest
// CHECK-SAME: cols = 43680, lanes = 16, rowsPerLane = 1, unroll = 8>
// CHECK-SAME: #tile.schedule<v2, {{.*}} cols = 43688, lanes = 4, rowsPerLane = 1, unroll = 8>
tile.kernel @nearest(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                     %a: !tile.table<10xi64, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <3xf32, i>
    %r = tile.sweep #keops.argkmin<10> -> <10xi64, i> %j stage {
      %yj = tile.load %y[%j] : <3xf32, j>
      tile.stage %yj : <3xf32, j>
    } do (%yt : <3xf32, j>) {
      %d = sub %xi, %yt : <3xf32, i>, <3xf32, j>
      %s = sqnorm %d : <3xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <10xi64, i>, <10xi64, i>
  }
}

// -----

// Long rows: fewer rows and columns in a tile; a long sum is one chain and wants
// more columns in flight; doubles fill a register with half as many.
// CHECK-LABEL: @high_dimension
// CHECK-SAME: #tile.schedule<v4, rows = 960, cols = 40, lanes = 8, rowsPerLane = 1, unroll = 8>
tile.kernel @high_dimension(%x: !tile.table<64xf64, i>, %y: !tile.table<64xf64, j>,
                            %a: !tile.table<1xf64, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <64xf64, i>
    %r = tile.sweep #keops.sum -> <1xf64, i> %j stage {
      %yj = tile.load %y[%j] : <64xf64, j>
      tile.stage %yj : <64xf64, j>
    } do (%yt : <64xf64, j>) {
      %d = sub %xi, %yt : <64xf64, i>, <64xf64, j>
      %s = sqnorm %d : <64xf64, ij>
      tile.step %s : <1xf64, ij>
    }
    tile.store %r, %a[%i] : <1xf64, i>, <1xf64, i>
  }
}

// -----

// Accumulators of a long value are in memory: loaded once for several columns.
// CHECK-LABEL: @wide_values
// CHECK-SAME: lanes = 16, rowsPerLane = 1, unroll = 8>
tile.kernel @wide_values(%x: !tile.table<64xf32, i>, %y: !tile.table<64xf32, j>,
                         %a: !tile.table<64xf32, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <64xf32, i>
    %r = tile.sweep #keops.sum -> <64xf32, i> %j stage {
      %yj = tile.load %y[%j] : <64xf32, j>
      tile.stage %yj : <64xf32, j>
    } do (%yt : <64xf32, j>) {
      %d = sub %xi, %yt : <64xf32, i>, <64xf32, j>
      tile.step %d : <64xf32, ij>
    }
    tile.store %r, %a[%i] : <64xf32, i>, <64xf32, i>
  }
}

// -----

// What all components share takes a test and much code that is there once, and is
// made for several columns at once.
// CHECK-LABEL: @relative_sums
// CHECK-SAME: #tile.schedule<v4, {{[^>]*}} rowsPerLane = 1, unroll = 4>
tile.kernel @relative_sums(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                           %b: !tile.table<64xf32, j>, %a: !tile.table<64xf32, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <3xf32, i>
    %r:2 = tile.sweep #keops.relativesums -> <64xf32, i>, <64xf32, i> %j stage {
      %yj = tile.load %y[%j] : <3xf32, j>
      %bj = tile.load %b[%j] : <64xf32, j>
      tile.stage %yj, %bj : <3xf32, j>, <64xf32, j>
    } do (%yt : <3xf32, j>, %bt : <64xf32, j>) {
      %f = dot %xi, %yt : <3xf32, i>, <3xf32, j>
      %g = broadcast %bt : <64xf32, j> -> <64xf32, ij>
      tile.step %g, %f : <64xf32, ij>, <1xf32, ij>
    }
    tile.store %r#1, %a[%i] : <64xf32, i>, <64xf32, i>
  }
}

// -----

// Of a formula that takes much code, columns that are looked for come one by one.
// CHECK-LABEL: @much_code
// CHECK-SAME: #tile.schedule<v4, {{[^>]*}} rowsPerLane = 1, unroll = 1>
tile.kernel @much_code(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                       %a: !tile.table<1xi64, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <3xf32, i>
    %r = tile.sweep #keops.argmin -> <1xi64, i> %j stage {
      %yj = tile.load %y[%j] : <3xf32, j>
      tile.stage %yj : <3xf32, j>
    } do (%yt : <3xf32, j>) {
      %d = sub %xi, %yt : <3xf32, i>, <3xf32, j>
      %s = sin %d : <3xf32, ij>
      %q = sqnorm %s : <3xf32, ij>
      tile.step %q : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xi64, i>, <1xi64, i>
  }
}

// -----

// Compensated sums in float64 take four times the room.
// CHECK-LABEL: @wide_accumulators
// CHECK-SAME: rows = 336,
tile.kernel @wide_accumulators(%x: !tile.table<64xf32, i>, %y: !tile.table<64xf32, j>,
                               %a: !tile.table<64xf32, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <64xf32, i>
    %r = tile.sweep #keops.sum<kahan, f64> -> <64xf32, i> %j stage {
      %yj = tile.load %y[%j] : <64xf32, j>
      tile.stage %yj : <64xf32, j>
    } do (%yt : <64xf32, j>) {
      %d = sub %xi, %yt : <64xf32, i>, <64xf32, j>
      tile.step %d : <64xf32, ij>
    }
    tile.store %r, %a[%i] : <64xf32, i>, <64xf32, i>
  }
}

// -----

// A schedule that is there stays.
// CHECK-LABEL: @by_hand
// CHECK-SAME: schedules = [#tile.schedule<v4, rows = 32, cols = 64, lanes = 16, rowsPerLane = 2, unroll = 1>]
tile.kernel @by_hand(%x: !tile.table<1xf32, i>) attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 64, lanes = 16, rowsPerLane = 2, unroll = 1>]} {
}
