//===- Measure.cpp - the quiet minimum of interleaved runs ----------------===//

#include "bench/table/Measure.h"

#include <algorithm>
#include <limits>
#include <time.h>

namespace keops::bench {

static double secondsOn(Clock clock) {
  timespec now;
  clock_gettime(
      clock == Clock::Thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

/// One turn: seconds per call.
static double turn(const std::function<void()> &contestant, Clock clock) {
  constexpr double kLongEnough = 1e-3;
  double start = secondsOn(clock), spent = 0;
  int calls = 0;
  do {
    contestant();
    ++calls;
    spent = secondsOn(clock) - start;
  } while (spent < kLongEnough);
  return spent / calls;
}

std::vector<double>
leastSeconds(const std::vector<std::function<void()>> &contestants, int rounds,
             double seconds, Clock clock) {
  std::vector<double> least(contestants.size(),
                            std::numeric_limits<double>::infinity());
  double end = secondsOn(Clock::Wall) + seconds;
  int quiet = 0; // rounds since a minimum fell
  for (int round = 0;
       round < rounds || (quiet < rounds && secondsOn(Clock::Wall) < end);
       ++round) {
    ++quiet;
    for (size_t k = 0; k < contestants.size(); ++k) {
      double spent = turn(contestants[k], clock);
      if (spent < 0.99 * least[k])
        quiet = 0;
      least[k] = std::min(least[k], spent);
    }
  }
  return least;
}

} // namespace keops::bench
