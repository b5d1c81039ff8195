//===- Number.cpp - numbers as they are written ---------------------------===//

#include "compiler/Frontend/Number.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace llvm;

namespace keops {

// Fractions with terms below 2^53 are rounded correctly by way of quadruple
// precision: p / q misses every midpoint of doubles by more than its last bit.
static constexpr int64_t kLargest = int64_t(1) << 53;

Number Number::fromText(StringRef text) {
  int64_t integer;
  if (all_of(text, isDigit) && !text.getAsInteger(10, integer) &&
      integer <= kLargest)
    return fromInteger(integer);
  Number number(0, 1);
  number.decimal = text.str();
  return number;
}

std::optional<int64_t> Number::getInteger() const {
  if (!decimal.empty() || denominator != 1)
    return std::nullopt;
  return numerator;
}

bool Number::equals(double value) const {
  APFloat other(value);
  bool losesInfo;
  other.convert(APFloat::IEEEquad(), APFloat::rmNearestTiesToEven, &losesInfo);
  return round(APFloat::IEEEquad()).compare(other) == APFloat::cmpEqual;
}

APFloat Number::round(const fltSemantics &type) const {
  if (decimal.empty()) {
    auto quad = [](int64_t value) {
      APFloat result(APFloat::IEEEquad());
      result.convertFromAPInt(APInt(64, value, true), true,
                              APFloat::rmNearestTiesToEven);
      return result;
    };
    APFloat result = quad(numerator);
    result.divide(quad(denominator), APFloat::rmNearestTiesToEven);
    bool losesInfo;
    result.convert(type, APFloat::rmNearestTiesToEven, &losesInfo);
    return result;
  }
  APFloat result(type);
  // The lexer has checked the text.
  consumeError(result.convertFromString(decimal, APFloat::rmNearestTiesToEven)
                   .takeError());
  if (negative)
    result.changeSign();
  return result;
}

std::string Number::str() const {
  if (!decimal.empty())
    return (negative ? "-" : "") + decimal;
  std::string text = std::to_string(numerator);
  return denominator == 1 ? text : text + "/" + std::to_string(denominator);
}

Number Number::negated() const {
  Number result(*this);
  result.negative = !negative;
  result.numerator = -numerator;
  return result;
}

std::optional<Number> Number::fraction(int64_t numerator, int64_t denominator) {
  if (denominator == 0)
    return std::nullopt;
  int64_t divisor = std::gcd(numerator, denominator);
  if (denominator < 0)
    divisor = -divisor;
  Number result(numerator / divisor, denominator / divisor);
  if (std::abs(result.numerator) > kLargest || result.denominator > kLargest)
    return std::nullopt;
  return result;
}

std::optional<Number> Number::combine(StringRef symbol, const Number &a,
                                      const Number &b) {
  if (!a.decimal.empty() || !b.decimal.empty())
    return std::nullopt;
  if (symbol == "**")
    return power(a, b);
  int64_t left, right, product, sum;
  if (symbol == "*" || symbol == "/") {
    int64_t p = symbol == "*" ? b.numerator : b.denominator;
    int64_t q = symbol == "*" ? b.denominator : b.numerator;
    if (MulOverflow(a.numerator, p, left) ||
        MulOverflow(a.denominator, q, right))
      return std::nullopt;
    return fraction(left, right);
  }
  if (symbol != "+" && symbol != "-")
    return std::nullopt;
  int64_t sign = symbol == "+" ? 1 : -1;
  if (MulOverflow(a.numerator, b.denominator, left) ||
      MulOverflow(b.numerator, a.denominator, right) ||
      MulOverflow(a.denominator, b.denominator, product) ||
      AddOverflow(left, sign * right, sum))
    return std::nullopt;
  return fraction(sum, product);
}

std::optional<Number> Number::power(const Number &a, const Number &b) {
  if (b.denominator != 1 || std::abs(b.numerator) > 64)
    return std::nullopt;
  StringRef symbol = b.numerator < 0 ? "/" : "*";
  std::optional<Number> result = fromInteger(1);
  for (int64_t n = std::abs(b.numerator); n && result; --n)
    result = combine(symbol, *result, a);
  return result;
}

} // namespace keops
