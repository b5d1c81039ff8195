//===- Functions.h - the functions of a kernel on a GPU ---------*- C++ -*-===//
//
// A kernel becomes up to three functions with the parameters that
// runtime/Card.h gives to device code:
//
//   sweep    a thread has R rows, a block its threads' rows and a chunk of
//            columns:  row values to registers;  for blocks of columns: stage
//            them in shared memory;  for columns, U at a time: formula, step
//   finish   a thread has a row: combine chunks, finalize, work on rows, store
//   close    one block: combine partial results, finalize, store
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_GPU_FUNCTIONS_H
#define KEOPS_COMPILER_CONVERSION_GPU_FUNCTIONS_H

#include "compiler/Conversion/Buffer.h"
#include "compiler/Conversion/GPU/Machine.h"
#include "compiler/Conversion/KernelParts.h"
#include "compiler/Conversion/Passes.h"

namespace keops::device {

// The parameters of the functions behind the tables, in the order of
// runtime/Card.h.
struct SweepParameter {
  enum { kRowBegin, kRowEnd, kCols, kChunkCols, kStates };
};
struct FinishParameter {
  enum { kRowBegin, kRowEnd, kStates, kStateCount, kChunkCols, kPartials };
};
struct CloseParameter {
  enum { kPartials, kPartialCount };
};

/// What the functions of one kernel share.
class KernelEmitter {
public:
  KernelEmitter(tile::KernelOp kernel, tile::ScheduleAttr schedule,
                mlir::OpBuilder &moduleBuilder, bool precise);

  /// Why there is no code for the kernel yet.
  std::optional<std::string> unsupported();
  /// Emits the functions and says what the card needs to know.
  tile::DeviceStepAttr emit();
  /// How many operations were emitted. Valid after emit().
  int64_t size() const { return operations; }

private:
  // The functions.
  mlir::gpu::GPUFuncOp emitSweep();
  mlir::gpu::GPUFuncOp emitFinish();
  mlir::gpu::GPUFuncOp emitClose();

  // What they share.

  /// Starts a function: tables, then parameters.
  void begin(llvm::StringRef role, llvm::ArrayRef<mlir::Type> parameters);
  mlir::gpu::GPUFuncOp end();
  mlir::Value parameter(unsigned number);
  mlir::Value indexParameter(unsigned number);
  /// Numbers that all threads of a block share, aligned for wide loads.
  Buffer shared(mlir::Type element, int64_t count);
  /// Memory of a thread, for vectors that do not fit into its registers.
  LaneVector allocate(GpuMachine &machine, VecType type, int rows, int cols);
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

  // sweep
  struct Rows {
    llvm::SmallVector<mlir::Value> numbers; // of the thread
    llvm::SmallVector<mlir::Value> clamped; // to those that there are
  };
  Rows rowsOfThread();
  void stageColumns(LaneProgram program, mlir::Value first, mlir::Value count);
  Lanes sweepStaged(const LaneProgram &program, const Lanes &state,
                    mlir::Value number, mlir::Value count);
  Lanes stepColumns(LaneProgram program, mlir::Value column, int columns,
                    mlir::Value number, const Lanes &carried);
  Lane loadStaged(const Buffer &buffer, mlir::Value position, int columns);
  Lane columnNumbers(mlir::Value first, int columns);
  void storeStates(const Lanes &state, const Rows &threadRows);

  // finish
  /// Where a component of the state of a row is, in numbers of that type.
  mlir::Value statePosition(mlir::Type number, size_t component,
                            mlir::Value chunk, mlir::Value row,
                            mlir::Value rowCount);
  Lanes loadState(mlir::Value chunk, mlir::Value row, mlir::Value rowCount);
  Lanes combinedState(mlir::Value row, mlir::Value rowCount);
  void storeRow(LaneProgram &program, tile::StoreOp store, mlir::Value row);
  Lanes liftedRow(LaneProgram &program, mlir::Value isRow);

  // finish and close
  /// The product over the threads of a block, first to last, for thread 0.
  Lanes combineThreads(const Lanes &state);
  mlir::Value partialPosition(mlir::Type number, size_t component,
                              mlir::Value block);

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
  llvm::SmallVector<mlir::Value> rowValues; // i-typed values of the do region
  int64_t stateBytes = 0, partialBytes = 0;
  int64_t widestState = 1, widestPartial = 1; // bytes of a number

  // Of the function being emitted:
  mlir::gpu::GPUFuncOp function;
  llvm::DenseMap<mlir::Value, Buffer> tables;
  llvm::DenseMap<mlir::Value, Buffer> staged; // values of the stage
  int64_t sharedBytes = 0;

  int64_t sweepSharedBytes = 0;
  double pairCycles = 0;
  int64_t operations = 0; // so far
};

/// About how many cycles one quarter of a multiprocessor takes for the body of
/// a loop, for all threads of a warp.
double estimateCycles(mlir::Block &body);

} // namespace keops::device

#endif // KEOPS_COMPILER_CONVERSION_GPU_FUNCTIONS_H
