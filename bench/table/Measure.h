//===- Measure.h - the quiet minimum of interleaved runs --------*- C++ -*-===//

#ifndef KEOPS_BENCH_TABLE_MEASURE_H
#define KEOPS_BENCH_TABLE_MEASURE_H

#include <functional>
#include <vector>

namespace keops::bench {

enum class Clock {
  Thread, // time of this thread on its core: others' work does not count
  Wall
};

/// The least seconds that each of some contestants took. They run in turns, so
/// that a core that slows down slows all of them; each turn repeats a
/// contestant until it has lasted a millisecond. Goes on for `rounds` rounds,
/// and then until `seconds` are over or no minimum has fallen by 1 % in the
/// last rounds.
std::vector<double>
leastSeconds(const std::vector<std::function<void()>> &contestants, int rounds,
             double seconds, Clock clock);

} // namespace keops::bench

#endif // KEOPS_BENCH_TABLE_MEASURE_H
