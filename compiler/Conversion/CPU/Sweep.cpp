//===- Sweep.cpp - the loop over pairs ------------------------------------===//
//
//   for spans of columns, for blocks of columns:
//     stage columns (Stage.cpp)
//     for groups of rows:
//       in the first block, stage rows
//       load row values; for columns, `unroll` at a time: formula, step
//
// Rows are staged when they are needed first, not all at once: the processor
// then fetches them while it works on those before (1000000 rows and 100
// columns, Cauchy: 0.112 instead of 0.116 ns per pair).
//
// One row vector and a few columns are in flight. Column values are read as
// scalars and broadcast, which on AVX-512 costs nothing: the broadcast becomes
// part of the instruction that uses it.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"
#include "compiler/Conversion/CPU/Functions.h"
#include "compiler/Conversion/CPU/Halves.h"
#include "compiler/Conversion/CPU/Quotients.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace keops::cpu {

// Ranks with their columns, in 16 registers.
static constexpr int64_t kMostUntested = 8;
// What the first half of a loop hands over stays in the L1 cache, with room for
// all else (the gradient of a Gaussian in dimension 7 with 256 bits: 1.28
// instead of 0.73 ns per pair with 48 KiB).
static constexpr int64_t kStripBytes = 8 << 10;

Value KernelEmitter::flag(bool value) {
  return arith::ConstantOp::create(builder, builder.getBoolAttr(value));
}

func::FuncOp KernelEmitter::beginSweep() {
  return begin("sweep",
               {ptr(), i64(), i64(), ptr(), i64(), i64(), ptr(), ptr()},
               SweepArgument::kScratch,
               staged.bytes() + stagedRowBytes() + blockState.bytes());
}

LaneProgram KernelEmitter::sweepProgram() {
  SmallVector<Value> roots(rowValues);
  llvm::append_range(roots,
                     sweep.getStage().front().getTerminator()->getOperands());
  for (Operation &op : sweep.getBody().front())
    llvm::append_range(roots, op.getOperands());
  return withParameters(machine, roots);
}

func::FuncOp KernelEmitter::emitSample() {
  if (!sweep)
    return {};
  func::FuncOp function = beginSweep();
  LaneProgram program = sweepProgram();
  Value zero = index.constant(0), cols = index.constant(schedule.getCols());
  firstColumn = zero;
  if (!isRanked()) {
    sweepGroup(program, zero, zero, cols);
  } else {
    bindRows(program, zero);
    int64_t count = (schedule.getCols() - 1) / columnsPerGroup() + 1;
    boundOfColumns(program, zero, cols, allocate(machine, count, 1, 1));
  }
  end();
  return function;
}

func::FuncOp KernelEmitter::emitSweep() {
  func::FuncOp function = beginSweep();
  LaneProgram program = sweepProgram();
  Value rowCount = index.sub(index.of(argument(SweepArgument::kRowEnd)),
                             index.of(argument(SweepArgument::kRowBegin)));
  Value zero = index.constant(0);
  initStates(rowCount);
  Lane isStaged = machine.wrap(flag(false));
  Buffer spans(builder, argument(SweepArgument::kSpans), i64());
  emitLoop(machine, zero, index.of(argument(SweepArgument::kSpanCount)), 1,
           {isStaged}, [&](Value span, Lanes carried) {
             Value begin = index.mul(span, 2);
             return sweepSpan(program, index.of(spans.load(begin)),
                              index.of(spans.load(index.add(begin, 1))),
                              rowCount, carried.front());
           });
  end();
  return function;
}

/// Neighboring columns, in blocks. Are rows staged already, and are they then?
Lanes KernelEmitter::sweepSpan(LaneProgram program, Value colBegin,
                               Value colEnd, Value rowCount,
                               const Lane &isStaged) {
  Value base = index.of(argument(SweepArgument::kBase));
  return emitLoop(
      machine, colBegin, colEnd, schedule.getCols(), {isStaged},
      [&](Value block, Lanes carried) {
        Value cols = index.min(index.sub(colEnd, block), schedule.getCols());
        firstColumn = block;
        stageColumns(program, block, cols);
        emitLoop(machine, index.constant(0), rowCount, int64_t(width) * groups,
                 {}, [&](Value group, Lanes) {
                   stageRows(program, group, carried.front());
                   sweepGroup(program, group, index.sub(block, base), cols);
                   return Lanes();
                 });
        return Lanes{machine.wrap(flag(true))};
      });
}

void KernelEmitter::initStates(Value rowCount) {
  int64_t step = int64_t(width) * groups;
  Value padded = index.add(rowCount, step - 1);
  padded = index.sub(padded, index.rem(padded, step));
  emitLoop(machine, index.constant(0), padded, width, {},
           [&](Value group, Lanes) {
             if (isLongState)
               initLongState(rowAccumulators(group), /*rowGroups=*/1);
             else
               storeState(reduction.init(machine, sweep.getDims()), group);
             return Lanes();
           });
}

void KernelEmitter::sweepGroup(LaneProgram program, Value group, Value block,
                               Value cols) {
  LaneProgram parameters(program);
  bindRows(program, group);
  if (isLongState)
    return sweepLongGroup(std::move(program), group, block, cols);
  if (isRanked())
    return sweepRankedGroup(program, parameters, group, block, cols);
  sweepShortGroup(program, group, block, cols, unroll);
}

