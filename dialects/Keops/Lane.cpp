//===- Lane.cpp - bundles of SSA values, emitted in lock step -------------===//

#include "dialects/Keops/Lane.h"

#include <cmath>

using namespace mlir;

namespace keops {

Machine::~Machine() = default;

IntegerType Machine::bitsType() {
  return builder.getIntegerType(realType.getWidth());
}

/// A constant of scalar or vector type, every element equal.
static Value emitConstant(ImplicitLocOpBuilder &builder, Type type,
                          TypedAttr scalar) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    return arith::ConstantOp::create(builder,
                                     cast<TypedAttr>(DenseElementsAttr::get(
                                         shaped, ArrayRef<Attribute>{scalar})));
  return arith::ConstantOp::create(builder, scalar);
}

Lane Machine::constant(double value, FloatType type) {
  return wrap(
      emitConstant(builder, laneType(type), builder.getFloatAttr(type, value)));
}

Lane Machine::integer(Type type, int64_t value) {
  return wrap(emitConstant(builder, laneType(type),
                           builder.getIntegerAttr(type, value)));
}

Lane Machine::wrap(Value value) { return {this, 1, 1, {value}}; }

// Positions do not wrap around, which LLVM needs to know to fold them into
// addresses.
static constexpr auto kNoWrap = arith::IntegerOverflowFlags::nsw;

Value Machine::position(int64_t value) {
  return arith::ConstantIndexOp::create(builder, value);
}
Value Machine::sum(Value a, Value b) {
  return arith::AddIOp::create(builder, a, b, kNoWrap);
}
Value Machine::position(Value a, int64_t scale, int64_t offset) {
  if (scale != 1)
    a = arith::MulIOp::create(builder, a, position(scale), kNoWrap);
  return offset == 0 ? a : sum(a, position(offset));
}

Lane Machine::map(ArrayRef<Lane> operands,
                  llvm::function_ref<Value(ArrayRef<Value>)> f) {
  Lane result;
  result.machine = this;
  for (const Lane &x : operands) {
    result.rows = std::max(result.rows, x.rows);
    result.cols = std::max(result.cols, x.cols);
  }
  SmallVector<Value, 4> arguments(operands.size());
  for (int u = 0; u < result.cols; ++u)
    for (int r = 0; r < result.rows; ++r) {
      for (auto [argument, x] : llvm::zip(arguments, operands))
        argument = x.at(r, u);
      result.values.push_back(f(arguments));
    }
  return result;
}

Lane Machine::column(const Lane &x, int u) {
  Lane result;
  result.machine = this;
  result.rows = x.rows;
  for (int r = 0; r < x.rows; ++r)
    result.values.push_back(x.at(r, u));
  return result;
}

Lane Machine::foldColumns(const Lane &x,
                          llvm::function_ref<Lane(Lane, Lane)> f) {
  Lane result = column(x, 0);
  for (int u = 1; u < x.cols; ++u)
    result = f(result, column(x, u));
  return result;
}

Lane Machine::foldAll(const Lane &x, llvm::function_ref<Lane(Lane, Lane)> f) {
  Lane result = wrap(x.values.front());
  for (Value value : llvm::drop_begin(x.values))
    result = f(result, wrap(value));
  return result;
}

Lane Machine::spread(const Lane &x, int rows, int cols) {
  Lane result;
  result.machine = this;
  result.rows = rows;
  result.cols = cols;
  for (int u = 0; u < cols; ++u)
    for (int r = 0; r < rows; ++r)
      result.values.push_back(x.at(r, u));
  return result;
}

SmallVector<Value> Machine::flatten(ArrayRef<Lane> lanes) {
  SmallVector<Value> values;
  for (const Lane &lane : lanes)
    llvm::append_range(values, lane.values);
  return values;
}

