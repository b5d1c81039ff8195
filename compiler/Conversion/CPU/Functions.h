//===- Functions.h - the host functions of a kernel -------------*- C++ -*-===//
//
// A kernel becomes up to three functions with the signatures of runtime/Card.h:
//
//   sweep    for spans, for blocks of columns: stage columns;
//              for row groups: stage rows, in the first block;
//                for columns: formula, step;
//                combine the block with the accumulator
//   finish   combine chunks of columns, finalize, work on rows, store
//   close    combine row tiles, finalize, store what varies along no axis
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_FUNCTIONS_H
#define KEOPS_COMPILER_CONVERSION_CPU_FUNCTIONS_H

#include "compiler/Conversion/CPU/Halves.h"
#include "compiler/Conversion/CPU/Memory.h"
#include "compiler/Conversion/KernelParts.h"
#include "compiler/Conversion/RelativeState.h"

namespace keops::cpu {

// The arguments of the functions, in the order of runtime/Card.h.
struct SweepArgument {
  enum {
    kTables,
    kRowBegin,
    kRowEnd,
    kSpans,
    kSpanCount,
    kBase,
    kScratch,
    kState
  };
};
struct FinishArgument {
  enum {
    kTables,
    kRowBegin,
    kRowEnd,
    kStates,
    kStateCount,
    kBases,
    kScratch,
    kPartial
  };
};
struct CloseArgument {
  enum { kTables, kPartials, kPartialCount, kScratch };
};

/// What the functions of one kernel for one schedule share.
class KernelEmitter {
public:
  KernelEmitter(tile::KernelOp kernel, tile::ScheduleAttr schedule,
                mlir::OpBuilder &moduleBuilder, bool precise);

  /// Emits the functions and says what the card needs to know.
  tile::HostCodeAttr emit();
  /// Emits no more than the loops over pairs, to be looked at. Null if there
  /// are none.
  mlir::func::FuncOp emitSample();
  /// Cuts a loop over pairs so that its first half runs at most `ahead` columns
  /// before the second, if there is a place where that should pay.
  std::optional<Halves> cutInHalves(mlir::scf::ForOp loop, int64_t ahead);
  /// Estimated time of a pair on one core. Valid after emit().
  double pairNs() const { return estimatedPairNs; }
  /// How many operations were emitted. Valid after emit().
  int64_t size() const { return operations; }

private:
  // The functions, each in a file of its own.
  mlir::func::FuncOp emitSweep();
  /// Starts it.
  mlir::func::FuncOp beginSweep();
  /// A program that knows what is the same for all pairs.
  LaneProgram sweepProgram();
  mlir::func::FuncOp emitFinish();
  mlir::func::FuncOp emitClose();

  // What they share.

  /// Starts a function: pointers and i64 arguments as the card has them. One of
  /// them is its scratch memory, of which it uses some itself.
  mlir::func::FuncOp begin(llvm::StringRef role,
                           llvm::ArrayRef<mlir::Type> arguments,
                           unsigned scratchArgument, int64_t scratchBytes);
  void end();
  mlir::Value argument(unsigned index) { return entry->getArgument(index); }
  /// The rows or row a table operand stands for.
  const Buffer &table(mlir::Value kernelArgument);
  mlir::Type ptr();
  mlir::Type i64();

  /// Runs the ops on which `roots` depend and whose values are not known yet.
  /// `firstRow` and `rowCount` say which rows i-typed (or columns j-typed)
  /// loads fetch.
  void runSlice(LaneProgram &program, CpuMachine &machine,
                mlir::ValueRange roots, mlir::Value firstRow = {},
                mlir::Value rowCount = {});
  /// More scratch memory, up to the end of the function; for numbers of the
  /// working precision, if no other type is given.
  LaneVector allocate(CpuMachine &machine, int64_t dim, int rows, int cols,
                      mlir::Type element = {});
  /// The same as plain numbers.
  Buffer reserve(mlir::Type element, int64_t count);
  /// A program that knows nothing yet.
  LaneProgram emptyProgram(CpuMachine &machine);
  /// A program that knows the p-typed values under `roots`.
  LaneProgram withParameters(CpuMachine &machine, mlir::ValueRange roots);

