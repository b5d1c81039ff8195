//===- Finish.cpp - from accumulators to results --------------------------===//

#include "compiler/Conversion/CPU/Functions.h"
#include "compiler/Conversion/CPU/Transpose.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace keops::cpu {

//===----------------------------------------------------------------------===//
// finish
//===----------------------------------------------------------------------===//

func::FuncOp KernelEmitter::emitFinish() {
  func::FuncOp function = begin(
      "finish", {ptr(), i64(), i64(), ptr(), i64(), ptr(), ptr(), ptr()},
      FinishArgument::kScratch, resultsOffset + resultComponents * width * 8);
  if (!rows) {
    end();
    return function;
  }
  SmallVector<Value> roots;
  for (tile::StoreOp store : storesIn(rows.getBody()))
    roots.push_back(store.getValue());
  Lanes total;
  if (rows.getReduction()) {
    llvm::append_range(roots, stepOf(rows).getValues());
    if (isLongRows)
      initLongPartial();
    else
      total = rows.getReduction()->init(wide, dimsOf(stepOf(rows).getValues()));
  }
  LaneProgram program = withParameters(wide, roots);
  Value rowBegin = index.of(argument(FinishArgument::kRowBegin));
  Value rowCount =
      index.sub(index.of(argument(FinishArgument::kRowEnd)), rowBegin);
  total = emitLoop(
      wide, index.constant(0), rowCount, width, total,
      [&](Value group, Lanes carried) {
        LaneProgram local(program);
        if (isLongState)
          finishLong(local, group);
        else if (sweep)
          bindResults(local, sweep,
                      reduction.finalize(wide, combinedState(wide, group),
                                         sweep.getDims()));
        Value valid = index.sub(rowCount, group);
        runSlice(local, wide, roots, index.add(rowBegin, group), valid);
        for (tile::StoreOp store : storesIn(rows.getBody()))
          storeRows(local, store, group, valid);
        if (isLongRows)
          reduceLongRows(local, valid);
        else if (rows.getReduction())
          return reduceRows(local, wide, carried, valid);
        return Lanes();
      });
  for (auto [c, lane] : llvm::enumerate(total))
    Buffer(builder, argument(FinishArgument::kPartial), lane.element())
        .storeAligned(lane.at(0, 0),
                      index.constant(c * partial.stride(lane.element())));
  end();
  return function;
}

/// One entry of the accumulator of a chunk. Column numbers in it count from the
/// base of the chunk, those that are returned from column 0.
Lane KernelEmitter::loadEntry(CpuMachine &machine, Type type, Value chunk,
                              Value position) {
  int64_t numbersPerState = wholeLines(state.bytes()) / bytesOf(type);
  Value start = index.mul(chunk, numbersPerState);
  Lane lane = machine.wrap(
      Buffer(builder, argument(FinishArgument::kStates), type)
          .loadAligned(machine.laneType(type), index.add(start, position)));
  if (!isa<IntegerType>(type))
    return lane;
  lane = machine.map({lane}, [&](ArrayRef<Value> x) -> Value {
    if (type == machine.index())
      return x[0];
    return arith::ExtSIOp::create(builder, machine.laneType(machine.index()),
                                  x[0]);
  });
  if (reduction.hasCounts())
    return lane;
  Value base =
      Buffer(builder, argument(FinishArgument::kBases), i64()).load(chunk);
  // -1 says that there is no such column, in any chunk.
  return select(lane < machine.columnNumber(0), lane,
                lane + machine.wrap(machine.splat(base)));
}

/// The accumulator of one chunk; of one component, if that is given.
Lanes KernelEmitter::loadChunk(CpuMachine &machine, Value chunk, Value group,
                               Value component) {
  // As the sweep has stored it.
  SmallVector<Type> types =
      component ? reduction.state(this->machine, {1})
                : reduction.state(this->machine, sweep.getDims());
  int64_t step = component ? sweep.getDims().front() : 1;
  Lanes lanes;
  for (auto [c, type] : llvm::enumerate(types)) {
    int64_t stride = state.stride(type);
    Value start =
        component ? index.add(group, index.mul(component, stride)) : group;
    lanes.push_back(loadEntry(machine, type, chunk,
                              index.add(start, int64_t(c) * step * stride)));
  }
  return lanes;
}

