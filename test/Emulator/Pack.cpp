//===- Pack.cpp - numbers of one register as parts of another's -----------===//

#include "test/Emulator/Decode.h"

using namespace emulator;

/// The operand that holds all parts.
constexpr size_t wholeOperand = 9;

static void runPack(Warp &warp, const Instruction &instruction) {
  int width = 8 * instruction.bytes;
  forLanes(warp.mask, [&](int lane) {
    uint64_t bits = 0;
    for (int n = 0; n < instruction.count; ++n) {
      uint64_t part = warp[instruction.operands[size_t(n)]].lanes[lane];
      bits |= part << (64 - width) >> (64 - width) << (n * width);
    }
    warp[instruction.operands[wholeOperand]].lanes[lane] = bits;
  });
}

static void runUnpack(Warp &warp, const Instruction &instruction) {
  int width = 8 * instruction.bytes;
  forLanes(warp.mask, [&](int lane) {
    uint64_t bits = warp[instruction.operands[wholeOperand]].lanes[lane];
    for (int n = 0; n < instruction.count; ++n)
      warp[instruction.operands[size_t(n)]].lanes[lane] =
          bits >> (n * width) << (64 - width) >> (64 - width);
  });
}

bool emulator::decodePack(Opcode &opcode, Instruction &instruction,
                          bool unpacks, size_t parts) {
  int width = opcode.take("b32") ? 4 : opcode.take("b64") ? 8 : 0;
  if (!opcode.is("mov") || (parts != 2 && parts != 4) || width == 0)
    return false;
  instruction.bytes = uint8_t(width / int(parts));
  instruction.count = uint8_t(parts);
  instruction.run = unpacks ? runUnpack : runPack;
  return true;
}
