//===- LogSumExp.cpp - #keops.logsumexp -----------------------------------===//
//
// State, for each component: a reference m and the sum s of exp(f - m), as
// Sums.h keeps it. The reference is kept finite (neutral: the lowest finite
// number, with s = 0), so no difference of infinities can arise: no columns and
// values that are all -inf give -inf, a value of +inf gives +inf, without any
// test.
//
// Within a block the reference is lazy: it moves when a sum shows that it is
// far too low, which costs one test per block and nothing for each column.
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
  SmallVector<Type> types(dims[0], machine.real());
  llvm::append_range(types, Sums(machine, getSummation()).types(dims[0]));
  return types;
}

Lanes LogSumExpAttr::init(Machine &machine, ArrayRef<int64_t> dims) const {
  Lanes state(dims[0], machine.constant(-largest(machine)));
  llvm::append_range(state, Sums(machine, getSummation()).zeros(dims[0]));
  return state;
}

Lanes LogSumExpAttr::lift(Machine &machine, ArrayRef<Lanes> x,
                          const Lane &) const {
  Lanes state, terms;
  for (const Lane &f : x[0])
    state.push_back(clampToFinite(f));
  for (auto [f, reference] : llvm::zip(x[0], state))
    terms.push_back(expOfDifference(f - reference));
  llvm::append_range(state, Sums(machine, getSummation()).of(terms));
  return state;
}

/// The state of component c alone: a reference and a sum.
static Lanes componentOf(const Lanes &state, size_t c, size_t dim) {
  Lanes component;
  for (; c < state.size(); c += dim)
    component.push_back(state[c]);
  return component;
}

/// The state of all components.
static Lanes stateOf(ArrayRef<Lanes> components) {
  Lanes state;
  for (size_t part = 0; part < components.front().size(); ++part)
    for (const Lanes &component : components)
      state.push_back(component[part]);
  return state;
}

Lanes LogSumExpAttr::combine(Machine &machine, const Lanes &a,
                             const Lanes &b) const {
  Sums sums(machine, getSummation());
  size_t dim = a.size() / (1 + sums.size(1));
  SmallVector<Lanes> components;
  for (size_t c = 0; c < dim; ++c) {
    Lanes p = componentOf(a, c, dim), q = componentOf(b, c, dim);
    Lane reference = max(p[0], q[0]);
    Lanes &component = components.emplace_back(Lanes{reference});
    auto rescaled = [&](const Lanes &x) {
      return sums.scale(ArrayRef(x).drop_front(),
                        rescaling(x[0], reference, sums));
    };
    Lanes ofA = rescaled(p), ofB = rescaled(q);
    llvm::append_range(component, sums.merge(ofA, ofB));
  }
  return stateOf(components);
}

/// e^(f - m) as a power of two. The rounding of m log2(e) matters no more than
/// that of f. Where a product is beyond all numbers, the difference is infinite
/// or NaN, which isTooLarge finds, but never by mistake -inf: hence the limit,
/// by bits, as positive floats keep their order as integers.
static Lane expRelativeTo(const Lane &m, const Lane &f) {
  constexpr double log2E = 1.4426950408889634074;
  Machine &machine = *m.machine;
  Lane most = machine.constant(largest(machine));
  Lane limited =
      machine.map({bitcast(m * log2E, machine.bitsType()),
                   bitcast(most, machine.bitsType())},
                  [&](ArrayRef<Value> x) -> Value {
                    return arith::MinSIOp::create(machine.builder, x[0], x[1]);
                  });
  return exp2(f * log2E - bitcast(limited, machine.real()));
}

/// Does any sum of exponentials show that the reference is far too low? It is
/// more than there are columns, then, or NaN.
static Lane isTooLarge(Machine &machine, const Lane &sum) {
  auto type = cast<FloatType>(sum.element());
  Lane small =
      machine.foldAll(sum <= machine.constant(0x1p40, type),
                      [](const Lane &a, const Lane &b) { return a & b; });
  return small ^ machine.integer(machine.builder.getI1Type(), 1);
}

/// One component of stepBlock: the state after the columns of f. They are added
/// as if the reference were good. If the sum shows that it is not, they are
/// added once more with a better one: the greatest of their values and of the
/// logarithm of the sum so far.
static Lanes addBlock(Machine &machine, const Sums &sums, const Lanes &state,
                      const Lane &f) {
  ArrayRef<Lane> old = ArrayRef(state).drop_front();
  Lanes next{state[0]};
  llvm::append_range(next, sums.addColumns(old, {expRelativeTo(state[0], f)}));
  return machine.ifAny(isTooLarge(machine, next[1]), next, [&] {
    Lane one = machine.constant(1, sums.type());
    Lane above = convert(log(max(old[0], one)), machine.real());
    Lane reference = raisedReference(machine, f, state[0] + above);
    Lanes raised{reference};
    Lanes rescaled = sums.scale(old, rescaling(state[0], reference, sums));
    llvm::append_range(
        raised, sums.addColumns(rescaled, {expOfDifference(f - reference)}));
    return raised;
  });
}

Lanes LogSumExpAttr::stepBlock(Machine &machine, const Lanes &state,
                               ArrayRef<Lanes> x, const Lane &j) const {
  Sums sums(machine, getSummation());
  size_t dim = x[0].size();
  int cols = columnsOf(x, j);
  SmallVector<Lanes> components;
  for (auto [c, value] : llvm::enumerate(x[0])) {
    // A value without columns counts once for each.
    Lane f = machine.spread(value, value.rows, cols);
    components.push_back(
        addBlock(machine, sums, componentOf(state, c, dim), f));
  }
  return stateOf(components);
}

Lanes LogSumExpAttr::finalize(Machine &machine, const Lanes &state,
                              ArrayRef<int64_t> dims) const {
  Sums sums(machine, getSummation());
  Lanes result;
  for (auto [reference, sum] :
       llvm::zip(ArrayRef(state).take_front(dims[0]),
                 sums.read(ArrayRef(state).drop_front(dims[0]))))
    result.push_back(convert(reference, sums.type()) + log(sum));
  return sums.results(result);
}

// d log sum exp f = sum exp(f - y) df.
bool LogSumExpAttr::derivesFromResult() const { return true; }

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
