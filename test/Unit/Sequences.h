//===- Sequences.h - values to reduce in tests ------------------*- C++ -*-===//

#ifndef KEOPS_TEST_UNIT_SEQUENCES_H
#define KEOPS_TEST_UNIT_SEQUENCES_H

#include <cstdint>
#include <random>
#include <vector>

namespace keops::test {

/// What a sequence of values may be like.
enum class Sequence {
  Random,
  Equal,
  Ascending,
  Descending,
  FewValues, // many ties, 0 and -0 among them
  SomeNaN,   // from the first value on, or not
  SomeInf,   // of both signs
  AllNaN,
  AllInf,
  AllMinusInf,
  MinusInfFirst,
  HugeFirst, // 1e30 and then small numbers
  MinusHugeFirst,
  Largest, // +- the largest finite number; sums of it overflow
};
constexpr int kSequences = static_cast<int>(Sequence::Largest) + 1;

/// `count` numbers, exact in the precision.
std::vector<double> makeSequence(Sequence kind, int64_t count, bool isDouble,
                                 std::mt19937 &generator);

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_SEQUENCES_H