  /// Binds a value that is in memory: short ones are loaded here.
  void bindMemory(LaneProgram &program, mlir::Value value,
                  const LaneProgram::Source &source);

  /// Scratch memory of all row groups in flight, from a position on.
  Lane loadGroups(const Buffer &buffer, mlir::Value position);
  void storeGroups(const Buffer &buffer, const Lane &lane,
                   mlir::Value position);

  // sweep
  Lanes sweepSpan(LaneProgram program, mlir::Value colBegin, mlir::Value colEnd,
                  mlir::Value rowCount, const Lane &isStaged);
  void initStates(mlir::Value rowCount);
  void stage(LaneProgram &program, mlir::ValueRange values, mlir::Value first,
             mlir::Value count, const Columns &columns, mlir::Value position);
  void stageRows(const LaneProgram &program, mlir::Value group,
                 const Lane &isStaged);
  void prefetchResults(mlir::Value firstRow);
  mlir::Value flag(bool value);
  void stageColumns(LaneProgram program, mlir::Value firstColumn,
                    mlir::Value cols);
  void sweepGroup(LaneProgram program, mlir::Value group, mlir::Value block,
                  mlir::Value cols);
  void sweepShortGroup(const LaneProgram &program, mlir::Value group,
                       mlir::Value block, mlir::Value cols, int unroll);
  Lanes stepColumns(LaneProgram program, mlir::Value column, int unroll,
                    mlir::Value block, const Lanes &state);
  void bindRows(LaneProgram &program, mlir::Value group);
  /// What the do region reads of a few columns.
  void bindColumns(LaneProgram &program, mlir::Value column, int columns);
  void runColumns(LaneProgram &program, mlir::Value column, int unroll);
  /// The table from which the columns of a value of the stage can be read as
  /// they are; null if it must be staged.
  tile::LoadOp readInPlace(mlir::Value stagedValue);
  /// The values that are staged.
  llvm::SmallVector<mlir::Value> stagedValues();
  Lanes useMultipliersToDivide(const Lanes &results);
  /// Notes at the loop around `body` how many pairs it takes a turn.
  void markTurn(mlir::Block &body, int64_t columns);
  /// The same of a loop within, which is a part of a turn.
  void markPart(int64_t turns, int64_t pairs);
  Lane columnNumbers(mlir::Value column, int unroll, mlir::Value block);
  Lanes loadState(mlir::Value group);
  void storeState(const Lanes &state, mlir::Value group);

  // sweep for the best columns: SweepRanked.cpp
  /// Does the reduction look for some columns of a single component?
  bool isRanked();
  int64_t columnsPerGroup() const;
  void sweepRankedGroup(const LaneProgram &program,
                        const LaneProgram &parameters, mlir::Value group,
                        mlir::Value block, mlir::Value cols);
  void sweepInTwoPasses(const LaneProgram &program,
                        const LaneProgram &parameters, mlir::Value group,
                        mlir::Value block, mlir::Value cols);
  Lane boundOfColumns(const LaneProgram &program, mlir::Value group,
                      mlir::Value cols, const LaneVector &bestValues);
  Lane bestOfColumns(LaneProgram program, mlir::Value column, int unroll,
                     const Lane &best);
  struct RankedRow;
  void rankColumns(const LaneProgram &parameters, const RankedRow &list,
                   mlir::Value limit, mlir::Value first, mlir::Value end,
                   mlir::Value block);
  Lane valuesOfRow(LaneProgram program, mlir::Value row, mlir::Value column);
  void insertRanked(const RankedRow &list, mlir::Value value,
                    mlir::Value column);

