//===- Truth.cpp - #keops.any, all, count ---------------------------------===//
//
// A value is true unless it is 0; so NaN is true. State: for each component,
// the answer so far as 0 or 1 in the working type, or the count as an integer.
// All results are in the working type, so that formulas can go on with them: a
// large count becomes the nearest such number. Of no values: 0, 1 and 0.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Extremum.h"

using namespace mlir;

namespace keops {

/// `yes` where x is true, else `no`.
static Lanes truths(const Lanes &x, const Lane &yes, const Lane &no) {
  return llvm::map_to_vector<8>(x, [&](const Lane &value) {
    return select(value == value.machine->constant(0), no, yes);
  });
}

template <typename F>
static Lanes pairwise(const Lanes &a, const Lanes &b, F f) {
  Lanes result;
  for (auto [p, q] : llvm::zip(a, b))
    result.push_back(f(p, q));
  return result;
}

static SmallVector<double> countTrue(ArrayRef<SmallVector<double>> values,
                                     int64_t dim) {
  SmallVector<double> counts(dim, 0);
  for (const SmallVector<double> &value : values)
    for (auto [count, x] : llvm::zip(counts, value))
      count += x != 0;
  return counts;
}

// What the three share. Steps have the derivative 0, as operations have.
#define TRUTH(Attr, TYPE, NEUTRAL, YES, COMBINE, RESULT)                       \
  LogicalResult Attr::inferTypes(Locus location, ArrayRef<VecType> operands,   \
                                 Axes over, SmallVectorImpl<Type> &results)    \
      const {                                                                  \
    return inferExtremum(getSpelling(), location, operands, over, 1,           \
                         Returned::Values, results);                           \
  }                                                                            \
  SmallVector<Type> Attr::state(Machine &machine, ArrayRef<int64_t> dims)      \
      const {                                                                  \
    return SmallVector<Type>(dims[0], machine.TYPE());                         \
  }                                                                            \
  Lanes Attr::init(Machine &machine, ArrayRef<int64_t> dims) const {           \
    return Lanes(dims[0], NEUTRAL);                                            \
  }                                                                            \
  Lanes Attr::lift(Machine &machine, ArrayRef<Lanes> x, const Lane &) const {  \
    return truths(x[0], YES(1), YES(0));                                       \
  }                                                                            \
  Lanes Attr::combine(Machine &, const Lanes &a, const Lanes &b) const {       \
    return pairwise(a, b, [](Lane p, Lane q) { return COMBINE; });             \
  }                                                                            \
  FailureOr<SmallVector<Value>> Attr::vjp(OpBuilder &, Operation *,            \
                                          ArrayRef<Value>) const {             \
    return SmallVector<Value>{Value()};                                        \
  }                                                                            \
  FailureOr<SmallVector<Value>> Attr::jvp(OpBuilder &, Operation *,            \
                                          ArrayRef<Value>) const {             \
    return SmallVector<Value>{Value()};                                        \
  }                                                                            \
  SmallVector<double> Attr::evaluate(ArrayRef<SmallVector<double>> values,     \
                                     ArrayRef<int64_t> dims) const {           \
    SmallVector<double> result = countTrue(values, dims[0]);                   \
    for (double &count : result)                                               \
      count = RESULT;                                                          \
    return result;                                                             \
  }

TRUTH(AnyAttr, real, machine.constant(0), machine.constant, max(p, q),
      count > 0)
TRUTH(AllAttr, real, machine.constant(1), machine.constant, min(p, q),
      count == double(values.size()))
TRUTH(CountAttr, index, machine.columnNumber(0), machine.columnNumber, p + q,
      count)
#undef TRUTH

bool CountAttr::hasCounts() const { return true; }

Lanes CountAttr::finalize(Machine &machine, const Lanes &state,
                          ArrayRef<int64_t>) const {
  Lanes result;
  for (const Lane &count : state)
    result.push_back(toReal(count, machine.real()));
  return result;
}

} // namespace keops
