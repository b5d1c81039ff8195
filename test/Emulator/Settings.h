//===- Settings.h - what kind of machine is played --------------*- C++ -*-===//
//
// The environment variable KEOPS_EMULATOR holds words such as "devices=2
// memory=100000 fail-allocation=3". Programs that have the emulator in their
// process call keopsEmulatorConfigure() instead.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_EMULATOR_SETTINGS_H
#define KEOPS_TEST_EMULATOR_SETTINGS_H

#include <cstdint>
#include <string>

namespace emulator {

struct Settings {
  int64_t devices = 1;
  int64_t driver = 13000;
  int64_t arch = 90;
  int64_t multiprocessors = 2;
  int64_t memory = int64_t(1) << 30; // of each device
  int64_t pools = 1;                 // are there pools of memory?
  int64_t reversed = 0;              // last threads and blocks first
  int64_t capturing = 0;             // is what is put on streams recorded?
  // The so many-th call from now fails; 0: none does.
  int64_t failInit = 0;
  int64_t failAllocation = 0;
  int64_t failModule = 0;
  int64_t failLaunch = 0;
  int64_t failCopy = 0;
  int64_t mostCopy = INT64_MAX; // copies of more bytes fail
  int64_t loseDevice = 0;       // while the so many-th kernel runs

  /// Counts down; true for the call that is to fail.
  static bool isDue(int64_t &counter) { return counter > 0 && --counter == 0; }
};

/// False if a word has no meaning, with the word in `wrong`.
bool parseSettings(const std::string &text, Settings &settings,
                   std::string &wrong);

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_SETTINGS_H