Lanes KernelEmitter::combinedState(CpuMachine &machine, Value group,
                                   Value component) {
  Lanes first = loadChunk(machine, index.constant(0), group, component);
  return emitLoop(machine, index.constant(1),
                  index.of(argument(FinishArgument::kStateCount)), 1, first,
                  [&](Value chunk, Lanes carried) {
                    return reduction.combine(
                        machine, carried,
                        loadChunk(machine, chunk, group, component));
                  });
}

/// All rows of a vector at once, as they stand in the table.
static void storeWholeRows(CpuMachine &machine, const Buffer &target,
                           const Lanes &lanes, Value first) {
  Indices index(machine.builder);
  SmallVector<Value> components;
  for (const Lane &lane : lanes)
    components.push_back(lane.at(0, 0));
  Value start = index.mul(first, int64_t(lanes.size()));
  for (auto [k, vector] :
       llvm::enumerate(rowsOfComponents(machine.builder, components)))
    target.storeVector(vector, index.add(start, int64_t(k) * machine.width()));
}

// Lanes are columns of the result and the table wants rows: through shuffles if
// that takes few and all lanes are rows, else through scratch memory, number by
// number.
void KernelEmitter::storeRows(LaneProgram &program, tile::StoreOp store,
                              Value group, Value valid) {
  const Buffer &target = table(store.getTable());
  Value value = store.getValue();
  Value first = index.add(index.of(argument(FinishArgument::kRowBegin)), group);
  if (isLong(value) || width == 1)
    return storeRowsOneByOne(program, target, value, first, valid);
  Value isWhole = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge,
                                        valid, index.constant(width));
  auto branch = scf::IfOp::create(builder, isWhole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  storeWholeRows(wide, target, program.get(value), first);
  builder.setInsertionPointToStart(branch.elseBlock());
  storeRowsOneByOne(program, target, value, first, valid);
}

void KernelEmitter::storeRowsOneByOne(LaneProgram &program,
                                      const Buffer &target, Value value,
                                      Value first, Value valid) {
  Buffer scratch(builder, argument(FinishArgument::kScratch), target.element());
  int64_t dim = vecType(value).getDim();
  if (isLong(value) && program.isIndexable(value))
    wide.loop(dim, {}, [&](Value component, ArrayRef<Lane>) {
      scratch.storeAligned(program.at(value, component).at(0, 0),
                           index.mul(component, width));
      return Lanes();
    });
  else
    for (auto [c, lane] : llvm::enumerate(program.get(value)))
      scratch.storeAligned(lane.at(0, 0), index.constant(c * width));
  Value zero = index.constant(0), end = index.constant(dim);
  emitLoop(wide, zero, index.min(valid, width), 1, {}, [&](Value row, Lanes) {
    Value base = index.mul(index.add(first, row), dim);
    emitLoop(wide, zero, end, 1, {}, [&](Value c, Lanes) {
      target.store(scratch.load(index.add(index.mul(c, width), row)),
                   index.add(base, c));
      return Lanes();
    });
    return Lanes();
  });
}

/// Which lanes are rows: those past the last one are copies.
Lane KernelEmitter::validRows(Value valid) {
  return wide.wrap(vector::CreateMaskOp::create(
      builder, VectorType::get({width}, builder.getI1Type()),
      ValueRange{valid}));
}

