//===- Memory.cpp - how kernels on a CPU touch memory ---------------------===//

#include "compiler/Conversion/CPU/Memory.h"

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

Lane loadParameter(CpuMachine &machine, const Buffer &table, Value component) {
  return machine.wrap(machine.splat(table.load(component)));
}

} // namespace keops::cpu
