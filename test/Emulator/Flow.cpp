//===- Flow.cpp - branches, barriers, threads that meet -------------------===//

#include "test/Emulator/Block.h"
#include "test/Emulator/Decode.h"

#include <algorithm>

using namespace emulator;

//===----------------------------------------------------------------------===//
// Threads of a warp that look at each other
//===----------------------------------------------------------------------===//

namespace {

enum Shuffle : uint8_t { Up, Down, Butterfly, Index };

/// The lane to read from; the lane itself where there is none, and `valid` says
/// which.
int sourceLane(uint8_t mode, int lane, uint32_t b, uint32_t c, bool &valid) {
  int amount = int(b & 31), segment = int(c >> 8 & 31), clamp = int(c & 31);
  int most = (lane & segment) | (clamp & ~segment);
  int source = lane;
  switch (mode) {
  case Up:
    source = lane - amount;
    break;
  case Down:
    source = lane + amount;
    break;
  case Butterfly:
    source = lane ^ amount;
    break;
  default:
    source = (lane & segment) | (amount & ~segment);
  }
  valid = mode == Up ? source >= most : source <= most;
  return valid ? source : lane;
}

/// Operands: result, whether it is another's, value, lane, clamp.
void runShuffle(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  const Register values = warp[names[2]], amounts = warp[names[3]],
                 clamps = warp[names[4]];
  forLanes(warp.mask, [&](int lane) {
    bool valid = false;
    int source =
        sourceLane(instruction.modifiers[0], lane, get<uint32_t>(amounts, lane),
                   get<uint32_t>(clamps, lane), valid);
    if (!(warp.mask >> source & 1))
      warp.block->fail(Fault::LaunchFailed,
                       "shuffles with a thread that takes no part in it", warp,
                       lane);
    set(warp[names[0]], lane, get<uint32_t>(values, source));
    set(warp[names[1]], lane, valid);
  });
}

enum Vote : uint8_t { All, Any, Uniform, Ballot };

void runVote(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  uint32_t ballot = 0;
  forLanes(warp.mask, [&](int lane) {
    ballot |= uint32_t(get<bool>(warp[names[1]], lane)) << lane;
  });
  bool all = ballot == warp.mask, any = ballot != 0;
  forLanes(warp.mask, [&](int lane) {
    switch (instruction.modifiers[0]) {
    case All:
      return set(warp[names[0]], lane, all);
    case Any:
      return set(warp[names[0]], lane, any);
    case Uniform:
      return set(warp[names[0]], lane, all || !any);
    default:
      return set(warp[names[0]], lane, ballot);
    }
  });
}

struct AddWords {
  template <typename T> static T of(T a, T b) { return T(a + b); }
};
struct MinWords {
  template <typename T> static T of(T a, T b) { return std::min(a, b); }
};
struct MaxWords {
  template <typename T> static T of(T a, T b) { return std::max(a, b); }
};
struct AndWords {
  template <typename T> static T of(T a, T b) { return a & b; }
};
struct OrWords {
  template <typename T> static T of(T a, T b) { return a | b; }
};
struct XorWords {
  template <typename T> static T of(T a, T b) { return a ^ b; }
};

template <typename T, typename Op>
void runReduce(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  int first = __builtin_ctz(warp.mask);
  T total = get<T>(warp[names[1]], first);
  forLanes(warp.mask & ~(1u << first), [&](int lane) {
    total = Op::of(total, get<T>(warp[names[1]], lane));
  });
  forLanes(warp.mask, [&](int lane) { set(warp[names[0]], lane, total); });
}

void runWarpBarrier(Warp &warp, const Instruction &) { ++warp.epoch; }
void runActiveMask(Warp &warp, const Instruction &instruction) {
  forLanes(warp.mask, [&](int lane) {
    set(warp[instruction.operands[0]], lane, warp.mask);
  });
}
void runNothing(Warp &, const Instruction &) {}
void runTrap(Warp &warp, const Instruction &) {
  warp.block->fail(Fault::LaunchFailed, "runs into a trap", warp,
                   __builtin_ctz(warp.mask));
}

} // namespace

//===----------------------------------------------------------------------===//
// Opcodes
//===----------------------------------------------------------------------===//

template <typename Op> static Instruction::Run reduceOf(Opcode &opcode) {
  if (opcode.take("s32"))
    return runReduce<int32_t, Op>;
  return opcode.takeOne({"u32", "b32"}).empty() ? nullptr
                                                : runReduce<uint32_t, Op>;
}

static Instruction::Run decodeReduce(Opcode &opcode) {
  if (opcode.take("add"))
    return reduceOf<AddWords>(opcode);
  if (opcode.take("min"))
    return reduceOf<MinWords>(opcode);
  if (opcode.take("max"))
    return reduceOf<MaxWords>(opcode);
  if (opcode.take("and"))
    return reduceOf<AndWords>(opcode);
  if (opcode.take("or"))
    return reduceOf<OrWords>(opcode);
  if (opcode.take("xor"))
    return reduceOf<XorWords>(opcode);
  return nullptr;
}

/// Sets the mode of an instruction from its modifiers.
static bool takeMode(Opcode &opcode, Instruction &instruction,
                     std::initializer_list<const char *> modes) {
  uint8_t n = 0;
  for (const char *mode : modes) {
    if (opcode.take(mode)) {
      instruction.modifiers[0] = n;
      return true;
    }
    ++n;
  }
  return false;
}

static bool decodeTogether(Opcode &opcode, Instruction &instruction) {
  instruction.kind = Instruction::Kind::Together;
  if (!opcode.take("sync"))
    return false;
  if (opcode.is("bar")) {
    instruction.run = runWarpBarrier;
    return true;
  }
  if (opcode.is("shfl")) {
    instruction.run = runShuffle;
    return opcode.take("b32") &&
           takeMode(opcode, instruction, {"up", "down", "bfly", "idx"});
  }
  if (opcode.is("vote")) {
    instruction.run = runVote;
    return !opcode.takeOne({"pred", "b32"}).empty() &&
           takeMode(opcode, instruction, {"all", "any", "uni", "ballot"});
  }
  instruction.run = opcode.is("redux") ? decodeReduce(opcode) : nullptr;
  return instruction.run;
}

static bool decodeBlockBarrier(Opcode &opcode, Instruction &instruction) {
  opcode.take("cta");
  opcode.take("aligned");
  opcode.take("all");
  instruction.kind = Instruction::Kind::Barrier;
  return opcode.take("sync");
}

bool emulator::decodeFlow(Opcode &opcode, Instruction &instruction) {
  if (opcode.is("bra")) {
    opcode.take("uni");
    instruction.kind = Instruction::Kind::Branch;
    return true;
  }
  if (opcode.is("ret") || opcode.is("exit")) {
    opcode.take("uni");
    instruction.kind = Instruction::Kind::Exit;
    return true;
  }
  if (opcode.is("membar") || opcode.is("fence")) {
    opcode.takeOne({"acq_rel", "sc"});
    instruction.run = runNothing;
    return !opcode.takeOne({"cta", "gpu", "gl", "sys"}).empty();
  }
  if (opcode.is("activemask") && opcode.take("b32")) {
    instruction.run = runActiveMask;
    return true;
  }
  if (opcode.is("trap")) {
    instruction.run = runTrap;
    return true;
  }
  if (opcode.is("shfl") || opcode.is("vote") || opcode.is("redux") ||
      (opcode.is("bar") && opcode.take("warp")))
    return decodeTogether(opcode, instruction);
  return (opcode.is("bar") || opcode.is("barrier")) &&
         decodeBlockBarrier(opcode, instruction);
}
