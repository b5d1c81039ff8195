//===- Finish.cpp - from states to results on a GPU -----------------------===//

#include "compiler/Conversion/GPU/Functions.h"

using namespace mlir;

namespace keops::device {

//===----------------------------------------------------------------------===//
// finish
//===----------------------------------------------------------------------===//

mlir::gpu::GPUFuncOp KernelEmitter::emitFinish() {
  begin("finish",
        {i64(), i64(), ptr(), i64(), i64(), ptr(), i64(), ptr(), ptr(), ptr()},
        FinishParameter::kAddresses);
  SmallVector<Value> roots;
  for (tile::StoreOp store : storesIn(rows.getBody()))
    roots.push_back(store.getValue());
  if (rows.getReduction())
    llvm::append_range(roots, stepOf(rows).getValues());
  LaneProgram program = withParameters(wide, roots);

  RowWork work = workOfFinish();
  if (isLongState)
    finishLong(program, work);
  else if (sweep)
    bindResults(program, sweep,
                reduction.finalize(wide, combinedState(work), sweep.getDims()));
  runSlice(program, wide, roots, work.row);
  emitIf(work.isRow, [&] {
    for (tile::StoreOp store : storesIn(rows.getBody())) {
      LaneProgram local(program);
      storeRow(local, store, work.row);
    }
  });
  if (!rows.getReduction())
    return end();
  // The partial results of the elements of a batch, one after the other.
  Value blocks = mlir::gpu::GridDimOp::create(builder, mlir::gpu::Dimension::x);
  Value block =
      index.add(index.times(blockNumber(mlir::gpu::Dimension::z), blocks),
                blockNumber(mlir::gpu::Dimension::x));
  if (isLongRows)
    reduceLongRows(program, work.isRow, block);
  else
    reduceRows(program, work.isRow, block);
  return end();
}

// Component by component, so that the threads of a warp, which have rows next
// to each other, touch numbers next to each other. All have the same room.
Value KernelEmitter::statePosition(Type type, Value number, Value states,
                                   Value row, Value stateRows) {
  Value start = index.mul(states, stateBytes / widestState);
  Value position =
      index.add(index.add(start, index.times(number, stateRows)), row);
  return index.mul(position, widestState / bytesOf(type));
}

/// One number of the state of a chunk. The sweep numbers columns from the first
/// of the chunk, and results count from column 0.
Lane KernelEmitter::loadEntry(Type type, Value number, Value chunk,
                              const RowWork &work, Value base) {
  Value states = index.add(work.states, index.times(chunk, work.stateRows));
  Lane lane =
      wide.wrap(Buffer(builder, parameter(FinishParameter::kStates), type)
                    .load(statePosition(type, number, states, work.number,
                                        work.stateRows)));
  if (!isa<IntegerType>(type))
    return lane;
  lane = wide.map({lane}, [&](ArrayRef<Value> x) -> Value {
    return arith::ExtSIOp::create(builder, wide.index(), x[0]);
  });
  if (reduction.hasCounts())
    return lane;
  Lane first =
      wide.wrap(arith::IndexCastOp::create(builder, wide.index(), base));
  // -1 says that there is no such column, in any chunk.
  return select(lane < wide.columnNumber(0), lane, lane + first);
}

Lanes KernelEmitter::loadState(Value chunk, const RowWork &work,
                               Value component) {
  // As the sweep has stored it.
  SmallVector<Type> types = component
                                ? reduction.state(machine, {1})
                                : reduction.state(machine, sweep.getDims());
  int64_t step = component ? longDim() : 1;
  Value first = component ? component : index.constant(0);
  Value base = baseOf(work, chunk);
  Lanes state;
  for (auto [p, type] : llvm::enumerate(types))
    state.push_back(loadEntry(type, index.add(first, int64_t(p) * step), chunk,
                              work, base));
  return state;
}

Lanes KernelEmitter::combinedState(const RowWork &work, Value component) {
  Lanes first = loadState(index.constant(0), work, component);
  return emitLoop(wide, index.constant(1), work.chunks, 1, first,
                  [&](Value chunk, Lanes carried) {
                    return reduction.combine(wide, carried,
                                             loadState(chunk, work, component));
                  });
}

void KernelEmitter::storeRow(LaneProgram &program, tile::StoreOp store,
                             Value row) {
  const Buffer &target = tables.find(store.getTable())->second;
  Value value = store.getValue();
  int64_t dim = vecType(value).getDim();
  Value start = index.mul(row, dim);
  if (isLong(value) && program.isIndexable(value)) {
    wide.loop(dim, {}, [&](Value component, ArrayRef<Lane>) {
      target.store(program.at(value, component).at(0, 0),
                   index.add(start, component));
      return Lanes();
    });
    return;
  }
  for (auto [c, lane] : llvm::enumerate(program.get(value)))
    target.store(lane.at(0, 0), index.add(start, int64_t(c)));
}

/// Combines what the rows of a block give.
void KernelEmitter::reduceRows(LaneProgram &program, Value isRow, Value block) {
  auto monoid = *rows.getReduction();
  SmallVector<Lanes> values;
  for (Value value : stepOf(rows).getValues())
    values.push_back(program.get(value));
  Lanes lifted = monoid.lift(wide, values, wide.columnNumber(0));
  Lanes neutral = monoid.init(wide, dimsOf(stepOf(rows).getValues()));
  for (auto [lane, none] : llvm::zip_equal(lifted, neutral))
    lane = select(wide.wrap(isRow), lane, none);
  storePartial(combineThreads(sharedFor(lifted), lifted), index.constant(0),
               /*step=*/1, block);
}

//===----------------------------------------------------------------------===//
// close
//===----------------------------------------------------------------------===//

mlir::gpu::GPUFuncOp KernelEmitter::emitClose() {
  begin("close", {ptr(), i64(), ptr()}, CloseParameter::kAddresses);
  SmallVector<Value> roots;
  for (tile::StoreOp store : storesIn(kernel.getBody()))
    roots.push_back(store.getValue());
  LaneProgram program = withParameters(wide, {});
  if (isLongRows) {
    closeLong(program);
  } else if (rows) {
    auto monoid = *rows.getReduction();
    SmallVector<int64_t> dims = dimsOf(stepOf(rows).getValues());
    Lanes share = combinePartials(dims, index.constant(0), /*step=*/1);
    Lanes total = combineThreads(sharedFor(share), share);
    bindResults(program, rows, monoid.finalize(wide, total, dims));
  }
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  Value isFirst = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq,
                                        thread, index.constant(0));
  emitIf(isFirst, [&] {
    runSlice(program, wide, roots);
    for (tile::StoreOp store : storesIn(kernel.getBody()))
      storeRow(program, store, index.constant(0));
  });
  return end();
}

