//===- Summation.h - how a reduction adds up --------------------*- C++ -*-===//
//
// The parameter of every reduction that adds up, `sum_scheme` and `dtype_acc`
// of the formula language: `#keops.sum<kahan, f64>`. What is the default is not
// printed.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_DIALECTS_KEOPS_SUMMATION_H
#define KEOPS_DIALECTS_KEOPS_SUMMATION_H

#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/Hashing.h"

namespace keops {

enum class SumScheme {
  Block,  // blocks of columns in the precision of the data, then their sums
  Direct, // term by term
  Kahan   // term by term, with what rounding takes away kept beside the sum
};

struct Summation {
  SumScheme scheme = SumScheme::Block;
  /// Are sums float64, whatever the data? Those within a block never are.
  bool isWide = false;

  bool operator==(const Summation &other) const {
    return scheme == other.scheme && isWide == other.isWide;
  }
  /// For sums that stand for several: whatever any of them asks for.
  Summation joinedWith(const Summation &other) const {
    return {std::max(scheme, other.scheme), isWide || other.isWide};
  }
};

inline llvm::hash_code hash_value(const Summation &summation) {
  return llvm::hash_combine(summation.scheme, summation.isWide);
}

/// `block`, `direct` or `kahan`, as attributes are printed.
llvm::StringRef stringify(SumScheme scheme);

mlir::AsmPrinter &operator<<(mlir::AsmPrinter &printer,
                             const Summation &summation);

} // namespace keops

template <> struct mlir::FieldParser<keops::Summation> {
  static FailureOr<keops::Summation> parse(AsmParser &parser);
};

#endif // KEOPS_DIALECTS_KEOPS_SUMMATION_H