Lanes Machine::unflatten(ValueRange values, ArrayRef<Lane> like) {
  Lanes lanes(like);
  size_t next = 0;
  for (Lane &lane : lanes) {
    lane.machine = this;
    for (Value &value : lane.values)
      value = values[next++];
  }
  return lanes;
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

/// Emits FloatOp with `contract`, or IntOp, by element type.
template <typename FloatOp, typename IntOp>
static Lane arithmetic(const Lane &a, const Lane &b) {
  ImplicitLocOpBuilder &builder = a.machine->builder;
  bool isFloat = a.isFloat();
  return a.machine->map({a, b}, [&](ArrayRef<Value> x) -> Value {
    if (isFloat)
      return FloatOp::create(builder, x[0], x[1],
                             arith::FastMathFlags::contract);
    return IntOp::create(builder, x[0], x[1]);
  });
}

Lane operator+(const Lane &a, const Lane &b) {
  return arithmetic<arith::AddFOp, arith::AddIOp>(a, b);
}
Lane operator-(const Lane &a, const Lane &b) {
  return arithmetic<arith::SubFOp, arith::SubIOp>(a, b);
}
Lane operator*(const Lane &a, const Lane &b) {
  return arithmetic<arith::MulFOp, arith::MulIOp>(a, b);
}
Lane operator/(const Lane &a, const Lane &b) {
  ImplicitLocOpBuilder &builder = a.machine->builder;
  return a.machine->map({a, b}, [&](ArrayRef<Value> x) -> Value {
    return arith::DivFOp::create(builder, x[0], x[1]);
  });
}

// -(p + a * b) becomes -(a * b) - p, one instruction (fnmsub) where a separate
// negation would be one more; the exponent of a Gaussian ends this way. The
// sum that is no longer used disappears with other dead code.
Lane operator-(const Lane &a) {
  ImplicitLocOpBuilder &builder = a.machine->builder;
  auto contract = arith::FastMathFlags::contract;
  return a.machine->map({a}, [&](ArrayRef<Value> x) -> Value {
    if (auto sum = x[0].getDefiningOp<arith::AddFOp>())
      if (bitEnumContainsAll(sum.getFastmath(), contract))
        for (auto [term, rest] : {std::pair(sum.getRhs(), sum.getLhs()),
                                  std::pair(sum.getLhs(), sum.getRhs())})
          if (term.getDefiningOp<arith::MulFOp>())
            return arith::SubFOp::create(
                builder, arith::NegFOp::create(builder, term, contract), rest,
                contract);
    return arith::NegFOp::create(builder, x[0], contract);
  });
}

/// A number in the precision of a lane.
static Lane like(const Lane &x, double value) {
  return x.machine->constant(value, cast<FloatType>(x.element()));
}

// clang-format off
Lane operator+(const Lane &a, double b) { return a + like(a, b); }
Lane operator-(const Lane &a, double b) { return a - like(a, b); }
Lane operator*(const Lane &a, double b) { return a * like(a, b); }
Lane operator+(double a, const Lane &b) { return like(b, a) + b; }
Lane operator-(double a, const Lane &b) { return like(b, a) - b; }
Lane operator*(double a, const Lane &b) { return like(b, a) * b; }
Lane operator/(double a, const Lane &b) { return like(b, a) / b; }
// clang-format on

static Lane compare(const Lane &a, const Lane &b, arith::CmpFPredicate real,
                    arith::CmpIPredicate integer) {
  ImplicitLocOpBuilder &builder = a.machine->builder;
  bool isFloat = a.isFloat();
  return a.machine->map({a, b}, [&](ArrayRef<Value> x) -> Value {
    if (isFloat)
      return arith::CmpFOp::create(builder, real, x[0], x[1]);
    return arith::CmpIOp::create(builder, integer, x[0], x[1]);
  });
}

Lane operator<(const Lane &a, const Lane &b) {
  return compare(a, b, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt);
}
Lane operator<=(const Lane &a, const Lane &b) {
  return compare(a, b, arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle);
}
Lane operator==(const Lane &a, const Lane &b) {
  return compare(a, b, arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq);
}
Lane isNaN(const Lane &x) {
  return compare(x, x, arith::CmpFPredicate::UNO, arith::CmpIPredicate::ne);
}

/// One op of two operands, whatever the element type.
template <typename Op> static Lane emit(const Lane &a, const Lane &b) {
  ImplicitLocOpBuilder &builder = a.machine->builder;
  return a.machine->map({a, b}, [&](ArrayRef<Value> x) -> Value {
    return Op::create(builder, x[0], x[1]);
  });
}

Lane operator&(const Lane &a, const Lane &b) {
  return emit<arith::AndIOp>(a, b);
}
Lane operator|(const Lane &a, const Lane &b) {
  return emit<arith::OrIOp>(a, b);
}
Lane operator^(const Lane &a, const Lane &b) {
  return emit<arith::XOrIOp>(a, b);
}
Lane shiftLeft(const Lane &a, int count) {
  return emit<arith::ShLIOp>(a, a.machine->integer(a.element(), count));
}
Lane shiftRightLogical(const Lane &a, int count) {
  return emit<arith::ShRUIOp>(a, a.machine->integer(a.element(), count));
}
Lane shiftRightSigned(const Lane &a, int count) {
  return emit<arith::ShRSIOp>(a, a.machine->integer(a.element(), count));
}

Lane select(const Lane &mask, const Lane &a, const Lane &b) {
  ImplicitLocOpBuilder &builder = mask.machine->builder;
  return mask.machine->map({mask, a, b}, [&](ArrayRef<Value> x) -> Value {
    return arith::SelectOp::create(builder, x[0], x[1], x[2]);
  });
}

Lane plainAdd(const Lane &a, const Lane &b) {
  return emit<arith::AddFOp>(a, b);
}
Lane plainSub(const Lane &a, const Lane &b) {
  return emit<arith::SubFOp>(a, b);
}
Lane plainMul(const Lane &a, const Lane &b) {
  return emit<arith::MulFOp>(a, b);
}

Lane min(const Lane &a, const Lane &b) { return select(a < b, a, b); }
Lane max(const Lane &a, const Lane &b) { return select(b < a, a, b); }
Lane Machine::lesser(Lane x, Lane number) { return min(x, number); }
Lane Machine::greater(Lane x, Lane number) { return max(x, number); }

/// One conversion op to lanes of the given element type.
template <typename Op> static Lane castTo(const Lane &x, Type element) {
  Machine &machine = *x.machine;
  Type type = machine.laneType(element);
  return machine.map({x}, [&](ArrayRef<Value> v) -> Value {
    return Op::create(machine.builder, type, v[0]);
  });
}

Lane bitcast(const Lane &x, Type element) {
  return castTo<arith::BitcastOp>(x, element);
}
Lane toReal(const Lane &integer, FloatType type) {
  return castTo<arith::SIToFPOp>(integer, type);
}
Lane toInteger(const Lane &real, IntegerType type) {
  return castTo<arith::FPToSIOp>(real, type);
}
Lane convert(const Lane &real, FloatType type) {
  unsigned from = real.element().getIntOrFloatBitWidth();
  if (from == type.getWidth())
    return real;
  return from < type.getWidth() ? castTo<arith::ExtFOp>(real, type)
                                : castTo<arith::TruncFOp>(real, type);
}

Lane abs(const Lane &x) {
  Machine &machine = *x.machine;
  auto bits =
      machine.builder.getIntegerType(x.element().getIntOrFloatBitWidth());
  int64_t magnitude = bits.getWidth() == 32 ? 0x7fffffff : INT64_MAX;
  return bitcast(bitcast(x, bits) & machine.integer(bits, magnitude),
                 x.element());
}

Lane powi(const Lane &x, int64_t n) {
  if (n == 0)
    return x.machine->constant(1);
  uint64_t rest = n < 0 ? -static_cast<uint64_t>(n) : n;
  std::optional<Lane> result;
  for (Lane square = x;; square = square * square) {
    if (rest & 1)
      result = result ? *result * square : square;
    rest >>= 1;
    if (!rest)
      break;
  }
  return n < 0 ? 1.0 / *result : *result;
}

Lane clamp(const Lane &x, const Lane &low, const Lane &high) {
  return select(x < low, low, select(high < x, high, x));
}

Lane modulo(const Lane &f, const Lane &m, const Lane &offset) {
  auto real = cast<FloatType>(f.element());
  FloatType wide = f.machine->builder.getF64Type();
  Lane x = convert(f, wide), period = convert(m, wide);
  Lane periods = floor(plainSub(x, convert(offset, wide)) / period);
  return convert(plainSub(x, plainMul(period, periods)), real);
}

Lane roundDecimals(const Lane &x, int64_t decimals) {
  Machine &machine = *x.machine;
  auto real = cast<FloatType>(x.element());
  FloatType f64 = machine.builder.getF64Type();
  auto number = [&](double value) { return machine.constant(value, f64); };
  Lane wide = convert(x, f64);
  Lane unit = number(std::pow(10.0, double(std::abs(decimals))));
  Lane scaled = decimals < 0 ? wide / unit : plainMul(wide, unit);
  Lane magnitude = abs(scaled);
  Lane whole = floor(magnitude);
  Lane isUp = number(0.5) <= plainSub(magnitude, whole);
  Lane rounded = select(isUp, plainAdd(whole, number(1)), whole);
  // Numbers beyond have no fraction.
  Lane isSmall = magnitude < number(0x1p52);
  rounded = select(scaled < number(0), -rounded, rounded);
  if (decimals < 0)
    return convert(plainMul(select(isSmall, rounded, scaled), unit), real);
  return convert(select(isSmall, rounded / unit, wide), real);
}

} // namespace keops
