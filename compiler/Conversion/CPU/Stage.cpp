//===- Stage.cpp - rows and columns on their way to the loop over pairs ---===//
//
//   stage columns: lanes over j, evaluate j-typed values, store by component
//   stage rows: lanes over i, evaluate i-typed values, store by component
//   bind: what the formula reads of a group of rows and of a few columns
//
// Columns of tables are read where they are, and only what is computed of them
// is staged.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Functions.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace keops::cpu {

namespace {
/// Scratch memory seen as numbers of the working precision, or as row numbers,
/// which are as wide.
class Scratch {
public:
  Scratch(CpuMachine &machine, Value pointer, Value offsetBytes = {})
      : reals(machine.builder, pointer, machine.real(), offsetBytes),
        rowNumbers(machine.builder, pointer, machine.index(), offsetBytes) {}
  const Buffer &of(Value value) const {
    return vecType(value).isReal() ? reals : rowNumbers;
  }

private:
  Buffer reals, rowNumbers;
};
} // namespace

/// Stores the components of `values`, one after the other, at a position. They
/// are those of rows from `first` on, of which there are `count`.
void KernelEmitter::stage(LaneProgram &program, ValueRange values, Value first,
                          Value count, const Columns &columns, Value position) {
  Scratch scratch(
      machine, argument(SweepArgument::kScratch),
      LLVM::ConstantOp::create(builder, i64(), columns.offsetBytes));
  runSlice(program, machine, values, first, count);
  int64_t stride = columns.stride(real);
  for (Value value : values) {
    int64_t dim = vecType(value).getDim();
    auto load = value.getDefiningOp<tile::LoadOp>();
    if (isLong(value) && load && load.getRow() && vecType(value).isReal()) {
      storeComponents(machine, table(load.getTable()), dim, first, count,
                      scratch.of(value), position, stride);
    } else if (isLong(value) && program.isIndexable(value)) {
      machine.loop(dim, {}, [&](Value component, ArrayRef<Lane>) {
        scratch.of(value).storeAligned(
            program.at(value, component).values.front(),
            index.add(position, index.mul(component, stride)));
        return Lanes();
      });
    } else {
      for (auto [c, lane] : llvm::enumerate(program.get(value)))
        scratch.of(value).storeAligned(
            lane.values.front(), index.add(position, int64_t(c) * stride));
    }
    position = index.add(position, dim * stride);
  }
}

/// A group of rows, unless it is: of rows that are swept for the first time,
/// for which the results are prefetched, too. Rows past the last one are copies
/// of it.
void KernelEmitter::stageRows(const LaneProgram &program, Value group,
                              const Lane &isStaged) {
  if (rowValues.empty())
    return;
  auto branch = scf::IfOp::create(builder, TypeRange(), isStaged.at(0, 0),
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.elseBlock());
  Value rowBegin = index.of(argument(SweepArgument::kRowBegin));
  Value rowEnd = index.of(argument(SweepArgument::kRowEnd));
  // One of the vectors that are in flight together.
  auto stageVector = [&](Value inFlight, Lanes) {
    LaneProgram local(program);
    Value first = index.min(index.add(index.add(rowBegin, group), inFlight),
                            index.add(rowEnd, -1));
    stage(local, rowValues, first, index.sub(rowEnd, first), stagedRows,
          index.add(stagedRow(group), inFlight));
    return Lanes();
  };
  Value zero = index.constant(0);
  if (groups == 1)
    stageVector(zero, {});
  else
    emitLoop(machine, zero, index.constant(int64_t(width) * groups), width, {},
             stageVector);
  prefetchResults(index.add(rowBegin, group));
}

/// Results of all rows of a tile are stored at once, in finish, which waits for
/// memory then. The lines of some rows are fetched while these are swept.
void KernelEmitter::prefetchResults(Value firstRow) {
  // Of the rows in flight; more would be in the way in the L1 cache.
  constexpr int64_t mostBytes = 4 << 10, lineBytes = 64;
  for (tile::StoreOp store : storesIn(rows.getBody())) {
    auto type = cast<tile::TableType>(store.getTable().getType());
    int64_t number = bytesOf(type.getScalar());
    int64_t bytes = int64_t(width) * groups * type.getDim() * number;
    if (!store.getRow() || bytes > mostBytes)
      continue;
    Value start = index.mul(firstRow, type.getDim());
    machine.loop((bytes + lineBytes - 1) / lineBytes, {},
                 [&](Value line, ArrayRef<Lane>) {
                   table(store.getTable())
                       .prefetchForStore(index.add(
                           start, index.mul(line, lineBytes / number)));
                   return Lanes();
                 });
  }
}

// A vector of columns is needed where the best of them are looked at again.
tile::LoadOp KernelEmitter::readInPlace(Value stagedValue) {
  auto load = stagedValue.getDefiningOp<tile::LoadOp>();
  bool isAtHand = load && load.getRow() && !isRanked() &&
                  vecType(stagedValue).getScalar() == Type(real);
  return isAtHand ? load : tile::LoadOp();
}

SmallVector<Value> KernelEmitter::stagedValues() {
  SmallVector<Value> values;
  for (Value value : sweep.getStage().front().getTerminator()->getOperands())
    if (!readInPlace(value))
      values.push_back(value);
  return values;
}

void KernelEmitter::stageColumns(LaneProgram program, Value firstColumn,
                                 Value cols) {
  SmallVector<Value> values = stagedValues();
  if (values.empty())
    return;
  emitLoop(machine, index.constant(0), cols, width, {},
           [&](Value column, Lanes) {
             LaneProgram local(program);
             stage(local, values, index.add(firstColumn, column),
                   index.sub(cols, column), staged, column);
             return Lanes();
           });
}

/// What the do region reads of a group of rows.
void KernelEmitter::bindRows(LaneProgram &program, Value group) {
  Scratch scratch(
      machine, argument(SweepArgument::kScratch),
      LLVM::ConstantOp::create(builder, i64(), stagedRows.offsetBytes));
  int64_t first = 0, stride = stagedRows.stride(real);
  for (Value value : rowValues) {
    Value start = index.add(stagedRow(group), first * stride);
    Buffer buffer = scratch.of(value);
    bindMemory(program, value, [this, buffer, start, stride](Value component) {
      return loadGroups(buffer, index.add(start, index.mul(component, stride)));
    });
    first += vecType(value).getDim();
  }
}

void KernelEmitter::bindColumns(LaneProgram &program, Value column,
                                int columns) {
  Scratch scratch(machine, argument(SweepArgument::kScratch));
  // From one component to the next, and from one column to the next.
  auto bind = [&](Value value, Buffer buffer, Value start, int64_t stride,
                  int64_t step) {
    bindMemory(program, value, [=](Value component) {
      Value position = index.add(start, index.mul(component, stride));
      Lane lane{&machine, 1, columns, {}};
      for (int u = 0; u < columns; ++u)
        lane.values.push_back(
            machine.splat(buffer.load(index.add(position, u * step))));
      return lane;
    });
  };
  int64_t first = 0, stride = staged.stride(real);
  for (auto [value, source] : llvm::zip_equal(
           sweep.getBody().getArguments(),
           sweep.getStage().front().getTerminator()->getOperands())) {
    int64_t dim = vecType(value).getDim();
    if (tile::LoadOp load = readInPlace(source)) {
      Value number = index.add(firstColumn, column);
      bind(value, table(load.getTable()), index.mul(number, dim), 1, dim);
      continue;
    }
    bind(value, scratch.of(value), index.add(column, first * stride), stride,
         1);
    first += dim;
  }
}

} // namespace keops::cpu
