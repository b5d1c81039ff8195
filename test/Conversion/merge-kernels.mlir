// RUN: keops-opt %s --tile-merge-kernels --split-input-file | FileCheck %s

// The second kernel is the first under other names, and goes.

// CHECK-LABEL: tile.kernel @f.0(
// CHECK-LABEL: tile.plan @f(
// CHECK: launch @f.0(%x, %out)
// CHECK-NOT: tile.kernel @g.0
// CHECK-LABEL: tile.plan @g(
// CHECK: launch @f.0(%y, %values)
tile.kernel @f.0(%x: !tile.table<1xf32, i> {keops.name = "x"},
                 %out: !tile.table<1xf32, i> {keops.name = "out"}) {
  tile.rows %i {
    %0 = tile.load %x[%i] : <1xf32, i>
    %1 = exp %0 : <1xf32, i>
    tile.store %1, %out[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @f(%x: !tile.table<1xf32, i> {keops.name = "x"},
             %out: !tile.table<1xf32, i> {keops.name = "out"})
    attributes {inputs = 1} {
  tile.launch @f.0(%x, %out) : <1xf32, i>, <1xf32, i>
}
tile.kernel @g.0(%y: !tile.table<1xf32, i> {keops.name = "y"},
                 %values: !tile.table<1xf32, i> {keops.name = "values"}) {
  tile.rows %i {
    %0 = tile.load %y[%i] : <1xf32, i>
    %1 = exp %0 : <1xf32, i>
    tile.store %1, %values[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @g(%y: !tile.table<1xf32, i> {keops.name = "y"},
             %values: !tile.table<1xf32, i> {keops.name = "values"})
    attributes {inputs = 1} {
  tile.launch @g.0(%y, %values) : <1xf32, i>, <1xf32, i>
}

// -----

// Another operation, another operand, another type, another store: they stay.

// CHECK: tile.kernel @exp.0(
// CHECK: tile.kernel @log.0(
// CHECK: tile.kernel @second.0(
// CHECK: tile.kernel @double.0(
// CHECK-LABEL: tile.plan @all(
// CHECK: launch @exp.0(
// CHECK: launch @log.0(
// CHECK: launch @second.0(
// CHECK: launch @double.0(
tile.kernel @exp.0(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, i>,
                   %out: !tile.table<1xf32, i>) {
  tile.rows %i {
    %0 = tile.load %x[%i] : <1xf32, i>
    %1 = exp %0 : <1xf32, i>
    tile.store %1, %out[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.kernel @log.0(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, i>,
                   %out: !tile.table<1xf32, i>) {
  tile.rows %i {
    %0 = tile.load %x[%i] : <1xf32, i>
    %1 = log %0 : <1xf32, i>
    tile.store %1, %out[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.kernel @second.0(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, i>,
                      %out: !tile.table<1xf32, i>) {
  tile.rows %i {
    %0 = tile.load %y[%i] : <1xf32, i>
    %1 = exp %0 : <1xf32, i>
    tile.store %1, %out[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.kernel @double.0(%x: !tile.table<1xf64, i>, %y: !tile.table<1xf64, i>,
                      %out: !tile.table<1xf64, i>) {
  tile.rows %i {
    %0 = tile.load %x[%i] : <1xf64, i>
    %1 = exp %0 : <1xf64, i>
    tile.store %1, %out[%i] : <1xf64, i>, <1xf64, i>
  }
}
tile.plan @all(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, i>,
               %u: !tile.table<1xf64, i>, %a: !tile.table<1xf32, i>,
               %b: !tile.table<1xf32, i>, %c: !tile.table<1xf32, i>,
               %d: !tile.table<1xf64, i>) attributes {inputs = 3} {
  tile.launch @exp.0(%x, %y, %a) : <1xf32, i>, <1xf32, i>, <1xf32, i>
  tile.launch @log.0(%x, %y, %b) : <1xf32, i>, <1xf32, i>, <1xf32, i>
  tile.launch @second.0(%x, %y, %c) : <1xf32, i>, <1xf32, i>, <1xf32, i>
  tile.launch @double.0(%u, %u, %d) : <1xf64, i>, <1xf64, i>, <1xf64, i>
}
