//===- RelativeSums.cpp - #keops.relativesums -----------------------------===//
//
// State, for each component of the weight g: a reference m and the sum of
// exp(f - m) g, laid out and combined as that of LogSumExp. m is the same for
// all components, and lazy: it moves when f is far above it.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/RelativeSums.h"
#include "dialects/Keops/Reductions/Exponential.h"

using namespace mlir;

namespace keops {

//===----------------------------------------------------------------------===//
// The reduction
//===----------------------------------------------------------------------===//

LogicalResult
RelativeSumsAttr::inferTypes(Locus location, ArrayRef<VecType> operands,
                             Axes over, SmallVectorImpl<Type> &results) const {
  if (operands.size() != 2 || operands[1].getDim() != 1 ||
      !llvm::all_of(operands, [](VecType type) { return type.isReal(); }))
    return emitOptionalError(location,
                             "takes a weight and a formula of dimension 1");
  results.append(
      2, operands[0].withAxes(withoutAxes(operands[0].getAxes(), over)));
  return success();
}

/// What has the same states.
static LogSumExpAttr likeStates(RelativeSumsAttr reduction) {
  return LogSumExpAttr::get(reduction.getContext(), reduction.getSummation());
}

SmallVector<Type> RelativeSumsAttr::state(Machine &machine,
                                          ArrayRef<int64_t> dims) const {
  return likeStates(*this).state(machine, dims);
}

Lanes RelativeSumsAttr::init(Machine &machine, ArrayRef<int64_t> dims) const {
  return likeStates(*this).init(machine, dims);
}

Lanes RelativeSumsAttr::combine(Machine &machine, const Lanes &a,
                                const Lanes &b) const {
  return likeStates(*this).combine(machine, a, b);
}

Lanes RelativeSumsAttr::lift(Machine &machine, ArrayRef<Lanes> x,
                             const Lane &) const {
  Lane f = x[1][0], reference = clampToFinite(f);
  Lane exponential = expOfDifference(f - reference);
  Lanes state(x[0].size(), reference), terms;
  for (const Lane &weight : x[0])
    terms.push_back(exponential * weight);
  llvm::append_range(state, Sums(machine, getSummation()).of(terms));
  return state;
}

Lanes RelativeSumsAttr::finalize(Machine &machine, const Lanes &state,
                                 ArrayRef<int64_t> dims) const {
  Sums sums(machine, getSummation());
  Lanes result(ArrayRef(state).take_front(dims[0]));
  llvm::append_range(
      result, sums.results(sums.read(ArrayRef(state).drop_front(dims[0]))));
  return result;
}

SmallVector<double>
RelativeSumsAttr::evaluate(ArrayRef<SmallVector<double>> values,
                           ArrayRef<int64_t> dims) const {
  constexpr double most = std::numeric_limits<double>::max();
  double top = -most;
  for (const SmallVector<double> &value : values)
    top = std::fmax(top, std::fmin(value.back(), most));
  SmallVector<double> result(dims[0], top);
  result.append(dims[0], 0);
  for (const SmallVector<double> &value : values)
    for (int64_t c = 0; c < dims[0]; ++c)
      result[dims[0] + c] += std::exp(value.back() - top) * value[c];
  return result;
}

//===----------------------------------------------------------------------===//
// Step by step
//===----------------------------------------------------------------------===//

Lane RelativeSums::exponential(const Lane &f, const Lane &m,
                               Raise raise) const {
  Lanes keep{f - m};
  Lanes difference = machine.ifAny(isFarAbove(machine, keep[0]), keep, [&] {
    Lane reference = raisedReference(machine, f, m);
    raise(reference, factor(m, reference));
    return Lanes{f - reference};
  });
  return expOfDifference(difference[0]);
}

Lane RelativeSums::factor(const Lane &from, const Lane &to) const {
  return rescaling(from, to, sums);
}

static ArrayRef<Lane> sumIn(const Lanes &state) {
  return ArrayRef(state).drop_front();
}

static Lanes stateOf(const Lane &reference, const Lanes &sum) {
  Lanes state{reference};
  llvm::append_range(state, sum);
  return state;
}

Lanes RelativeSums::raised(const Lanes &state, const Lane &reference,
                           const Lane &factor) const {
  return stateOf(reference, sums.scale(sumIn(state), factor));
}

Lanes RelativeSums::add(const Lanes &state, const Lane &terms) const {
  return stateOf(state[0], sums.addColumns(sumIn(state), {terms}));
}

Lanes RelativeSums::merge(const Lanes &a, const Lanes &b) const {
  return stateOf(a[0], sums.merge(sumIn(a), sumIn(b)));
}

Lanes RelativeSums::none(const Lane &m) const {
  return stateOf(m, sums.zeros(1));
}

} // namespace keops
