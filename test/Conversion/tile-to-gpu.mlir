// RUN: keops-opt %s --convert-tile-to-gpu --canonicalize --cse | FileCheck %s
// RUN: keops-opt %s --convert-tile-to-gpu=precise=true --canonicalize --cse | FileCheck %s --check-prefix=PRECISE

// Launches say what a card must know. Other schedules stay.
// CHECK-LABEL: tile.kernel @sum
// CHECK-SAME: schedules = [#tile.schedule<v3, {{[^#]*}}]
// CHECK: launch @sum
// CHECK-SAME: #tile.device<sweep = "sum_sweep", finish = "sum_finish", threads = 32, sharedBytes = 256, tileRows = 64, colQuantum = 64, stateBytes = 4, partialBytes = 0, pairCycles = {{.*}} : f64>
// CHECK-NOT: tile.kernel
// CHECK: launch @total
// CHECK-SAME: #tile.device<finish = "total_finish", close = "total_close", threads = 32, sharedBytes = 0, {{.*}} partialBytes = 16,

// Tables are pointers to global memory, the stage is aligned for wide loads.
// CHECK: gpu.func @sum_sweep(%[[X:.*]]: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %[[BEGIN:.*]]: i64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr<1>, %{{.*}}: i64, %[[ADDRESSES:.*]]: !llvm.ptr<1>, %[[CHUNKS:.*]]: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>)
// CHECK-SAME: workgroup(%[[STAGE:.*]] : memref<64xf32, #gpu.address_space<workgroup>> {llvm.align = 16 : i64}) kernel
// CHECK-SAME: known_block_size = array<i32: 32, 1, 1>

// Where the table is, of an element of a batch or of the only one.
// CHECK: %[[NULL:.*]] = llvm.mlir.zero
// CHECK: %[[IS_BATCH:.*]] = llvm.icmp "ne" %[[ADDRESSES]], %[[NULL]]
// CHECK: scf.if %[[IS_BATCH]] -> (!llvm.ptr<1>) {
// CHECK:   gpu.block_id z
// CHECK:   llvm.inttoptr
// CHECK: } else {
// CHECK:   scf.yield %[[X]]

// The rows of the block, from the list or by its number.
// CHECK: %[[IS_LIST:.*]] = llvm.icmp "ne" %[[CHUNKS]], %[[NULL]]
// CHECK: scf.if %[[IS_LIST]] -> (index, index) {
// CHECK: } else {
// CHECK:   arith.index_cast %[[BEGIN]]
// CHECK:   gpu.block_id x

// Two rows of this thread, the second as many rows on as there are threads;
// both are rows that there are.
// CHECK: gpu.thread_id x
// CHECK: arith.minsi
// CHECK: arith.minsi
// CHECK: memref.load
// CHECK: memref.load

// Spans of columns; without a list there is one.
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (f32, f32)
// CHECK: gpu.block_id y

// A block of columns is staged between two barriers, then swept four columns at
// a time: one wide load, and all differences before all products.
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (f32, f32)
// CHECK:   gpu.barrier
// CHECK:   scf.for
// CHECK:     memref.store {{.*}}, %[[STAGE]]
// CHECK:   gpu.barrier
// CHECK:   scf.for {{.*}} step %c4 iter_args({{.*}}) -> (f32, f32)
// CHECK:     vector.load %[[STAGE]][{{.*}}] {alignment = 16 : i64} : {{.*}}, vector<4xf32>
// CHECK-COUNT-8: arith.subf
// CHECK-NEXT: arith.negf
// CHECK:     math.exp2 {{.*}} fastmath<afn> : f32
// PRECISE-NOT: afn

// What is left of the columns, one at a time; then the total of the block.
// CHECK:   scf.for {{.*}} step %c1 iter_args
// CHECK:   arith.addf
// CHECK:   arith.addf
// CHECK:   scf.yield

// States of rows that there are.
// CHECK: arith.cmpi slt
// CHECK: scf.if
// CHECK:   memref.store

// A row for each thread: chunks of columns in order, and the row is stored.
// CHECK-LABEL: gpu.func @sum_finish(
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (f32)
// CHECK:   memref.load
// CHECK:   arith.addf
// CHECK: scf.if
// CHECK:   memref.store
// CHECK-NOT: @sum_close
tile.kernel @sum(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                 %a: !tile.table<1xf32, i>)
    attributes {schedules = [
      #tile.schedule<gpu, rows = 64, cols = 64, lanes = 32, rowsPerLane = 2, unroll = 4>,
      #tile.schedule<v3, rows = 64, cols = 64, lanes = 8, rowsPerLane = 1, unroll = 2>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.sum -> <1xf32, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      tile.stage %yj : <1xf32, j>
    } do (%yt : <1xf32, j>) {
      %d = sub %xi, %yt : <1xf32, i>, <1xf32, j>
      %n = neg %d : <1xf32, ij>
      %k = exp2 %n : <1xf32, ij>
      tile.step %k : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xf32, i>, <1xf32, i>
  }
}
tile.plan @sum_plan(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                    %a: !tile.table<1xf32, i>) attributes {inputs = 2 : i64} {
  launch @sum(%x, %y, %a) : <1xf32, i>, <1xf32, j>, <1xf32, i>
}

