// RUN: keops-opt %s --tile-schedule=max-unrolled=100 --verify-diagnostics

// expected-error@+1 {{the limit of 100 on unrolled operations is exceeded: the code takes about 240; raise it with --max-unrolled}}
tile.kernel @long_rows(%x: !tile.table<64xf32, i>, %y: !tile.table<64xf32, j>,
                       %a: !tile.table<1xf32, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <64xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <64xf32, j>
      tile.stage %yj : <64xf32, j>
    } do (%yt : <64xf32, j>) {
      %d = sub %xi, %yt : <64xf32, i>, <64xf32, j>
      %s = sqnorm %d : <64xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
