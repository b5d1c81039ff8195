//===- FinishLong.cpp - results of long vectors on a GPU ------------------===//
//
// What Finish.cpp does for all components at once is done here one component
// after the other, in loops.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Functions.h"

using namespace mlir;

namespace keops::device {

//===----------------------------------------------------------------------===//
// finish
//===----------------------------------------------------------------------===//

/// Room for the results of a long sweep, which the ops that follow read.
SmallVector<LaneVector> KernelEmitter::resultVectors(LaneProgram &program,
                                                     Operation *op) {
  SmallVector<LaneVector> vectors;
  for (Value result : op->getResults()) {
    VecType type = vecType(result);
    vectors.push_back(allocate(wide, numberType(wide, type), type.getDim(),
                               /*rows=*/1, /*cols=*/1));
    if (isLong(result))
      program.bindTable(result, vectors.back().load);
  }
  return vectors;
}

/// Short results that were made in loops.
static void bindShort(LaneProgram &program, Operation *op,
                      ArrayRef<LaneVector> vectors, Machine &machine) {
  for (auto [result, vector] : llvm::zip_equal(op->getResults(), vectors)) {
    if (isLong(result))
      continue;
    Lanes lanes;
    for (int64_t c = 0; c < vector.dim; ++c)
      lanes.push_back(vector.load(machine.position(c)));
    program.bind(result, std::move(lanes));
  }
}

/// Puts the ranks of all chunks into one list.
void KernelEmitter::finishRanks(ArrayRef<LaneVector> results, Value component,
                                const RowWork &work) {
  int64_t dim = longDim(), ranks = reduction.getRanks();
  SmallVector<Type> stored = reduction.state(machine, {1});
  SmallVector<Type> types = reduction.state(wide, {1});
  Lanes neutral = reduction.init(wide, {1});
  SmallVector<LaneVector> kinds;
  for (size_t p = 0; p < types.size(); p += ranks) {
    kinds.push_back(allocate(wide, types[p], ranks, /*rows=*/1, /*cols=*/1));
    wide.loop(ranks, {}, [&](Value rank, ArrayRef<Lane>) {
      kinds.back().store(rank, neutral[p]);
      return Lanes();
    });
  }
  auto insertChunk = [&](Value chunk) {
    Value base = baseOf(work, chunk);
    wide.loop(
        ranks, {},
        [&](Value rank, ArrayRef<Lane>) {
          Lanes entry;
          for (size_t p = 0; p < types.size(); p += ranks) {
            Value number = index.add(
                index.mul(index.add(rank, int64_t(p)), dim), component);
            entry.push_back(loadEntry(stored[p], number, chunk, work, base));
          }
          reduction.insertInLoops(wide, kinds, entry);
          return Lanes();
        },
        /*isInner=*/false);
  };
  emitLoop(wide, index.constant(0), work.chunks, 1, {},
           [&](Value chunk, Lanes) {
             insertChunk(chunk);
             return Lanes();
           });
  wide.loop(ranks, {}, [&](Value rank, ArrayRef<Lane>) {
    Lanes entry;
    for (const LaneVector &kind : kinds)
      entry.push_back(kind.load(rank));
    Lanes parts = reduction.finalize(wide, entry, {1});
    for (auto [result, part] : llvm::zip_equal(results, parts))
      result.store(index.add(index.mul(rank, dim), component), part);
    return Lanes();
  });
}

void KernelEmitter::finishLong(LaneProgram &program, const RowWork &work) {
  SmallVector<LaneVector> results = resultVectors(program, sweep);
  wide.loop(
      longDim(), {},
      [&](Value component, ArrayRef<Lane>) {
        if (hasManyRanks()) {
          finishRanks(results, component, work);
          return Lanes();
        }
        Lanes parts =
            reduction.finalize(wide, combinedState(work, component), {1});
        // Several ranks of a result follow one another.
        size_t perResult = parts.size() / results.size();
        for (auto [p, part] : llvm::enumerate(parts))
          results[p / perResult].store(
              index.add(component, int64_t(p % perResult) * longDim()), part);
        return Lanes();
      },
      /*isInner=*/!hasManyRanks());
  bindShort(program, sweep, results, wide);
}

//===----------------------------------------------------------------------===//
// Rows that are reduced
//===----------------------------------------------------------------------===//

/// Combines the values of all threads of a block and stores what comes out as
/// the partial result of the block.
void KernelEmitter::reduceLongRows(LaneProgram &program, Value isRow,
                                   Value block) {
  auto monoid = *rows.getReduction();
  Value value = stepOf(rows).getValues().front();
  int64_t dim = vecType(value).getDim();
  Lanes neutral = monoid.init(wide, {1});
  SmallVector<Buffer> memory = sharedFor(neutral);
  auto reduce = [&](const Lane &x, Value component) {
    SmallVector<Lanes> values{{x}};
    Lanes lifted = monoid.lift(wide, values, wide.columnNumber(0));
    for (auto [lane, none] : llvm::zip_equal(lifted, neutral))
      lane = select(wide.wrap(isRow), lane, none);
    storePartial(combineThreads(memory, lifted), component, dim, block);
  };
  if (isLong(value) && program.isIndexable(value)) {
    wide.loop(
        dim, {},
        [&](Value component, ArrayRef<Lane>) {
          reduce(program.at(value, component), component);
          return Lanes();
        },
        /*isInner=*/false);
    return;
  }
  for (auto [c, lane] : llvm::enumerate(program.get(value)))
    reduce(lane, index.constant(int64_t(c)));
}

/// The same for partial results. The results are those of all threads.
void KernelEmitter::closeLong(LaneProgram &program) {
  auto monoid = *rows.getReduction();
  int64_t dim = vecType(stepOf(rows).getValues().front()).getDim();
  SmallVector<LaneVector> results = resultVectors(program, rows);
  SmallVector<Buffer> memory = sharedFor(monoid.init(wide, {1}));
  wide.loop(
      dim, {},
      [&](Value component, ArrayRef<Lane>) {
        Lanes total =
            combineThreads(memory, combinePartials({1}, component, dim));
        Lanes parts = monoid.finalize(wide, total, {1});
        for (auto [p, part] : llvm::enumerate(parts))
          results.front().store(index.add(component, int64_t(p) * dim), part);
        return Lanes();
      },
      /*isInner=*/false);
}

} // namespace keops::device
