// RUN: keops-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{a table has one axis}}
tile.kernel @table_of_pairs(%x: !tile.table<1xf32, ij>) {
}

// -----

tile.kernel @row_of_a_parameter(%g: !tile.table<1xf32, p>) {
  tile.rows %i {
    // expected-error@+1 {{a table of axis p has one row}}
    %x = tile.load %g[%i] : <1xf32, p>
  }
}

// -----

tile.kernel @load_without_row(%x: !tile.table<1xf32, i>) {
  tile.rows %i {
    // expected-error@+1 {{needs the row to load}}
    %y = tile.load %x : <1xf32, i>
  }
}

// -----

tile.kernel @step_without_reduction(%x: !tile.table<1xf32, i>) {
  // expected-error@+1 {{has tile.step but no reduction}}
  tile.rows %i {
    %y = tile.load %x[%i] : <1xf32, i>
    tile.step %y : <1xf32, i>
  }
}

// -----

tile.kernel @reduction_without_step(%x: !tile.table<1xf32, i>) {
  // expected-error@+1 {{reduces and must end with tile.step}}
  %t = tile.rows reduce #keops.sum -> <1xf32, p> %i {
    %y = tile.load %x[%i] : <1xf32, i>
  }
}

// -----

tile.kernel @wrong_result(%x: !tile.table<2xf32, i>) {
  // expected-error@+1 {{gives '!keops.vec<2xf32, p>', not '!keops.vec<1xf32, p>'}}
  %t = tile.rows reduce #keops.sum -> <1xf32, p> %i {
    %y = tile.load %x[%i] : <2xf32, i>
    tile.step %y : <2xf32, i>
  }
}

// -----

tile.kernel @stage_and_do_differ(%x: !tile.table<1xf32, j>) {
  tile.rows %i {
    // expected-error@+1 {{from stage to do}}
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %y = tile.load %x[%j] : <1xf32, j>
      tile.stage %y : <1xf32, j>
    } do () {
      %c = const 1.0 : f32
      tile.step %c : <1xf32, p>
    }
  }
}
