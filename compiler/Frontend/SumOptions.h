//===- SumOptions.h - how to add up, in the user's words --------*- C++ -*-===//
//
//   Sum(f, axis=1, sum_scheme=kahan_scheme, dtype_acc=float64)
//
// The names are those of KeOps.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_SUMOPTIONS_H
#define KEOPS_COMPILER_FRONTEND_SUMOPTIONS_H

#include "dialects/Keops/Keops.h"

namespace keops {

/// What the user says of it, and where.
class SumOptions {
public:
  /// Is `keyword` one of sum_scheme, dtype_acc and use_double_acc?
  static bool isOption(llvm::StringRef keyword);
  /// Or is it spelled nearly so? No other argument is.
  static bool resemblesOption(llvm::StringRef keyword);

  struct Word {
    llvm::StringRef text;
    mlir::Location location;
  };
  /// keyword=value, for data of type `scalar`.
  llvm::LogicalResult set(const Word &keyword, const Word &value,
                          mlir::FloatType scalar);

  /// Puts what is said into `summation`.
  void applyTo(Summation &summation) const;
  /// The first option that asks for something, if there is any.
  std::optional<Word> first;

private:
  llvm::LogicalResult setScheme(const Word &value);
  llvm::LogicalResult setPrecision(const Word &value, mlir::FloatType scalar);
  llvm::LogicalResult setDouble(const Word &value, mlir::FloatType scalar);

  std::optional<SumScheme> scheme;
  std::optional<bool> isWide;
};

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_SUMOPTIONS_H