// Rows that are reduced: threads past the last row give the neutral value, and
// neighbors meet in shared memory, in order. The same holds for the partial
// results of all blocks.
// CHECK-LABEL: gpu.func @total_finish(
// CHECK-SAME: workgroup(%[[SHARED:.*]] : memref<32xf32, #gpu.address_space<workgroup>>
// CHECK: arith.select
// CHECK: gpu.barrier
// CHECK: memref.store {{.*}}, %[[SHARED]]
// CHECK-COUNT-5: gpu.barrier
// CHECK: scf.if
// CHECK:   memref.store {{.*}} : memref<?xf32, 1>
// CHECK-LABEL: gpu.func @total_close(
// CHECK: scf.for
// CHECK-COUNT-5: gpu.barrier
// CHECK: memref.store
tile.kernel @total(%x: !tile.table<1xf32, i>, %o: !tile.table<1xf32, p>)
    attributes {schedules = [#tile.schedule<gpu, rows = 32, cols = 32, lanes = 32, rowsPerLane = 1, unroll = 2>]} {
  %t = tile.rows reduce #keops.sum -> <1xf32, p> %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    tile.step %xi : <1xf32, i>
  }
  tile.store %t, %o : <1xf32, p>, <1xf32, p>
}
tile.plan @total_plan(%x: !tile.table<1xf32, i>, %o: !tile.table<1xf32, p>)
    attributes {inputs = 1 : i64} {
  launch @total(%x, %o) : <1xf32, i>, <1xf32, p>
}

// A long vector: the accumulators of a block of columns and their total are in
// memory of the thread, and so is the row. The stage is read component by
// component, four columns at a time.
// CHECK-LABEL: gpu.func @long_sweep(
// CHECK-COUNT-3: llvm.alloca
// CHECK: gpu.barrier
// CHECK: scf.for {{.*}} step %c4
// CHECK:   scf.for
// CHECK:     vector.load {{.*}} vector<4xf32>
// CHECK:     arith.mulf
// CHECK:     memref.store {{.*}} : memref<?xf32>
// CHECK-LABEL: gpu.func @long_finish(
// CHECK: scf.for
// CHECK:   scf.for {{.*}} iter_args({{.*}}) -> (f32)
// CHECK: scf.if
// CHECK:   scf.for
tile.kernel @long(%x: !tile.table<40xf32, i>, %y: !tile.table<40xf32, j>, %a: !tile.table<40xf32, i>)
    attributes {schedules = [#tile.schedule<gpu, rows = 32, cols = 32, lanes = 32, rowsPerLane = 1, unroll = 4>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <40xf32, i>
    %r = tile.sweep #keops.sum -> <40xf32, i> %j stage {
      %yj = tile.load %y[%j] : <40xf32, j>
      tile.stage %yj : <40xf32, j>
    } do (%yt : <40xf32, j>) {
      %p = mul %xi, %yt : <40xf32, i>, <40xf32, j>
      tile.step %p : <40xf32, ij>
    }
    tile.store %r, %a[%i] : <40xf32, i>, <40xf32, i>
  }
}
tile.plan @long_plan(%x: !tile.table<40xf32, i>, %y: !tile.table<40xf32, j>, %a: !tile.table<40xf32, i>)
    attributes {inputs = 2 : i64} {
  launch @long(%x, %y, %a) : <40xf32, i>, <40xf32, j>, <40xf32, i>
}

// Four columns are compared with the least value of a row by one instruction
// each; only where one of them is less, which is rare, each is looked at.
// CHECK-LABEL: gpu.func @closest_sweep(
// CHECK: scf.for {{.*}} step %c4 iter_args(%[[LEAST:[^ ]*]] = {{.*}}, {{.*}}) -> (f32, i32)
// CHECK:   %[[FIRST:.*]] = arith.minnumf %{{.*}}, %[[LEAST]] : f32
// CHECK:   %[[SECOND:.*]] = arith.minnumf %{{.*}}, %[[FIRST]] : f32
// CHECK:   %[[THIRD:.*]] = arith.minnumf %{{.*}}, %[[SECOND]] : f32
// CHECK:   %[[FOURTH:.*]] = arith.minnumf %{{.*}}, %[[THIRD]] : f32
// CHECK:   %[[IS_LESS:.*]] = arith.cmpf olt, %[[FOURTH]], %[[LEAST]] : f32
// CHECK:   scf.if %[[IS_LESS]] -> (f32, i32)
// CHECK-COUNT-4: arith.cmpf olt
tile.kernel @closest(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                     %a: !tile.table<1xi64, i>)
    attributes {schedules = [#tile.schedule<gpu, rows = 32, cols = 64, lanes = 32, rowsPerLane = 1, unroll = 4>]} {
  tile.rows %i {
    %xi = tile.load %x[%i] : <1xf32, i>
    %r = tile.sweep #keops.argmin -> <1xi64, i> %j stage {
      %yj = tile.load %y[%j] : <1xf32, j>
      tile.stage %yj : <1xf32, j>
    } do (%yt : <1xf32, j>) {
      %d = sub %xi, %yt : <1xf32, i>, <1xf32, j>
      tile.step %d : <1xf32, ij>
    }
    tile.store %r, %a[%i] : <1xi64, i>, <1xi64, i>
  }
}
tile.plan @closest_plan(%x: !tile.table<1xf32, i>, %y: !tile.table<1xf32, j>,
                        %a: !tile.table<1xi64, i>)
    attributes {inputs = 2 : i64} {
  launch @closest(%x, %y, %a) : <1xf32, i>, <1xf32, j>, <1xi64, i>
}
