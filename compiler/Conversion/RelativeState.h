//===- RelativeState.h - long sums of exponentials in memory ----*- C++ -*-===//
//
//   for columns, some at a time:
//     f; if it is far above the reference: raise that, for all components
//     e = exp(f - reference)
//     for components: load sum, add e * g, store sum
//
// The state of #keops.relativesums, of a weight g that is too long for
// registers. All components have one reference, that of component 0.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_RELATIVESTATE_H
#define KEOPS_COMPILER_CONVERSION_RELATIVESTATE_H

#include "dialects/Keops/Reductions/RelativeSums.h"

namespace keops {

class RelativeState {
public:
  /// Loads and stores the state of a component: the reference, then its sum.
  /// `store` leaves out so many of these.
  using Load = std::function<Lanes(mlir::Value component)>;
  using Store = std::function<void(const Lanes &state, mlir::Value component,
                                   size_t leftOut)>;
  /// `rows` vectors of rows are in flight.
  RelativeState(Machine &machine, ReductionAttrInterface reduction, int64_t dim,
                int rows, Load load, Store store)
      : sums(machine, llvm::cast<RelativeSumsAttr>(reduction)),
        machine(machine), dim(dim), rows(rows), load(std::move(load)),
        store(std::move(store)) {}

  static bool isOf(ReductionAttrInterface reduction) {
    return llvm::isa<RelativeSumsAttr>(reduction);
  }

  Lane reference() const;
  /// exp(f - reference) of the columns of f. `alsoRaise` is told by which
  /// factor everything gets smaller that is relative to the reference, too.
  Lane exponential(
      const Lane &f,
      llvm::function_ref<void(const Lane &factor)> alsoRaise = {}) const;
  /// One term of each column.
  void add(const Lane &terms, mlir::Value component) const;
  /// No terms, and the reference of `other`.
  void startFrom(const RelativeState &other) const;
  /// Takes in the sums of a block that has started from these.
  void take(const RelativeState &block) const;

  const RelativeSums sums;
  /// A state without its reference starts here.
  static constexpr size_t kSum = 1;

private:
  void raise(const Lane &to, const Lane &factor) const;
  void
  forComponents(llvm::function_ref<void(mlir::Value component)> body) const;

  Machine &machine;
  int64_t dim;
  int rows;
  Load load;
  Store store;
};

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_RELATIVESTATE_H
