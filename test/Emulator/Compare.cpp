//===- Compare.cpp - setp and testp ---------------------------------------===//

#include "test/Emulator/Decode.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

using namespace emulator;

namespace {

/// The outcomes of a comparison, as bits, for which it holds.
enum Outcome : uint8_t { Less = 1, Equal = 2, Greater = 4, Unordered = 8 };

struct Relation {
  const char *name;
  uint8_t outcomes;
};
const Relation relations[] = {
    {"eq", Equal},
    {"ne", Less | Greater},
    {"lt", Less},
    {"le", Less | Equal},
    {"gt", Greater},
    {"ge", Greater | Equal},
    {"lo", Less},
    {"ls", Less | Equal},
    {"hi", Greater},
    {"hs", Greater | Equal},
    {"equ", Equal | Unordered},
    {"neu", Less | Greater | Unordered},
    {"ltu", Less | Unordered},
    {"leu", Less | Equal | Unordered},
    {"gtu", Greater | Unordered},
    {"geu", Greater | Equal | Unordered},
    {"num", Less | Equal | Greater},
    {"nan", Unordered},
};

template <typename T> uint8_t compare(T a, T b) {
  return a < b ? Less : a == b ? Equal : a > b ? Greater : Unordered;
}

template <typename T, bool Flush = false>
void runCompare(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  const Register &a = warp[names[1]], &b = warp[names[2]];
  forLanes(warp.mask, [&](int lane) {
    T x = get<T>(a, lane), y = get<T>(b, lane);
    if constexpr (Flush) {
      constexpr T least = std::numeric_limits<float>::min();
      x = std::fabs(x) < least ? 0 : x;
      y = std::fabs(y) < least ? 0 : y;
    }
    set(warp[names[0]], lane, (compare(x, y) & instruction.modifiers[0]) != 0);
  });
}

Instruction::Run compareOf(const std::string &type, bool flush) {
  if (type == "f32")
    return flush ? runCompare<float, true> : runCompare<float>;
  if (type == "f64")
    return runCompare<double>;
  if (type == "s16")
    return runCompare<int16_t>;
  if (type == "u16" || type == "b16")
    return runCompare<uint16_t>;
  if (type == "s32")
    return runCompare<int32_t>;
  if (type == "u32" || type == "b32")
    return runCompare<uint32_t>;
  if (type == "s64")
    return runCompare<int64_t>;
  if (type == "u64" || type == "b64")
    return runCompare<uint64_t>;
  return nullptr;
}

enum Property : uint8_t { Finite, Infinite, Number, Nan, Normal, Subnormal };
const char *const properties[] = {"finite",     "infinite", "number",
                                  "notanumber", "normal",   "subnormal"};

template <typename T> bool has(T x, uint8_t property) {
  switch (property) {
  case Finite:
    return std::isfinite(x);
  case Infinite:
    return std::isinf(x);
  case Number:
    return !std::isnan(x);
  case Nan:
    return std::isnan(x);
  case Normal:
    return std::isnormal(x);
  default:
    return std::fpclassify(x) == FP_SUBNORMAL;
  }
}

template <typename T> void runTest(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  forLanes(warp.mask, [&](int lane) {
    set(warp[names[0]], lane,
        has(get<T>(warp[names[1]], lane), instruction.modifiers[0]));
  });
}

} // namespace

bool emulator::decodeComparison(Opcode &opcode, Instruction &instruction) {
  if (opcode.is("testp")) {
    for (uint8_t p = 0; p < std::size(properties); ++p)
      if (opcode.take(properties[p])) {
        instruction.modifiers[0] = p;
        instruction.run = opcode.take("f32")   ? runTest<float>
                          : opcode.take("f64") ? runTest<double>
                                               : nullptr;
      }
    return instruction.run;
  }
  if (!opcode.is("setp"))
    return false;
  for (const Relation &relation : relations)
    if (opcode.take(relation.name)) {
      instruction.modifiers[0] = relation.outcomes;
      bool flush = opcode.take("ftz");
      instruction.run = compareOf(opcode.takeLast(), flush);
      return instruction.run;
    }
  return false;
}
