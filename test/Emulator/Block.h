//===- Block.h - a block of threads and how it is run -----------*- C++ -*-===//
//
// Each warp runs until all of its threads wait at a barrier or are done, then
// the next. Within a warp, the threads that are furthest behind in the text run
// together. Any order is allowed on a device, and this one is quick: one look
// at an instruction serves up to 32 threads.
//
// What a device leaves undefined is a Fault here. Of every word of shared
// memory it is known who wrote and read it since the last barrier, so a barrier
// that is missing is found whatever the order of the threads.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_EMULATOR_BLOCK_H
#define KEOPS_TEST_EMULATOR_BLOCK_H

#include "test/Emulator/DeviceMemory.h"
#include "test/Emulator/Fault.h"
#include "test/Emulator/Warp.h"

#include <array>

namespace emulator {

using Size = std::array<uint32_t, 3>;

/// What all blocks of a launch share.
struct Launch {
  const Kernel &kernel;
  Size grid, block;
  std::vector<uint8_t> parameters;
  /// Last threads and blocks first.
  bool reversed = false;
};

/// Runs all blocks. Throws Fault.
void run(const Launch &launch, DeviceMemory &memory);

/// Where the windows of shared and local memory lie among all addresses.
constexpr uint64_t sharedWindow = uint64_t(1) << 57;
constexpr uint64_t localWindow = uint64_t(1) << 58;

enum class Access { Read, Write, Both };

class Block {
public:
  Block(const Launch &launch, DeviceMemory &memory);
  void run(Size index);

  /// The memory behind an address, after all checks.
  uint8_t *at(Space space, uint64_t address, uint32_t bytes, Access access,
              const Warp &warp, int lane);
  bool reversed() const { return launch.reversed; }
  /// Says what a thread has done at the instruction that is run.
  [[noreturn]] void fail(Fault::Kind kind, const std::string &text,
                         const Warp &warp, int lane) const;

private:
  /// The threads of a warp: where they are, and which do what. Every thread is
  /// in one of the masks.
  struct Threads {
    std::array<uint32_t, warpSize> place; // number of the next instruction
    uint32_t running, atBarrier, together, done;
  };
  /// What happened to a word of shared memory.
  struct Word {
    uint32_t block = 0; // the last block that wrote it, from 1
    uint32_t writeEpoch = 0, writeWarpEpoch = 0;
    uint32_t readEpoch = 0, readWarpEpoch = 0;
    uint32_t writer = 0, reader = 0; // or `several`
    uint32_t readerWarp = 0;         // or `several`
  };
  static constexpr uint32_t several = ~0u;

  void start(Size index);
  void fill(Warp &warp, Size index) const;
  bool release();
  void advance(uint32_t number);
  bool step(Warp &warp, Threads &threads, uint32_t &mask, uint32_t &place);
  void meet(Warp &warp, Threads &threads, uint32_t active, uint32_t place);
  uint32_t guarded(Warp &warp, const Instruction &instruction,
                   uint32_t mask) const;
  void note(uint64_t offset, uint32_t bytes, Access access, const Warp &warp,
            int lane);
  void noteRead(Word &word, const Warp &warp, uint32_t thread);
  void noteWrite(Word &word, const Warp &warp, uint32_t thread);
  [[noreturn]] void fail(Fault::Kind kind, const std::string &text,
                         uint32_t place, uint32_t thread) const;

  const Launch &launch;
  const Kernel &kernel;
  DeviceMemory &memory;
  uint32_t threadCount;
  std::vector<Warp> warps;
  std::vector<Threads> threads;
  std::vector<uint8_t> shared, local;
  std::vector<Word> words;
  Size index = {};
  uint32_t number = 0;       // of the block among those that were run, from 1
  uint32_t epoch = 0;        // barriers of the block, over all blocks
  uint64_t instructions = 0; // that the block has run
  uint32_t current = 0;      // the instruction that is run
};

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_BLOCK_H
