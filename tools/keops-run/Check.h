//===- Check.h - results against a plain loop -------------------*- C++ -*-===//
//
// Some rows of a result are computed once more, in double precision by the
// interpreter of formulas. Numbers are compared with a tolerance; a row number
// is right if the value found there is as good as that at the row number of
// the reference, for two rows may be equally near.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TOOLS_KEOPS_RUN_CHECK_H
#define KEOPS_TOOLS_KEOPS_RUN_CHECK_H

#include "tools/keops-run/Data.h"

namespace keops::run {

struct CheckResult {
  double error = 0; // the largest relative one
  int64_t row = 0;  // where it is
  int64_t rows = 0; // how many were compared
  double tolerance = 0;
  bool passed() const { return error <= tolerance; }
};

/// Compares `count` rows of each output of a problem that has been run; which
/// ones, the seed decides. Fails if the formula cannot be interpreted.
llvm::FailureOr<CheckResult> check(FormulaOp formula,
                                   const KernelSignature &kernel,
                                   const Problem &problem, int64_t count,
                                   uint64_t seed);

} // namespace keops::run

#endif // KEOPS_TOOLS_KEOPS_RUN_CHECK_H
