//===- Functions.h - the functions of a kernel on a GPU ---------*- C++ -*-===//
//
// A kernel becomes up to three functions with the parameters that
// runtime/Card.h gives to device code:
//
//   sweep    a thread has R rows, a block its threads' rows and a chunk of
//            columns:  row values to registers;  for spans, for blocks of
//            columns: stage them in shared memory;  for columns, U at a time:
//            formula, step
//   finish   a thread has a row: combine chunks, finalize, work on rows, store
//   close    one block: combine partial results, finalize, store
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_GPU_FUNCTIONS_H
#define KEOPS_COMPILER_CONVERSION_GPU_FUNCTIONS_H

#include "compiler/Conversion/Buffer.h"
#include "compiler/Conversion/GPU/Cost.h"
#include "compiler/Conversion/GPU/Machine.h"
#include "compiler/Conversion/GPU/Tensor.h"
#include "compiler/Conversion/KernelParts.h"
#include "compiler/Conversion/Passes.h"
#include "compiler/Conversion/RelativeState.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace keops::device {

// The parameters of the functions behind the tables, in the order of
// runtime/Card.h.
struct SweepParameter {
  enum {
    kRowBegin,
    kRowEnd,
    kCols,
    kChunkCols,
    kStates,
    kElementStates,
    kAddresses,
    kChunks,
    kSpans
  };
};
struct FinishParameter {
  enum {
    kRowBegin,
    kRowEnd,
    kStates,
    kStateCount,
    kChunkCols,
    kPartials,
    kElementStates,
    kAddresses,
    kTiles,
    kBases
  };
};
struct CloseParameter {
  enum { kPartials, kPartialCount, kAddresses };
};

/// What the functions of one kernel share.
class KernelEmitter {
public:
  KernelEmitter(tile::KernelOp kernel, tile::ScheduleAttr schedule,
                mlir::OpBuilder &moduleBuilder, bool precise);

  /// Why there is no code for the kernel, if there is none.
  std::optional<std::string> unsupported();
  /// Emits the functions and says what the card needs to know.
  tile::DeviceStepAttr emit();
  /// Emits the sweep alone, and tells what it costs.
  SweepCost measureSweep();
  /// Operations in a turn of its loop over pairs. Valid after measureSweep().
  int64_t opsInTurn() const;
  /// How many operations were emitted. Valid after emit().
  int64_t size() const { return operations; }

private:
  // The functions.
  mlir::gpu::GPUFuncOp emitSweep();
  mlir::gpu::GPUFuncOp emitFinish();
  mlir::gpu::GPUFuncOp emitClose();

  // What they share.

  /// Starts a function: tables, then parameters, of which one is the list of
  /// the addresses of tables.
  void begin(llvm::StringRef role, llvm::ArrayRef<mlir::Type> parameters,
             unsigned addresses);
  mlir::gpu::GPUFuncOp end();
  mlir::Value parameter(unsigned number);
  mlir::Value indexParameter(unsigned number);
  /// Numbers that all threads of a block share, aligned for wide loads.
  Buffer shared(mlir::Type element, int64_t count);
  /// One such buffer for each lane of a state, with a number for each thread.
  llvm::SmallVector<Buffer> sharedFor(llvm::ArrayRef<Lane> state);
  /// Memory of a thread, for vectors that do not fit into its registers.
  LaneVector allocate(GpuMachine &machine, mlir::Type element, int64_t dim,
                      int rows, int cols);
  /// How numbers of a value are kept.
  mlir::Type numberType(GpuMachine &machine, VecType type) {
    return type.isReal() ? mlir::Type(real) : mlir::Type(machine.index());
  }
  mlir::Type i64() { return builder.getI64Type(); }
  mlir::Type ptr();

  /// Runs the ops on which `roots` depend and whose values are not known yet.
  /// Loads of rows or columns fetch those at `positions`.
  void runSlice(LaneProgram &program, GpuMachine &machine,
                mlir::ValueRange roots, mlir::ValueRange positions = {});
  Lane loadRows(GpuMachine &machine, const Buffer &table, int64_t dim,
                mlir::ValueRange positions, mlir::Value component);
  LaneProgram withParameters(GpuMachine &machine, mlir::ValueRange roots);
  void bindMemory(LaneProgram &program, mlir::Value value,
                  const LaneProgram::Source &source);
  /// Runs `body` if the i1 holds.
  void emitIf(mlir::Value condition, llvm::function_ref<void()> body);

  // What a block works on: Work.cpp

  using Values = llvm::SmallVector<mlir::Value, 9>;
  mlir::Value blockNumber(mlir::gpu::Dimension along);
  /// Is the list there that a parameter points to?
  mlir::Value isGiven(unsigned parameterNumber);
  /// Those of one region or of the other.
  Values emitChoice(mlir::TypeRange types, mlir::Value condition,
                    llvm::function_ref<Values()> yes,
                    llvm::function_ref<Values()> no);
  /// Entry `number` of a list of the launch, `size` numbers of 64 bits.
  Values entryOf(unsigned list, mlir::Value number, int64_t size);
  /// Where the tables of this block's element of the batch are.
  Values tablePointers(unsigned addresses);
  /// Lets tables be found there from now on.
  void bindTables(unsigned addresses);

