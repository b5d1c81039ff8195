//===- Huge.cpp - huge arguments of sine and cosine -----------------------===//
//
// |x| = m 2^e with an integer m, and of the bits of 2 / pi those that make
// multiples of 4 in the product may be left out: 192 of the rest, from a table,
// are enough for |x| 2 / pi mod 4 and its distance to the nearest integer.
// Numbers of 128 bits: one x after the other.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Elementary/Parts.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace keops {

// 64 zeros and then 2 / pi = 0.101000101111..., from the highest bit on.
static constexpr uint64_t perHalfPiBits[] = {
    0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0,
    0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
    0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
    0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
    0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
    0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea,
    0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab};

namespace {
/// Integers of 64 and 128 bits, unsigned but where said otherwise.
struct Scalar {
  ImplicitLocOpBuilder &builder;

  Value word(int64_t value, unsigned width = 64) const {
    return arith::ConstantOp::create(
        builder, builder.getIntegerAttr(builder.getIntegerType(width), value));
  }
  Value real(double value) const {
    return arith::ConstantOp::create(builder, builder.getF64FloatAttr(value));
  }
  Value widen(Value x) const {
    return arith::ExtUIOp::create(builder, builder.getIntegerType(128), x);
  }
  Value low(Value x) const {
    return arith::TruncIOp::create(builder, builder.getI64Type(), x);
  }
  template <typename Op, typename... Args> Value make(Args... args) const {
    return Op::create(builder, args...);
  }
  Value high(Value x) const {
    return low(make<arith::ShRUIOp>(x, word(64, 128)));
  }
};
} // namespace

/// 64 bits of 2 / pi from bit `start` of the table on, and 64 bits after each.
static SmallVector<Value, 3> tableBits(const Scalar &scalar, Value start) {
  ImplicitLocOpBuilder &builder = scalar.builder;
  auto type = VectorType::get({int64_t(std::size(perHalfPiBits))},
                              builder.getI64Type());
  SmallVector<int64_t> words;
  for (uint64_t word : perHalfPiBits)
    words.push_back(int64_t(word));
  Value table = arith::ConstantOp::create(
      builder, DenseElementsAttr::get(type, ArrayRef(words)));
  Value first = scalar.make<arith::ShRUIOp>(start, scalar.word(6));
  Value shift = scalar.make<arith::AndIOp>(start, scalar.word(63));
  // The upper word of two, shifted left: no shift is by 64.
  SmallVector<Value, 4> found;
  for (int k = 0; k < 4; ++k) {
    Value at = arith::IndexCastOp::create(
        builder, builder.getIndexType(),
        scalar.make<arith::AddIOp>(first, scalar.word(k)));
    found.push_back(vector::ExtractOp::create(builder, table, at));
  }
  SmallVector<Value, 3> bits;
  for (int k = 0; k < 3; ++k) {
    Value pair = scalar.make<arith::OrIOp>(
        Value(scalar.make<arith::ShLIOp>(scalar.widen(found[k]),
                                         scalar.word(64, 128))),
        scalar.widen(found[k + 1]));
    bits.push_back(
        scalar.high(scalar.make<arith::ShLIOp>(pair, scalar.widen(shift))));
  }
  return bits;
}

