//===- Sums.h - running sums in the state of a reduction --------*- C++ -*-===//
//
// How terms become sums, by what a Summation asks for. Where rounding errors
// are compensated, a sum is two numbers, s and c: whatever rounding takes away
// from s is added to c, and the sum is s + c. An addition says exactly what it
// takes away (Knuth's two-sum), for which the order of its operations counts:
// they do without `contract`.
//
// A list of sums holds all s, then all c, as reductions by component need it.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_DIALECTS_KEOPS_REDUCTIONS_SUMS_H
#define KEOPS_DIALECTS_KEOPS_REDUCTIONS_SUMS_H

#include "dialects/Keops/Keops.h"

namespace keops {

class Sums {
public:
  Sums(Machine &machine, Summation summation)
      : machine(machine), summation(summation) {}

  /// The precision of the sums.
  mlir::FloatType type() const {
    return summation.isWide ? machine.builder.getF64Type() : machine.real();
  }
  /// How many numbers so many sums take.
  int64_t size(int64_t count) const { return isPaired() ? 2 * count : count; }

  llvm::SmallVector<mlir::Type> types(int64_t count) const {
    return llvm::SmallVector<mlir::Type>(size(count), type());
  }
  Lanes zeros(int64_t count) const {
    return Lanes(size(count), machine.constant(0, type()));
  }
  /// Sums of one term each.
  Lanes of(llvm::ArrayRef<Lane> terms) const;
  /// Each sum and one more term of it.
  Lanes add(llvm::ArrayRef<Lane> sums, llvm::ArrayRef<Lane> terms) const;
  /// Each sum and its terms of all columns.
  Lanes addColumns(llvm::ArrayRef<Lane> sums, llvm::ArrayRef<Lane> terms) const;
  /// Sums of more terms; those of a block may be narrower.
  Lanes merge(llvm::ArrayRef<Lane> a, llvm::ArrayRef<Lane> b) const;
  Lanes scale(llvm::ArrayRef<Lane> sums, const Lane &factor) const;
  /// The sums themselves.
  Lanes read(llvm::ArrayRef<Lane> sums) const;
  /// Sums, or what became of them, in the precision of the data.
  Lanes results(Lanes lanes) const;

private:
  bool isPaired() const { return summation.scheme == SumScheme::Kahan; }

  Machine &machine;
  Summation summation;
};

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_REDUCTIONS_SUMS_H
