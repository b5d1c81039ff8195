//===- Memory.cpp - how kernels on a CPU touch memory ---------------------===//

#include "compiler/Conversion/CPU/Memory.h"
#include "compiler/Conversion/CPU/Transpose.h"
#include "compiler/Conversion/LaneProgram.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace keops::cpu {

int64_t Columns::strideFor(int64_t rows, int64_t bytesPerNumber) {
  return (wholeLines(rows * bytesPerNumber) / 64 | 1) * 64;
}

RowGather::RowGather(CpuMachine &machine, const Buffer &table, int64_t dim,
                     Value first, Value count)
    : machine(&machine), table(table) {
  ImplicitLocOpBuilder &builder = machine.builder;
  Indices index(builder);
  int width = machine.width();
  base = index.mul(first, dim);
  if (width == 1)
    return;
  // Offsets within the rows of one vector fit 32 bits; the base does not.
  auto i32 = builder.getI32Type();
  auto offsetType = VectorType::get({width}, i32);
  Value last = arith::IndexCastOp::create(
      builder, i32, index.sub(index.min(count, width), index.constant(1)));
  auto numbers = llvm::to_vector(llvm::seq<int32_t>(0, width));
  Value row = arith::MinSIOp::create(
      builder,
      arith::ConstantOp::create(
          builder,
          DenseElementsAttr::get(offsetType, ArrayRef<int32_t>(numbers))),
      vector::BroadcastOp::create(builder, offsetType, last));
  Value stride = arith::ConstantOp::create(
      builder, DenseElementsAttr::get(offsetType, static_cast<int32_t>(dim)));
  offsets = arith::MulIOp::create(builder, row, stride);
}

Lane RowGather::component(Value number) const {
  Value position = Indices(machine->builder).add(base, number);
  if (!offsets)
    return machine->wrap(table.load(position));
  return machine->wrap(
      table.gather(machine->laneType(table.element()), position, offsets));
}

// At the end of a table a vector would reach beyond it.
Lanes loadRows(CpuMachine &machine, const Buffer &table, int64_t dim,
               Value first, Value count) {
  ImplicitLocOpBuilder &builder = machine.builder;
  Indices index(builder);
  RowGather gather(machine, table, dim, first, count);
  auto gathered = [&] {
    SmallVector<Value> components;
    for (int64_t c = 0; c < dim; ++c)
      components.push_back(gather.component(index.constant(c)).at(0, 0));
    return components;
  };
  int64_t width = machine.width();
  auto wrapped = [&](ValueRange values) {
    Lanes lanes;
    for (Value value : values)
      lanes.push_back(machine.wrap(value));
    return lanes;
  };
  if (width == 1)
    return wrapped(gathered());
  Type lane = machine.laneType(table.element());
  Value isWhole = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge,
                                        count, index.constant(width));
  auto branch = scf::IfOp::create(builder, SmallVector<Type>(dim, lane),
                                  isWhole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  SmallVector<Value> inOrder;
  Value start = index.mul(first, dim);
  for (int64_t k = 0; k < dim; ++k)
    inOrder.push_back(table.loadVector(lane, index.add(start, k * width)));
  scf::YieldOp::create(builder, componentsOfRows(builder, inOrder));
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, gathered());
  return wrapped(branch.getResults());
}

void storeComponents(CpuMachine &machine, const Buffer &table, int64_t dim,
                     Value first, Value count, const Buffer &target,
                     Value position, int64_t stride) {
  ImplicitLocOpBuilder &builder = machine.builder;
  Indices index(builder);
  RowGather gather(machine, table, dim, first, count);
  auto place = [&](Value component) {
    return index.add(position, index.mul(component, stride));
  };
  auto gatherFrom = [&](int64_t component) {
    emitLoop(machine, index.constant(component), index.constant(dim), 1, {},
             [&](Value c, Lanes) {
               target.storeAligned(gather.component(c).at(0, 0), place(c));
               return Lanes();
             });
  };
  int64_t width = machine.width(), main = dim - dim % width;
  if (width == 1)
    return gatherFrom(0);
  Type lane = machine.laneType(table.element());
  Value isWhole = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge,
                                        count, index.constant(width));
  auto branch = scf::IfOp::create(builder, isWhole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  // As many components as rows: a square.
  auto transpose = [&](Value component, Lanes) {
    SmallVector<Value> rows;
    Value start = index.add(index.mul(first, dim), component);
    for (int64_t row = 0; row < width; ++row)
      rows.push_back(table.loadVector(lane, index.add(start, row * dim)));
    for (auto [c, value] : llvm::enumerate(componentsOfRows(builder, rows)))
      target.storeAligned(value, place(index.add(component, int64_t(c))));
    return Lanes();
  };
  emitLoop(machine, index.constant(0), index.constant(main), width, {},
           transpose);
  if (main < dim)
    gatherFrom(main);
  builder.setInsertionPointToStart(branch.elseBlock());
  gatherFrom(0);
}

Lane loadParameter(CpuMachine &machine, const Buffer &table, Value component) {
  return machine.wrap(machine.splat(table.load(component)));
}

} // namespace keops::cpu
