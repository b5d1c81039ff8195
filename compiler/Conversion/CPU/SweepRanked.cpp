//===- SweepRanked.cpp - the best columns, found in two passes ------------===//
//
//   for groups of columns:                                   lanes over rows
//     formula; the best value of each group, stored; the K best of these
//   for groups of columns, for rows to which a group matters:
//     formula again; insert what is better                   lanes over columns
//
// Most columns change nothing. The first pass only finds out which could: it
// keeps no column numbers, and the K-th of the best values of groups is a bound
// that at least K columns meet. A group matters to a row if its best value
// meets the bound, which few do. What is done for a row then need not be done
// for its neighbors, so the second pass takes one row, and a vector of columns.
//
// A bound from few groups is loose. Few columns are taken in one by one.
//
// The K best of earlier blocks of columns count from the start: the bound of a
// block is that of all columns so far.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"
#include "compiler/Conversion/CPU/Functions.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace keops::cpu {

/// The same of two numbers that are no lanes.
static Value isBetter(ImplicitLocOpBuilder &builder, Order order, Value a,
                      Value b) {
  return arith::CmpFOp::create(builder,
                               order.greatest ? arith::CmpFPredicate::OGT
                                              : arith::CmpFPredicate::OLT,
                               a, b);
}

bool KernelEmitter::isRanked() {
  std::optional<Ranking> ranking = reduction.getRanking();
  return ranking && ranking->count <= kMostUnrolled && width > 1 &&
         groups == 1 && llvm::equal(sweep.getDims(), ArrayRef<int64_t>{1});
}

int64_t KernelEmitter::columnsPerGroup() const {
  // Long enough that the test of a group costs little, short enough that
  // looking at a group again does, which is rare for a single rank.
  int64_t step = std::max(width, unroll);
  int64_t wanted = reduction.getRanking()->count == 1 ? 48 : 32;
  return (wanted + step - 1) / step * step;
}

/// while `isOn` of what is carried: `next` of it. Both are emitted where the
/// loop is, so that whoever looks for the function around them finds it.
static Value emitWhile(ImplicitLocOpBuilder &builder, Value start,
                       llvm::function_ref<Value(Value)> isOn,
                       llvm::function_ref<Value(Value)> next) {
  OpBuilder::InsertionGuard guard(builder);
  Type type = start.getType();
  auto loop = scf::WhileOp::create(builder, TypeRange{type}, start);
  Location location = builder.getLoc();
  Block *before = builder.createBlock(&loop.getBefore(), {}, type, location);
  Value more = isOn(before->getArgument(0));
  scf::ConditionOp::create(builder, more, before->getArguments());
  Block *after = builder.createBlock(&loop.getAfter(), {}, type, location);
  scf::YieldOp::create(builder, next(after->getArgument(0)));
  return loop.getResult(0);
}

/// `body` for the number of each bit that is set, lowest first.
static void forEachBit(ImplicitLocOpBuilder &builder, Value bits,
                       llvm::function_ref<void(Value)> body) {
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        builder, builder.getIntegerAttr(bits.getType(), value));
  };
  Value zero = number(0), one = number(1);
  emitWhile(
      builder, bits,
      [&](Value left) -> Value {
        return arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, left,
                                     zero);
      },
      [&](Value left) -> Value {
        Value lowest = math::CountTrailingZerosOp::create(builder, left);
        body(arith::IndexCastUIOp::create(builder, builder.getIndexType(),
                                          lowest));
        return arith::AndIOp::create(builder, left,
                                     arith::SubIOp::create(builder, left, one));
      });
}

/// The bits of a mask, the first row or column lowest, in a register.
static Value bitsOf(ImplicitLocOpBuilder &builder, const Lane &mask) {
  Value value = mask.values.front();
  int64_t count = cast<VectorType>(value.getType()).getNumElements();
  auto packed = VectorType::get({1}, builder.getIntegerType(count));
  Value bits = vector::ExtractOp::create(
      builder, vector::BitCastOp::create(builder, packed, value),
      ArrayRef<int64_t>{0});
  return arith::ExtUIOp::create(builder, builder.getI32Type(), bits);
}

