//===- Sequences.cpp - values to reduce in tests --------------------------===//

#include "test/Unit/Sequences.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace keops::test {

/// One number of a sequence whose numbers do not depend on each other.
static double makeNumber(Sequence kind, int64_t at, bool isDouble,
                         std::mt19937 &generator) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  double random = std::normal_distribution<double>(0, 8)(generator);
  int dice = std::uniform_int_distribution<int>(0, 5)(generator);
  switch (kind) {
  case Sequence::FewValues:
    return dice == 0 ? -0.0 : dice == 1 ? 0.0 : dice - 3;
  case Sequence::SomeNaN:
    return dice < 2 ? NAN : random;
  case Sequence::SomeInf:
    return dice == 0 ? inf : dice == 1 ? -inf : random;
  case Sequence::AllNaN:
    return NAN;
  case Sequence::AllInf:
    return inf;
  case Sequence::AllMinusInf:
    return -inf;
  case Sequence::MinusInfFirst:
    return at < 6 ? -inf : random;
  case Sequence::HugeFirst:
    return at == 0 ? 1e30 : random;
  case Sequence::MinusHugeFirst:
    return at == 0 ? -1e30 : random;
  case Sequence::Largest: {
    double largest = isDouble ? std::numeric_limits<double>::max()
                              : std::numeric_limits<float>::max();
    return dice < 2 ? largest : dice < 4 ? -largest : random;
  }
  default:
    return random;
  }
}

std::vector<double> makeSequence(Sequence kind, int64_t count, bool isDouble,
                                 std::mt19937 &generator) {
  std::vector<double> numbers(count);
  for (int64_t n = 0; n < count; ++n) {
    double number = makeNumber(kind, n, isDouble, generator);
    numbers[n] = isDouble ? number : double(float(number));
  }
  if (kind == Sequence::Equal && count)
    std::fill(numbers.begin(), numbers.end(), numbers[0]);
  if (kind == Sequence::Ascending || kind == Sequence::Descending)
    std::sort(numbers.begin(), numbers.end());
  if (kind == Sequence::Descending)
    std::reverse(numbers.begin(), numbers.end());
  return numbers;
}

} // namespace keops::test
