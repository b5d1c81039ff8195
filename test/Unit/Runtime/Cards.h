//===- Cards.h - kernels written by hand, as the compiler would -*- C++ -*-===//
//
// What keopsc leaves in an object, in C++: sweep, finish and close functions
// and the card that describes them. The functions fill all of the buffers that
// they are given, so that sanitizers see a buffer that is too small, and note
// every breach of the contract in `breaches`.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_RUNTIME_CARDS_H
#define KEOPS_TEST_UNIT_RUNTIME_CARDS_H

#include "runtime/Card.h"
#include "runtime/include/keops/runtime.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cards {

constexpr int64_t maxRows = 96, rowQuantum = 16, colQuantum = 64;
constexpr int64_t scratchBytes = 1024;

/// Calls with misaligned buffers or with more rows than the card allows.
extern std::atomic<int> breaches;

/// A card with the lists that it points to.
struct Card {
  std::vector<keops_table> tables;
  std::vector<std::vector<int32_t>> stepTables;
  std::vector<keops_host_code> host; // one for each step
  std::vector<keops_step> steps;
  keops_card card = {};

  Card() = default;
  Card(const Card &) = delete;
  Card &operator=(const Card &) = delete;

  void addStep(int32_t rowAxis, std::vector<int32_t> names,
               keops_host_code code);
  /// Sets the pointers; the last `outputs` + `temporaries` tables are those.
  const keops_card *finish(const char *name, int outputs, int temporaries);
};

// A pair_ns so large that threads always pay.
constexpr double slowPair = 1e6;

/// A_i = G Sum_j <X_i, Y_j> B_j, with X: M x 3, Y: N x 3, B: N x 2, float32.
void makeSum(Card &card);
/// I_i = the j of the smallest |X_i - Y_j|, float64 and int64; -1 without j.
void makeArgMin(Card &card);
/// g = Sum_i Sum_j X_i Y_j, along no axis: rows are reduced too.
void makeTotal(Card &card);
/// T_i = Sum_j X_i Y_j in a temporary; then A_i = T_i^2 without a sweep, and
/// then C_j = Sum_i Y_j T_i, whose rows are those of j.
void makeChain(Card &card);

/// The plain double loop for makeSum, rounded to float at the end.
std::vector<float> sum(int64_t M, int64_t N, const std::vector<float> &G,
                       const std::vector<float> &X, const std::vector<float> &Y,
                       const std::vector<float> &B);

/// Numbers in -4..4: sums of their products are exact in any order.
template <typename T> std::vector<T> integers(int64_t count, unsigned seed) {
  auto numbers = std::vector<T>(size_t(count));
  for (T &number : numbers) {
    seed = seed * 1664525u + 1013904223u;
    number = T(int(seed >> 16) % 9 - 4);
  }
  return numbers;
}

/// Numbers in [0, 1): the order of addition shows in the last bits.
template <typename T> std::vector<T> fractions(int64_t count, unsigned seed) {
  auto numbers = std::vector<T>(size_t(count));
  for (T &number : numbers) {
    seed = seed * 1664525u + 1013904223u;
    number = T(seed >> 8) / T(1 << 24);
  }
  return numbers;
}

/// A call with so many threads.
inline keops_call withThreads(int threads) {
  keops_call call = KEOPS_CALL_DEFAULTS;
  call.threads = threads;
  return call;
}

} // namespace cards

#endif // KEOPS_TEST_UNIT_RUNTIME_CARDS_H
