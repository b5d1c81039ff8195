//===- ProcessClock.h - what the process takes ------------------*- C++ -*-===//
//
// Not the time that passes: others may use the cores, too.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_RANDOM_PROCESSCLOCK_H
#define KEOPS_TEST_RANDOM_PROCESSCLOCK_H

#include <ctime>

namespace keops::random {

/// Adds the milliseconds until its end.
class ProcessClock {
public:
  explicit ProcessClock(double &ms) : ms(ms) {}
  ~ProcessClock() {
    ms += 1000.0 * double(std::clock() - start) / CLOCKS_PER_SEC;
  }
  ProcessClock(const ProcessClock &) = delete;
  ProcessClock &operator=(const ProcessClock &) = delete;

private:
  double &ms;
  std::clock_t start = std::clock();
};

} // namespace keops::random

#endif // KEOPS_TEST_RANDOM_PROCESSCLOCK_H
