// RUN: keops-opt %s --convert-tile-to-gpu --split-input-file --verify-diagnostics

// expected-error@+1 {{is not launched by any plan}}
tile.kernel @orphan(%x: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<gpu, rows = 32, cols = 32, lanes = 32, rowsPerLane = 1, unroll = 1>]} {
}

// -----

// expected-error@+1 {{what is computed of each column takes 65536 bytes for 32 columns, and a GPU has room for 49152}}
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
tile.plan @plan(%y: !tile.table<512xf32, j>, %a: !tile.table<1xf32, i>) attributes {inputs = 1 : i64} {
  launch @large(%y, %a) : <512xf32, j>, <1xf32, i>
}
