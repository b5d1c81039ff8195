//===- Sweep.cpp - the loop over pairs on a GPU ---------------------------===//
//
//   row values of this thread's rows: registers
//   for spans of the chunk, for blocks of columns:
//     barrier; each thread evaluates j-typed values of some columns and stores
//     them in shared memory, component by component; barrier
//     for columns, `unroll` at a time: formula, step
//   store states
//
// All threads of a warp read the same columns, so a load from shared memory
// serves the warp at once, and a load of 16 bytes four columns (two in f64).
// With R rows per thread it serves R pairs each.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Functions.h"

using namespace mlir;

namespace keops::device {

mlir::gpu::GPUFuncOp KernelEmitter::emitSweep() {
  begin("sweep",
        {i64(), i64(), i64(), i64(), ptr(), i64(), ptr(), ptr(), ptr()},
        SweepParameter::kAddresses);
  reserveStage();
  SmallVector<Value> roots(rowValues);
  llvm::append_range(roots,
                     sweep.getStage().front().getTerminator()->getOperands());
  for (Operation &op : sweep.getBody().front())
    llvm::append_range(roots, op.getOperands());
  LaneProgram program = withParameters(machine, roots);
  loadRowValues(program, rowsOfThread(workOfSweep()));
  if (product)
    beginTensor(workOfSweep());

  Accumulators total;
  Lanes state;
  if (isLongState)
    total = accumulatorsOf(reduction);
  else
    for (const Lane &lane : reduction.init(machine, sweep.getDims()))
      state.push_back(machine.spread(lane, groups, 1));
  state = forSpans(state, [&](Value first, Value end, Lanes ofSpan) {
    return emitLoop(machine, first, end, schedule.getCols(), ofSpan,
                    [&](Value block, Lanes carried) {
                      return sweepBlock(program, index.of(block), index.of(end),
                                        total, carried);
                    });
  });
  Work work = workOfSweep();
  Rows threadRows = rowsOfThread(work);
  if (isLongState)
    storeLongStates(total, threadRows, work);
  else
    storeStates(state, threadRows, work, index.constant(0));
  return end();
}

/// A block of columns, from one on, which has a number in the chunk.
Lanes KernelEmitter::sweepBlock(const LaneProgram &program, Value number,
                                Value end, const Accumulators &total,
                                const Lanes &carried) {
  bindTables(SweepParameter::kAddresses);
  chunkBegin = workOfSweep().base;
  Value count = index.min(index.sub(end, number), schedule.getCols());
  stageColumns(program, index.add(chunkBegin, number), count);
  if (product)
    multiplyColumns(index.add(chunkBegin, number), count);
  if (!isLongState)
    return sweepStaged(program, carried, number, count);
  sweepStagedLong(program, total, number, count);
  return {};
}

/// Room for the columns of a block.
void KernelEmitter::reserveStage() {
  for (BlockArgument argument : sweep.getBody().getArguments()) {
    VecType type = vecType(argument);
    if (!unstaged.count(argument))
      staged.try_emplace(argument, shared(numberType(machine, type),
                                          type.getDim() * schedule.getCols()));
  }
  sweepSharedBytes = sharedBytes;
}

/// Short ones to registers, long ones to memory of the thread: there, numbers
/// of neighboring threads are neighbors, in tables they are not.
void KernelEmitter::loadRowValues(LaneProgram &program,
                                  const Rows &threadRows) {
  program.setShape(groups, 1);
  runSlice(program, machine, rowValues, threadRows.clamped);
  for (Value value : rowValues) {
    if (!isLong(value) || !program.isIndexable(value))
      continue;
    VecType type = vecType(value);
    LaneVector memory =
        allocate(machine, numberType(machine, type), type.getDim(), groups, 1);
    machine.loop(type.getDim(), {}, [&](Value component, ArrayRef<Lane>) {
      memory.store(component, program.at(value, component));
      return Lanes();
    });
    program.bindTable(value, memory.load);
  }
}

KernelEmitter::Rows KernelEmitter::rowsOfThread(const Work &work) {
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  Value first = index.add(work.rowBegin, thread);
  Value last = index.add(work.rowEnd, -1);
  Rows result;
  for (int r = 0; r < groups; ++r) {
    result.numbers.push_back(index.add(first, int64_t(r) * threads));
    result.clamped.push_back(index.min(result.numbers.back(), last));
  }
  return result;
}

/// Puts `count` columns into shared memory once nobody reads the last ones. If
/// products follow, those wait until all are there.
void KernelEmitter::stageColumns(LaneProgram program, Value first,
                                 Value count) {
  if (staged.empty() && !product)
    return;
  mlir::gpu::BarrierOp::create(builder);
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  SmallVector<Value> values, arguments;
  for (auto [value, argument] :
       llvm::zip_equal(sweep.getStage().front().getTerminator()->getOperands(),
                       sweep.getBody().getArguments())) {
    if (unstaged.count(argument))
      continue;
    values.push_back(value);
    arguments.push_back(argument);
  }
  program.setShape(1, 1);
  emitLoop(machine, thread, count, threads, {}, [&](Value column, Lanes) {
    LaneProgram local(program);
    runSlice(local, machine, values, index.add(first, column));
    for (size_t n = 0; n < values.size(); ++n) {
      Value value = values[n];
      const Buffer &buffer = staged.find(arguments[n])->second;
      auto store = [&](Value component, const Lane &lane) {
        buffer.store(
            lane.values.front(),
            index.add(index.mul(component, schedule.getCols()), column));
      };
      if (isLong(value) && local.isIndexable(value))
        machine.loop(vecType(value).getDim(), {},
                     [&](Value component, ArrayRef<Lane>) {
                       store(component, local.at(value, component));
                       return Lanes();
                     });
      else
        for (auto [c, lane] : llvm::enumerate(local.get(value)))
          store(index.constant(int64_t(c)), lane);
    }
    return Lanes();
  });
  if (!product)
    mlir::gpu::BarrierOp::create(builder);
}

/// Takes in the columns of the stage, whose first has a number in the chunk.
Lanes KernelEmitter::sweepStaged(const LaneProgram &program, const Lanes &state,
                                 Value number, Value count) {
  Lanes current = state;
  if (ofBlock) {
    current = ofBlock.init(machine, sweep.getDims());
    for (Lane &lane : current)
      lane = machine.spread(lane, groups, 1);
  }
  auto body = [&](int columns) {
    return [&, columns](Value column, Lanes carried) {
      return stepColumns(program, column, columns, number, carried);
    };
  };
  Value main = index.sub(count, index.rem(count, unroll));
  current =
      emitLoop(machine, index.constant(0), main, unroll, current, body(unroll));
  if (unroll > 1)
    current = emitLoop(machine, main, count, 1, current, body(1));
  return ofBlock ? reduction.combine(machine, state, current) : current;
}

Lane KernelEmitter::loadStaged(const Buffer &buffer, Value position,
                               int columns) {
  Lane lane{&machine, 1, columns, {}};
  int64_t atOnce = std::min<int64_t>(columns, 16 / bytesOf(buffer.element()));
  for (int64_t u = 0; u < columns; u += atOnce) {
    Value at = index.add(position, u);
    if (columns % atOnce != 0 || schedule.getCols() % atOnce != 0 ||
        unroll % atOnce != 0 || atOnce == 1) {
      for (int64_t k = u; k < std::min<int64_t>(u + atOnce, columns); ++k)
        lane.values.push_back(buffer.load(index.add(position, k)));
      continue;
    }
    Value several =
        buffer.loadAligned(VectorType::get({atOnce}, buffer.element()), at);
    for (int64_t k = 0; k < atOnce; ++k)
      lane.values.push_back(vector::ExtractOp::create(builder, several, k));
  }
  return lane;
}

/// One component of neighboring columns from their table.
Lane KernelEmitter::loadColumns(tile::LoadOp load, Value component, Value first,
                                int columns) {
  SmallVector<Value> positions;
  for (int u = 0; u < columns; ++u)
    positions.push_back(index.add(first, u));
  Lane lane = loadRows(machine, tables.find(load.getTable())->second,
                       vecType(load.getValue()).getDim(), positions, component);
  std::swap(lane.rows, lane.cols);
  return lane;
}

Lane KernelEmitter::columnNumbers(Value first, int columns) {
  Lane number{&machine, 1, columns, {}};
  for (int u = 0; u < columns; ++u)
    number.values.push_back(arith::IndexCastOp::create(builder, machine.index(),
                                                       index.add(first, u)));
  return number;
}

/// The formula for the rows of the thread and some columns of the stage, whose
/// first has a number in the chunk; but for what long sums do by component.
void KernelEmitter::runColumns(LaneProgram &program, Value column, int columns,
                               Value number) {
  program.setShape(groups, columns);
  Value first = index.add(index.add(chunkBegin, number), column);
  for (BlockArgument value : sweep.getBody().getArguments()) {
    if (product && value == product->column && product->isOnlyUse())
      continue;
    if (tile::LoadOp load = unstaged.lookup(value)) {
      bindMemory(program, value, [=](Value component) {
        return loadColumns(load, component, first, columns);
      });
      continue;
    }
    Buffer buffer = staged.find(value)->second;
    bindMemory(program, value, [=](Value component) {
      Value start = index.mul(component, schedule.getCols());
      return loadStaged(buffer, index.add(start, column), columns);
    });
  }
  for (Operation &op : sweep.getBody().front().without_terminator()) {
    if (product && &op == product->op)
      bindProduct(program, column, columns, first);
    else if (!(product && product->covers(&op)) &&
             !(isLongState && isPartOfStep(&op)))
      program.run(&op);
  }
}

/// The formula for the rows of the thread and some columns, and their step.
Lanes KernelEmitter::stepColumns(LaneProgram program, Value column, int columns,
                                 Value number, const Lanes &carried) {
  runColumns(program, column, columns, number);
  SmallVector<Lanes> values;
  for (Value value : stepOf(sweep).getValues())
    values.push_back(program.get(value));
  Lane numbers = columnNumbers(index.add(number, column), columns);
  Lanes next = columns > 1
                   ? ofColumns().stepBlock(machine, carried, values, numbers)
                   : ofColumns().step(machine, carried, values, numbers);
  if (columns == unroll)
    pairLoop = builder.getInsertionBlock();
  return next;
}

/// Stores some numbers of the state, from one on, of rows that there are.
void KernelEmitter::storeStates(ArrayRef<Lane> state, const Rows &threadRows,
                                const Work &work, Value first) {
  for (auto [r, number] : llvm::enumerate(threadRows.numbers)) {
    Value isRow = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt,
                                        number, work.rowEnd);
    Value row = index.sub(number, work.firstRow);
    emitIf(isRow, [&, r = r] {
      for (auto [c, lane] : llvm::enumerate(state))
        Buffer(builder, parameter(SweepParameter::kStates), lane.element())
            .store(lane.at(int(r), 0),
                   statePosition(lane.element(), index.add(first, int64_t(c)),
                                 work.states, row, work.stateRows));
    });
  }
}

} // namespace keops::device
