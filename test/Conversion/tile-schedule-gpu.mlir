// RUN: keops-opt %s --tile-schedule=isa=gpu --split-input-file | FileCheck %s

// Few registers per row: eight rows for each of half as many threads.
// CHECK-LABEL: @low_dimension
// CHECK-SAME: schedules = [#tile.schedule<gpu, rows = 512, cols = 128, lanes = 64, rowsPerLane = 8, unroll = 4>]
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

// Ten least values of each row are much to keep.
// CHECK-LABEL: @nearest
// CHECK-SAME: lanes = 128, rowsPerLane = 4, unroll = 4>]
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

// Loops over components load what belongs to a row, too: more columns make up for
// it. The stage of long columns is short.
// CHECK-LABEL: @high_dimension
// CHECK-SAME: cols = 32, lanes = 128, rowsPerLane = 4, unroll = 8>]
tile.kernel @high_dimension(%x: !tile.table<128xf32, i>, %y: !tile.table<128xf32, j>,
                            %a: !tile.table<1xf32, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <128xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <128xf32, j>
      tile.stage %yj : <128xf32, j>
    } do (%yt : <128xf32, j>) {
      %d = sub %xi, %yt : <128xf32, i>, <128xf32, j>
      %s = sqnorm %d : <128xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}

// -----

// Without columns there is nothing to choose.
// CHECK-LABEL: @rows_alone
// CHECK-SAME: lanes = 128, rowsPerLane = 1, unroll = 1>]
tile.kernel @rows_alone(%x: !tile.table<1xf32, i>, %o: !tile.table<1xf32, p>) {
  %t = tile.rows reduce #keops.sum -> <1xf32, p> %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    tile.step %xi : <1xf32, i>
  }
  tile.store %t, %o : <1xf32, p>, <1xf32, p>
}
