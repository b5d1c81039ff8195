//===- LogSumExp.cpp - #keops.logsumexp -----------------------------------===//
//
// State, for each component: a reference m and the sum s of exp(f - m). The
// reference is kept finite (neutral: the lowest finite number, with s = 0), so
// no difference of infinities can arise: no columns and values that are all
// -inf give -inf, a value of +inf gives +inf, without any test.
//
// Within a block the reference is lazy: it follows the maximum only when some
// value exceeds it by more than 16, which costs one test per block and keeps
// every term below e^16.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Exponential.h"
#include "dialects/Keops/Reductions/Linear.h"

using namespace mlir;

namespace keops {

LogicalResult LogSumExpAttr::inferTypes(Locus location,
                                        ArrayRef<VecType> operands, Axes over,
                                        SmallVectorImpl<Type> &results) const {
  if (operands.size() != 1 || !operands[0].isReal())
    return emitOptionalError(location, "LogSumExp takes one formula");
  results.push_back(
      operands[0].withAxes(withoutAxes(operands[0].getAxes(), over)));
  return success();
}

// The references of all components, then the sums.
SmallVector<Type> LogSumExpAttr::state(Machine &machine,
                                       ArrayRef<int64_t> dims) const {
  return SmallVector<Type>(2 * dims[0], machine.real());
}

Lanes LogSumExpAttr::init(Machine &machine, ArrayRef<int64_t> dims) const {
  Lanes state(dims[0], machine.constant(-largest(machine)));
  state.append(dims[0], machine.constant(0));
  return state;
}

Lanes LogSumExpAttr::lift(Machine &, ArrayRef<Lanes> x, const Lane &) const {
  Lanes state;
  for (const Lane &f : x[0])
    state.push_back(clampToFinite(f));
  for (size_t c = 0, dim = x[0].size(); c < dim; ++c)
    state.push_back(expOfDifference(x[0][c] - state[c]));
  return state;
}

Lanes LogSumExpAttr::combine(Machine &, const Lanes &a, const Lanes &b) const {
  size_t dim = a.size() / 2;
  Lanes state;
  for (size_t c = 0; c < dim; ++c)
    state.push_back(max(a[c], b[c]));
  for (size_t c = 0; c < dim; ++c)
    state.push_back(a[dim + c] * expOfDifference(a[c] - state[c]) +
                    b[dim + c] * expOfDifference(b[c] - state[c]));
  return state;
}

/// One component of stepBlock: the new (m, s) for the columns of f.
static std::pair<Lane, Lane> addBlock(Machine &machine, Lane m, Lane s,
                                      const Lane &f) {
  Lane t = f - m;
  Lanes kept = machine.ifAny(isFarAbove(machine, t), {m, s, t}, [&] {
    Lane reference = raisedReference(machine, f, m);
    return Lanes{reference, s * expOfDifference(m - reference), f - reference};
  });
  Lane terms = expOfDifference(kept[2]);
  Lane sum = machine.foldColumns(terms, [](Lane a, Lane b) { return a + b; });
  return {kept[0], kept[1] + sum};
}

Lanes LogSumExpAttr::stepBlock(Machine &machine, const Lanes &state,
                               ArrayRef<Lanes> x, const Lane &j) const {
  size_t dim = state.size() / 2;
  int cols = columnsOf(x, j);
  Lanes next(state);
  for (size_t c = 0; c < dim; ++c) {
    // A value without columns counts once for each.
    Lane f = machine.spread(x[0][c], x[0][c].rows, cols);
    std::tie(next[c], next[dim + c]) =
        addBlock(machine, state[c], state[dim + c], f);
  }
  return next;
}

Lanes LogSumExpAttr::finalize(Machine &, const Lanes &state,
                              ArrayRef<int64_t>) const {
  size_t dim = state.size() / 2;
  Lanes result;
  for (size_t c = 0; c < dim; ++c)
    result.push_back(state[c] + log(state[dim + c]));
  return result;
}

bool LogSumExpAttr::sumsInBlocks() const { return true; }

// d log sum exp f = sum exp(f - y) df.
FailureOr<SmallVector<Value>>
LogSumExpAttr::vjp(OpBuilder &builder, Operation *reduce,
                   ArrayRef<Value> cotangents) const {
  Location location = reduce->getLoc();
  Expr f(builder, location, reduce->getOperand(0));
  Expr y(builder, location, reduce->getResult(0));
  Expr g(builder, location, cotangents[0]);
  return SmallVector<Value>{(g * weightOf(f, y)).value()};
}

FailureOr<SmallVector<Value>>
LogSumExpAttr::jvp(OpBuilder &builder, Operation *reduce,
                   ArrayRef<Value> tangents) const {
  return sumShares(*this, builder, reduce, tangents);
}

SmallVector<double>
LogSumExpAttr::evaluate(ArrayRef<SmallVector<double>> values,
                        ArrayRef<int64_t> dims) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  SmallVector<double> result;
  for (int64_t c = 0; c < dims[0]; ++c) {
    double top = -infinity, sum = 0;
    for (const SmallVector<double> &value : values)
      if (!(value[c] <= top)) // NaN stays
        top = std::isnan(top) ? top : value[c];
    if (!std::isfinite(top)) { // nothing, only -inf, or +inf or NaN is there
      result.push_back(top);
      continue;
    }
    for (const SmallVector<double> &value : values)
      sum += std::exp(value[c] - top);
    result.push_back(top + std::log(sum));
  }
  return result;
}

} // namespace keops
