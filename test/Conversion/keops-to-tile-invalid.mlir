// RUN: keops-opt %s --convert-keops-to-tile --verify-diagnostics

// expected-error@+1 {{the result varies along i and j: reduce it}}
keops.formula @not_reduced(%x: !keops.vec<1xf32, i>, %y: !keops.vec<1xf32, j>)
    -> !keops.vec<1xf32, ij> {
  %d = sub %x, %y : <1xf32, i>, <1xf32, j>
  return %d : <1xf32, ij>
}
