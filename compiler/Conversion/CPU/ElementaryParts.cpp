//===- ElementaryParts.cpp - what the expansions are built from -----------===//

#include "compiler/Conversion/CPU/ElementaryParts.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace keops::cpu {

Format::Format(const Lane &x) : real(cast<FloatType>(x.element())) {
  bits = IntegerType::get(real.getContext(), real.getWidth());
  isDouble = real.isF64();
  fraction = isDouble ? 52 : 23;
  bias = isDouble ? 1023 : 127;
}

int64_t Format::pattern(double value) const {
  if (isDouble)
    return llvm::bit_cast<int64_t>(value);
  return llvm::bit_cast<int32_t>(static_cast<float>(value));
}

Lane Format::constant(Machine &machine, double value) const {
  if (machine.real() == real)
    return machine.constant(value);
  ImplicitLocOpBuilder &builder = machine.builder;
  return machine.wrap(machine.splat(
      arith::ConstantOp::create(builder, builder.getFloatAttr(real, value))));
}

Lane Format::integer(Machine &machine, int64_t value) const {
  return machine.integer(bits, value);
}

Lane plainAdd(const Lane &a, const Lane &b) {
  ImplicitLocOpBuilder &builder = a.machine->builder;
  return a.machine->map({a, b}, [&](ArrayRef<Value> x) -> Value {
    return arith::AddFOp::create(builder, x[0], x[1]);
  });
}

Lane plainSub(const Lane &a, const Lane &b) {
  ImplicitLocOpBuilder &builder = a.machine->builder;
  return a.machine->map({a, b}, [&](ArrayRef<Value> x) -> Value {
    return arith::SubFOp::create(builder, x[0], x[1]);
  });
}

Lane floor(const Lane &x) {
  ImplicitLocOpBuilder &builder = x.machine->builder;
  return x.machine->map({x}, [&](ArrayRef<Value> v) -> Value {
    return math::FloorOp::create(builder, v[0]);
  });
}

Lane polynomial(const Lane &x, ArrayRef<double> coefficients) {
  Format format(x);
  Lane sum = format.constant(*x.machine, coefficients.back());
  for (double c : llvm::reverse(coefficients.drop_back()))
    sum = sum * x + format.constant(*x.machine, c);
  return sum;
}

//===----------------------------------------------------------------------===//
// AVX-512
//===----------------------------------------------------------------------===//

bool fitsAvx512(Isa isa, const Lane &x) {
  auto type = dyn_cast<VectorType>(x.values.front().getType());
  return isa == Isa::V4 && type &&
         type.getNumElements() * type.getElementTypeBitWidth() % 512 == 0;
}

/// The builder of one intrinsic call on whole registers.
using RegisterCall =
    llvm::function_ref<Value(ImplicitLocOpBuilder &, ArrayRef<Value>)>;

/// Applies `call` to each 512-bit piece of the operands.
static Value inPieces(ImplicitLocOpBuilder &builder, ArrayRef<Value> operands,
                      RegisterCall call) {
  auto type = cast<VectorType>(operands.front().getType());
  int64_t piece = 512 / type.getElementTypeBitWidth();
  if (type.getNumElements() == piece)
    return call(builder, operands);
  Value result = operands.front();
  for (int64_t at = 0; at < type.getNumElements(); at += piece) {
    SmallVector<Value, 2> cut;
    for (Value operand : operands)
      cut.push_back(vector::ExtractStridedSliceOp::create(
          builder, operand, ArrayRef<int64_t>{at}, ArrayRef<int64_t>{piece},
          ArrayRef<int64_t>{1}));
    result = vector::InsertStridedSliceOp::create(builder, call(builder, cut),
                                                  result, ArrayRef<int64_t>{at},
                                                  ArrayRef<int64_t>{1});
  }
  return result;
}

static Value constantOf(ImplicitLocOpBuilder &builder, unsigned width,
                        int64_t value) {
  return arith::ConstantOp::create(
      builder, builder.getIntegerAttr(builder.getIntegerType(width), value));
}

