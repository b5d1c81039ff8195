//===- Float.cpp - arithmetic of floating-point numbers -------------------===//
//
// Compiled without contraction: what PTX rounds twice is rounded twice.
//
//===----------------------------------------------------------------------===//

#include "test/Emulator/Decode.h"

#include <cmath>
#include <limits>

using namespace emulator;

//===----------------------------------------------------------------------===//
// Modifiers
//===----------------------------------------------------------------------===//

static float flush(float x) {
  return std::fabs(x) < std::numeric_limits<float>::min()
             ? std::copysign(0.0f, x)
             : x;
}

namespace {

template <typename Op> struct Flushed {
  template <typename... T> static float of(T... x) {
    return flush(Op::of(flush(x)...));
  }
};

template <typename Op> struct Saturated {
  template <typename... T> static auto of(T... x) {
    auto y = Op::of(x...);
    using R = decltype(y);
    return y > R(0) ? (y < R(1) ? y : R(1)) : R(0); // NaN becomes 0
  }
};

/// Both halves of a 64-bit register.
template <typename Op> struct Packed {
  template <typename... T> static uint64_t of(T... x) {
    return join(Op::of(half(x, 0)...), Op::of(half(x, 32)...));
  }
  static float half(uint64_t x, int shift) {
    auto bits = uint32_t(x >> shift);
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  }
  static uint64_t join(float low, float high) {
    uint32_t bits[2];
    std::memcpy(&bits[0], &low, 4);
    std::memcpy(&bits[1], &high, 4);
    return bits[0] | uint64_t(bits[1]) << 32;
  }
};

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

struct Add {
  template <typename T> static T of(T a, T b) { return a + b; }
};
struct Sub {
  template <typename T> static T of(T a, T b) { return a - b; }
};
struct Mul {
  template <typename T> static T of(T a, T b) { return a * b; }
};
struct Fma {
  template <typename T> static T of(T a, T b, T c) { return std::fma(a, b, c); }
};
struct Div {
  template <typename T> static T of(T a, T b) { return a / b; }
};
/// Beyond 2^126 the hardware's reciprocal has been flushed to zero.
struct ApproximateDiv {
  static float of(float a, float b) {
    if (std::fabs(b) > 0x1p126f && !std::isinf(b) && !std::isnan(a))
      return a * std::copysign(0.0f, b);
    return a / b;
  }
};
struct Neg {
  template <typename T> static T of(T a) { return -a; }
};
struct Abs {
  template <typename T> static T of(T a) { return std::fabs(a); }
};
struct Min {
  template <typename T> static T of(T a, T b) {
    if (a == b)
      return std::signbit(a) ? a : b;
    return std::fmin(a, b);
  }
};
struct Max {
  template <typename T> static T of(T a, T b) {
    if (a == b)
      return std::signbit(a) ? b : a;
    return std::fmax(a, b);
  }
};
template <typename Op> struct NanWins {
  template <typename T> static T of(T a, T b) {
    return std::isnan(a) || std::isnan(b) ? std::numeric_limits<T>::quiet_NaN()
                                          : Op::of(a, b);
  }
};
/// The magnitude of the second with the sign of the first.
struct CopySign {
  template <typename T> static T of(T a, T b) { return std::copysign(b, a); }
};
struct Sqrt {
  template <typename T> static T of(T a) { return std::sqrt(a); }
};
struct Rcp {
  template <typename T> static T of(T a) { return T(1) / a; }
};
struct Rsqrt {
  static float of(float a) { return float(1 / std::sqrt(double(a))); }
  static double of(double a) { return 1 / std::sqrt(a); }
};
/// The hardware gives the upper word of a float64 and zeros below it.
template <typename Op> struct UpperWord {
  static double of(double a) {
    double y = Op::of(a);
    uint64_t bits;
    std::memcpy(&bits, &y, 8);
    bits &= ~uint64_t(0xffffffff);
    std::memcpy(&y, &bits, 8);
    return y;
  }
};
struct Ex2 {
  static float of(float a) { return float(std::exp2(double(a))); }
};
struct Lg2 {
  static float of(float a) { return float(std::log2(double(a))); }
};
struct Sin {
  static float of(float a) { return float(std::sin(double(a))); }
};
struct Cos {
  static float of(float a) { return float(std::cos(double(a))); }
};
struct Tanh {
  static float of(float a) { return float(std::tanh(double(a))); }
};

} // namespace