/// Adds the valid rows of a group to the total over rows.
Lanes KernelEmitter::reduceRows(LaneProgram &program, CpuMachine &machine,
                                const Lanes &total, Value valid) {
  auto monoid = *rows.getReduction();
  SmallVector<Lanes> values;
  for (Value value : stepOf(rows).getValues())
    values.push_back(program.get(value));
  Lanes lifted = monoid.lift(machine, values, machine.columnNumber(0));
  Lanes neutral = monoid.init(machine, dimsOf(stepOf(rows).getValues()));
  Lane isValid = validRows(valid);
  for (auto [lane, none] : llvm::zip_equal(lifted, neutral))
    lane = select(isValid, lane, none);
  return monoid.combine(machine, total, lifted);
}

//===----------------------------------------------------------------------===//
// close
//===----------------------------------------------------------------------===//

func::FuncOp KernelEmitter::emitClose() {
  func::FuncOp function =
      begin("close", {ptr(), ptr(), i64(), ptr()}, CloseArgument::kScratch,
            partial.components * width * 8);
  CpuMachine scalars(builder, real, Isa::Scalar, 1, precise,
                     builder.getI64Type());
  LaneProgram program = emptyProgram(scalars);
  if (isLongRows)
    closeLong(program, scalars);
  else if (rows)
    bindResults(program, rows, combinePartials(wide, scalars));
  for (tile::StoreOp store : storesIn(kernel.getBody())) {
    Value value = store.getValue();
    const Buffer &target = table(store.getTable());
    runSlice(program, scalars, value);
    if (isLong(value) && program.isIndexable(value))
      scalars.loop(
          vecType(value).getDim(), {}, [&](Value component, ArrayRef<Lane>) {
            target.store(program.at(value, component).at(0, 0), component);
            return Lanes();
          });
    else
      for (auto [c, lane] : llvm::enumerate(program.get(value)))
        target.store(lane.at(0, 0), index.constant(c));
  }
  end();
  return function;
}

/// The total over all row tiles, then over the lanes of a vector, in order. Of
/// all components, or of that of an index value.
Lanes KernelEmitter::combinePartials(CpuMachine &vectors, CpuMachine &scalars,
                                     Value component) {
  auto monoid = *rows.getReduction();
  SmallVector<int64_t> dims = dimsOf(stepOf(rows).getValues());
  // From one part of a component to the next.
  int64_t step = component ? dims.front() : 1;
  if (component)
    dims = {1};
  Value zero = index.constant(0);
  Lanes total = emitLoop(
      vectors, zero, index.of(argument(CloseArgument::kPartialCount)), 1,
      monoid.init(vectors, dims), [&](Value tile, Lanes carried) {
        Lanes part;
        for (auto [c, lane] : llvm::enumerate(carried)) {
          Type type = lane.element();
          int64_t stride = partial.stride(type);
          Value start =
              component ? index.mul(component, stride) : index.constant(0);
          Value tileStart = index.mul(tile, partialBytes() / bytesOf(type));
          Buffer buffer(builder, argument(CloseArgument::kPartials), type);
          part.push_back(vectors.wrap(buffer.loadAligned(
              vectors.laneType(type), index.add(index.add(tileStart, start),
                                                int64_t(c) * step * stride))));
        }
        return monoid.combine(vectors, carried, part);
      });
  for (auto [c, lane] : llvm::enumerate(total))
    Buffer(builder, argument(CloseArgument::kScratch), lane.element())
        .storeAligned(lane.at(0, 0), index.constant(int64_t(c) * width * 8 /
                                                    bytesOf(lane.element())));
  Lanes sum = emitLoop(
      scalars, zero, index.constant(width), 1, monoid.init(scalars, dims),
      [&](Value l, Lanes carried) {
        Lanes row;
        for (auto [c, lane] : llvm::enumerate(carried))
          row.push_back(scalars.wrap(
              Buffer(builder, argument(CloseArgument::kScratch), lane.element())
                  .load(index.add(l, int64_t(c) * width * 8 /
                                         bytesOf(lane.element())))));
        return monoid.combine(scalars, carried, row);
      });
  return monoid.finalize(scalars, sum, dims);
}

} // namespace keops::cpu
