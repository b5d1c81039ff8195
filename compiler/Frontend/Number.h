//===- Number.h - numbers as they are written -------------------*- C++ -*-===//
//
// A number of the formula text stays exact until it is needed in the working
// type: a decimal keeps its text, so it is rounded once; integers are computed
// as fractions, so 1/2 is an exponent like 0.5 and 2*3 an argument like 6.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_NUMBER_H
#define KEOPS_COMPILER_FRONTEND_NUMBER_H

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace keops {

class Number {
public:
  /// `text` is a Number token.
  static Number fromText(llvm::StringRef text);
  static Number fromInteger(int64_t value) { return Number(value, 1); }

  std::optional<int64_t> getInteger() const;
  /// Is this exactly `value`, up to the last digit of quadruple precision?
  bool equals(double value) const;
  /// Rounded to nearest, once.
  llvm::APFloat round(const llvm::fltSemantics &type) const;
  /// The number as a user would write it.
  std::string str() const;

  Number negated() const;
  /// The exact result of + - * / or **, if both are integers or fractions and
  /// it is small enough to stay exact.
  static std::optional<Number> combine(llvm::StringRef symbol, const Number &a,
                                       const Number &b);

private:
  Number(int64_t numerator, int64_t denominator)
      : numerator(numerator), denominator(denominator) {}
  static std::optional<Number> fraction(int64_t numerator, int64_t denominator);
  static std::optional<Number> power(const Number &a, const Number &b);

  std::string decimal; // without a sign; empty for a fraction
  bool negative = false;
  int64_t numerator, denominator; // in lowest terms, denominator > 0
};

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_NUMBER_H
