//===- Fragments.cpp - matrices that a warp holds together ----------------===//

#include "compiler/Conversion/GPU/Fragments.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace keops::device {

Fragments::Fragments(ImplicitLocOpBuilder &builder)
    : thread(mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x)),
      builder(builder) {
  Indices index(builder);
  lane = index.rem(thread, kWarp);
  warp = index.div(thread, kWarp);
  group = index.div(lane, 4);
  inGroup = index.rem(lane, 4);
}

Value Fragments::constant(int64_t value) {
  return arith::ConstantIntOp::create(builder, value, 32);
}

/// The nearest numbers of 8 bits, the second in the upper half of the word.
Value Fragments::packed(Value first, Value second) {
  Value two = LLVM::CallIntrinsicOp::create(
                  builder, VectorType::get({2}, builder.getBF16Type()),
                  builder.getStringAttr("llvm.nvvm.ff2bf16x2.rn"),
                  ValueRange{second, first})
                  .getResult(0);
  return LLVM::BitcastOp::create(builder, word(), two);
}

/// What is left without a part is exact, and the last part has no more than 8
/// bits anyway.
SmallVector<Fragments::Values, kParts>
Fragments::wordsOf(ArrayRef<Value> numbers) {
  SmallVector<Values, kParts> words(kParts);
  SmallVector<Value> rest(numbers);
  auto subtract = [&](Value &number, Value bits) {
    number = arith::SubFOp::create(
        builder, number,
        arith::BitcastOp::create(builder, number.getType(), bits));
  };
  for (int64_t part = 0; part < kParts; ++part)
    for (size_t n = 0; n < rest.size(); n += 2) {
      Value both = packed(rest[n], rest[n + 1]);
      words[size_t(part)].push_back(both);
      if (part == kParts - 1)
        continue;
      subtract(rest[n], arith::ShLIOp::create(builder, both, constant(16)));
      subtract(rest[n + 1],
               arith::AndIOp::create(builder, both, constant(-0x10000)));
    }
  return words;
}

/// norm + the squares of the numbers.
Value Fragments::addSquares(Value norm, ArrayRef<Value> numbers) {
  for (Value number : numbers)
    norm = arith::AddFOp::create(
        builder,
        arith::MulFOp::create(builder, number, number,
                              arith::FastMathFlags::contract),
        norm, arith::FastMathFlags::contract);
  return norm;
}

/// value + that of the thread whose number differs in one bit.
Value Fragments::withNeighbor(Value value, int64_t bit) {
  Value other =
      mlir::gpu::ShuffleOp::create(builder, value, constant(bit),
                                   constant(kWarp), mlir::gpu::ShuffleMode::XOR)
          .getShuffleResult();
  return arith::AddFOp::create(builder, value, other);
}

Value Fragments::sumOfGroup(Value value) {
  return withNeighbor(withNeighbor(value, 1), 2);
}

Fragments::Values Fragments::multiply(ArrayRef<Value> a, ArrayRef<Value> b,
                                      ArrayRef<Value> c) {
  SmallVector<Type> types(c.size(), c.front().getType());
  Value product = NVVM::MmaOp::create(
      builder, LLVM::LLVMStructType::getLiteral(builder.getContext(), types), a,
      b, c,
      ArrayRef<int64_t>{TensorProduct::kRows, TensorProduct::kCols,
                        TensorProduct::kDepth},
      std::nullopt, std::nullopt,
      std::array{NVVM::MMATypes::bf16, NVVM::MMATypes::bf16},
      std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  Values numbers;
  for (int64_t n = 0; n < int64_t(c.size()); ++n)
    numbers.push_back(LLVM::ExtractValueOp::create(builder, product, n));
  return numbers;
}

void Fragments::waitForWarp() {
  NVVM::SyncWarpOp::create(builder, constant(-1));
}

} // namespace keops::device
