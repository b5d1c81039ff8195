// RUN: keops-opt %s --tile-schedule="isa=gpu tensor=true" --split-input-file | FileCheck %s --check-prefix=SCHEDULE
// RUN: keops-opt %s --tile-schedule="isa=gpu" --split-input-file | FileCheck %s --check-prefix=WITHOUT --implicit-check-not=tensor
// RUN: keops-opt %s --tile-schedule="isa=gpu tensor=true precise=true" --split-input-file | FileCheck %s --check-prefix=WITHOUT --implicit-check-not=tensor
// RUN: keops-opt %s --tile-schedule="isa=gpu tensor=true" --convert-tile-to-gpu="others=true" --canonicalize --cse --split-input-file | FileCheck %s --check-prefixes=BOTH,ALL
// RUN: keops-opt %s --tile-schedule="isa=gpu tensor=true" --convert-tile-to-gpu --canonicalize --cse --split-input-file | FileCheck %s --check-prefixes=ONE,ALL

// A module for all GPUs, with differences of components, and one for those that
// have tensor cores.
// SCHEDULE: #tile.schedule<gpu, rows = 128, cols = 32, lanes = 128, rowsPerLane = 1, unroll = 4, tensor = true>
// WITHOUT: @distance
// BOTH: gpu.module @keops_device {
// BOTH: gpu.func @distance_sweep
// BOTH-NOT: nvvm.mma
// BOTH: gpu.func @distance_finish
// BOTH: gpu.module @keops_device_tensor attributes {keops.tensor}
// ONE: gpu.module @keops_device {

// Parts of columns, products, the center, squared norms of columns.
// ALL: gpu.func @distance_sweep
// ALL-SAME: memref<3072xi32, #gpu.address_space<workgroup>> {llvm.align = 16 : i64}
// ALL-SAME: memref<4608xf32, #gpu.address_space<workgroup>> {llvm.align = 16 : i64}
// ALL-SAME: memref<70xf32, #gpu.address_space<workgroup>> {llvm.align = 16 : i64}
// ALL-SAME: memref<32xf32, #gpu.address_space<workgroup>> {llvm.align = 16 : i64}

// The mean of 16 rows, for all threads.
// ALL: arith.mulf {{.*}}, %cst
// ALL: gpu.barrier
// Parts of rows to memory of the thread, and their norms to those whose they are.
// ALL: gpu.shuffle xor
// ALL: nvvm.bar.warp.sync

// For blocks of columns and for four steps of 16 components at a time: stage
// parts; multiply, six products for each of two by four tiles.
// ALL: gpu.barrier
// ALL: scf.for
// ALL: vector.store {{.*}} : memref<3072xi32, {{.*}}>, vector<2xi32>
// ALL: gpu.barrier
// ALL: vector.load {{.*}} : {{.*}}, vector<4xi32>
// ALL: vector.load {{.*}} : memref<3072xi32, {{.*}}>, vector<2xi32>
// ALL-COUNT-48: nvvm.mma.sync
// ALL-NOT: nvvm.mma.sync
// ALL: gpu.barrier
// ALL: vector.store {{.*}} : memref<4608xf32, {{.*}}>, vector<2xf32>
// ALL: nvvm.bar.warp.sync

// Pairs find their products. What is below a quarter of the norms is computed
// from differences.
// ALL: scf.for
// ALL: vector.load {{.*}} : memref<4608xf32, {{.*}}>, vector<4xf32>
// ALL: arith.cmpf ole
// ALL: scf.if {{.*}} -> (f32, f32, f32, f32) {
// ALL:   arith.subf
// ALL: } else {
tile.kernel @distance(%x: !tile.table<70xf32, i>, %y: !tile.table<70xf32, j>,
                      %a: !tile.table<1xf32, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <70xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <70xf32, j>
      tile.stage %yj : <70xf32, j>
    } do (%yt : <70xf32, j>) {
      %d = sub %yt, %xi : <70xf32, j>, <70xf32, i>
      %s = sqnorm %d : <70xf32, ij>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @p(%x: !tile.table<70xf32, i>, %y: !tile.table<70xf32, j>,
             %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @distance(%x, %y, %a) : <70xf32, i>, <70xf32, j>, <1xf32, i>
}

// -----

// A dot product has no center, and nothing but NaN is computed again.
// SCHEDULE: tensor = true
// WITHOUT: @dot
// BOTH: gpu.module @keops_device_tensor
// ALL: gpu.func @dot_sweep
// ALL-SAME: workgroup({{[^,]*}} : memref<768xi32, {{[^,]*}}, {{[^,]*}} : memref<4608xf32, {{[^,]*}}) kernel
// ALL-NOT: gpu.shuffle
// ALL-COUNT-48: nvvm.mma.sync
// ALL: arith.cmpf oeq
tile.kernel @dot(%x: !tile.table<16xf32, i>, %y: !tile.table<16xf32, j>,
                 %a: !tile.table<1xf32, i>) {
  tile.rows %i {
    %xi = tile.load %x[%i] : <16xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <16xf32, j>
      tile.stage %yj : <16xf32, j>
    } do (%yt : <16xf32, j>) {
      %s = dot %xi, %yt : <16xf32, i>, <16xf32, j>
      tile.step %s : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @p(%x: !tile.table<16xf32, i>, %y: !tile.table<16xf32, j>,
             %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @dot(%x, %y, %a) : <16xf32, i>, <16xf32, j>, <1xf32, i>
}
