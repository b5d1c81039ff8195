//===- Bits.cpp - logic, shifts, fields -----------------------------------===//

#include "test/Emulator/Decode.h"

#include <algorithm>
#include <type_traits>

using namespace emulator;

template <typename T> constexpr uint32_t widthOf = 8 * sizeof(T);

namespace {

struct And {
  template <typename T> static T of(T a, T b) { return T(a & b); }
};
struct Or {
  template <typename T> static T of(T a, T b) { return T(a | b); }
};
struct Xor {
  template <typename T> static T of(T a, T b) { return T(a ^ b); }
};
struct Not {
  template <typename T> static T of(T a) {
    if constexpr (std::is_same_v<T, bool>)
      return !a;
    else
      return T(~a);
  }
};
struct Popc {
  template <typename T> static uint32_t of(T a) {
    return uint32_t(__builtin_popcountll(a));
  }
};
struct Clz {
  template <typename T> static uint32_t of(T a) {
    return a ? uint32_t(__builtin_clzll(a)) - (64 - widthOf<T>) : widthOf<T>;
  }
};
/// The place of the highest bit that is not a copy of the sign.
struct Bfind {
  template <typename T> static uint32_t of(T a) {
    auto bits = uint64_t(a < 0 ? ~a : a);
    return bits ? 63 - uint32_t(__builtin_clzll(bits)) : ~0u;
  }
};
struct Brev {
  template <typename T> static T of(T a) {
    T result = 0;
    for (uint32_t b = 0; b < widthOf<T>; ++b)
      result = T(result << 1 | (a >> b & 1));
    return result;
  }
};
/// Any bytes of two words, or copies of their signs.
struct Prmt {
  static uint32_t of(uint32_t a, uint32_t b, uint32_t selector) {
    uint64_t both = a | uint64_t(b) << 32;
    uint32_t result = 0;
    for (int n = 0; n < 4; ++n) {
      uint32_t choice = selector >> (4 * n) & 15;
      auto byte = uint8_t(both >> (8 * (choice & 7)));
      if (choice & 8)
        byte = byte & 0x80 ? 0xff : 0;
      result |= uint32_t(byte) << (8 * n);
    }
    return result;
  }
};
/// Funnel shifts of the pair (b, a), whose amount wraps or stops at 32.
template <bool Left, bool Wrap> struct Funnel {
  static uint32_t of(uint32_t a, uint32_t b, uint32_t c) {
    uint32_t n = Wrap ? c & 31 : std::min(c, 32u);
    uint64_t pair = a | uint64_t(b) << 32;
    return Left ? uint32_t(pair << n >> 32) : uint32_t(pair >> n);
  }
};

//===----------------------------------------------------------------------===//
// Amounts and places are 32-bit numbers whatever is shifted
//===----------------------------------------------------------------------===//

struct Shl {
  template <typename T> static T of(T a, uint32_t n) {
    return n < widthOf<T> ? T(uint64_t(a) << n) : T(0);
  }
};
struct Shr {
  template <typename T> static T of(T a, uint32_t n) {
    return T(a >> std::min(n, widthOf<T> - 1) >> (n >= widthOf<T> ? 1 : 0));
  }
};
struct Bfe {
  template <typename T> static T of(T a, uint32_t place, uint32_t length) {
    place &= 255, length &= 255;
    if (length == 0)
      return 0;
    // Beyond the end lie copies of the sign.
    T field = Shr::of(a, place);
    if (length >= widthOf<T> || (std::is_signed_v<T> && place >= widthOf<T>))
      return field;
    uint32_t unused = widthOf<T> - length;
    return T(T(uint64_t(field) << unused) >> unused);
  }
};

template <typename T, typename Op>
void runShift(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  forLanes(warp.mask, [&](int lane) {
    set(warp[names[0]], lane,
        Op::of(get<T>(warp[names[1]], lane),
               get<uint32_t>(warp[names[2]], lane)));
  });
}

template <typename T> void runBfe(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  forLanes(warp.mask, [&](int lane) {
    set(warp[names[0]], lane,
        Bfe::of(get<T>(warp[names[1]], lane),
                get<uint32_t>(warp[names[2]], lane),
                get<uint32_t>(warp[names[3]], lane)));
  });
}

/// Puts the low bits of the first into the second.
template <typename T> void runBfi(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  forLanes(warp.mask, [&](int lane) {
    uint32_t place = get<uint32_t>(warp[names[3]], lane) & 255;
    uint32_t length = get<uint32_t>(warp[names[4]], lane) & 255;
    T ones = length < widthOf<T> ? T((T(1) << length) - 1) : T(-1);
    T field = Shl::of(ones, place);
    T a = Shl::of(get<T>(warp[names[1]], lane), place);
    T b = get<T>(warp[names[2]], lane);
    set(warp[names[0]], lane, T((a & field) | (b & ~field)));
  });
}

/// Any function of three bits, as its table.
void runLop3(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  forLanes(warp.mask, [&](int lane) {
    auto a = get<uint32_t>(warp[names[1]], lane);
    auto b = get<uint32_t>(warp[names[2]], lane);
    auto c = get<uint32_t>(warp[names[3]], lane);
    auto table = get<uint32_t>(warp[names[4]], lane);
    uint32_t result = 0;
    for (int n = 0; n < 8; ++n)
      if (table >> n & 1)
        result |= (n & 4 ? a : ~a) & (n & 2 ? b : ~b) & (n & 1 ? c : ~c);
    set(warp[names[0]], lane, result);
  });
}

} // namespace

