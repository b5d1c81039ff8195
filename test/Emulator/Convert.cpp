//===- Convert.cpp - from one type of number to another -------------------===//

#include "test/Emulator/Decode.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace emulator;

namespace {

enum Type : uint8_t { S8, S16, S32, S64, U8, U16, U32, U64, F32, F64, Types };
enum Rounding : uint8_t { Exact, ToNearest, ToZero, Down, Up };
/// Places in Instruction::modifiers.
enum Place { To, From, Round, Flush, Saturate };

const char *const typeNames[Types] = {"s8",  "s16", "s32", "s64", "u8",
                                      "u16", "u32", "u64", "f32", "f64"};

bool isFloat(uint8_t type) { return type >= F32; }
bool isSigned(uint8_t type) { return type <= S64; }
int widthOf(uint8_t type) { return type >= F32 ? 0 : 8 << (type & 3); }

/// A whole number of any type.
struct Whole {
  uint64_t bits; // extended to 64 bits by its sign
  bool negative;
};

Whole readWhole(const Register &source, int lane, uint8_t type) {
  uint64_t bits = source.lanes[lane];
  int unused = 64 - widthOf(type);
  if (isSigned(type)) {
    auto value = int64_t(bits << unused) >> unused;
    return {uint64_t(value), value < 0};
  }
  return {bits << unused >> unused, false};
}

double readFloat(const Register &source, int lane, uint8_t type, bool ftz) {
  if (type == F64)
    return get<double>(source, lane);
  auto value = get<float>(source, lane);
  if (ftz && std::fabs(value) < std::numeric_limits<float>::min())
    return std::copysign(0.0, double(value));
  return value;
}

double rounded(double x, uint8_t rounding) {
  switch (rounding) {
  case ToNearest:
    return std::nearbyint(x);
  case ToZero:
    return std::trunc(x);
  case Down:
    return std::floor(x);
  case Up:
    return std::ceil(x);
  }
  return x;
}

//===----------------------------------------------------------------------===//
// To whole numbers
//===----------------------------------------------------------------------===//

uint64_t largest(uint8_t type) {
  return ~uint64_t(0) >> (64 - widthOf(type) + (isSigned(type) ? 1 : 0));
}
int64_t smallest(uint8_t type) {
  return isSigned(type) ? -int64_t(largest(type)) - 1 : 0;
}

/// Numbers that are too large become the nearest that is not.
uint64_t wholeOfFloat(double x, uint8_t to, uint8_t from) {
  if (std::isnan(x))
    return from == F64 || widthOf(to) == 64 ? uint64_t(1) << (widthOf(to) - 1)
                                            : 0;
  if (x >= std::ldexp(1.0, widthOf(to) - (isSigned(to) ? 1 : 0)))
    return largest(to);
  if (x <= double(smallest(to)))
    return uint64_t(smallest(to));
  return x < 0 ? uint64_t(int64_t(x)) : uint64_t(x);
}

uint64_t wholeOfWhole(Whole x, uint8_t to, bool saturate) {
  if (saturate) {
    if (x.negative)
      return uint64_t(std::max(int64_t(x.bits), smallest(to)));
    return std::min(x.bits, largest(to));
  }
  Register truncated;
  truncated.lanes[0] = x.bits;
  return readWhole(truncated, 0, to).bits;
}

//===----------------------------------------------------------------------===//
// To floating-point numbers
//===----------------------------------------------------------------------===//

template <typename T>
T floatOf(const Instruction &instruction, const Register &source, int lane) {
  const auto &how = instruction.modifiers;
  if (!isFloat(how[From])) {
    Whole whole = readWhole(source, lane, how[From]);
    return whole.negative ? T(int64_t(whole.bits)) : T(whole.bits);
  }
  double x = readFloat(source, lane, how[From], how[Flush]);
  if (how[To] == how[From])
    x = rounded(x, how[Round]);
  T y = T(x);
  if (how[Saturate])
    y = y > 0 ? std::min(y, T(1)) : T(0);
  if (how[Flush] && std::fabs(y) < T(std::numeric_limits<float>::min()))
    y = std::copysign(T(0), y);
  return y;
}

/// The nearest number of 8 bits, as the upper half of its bits.
uint32_t upperHalf(uint32_t bits) {
  if ((bits & 0x7fffffff) > 0x7f800000)
    return 0x7fff; // not a number
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

/// Of two numbers, the first in the upper half.
void runPack(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  Register &d = warp[names[0]];
  const Register &a = warp[names[1]], &b = warp[names[2]];
  forLanes(warp.mask, [&](int lane) {
    set(d, lane,
        upperHalf(get<uint32_t>(a, lane)) << 16 |
            upperHalf(get<uint32_t>(b, lane)));
  });
}

void runConversion(Warp &warp, const Instruction &instruction) {
  const auto &how = instruction.modifiers;
  Register &target = warp[instruction.operands[0]];
  const Register &source = warp[instruction.operands[1]];
  forLanes(warp.mask, [&](int lane) {
    if (how[To] == F32)
      set(target, lane, floatOf<float>(instruction, source, lane));
    else if (how[To] == F64)
      set(target, lane, floatOf<double>(instruction, source, lane));
    else if (isFloat(how[From]))
      target.lanes[lane] = wholeOfFloat(
          rounded(readFloat(source, lane, how[From], how[Flush]), how[Round]),
          how[To], how[From]);
    else
      target.lanes[lane] = wholeOfWhole(readWhole(source, lane, how[From]),
                                        how[To], how[Saturate]);
  });
}

} // namespace

static uint8_t typeNamed(const std::string &name) {
  auto *found = std::find(std::begin(typeNames), std::end(typeNames), name);
  return uint8_t(found - std::begin(typeNames));
}

/// Whether this rounding is possible and, where it is needed, there.
static bool roundsSoundly(const std::string &name, Instruction &instruction) {
  auto &how = instruction.modifiers;
  bool toWhole = name.size() == 3; // rni, rzi, rmi, rpi
  how[Round] = name.empty()     ? Exact
               : name[1] == 'n' ? ToNearest
               : name[1] == 'z' ? ToZero
               : name[1] == 'm' ? Down
                                : Up;
  if (!isFloat(how[From]))
    return isFloat(how[To]) ? name == "rn" : name.empty();
  if (!isFloat(how[To]))
    return toWhole;
  if (how[To] == how[From])
    return toWhole || name.empty();
  return how[To] == F32 ? name == "rn" : name.empty();
}

bool emulator::decodeConversion(Opcode &opcode, Instruction &instruction) {
  if (!opcode.is("cvt"))
    return false;
  if (opcode.take("bf16x2")) {
    instruction.run = runPack;
    return opcode.take("rn") && opcode.takeLast() == "f32";
  }
  auto &how = instruction.modifiers;
  how[From] = typeNamed(opcode.takeLast());
  how[To] = typeNamed(opcode.takeLast());
  if (how[From] == Types || how[To] == Types)
    return false;
  how[Flush] = opcode.take("ftz");
  how[Saturate] = opcode.take("sat");
  if (!roundsSoundly(opcode.takeOne({"rn", "rni", "rzi", "rmi", "rpi"}),
                     instruction))
    return false;
  instruction.run = runConversion;
  return true;
}