//===----------------------------------------------------------------------===//
// The first pass
//===----------------------------------------------------------------------===//

/// Is it never below zero, nor a negative zero? It may be NaN.
static bool isNonNegative(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<SqrtOp>(op))
    return isNonNegative(op->getOperand(0));
  return isa_and_nonnull<SqNormOp, SquareOp, AbsOp, ExpOp, Exp2Op>(op);
}

/// min(a, b) of numbers that are not negative, by their bits, in which they
/// have the same order and NaN comes last: any pipe can compare integers.
static Lane minOfBits(const Lane &a, const Lane &b) {
  Machine &machine = *a.machine;
  Type bits = machine.bitsType();
  Lane least = machine.map(
      {bitcast(a, bits), bitcast(b, bits)}, [&](ArrayRef<Value> x) -> Value {
        return arith::MinUIOp::create(machine.builder, x[0], x[1]);
      });
  return bitcast(least, a.element());
}

/// The best value of some columns and of `best`.
Lane KernelEmitter::bestOfColumns(LaneProgram program, Value column,
                                  int columns, const Lane &best) {
  llvm::SaveAndRestore<int64_t> free(scratchUsed);
  Block *body = builder.getInsertionBlock();
  Order order{reduction.getRanking()->greatest};
  runColumns(program, column, columns);
  Value value = sweep.getBody().front().getTerminator()->getOperand(0);
  Lane values = program.get(value)[0];
  bool byBits = !order.greatest && isNonNegative(value);
  Lane result = best;
  for (int u = 0; u < columns; ++u) {
    Lane one = machine.column(values, values.cols == 1 ? 0 : u);
    result = byBits ? minOfBits(one, result) : order.best(one, result);
  }
  markTurn(*body, columns);
  return result;
}

/// Takes a value into the K best, which are in order.
static Lanes insertValue(const Order &order, const Lanes &best,
                         const Lane &value) {
  Lanes next(best);
  for (size_t rank = best.size() - 1; rank > 0; --rank)
    next[rank] = order.best(order.worst(value, best[rank - 1]), best[rank]);
  next[0] = order.best(value, best[0]);
  return next;
}

Lane KernelEmitter::boundOfColumns(const LaneProgram &program, Value group,
                                   Value cols, const LaneVector &bestValues) {
  Ranking ranking = *reduction.getRanking();
  Order order{ranking.greatest};
  int64_t size = columnsPerGroup();
  Lanes known = loadState(group);
  known.truncate(ranking.count);
  Lane none = reduction.init(machine, {1}).front();
  known = emitLoop(
      machine, index.constant(0), cols, size, known,
      [&](Value first, Lanes best) {
        Value count = index.min(index.sub(cols, first), size);
        Value end = index.add(first, count);
        Value main = index.sub(end, index.rem(count, unroll));
        auto body = [&](int columns) {
          return [&, columns](Value column, Lanes carried) {
            return Lanes{bestOfColumns(program, column, columns, carried[0])};
          };
        };
        Lanes ofGroup =
            emitLoop(machine, first, main, unroll, {none}, body(unroll));
        if (unroll > 1)
          ofGroup = emitLoop(machine, main, end, 1, ofGroup, body(1));
        bestValues.store(
            arith::DivUIOp::create(builder, first, index.constant(size)),
            ofGroup[0]);
        return machine.ifAny(
            order.isBetter(ofGroup[0], best.back()), best,
            [&] { return insertValue(order, best, ofGroup[0]); });
      });
  return known.back();
}

//===----------------------------------------------------------------------===//
// The second pass
//===----------------------------------------------------------------------===//

