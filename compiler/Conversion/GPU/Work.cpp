//===- Work.cpp - what a block of threads works on ------------------------===//
//
// Without lists, blocks find their rows and columns by their numbers in the
// grid. With them, which is where a launch has ranges, each reads an entry of
// its own. A list that is null is not there: all threads of a launch agree on
// that, so that the question costs next to nothing.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Functions.h"

using namespace mlir;

namespace keops::device {

using mlir::gpu::Dimension;

// The entries of the lists in runtime/Card.h, in numbers of 64 bits.
namespace {
struct ChunkEntry {
  enum { kRowBegin, kRowEnd, kBase, kStates, kFirstSpan, kSpans, kSize };
};
struct TileEntry {
  enum {
    kRowBegin,
    kRowEnd,
    kTileBegin,
    kTileRows,
    kStates,
    kChunks,
    kFirstBase,
    kSize
  };
};
} // namespace

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

Value KernelEmitter::blockNumber(Dimension along) {
  return mlir::gpu::BlockIdOp::create(builder, along);
}

Value KernelEmitter::isGiven(unsigned parameterNumber) {
  return LLVM::ICmpOp::create(builder, LLVM::ICmpPredicate::ne,
                              parameter(parameterNumber),
                              LLVM::ZeroOp::create(builder, ptr()));
}

KernelEmitter::Values
KernelEmitter::emitChoice(TypeRange types, Value condition,
                          llvm::function_ref<Values()> yes,
                          llvm::function_ref<Values()> no) {
  auto choice = scf::IfOp::create(builder, types, condition,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(choice.thenBlock());
  scf::YieldOp::create(builder, yes());
  builder.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(builder, no());
  return choice.getResults();
}

KernelEmitter::Values KernelEmitter::entryOf(unsigned list, Value number,
                                             int64_t size) {
  Buffer numbers(builder, parameter(list), i64());
  Value start = index.mul(number, size);
  Values entry;
  for (int64_t n = 0; n < size; ++n)
    entry.push_back(index.of(numbers.load(index.add(start, n))));
  return entry;
}

KernelEmitter::Values KernelEmitter::tablePointers(unsigned addresses) {
  auto own =
      function.getArguments().take_front(kernel.getBody().getNumArguments());
  auto ofElement = [&] {
    Buffer numbers(builder, parameter(addresses), i64());
    Value start = index.mul(blockNumber(Dimension::z), int64_t(own.size()));
    Values pointers;
    for (size_t n = 0; n < own.size(); ++n)
      pointers.push_back(LLVM::IntToPtrOp::create(
          builder, ptr(), numbers.load(index.add(start, int64_t(n)))));
    return pointers;
  };
  if (own.empty())
    return {};
  return emitChoice(ValueRange(own).getTypes(), isGiven(addresses), ofElement,
                    [&] { return Values(own.begin(), own.end()); });
}

void KernelEmitter::bindTables(unsigned addresses) {
  tables.clear();
  for (auto [argument, pointer] : llvm::zip_equal(
           kernel.getBody().getArguments(), tablePointers(addresses)))
    tables.try_emplace(argument, builder, pointer,
                       cast<tile::TableType>(argument.getType()).getScalar());
}

//===----------------------------------------------------------------------===//
// sweep
//===----------------------------------------------------------------------===//

KernelEmitter::Work KernelEmitter::workOfSweep() {
  Values numbers(9, index.constant(0));
  auto listed = [&] {
    Values entry = entryOf(SweepParameter::kChunks, blockNumber(Dimension::x),
                           ChunkEntry::kSize);
    Value rowBegin = entry[ChunkEntry::kRowBegin];
    Value rowEnd = entry[ChunkEntry::kRowEnd];
    return Values{rowBegin,
                  rowEnd,
                  entry[ChunkEntry::kBase],
                  index.constant(0),
                  entry[ChunkEntry::kFirstSpan],
                  entry[ChunkEntry::kSpans],
                  entry[ChunkEntry::kStates],
                  rowBegin,
                  index.sub(rowEnd, rowBegin)};
  };
  auto numbered = [&] {
    Value firstRow = indexParameter(SweepParameter::kRowBegin);
    Value rowEnd = indexParameter(SweepParameter::kRowEnd);
    Value stateRows = index.sub(rowEnd, firstRow);
    Value chunk = blockNumber(Dimension::y);
    Value chunkCols = indexParameter(SweepParameter::kChunkCols);
    Value base = index.times(chunk, chunkCols);
    Value tile = index.mul(blockNumber(Dimension::x), threads * groups);
    return Values{index.add(firstRow, tile),
                  rowEnd,
                  base,
                  index.min(index.add(base, chunkCols),
                            indexParameter(SweepParameter::kCols)),
                  index.constant(0),
                  index.constant(1),
                  index.times(chunk, stateRows),
                  firstRow,
                  stateRows};
  };
  Values values =
      emitChoice(ValueRange(numbers).getTypes(),
                 isGiven(SweepParameter::kChunks), listed, numbered);
  Value ofElement = index.times(blockNumber(Dimension::z),
                                indexParameter(SweepParameter::kElementStates));
  return {values[0],
          values[1],
          values[2],
          values[3],
          values[4],
          values[5],
          index.add(values[6], ofElement),
          values[7],
          values[8]};
}

Value KernelEmitter::narrow(Value number) {
  return arith::IndexCastOp::create(builder, builder.getI32Type(), number);
}

Lanes KernelEmitter::forSpans(
    const Lanes &state, llvm::function_ref<Lanes(Value, Value, Lanes)> body) {
  auto sweepSpan = [&](Value number, Lanes carried) {
    Work work = workOfSweep();
    Values span = emitChoice(
        {builder.getIndexType(), builder.getIndexType()},
        isGiven(SweepParameter::kChunks),
        [&] {
          return entryOf(SweepParameter::kSpans,
                         index.add(work.firstSpan, index.of(number)), 2);
        },
        [&] { return Values{work.base, work.colEnd}; });
    return body(narrow(index.sub(span[0], work.base)),
                narrow(index.sub(span[1], work.base)), carried);
  };
  return emitLoop(machine, narrow(index.constant(0)),
                  narrow(workOfSweep().spans), 1, state, sweepSpan);
}

//===----------------------------------------------------------------------===//
// finish
//===----------------------------------------------------------------------===//

KernelEmitter::RowWork KernelEmitter::workOfFinish() {
  Value thread = mlir::gpu::ThreadIdOp::create(builder, Dimension::x);
  auto numbered = [&] {
    Value begin = indexParameter(FinishParameter::kRowBegin);
    Value end = indexParameter(FinishParameter::kRowEnd);
    return Values{
        index.add(begin, index.mul(blockNumber(Dimension::x), threads)),
        end,
        begin,
        index.sub(end, begin),
        index.constant(0),
        indexParameter(FinishParameter::kStateCount),
        index.constant(0)};
  };
  auto listed = [&] {
    return entryOf(FinishParameter::kTiles, blockNumber(Dimension::x),
                   TileEntry::kSize);
  };
  Values values;
  if (sweep) {
    SmallVector<Type> types(TileEntry::kSize, builder.getIndexType());
    values =
        emitChoice(types, isGiven(FinishParameter::kTiles), listed, numbered);
  } else {
    values = numbered(); // all pairs or some, there are none
  }
  RowWork work;
  Value number = index.add(values[TileEntry::kRowBegin], thread);
  Value end = values[TileEntry::kRowEnd];
  work.isRow =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, number, end);
  // Threads past the last row do what the last one does, and do not store.
  work.row = index.min(number, index.add(end, -1));
  Value ofElement =
      index.times(blockNumber(Dimension::z),
                  indexParameter(FinishParameter::kElementStates));
  work.states = index.add(values[TileEntry::kStates], ofElement);
  work.number = index.sub(work.row, values[TileEntry::kTileBegin]);
  work.stateRows = values[TileEntry::kTileRows];
  work.chunks = values[TileEntry::kChunks];
  work.firstBase = values[TileEntry::kFirstBase];
  return work;
}

Value KernelEmitter::baseOf(const RowWork &work, Value chunk) {
  if (reduction.hasCounts() ||
      llvm::none_of(reduction.state(machine, {1}), llvm::IsaPred<IntegerType>))
    return {};
  return emitChoice(
             builder.getIndexType(), isGiven(FinishParameter::kTiles),
             [&] {
               return entryOf(FinishParameter::kBases,
                              index.add(work.firstBase, chunk), 1);
             },
             [&] {
               return Values{index.times(
                   chunk, indexParameter(FinishParameter::kChunkCols))};
             })
      .front();
}

} // namespace keops::device
