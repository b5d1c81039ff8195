//===- Memory.cpp - how kernels on a CPU touch memory ---------------------===//

#include "compiler/Conversion/CPU/Memory.h"

using namespace mlir;

namespace keops::cpu {

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

// No wrap-around: sizes were checked by the runtime. LLVM needs to know it to
// fold constant offsets into addresses.
static constexpr auto kNoWrap = arith::IntegerOverflowFlags::nsw;

Value Indices::add(Value a, Value b) const {
  return arith::AddIOp::create(builder, a, b, kNoWrap);
}
Value Indices::add(Value a, int64_t b) const {
  return b == 0 ? a : add(a, constant(b));
}
Value Indices::sub(Value a, Value b) const {
  return arith::SubIOp::create(builder, a, b, kNoWrap);
}
Value Indices::mul(Value a, int64_t b) const {
  return b == 1
             ? a
             : Value(arith::MulIOp::create(builder, a, constant(b), kNoWrap));
}
Value Indices::min(Value a, Value b) const {
  return arith::MinSIOp::create(builder, a, b);
}
Value Indices::rem(Value a, int64_t b) const {
  return arith::RemUIOp::create(builder, a, constant(b));
}
Value Indices::of(Value integer) const {
  return arith::IndexCastOp::create(builder, builder.getIndexType(), integer);
}

//===----------------------------------------------------------------------===//
// Buffer
//===----------------------------------------------------------------------===//

// A memref<?xT> descriptor, made by hand from the pointer: {allocated, aligned,
// offset, {size}, {stride}}. The size is never read.
Buffer::Buffer(ImplicitLocOpBuilder &builder, Value pointer, Type element,
               Value offsetBytes)
    : builder(builder), type(element) {
  Type ptr = LLVM::LLVMPointerType::get(builder.getContext());
  Type i64 = builder.getI64Type();
  if (offsetBytes)
    pointer = LLVM::GEPOp::create(builder, ptr, builder.getI8Type(), pointer,
                                  ArrayRef<LLVM::GEPArg>{offsetBytes});
  Type one = LLVM::LLVMArrayType::get(i64, 1);
  Type descriptor = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                                     {ptr, ptr, i64, one, one});
  auto number = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(builder, i64, value);
  };
  Value filled = LLVM::PoisonOp::create(builder, descriptor);
  auto insert = [&](Value value, ArrayRef<int64_t> position) {
    filled = LLVM::InsertValueOp::create(builder, filled, value, position);
  };
  insert(pointer, 0);
  insert(pointer, 1);
  insert(number(0), 2);
  insert(number(INT64_MAX), {3, 0});
  insert(number(1), {4, 0});
  memref =
      UnrealizedConversionCastOp::create(
          builder, MemRefType::get({ShapedType::kDynamic}, element), filled)
          .getResult(0);
}

Value Buffer::load(Value index) const {
  return memref::LoadOp::create(builder, memref, index);
}
void Buffer::store(Value scalar, Value index) const {
  memref::StoreOp::create(builder, scalar, memref, index);
}

/// Scratch memory is aligned to 64 bytes, and vectors stand at multiples of
/// their size.
static uint64_t alignmentOf(VectorType type) {
  return std::min<uint64_t>(64, type.getNumElements() *
                                    type.getElementTypeBitWidth() / 8);
}

Value Buffer::loadAligned(Type lane, Value index) const {
  if (!isa<VectorType>(lane))
    return load(index);
  auto op = vector::LoadOp::create(builder, cast<VectorType>(lane), memref,
                                   ValueRange{index});
  op.setAlignment(alignmentOf(cast<VectorType>(lane)));
  return op;
}

void Buffer::storeAligned(Value lane, Value index) const {
  if (!isa<VectorType>(lane.getType()))
    return store(lane, index);
  auto op = vector::StoreOp::create(builder, lane, memref, ValueRange{index});
  op.setAlignment(alignmentOf(cast<VectorType>(lane.getType())));
}

Value Buffer::gather(Type lane, Value base, Value offsets) const {
  auto vector = cast<VectorType>(lane);
  auto maskType = VectorType::get(vector.getShape(), builder.getI1Type());
  Value all = arith::ConstantOp::create(builder,
                                        DenseElementsAttr::get(maskType, true));
  Value none = arith::ConstantOp::create(
      builder, cast<TypedAttr>(builder.getZeroAttr(vector)));
  return vector::GatherOp::create(builder, vector, memref, ValueRange{base},
                                  offsets, all, none);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

int64_t widestOf(TypeRange numbers) {
  int64_t widest = 1;
  for (Type number : numbers)
    widest = std::max(widest, bytesOf(number));
  return widest;
}

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