/// |x| 2 / pi mod 4 in units of 2^-126, for |x| >= 1.
static Value timesTable(const Scalar &scalar, Value bits) {
  Value field = scalar.make<arith::AndIOp>(
      Value(scalar.make<arith::ShRUIOp>(bits, scalar.word(52))),
      scalar.word(0x7ff));
  // x = m 2^e with e = field - 1075. Bits before e - 1 make multiples of 4; bit
  // k of the fraction is number k + 63 of the table.
  Value start = scalar.make<arith::SubIOp>(field, scalar.word(1075 - 62));
  // Infinity and NaN must not read beyond the table.
  start = scalar.make<arith::MinSIOp>(start, scalar.word(1033));
  start = scalar.make<arith::MaxSIOp>(start, scalar.word(0));
  Value m =
      scalar.make<arith::OrIOp>(Value(scalar.make<arith::AndIOp>(
                                    bits, scalar.word((int64_t(1) << 52) - 1))),
                                scalar.word(int64_t(1) << 52));
  SmallVector<Value, 3> w = tableBits(scalar, start);
  auto product = [&](Value word) -> Value {
    return scalar.make<arith::MulIOp>(scalar.widen(m), scalar.widen(word));
  };
  Value middle = scalar.make<arith::AddIOp>(
      product(w[1]), scalar.widen(scalar.high(product(w[2]))));
  Value top = scalar.make<arith::AddIOp>(
      Value(scalar.make<arith::MulIOp>(m, w[0])), scalar.high(middle));
  return scalar.make<arith::OrIOp>(
      Value(
          scalar.make<arith::ShLIOp>(scalar.widen(top), scalar.word(64, 128))),
      scalar.widen(scalar.low(middle)));
}

/// `rest`, a signed fraction of 2^128, times pi / 2 as a sum of two numbers.
static std::pair<Value, Value> timesHalfPi(const Scalar &scalar, Value rest) {
  ImplicitLocOpBuilder &builder = scalar.builder;
  Type real = builder.getF64Type();
  Value sign = scalar.make<arith::ShRSIOp>(rest, scalar.word(127, 128));
  rest = scalar.make<arith::SubIOp>(
      Value(scalar.make<arith::XOrIOp>(rest, sign)), sign);
  // Its magnitude without leading zeros: 26 bits whose product by 26 bits of
  // pi / 2 is exact, and all that follows.
  Value zeros = math::CountLeadingZerosOp::create(builder, rest);
  rest = scalar.make<arith::ShLIOp>(rest, zeros);
  Value upper = scalar.high(rest);
  Value first = scalar.make<arith::AndIOp>(upper, scalar.word(~0x3fffffffffll));
  Value second = scalar.make<arith::AndIOp>(upper, scalar.word(0x3fffffffffll));
  Value a = arith::UIToFPOp::create(builder, real, first);
  Value b = scalar.make<arith::AddFOp>(
      Value(arith::UIToFPOp::create(builder, real, second)),
      Value(scalar.make<arith::MulFOp>(
          Value(arith::UIToFPOp::create(builder, real, scalar.low(rest))),
          scalar.real(0x1p-64))));
  // 2^(-64 - zeros), with the sign.
  Value exponent =
      scalar.make<arith::SubIOp>(scalar.word(1023 - 64), scalar.low(zeros));
  Value scale = arith::BitcastOp::create(
      builder, real,
      Value(scalar.make<arith::OrIOp>(
          Value(scalar.make<arith::ShLIOp>(exponent, scalar.word(52))),
          Value(
              scalar.make<arith::ShLIOp>(scalar.low(sign), scalar.word(63))))));
  a = scalar.make<arith::MulFOp>(a, scale);
  b = scalar.make<arith::MulFOp>(b, scale);
  Value big = scalar.make<arith::MulFOp>(a, scalar.real(1.5707963109016418));
  Value small = scalar.make<arith::AddFOp>(
      Value(scalar.make<arith::MulFOp>(a, scalar.real(1.5893254773528196e-08))),
      Value(scalar.make<arith::MulFOp>(b, scalar.real(1.5707963267948966))));
  Value hi = scalar.make<arith::AddFOp>(big, small);
  Value lo = scalar.make<arith::AddFOp>(
      Value(scalar.make<arith::SubFOp>(big, hi)), small);
  return {hi, lo};
}

/// hi, lo and the quadrant of one |x|.
static SmallVector<Value, 3> reduceScalar(const Scalar &scalar, Value bits) {
  Value turns = timesTable(scalar, bits);
  // Rounded to the nearest quadrant; the rest is a signed fraction.
  Value top = scalar.high(turns);
  Value quadrant = scalar.make<arith::ShRUIOp>(
      Value(scalar.make<arith::AddIOp>(top, scalar.word(int64_t(1) << 61))),
      scalar.word(62));
  Value rest = scalar.make<arith::ShLIOp>(turns, scalar.word(2, 128));
  auto [hi, lo] = timesHalfPi(scalar, rest);
  return {hi, lo, quadrant};
}

