//===- RelativeSums.h - sums of exponentials, one by one --------*- C++ -*-===//
//
// The reference m of #keops.relativesums is the same for all components of a
// long weight, and so is exp(f - m). Back ends, which take in one component at
// a time, therefore have a function for what they share and one for the rest.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_DIALECTS_KEOPS_REDUCTIONS_RELATIVESUMS_H
#define KEOPS_DIALECTS_KEOPS_REDUCTIONS_RELATIVESUMS_H

#include "dialects/Keops/Reductions/Sums.h"

namespace keops {

/// States are those of one component: m, and its sum.
class RelativeSums {
public:
  RelativeSums(Machine &machine, RelativeSumsAttr reduction)
      : machine(machine), sums(machine, reduction.getSummation()) {}

  /// exp(f - m) of some columns. Where f is far above m, a better reference is
  /// found first, and `raise` is to make all sums so far relative to that.
  using Raise =
      llvm::function_ref<void(const Lane &reference, const Lane &factor)>;
  Lane exponential(const Lane &f, const Lane &m, Raise raise) const;
  /// The same sums relative to another reference; factor = exp(m - reference).
  Lanes raised(const Lanes &state, const Lane &reference,
               const Lane &factor) const;
  /// What takes sums from one reference to another.
  Lane factor(const Lane &from, const Lane &to) const;

  /// One more term of each column.
  Lanes add(const Lanes &state, const Lane &terms) const;
  /// Two with the same reference.
  Lanes merge(const Lanes &a, const Lanes &b) const;
  /// No terms.
  Lanes none(const Lane &m) const;

private:
  Machine &machine;
  Sums sums;
};

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_REDUCTIONS_RELATIVESUMS_H