template <typename Op, int N> static Instruction::Run logic(Opcode &opcode) {
  std::string type = opcode.takeLast();
  if (type == "pred")
    return run<bool, Op, N>;
  if (type == "b16")
    return run<uint16_t, Op, N>;
  if (type == "b32")
    return run<uint32_t, Op, N>;
  if (type == "b64")
    return run<uint64_t, Op, N>;
  return nullptr;
}

template <typename Op> static Instruction::Run count(Opcode &opcode) {
  std::string type = opcode.takeLast();
  if (type == "b32")
    return run<uint32_t, Op, 1>;
  if (type == "b64")
    return run<uint64_t, Op, 1>;
  return nullptr;
}

static Instruction::Run decodeShift(Opcode &opcode) {
  std::string type = opcode.takeLast();
  bool left = opcode.is("shl");
  if (type == "b16" || type == "u16")
    return left ? runShift<uint16_t, Shl> : runShift<uint16_t, Shr>;
  if (type == "b32" || type == "u32")
    return left ? runShift<uint32_t, Shl> : runShift<uint32_t, Shr>;
  if (type == "b64" || type == "u64")
    return left ? runShift<uint64_t, Shl> : runShift<uint64_t, Shr>;
  if (left)
    return nullptr;
  if (type == "s16")
    return runShift<int16_t, Shr>;
  if (type == "s32")
    return runShift<int32_t, Shr>;
  return type == "s64" ? runShift<int64_t, Shr> : nullptr;
}

static Instruction::Run decodeField(Opcode &opcode) {
  std::string type = opcode.takeLast();
  if (opcode.is("bfi"))
    return type == "b32"   ? runBfi<uint32_t>
           : type == "b64" ? runBfi<uint64_t>
                           : nullptr;
  bool find = opcode.is("bfind");
  if (type == "u32")
    return find ? run<uint32_t, Bfind, 1> : runBfe<uint32_t>;
  if (type == "s32")
    return find ? run<int32_t, Bfind, 1> : runBfe<int32_t>;
  if (type == "u64")
    return find ? run<uint64_t, Bfind, 1> : runBfe<uint64_t>;
  if (type == "s64")
    return find ? run<int64_t, Bfind, 1> : runBfe<int64_t>;
  return nullptr;
}

static Instruction::Run decodeFunnel(Opcode &opcode) {
  bool left = opcode.take("l"), wrap = opcode.take("wrap");
  if ((!left && !opcode.take("r")) || (!wrap && !opcode.take("clamp")) ||
      !opcode.take("b32"))
    return nullptr;
  if (left)
    return wrap ? run<uint32_t, Funnel<true, true>, 3>
                : run<uint32_t, Funnel<true, false>, 3>;
  return wrap ? run<uint32_t, Funnel<false, true>, 3>
              : run<uint32_t, Funnel<false, false>, 3>;
}

Instruction::Run emulator::decodeBits(Opcode &opcode) {
  if (opcode.is("and"))
    return logic<And, 2>(opcode);
  if (opcode.is("or"))
    return logic<Or, 2>(opcode);
  if (opcode.is("xor"))
    return logic<Xor, 2>(opcode);
  if (opcode.is("not"))
    return logic<Not, 1>(opcode);
  if (opcode.is("popc"))
    return count<Popc>(opcode);
  if (opcode.is("clz"))
    return count<Clz>(opcode);
  if (opcode.is("brev"))
    return count<Brev>(opcode);
  if (opcode.is("shl") || opcode.is("shr"))
    return decodeShift(opcode);
  if (opcode.is("bfe") || opcode.is("bfi") || opcode.is("bfind"))
    return decodeField(opcode);
  if (opcode.is("shf"))
    return decodeFunnel(opcode);
  if (opcode.is("prmt") && opcode.take("b32"))
    return run<uint32_t, Prmt, 3>;
  if (opcode.is("lop3") && opcode.take("b32"))
    return runLop3;
  return nullptr;
}
