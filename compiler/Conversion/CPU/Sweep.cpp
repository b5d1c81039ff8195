//===- Sweep.cpp - the loop over pairs ------------------------------------===//
//
//   stage rows: lanes over i, evaluate i-typed values, store by component
//   for blocks of columns:
//     stage columns: lanes over j, evaluate j-typed values, store by component
//     for groups of rows:
//       load row values; for columns, `unroll` at a time: formula, step
//
// One row vector and a few columns are in flight. Column values are read as
// scalars and broadcast, which on AVX-512 costs nothing: the broadcast becomes
// part of the instruction that uses it.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Functions.h"

using namespace mlir;

namespace keops::cpu {

// Arguments of the function, as in keops_sweep_fn.
enum SweepArgument {
  kTables,
  kRowBegin,
  kRowEnd,
  kColBegin,
  kColEnd,
  kScratch,
  kState
};

func::FuncOp KernelEmitter::emitSweep() {
  func::FuncOp function =
      begin("sweep", {ptr(), i64(), i64(), i64(), i64(), ptr(), ptr()});
  SmallVector<Value> roots(rowValues);
  llvm::append_range(roots,
                     sweep.getStage().front().getTerminator()->getOperands());
  for (Operation &op : sweep.getBody().front())
    llvm::append_range(roots, op.getOperands());
  LaneProgram program = withParameters(machine, roots);

  Value rowCount =
      index.sub(index.of(argument(kRowEnd)), index.of(argument(kRowBegin)));
  Value colBegin = index.of(argument(kColBegin));
  Value colEnd = index.of(argument(kColEnd));
  Value zero = index.constant(0);
  stageRows(program, rowCount);
  loop(machine, colBegin, colEnd, schedule.getCols(), {},
       [&](Value block, Lanes) {
         Value cols = index.min(index.sub(colEnd, block), schedule.getCols());
         stageColumns(program, block, cols);
         loop(machine, zero, rowCount, int64_t(width) * groups, {},
              [&](Value group, Lanes) {
                sweepGroup(program, group, index.sub(block, colBegin), cols);
                return Lanes();
              });
         return Lanes();
       });
  end();
  return function;
}

/// Scratch memory seen as numbers of the working precision, or as row numbers,
/// which are as wide.
class Scratch {
public:
  Scratch(CpuMachine &machine, Value pointer, Value offsetBytes = {})
      : reals(machine.builder, pointer, machine.real(), offsetBytes),
        rowNumbers(machine.builder, pointer, machine.index(), offsetBytes) {}
  const Buffer &of(Value value) const {
    return vecType(value).isReal() ? reals : rowNumbers;
  }

private:
  Buffer reals, rowNumbers;
};

/// Stores the components of `values`, one after the other, at a position.
static void storeColumns(const LaneProgram &program, ValueRange values,
                         const Scratch &scratch, const Columns &columns,
                         const Indices &index, Value position) {
  int64_t component = 0;
  for (Value value : values)
    for (const Lane &lane : program.get(value))
      scratch.of(value).storeAligned(
          lane.values.front(),
          index.add(position, component++ * columns.stride));
}

// Groups past the last row get copies of it; so does the end of a group.
void KernelEmitter::stageRows(LaneProgram program, Value rowCount) {
  Scratch scratch(
      machine, argument(kScratch),
      LLVM::ConstantOp::create(builder, i64(), stagedRows.offsetBytes));
  Value rowBegin = index.of(argument(kRowBegin));
  Value rowEnd = index.of(argument(kRowEnd));
  int64_t step = int64_t(width) * groups;
  Value padded = index.add(rowCount, step - 1);
  padded = index.sub(padded, index.rem(padded, step));
  loop(machine, index.constant(0), padded, width, {}, [&](Value group, Lanes) {
    LaneProgram local(program);
    Value first = index.min(index.add(rowBegin, group), index.add(rowEnd, -1));
    runSlice(local, machine, rowValues, first, index.sub(rowEnd, first));
    storeColumns(local, rowValues, scratch, stagedRows, index, group);
    storeState(reduction.init(machine, sweep.getDims()), group);
    return Lanes();
  });
}

void KernelEmitter::stageColumns(LaneProgram program, Value firstColumn,
                                 Value cols) {
  Scratch scratch(machine, argument(kScratch));
  ValueRange values = sweep.getStage().front().getTerminator()->getOperands();
  loop(machine, index.constant(0), cols, width, {}, [&](Value column, Lanes) {
    LaneProgram local(program);
    runSlice(local, machine, values, index.add(firstColumn, column),
             index.sub(cols, column));
    storeColumns(local, values, scratch, staged, index, column);
    return Lanes();
  });
}

void KernelEmitter::sweepGroup(LaneProgram program, Value group, Value block,
                               Value cols) {
  Scratch scratch(
      machine, argument(kScratch),
      LLVM::ConstantOp::create(builder, i64(), stagedRows.offsetBytes));
  int64_t component = 0;
  for (Value value : rowValues) {
    Lanes lanes;
    const Buffer &buffer = scratch.of(value);
    for (int64_t c = 0; c < vecType(value).getDim(); ++c, ++component) {
      Lane lane{&machine, groups, 1, {}};
      for (int r = 0; r < groups; ++r)
        lane.values.push_back(buffer.loadAligned(
            machine.laneType(buffer.element()),
            index.add(group, component * stagedRows.stride + r * width)));
      lanes.push_back(lane);
    }
    program.bind(value, lanes);
  }
  SmallVector<int64_t> dims = sweep.getDims();
  Lanes current = blockwise ? reduction.init(machine, dims) : loadState(group);
  for (Lane &lane : current)
    lane = machine.spread(lane, groups, 1);
  Value main = index.sub(cols, index.rem(cols, unroll));
  Value zero = index.constant(0);
  auto body = [&](int columns) {
    return [&, columns](Value column, Lanes carried) {
      return stepColumns(program, column, columns, block, carried);
    };
  };
  current = loop(machine, zero, main, unroll, current, body(unroll));
  if (unroll > 1)
    current = loop(machine, main, cols, 1, current, body(1));
  if (blockwise)
    current = reduction.combine(machine, loadState(group), current);
  storeState(current, group);
}

/// About one vector instruction in 0.15 ns, as the kernels that were measured.
/// Loads, broadcasts and constants become operands of other instructions.
static double estimateNs(Block &body) {
  int64_t instructions = llvm::count_if(body, [](Operation &op) {
    return op.getNumResults() == 1 &&
           isa<VectorType>(op.getResult(0).getType()) &&
           !isa<arith::ConstantOp, vector::BroadcastOp, vector::LoadOp>(op);
  });
  return 0.15 * double(instructions);
}

/// The formula for one group of rows and `columns` columns, and their step.
Lanes KernelEmitter::stepColumns(LaneProgram program, Value column, int columns,
                                 Value block, const Lanes &carried) {
  Scratch scratch(machine, argument(kScratch));
  Block *body = builder.getInsertionBlock();
  int64_t component = 0;
  for (BlockArgument value : sweep.getBody().getArguments()) {
    Lanes lanes;
    const Buffer &buffer = scratch.of(value);
    for (int64_t c = 0; c < vecType(value).getDim(); ++c, ++component) {
      Lane lane{&machine, 1, columns, {}};
      for (int u = 0; u < columns; ++u)
        lane.values.push_back(machine.splat(
            buffer.load(index.add(column, component * staged.stride + u))));
      lanes.push_back(lane);
    }
    program.bind(value, lanes);
  }
  Lane number{&machine, 1, columns, {}};
  Value first = arith::IndexCastOp::create(builder, machine.index(),
                                           index.add(block, column));
  for (int u = 0; u < columns; ++u) {
    Value offset = arith::ConstantOp::create(
        builder, builder.getIntegerAttr(machine.index(), u));
    number.values.push_back(
        machine.splat(arith::AddIOp::create(builder, first, offset)));
  }
  SmallVector<Lanes> values;
  for (Operation &op : sweep.getBody().front()) {
    if (auto step = dyn_cast<tile::StepOp>(op)) {
      for (Value value : step.getValues())
        values.push_back(program.get(value));
      break;
    }
    program.run(&op);
  }
  Lanes next = columns > 1
                   ? reduction.stepBlock(machine, carried, values, number)
                   : reduction.step(machine, carried, values, number);
  if (columns == unroll)
    estimatedPairNs = estimateNs(*body) / double(columns * groups * width);
  return next;
}

//===----------------------------------------------------------------------===//
// Accumulators
//===----------------------------------------------------------------------===//

Lanes KernelEmitter::loadState(Value group) {
  Lanes lanes;
  SmallVector<Type> types = reduction.state(machine, sweep.getDims());
  for (auto [c, type] : llvm::enumerate(types)) {
    Buffer buffer(builder, argument(kState), type);
    Lane lane{&machine, groups, 1, {}};
    for (int r = 0; r < groups; ++r)
      lane.values.push_back(
          buffer.loadAligned(machine.laneType(type),
                             index.add(group, c * state.stride + r * width)));
    lanes.push_back(lane);
  }
  return lanes;
}

void KernelEmitter::storeState(const Lanes &lanes, Value group) {
  for (auto [c, lane] : llvm::enumerate(lanes)) {
    Buffer buffer(builder, argument(kState), lane.element());
    for (int r = 0; r < lane.rows; ++r)
      buffer.storeAligned(lane.at(r, 0),
                          index.add(group, c * state.stride + r * width));
  }
}

} // namespace keops::cpu
