//===- Move.cpp - what copies bits ----------------------------------------===//

#include "test/Emulator/Block.h"
#include "test/Emulator/Decode.h"

using namespace emulator;

namespace {

void runMove(Warp &warp, const Instruction &instruction) {
  Register &d = warp[instruction.operands[0]];
  const Register &a = warp[instruction.operands[1]];
  forLanes(warp.mask, [&](int lane) { d.lanes[lane] = a.lanes[lane]; });
}

void runSelect(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  Register &d = warp[names[0]];
  const Register &a = warp[names[1]], &b = warp[names[2]], &p = warp[names[3]];
  forLanes(warp.mask, [&](int lane) {
    d.lanes[lane] = get<bool>(p, lane) ? a.lanes[lane] : b.lanes[lane];
  });
}

/// From the address in a window of memory to that among all addresses (Up), or
/// back.
template <uint64_t Window, bool Up>
void runShift(Warp &warp, const Instruction &instruction) {
  Register &d = warp[instruction.operands[0]];
  const Register &a = warp[instruction.operands[1]];
  forLanes(warp.mask, [&](int lane) {
    d.lanes[lane] = Up ? a.lanes[lane] + Window : a.lanes[lane] - Window;
  });
}

} // namespace

static bool isType(const std::string &type) {
  for (const char *known : {"pred", "b16", "b32", "b64", "u16", "u32", "u64",
                            "s16", "s32", "s64", "f32", "f64"})
    if (type == known)
      return true;
  return false;
}

static Instruction::Run decodeAddress(Opcode &opcode) {
  bool to = opcode.take("to");
  if (!opcode.take("u64"))
    return nullptr;
  if (opcode.take("global") || opcode.take("const"))
    return runMove;
  if (opcode.take("shared"))
    return to ? runShift<sharedWindow, false> : runShift<sharedWindow, true>;
  if (opcode.take("local"))
    return to ? runShift<localWindow, false> : runShift<localWindow, true>;
  return nullptr;
}

Instruction::Run emulator::decodeMove(Opcode &opcode) {
  if (opcode.is("mov"))
    return isType(opcode.takeLast()) ? runMove : nullptr;
  if (opcode.is("selp"))
    return isType(opcode.takeLast()) ? runSelect : nullptr;
  return opcode.is("cvta") ? decodeAddress(opcode) : nullptr;
}
