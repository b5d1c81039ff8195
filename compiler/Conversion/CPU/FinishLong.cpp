//===- FinishLong.cpp - results of long vectors ---------------------------===//
//
// What Finish.cpp does for all components at once is done here one component
// after the other, in loops: their accumulators do not fit into registers.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Functions.h"

using namespace mlir;

namespace keops::cpu {

static tile::StepOp stepOf(tile::RowsOp rows) {
  return cast<tile::StepOp>(rows.getBody().front().back());
}

//===----------------------------------------------------------------------===//
// finish
//===----------------------------------------------------------------------===//

/// Finalizes a long sweep component by component. Results go to scratch memory,
/// where the ops that follow find them.
void KernelEmitter::finishLong(LaneProgram &program, Value group) {
  int64_t dim = sweep.getDims().front();
  auto results = [&](Type type) {
    return Buffer(builder, scratch, type,
                  LLVM::ConstantOp::create(builder, i64(), resultsOffset));
  };
  wide.loop(dim, {}, [&](Value component, ArrayRef<Lane>) {
    Lanes parts =
        reduction.finalize(wide, combinedState(wide, group, component), {1});
    for (auto [p, part] : llvm::enumerate(parts)) {
      // Each has room for numbers of 64 bits.
      int64_t stride = width * 64 / part.element().getIntOrFloatBitWidth();
      Value number = index.add(component, int64_t(p) * dim);
      results(part.element())
          .storeAligned(part.at(0, 0), index.mul(number, stride));
    }
    return Lanes();
  });
  int64_t first = 0;
  for (Value result : sweep.getResults()) {
    Type type = vecType(result).getScalar();
    Buffer buffer = results(type);
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
Value KernelEmitter::partialPosition(Value component, size_t p) {
  int64_t dim = vecType(stepOf(rows).getValues().front()).getDim();
  return index.mul(index.add(component, int64_t(p) * dim), width);
}

void KernelEmitter::storePartial(const Lanes &lanes, Value component) {
  for (auto [p, lane] : llvm::enumerate(lanes))
    Buffer(builder, entry->getArguments().back(), lane.element())
        .storeAligned(lane.at(0, 0), partialPosition(component, p));
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
      Buffer buffer(builder, entry->getArguments().back(), lane.element());
      total.push_back(wide.wrap(buffer.loadAligned(
          wide.laneType(lane.element()), partialPosition(component, p))));
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