/// Room on the stack for `count` words, the same for all that asks: nobody
/// keeps anything there. It belongs to the entry block, lest a loop pile it up.
static Value scratch(ImplicitLocOpBuilder &builder, int64_t count) {
  Operation *function = builder.getInsertionBlock()->getParentOp();
  while (!isa<FunctionOpInterface>(function))
    function = function->getParentOp();
  Block &entry = function->getRegion(0).front();
  constexpr const char *kCount = "scratch_words";
  for (auto room : entry.getOps<LLVM::AllocaOp>())
    if (auto words = room->getAttrOfType<IntegerAttr>(kCount))
      if (words.getInt() == count)
        return room;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&entry);
  Value size =
      arith::ConstantOp::create(builder, builder.getI64IntegerAttr(count));
  auto room = LLVM::AllocaOp::create(
      builder, LLVM::LLVMPointerType::get(builder.getContext()),
      builder.getI64Type(), size, /*alignment=*/64);
  room->setAttr(kCount, builder.getI64IntegerAttr(count));
  return room;
}

namespace {
/// Words in memory, written and read as numbers or as vectors of them.
struct Words {
  ImplicitLocOpBuilder &builder;
  Value base;

  Value address(LLVM::GEPArg at) const {
    return LLVM::GEPOp::create(builder, base.getType(), builder.getI64Type(),
                               base, ArrayRef<LLVM::GEPArg>{at});
  }
  Value load(Type type, LLVM::GEPArg at) const {
    return LLVM::LoadOp::create(builder, type, address(at), /*alignment=*/8);
  }
  void store(Value value, LLVM::GEPArg at) const {
    LLVM::StoreOp::create(builder, value, address(at), /*alignment=*/8);
  }
};
} // namespace

/// The list of lanes hi, lo and quadrant for |x|: one loop over the numbers of
/// all values, through memory, since the code for one of them is long.
static Lanes reduceThroughMemory(const Lane &bits) {
  Machine &machine = *bits.machine;
  ImplicitLocOpBuilder &builder = machine.builder;
  Type type = bits.values.front().getType();
  auto vector = dyn_cast<VectorType>(type);
  int width = vector ? vector.getNumElements() : 1;
  int count = bits.values.size() * width;
  Words words{builder, scratch(builder, 3 * count)};
  for (auto [k, value] : llvm::enumerate(bits.values))
    words.store(value, int32_t(k) * width);
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, value);
  };
  auto loop = scf::ForOp::create(builder, index(0), index(count), index(1));
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Scalar scalar{builder};
    Value at = arith::IndexCastOp::create(builder, builder.getI64Type(),
                                          loop.getInductionVar());
    SmallVector<Value, 3> found =
        reduceScalar(scalar, words.load(builder.getI64Type(), at));
    for (auto [part, value] : llvm::enumerate(found))
      words.store(value, Value(scalar.make<arith::AddIOp>(
                             at, scalar.word(part * count))));
  }
  Type reals = machine.laneType(builder.getF64Type());
  Lanes parts(3, bits);
  for (auto [part, lane] : llvm::enumerate(parts))
    for (auto [k, value] : llvm::enumerate(lane.values))
      value = words.load(part == 2 ? type : reals,
                         int32_t(part * count + k * width));
  return parts;
}

Reduced reduceHuge(const Lane &x) {
  Format format(x);
  Machine &machine = *x.machine;
  Lanes found = reduceThroughMemory(bitcast(abs(x), format.bits));
  const Lane &hi = found[0], &lo = found[1], &quadrant = found[2];
  // Of -x: all with the other sign.
  Lane isNegative = x < format.constant(machine, 0);
  return {select(isNegative, -hi, hi), select(isNegative, -lo, lo),
          select(isNegative, format.integer(machine, 0) - quadrant, quadrant)};
}

} // namespace keops
