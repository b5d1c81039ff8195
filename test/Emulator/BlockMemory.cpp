//===- BlockMemory.cpp - every access is checked --------------------------===//

#include "test/Emulator/Block.h"

using namespace emulator;

/// The space of a generic address, and the address in it.
static Space spaceOf(uint64_t &address) {
  if (address >= localWindow) {
    address -= localWindow;
    return Space::Local;
  }
  if (address >= sharedWindow) {
    address -= sharedWindow;
    return Space::Shared;
  }
  return Space::Global;
}

static const char *nameOf(Space space) {
  switch (space) {
  case Space::Param:
    return "parameters";
  case Space::Shared:
    return "shared memory";
  case Space::Local:
    return "local memory";
  default:
    return "global memory";
  }
}

static const char *nameOf(Access access) {
  return access == Access::Read ? "reads" : "writes";
}

uint8_t *Block::at(Space space, uint64_t address, uint32_t bytes, Access access,
                   const Warp &warp, int lane) {
  if (space == Space::Generic)
    space = spaceOf(address);
  uint32_t thread = warp.thread(lane);
  auto complain = [&](Fault::Kind kind, const std::string &what) {
    fail(kind,
         nameOf(access) + (" " + std::to_string(bytes)) + " bytes of " +
             nameOf(space) + " " + what,
         current, thread);
  };
  if (address & (bytes - 1)) // a power of two
    complain(Fault::Misaligned, "at an address that is no multiple of that: " +
                                    std::to_string(address));
  auto within = [&](uint64_t size) {
    if (address > size || bytes > size - address)
      complain(Fault::BadAddress, "at byte " + std::to_string(address) +
                                      ", of " + std::to_string(size));
  };
  switch (space) {
  case Space::Param:
    within(launch.parameters.size());
    return const_cast<uint8_t *>(launch.parameters.data()) + address;
  case Space::Shared:
    within(shared.size());
    note(address, bytes, access, warp, lane);
    return shared.data() + address;
  case Space::Local:
    within(kernel.localBytes);
    return local.data() + size_t(thread) * kernel.localBytes + address;
  default:
    uint8_t *found = memory.find(address, bytes);
    if (!found)
      complain(Fault::BadAddress, "at " + memory.describe(address));
    return found;
  }
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

void Block::note(uint64_t offset, uint32_t bytes, Access access,
                 const Warp &warp, int lane) {
  uint32_t thread = warp.thread(lane);
  for (uint64_t w = offset / 4; w <= (offset + bytes - 1) / 4; ++w) {
    Word &word = words[w];
    // Neighbors may write the other bytes of a word, and atomic operations the
    // same ones.
    if (bytes < 4 || access == Access::Both) {
      if (access != Access::Read)
        word.block = number;
      continue;
    }
    if (access == Access::Read)
      noteRead(word, warp, thread);
    else
      noteWrite(word, warp, thread);
  }
}

void Block::noteRead(Word &word, const Warp &warp, uint32_t thread) {
  if (word.block != number)
    fail(Fault::LaunchFailed, "reads shared memory that nobody has written",
         current, thread);
  if (word.writeEpoch == epoch && word.writer != thread &&
      (word.writer / warpSize != warp.number ||
       word.writeWarpEpoch == warp.epoch))
    fail(Fault::LaunchFailed,
         "reads shared memory that thread " + std::to_string(word.writer) +
             " wrote, and no barrier is between them",
         current, thread);
  if (word.readEpoch != epoch) {
    word.readEpoch = epoch;
    word.reader = thread;
    word.readerWarp = warp.number;
  } else {
    if (word.reader != thread)
      word.reader = several;
    if (word.readerWarp != warp.number)
      word.readerWarp = several;
  }
  word.readWarpEpoch = warp.epoch;
}

void Block::noteWrite(Word &word, const Warp &warp, uint32_t thread) {
  bool sameBlock = word.block == number;
  if (sameBlock && word.writeEpoch == epoch && word.writer != thread &&
      (word.writer / warpSize != warp.number ||
       word.writeWarpEpoch == warp.epoch))
    fail(Fault::LaunchFailed,
         "writes shared memory that thread " + std::to_string(word.writer) +
             " wrote, and no barrier is between them",
         current, thread);
  if (sameBlock && word.readEpoch == epoch && word.reader != thread &&
      (word.readerWarp != warp.number || word.readWarpEpoch == warp.epoch))
    fail(Fault::LaunchFailed,
         "writes shared memory that another thread has read, and no barrier is "
         "between them",
         current, thread);
  word.block = number;
  word.writeEpoch = epoch;
  word.writeWarpEpoch = warp.epoch;
  word.writer = thread;
}
