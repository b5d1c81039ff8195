//===- FinishLong.cpp - results of long vectors ---------------------------===//
//
// What Finish.cpp does for all components at once is done here one component
// after the other, in loops: their accumulators do not fit into registers.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Functions.h"

using namespace mlir;

namespace keops::cpu {

//===----------------------------------------------------------------------===//
// finish
//===----------------------------------------------------------------------===//

/// Results of a long sweep go to scratch memory, where the ops that follow find
/// them. Part p of a component is number p * step + component there, or p *
/// step + rank * dim + component.
void KernelEmitter::storeResults(const Lanes &parts, Value component,
                                 int64_t step, Value rank) {
  if (rank)
    component = index.add(component, index.mul(rank, sweep.getDims().front()));
  for (auto [p, part] : llvm::enumerate(parts)) {
    // Each has room for numbers of 64 bits.
    int64_t stride = width * 64 / part.element().getIntOrFloatBitWidth();
    Buffer buffer(builder, scratch, part.element(),
                  LLVM::ConstantOp::create(builder, i64(), resultsOffset));
    buffer.storeAligned(
        part.at(0, 0),
        index.mul(index.add(component, int64_t(p) * step), stride));
  }
}

void KernelEmitter::finishComponent(Value group, Value component) {
  Lanes parts =
      reduction.finalize(wide, combinedState(wide, group, component), {1});
  storeResults(parts, component, sweep.getDims().front());
}

/// Puts the ranks of all chunks into one list.
void KernelEmitter::finishRanks(Value group, Value component) {
  int64_t dim = sweep.getDims().front(), ranks = reduction.getRanks();
  SmallVector<Type> stored = reduction.state(machine, {1});
  SmallVector<Type> types = reduction.state(wide, {1});
  Lanes neutral = reduction.init(wide, {1});
  SmallVector<LaneVector> kinds;
  for (size_t p = 0; p < types.size(); p += ranks) {
    LaneVector kind = allocate(wide, ranks, /*rows=*/1, /*cols=*/1, types[p]);
    wide.loop(ranks, {}, [&](Value rank, ArrayRef<Lane>) {
      kind.store(rank, neutral[p]);
      return Lanes();
    });
    kinds.push_back(kind);
  }
  emitLoop(
      wide, index.constant(0), index.of(argument(FinishArgument::kStateCount)),
      1, {}, [&](Value chunk, Lanes) {
        wide.loop(
            ranks, {},
            [&](Value rank, ArrayRef<Lane>) {
              Lanes entry;
              for (size_t p = 0; p < types.size(); p += ranks) {
                Value number = index.add(
                    index.mul(index.add(rank, int64_t(p)), dim), component);
                entry.push_back(loadEntry(
                    wide, stored[p], chunk,
                    index.add(group,
                              index.mul(number, state.stride(stored[p])))));
              }
              reduction.insertInLoops(wide, kinds, entry);
              return Lanes();
            },
            /*isInner=*/false);
        return Lanes();
      });
  wide.loop(ranks, {}, [&](Value rank, ArrayRef<Lane>) {
    Lanes entry;
    for (const LaneVector &kind : kinds)
      entry.push_back(kind.load(rank));
    storeResults(reduction.finalize(wide, entry, {1}), component, ranks * dim,
                 rank);
    return Lanes();
  });
}

void KernelEmitter::finishLong(LaneProgram &program, Value group) {
  wide.loop(
      sweep.getDims().front(), {},
      [&](Value component, ArrayRef<Lane>) {
        if (hasManyRanks())
          finishRanks(group, component);
        else
          finishComponent(group, component);
        return Lanes();
      },
      /*isInner=*/!hasManyRanks());
  int64_t first = 0;
  for (Value result : sweep.getResults()) {
    Type type = vecType(result).getScalar();
    Buffer buffer(builder, scratch, type,
                  LLVM::ConstantOp::create(builder, i64(), resultsOffset));
    int64_t stride = width * 64 / type.getIntOrFloatBitWidth();
    Value start = index.constant(first * stride);
    bindMemory(program, result, [=](Value component) {
      return wide.wrap(buffer.loadAligned(
          wide.laneType(type), index.add(start, index.mul(component, stride))));
    });
    first += vecType(result).getDim();
  }
}

/// Part p of a component in the partial result over rows.
Value KernelEmitter::partialPosition(Value component, size_t p, Type number) {
  int64_t dim = vecType(stepOf(rows).getValues().front()).getDim();
  return index.mul(index.add(component, int64_t(p) * dim),
                   partial.stride(number));
}

void KernelEmitter::storePartial(const Lanes &lanes, Value component) {
  for (auto [p, lane] : llvm::enumerate(lanes))
    Buffer(builder, argument(FinishArgument::kPartial), lane.element())
        .storeAligned(lane.at(0, 0),
                      partialPosition(component, p, lane.element()));
}

void KernelEmitter::initLongPartial() {
  auto monoid = *rows.getReduction();
  int64_t dim = vecType(stepOf(rows).getValues().front()).getDim();
  wide.loop(dim, {}, [&](Value component, ArrayRef<Lane>) {
    storePartial(monoid.init(wide, {1}), component);
    return Lanes();
  });
}

void KernelEmitter::reduceLongRows(LaneProgram &program, Value valid) {
  auto monoid = *rows.getReduction();
  Value value = stepOf(rows).getValues().front();
  Lane isValid = validRows(valid);
  Lanes neutral = monoid.init(wide, {1});
  auto add = [&](const Lane &x, Value component) {
    SmallVector<Lanes> values{{x}};
    Lanes lifted = monoid.lift(wide, values, wide.columnNumber(0)), total;
    for (auto [p, lane] : llvm::enumerate(lifted)) {
      lane = select(isValid, lane, neutral[p]);
      Buffer buffer(builder, argument(FinishArgument::kPartial),
                    lane.element());
      total.push_back(wide.wrap(
          buffer.loadAligned(wide.laneType(lane.element()),
                             partialPosition(component, p, lane.element()))));
    }
    storePartial(monoid.combine(wide, total, lifted), component);
  };
  if (program.isIndexable(value)) {
    wide.loop(vecType(value).getDim(), {},
              [&](Value component, ArrayRef<Lane>) {
                add(program.at(value, component), component);
                return Lanes();
              });
    return;
  }
  for (auto [c, lane] : llvm::enumerate(program.get(value)))
    add(lane, index.constant(int64_t(c)));
}

//===----------------------------------------------------------------------===//
// close
//===----------------------------------------------------------------------===//

void KernelEmitter::closeLong(LaneProgram &program, CpuMachine &scalars) {
  Value result = rows->getResult(0);
  int64_t dim = vecType(stepOf(rows).getValues().front()).getDim();
  LaneVector results =
      allocate(scalars, vecType(result).getDim(), /*rows=*/1, /*cols=*/1);
  scalars.loop(
      dim, {},
      [&](Value component, ArrayRef<Lane>) {
        Lanes parts = combinePartials(wide, scalars, component);
        for (auto [p, part] : llvm::enumerate(parts))
          results.store(index.add(component, int64_t(p) * dim), part);
        return Lanes();
      },
      /*isInner=*/false);
  program.bindTable(result, results.load);
}

} // namespace keops::cpu