/// The ranked values of one row and their columns, in its state.
struct KernelEmitter::RankedRow {
  Buffer values, columns;
  Value row;    // within the tile
  Value staged; // where its values are
  int64_t stride, count;
};

/// Inserts a value that is better than the last.
void KernelEmitter::insertRanked(const RankedRow &list, Value value,
                                 Value column) {
  Order order{reduction.getRanking()->greatest};
  auto at = [&](Value rank) {
    return index.add(list.row, index.mul(rank, list.stride));
  };
  Value zero = index.constant(0), place = zero;
  if (list.count > 1)
    place = emitWhile(
        builder, index.constant(list.count - 1),
        [&](Value rank) -> Value {
          // At rank 0 the value before is not looked at, but is loaded.
          Value isInside = arith::CmpIOp::create(
              builder, arith::CmpIPredicate::ne, rank, zero);
          Value before =
              arith::MaxSIOp::create(builder, index.add(rank, -1), zero);
          Value goesUp =
              isBetter(builder, order, value, list.values.load(at(before)));
          return arith::AndIOp::create(builder, isInside, goesUp);
        },
        [&](Value rank) {
          Value before = index.add(rank, -1);
          list.values.store(list.values.load(at(before)), at(rank));
          list.columns.store(list.columns.load(at(before)), at(rank));
          return before;
        });
  list.values.store(value, at(place));
  list.columns.store(column, at(place));
}

/// The formula for one row and a vector of columns.
Lane KernelEmitter::valuesOfRow(LaneProgram program, Value row, Value column) {
  auto scratchOf = [&](Value value, int64_t offset) {
    Type type = vecType(value).isReal() ? Type(real) : Type(machine.index());
    return Buffer(builder, argument(SweepArgument::kScratch), type,
                  LLVM::ConstantOp::create(builder, i64(), offset));
  };
  int64_t first = 0, stride = stagedRows.stride(real);
  for (Value value : rowValues) {
    Value start = index.add(row, first * stride);
    Buffer buffer = scratchOf(value, stagedRows.offsetBytes);
    bindMemory(program, value, [this, buffer, start, stride](Value component) {
      return machine.wrap(machine.splat(
          buffer.load(index.add(start, index.mul(component, stride)))));
    });
    first += vecType(value).getDim();
  }
  first = 0;
  stride = staged.stride(real);
  for (BlockArgument value : sweep.getBody().getArguments()) {
    Value start = index.add(column, first * stride);
    Buffer buffer = scratchOf(value, 0);
    bindMemory(program, value, [this, buffer, start, stride](Value component) {
      return machine.wrap(
          buffer.loadAligned(machine.laneType(buffer.element()),
                             index.add(start, index.mul(component, stride))));
    });
    first += vecType(value).getDim();
  }
  program.setShape(1, 1);
  for (Operation &op : sweep.getBody().front().without_terminator())
    program.run(&op);
  return program.get(sweep.getBody().front().getTerminator()->getOperand(0))[0];
}

