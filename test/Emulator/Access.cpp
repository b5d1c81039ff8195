//===- Access.cpp - loads, stores, atomic operations ----------------------===//

#include "test/Emulator/Block.h"
#include "test/Emulator/Decode.h"

#include <algorithm>
#include <type_traits>

using namespace emulator;

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

namespace {

/// The operand that holds the address.
constexpr size_t addressOperand = 9;
/// In Instruction::modifiers: loads of signed numbers fill the register.
constexpr size_t isSigned = 0;

uint8_t *locate(Warp &warp, const Instruction &instruction, int lane,
                Access access) {
  uint64_t base = warp[instruction.operands[addressOperand]].lanes[lane];
  return warp.block->at(instruction.space, base + uint64_t(instruction.offset),
                        uint32_t(instruction.bytes) * instruction.count, access,
                        warp, lane);
}

/// One number; its sizes as constants, for the compiler.
uint64_t loadBits(const uint8_t *memory, uint8_t bytes) {
  uint64_t bits = 0;
  switch (bytes) {
  case 4:
    std::memcpy(&bits, memory, 4);
    return bits;
  case 8:
    std::memcpy(&bits, memory, 8);
    return bits;
  default:
    std::memcpy(&bits, memory, bytes);
    return bits;
  }
}

void runLoad(Warp &warp, const Instruction &instruction) {
  forLanes(warp.mask, [&](int lane) {
    const uint8_t *memory = locate(warp, instruction, lane, Access::Read);
    for (uint32_t n = 0; n < instruction.count; ++n) {
      uint64_t bits =
          loadBits(memory + n * instruction.bytes, instruction.bytes);
      if (instruction.modifiers[isSigned]) {
        int unused = 64 - 8 * instruction.bytes;
        bits = uint64_t(int64_t(bits << unused) >> unused);
      }
      warp[instruction.operands[n]].lanes[lane] = bits;
    }
  });
}

void runStore(Warp &warp, const Instruction &instruction) {
  auto store = [&](int lane) {
    uint8_t *memory = locate(warp, instruction, lane, Access::Write);
    for (uint32_t n = 0; n < instruction.count; ++n)
      std::memcpy(memory + n * instruction.bytes,
                  &warp[instruction.operands[n]].lanes[lane],
                  instruction.bytes);
  };
  if (!warp.block->reversed())
    return forLanes(warp.mask, store);
  for (int lane = warpSize; lane-- > 0;)
    if (warp.mask >> lane & 1)
      store(lane);
}

//===----------------------------------------------------------------------===//
// Atomic operations
//===----------------------------------------------------------------------===//

enum Atomic : uint8_t { Add, Min, Max, And, Or, Xor, Exch, Cas, Inc, Dec };
const char *const atomicNames[] = {"add", "min",  "max", "and", "or",
                                   "xor", "exch", "cas", "inc", "dec"};
/// In Instruction::modifiers: which one, and whether the old value is wanted.
enum Place { Which, Returns };

template <typename T> T combine(uint8_t which, T old, T b, T c) {
  if constexpr (std::is_floating_point_v<T>)
    return old + b; // the only one there is
  else
    switch (which) {
    case Add:
      return T(uint64_t(old) + uint64_t(b));
    case Min:
      return std::min(old, b);
    case Max:
      return std::max(old, b);
    case And:
      return T(old & b);
    case Or:
      return T(old | b);
    case Xor:
      return T(old ^ b);
    case Exch:
      return b;
    case Cas:
      return old == b ? c : old;
    case Inc:
      return old >= b ? T(0) : T(old + 1);
    default:
      return old == 0 || old > b ? b : T(old - 1);
    }
}

template <typename T>
void runAtomic(Warp &warp, const Instruction &instruction) {
  uint32_t first = instruction.modifiers[Returns];
  forLanes(warp.mask, [&](int lane) {
    uint8_t *memory = locate(warp, instruction, lane, Access::Both);
    T old;
    std::memcpy(&old, memory, sizeof(T));
    T b = get<T>(warp[instruction.operands[first]], lane);
    T c = get<T>(warp[instruction.operands[first + 1]], lane);
    T result = combine(instruction.modifiers[Which], old, b, c);
    std::memcpy(memory, &result, sizeof(T));
    if (first)
      set(warp[instruction.operands[0]], lane, old);
  });
}

} // namespace

//===----------------------------------------------------------------------===//
// Opcodes
//===----------------------------------------------------------------------===//

static Space takeSpace(Opcode &opcode) {
  if (opcode.take("param"))
    return Space::Param;
  if (opcode.take("global"))
    return Space::Global;
  if (opcode.take("shared"))
    return Space::Shared;
  if (opcode.take("shared::cta"))
    return Space::Shared;
  if (opcode.take("local"))
    return Space::Local;
  if (opcode.take("const"))
    return Space::Const;
  return Space::Generic;
}

/// What may be said of when others see an access: memory here is in order.
static void takeOrder(Opcode &opcode) {
  opcode.takeOne(
      {"relaxed", "acquire", "release", "acq_rel", "volatile", "weak"});
  opcode.takeOne({"cta", "gpu", "sys"});
  opcode.take("nc");
}

static bool decodeAtomic(Opcode &opcode, Instruction &instruction) {
  auto &how = instruction.modifiers;
  how[Returns] = opcode.is("atom");
  std::string type = opcode.takeLast();
  for (uint8_t n = 0; n < std::size(atomicNames); ++n)
    if (opcode.take(atomicNames[n]))
      how[Which] = n;
  instruction.bytes = type.size() == 3 && type.substr(1) == "64" ? 8 : 4;
  bool adds = how[Which] == Add;
  instruction.run = type == "u32" || type == "b32"   ? runAtomic<uint32_t>
                    : type == "s32"                  ? runAtomic<int32_t>
                    : type == "u64" || type == "b64" ? runAtomic<uint64_t>
                    : type == "s64"                  ? runAtomic<int64_t>
                    : type == "f32" && adds          ? runAtomic<float>
                    : type == "f64" && adds          ? runAtomic<double>
                                                     : nullptr;
  return instruction.run;
}

bool emulator::decodeMemory(Opcode &opcode, Instruction &instruction) {
  bool atomic = opcode.is("atom") || opcode.is("red");
  bool load = opcode.is("ld") || opcode.is("ldu");
  if (!atomic && !load && !opcode.is("st"))
    return false;
  takeOrder(opcode);
  instruction.space = takeSpace(opcode);
  if (atomic)
    return decodeAtomic(opcode, instruction);
  std::string type = opcode.takeLast();
  static const char *const sizes[] = {"8", "16", "32", "64"};
  for (int n = 0; n < 4; ++n)
    if (type.size() > 1 && type.substr(1) == sizes[n])
      instruction.bytes = uint8_t(1 << n);
  std::string vector = opcode.takeOne({"v2", "v4", "v8"});
  if (!vector.empty())
    instruction.count = uint8_t(vector[1] - '0');
  // Hints for caches.
  opcode.takeOne({"L1::evict_first", "L1::evict_last", "L1::no_allocate"});
  instruction.modifiers[isSigned] = load && type[0] == 's';
  instruction.run = load ? runLoad : runStore;
  return instruction.bytes != 0;
}