/// With the state in registers.
void KernelEmitter::sweepShortGroup(const LaneProgram &program, Value group,
                                    Value block, Value cols, int unroll) {
  Value main = index.sub(cols, index.rem(cols, unroll));
  Value zero = index.constant(0);
  SmallVector<int64_t> dims = sweep.getDims();
  Lanes current = ofBlock ? ofBlock.init(machine, dims) : loadState(group);
  for (Lane &lane : current)
    lane = machine.spread(lane, groups, 1);
  auto body = [&](int columns) {
    return [&, columns](Value column, Lanes carried) {
      return stepColumns(program, column, columns, block, carried);
    };
  };
  current = emitLoop(machine, zero, main, unroll, current, body(unroll));
  auto loop = current.front().values.front().getDefiningOp<scf::ForOp>();
  if (schedule.getAhead() && loop)
    if (std::optional<Halves> halves = cutInHalves(loop, schedule.getAhead()))
      current = machine.unflatten(halves->strips.getResults(), current);
  current = useMultipliersToDivide(current);
  if (unroll > 1)
    current = emitLoop(machine, main, cols, 1, current, body(1));
  if (ofBlock)
    current = reduction.combine(machine, loadState(group), current);
  storeState(current, group);
}

std::optional<Halves> KernelEmitter::cutInHalves(scf::ForOp loop,
                                                 int64_t ahead) {
  auto type = dyn_cast<VectorType>(machine.laneType(real));
  std::optional<Cut> cut;
  if (type)
    cut = findCut(loop, type, int64_t(groups) * unroll);
  if (!cut)
    return std::nullopt;
  llvm::SaveAndRestore<int64_t> free(scratchUsed);
  int64_t perColumn = cut->vectorsPerColumn(unroll) * width;
  int64_t most = std::min(ahead, kStripBytes / (perColumn * bytesOf(real)));
  int64_t columns = std::max<int64_t>(most / unroll, 1) * unroll;
  Attribute mark = loop->getAttr(kPairsAttribute);
  builder.setInsertionPoint(loop);
  Halves halves =
      cutLoop(builder, loop, *cut, columns, reserve(real, perColumn * columns));
  halves.first->setAttr(kAheadAttribute, mark);
  halves.second->setAttr(kPairsAttribute, mark);
  return halves;
}

/// If divisions bind the loop that gave `results`.
Lanes KernelEmitter::useMultipliersToDivide(const Lanes &results) {
  auto loop = results.front().values.front().getDefiningOp<scf::ForOp>();
  if (level != Isa::V4 || precise || !loop || !pairsOf(loop))
    return results;
  return machine.unflatten(shareDivider(machine, loop), results);
}

void KernelEmitter::markTurn(Block &body, int64_t columns) {
  body.getParentOp()->setAttr(
      kPairsAttribute, builder.getI64IntegerAttr(columns * groups * width));
}

/// The formula for one group of rows and `columns` columns, up to the step.
void KernelEmitter::runColumns(LaneProgram &program, Value column,
                               int columns) {
  program.setShape(groups, columns);
  bindColumns(program, column, columns);
  for (Operation &op : sweep.getBody().front().without_terminator())
    if (!(isLongState && isPartOfStep(&op)))
      program.run(&op);
}

Lane KernelEmitter::columnNumbers(Value column, int columns, Value block) {
  Lane number{&machine, 1, columns, {}};
  Value first = arith::IndexCastOp::create(builder, machine.index(),
                                           index.add(block, column));
  for (int u = 0; u < columns; ++u) {
    Value offset = arith::ConstantOp::create(
        builder, builder.getIntegerAttr(machine.index(), u));
    number.values.push_back(
        machine.splat(arith::AddIOp::create(builder, first, offset)));
  }
  return number;
}

/// The formula for one group of rows and `columns` columns, and their step.
Lanes KernelEmitter::stepColumns(LaneProgram program, Value column, int columns,
                                 Value block, const Lanes &carried) {
  llvm::SaveAndRestore<int64_t> free(scratchUsed);
  Block *body = builder.getInsertionBlock();
  runColumns(program, column, columns);
  Lane number = columnNumbers(column, columns, block);
  SmallVector<Lanes> values;
  for (Value value : sweep.getBody().front().getTerminator()->getOperands())
    values.push_back(program.get(value));
  // Of few columns, nearly all change something for some row: a test does not
  // pay, as long as what they change stays in registers.
  bool hasTest = !isRanked() || reduction.getRanking()->count > kMostUntested;
  Lanes next = columns > 1 && hasTest
                   ? ofColumns().stepBlock(machine, carried, values, number)
                   : stepByStep(ofColumns(), machine, carried, values, number);
  markTurn(*body, columns);
  return next;
}

//===----------------------------------------------------------------------===//
// Accumulators
//===----------------------------------------------------------------------===//

Lanes KernelEmitter::loadState(Value group) {
  Lanes lanes;
  SmallVector<Type> types = reduction.state(machine, sweep.getDims());
  for (auto [c, type] : llvm::enumerate(types))
    lanes.push_back(
        loadGroups(Buffer(builder, argument(SweepArgument::kState), type),
                   index.add(group, int64_t(c) * state.stride(type))));
  return lanes;
}

void KernelEmitter::storeState(const Lanes &lanes, Value group) {
  for (auto [c, lane] : llvm::enumerate(lanes))
    storeGroups(
        Buffer(builder, argument(SweepArgument::kState), lane.element()), lane,
        index.add(group, int64_t(c) * state.stride(lane.element())));
}

} // namespace keops::cpu