  // sweep of a long value: SweepLong.cpp
  /// Are ranks kept in memory, and gone through in loops?
  bool hasManyRanks() const { return reduction.getRanks() > kMostUnrolled; }
  /// Accumulators of a reduction in memory: part p of component c is component
  /// p * dim + c of `columns`, from row `start` on.
  struct Accumulators {
    ReductionAttrInterface reduction;
    mlir::Value pointer, start;
    Columns columns;
  };
  Buffer bufferOf(const Accumulators &accumulators, mlir::Type number);
  Accumulators rowAccumulators(mlir::Value group);
  Accumulators blockAccumulators();
  Lanes load(const Accumulators &from, mlir::Value component);
  void store(const Lanes &lanes, const Accumulators &to, mlir::Value component,
             size_t firstPart = 0);
  /// The entries of a component that keeps several ranks, kind by kind.
  llvm::SmallVector<LaneVector> ranksOf(const Accumulators &accumulators,
                                        mlir::Value component);
  void initLongState(const Accumulators &accumulators, int rowGroups);
  void stepLong(const Accumulators &accumulators, const Lane &x,
                mlir::Value component, const Lane &numbers);
  /// Puts the sums of a block into those of the rows.
  void combineBlock(const Accumulators &ofRows, const Accumulators &block);
  void sweepLongGroup(LaneProgram program, mlir::Value group, mlir::Value block,
                      mlir::Value cols);
  struct Wide;
  struct Chunk;
  /// Returns the exponential of each column, for sums of exponentials.
  Lane stepLongColumns(LaneProgram &program, mlir::Value column, int unroll,
                       mlir::Value block, const Accumulators &accumulators,
                       const Wide &wide, const Chunk *chunk = nullptr);

  // sums of exponentials, relative to a reference: RelativeState.h
  bool isRelative() const { return RelativeState::isOf(reduction); }
  RelativeState relative(const Accumulators &accumulators);
  Lane exponentialOf(LaneProgram &program, mlir::Value column, int columns,
                     const Accumulators &accumulators, const Wide &wide,
                     const Chunk *chunk);

  // the same, some components at a time: SweepWide.cpp
  /// What a long sum adds up whose components can be computed one by one.
  struct WidePart {
    mlir::Value value;
    int64_t first;  // component of the sum
    int64_t inTile; // components that are in registers together
  };
  struct Wide {
    llvm::SmallVector<WidePart> parts;
    llvm::SetVector<mlir::Value> shared; // by components
    bool hasExponential = false;         // kept behind what is shared
    int64_t kept() const { return int64_t(shared.size()) + hasExponential; }
    bool has(mlir::Value value) const {
      return llvm::any_of(
          parts, [&](const WidePart &part) { return part.value == value; });
    }
  };
  /// Columns whose shared values are in memory.
  struct Chunk {
    mlir::Value first, columns; // from the start of the block; how many
    int64_t mostColumns;
    mlir::Value block;
    LaneVector memory;
  };
  LaneProgram tryColumn(LaneProgram program);
  /// `trial` has run a column.
  Wide findWide(const LaneProgram &trial);
  int64_t componentsInTile(mlir::Value part);
  void keepShared(LaneProgram &program, const Wide &wide, mlir::Value column,
                  int columns, const Lane &exponential,
                  const LaneVector &memory);
  void stepTile(const LaneProgram &program, const Wide &wide,
                const WidePart &part, mlir::Value firstComponent,
                int64_t components, const Chunk &chunk,
                const Accumulators &accumulators);
  void sweepWide(const LaneProgram &program, const LaneProgram &trial,
                 const Wide &wide, mlir::Value block, mlir::Value cols,
                 const Accumulators &accumulators);

