//===- Finish.cpp - from states to results on a GPU -----------------------===//

#include "compiler/Conversion/GPU/Functions.h"

using namespace mlir;

namespace keops::device {

//===----------------------------------------------------------------------===//
// finish
//===----------------------------------------------------------------------===//

mlir::gpu::GPUFuncOp KernelEmitter::emitFinish() {
  begin("finish", {i64(), i64(), ptr(), i64(), i64(), ptr()});
  SmallVector<Value> roots;
  for (tile::StoreOp store : storesIn(rows.getBody()))
    roots.push_back(store.getValue());
  if (rows.getReduction())
    llvm::append_range(roots, stepOf(rows).getValues());
  LaneProgram program = withParameters(wide, roots);

  Value block = mlir::gpu::BlockIdOp::create(builder, mlir::gpu::Dimension::x);
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  Value rowBegin = indexParameter(FinishParameter::kRowBegin);
  Value rowEnd = indexParameter(FinishParameter::kRowEnd);
  Value number =
      index.add(index.add(rowBegin, index.mul(block, threads)), thread);
  Value isRow =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, number, rowEnd);
  // Threads past the last row do what the last one does, and do not store.
  Value row = index.min(number, index.add(rowEnd, -1));
  if (sweep)
    bindResults(program, sweep,
                reduction.finalize(wide,
                                   combinedState(index.sub(row, rowBegin),
                                                 index.sub(rowEnd, rowBegin)),
                                   sweep.getDims()));
  runSlice(program, wide, roots, row);
  emitIf(isRow, [&] {
    for (tile::StoreOp store : storesIn(rows.getBody())) {
      LaneProgram local(program);
      storeRow(local, store, row);
    }
  });
  if (rows.getReduction()) {
    Lanes total = combineThreads(liftedRow(program, isRow));
    Value isFirst = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq,
                                          thread, index.constant(0));
    emitIf(isFirst, [&] {
      for (auto [c, lane] : llvm::enumerate(total))
        Buffer(builder, parameter(FinishParameter::kPartials), lane.element())
            .store(lane.at(0, 0), partialPosition(lane.element(), c, block));
    });
  }
  return end();
}

// Component by component, so that the threads of a warp, which have rows next
// to each other, touch numbers next to each other. All have the same room.
Value KernelEmitter::statePosition(Type number, size_t component, Value chunk,
                                   Value row, Value rowCount) {
  int64_t components = stateBytes / widestState;
  Value entry = index.add(index.mul(chunk, components), int64_t(component));
  Value position = index.add(index.times(entry, rowCount), row);
  return index.mul(position, widestState / bytesOf(number));
}

Lanes KernelEmitter::loadState(Value chunk, Value row, Value rowCount) {
  Lanes state;
  // As the sweep has stored it.
  SmallVector<Type> types = reduction.state(machine, sweep.getDims());
  for (auto [c, type] : llvm::enumerate(types)) {
    Lane lane =
        wide.wrap(Buffer(builder, parameter(FinishParameter::kStates), type)
                      .load(statePosition(type, c, chunk, row, rowCount)));
    if (isa<IntegerType>(type)) {
      lane = wide.map({lane}, [&](ArrayRef<Value> x) -> Value {
        return arith::ExtSIOp::create(builder, wide.index(), x[0]);
      });
      // Columns are numbered from the first of the chunk; -1 says that there
      // is no such column, in any chunk.
      if (!reduction.hasCounts()) {
        Value base =
            index.times(chunk, indexParameter(FinishParameter::kChunkCols));
        Lane first =
            wide.wrap(arith::IndexCastOp::create(builder, wide.index(), base));
        lane = select(lane < wide.columnNumber(0), lane, lane + first);
      }
    }
    state.push_back(lane);
  }
  return state;
}

Lanes KernelEmitter::combinedState(Value row, Value rowCount) {
  Lanes first = loadState(index.constant(0), row, rowCount);
  return emitLoop(wide, index.constant(1),
                  indexParameter(FinishParameter::kStateCount), 1, first,
                  [&](Value chunk, Lanes carried) {
                    return reduction.combine(wide, carried,
                                             loadState(chunk, row, rowCount));
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

/// What this thread's row gives to the reduction of rows.
Lanes KernelEmitter::liftedRow(LaneProgram &program, Value isRow) {
  auto monoid = *rows.getReduction();
  SmallVector<Lanes> values;
  for (Value value : stepOf(rows).getValues())
    values.push_back(program.get(value));
  Lanes lifted = monoid.lift(wide, values, wide.columnNumber(0));
  Lanes neutral = monoid.init(wide, dimsOf(stepOf(rows).getValues()));
  for (auto [lane, none] : llvm::zip_equal(lifted, neutral))
    lane = select(wide.wrap(isRow), lane, none);
  return lifted;
}

//===----------------------------------------------------------------------===//
// close
//===----------------------------------------------------------------------===//

mlir::gpu::GPUFuncOp KernelEmitter::emitClose() {
  begin("close", {ptr(), i64()});
  SmallVector<Value> roots;
  for (tile::StoreOp store : storesIn(kernel.getBody()))
    roots.push_back(store.getValue());
  LaneProgram program = withParameters(wide, {});
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  if (rows) {
    auto monoid = *rows.getReduction();
    SmallVector<int64_t> dims = dimsOf(stepOf(rows).getValues());
    // Each thread has some neighbors, so that the order is kept.
    Value count = indexParameter(CloseParameter::kPartialCount);
    Value share = index.div(index.add(count, threads - 1), threads);
    Value first = index.min(index.times(thread, share), count);
    Value last = index.min(index.add(first, share), count);
    Lanes total =
        emitLoop(wide, first, last, 1, monoid.init(wide, dims),
                 [&](Value block, Lanes carried) {
                   Lanes part;
                   for (auto [c, lane] : llvm::enumerate(carried))
                     part.push_back(wide.wrap(
                         Buffer(builder, parameter(CloseParameter::kPartials),
                                lane.element())
                             .load(partialPosition(lane.element(), c, block))));
                   return monoid.combine(wide, carried, part);
                 });
    bindResults(program, rows,
                monoid.finalize(wide, combineThreads(total), dims));
  }
  Value isFirst = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq,
                                        thread, index.constant(0));
  emitIf(isFirst, [&] {
    runSlice(program, wide, roots);
    for (tile::StoreOp store : storesIn(kernel.getBody()))
      storeRow(program, store, index.constant(0));
  });
  return end();
}

Value KernelEmitter::partialPosition(Type number, size_t component,
                                     Value block) {
  Value start = index.mul(block, partialBytes / bytesOf(number));
  return index.add(start, int64_t(component) * widestPartial / bytesOf(number));
}

//===----------------------------------------------------------------------===//
// The threads of a block
//===----------------------------------------------------------------------===//

// In pairs of neighbors, then pairs of pairs: the order is kept, and is the
// same every time.
Lanes KernelEmitter::combineThreads(const Lanes &state) {
  auto monoid = *rows.getReduction();
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  SmallVector<Buffer> memory;
  for (const Lane &lane : state)
    memory.push_back(shared(lane.element(), threads));
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
