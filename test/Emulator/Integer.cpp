//===- Integer.cpp - arithmetic of whole numbers --------------------------===//

#include "test/Emulator/Decode.h"

#include <limits>
#include <type_traits>

using namespace emulator;

namespace {

/// Twice as wide, of the same sign.
template <typename T> struct WiderOf;
template <> struct WiderOf<int16_t> {
  using type = int32_t;
};
template <> struct WiderOf<uint16_t> {
  using type = uint32_t;
};
template <> struct WiderOf<int32_t> {
  using type = int64_t;
};
template <> struct WiderOf<uint32_t> {
  using type = uint64_t;
};
template <> struct WiderOf<int64_t> {
  using type = __int128;
};
template <> struct WiderOf<uint64_t> {
  using type = unsigned __int128;
};
template <typename T> using Wider = typename WiderOf<T>::type;

/// Overflow wraps around.
template <typename T> uint64_t bits(T x) { return uint64_t(x); }

struct Add {
  template <typename T> static T of(T a, T b) { return T(bits(a) + bits(b)); }
};
struct Sub {
  template <typename T> static T of(T a, T b) { return T(bits(a) - bits(b)); }
};
struct MulLo {
  template <typename T> static T of(T a, T b) { return T(bits(a) * bits(b)); }
};
struct MulHi {
  template <typename T> static T of(T a, T b) {
    return T((Wider<T>(a) * Wider<T>(b)) >> (8 * sizeof(T)));
  }
};
struct MadLo {
  template <typename T> static T of(T a, T b, T c) {
    return Add::of(MulLo::of(a, b), c);
  }
};
struct MadHi {
  template <typename T> static T of(T a, T b, T c) {
    return Add::of(MulHi::of(a, b), c);
  }
};
struct MulWide {
  template <typename T> static Wider<T> of(T a, T b) {
    return Wider<T>(a) * Wider<T>(b);
  }
};
/// PTX leaves the quotient by zero open; it is all ones on the hardware.
struct Div {
  template <typename T> static T of(T a, T b) {
    if (b == 0)
      return T(-1);
    if (std::is_signed_v<T> && b == T(-1))
      return Sub::of(T(0), a);
    return T(a / b);
  }
};
struct Rem {
  template <typename T> static T of(T a, T b) {
    if (b == 0)
      return a;
    if (std::is_signed_v<T> && b == T(-1))
      return 0;
    return T(a % b);
  }
};
struct Neg {
  template <typename T> static T of(T a) { return Sub::of(T(0), a); }
};
struct Abs {
  template <typename T> static T of(T a) { return a < 0 ? Neg::of(a) : a; }
};
struct Min {
  template <typename T> static T of(T a, T b) { return a < b ? a : b; }
};
struct Max {
  template <typename T> static T of(T a, T b) { return a > b ? a : b; }
};

} // namespace

template <typename Op, int N> static Instruction::Run integer(Opcode &opcode) {
  std::string type = opcode.takeLast();
  if (type == "s16")
    return run<int16_t, Op, N>;
  if (type == "u16")
    return run<uint16_t, Op, N>;
  if (type == "s32")
    return run<int32_t, Op, N>;
  if (type == "u32")
    return run<uint32_t, Op, N>;
  if (type == "s64")
    return run<int64_t, Op, N>;
  if (type == "u64")
    return run<uint64_t, Op, N>;
  return nullptr;
}

template <typename T>
static void runMadWide(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  forLanes(warp.mask, [&](int lane) {
    auto product =
        MulWide::of(get<T>(warp[names[1]], lane), get<T>(warp[names[2]], lane));
    set(warp[names[0]], lane,
        Add::of(product, get<Wider<T>>(warp[names[3]], lane)));
  });
}

/// mul.wide and mad.wide, whose results have twice the bits.
static Instruction::Run decodeWide(Opcode &opcode) {
  bool adds = opcode.is("mad");
  std::string type = opcode.takeLast();
  if (type == "s16")
    return adds ? runMadWide<int16_t> : run<int16_t, MulWide, 2>;
  if (type == "u16")
    return adds ? runMadWide<uint16_t> : run<uint16_t, MulWide, 2>;
  if (type == "s32")
    return adds ? runMadWide<int32_t> : run<int32_t, MulWide, 2>;
  if (type == "u32")
    return adds ? runMadWide<uint32_t> : run<uint32_t, MulWide, 2>;
  return nullptr;
}

Instruction::Run emulator::decodeInteger(Opcode &opcode) {
  if (opcode.is("add"))
    return integer<Add, 2>(opcode);
  if (opcode.is("sub"))
    return integer<Sub, 2>(opcode);
  if (opcode.is("mul") || opcode.is("mad")) {
    bool adds = opcode.is("mad");
    if (opcode.take("wide"))
      return decodeWide(opcode);
    if (opcode.take("lo"))
      return adds ? integer<MadLo, 3>(opcode) : integer<MulLo, 2>(opcode);
    if (opcode.take("hi"))
      return adds ? integer<MadHi, 3>(opcode) : integer<MulHi, 2>(opcode);
    return nullptr;
  }
  if (opcode.is("div"))
    return integer<Div, 2>(opcode);
  if (opcode.is("rem"))
    return integer<Rem, 2>(opcode);
  if (opcode.is("neg"))
    return integer<Neg, 1>(opcode);
  if (opcode.is("abs"))
    return integer<Abs, 1>(opcode);
  if (opcode.is("min"))
    return integer<Min, 2>(opcode);
  if (opcode.is("max"))
    return integer<Max, 2>(opcode);
  return nullptr;
}