/// llvm.x86.avx512.mask.<name>.{ps,pd}.512: `arguments`, then what masked-out
/// elements get, a mask of ones, and the rounding mode of the thread.
static Value callMasked(ImplicitLocOpBuilder &builder, llvm::StringRef name,
                        ArrayRef<Value> arguments) {
  auto type = cast<VectorType>(arguments.front().getType());
  bool isDouble = type.getElementTypeBitWidth() == 64;
  SmallVector<Value, 6> all(arguments);
  all.push_back(arguments.front());
  all.push_back(constantOf(builder, isDouble ? 8 : 16, -1));
  all.push_back(constantOf(builder, 32, 4));
  std::string intrinsic =
      ("llvm.x86.avx512.mask." + name + (isDouble ? ".pd.512" : ".ps.512"))
          .str();
  return LLVM::CallIntrinsicOp::create(builder, type,
                                       builder.getStringAttr(intrinsic), all)
      .getResult(0);
}

static Lane emitPieces(ArrayRef<Lane> operands, RegisterCall call) {
  Machine &machine = *operands.front().machine;
  return machine.map(operands, [&](ArrayRef<Value> values) {
    return inPieces(machine.builder, values, call);
  });
}

Lane scalef(const Lane &x, const Lane &n) {
  return emitPieces({x, n}, [](ImplicitLocOpBuilder &b, ArrayRef<Value> v) {
    return callMasked(b, "scalef", v);
  });
}

Lane roundToSixteenths(const Lane &x) {
  // 4 bits after the point; no inexact exception, which costs nothing here but
  // is what roundeven does; nearest, ties to even.
  constexpr int control = 4 << 4 | 1 << 3 | 0;
  return emitPieces({x}, [](ImplicitLocOpBuilder &b, ArrayRef<Value> v) {
    return callMasked(b, "rndscale", {v[0], constantOf(b, 32, control)});
  });
}

Lane lookUpSixteenth(const Lane &n, const double (&table)[16]) {
  // The sum has its last bit at 1/16, so its low four bits are the index.
  Format format(n);
  Lane sum = plainAdd(n, format.constant(*n.machine, 0x1.8p48));
  Lane index = bitcast(sum, format.bits);
  return emitPieces(
      {n, index}, [&](ImplicitLocOpBuilder &b, ArrayRef<Value> v) -> Value {
        auto type = cast<ShapedType>(v[0].getType());
        auto half = [&](int from) -> Value {
          return arith::ConstantOp::create(
              b, DenseElementsAttr::get(type, ArrayRef(table).slice(from, 8)));
        };
        Value operands[] = {half(0), v[1], half(8)};
        return LLVM::CallIntrinsicOp::create(
                   b, type,
                   b.getStringAttr("llvm.x86.avx512.vpermi2var.pd.512"),
                   operands)
            .getResult(0);
      });
}

Lane getExponent(const Lane &x) {
  return emitPieces({x}, [](ImplicitLocOpBuilder &b, ArrayRef<Value> v) {
    return callMasked(b, "getexp", v);
  });
}

Lane getSignificand(const Lane &x) {
  // 0: into [1, 2); 3 << 2: NaN for negative numbers, but 1 at -0.
  constexpr int control = 3 << 2;
  return emitPieces({x}, [](ImplicitLocOpBuilder &b, ArrayRef<Value> v) {
    return callMasked(b, "getmant", {v[0], constantOf(b, 32, control)});
  });
}

Lane boundMagnitude(const Lane &x, double bound) {
  constexpr int smallerMagnitude = 2; // with the sign of the first operand
  Lane limit = Format(x).constant(*x.machine, bound);
  return emitPieces({x, limit}, [](ImplicitLocOpBuilder &b, ArrayRef<Value> v) {
    return callMasked(b, "range",
                      {v[0], v[1], constantOf(b, 32, smallerMagnitude)});
  });
}

} // namespace keops::cpu
