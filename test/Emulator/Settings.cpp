//===- Settings.cpp - what kind of machine is played ----------------------===//

#include "test/Emulator/Settings.h"

#include <cstdlib>
#include <sstream>

using namespace emulator;

namespace {
struct Setting {
  const char *name;
  int64_t Settings::*field;
};
} // namespace

static const Setting all[] = {
    {"devices", &Settings::devices},
    {"driver", &Settings::driver},
    {"arch", &Settings::arch},
    {"multiprocessors", &Settings::multiprocessors},
    {"memory", &Settings::memory},
    {"pools", &Settings::pools},
    {"reversed", &Settings::reversed},
    {"capturing", &Settings::capturing},
    {"fail-init", &Settings::failInit},
    {"fail-allocation", &Settings::failAllocation},
    {"fail-module", &Settings::failModule},
    {"fail-launch", &Settings::failLaunch},
    {"fail-copy", &Settings::failCopy},
    {"most-copy", &Settings::mostCopy},
    {"lose-device", &Settings::loseDevice},
};

static bool parseWord(const std::string &word, Settings &settings) {
  size_t equals = word.find('=');
  for (const Setting &setting : all) {
    if (word.substr(0, equals) != setting.name)
      continue;
    if (equals == std::string::npos) {
      settings.*setting.field = 1;
      return true;
    }
    char *end = nullptr;
    settings.*setting.field = std::strtoll(word.c_str() + equals + 1, &end, 10);
    return end != word.c_str() + equals + 1 && !*end;
  }
  return false;
}

bool emulator::parseSettings(const std::string &text, Settings &settings,
                             std::string &wrong) {
  std::istringstream words(text);
  while (words >> wrong)
    if (!parseWord(wrong, settings))
      return false;
  return true;
}
