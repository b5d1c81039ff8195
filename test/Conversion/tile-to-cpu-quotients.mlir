// RUN: keops-opt %s --convert-tile-to-cpu --canonicalize --cse --split-input-file | FileCheck %s

// Of eight divisions, multipliers take one. The constant is the first term of its
// sum. A mask says whether 1 / x was out of range somewhere, and if so, all columns
// go through a loop that divides.
// CHECK-LABEL: func.func private @cauchy_sweep_v4(
// CHECK: %[[LOOP:.*]]:2 = scf.for %{{.*}} step %c8 iter_args(%{{.*}} = %{{.*}}, %[[WAS:.*]] = %{{.*}}) -> (vector<16xf32>, vector<16xi1>)
// CHECK:   %[[SQUARE:.*]] = arith.mulf
// CHECK:   arith.addf %[[SQUARE]], %[[ONE:.*]] fastmath<contract> : vector<16xf32>
// CHECK:   %[[R:.*]] = llvm.call_intrinsic "llvm.x86.avx512.rcp14.ps.512"(%[[T:.*]], %[[T]], %{{.*}})
// CHECK-DAG:   %[[MISSING:.*]] = math.fma %[[T]], %[[R]],
// CHECK-DAG:   %[[MINUS:.*]] = arith.negf %[[R]]
// CHECK:   %[[INVERSE:.*]] = math.fma %[[MINUS]], %[[MISSING]], %[[R]]
// CHECK:   arith.mulf %{{.*}}, %[[INVERSE]] fastmath<contract>
// CHECK:   %[[OFF:.*]] = llvm.call_intrinsic "llvm.x86.avx512.fpclass.ps.512"(%[[INVERSE]],
// CHECK-COUNT-7: arith.divf
// CHECK-NOT: arith.divf
// CHECK:   %[[IS:.*]] = arith.ori %[[WAS]], %[[OFF]]
// CHECK:   scf.yield %{{.*}}, %[[IS]]
// CHECK: } {keops.pairs = 128 : i64}
// CHECK: %[[ANY:.*]] = vector.reduction <or>, %[[LOOP]]#1
// CHECK: scf.if %[[ANY]] -> (vector<16xf32>) {
// CHECK:   scf.for {{.*}} step %c8
// CHECK-COUNT-8: arith.divf
// CHECK: } else {
// CHECK:   scf.yield %[[LOOP]]#0
// CHECK: scf.for {{.*}} step %c1
// CHECK:   arith.divf
// CHECK: keops.pairs = 16 : i64
tile.kernel @cauchy(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                   %b: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 64, lanes = 16, rowsPerLane = 1, unroll = 8>]} {
  %one = const 1.0 : f32
  tile.rows %i {
    %xi = tile.load %x[%i] : <3xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <3xf32, j>
      %bj = tile.load %b[%j] : <1xf32, j>
      tile.stage %yj, %bj : <3xf32, j>, <1xf32, j>
    } do (%yt : <3xf32, j>, %bt : <1xf32, j>) {
      %d = sub %xi, %yt : <3xf32, i>, <3xf32, j>
      %s = sqnorm %d : <3xf32, ij>
      %t = add %one, %s : <1xf32, p>, <1xf32, ij>
      %f = div %bt, %t : <1xf32, j>, <1xf32, ij>
      tile.step %f : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @cauchy_plan(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                    %b: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {inputs = 3 : i64} {
  launch @cauchy(%x, %y, %b, %a) : <3xf32, i>, <3xf32, j>, <1xf32, j>, <1xf32, i>
}

// -----

// Of four, one would be too many: the others would wait for multipliers.
// CHECK-LABEL: func.func private @four_sweep_v4(
// CHECK-NOT: rcp14
tile.kernel @four(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                   %b: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 64, lanes = 16, rowsPerLane = 1, unroll = 4>]} {
  %one = const 1.0 : f32
  tile.rows %i {
    %xi = tile.load %x[%i] : <3xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <3xf32, j>
      %bj = tile.load %b[%j] : <1xf32, j>
      tile.stage %yj, %bj : <3xf32, j>, <1xf32, j>
    } do (%yt : <3xf32, j>, %bt : <1xf32, j>) {
      %d = sub %xi, %yt : <3xf32, i>, <3xf32, j>
      %s = sqnorm %d : <3xf32, ij>
      %t = add %one, %s : <1xf32, p>, <1xf32, ij>
      %f = div %bt, %t : <1xf32, j>, <1xf32, ij>
      tile.step %f : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @four_plan(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                    %b: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {inputs = 3 : i64} {
  launch @four(%x, %y, %b, %a) : <3xf32, i>, <3xf32, j>, <1xf32, j>, <1xf32, i>
}

// -----

// Multipliers have enough to do.
// CHECK-LABEL: func.func private @busy_sweep_v4(
// CHECK-NOT: rcp14
tile.kernel @busy(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                   %b: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v4, rows = 32, cols = 64, lanes = 16, rowsPerLane = 1, unroll = 8>]} {
  %one = const 1.0 : f32
  tile.rows %i {
    %xi = tile.load %x[%i] : <3xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <3xf32, j>
      %bj = tile.load %b[%j] : <1xf32, j>
      tile.stage %yj, %bj : <3xf32, j>, <1xf32, j>
    } do (%yt : <3xf32, j>, %bt : <1xf32, j>) {
      %d = sub %xi, %yt : <3xf32, i>, <3xf32, j>
      %s = sqnorm %d : <3xf32, ij>
      %t = add %one, %s : <1xf32, p>, <1xf32, ij>
      %k = exp2 %t : <1xf32, ij>
      %f = div %bt, %k : <1xf32, j>, <1xf32, ij>
      tile.step %f : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @busy_plan(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                    %b: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {inputs = 3 : i64} {
  launch @busy(%x, %y, %b, %a) : <3xf32, i>, <3xf32, j>, <1xf32, j>, <1xf32, i>
}

// -----

// There are no such estimates before AVX-512.
// CHECK-LABEL: func.func private @narrow_sweep_v3(
// CHECK-NOT: rcp14
tile.kernel @narrow(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                   %b: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {schedules = [#tile.schedule<v3, rows = 32, cols = 64, lanes = 8, rowsPerLane = 1, unroll = 8>]} {
  %one = const 1.0 : f32
  tile.rows %i {
    %xi = tile.load %x[%i] : <3xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <3xf32, j>
      %bj = tile.load %b[%j] : <1xf32, j>
      tile.stage %yj, %bj : <3xf32, j>, <1xf32, j>
    } do (%yt : <3xf32, j>, %bt : <1xf32, j>) {
      %d = sub %xi, %yt : <3xf32, i>, <3xf32, j>
      %s = sqnorm %d : <3xf32, ij>
      %t = add %one, %s : <1xf32, p>, <1xf32, ij>
      %f = div %bt, %t : <1xf32, j>, <1xf32, ij>
      tile.step %f : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @narrow_plan(%x: !tile.table<3xf32, i>, %y: !tile.table<3xf32, j>,
                    %b: !tile.table<1xf32, j>, %a: !tile.table<1xf32, i>)
    attributes {inputs = 3 : i64} {
  launch @narrow(%x, %y, %b, %a) : <3xf32, i>, <3xf32, j>, <1xf32, j>, <1xf32, i>
}