  /// A tile of rows and a chunk of columns.
  struct Work {
    mlir::Value rowBegin, rowEnd;
    mlir::Value base;             // columns are counted from here
    mlir::Value colEnd;           // of the only span, if there is no list
    mlir::Value firstSpan, spans; // of the list
    // Where the states of the chunk begin, in states of a row, and the rows
    // whose states they are.
    mlir::Value states, firstRow, stateRows;
  };
  /// Reads it anew. In registers it would have to be kept throughout the loop
  /// over columns, which needs them more.
  Work workOfSweep();
  /// As 32 bits, for what is kept throughout the loop over columns.
  mlir::Value narrow(mlir::Value number);
  /// Calls `body` with begin and end of each span of the chunk, as numbers in
  /// the chunk of 32 bits.
  Lanes
  forSpans(const Lanes &state,
           llvm::function_ref<Lanes(mlir::Value, mlir::Value, Lanes)> body);

  /// A row of finish, and where its states are.
  struct RowWork {
    mlir::Value row, isRow;        // there are threads without one
    mlir::Value states;            // of the first chunk, in states of a row
    mlir::Value number, stateRows; // of the row, among those of its tile
    mlir::Value chunks, firstBase;
  };
  RowWork workOfFinish();
  /// The column that chunk number `chunk` of the row counts from.
  mlir::Value baseOf(const RowWork &work, mlir::Value chunk);

  // sweep
  struct Rows {
    llvm::SmallVector<mlir::Value> numbers; // of the thread
    llvm::SmallVector<mlir::Value> clamped; // to those that there are
  };
  Rows rowsOfThread(const Work &work);
  void loadRowValues(LaneProgram &program, const Rows &threadRows);
  /// Columns that are too long for the stage are read where they are.
  void findUnstaged();
  void reserveStage();
  void stageColumns(LaneProgram program, mlir::Value first, mlir::Value count);
  struct Accumulators;
  Lanes sweepBlock(const LaneProgram &program, mlir::Value number,
                   mlir::Value end, const Accumulators &total,
                   const Lanes &carried);
  Lanes sweepStaged(const LaneProgram &program, const Lanes &state,
                    mlir::Value number, mlir::Value count);
  void runColumns(LaneProgram &program, mlir::Value column, int columns,
                  mlir::Value number);
  Lanes stepColumns(LaneProgram program, mlir::Value column, int columns,
                    mlir::Value number, const Lanes &carried);
  Lane loadStaged(const Buffer &buffer, mlir::Value position, int columns);
  Lane loadColumns(tile::LoadOp load, mlir::Value component, mlir::Value first,
                   int columns);
  Lane columnNumbers(mlir::Value first, int columns);
  void storeStates(llvm::ArrayRef<Lane> state, const Rows &threadRows,
                   const Work &work, mlir::Value first);

  // sweep on tensor cores: Tensor.cpp
  struct TensorMemory;
  int64_t stepsAtOnce() const;
  int64_t tensorSharedBytes() const;
  mlir::Value centered(tile::LoadOp load, mlir::Value row,
                       mlir::Value component);
  llvm::SmallVector<mlir::Value> fourOf(tile::LoadOp load, mlir::Value row,
                                        mlir::Value step, mlir::Value inGroup);
  void storeCenter(const Work &work);
  void loadRowParts(const Work &work);
  void beginTensor(const Work &work);
  Lanes stageColumnParts(mlir::Value first, mlir::Value count,
                         mlir::Value firstStep, mlir::Value steps,
                         const Lanes &norm);
  mlir::Value columnFragment(mlir::Value columns, mlir::Value step,
                             mlir::Value lane);
  Lanes multiplyStaged(mlir::Value firstStep, mlir::Value steps,
                       const Lanes &products);
  void storeProducts(const Lanes &products);
  void multiplyColumns(mlir::Value first, mlir::Value count);
  void bindProduct(LaneProgram &program, mlir::Value column, int columns,
                   mlir::Value first);
  /// What the products of the pairs of a turn take.
  Turn turnOfProducts() const;

  // sweep of a long value: SweepLong.cpp
  /// Are ranks gone through in loops?
  bool hasManyRanks() { return reduction.getRanks() > kMostUnrolled; }
  int64_t longDim() { return sweep.getDims().front(); }
  int64_t ranksPerKind() { return std::max(reduction.getRanks(), int64_t{1}); }
  /// Accumulators in memory of the thread, one vector for each kind: rank r of
  /// component c is number r * dim + c.
  struct Accumulators {
    ReductionAttrInterface reduction;
    llvm::SmallVector<LaneVector> kinds;
  };
  Accumulators accumulatorsOf(ReductionAttrInterface of);
  Lanes load(const Accumulators &from, mlir::Value component);
  void store(const Lanes &lanes, const Accumulators &to, mlir::Value component,
             size_t firstPart = 0);
  llvm::SmallVector<LaneVector> ranksOf(const Accumulators &accumulators,
                                        mlir::Value component);
  void stepLong(const Accumulators &accumulators, const Lane &x,
                mlir::Value component, const Lane &numbers);
  void stepLongColumns(LaneProgram program, mlir::Value column, int columns,
                       mlir::Value number, const Accumulators &accumulators);
  // sums of exponentials, relative to a reference: RelativeState.h
  bool isRelative() const { return RelativeState::isOf(reduction); }
  RelativeState relative(const Accumulators &accumulators);
  void sweepStagedLong(const LaneProgram &program, const Accumulators &total,
                       mlir::Value number, mlir::Value count);
  void storeLongStates(const Accumulators &total, const Rows &threadRows,
                       const Work &work);

