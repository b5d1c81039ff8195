//===- Cores.cpp - the cores that this process may use --------------------===//
//
// More threads than cores only take turns. The affinity mask is asked for at
// each launch that is large enough to use threads, for programs change it; the
// quota of the control group is read once, for it takes several files.
//
//===----------------------------------------------------------------------===//

#include "runtime/Cores.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

using namespace keops::rt;

//===----------------------------------------------------------------------===//
// Affinity
//===----------------------------------------------------------------------===//

namespace {
/// The cores of the calling thread. Room for 8192; cpu_set_t has 1024, and the
/// calls fail where the system has more.
struct Affinity {
  static constexpr int wordBits = 8 * sizeof(unsigned long);
  unsigned long words[8192 / wordBits] = {};

  cpu_set_t *set() { return reinterpret_cast<cpu_set_t *>(words); }
  bool get() { return sched_getaffinity(0, sizeof(words), set()) == 0; }
  bool put() { return sched_setaffinity(0, sizeof(words), set()) == 0; }
  void flip(int core) { words[core / wordBits] ^= 1ul << core % wordBits; }
};
} // namespace

static int coresOfAffinity() {
  Affinity affinity;
  if (!affinity.get())
    return int(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  int cores = 0;
  for (unsigned long word : affinity.words)
    cores += __builtin_popcountl(word);
  return std::max(1, cores);
}

int keops::rt::currentCore() { return sched_getcpu(); }

void keops::rt::leaveCore(int core) {
  Affinity affinity;
  if (core < 0 || core != currentCore() || !affinity.get())
    return;
  // Without this core the kernel moves the thread at once, and it does not move
  // it back when the core is allowed again. If this is the only one, the first
  // call fails.
  affinity.flip(core);
  if (!affinity.put())
    return;
  affinity.flip(core);
  affinity.put();
}

//===----------------------------------------------------------------------===//
// Control groups
//===----------------------------------------------------------------------===//

static int coresOfQuota(double quota, double period) {
  if (!(quota > 0) || !(period > 0) || quota / period > 1e6)
    return 0;
  // Rounded up: with 1.5 cores, two threads get more done than one.
  int cores = int(quota / period);
  return cores + (cores * period < quota);
}

int keops::rt::coresOfCpuMax(const char *text) {
  // "max 100000" means no limit, and reads as 0.
  char *end = nullptr;
  double quota = std::strtod(text, &end);
  return coresOfQuota(quota, std::strtod(end, nullptr));
}

/// The beginning of a small file; false if there is none.
template <size_t size>
static bool readFile(const char *path, char (&text)[size]) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  ssize_t length = read(file, text, size - 1);
  close(file);
  text[std::max<ssize_t>(length, 0)] = 0;
  return length > 0;
}

/// Version 2: every group from that of the process up to the root may limit.
static int coresOfGroups() {
  char groups[4096], path[4096 + 64], text[64];
  if (!readFile("/proc/self/cgroup", groups))
    return 0;
  char *group = std::strstr(groups, "0::/");
  if (!group || (group != groups && group[-1] != '\n'))
    return 0;
  group += std::strlen("0::");
  group[std::strcspn(group, "\n")] = 0;
  int cores = 0;
  for (;;) {
    std::snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", group);
    int granted = readFile(path, text) ? coresOfCpuMax(text) : 0;
    if (granted && (!cores || granted < cores))
      cores = granted;
    char *slash = std::strrchr(group, '/');
    if (!slash)
      return cores;
    *slash = 0;
  }
}

/// Version 1, as containers mount it.
static int coresOfOldGroup() {
  char quota[64], period[64];
  if (!readFile("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota) ||
      !readFile("/sys/fs/cgroup/cpu/cpu.cfs_period_us", period))
    return 0;
  return coresOfQuota(std::strtod(quota, nullptr),
                      std::strtod(period, nullptr));
}

static int coresOfControlGroup() {
  static std::atomic<int> known{-1};
  int cores = known.load(std::memory_order_relaxed);
  if (cores < 0) {
    cores = coresOfGroups();
    if (!cores)
      cores = coresOfOldGroup();
    known.store(cores, std::memory_order_relaxed);
  }
  return cores;
}

int keops::rt::availableCores() {
  int cores = coresOfAffinity();
  int granted = coresOfControlGroup();
  return granted ? std::min(cores, granted) : cores;
}
