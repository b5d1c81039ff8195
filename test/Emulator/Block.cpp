//===- Block.cpp - warps, one after the other, from barrier to barrier ----===//

#include "test/Emulator/Block.h"

#include <algorithm>

using namespace emulator;

/// More than any test needs: a loop without an end ends here.
constexpr uint64_t mostInstructions = uint64_t(1) << 34;

//===----------------------------------------------------------------------===//
// A launch
//===----------------------------------------------------------------------===//

void emulator::run(const Launch &launch, DeviceMemory &memory) {
  Block block(launch, memory);
  uint64_t count = uint64_t(launch.grid[0]) * launch.grid[1] * launch.grid[2];
  for (uint64_t n = 0; n < count; ++n) {
    uint64_t b = launch.reversed ? count - 1 - n : n;
    block.run({uint32_t(b % launch.grid[0]),
               uint32_t(b / launch.grid[0] % launch.grid[1]),
               uint32_t(b / launch.grid[0] / launch.grid[1])});
  }
}

Block::Block(const Launch &launch, DeviceMemory &memory)
    : launch(launch), kernel(launch.kernel), memory(memory),
      threadCount(launch.block[0] * launch.block[1] * launch.block[2]),
      warps((threadCount + warpSize - 1) / warpSize), threads(warps.size()),
      shared(kernel.sharedBytes),
      local(size_t(kernel.localBytes) * threadCount),
      words((kernel.sharedBytes + 3) / 4) {
  for (uint32_t w = 0; w < warps.size(); ++w) {
    warps[w].block = this;
    warps[w].number = w;
    warps[w].registers.resize(kernel.registers.size());
  }
}

void Block::run(Size at) {
  start(at);
  do {
    for (uint32_t w = 0; w < warps.size(); ++w)
      advance(launch.reversed ? uint32_t(warps.size()) - 1 - w : w);
  } while (release());
}

/// Nothing of the block before is left: memory is NaN where nobody has written.
void Block::start(Size at) {
  index = at;
  ++number;
  ++epoch;
  instructions = 0;
  std::fill(shared.begin(), shared.end(), uint8_t(0xff));
  std::fill(local.begin(), local.end(), uint8_t(0xff));
  for (Warp &warp : warps) {
    fill(warp, at);
    uint32_t count =
        std::min(threadCount - warp.number * warpSize, uint32_t(warpSize));
    Threads &own = threads[warp.number];
    own.place.fill(0);
    own.running = count == warpSize ? ~0u : (1u << count) - 1;
    own.done = ~own.running;
    own.atBarrier = own.together = 0;
  }
}

void Block::fill(Warp &warp, Size at) const {
  for (size_t r = 0; r < kernel.registers.size(); ++r) {
    const Initial &initial = kernel.registers[r];
    for (int lane = 0; lane < warpSize; ++lane) {
      uint32_t thread = warp.thread(lane);
      const Size place = {thread % launch.block[0],
                          thread / launch.block[0] % launch.block[1],
                          thread / launch.block[0] / launch.block[1]};
      uint64_t value = 0;
      switch (initial.kind) {
      case Initial::Zero:
      case Initial::Number:
        value = initial.number;
        break;
      case Initial::Tid:
        value = place[initial.dimension];
        break;
      case Initial::Ntid:
        value = launch.block[initial.dimension];
        break;
      case Initial::Ctaid:
        value = at[initial.dimension];
        break;
      case Initial::Nctaid:
        value = launch.grid[initial.dimension];
        break;
      case Initial::LaneId:
        value = uint64_t(lane);
        break;
      case Initial::WarpId:
        value = warp.number;
        break;
      case Initial::LanesBelow:
        value = (1u << lane) - 1;
        break;
      }
      warp.registers[r].lanes[lane] = value;
    }
  }
}

/// Lets all threads pass the barrier at which they wait; false if the block is
/// done.
bool Block::release() {
  bool anyWaits = false;
  for (uint32_t w = 0; w < warps.size(); ++w)
    anyWaits |= threads[w].atBarrier != 0;
  for (uint32_t w = 0; w < warps.size(); ++w) {
    Threads &own = threads[w];
    uint32_t first = w * warpSize;
    if (own.together)
      fail(Fault::LaunchFailed, "waits for threads of its warp that never come",
           own.place[__builtin_ctz(own.together)],
           first + uint32_t(__builtin_ctz(own.together)));
    uint32_t there = first + warpSize <= threadCount
                         ? ~0u
                         : (1u << (threadCount - first)) - 1;
    if (!anyWaits || own.atBarrier == there) {
      for (int lane = 1; own.atBarrier && lane < warpSize; ++lane)
        if ((there >> lane & 1) && own.place[lane] != own.place[0])
          fail(Fault::LaunchFailed,
               "waits at another barrier than the first thread of its warp",
               own.place[lane], first + uint32_t(lane));
      continue;
    }
    uint32_t left = there & ~own.atBarrier;
    fail(Fault::LaunchFailed, "has ended while others wait at a barrier", 0,
         first + uint32_t(__builtin_ctz(left)));
  }
  for (Threads &own : threads) {
    forLanes(own.atBarrier, [&](int lane) { ++own.place[lane]; });
    own.running = own.atBarrier;
    own.atBarrier = 0;
  }
  ++epoch;
  return anyWaits;
}