  // finish
  /// Where a number of the state of a row is, in numbers of that type. The
  /// states of its chunk begin at `states`.
  mlir::Value statePosition(mlir::Type type, mlir::Value number,
                            mlir::Value states, mlir::Value row,
                            mlir::Value stateRows);
  Lane loadEntry(mlir::Type type, mlir::Value number, mlir::Value chunk,
                 const RowWork &work, mlir::Value base);
  /// Of all components, or of that of an index value.
  Lanes loadState(mlir::Value chunk, const RowWork &work,
                  mlir::Value component);
  Lanes combinedState(const RowWork &work, mlir::Value component = {});
  void storeRow(LaneProgram &program, tile::StoreOp store, mlir::Value row);
  void reduceRows(LaneProgram &program, mlir::Value isRow, mlir::Value block);

  // finish and close
  /// The product over the threads of a block, first to last, for thread 0.
  Lanes combineThreads(llvm::ArrayRef<Buffer> memory, const Lanes &state);
  mlir::Value partialPosition(mlir::Type type, mlir::Value number,
                              mlir::Value block);
  /// Thread 0 stores the lanes as numbers first, first + step, ...
  void storePartial(const Lanes &lanes, mlir::Value first, int64_t step,
                    mlir::Value block);
  /// This thread's share of all partial results, in order.
  Lanes combinePartials(llvm::ArrayRef<int64_t> dims, mlir::Value first,
                        int64_t step);

  // finish and close of long values: FinishLong.cpp
  llvm::SmallVector<LaneVector> resultVectors(LaneProgram &program,
                                              mlir::Operation *op);
  void finishRanks(llvm::ArrayRef<LaneVector> results, mlir::Value component,
                   const RowWork &work);
  void finishLong(LaneProgram &program, const RowWork &work);
  void reduceLongRows(LaneProgram &program, mlir::Value isRow,
                      mlir::Value block);
  void closeLong(LaneProgram &program);

  tile::KernelOp kernel;
  tile::ScheduleAttr schedule;
  mlir::OpBuilder &moduleBuilder;
  mlir::ImplicitLocOpBuilder builder;
  Indices index;
  bool precise;
  mlir::FloatType real;
  int64_t threads; // per block, of all functions
  int groups, unroll;
  GpuMachine machine; // of the sweep: columns are numbered within a chunk
  GpuMachine wide;    // of finish and close: over all

  tile::RowsOp rows;                // null if the kernel has no rows
  tile::SweepOp sweep;              // null if it has no sweep
  ReductionAttrInterface reduction; // of the sweep
  ReductionAttrInterface ofBlock; // of a block of columns; null: there is none
  ReductionAttrInterface ofColumns() const {
    return ofBlock ? ofBlock : reduction;
  }
  /// Is the swept value long, and taken in component by component? And that of
  /// the reduction of rows?
  bool isLongState = false, isLongRows = false;
  llvm::SmallVector<mlir::Value> rowValues; // i-typed values of the do region
  /// Arguments of the do region whose columns are too long for the stage, and
  /// the tables that they are read from instead.
  llvm::DenseMap<mlir::Value, tile::LoadOp> unstaged;
  std::optional<TensorProduct> product; // that tensor cores do
  int64_t stateBytes = 0, partialBytes = 0;
  int64_t widestState = 1, widestPartial = 1; // bytes of a number

  // Of the function being emitted:
  mlir::gpu::GPUFuncOp function;
  llvm::DenseMap<mlir::Value, Buffer> tables;
  llvm::DenseMap<mlir::Value, Buffer> staged; // arguments of the do region
  mlir::Value chunkBegin; // the column that those of the block count from
  int64_t sharedBytes = 0;

  std::shared_ptr<TensorMemory> tensor;
  // Its loops: over what is staged at once, in that over steps to stage them
  // and over steps to multiply them.
  mlir::Operation *chunkLoop = nullptr, *lastOfProducts = nullptr;
  mlir::Block *stageLoop = nullptr, *multiplyLoop = nullptr;

  int64_t sweepSharedBytes = 0;
  mlir::Block *pairLoop = nullptr; // that takes `unroll` columns in a turn
  int64_t operations = 0;          // so far
};

} // namespace keops::device

#endif // KEOPS_COMPILER_CONVERSION_GPU_FUNCTIONS_H
