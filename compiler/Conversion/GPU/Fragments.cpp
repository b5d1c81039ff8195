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

/// The 8 bits are those of the nearest number that has no more. What is left
/// then is exact, and the last part has no more anyway.
SmallVector<Fragments::Values, kParts>
Fragments::wordsOf(ArrayRef<Value> numbers) {
  SmallVector<Values, kParts> words(kParts);
  SmallVector<Value> rest(numbers);
  for (int64_t part = 0; part < kParts; ++part) {
    SmallVector<Value> heads;
    for (Value &number : rest) {
      Value bits = arith::BitcastOp::create(builder, word(), number);
      if (part < kParts - 1) {
        bits = arith::AddIOp::create(builder, bits, constant(0x8000));
        bits = arith::AndIOp::create(builder, bits, constant(-0x10000));
        Value head = arith::BitcastOp::create(builder, number.getType(), bits);
        number = arith::SubFOp::create(builder, number, head);
      }
      heads.push_back(bits);
    }
    for (size_t n = 0; n < heads.size(); n += 2)
      words[size_t(part)].push_back(arith::OrIOp::create(
          builder, arith::ShRUIOp::create(builder, heads[n], constant(16)),
          heads[n + 1]));
  }
  return words;
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
