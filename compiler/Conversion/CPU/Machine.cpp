//===- Machine.cpp - what an x86-64 CPU can do, for lane programs ---------===//

#include "compiler/Conversion/CPU/Machine.h"
#include "compiler/Conversion/CPU/Order.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace keops::cpu {

static IntegerType indexOr(IntegerType index, OpBuilder &builder,
                           FloatType real) {
  return index ? index : builder.getIntegerType(real.getWidth());
}

static Elementary elementaryFor(Isa isa, bool precise) {
  return {instructionsOf(isa), precise};
}

CpuMachine::CpuMachine(ImplicitLocOpBuilder &builder, FloatType real, Isa isa,
                       int width, bool precise, IntegerType index)
    : LoopMachine(builder, real, indexOr(index, builder, real)), level(isa),
      elementary(elementaryFor(isa, precise)),
      rowsPerValue(width > 0 ? width : naturalWidth(isa, real.getWidth())) {}

Type CpuMachine::laneType(Type element) {
  if (rowsPerValue == 1)
    return element;
  return VectorType::get({rowsPerValue}, element);
}

Value CpuMachine::splat(Value scalar) {
  Type type = laneType(scalar.getType());
  if (type == scalar.getType())
    return scalar;
  return vector::BroadcastOp::create(builder, type, scalar);
}

Value CpuMachine::any(const Lane &mask) {
  Lane folded = foldAll(mask, [](Lane a, Lane b) { return a | b; });
  Value value = folded.values.front();
  if (rowsPerValue == 1)
    return value;
  return vector::ReductionOp::create(builder, vector::CombiningKind::OR, value);
}

Lane CpuMachine::oneComponent(llvm::function_ref<Lane()> emit) {
  bool hasFewRegisters = level != Isa::V4;
  if (!hasFewRegisters)
    return emit();
  Block *block = builder.getInsertionBlock();
  Block::iterator end = builder.getInsertionPoint();
  Operation *before = end == block->begin() ? nullptr : &*std::prev(end);
  Lane lane = emit();
  orderByTwos(before ? std::next(before->getIterator()) : block->begin(), end);
  return lane;
}

} // namespace keops::cpu
