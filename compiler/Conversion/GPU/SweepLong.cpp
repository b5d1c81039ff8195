//===- SweepLong.cpp - sums of long vectors on a GPU ----------------------===//
//
//   for columns, `unroll` at a time:
//     what all components share: the formula up to the step
//     for components: load accumulators, formula, step, store accumulators
//
// A long value has more components than a thread has registers, so its
// accumulators are in memory of the thread, where numbers of neighboring
// threads are neighbors. Each is loaded once for several columns.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Functions.h"

using namespace mlir;

namespace keops::device {

KernelEmitter::Accumulators
KernelEmitter::accumulatorsOf(ReductionAttrInterface of) {
  Accumulators result{of, {}};
  SmallVector<Type> types = of.state(machine, {1});
  int64_t ranks = ranksPerKind();
  for (size_t p = 0; p < types.size(); p += ranks)
    result.kinds.push_back(
        allocate(machine, types[p], ranks * longDim(), groups, 1));
  Lanes neutral = of.init(machine, {1});
  for (size_t k = 0; k < result.kinds.size(); ++k)
    machine.loop(result.kinds[k].dim, {}, [&](Value number, ArrayRef<Lane>) {
      result.kinds[k].store(number, neutral[k * ranks]);
      return Lanes();
    });
  return result;
}

Lanes KernelEmitter::load(const Accumulators &from, Value component) {
  Lanes lanes;
  for (const LaneVector &kind : from.kinds)
    for (int64_t rank = 0; rank < ranksPerKind(); ++rank)
      lanes.push_back(kind.load(index.add(component, rank * longDim())));
  return lanes;
}

void KernelEmitter::store(const Lanes &lanes, const Accumulators &to,
                          Value component, size_t firstPart) {
  const Lane *lane = lanes.begin() + firstPart;
  for (const LaneVector &kind : ArrayRef(to.kinds).drop_front(firstPart))
    for (int64_t rank = 0; rank < ranksPerKind(); ++rank)
      kind.store(index.add(component, rank * longDim()), *lane++);
}

RelativeState KernelEmitter::relative(const Accumulators &accumulators) {
  return {machine,
          accumulators.reduction,
          longDim(),
          groups,
          [=](Value component) { return load(accumulators, component); },
          [=](const Lanes &state, Value component, size_t leftOut) {
            store(state, accumulators, component, leftOut);
          }};
}

/// The entries of a component that keeps many ranks, kind by kind.
SmallVector<LaneVector> KernelEmitter::ranksOf(const Accumulators &accumulators,
                                               Value component) {
  SmallVector<LaneVector> kinds;
  for (LaneVector kind : accumulators.kinds) {
    auto at = [this, component](Value rank) {
      return index.add(index.mul(rank, longDim()), component);
    };
    kinds.push_back(
        {reduction.getRanks(), [=](Value rank) { return kind.load(at(rank)); },
         [=](Value rank, const Lane &lane) { kind.store(at(rank), lane); }});
  }
  return kinds;
}

void KernelEmitter::stepLong(const Accumulators &accumulators, const Lane &x,
                             Value component, const Lane &numbers) {
  if (!hasManyRanks()) {
    SmallVector<Lanes> values{{x}};
    Lanes old = load(accumulators, component);
    ReductionAttrInterface monoid = accumulators.reduction;
    store(numbers.cols > 1 ? monoid.stepBlock(machine, old, values, numbers)
                           : monoid.step(machine, old, values, numbers),
          accumulators, component);
    return;
  }
  SmallVector<LaneVector> kinds = ranksOf(accumulators, component);
  for (int u = 0; u < numbers.cols; ++u)
    reduction.insertInLoops(
        machine, kinds,
        {machine.column(x, x.cols == 1 ? 0 : u), machine.column(numbers, u)});
}

void KernelEmitter::stepLongColumns(LaneProgram program, Value column,
                                    int columns, Value number,
                                    const Accumulators &accumulators) {
  runColumns(program, column, columns, number);
  Lane numbers = columnNumbers(index.add(number, column), columns), exponential;
  if (isRelative()) {
    Lane f = program.get(stepOf(sweep).getValues().back()).front();
    exponential =
        relative(accumulators).exponential(machine.spread(f, groups, columns));
  }
  auto step = [&](const Lane &x, Value component) {
    if (isRelative())
      relative(accumulators).add(x * exponential, component);
    else
      stepLong(accumulators, x, component, numbers);
  };
  int64_t first = 0;
  for (Value part : partsOf(stepOf(sweep).getValues().front())) {
    int64_t dim = vecType(part).getDim();
    if (isLong(part) && program.isIndexable(part)) {
      machine.loop(dim, {}, [&](Value component, ArrayRef<Lane>) {
        step(program.at(part, component), index.add(component, first));
        return Lanes();
      });
    } else {
      for (auto [c, lane] : llvm::enumerate(program.get(part)))
        step(lane, index.constant(first + int64_t(c)));
    }
    first += dim;
  }
  if (columns == unroll)
    pairLoop = builder.getInsertionBlock();
}

/// Takes in the columns of the stage, and the total of a block then.
void KernelEmitter::sweepStagedLong(const LaneProgram &program,
                                    const Accumulators &total, Value number,
                                    Value count) {
  Accumulators target = ofBlock ? accumulatorsOf(ofBlock) : total;
  bool isRelativeBlock = ofBlock && isRelative();
  if (isRelativeBlock)
    relative(target).startFrom(relative(total));
  auto body = [&](int columns) {
    return [&, columns](Value column, Lanes) {
      stepLongColumns(program, column, columns, number, target);
      return Lanes();
    };
  };
  Value main = index.sub(count, index.rem(count, unroll));
  emitLoop(machine, index.constant(0), main, unroll, {}, body(unroll));
  if (unroll > 1)
    emitLoop(machine, main, count, 1, {}, body(1));
  if (isRelativeBlock)
    relative(total).take(relative(target));
  else if (ofBlock)
    machine.loop(longDim(), {}, [&](Value component, ArrayRef<Lane>) {
      store(reduction.combine(machine, load(total, component),
                              load(target, component)),
            total, component);
      return Lanes();
    });
}

void KernelEmitter::storeLongStates(const Accumulators &total,
                                    const Rows &threadRows, const Work &work) {
  int64_t first = 0;
  for (const LaneVector &kind : total.kinds) {
    machine.loop(kind.dim, {}, [&](Value number, ArrayRef<Lane>) {
      storeStates({kind.load(number)}, threadRows, work,
                  index.add(number, first));
      return Lanes();
    });
    first += kind.dim;
  }
}

} // namespace keops::device
