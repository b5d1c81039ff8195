//===- SweepLong.cpp - sums of long vectors -------------------------------===//
//
//   for columns, `unroll` at a time:
//     what all components share: the formula up to the step
//     for components: load accumulator, formula, step, store accumulator
//
// A long value has more components than there are registers, so its
// accumulators stay in memory and each is loaded once for several columns, or,
// where components can be computed one by one, for many: SweepWide.cpp. As
// elsewhere a block of columns may be summed on its own first; its accumulators
// are few enough to stay in the cache.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Functions.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace keops::cpu {

KernelEmitter::Accumulators KernelEmitter::rowAccumulators(Value group) {
  return {reduction, argument(SweepArgument::kState), group, state};
}

KernelEmitter::Accumulators KernelEmitter::blockAccumulators() {
  return {ofBlock, argument(SweepArgument::kScratch), index.constant(0),
          blockState};
}

Buffer KernelEmitter::bufferOf(const Accumulators &accumulators, Type number) {
  int64_t offset = accumulators.columns.offsetBytes;
  return Buffer(builder, accumulators.pointer, number,
                offset ? LLVM::ConstantOp::create(builder, i64(), offset)
                       : Value());
}

Lanes KernelEmitter::load(const Accumulators &from, Value component) {
  Lanes lanes;
  int64_t dim = sweep.getDims().front();
  for (auto [p, type] : llvm::enumerate(from.reduction.state(machine, {1}))) {
    Value number = index.add(component, int64_t(p) * dim);
    lanes.push_back(loadGroups(
        bufferOf(from, type),
        index.add(from.start, index.mul(number, from.columns.stride(type)))));
  }
  return lanes;
}

void KernelEmitter::store(const Lanes &lanes, const Accumulators &to,
                          Value component, size_t firstPart) {
  int64_t dim = sweep.getDims().front();
  for (auto [p, lane] : llvm::enumerate(lanes)) {
    if (p < firstPart)
      continue;
    Value number = index.add(component, int64_t(p) * dim);
    int64_t stride = to.columns.stride(lane.element());
    storeGroups(bufferOf(to, lane.element()), lane,
                index.add(to.start, index.mul(number, stride)));
  }
}

SmallVector<LaneVector> KernelEmitter::ranksOf(const Accumulators &accumulators,
                                               Value component) {
  int64_t dim = sweep.getDims().front(), ranks = reduction.getRanks();
  SmallVector<Type> types = reduction.state(machine, {1});
  SmallVector<LaneVector> kinds;
  for (size_t p = 0; p < types.size(); p += ranks) {
    Buffer buffer = bufferOf(accumulators, types[p]);
    int64_t width = accumulators.columns.stride(types[p]);
    Value first = index.add(component, int64_t(p) * dim);
    Value start = index.add(accumulators.start, index.mul(first, width));
    int64_t stride = dim * width;
    auto positionOf = [this, start, stride](Value rank) {
      return index.add(start, index.mul(rank, stride));
    };
    kinds.push_back(
        {ranks,
         [=](Value rank) { return loadGroups(buffer, positionOf(rank)); },
         [=](Value rank, const Lane &lane) {
           storeGroups(buffer, lane, positionOf(rank));
         }});
  }
  return kinds;
}

/// For so many groups of rows.
void KernelEmitter::initLongState(const Accumulators &accumulators,
                                  int rowGroups) {
  Lanes neutral = accumulators.reduction.init(machine, {1});
  for (Lane &lane : neutral)
    lane = machine.spread(lane, rowGroups, 1);
  machine.loop(
      sweep.getDims().front(), {}, [&](Value component, ArrayRef<Lane>) {
        if (!hasManyRanks()) {
          store(neutral, accumulators, component);
          return Lanes();
        }
        int64_t first = 0;
        for (const LaneVector &kind : ranksOf(accumulators, component)) {
          machine.loop(kind.dim, {}, [&](Value rank, ArrayRef<Lane>) {
            kind.store(rank, neutral[first]);
            return Lanes();
          });
          first += kind.dim;
        }
        return Lanes();
      });
}

void KernelEmitter::stepLong(const Accumulators &accumulators, const Lane &x,
                             Value component, const Lane &numbers) {
  if (!hasManyRanks()) {
    Lanes old = load(accumulators, component);
    SmallVector<Lanes> values{{x}};
    store(numbers.cols > 1
              ? ofColumns().stepBlock(machine, old, values, numbers)
              : ofColumns().step(machine, old, values, numbers),
          accumulators, component);
    return;
  }
  SmallVector<LaneVector> kinds = ranksOf(accumulators, component);
  for (int u = 0; u < numbers.cols; ++u)
    reduction.insertInLoops(
        machine, kinds,
        {machine.column(x, x.cols == 1 ? 0 : u), machine.column(numbers, u)});
}

