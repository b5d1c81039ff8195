//===- Shrink.h - a small formula that is as wrong --------------*- C++ -*-===//

#ifndef KEOPS_TEST_RANDOM_SHRINK_H
#define KEOPS_TEST_RANDOM_SHRINK_H

#include "test/Random/Formula.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace keops::random {

/// Replaces parts of a formula by their own parts or by variables, and makes
/// sizes smaller, as long as `isWrong` says that it still is. Tries at most
/// `attempts` times.
Case shrink(Case wrong, llvm::function_ref<bool(Case &)> isWrong, int attempts);

} // namespace keops::random

#endif // KEOPS_TEST_RANDOM_SHRINK_H
