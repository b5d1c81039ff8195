// RUN: keops-opt %s --convert-tile-to-gpu --split-input-file --verify-diagnostics

// expected-error@+1 {{is not launched by any plan}}
tile.kernel @orphan(%x: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<gpu, rows = 32, cols = 32, lanes = 32, rowsPerLane = 1, unroll = 1>]} {
}

// -----

// expected-error@+1 {{sums over 17 components have no code for GPUs yet; they may have at most 16}}
tile.kernel @long(%x: !tile.table<17xf32, i>, %o: !tile.table<17xf32, p>)
    attributes {schedules = [#tile.schedule<gpu, rows = 32, cols = 32, lanes = 32, rowsPerLane = 1, unroll = 1>]} {
  %t = tile.rows reduce #keops.sum -> <17xf32, p> %i {
    %xi = tile.load %x[%i] : <17xf32, i>
    tile.step %xi : <17xf32, i>
  }
  tile.store %t, %o : <17xf32, p>, <17xf32, p>
}
tile.plan @plan(%x: !tile.table<17xf32, i>, %o: !tile.table<17xf32, p>) attributes {inputs = 1 : i64} {
  launch @long(%x, %o) : <17xf32, i>, <17xf32, p>
}
