//===- example.h - what the example programs share --------------*- C++ -*-===//
//
// Random inputs that are the same on every machine, a clock, and a report that
// remembers whether a check has failed. Nothing in here is needed to call a
// compiled formula: for that, read the three lines around the call itself.
//
// Lines of the report that begin with "time" change from run to run, and so do
// the digits of numbers such as 1.2e-07; everything else must not. The script
// update-pages relies on it.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_EXAMPLES_EXAMPLE_H
#define KEOPS_EXAMPLES_EXAMPLE_H

#include "keops/runtime.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

namespace example {

[[noreturn]] inline void fail(const std::string &message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  std::exit(1);
}

/// Ends the program if a compiled formula did not run.
inline void require(int status) {
  if (status != KEOPS_OK)
    fail(keops_last_error());
}

/// SplitMix64. The generators of <random> are the same everywhere, but its
/// distributions are not.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  /// In [0, 1), a multiple of 2^-24: exact in float32.
  float uniform() { return static_cast<float>(next() >> 40) * 0x1p-24f; }

  /// Mean 0, variance 1 (Box and Muller).
  float normal() {
    const double turn = 6.283185307179586;
    double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return static_cast<float>(radius * std::cos(turn * uniform()));
  }

  std::vector<float> uniforms(int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float &value : values)
      value = uniform();
    return values;
  }

  std::vector<float> normals(int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float &value : values)
      value = normal();
    return values;
  }

private:
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t state;
};

template <typename Function> double seconds(Function function) {
  auto start = std::chrono::steady_clock::now();
  function();
  std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

/// The median of `runs` runs, after one that fills the caches.
template <typename Function>
double medianSeconds(Function function, int runs = 9) {
  function();
  std::vector<double> times;
  for (int run = 0; run < runs; ++run)
    times.push_back(seconds(function));
  std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
  return times[static_cast<size_t>(runs / 2)];
}

/// The largest difference, relative to the largest entry of the reference.
/// Infinite as soon as one value is not a finite number.
template <typename Value>
double largestError(const std::vector<Value> &values,
                    const std::vector<double> &reference) {
  double difference = 0, scale = std::numeric_limits<double>::min();
  for (size_t i = 0; i < reference.size(); ++i) {
    double value = static_cast<double>(values[i]);
    if (!std::isfinite(value))
      return std::numeric_limits<double>::infinity();
    difference = std::max(difference, std::fabs(value - reference[i]));
    scale = std::max(scale, std::fabs(reference[i]));
  }
  return difference / scale;
}

/// Prints lines of one form, and remembers what went wrong.
class Report {
public:
  void error(const char *what, double error, double allowed) {
    bool good = error <= allowed; // false for a NaN
    std::printf("error  %-34s %.1e  (allowed %.1e)%s\n", what, error, allowed,
                good ? "" : "  FAILED");
    failed |= !good;
  }

  void check(const char *what, bool good) {
    std::printf("check  %-34s %s\n", what, good ? "yes" : "no  FAILED");
    failed |= !good;
  }

  void time(const char *what, double seconds, double pairs) {
    std::printf("time   %-34s %9.3f ms %8.3f ns per pair\n", what,
                seconds * 1e3, seconds * 1e9 / pairs);
  }

  /// What main() returns.
  int finish() {
    std::puts(failed ? "FAILED" : "all checks passed");
    return failed ? 1 : 0;
  }

private:
  bool failed = false;
};

} // namespace example

#endif // KEOPS_EXAMPLES_EXAMPLE_H
