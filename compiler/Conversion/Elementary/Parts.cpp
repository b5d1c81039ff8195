//===- Parts.cpp - what the expansions are built from ---------------------===//

#include "compiler/Conversion/Elementary/Parts.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"

#include <cmath>

using namespace mlir;

namespace keops {

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

double Format::missing(double value, double low) const {
  return isDouble ? low : value - static_cast<float>(value);
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

Lane polynomial(const Lane &x, ArrayRef<double> coefficients) {
  Format format(x);
  Lane sum = format.constant(*x.machine, coefficients.back());
  for (double c : llvm::reverse(coefficients.drop_back()))
    sum = sum * x + format.constant(*x.machine, c);
  return sum;
}

Lane inDouble(const Lane &x, llvm::function_ref<Lane(const Lane &)> f) {
  auto real = cast<FloatType>(x.element());
  return convert(f(convert(x, x.machine->builder.getF64Type())), real);
}

//===----------------------------------------------------------------------===//
// AVX-512
//===----------------------------------------------------------------------===//

bool fitsAvx512(Instructions with, const Lane &x) {
  auto type = dyn_cast<VectorType>(x.values.front().getType());
  return with.avx512 && type &&
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

/// log2 of the number of table entries.
static int partBits(const Lane &x) { return Format(x).isDouble ? 4 : 5; }

Lane roundToPart(const Lane &x) {
  // Bits after the point; no inexact exception, as in roundeven; nearest.
  int control = partBits(x) << 4 | 1 << 3 | 0;
  return emitPieces({x}, [=](ImplicitLocOpBuilder &b, ArrayRef<Value> v) {
    return callMasked(b, "rndscale", {v[0], constantOf(b, 32, control)});
  });
}

double magicOfParts(const Lane &x) {
  return 1.5 * std::ldexp(1.0, Format(x).fraction - partBits(x));
}

Lane lookUpPart(const Lane &sum, ArrayRef<double> table) {
  Format format(sum);
  Lane index = bitcast(sum, format.bits);
  auto look = [&](ImplicitLocOpBuilder &b, ArrayRef<Value> v) -> Value {
    auto type = cast<VectorType>(v[0].getType());
    auto half = [&](size_t from) -> Value {
      SmallVector<Attribute> entries;
      for (double entry : table.slice(from, table.size() / 2))
        entries.push_back(b.getFloatAttr(format.real, entry));
      return arith::ConstantOp::create(b,
                                       DenseElementsAttr::get(type, entries));
    };
    Value operands[] = {half(0), v[1], half(table.size() / 2)};
    llvm::StringRef name = format.isDouble
                               ? "llvm.x86.avx512.vpermi2var.pd.512"
                               : "llvm.x86.avx512.vpermi2var.ps.512";
    return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name),
                                         operands)
        .getResult(0);
  };
  return emitPieces({sum, index}, look);
}

/// llvm.x86.avx512.<name>.{ps,pd}.512
static Value call(ImplicitLocOpBuilder &builder, Type result,
                  llvm::StringRef name, ArrayRef<Value> arguments) {
  bool isDouble = getElementTypeOrSelf(arguments[0].getType()).isF64();
  std::string intrinsic =
      ("llvm.x86.avx512." + name + (isDouble ? ".pd.512" : ".ps.512")).str();
  return LLVM::CallIntrinsicOp::create(
             builder, result, builder.getStringAttr(intrinsic), arguments)
      .getResult(0);
}

/// The same with a rounding mode of its own.
static Lane emitTruncated(llvm::StringRef name, ArrayRef<Lane> operands) {
  return emitPieces(operands, [=](ImplicitLocOpBuilder &b, ArrayRef<Value> v) {
    constexpr int towardsZero = 3, noExceptions = 8;
    SmallVector<Value, 4> all(v);
    all.push_back(constantOf(b, 32, towardsZero | noExceptions));
    return call(b, v[0].getType(), name, all);
  });
}

Lane truncatedFma(const Lane &a, const Lane &b, const Lane &c) {
  return emitTruncated("vfmadd", {a, b, c});
}

Lane truncatedMul(const Lane &a, const Lane &b) {
  return emitTruncated("mul", {a, b});
}

Lane truncatedAdd(const Lane &a, const Lane &b) {
  return emitTruncated("add", {a, b});
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

Lane estimateInverse(const Lane &x) {
  return emitPieces({x}, [](ImplicitLocOpBuilder &b, ArrayRef<Value> v) {
    auto type = cast<VectorType>(v[0].getType());
    bool isDouble = type.getElementTypeBitWidth() == 64;
    // What masked-out elements get, and a mask of ones.
    Value all[] = {v[0], v[0], constantOf(b, isDouble ? 8 : 16, -1)};
    return call(b, type, "rcp14", all);
  });
}

Lane isNotNormal(const Lane &x) {
  // Quiet NaN, both zeros, both infinities, denormal, signaling NaN.
  constexpr int kinds = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x20 | 0x80;
  return emitPieces({x}, [](ImplicitLocOpBuilder &b, ArrayRef<Value> v) {
    auto type = cast<VectorType>(v[0].getType());
    return call(b, type.clone(b.getI1Type()), "fpclass",
                {v[0], constantOf(b, 32, kinds)});
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

} // namespace keops