  // finish
  /// All components, or that of an index value.
  Lanes combinedState(CpuMachine &machine, mlir::Value group,
                      mlir::Value component = {});
  Lanes loadChunk(CpuMachine &machine, mlir::Value chunk, mlir::Value group,
                  mlir::Value component);
  Lane loadEntry(CpuMachine &machine, mlir::Type type, mlir::Value chunk,
                 mlir::Value position);
  void storeRows(LaneProgram &program, tile::StoreOp store, mlir::Value group,
                 mlir::Value valid);
  void storeRowsOneByOne(LaneProgram &program, const Buffer &target,
                         mlir::Value value, mlir::Value first,
                         mlir::Value valid);
  Lanes reduceRows(LaneProgram &program, CpuMachine &machine,
                   const Lanes &total, mlir::Value valid);

  Lane validRows(mlir::Value valid);

  // close
  Lanes combinePartials(CpuMachine &vectors, CpuMachine &scalars,
                        mlir::Value component = {});

  // finish and close of long values: FinishLong.cpp
  void finishLong(LaneProgram &program, mlir::Value group);
  void finishComponent(mlir::Value group, mlir::Value component);
  void finishRanks(mlir::Value group, mlir::Value component);
  void storeResults(const Lanes &parts, mlir::Value component, int64_t step,
                    mlir::Value rank = {});
  mlir::Value partialPosition(mlir::Value component, size_t part,
                              mlir::Type number);
  void storePartial(const Lanes &lanes, mlir::Value component);
  void initLongPartial();
  void reduceLongRows(LaneProgram &program, mlir::Value valid);
  void closeLong(LaneProgram &program, CpuMachine &scalars);

  tile::KernelOp kernel;
  tile::ScheduleAttr schedule;
  mlir::OpBuilder &moduleBuilder;
  mlir::ImplicitLocOpBuilder builder;
  Indices index;
  Isa level;
  mlir::FloatType real;
  int width, groups, unroll;
  bool precise;
  CpuMachine machine; // of the sweep
  CpuMachine wide;    // the same, with column numbers of 64 bits

  tile::RowsOp rows;                // null if the kernel has no rows
  tile::SweepOp sweep;              // null if it has no sweep
  ReductionAttrInterface reduction; // of the sweep
  /// What reduces a block of columns on its own first; null if nothing does.
  ReductionAttrInterface ofBlock;
  /// What takes in columns: that, or the reduction itself.
  ReductionAttrInterface ofColumns() const {
    return ofBlock ? ofBlock : reduction;
  }
  /// Is the swept value long, and taken in component by component?
  bool isLongState = false;
  /// The same of the reduction of rows.
  bool isLongRows = false;
  llvm::SmallVector<mlir::Value> rowValues; // i-typed values of the do region
  Columns staged, state, blockState;
  /// Rows that are in flight together lie together, component by component: a
  /// long row then is on few pages.
  Columns stagedRows;
  int64_t stagedRowBytes() const {
    int64_t inFlight = int64_t(width) * groups;
    return wholeLines((schedule.getRows() + inFlight - 1) / inFlight *
                      stagedRows.bytes());
  }
  /// Where component 0 of a staged row is, the first of those in flight.
  mlir::Value stagedRow(mlir::Value group) const {
    return index.mul(group, stagedRows.components);
  }
  /// Where finish keeps the results of a long sweep in its scratch memory.
  int64_t resultsOffset = 0, resultComponents = 0;
  /// The state of a reduction of rows, one vector for each component. The
  /// runtime hands one such part to each tile of rows.
  Columns partial;
  int64_t partialBytes() const {
    return std::max<int64_t>(wholeLines(partial.bytes()), 64);
  }

  // Of the function being emitted:
  mlir::Block *entry = nullptr;
  llvm::DenseMap<mlir::Value, Buffer> tables;
  mlir::Value scratch;
  mlir::Value firstColumn; // of the block of columns
  int64_t scratchUsed = 0; // bytes; the next vector starts there
  double estimatedPairNs = 0;
  int64_t operations = 0; // so far

  int64_t scratchNeeded = 0; // by the function that needs most
};

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_FUNCTIONS_H
