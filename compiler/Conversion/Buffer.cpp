//===- Buffer.cpp - numbers in memory, and positions in it ----------------===//

#include "compiler/Conversion/Buffer.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace keops {

int64_t widestOf(TypeRange numbers) {
  int64_t widest = 1;
  for (Type number : numbers)
    widest = std::max(widest, bytesOf(number));
  return widest;
}

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
Value Indices::times(Value a, Value b) const {
  return arith::MulIOp::create(builder, a, b, kNoWrap);
}
Value Indices::div(Value a, int64_t b) const {
  return arith::DivUIOp::create(builder, a, constant(b));
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
  auto ptr = cast<LLVM::LLVMPointerType>(pointer.getType());
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
  Attribute space;
  if (ptr.getAddressSpace() != 0)
    space = builder.getI64IntegerAttr(ptr.getAddressSpace());
  auto buffer = MemRefType::get({ShapedType::kDynamic}, element,
                                MemRefLayoutAttrInterface(), space);
  memref =
      UnrealizedConversionCastOp::create(builder, buffer, filled).getResult(0);
}

Buffer::Buffer(ImplicitLocOpBuilder &builder, Value memref)
    : builder(builder),
      type(cast<MemRefType>(memref.getType()).getElementType()),
      memref(memref) {}

// LLVM would take 4 for integers of 64 bits, before it knows the target, and
// load them in halves.
static uint64_t alignmentOf(Type number) {
  return number.isInteger(64) ? 8 : 0;
}

Value Buffer::load(Value index) const {
  auto op = memref::LoadOp::create(builder, memref, index);
  if (uint64_t alignment = alignmentOf(type))
    op.setAlignment(alignment);
  return op;
}
void Buffer::store(Value scalar, Value index) const {
  auto op = memref::StoreOp::create(builder, scalar, memref, index);
  if (uint64_t alignment = alignmentOf(type))
    op.setAlignment(alignment);
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

Value Buffer::loadVector(Type lane, Value index) const {
  auto op = vector::LoadOp::create(builder, cast<VectorType>(lane), memref,
                                   ValueRange{index});
  op.setAlignment(bytesOf(type));
  return op;
}

void Buffer::storeVector(Value lane, Value index) const {
  auto op = vector::StoreOp::create(builder, lane, memref, ValueRange{index});
  op.setAlignment(bytesOf(type));
}

void Buffer::prefetchForStore(Value index) const {
  constexpr uint32_t keepInAllCaches = 3;
  memref::PrefetchOp::create(builder, memref, ValueRange{index},
                             /*isWrite=*/true, keepInAllCaches,
                             /*isDataCache=*/true);
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

} // namespace keops