/// Looks at the columns of a group again, for one row.
void KernelEmitter::rankColumns(const LaneProgram &program,
                                const RankedRow &list, Value limit, Value first,
                                Value end, Value block) {
  llvm::SaveAndRestore<int64_t> free(scratchUsed);
  Order order{reduction.getRanking()->greatest};
  Buffer found = reserve(real, width);
  Value last = index.add(list.row, (list.count - 1) * list.stride);
  auto numbers = llvm::to_vector(llvm::seq<int32_t>(0, width));
  Lane offsets = machine.wrap(arith::ConstantOp::create(
      builder, DenseElementsAttr::get(
                   cast<VectorType>(machine.laneType(builder.getI32Type())),
                   ArrayRef<int32_t>(numbers))));
  scf::ForOp loop;
  emitLoop(machine, first, end, width, {}, [&](Value column, Lanes) {
    loop = cast<scf::ForOp>(builder.getInsertionBlock()->getParentOp());
    Lane values = valuesOfRow(program, list.staged, column);
    Lane known = machine.wrap(machine.splat(list.values.load(last)));
    Lane bound = machine.wrap(machine.splat(limit));
    Lane left = machine.wrap(machine.splat(arith::IndexCastOp::create(
        builder, builder.getI32Type(), index.sub(end, column))));
    // Equal to the bound: it may be the one that set it.
    Lane isWithin = order.greatest ? bound <= values : values <= bound;
    Lane matters = order.isBetter(values, known) & isWithin & (offsets < left);
    Value bits = bitsOf(builder, matters);
    found.storeAligned(values.values.front(), index.constant(0));
    forEachBit(builder, bits, [&](Value lane) {
      Value value = found.load(lane);
      // Those before may have moved the last one.
      auto branch = scf::IfOp::create(
          builder, isBetter(builder, order, value, list.values.load(last)));
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(branch.thenBlock());
      Value number = index.add(index.add(block, column), lane);
      insertRanked(
          list, value,
          arith::IndexCastOp::create(builder, machine.index(), number));
    });
    return Lanes();
  });
  SecondPass pass{list.count, columnsPerGroup(), schedule.getCols()};
  loop->setAttr(kAgainAttribute, pass.toAttribute(builder.getContext()));
}

void KernelEmitter::sweepInTwoPasses(const LaneProgram &program,
                                     const LaneProgram &parameters, Value group,
                                     Value block, Value cols) {
  llvm::SaveAndRestore<int64_t> free(scratchUsed);
  Ranking ranking = *reduction.getRanking();
  int64_t size = columnsPerGroup();
  LaneVector bestValues =
      allocate(machine, (schedule.getCols() + size - 1) / size, 1, 1);
  Buffer bounds = reserve(real, width);
  Lane bound = boundOfColumns(program, group, cols, bestValues);
  bounds.storeAligned(bound.values.front(), index.constant(0));
  Value pointer = argument(SweepArgument::kState);
  emitLoop(machine, index.constant(0), cols, size, {}, [&](Value first, Lanes) {
    Lane best = bestValues.load(
        arith::DivUIOp::create(builder, first, index.constant(size)));
    Lane matters = ranking.greatest ? bound <= best : best <= bound;
    Value end = index.min(index.add(first, size), cols);
    forEachBit(builder, bitsOf(builder, matters), [&](Value lane) {
      RankedRow list{
          Buffer(builder, pointer, real),
          Buffer(builder, pointer, machine.index(),
                 LLVM::ConstantOp::create(builder, i64(),
                                          ranking.count * state.strideBytes)),
          index.add(group, lane),
          index.add(stagedRow(group), lane),
          state.stride(real),
          ranking.count};
      rankColumns(parameters, list, bounds.load(lane), first, end, block);
    });
    return Lanes();
  });
}

void KernelEmitter::sweepRankedGroup(const LaneProgram &program,
                                     const LaneProgram &parameters, Value group,
                                     Value block, Value cols) {
  // Where two passes begin to pay, measured in dimension 3 on a Zen 4: with
  // vectors of 16 rows, from 1500 columns on for a single rank and from 770 for
  // ten. The fewer rows, the less is saved by not taking in a column.
  bool isSingle = reduction.getRanking()->count == 1;
  Value fewest =
      index.constant(isSingle ? 96 * width : std::min(72 * width, 768));
  Value isShort =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, cols, fewest);
  auto branch = scf::IfOp::create(builder, isShort, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  // Each column in flight has an insertion of its own.
  int count = int(reduction.getRanking()->count);
  int atOnce = std::clamp(24 / count, 1, std::min(unroll, 4));
  sweepShortGroup(program, group, block, cols, atOnce);
  builder.setInsertionPointToStart(branch.elseBlock());
  sweepInTwoPasses(program, parameters, group, block, cols);
}

} // namespace keops::cpu
