//===- Carry.cpp - numbers of several words -------------------------------===//
//
// add.cc leaves its carry where addc finds it. A thread has one carry; it is a
// register like the others here, behind the one that `_` stands for.
//
//===----------------------------------------------------------------------===//

#include "test/Emulator/Decode.h"

using namespace emulator;

namespace {

/// Places in Instruction::modifiers.
enum Place { Subtracts, Takes, Leaves };

/// The carry, and for a difference the borrow, is 0 or 1.
template <typename T> T add(T a, T b, bool subtracts, uint64_t &carry) {
  auto sum = subtracts ? (unsigned __int128)(a)-b - carry
                       : (unsigned __int128)(a) + b + carry;
  carry = uint64_t(sum >> (8 * sizeof(T))) & 1;
  return T(sum);
}

template <typename T>
void runCarry(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  const auto &how = instruction.modifiers;
  forLanes(warp.mask, [&](int lane) {
    uint64_t &kept = warp[carryRegister].lanes[lane];
    uint64_t carry = how[Takes] ? kept : 0;
    T result = add(get<T>(warp[names[1]], lane), get<T>(warp[names[2]], lane),
                   how[Subtracts], carry);
    set(warp[names[0]], lane, result);
    if (how[Leaves])
      kept = carry;
  });
}

} // namespace

bool emulator::decodeCarry(Opcode &opcode, Instruction &instruction) {
  auto &how = instruction.modifiers;
  how[Subtracts] = opcode.is("sub") || opcode.is("subc");
  how[Takes] = opcode.is("addc") || opcode.is("subc");
  how[Leaves] = opcode.take("cc");
  if (!how[Takes] && (!how[Leaves] || (!opcode.is("add") && !opcode.is("sub"))))
    return false;
  std::string type = opcode.takeLast();
  instruction.run = type == "s32" || type == "u32"   ? runCarry<uint32_t>
                    : type == "s64" || type == "u64" ? runCarry<uint64_t>
                                                     : nullptr;
  return instruction.run;
}