//===----------------------------------------------------------------------===//
// Opcodes
//===----------------------------------------------------------------------===//

template <typename Op, int N> static Instruction::Run f32(Opcode &opcode) {
  bool ftz = opcode.take("ftz"), sat = opcode.take("sat");
  if (ftz)
    return sat ? run<float, Saturated<Flushed<Op>>, N>
               : run<float, Flushed<Op>, N>;
  return sat ? run<float, Saturated<Op>, N> : run<float, Op, N>;
}

template <typename Op, int N> static Instruction::Run anyFloat(Opcode &opcode) {
  if (opcode.take("f32"))
    return f32<Op, N>(opcode);
  if (opcode.take("f64"))
    return run<double, Op, N>;
  if (opcode.take("f32x2"))
    return opcode.take("ftz") ? run<uint64_t, Packed<Flushed<Op>>, N>
                              : run<uint64_t, Packed<Op>, N>;
  return nullptr;
}

/// Instructions with the modifier `approx`.
static Instruction::Run decodeApproximate(Opcode &opcode) {
  if (opcode.take("f64")) {
    if (opcode.is("rcp") && opcode.take("ftz"))
      return run<double, UpperWord<Rcp>, 1>;
    if (opcode.is("rsqrt")) {
      opcode.take("ftz");
      return run<double, UpperWord<Rsqrt>, 1>;
    }
    return nullptr;
  }
  if (!opcode.take("f32"))
    return nullptr;
  if (opcode.is("div"))
    return f32<ApproximateDiv, 2>(opcode);
  if (opcode.is("sqrt"))
    return f32<Sqrt, 1>(opcode);
  if (opcode.is("rcp"))
    return f32<Rcp, 1>(opcode);
  if (opcode.is("rsqrt"))
    return f32<Rsqrt, 1>(opcode);
  if (opcode.is("ex2"))
    return f32<Ex2, 1>(opcode);
  if (opcode.is("lg2"))
    return f32<Lg2, 1>(opcode);
  if (opcode.is("sin"))
    return f32<Sin, 1>(opcode);
  if (opcode.is("cos"))
    return f32<Cos, 1>(opcode);
  if (opcode.is("tanh"))
    return f32<Tanh, 1>(opcode);
  return nullptr;
}

static Instruction::Run decodeExtremum(Opcode &opcode) {
  bool nan = opcode.take("NaN");
  if (opcode.is("min"))
    return nan ? anyFloat<NanWins<Min>, 2>(opcode) : anyFloat<Min, 2>(opcode);
  return nan ? anyFloat<NanWins<Max>, 2>(opcode) : anyFloat<Max, 2>(opcode);
}

Instruction::Run emulator::decodeFloat(Opcode &opcode) {
  if (opcode.take("approx"))
    return decodeApproximate(opcode);
  if (opcode.is("min") || opcode.is("max"))
    return decodeExtremum(opcode);
  if (opcode.is("neg"))
    return anyFloat<Neg, 1>(opcode);
  if (opcode.is("abs"))
    return anyFloat<Abs, 1>(opcode);
  if (opcode.is("copysign"))
    return anyFloat<CopySign, 2>(opcode);
  bool rounds = opcode.take("rn");
  if (opcode.is("add"))
    return anyFloat<Add, 2>(opcode);
  if (opcode.is("sub"))
    return anyFloat<Sub, 2>(opcode);
  if (opcode.is("mul"))
    return anyFloat<Mul, 2>(opcode);
  if (rounds && (opcode.is("fma") || opcode.is("mad")))
    return anyFloat<Fma, 3>(opcode);
  if (opcode.is("div") && (rounds || opcode.take("full")))
    return anyFloat<Div, 2>(opcode);
  if (rounds && opcode.is("sqrt"))
    return anyFloat<Sqrt, 1>(opcode);
  if (rounds && opcode.is("rcp"))
    return anyFloat<Rcp, 1>(opcode);
  return nullptr;
}