RelativeState KernelEmitter::relative(const Accumulators &accumulators) {
  return {machine,
          accumulators.reduction,
          sweep.getDims().front(),
          groups,
          [=](Value component) { return load(accumulators, component); },
          [=](const Lanes &state, Value component, size_t leftOut) {
            store(state, accumulators, component, leftOut);
          }};
}

/// exp(f - reference) of some columns, from one on. In a chunk, those of the
/// columns before are in memory, and no part of the sums yet.
Lane KernelEmitter::exponentialOf(LaneProgram &program, Value column,
                                  int columns, const Accumulators &accumulators,
                                  const Wide &wide, const Chunk *chunk) {
  Lane f = program.get(stepOf(sweep).getValues().back()).front();
  auto raiseKept = [&](const Lane &factor) {
    if (!chunk || !wide.hasExponential)
      return;
    emitLoop(machine, index.constant(0), index.sub(column, chunk->first), 1, {},
             [&](Value before, Lanes) {
               Value place = index.add(index.mul(before, wide.kept()),
                                       int64_t(wide.shared.size()));
               Lane kept = chunk->memory.load(place);
               chunk->memory.store(place,
                                   kept * convert(factor, machine.real()));
               return Lanes();
             });
  };
  return relative(accumulators)
      .exponential(machine.spread(f, groups, columns), raiseKept);
}

Lane KernelEmitter::stepLongColumns(LaneProgram &program, Value column,
                                    int columns, Value block,
                                    const Accumulators &accumulators,
                                    const Wide &wide, const Chunk *chunk) {
  llvm::SaveAndRestore<int64_t> free(scratchUsed);
  runColumns(program, column, columns);
  Lane number = columnNumbers(column, columns, block), exponential;
  if (isRelative())
    exponential =
        exponentialOf(program, column, columns, accumulators, wide, chunk);
  auto step = [&](const Lane &x, Value component) {
    if (isRelative())
      relative(accumulators).add(x * exponential, component);
    else
      stepLong(accumulators, x, component, number);
  };
  int64_t first = 0;
  for (Value part : partsOf(stepOf(sweep).getValues().front())) {
    if (wide.has(part)) {
      // Its components come later.
    } else if (isLong(part) && program.isIndexable(part)) {
      machine.loop(
          vecType(part).getDim(), {}, [&](Value component, ArrayRef<Lane>) {
            step(program.at(part, component), index.add(component, first));
            return Lanes();
          });
    } else {
      for (auto [c, lane] : llvm::enumerate(program.get(part)))
        step(lane, index.constant(first + int64_t(c)));
    }
    first += vecType(part).getDim();
  }
  return exponential;
}

void KernelEmitter::combineBlock(const Accumulators &ofRows,
                                 const Accumulators &block) {
  machine.loop(sweep.getDims().front(), {},
               [&](Value component, ArrayRef<Lane>) {
                 store(reduction.combine(machine, load(ofRows, component),
                                         load(block, component)),
                       ofRows, component);
                 return Lanes();
               });
}

void KernelEmitter::sweepLongGroup(LaneProgram program, Value group,
                                   Value block, Value cols) {
  Accumulators rowsSoFar = rowAccumulators(group);
  Accumulators target = ofBlock ? blockAccumulators() : rowsSoFar;
  if (ofBlock && isRelative())
    relative(target).startFrom(relative(rowsSoFar));
  else if (ofBlock)
    initLongState(target, groups);
  LaneProgram trial = tryColumn(program);
  Wide wide = findWide(trial);
  auto body = [&](int columns) {
    return [&, columns](Value column, Lanes) {
      Block *turn = builder.getInsertionBlock();
      LaneProgram local(program);
      stepLongColumns(local, column, columns, block, target, wide);
      markTurn(*turn, columns);
      return Lanes();
    };
  };
  if (!wide.parts.empty()) {
    sweepWide(program, trial, wide, block, cols, target);
  } else {
    Value main = index.sub(cols, index.rem(cols, unroll));
    emitLoop(machine, index.constant(0), main, unroll, {}, body(unroll));
    if (unroll > 1)
      emitLoop(machine, main, cols, 1, {}, body(1));
  }
  if (ofBlock && isRelative())
    relative(rowsSoFar).take(relative(target));
  else if (ofBlock)
    combineBlock(rowsSoFar, target);
}

} // namespace keops::cpu
