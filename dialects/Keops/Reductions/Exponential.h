//===- Exponential.h - shared by LogSumExp and its weighted kin -*- C++ -*-===//

#ifndef KEOPS_DIALECTS_KEOPS_REDUCTIONS_EXPONENTIAL_H
#define KEOPS_DIALECTS_KEOPS_REDUCTIONS_EXPONENTIAL_H

#include "dialects/Keops/Reductions/Sums.h"
#include <limits>

namespace keops {

/// The greatest finite number.
inline double largest(Machine &machine) {
  return machine.isDouble() ? std::numeric_limits<double>::max()
                            : std::numeric_limits<float>::max();
}

/// e^x by way of 2^x. The rounding of the product matters little here: a term
/// far below the reference counts for little.
inline Lane expOfDifference(const Lane &x) {
  constexpr double log2E = 1.4426950408889634074;
  return exp2(x * log2E);
}

/// What turns sums relative to a reference `from` into those relative to `to`,
/// as precise as the sums are.
inline Lane rescaling(const Lane &from, const Lane &to, const Sums &sums) {
  return expOfDifference(convert(from, sums.type()) - convert(to, sums.type()));
}

inline Lane clampToFinite(const Lane &x) {
  Machine &machine = *x.machine;
  return lesser(greater(x, machine.constant(-largest(machine))),
                machine.constant(largest(machine)));
}

/// Is any t > 16, or NaN? By their bits: as integers, positive floats keep
/// their order and negative ones are below zero, so an integer maximum over the
/// block, which runs on any pipe, replaces float comparisons.
inline Lane isFarAbove(Machine &machine, const Lane &t) {
  mlir::IntegerType bits = machine.bitsType();
  int64_t sixteen =
      machine.isDouble() ? 0x4030000000000000 : int64_t{0x41800000};
  Lane highest = machine.foldAll(bitcast(t, bits), [&](Lane a, Lane b) {
    return machine.map(
        {a, b}, [&](llvm::ArrayRef<mlir::Value> x) -> mlir::Value {
          return mlir::arith::MaxSIOp::create(machine.builder, x[0], x[1]);
        });
  });
  return machine.integer(bits, sixteen) < highest;
}

/// The greatest of the columns of f and of m, kept finite. NaN is passed over.
inline Lane raisedReference(Machine &machine, const Lane &f, const Lane &m) {
  Lane top = m;
  for (int u = 0; u < f.cols; ++u)
    top = greater(machine.column(f, u), top); // `top` if the column is NaN
  return clampToFinite(top);
}

/// exp(f - y) in a derivative, where y is the logarithm of a sum. If that sum
/// has no terms, y is -inf: so are all f, and their weights are 0, not the NaN
/// of a difference of infinities. The lower bound leaves room for a factor
/// log2(e).
inline Expr weightOf(Expr f, Expr y) {
  double top = y.type().getScalar().isF64() ? std::numeric_limits<double>::max()
                                            : std::numeric_limits<float>::max();
  return exp(f - clamp(y, y.number(-top / 2), y.number(top)));
}

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_REDUCTIONS_EXPONENTIAL_H