Value KernelEmitter::partialPosition(Type type, Value number, Value block) {
  Value start = index.mul(block, partialBytes / bytesOf(type));
  return index.add(start, index.mul(number, widestPartial / bytesOf(type)));
}

void KernelEmitter::storePartial(const Lanes &lanes, Value first, int64_t step,
                                 Value block) {
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  Value isFirst = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq,
                                        thread, index.constant(0));
  emitIf(isFirst, [&] {
    for (auto [p, lane] : llvm::enumerate(lanes))
      Buffer(builder, parameter(FinishParameter::kPartials), lane.element())
          .store(lane.at(0, 0),
                 partialPosition(lane.element(),
                                 index.add(first, int64_t(p) * step), block));
  });
}

// Neighbors, so that the order is kept.
Lanes KernelEmitter::combinePartials(ArrayRef<int64_t> dims, Value first,
                                     int64_t step) {
  auto monoid = *rows.getReduction();
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  Value count = indexParameter(CloseParameter::kPartialCount);
  Value share = index.div(index.add(count, threads - 1), threads);
  Value begin = index.min(index.times(thread, share), count);
  Value end = index.min(index.add(begin, share), count);
  return emitLoop(
      wide, begin, end, 1, monoid.init(wide, dims),
      [&](Value block, Lanes carried) {
        Lanes part;
        for (auto [p, lane] : llvm::enumerate(carried)) {
          Value number = index.add(first, int64_t(p) * step);
          part.push_back(wide.wrap(
              Buffer(builder, parameter(CloseParameter::kPartials),
                     lane.element())
                  .load(partialPosition(lane.element(), number, block))));
        }
        return monoid.combine(wide, carried, part);
      });
}

//===----------------------------------------------------------------------===//
// The threads of a block
//===----------------------------------------------------------------------===//

// In pairs of neighbors, then pairs of pairs: the order is kept, and is the
// same every time.
Lanes KernelEmitter::combineThreads(ArrayRef<Buffer> memory,
                                    const Lanes &state) {
  auto monoid = *rows.getReduction();
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  auto store = [&](const Lanes &lanes) {
    for (auto [buffer, lane] : llvm::zip_equal(memory, lanes))
      buffer.store(lane.at(0, 0), thread);
  };
  auto load = [&](Value at) {
    Lanes lanes;
    for (const Buffer &buffer : memory)
      lanes.push_back(wide.wrap(buffer.load(at)));
    return lanes;
  };
  // Somebody may still read what was there last time.
  mlir::gpu::BarrierOp::create(builder);
  store(state);
  for (int64_t distance = 1; distance < threads; distance *= 2) {
    mlir::gpu::BarrierOp::create(builder);
    Value isLeft = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq,
                                         index.rem(thread, 2 * distance),
                                         index.constant(0));
    // Each thread writes what nobody else reads before the next barrier.
    emitIf(isLeft, [&] {
      store(monoid.combine(wide, load(thread),
                           load(index.add(thread, distance))));
    });
  }
  return load(thread);
}

} // namespace keops::device