//===----------------------------------------------------------------------===//
// A warp
//===----------------------------------------------------------------------===//

/// Runs a warp until none of its threads can go on.
void Block::advance(uint32_t w) {
  Warp &warp = warps[w];
  Threads &own = threads[w];
  while (own.running) {
    uint32_t place = ~0u, next = ~0u, mask = 0;
    forLanes(own.running,
             [&](int lane) { place = std::min(place, own.place[lane]); });
    forLanes(own.running, [&](int lane) {
      if (own.place[lane] == place)
        mask |= 1u << lane;
      else
        next = std::min(next, own.place[lane]);
    });
    // As one, until others are level or behind, or ways part.
    while (step(warp, own, mask, place) && place < next)
      ;
    forLanes(mask, [&](int lane) { own.place[lane] = place; });
  }
}

/// The threads of a mask for which an instruction is to be run.
uint32_t Block::guarded(Warp &warp, const Instruction &instruction,
                        uint32_t mask) const {
  if (instruction.guard == Instruction::none)
    return mask;
  uint32_t active = 0;
  const Register &guard = warp[instruction.guard];
  forLanes(mask, [&](int lane) {
    if (get<bool>(guard, lane) != instruction.guardNegated)
      active |= 1u << lane;
  });
  return active;
}

/// Runs one instruction for the threads of a mask, which is at `place`. Those
/// that go on together stay in the mask; false if it has changed.
bool Block::step(Warp &warp, Threads &own, uint32_t &mask, uint32_t &place) {
  const Instruction &instruction = kernel.code[place];
  current = place;
  if (++instructions > mostInstructions)
    fail(Fault::LaunchFailed, "does not come to an end", place,
         warp.thread(__builtin_ctz(mask)));
  uint32_t active = guarded(warp, instruction, mask);
  if (!active) {
    ++place;
    return true;
  }
  switch (instruction.kind) {
  case Instruction::Kind::Plain:
    warp.mask = active;
    instruction.run(warp, instruction);
    ++place;
    return true;
  case Instruction::Kind::Branch:
    forLanes(active, [&](int lane) { own.place[lane] = instruction.target; });
    if (active == mask) {
      place = instruction.target;
      return true;
    }
    break;
  case Instruction::Kind::Exit:
    own.running &= ~active;
    own.done |= active;
    break;
  case Instruction::Kind::Barrier:
    forLanes(active, [&](int lane) { own.place[lane] = place; });
    own.running &= ~active;
    own.atBarrier |= active;
    break;
  case Instruction::Kind::Together:
    meet(warp, own, active, place);
    break;
  }
  mask &= ~active;
  ++place;
  return false;
}

/// Threads arrive at an instruction that those of a set run together.
void Block::meet(Warp &warp, Threads &own, uint32_t active, uint32_t place) {
  const Instruction &instruction = kernel.code[place];
  int first = __builtin_ctz(active);
  auto members = get<uint32_t>(warp[instruction.members], first);
  if (members & own.done)
    fail(Fault::LaunchFailed, "waits for a thread of its warp that has ended",
         place, warp.thread(first));
  if (active & ~members)
    fail(Fault::LaunchFailed, "is not among the threads that it names", place,
         warp.thread(first));
  forLanes(active, [&](int lane) { own.place[lane] = place; });
  own.running &= ~active;
  own.together |= active;
  uint32_t here = 0;
  forLanes(own.together, [&](int lane) {
    if (own.place[lane] == place)
      here |= 1u << lane;
  });
  if (members & ~here)
    return;
  warp.mask = members;
  instruction.run(warp, instruction);
  forLanes(members, [&](int lane) { own.place[lane] = place + 1; });
  own.together &= ~members;
  own.running |= members;
}

//===----------------------------------------------------------------------===//
// Faults
//===----------------------------------------------------------------------===//

void Block::fail(Fault::Kind kind, const std::string &text, const Warp &warp,
                 int lane) const {
  fail(kind, text, current, warp.thread(lane));
}

void Block::fail(Fault::Kind kind, const std::string &text, uint32_t place,
                 uint32_t thread) const {
  throw Fault(kind, "kernel " + kernel.name + ", line " +
                        std::to_string(kernel.code[place].line) + ": thread " +
                        std::to_string(thread) + " of block (" +
                        std::to_string(index[0]) + ", " +
                        std::to_string(index[1]) + ", " +
                        std::to_string(index[2]) + ") " + text);
}
