//===- SoftMax.cpp - sums of weighted exponentials ------------------------===//
//
// #keops.logsumexpweight, softmax, maxsumshiftexp, maxsumshiftexpweight.
//
// State: a reference m and, with respect to it, sums of exp(f - m), of
// g exp(f - m) for each component of the weight g, or of both. As in LogSumExp
// the reference is finite, and lazy within a block unless it is a result.
//
// No columns, or only -inf: the sums are 0, so the logarithm is -inf, the mean
// of softmax is 0 / 0, which is NaN, and a returned m is -inf.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Exponential.h"
#include "dialects/Keops/Reductions/Found.h"
#include "dialects/Keops/Reductions/Linear.h"

using namespace mlir;

namespace keops {

// The operands' dimensions: 1 for f, then that of g if there is a weight.
static LogicalResult inferWeighted(Locus location, ArrayRef<VecType> operands,
                                   unsigned count, int64_t more, Axes over,
                                   SmallVectorImpl<Type> &results) {
  if (operands.size() != count ||
      !llvm::all_of(operands, [](VecType type) { return type.isReal(); }))
    return emitOptionalError(location, count == 1
                                           ? "takes one formula"
                                           : "takes a formula and a weight");
  VecType first = operands.front(), last = operands.back();
  if (first.getDim() != 1)
    return emitOptionalError(location, "takes a formula of dimension 1",
                             count == 1 ? "" : " beside the weight", ", got ",
                             first.getDim());
  if (last.getDim() > kMaxDim - more)
    return emitOptionalError(location, "has more than ", kMaxDim, " results");
  results.push_back(last.withDim(last.getDim() + more)
                        .withAxes(withoutAxes(first.getAxes(), over)));
  return success();
}

/// How many sums there are: `ones` if exp(f - m) itself is summed.
static int64_t sumCount(ArrayRef<int64_t> dims, bool ones) {
  return (ones ? 1 : 0) + (dims.size() > 1 ? dims[1] : 0);
}

static Lanes initial(Machine &machine, int64_t sums) {
  Lanes state{machine.constant(-largest(machine))};
  state.append(sums, machine.constant(0));
  return state;
}

/// `exponential` times what each sum counts it with.
static Lanes terms(const Lane &exponential, ArrayRef<Lanes> x, bool ones) {
  Lanes result;
  if (ones)
    result.push_back(exponential);
  if (x.size() > 1)
    for (const Lane &weight : x[1])
      result.push_back(exponential * weight);
  return result;
}

static Lanes lifted(ArrayRef<Lanes> x, bool ones) {
  Lane f = x[0][0], reference = clampToFinite(f);
  Lanes state{reference};
  llvm::append_range(state, terms(expOfDifference(f - reference), x, ones));
  return state;
}

static Lanes combined(const Lanes &a, const Lanes &b) {
  Lane reference = max(a[0], b[0]);
  Lane ofA = expOfDifference(a[0] - reference);
  Lane ofB = expOfDifference(b[0] - reference);
  Lanes state{reference};
  for (size_t k = 1; k < a.size(); ++k)
    state.push_back(a[k] * ofA + b[k] * ofB);
  return state;
}

static Lanes addBlock(Machine &machine, const Lanes &state, ArrayRef<Lanes> x,
                      const Lane &j, bool ones, bool lazy) {
  // A value without columns counts once for each.
  Lane f = machine.spread(x[0][0], x[0][0].rows, columnsOf(x, j));
  auto raised = [&] {
    Lane reference = raisedReference(machine, f, state[0]);
    Lane scale = expOfDifference(state[0] - reference);
    Lanes next{reference};
    for (const Lane &sum : ArrayRef<Lane>(state).drop_front())
      next.push_back(sum * scale);
    next.push_back(f - reference);
    return next;
  };
  Lanes next;
  if (lazy) {
    Lanes keep(state);
    keep.push_back(f - state[0]);
    next = machine.ifAny(isFarAbove(machine, keep.back()), keep, raised);
  } else {
    next = raised();
  }
  Lane exponential = expOfDifference(next.pop_back_val());
  for (auto [k, term] : llvm::enumerate(terms(exponential, x, ones)))
    next[k + 1] = next[k + 1] + machine.foldColumns(
                                    term, [](Lane a, Lane b) { return a + b; });
  return next;
}

/// The reference as the greatest value, which may be infinite, and the sums.
static Lanes raw(Machine &machine, const Lanes &state) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Lane top = machine.constant(largest(machine)), m = state[0];
  Lanes result(state);
  result[0] = select(top <= m, machine.constant(infinity),
                     select(m <= -top, machine.constant(-infinity), m));
  return result;
}

/// The state in double precision.
static SmallVector<double> reference(ArrayRef<SmallVector<double>> values,
                                     ArrayRef<int64_t> dims, bool ones) {
  constexpr double top = std::numeric_limits<double>::max();
  SmallVector<double> state{-top};
  state.append(sumCount(dims, ones), 0);
  for (const SmallVector<double> &value : values)
    if (value[0] > state[0])
      state[0] = std::min(value[0], top);
  for (ArrayRef<double> value : values) {
    double exponential = std::exp(value[0] - state[0]);
    size_t k = 1;
    if (ones)
      state[k++] += exponential;
    for (double weight : value.drop_front())
      state[k++] += exponential * weight;
  }
  return state;
}

static SmallVector<double> rawReference(ArrayRef<SmallVector<double>> values,
                                        ArrayRef<int64_t> dims, bool ones) {
  SmallVector<double> state = reference(values, dims, ones);
  if (std::fabs(state[0]) == std::numeric_limits<double>::max())
    state[0] *= 2; // infinite
  return state;
}

// What the attributes share: the number of operands, whether exp(f - m) itself
// is summed, how many results there are beyond those of the last operand.
#define WEIGHTED(Attr, COUNT, ONES, MORE, LAZY)                                \
  LogicalResult Attr::inferTypes(Locus location, ArrayRef<VecType> operands,   \
                                 Axes over, SmallVectorImpl<Type> &results)    \
      const {                                                                  \
    return inferWeighted(location, operands, COUNT, MORE, over, results);      \
  }                                                                            \
  SmallVector<Type> Attr::state(Machine &machine, ArrayRef<int64_t> dims)      \
      const {                                                                  \
    return SmallVector<Type>(1 + sumCount(dims, ONES), machine.real());        \
  }                                                                            \
  Lanes Attr::init(Machine &machine, ArrayRef<int64_t> dims) const {           \
    return initial(machine, sumCount(dims, ONES));                             \
  }                                                                            \
  Lanes Attr::lift(Machine &, ArrayRef<Lanes> x, const Lane &) const {         \
    return lifted(x, ONES);                                                    \
  }                                                                            \
  Lanes Attr::combine(Machine &, const Lanes &a, const Lanes &b) const {       \
    return combined(a, b);                                                     \
  }                                                                            \
  Lanes Attr::stepBlock(Machine &machine, const Lanes &state,                  \
                        ArrayRef<Lanes> x, const Lane &j) const {              \
    return addBlock(machine, state, x, j, ONES, LAZY);                         \
  }                                                                            \
  bool Attr::sumsInBlocks() const { return true; }

WEIGHTED(LogSumExpWeightAttr, 2, false, 0, true)
WEIGHTED(SoftMaxAttr, 2, true, 0, true)
WEIGHTED(MaxSumShiftExpAttr, 1, true, 1, false)
WEIGHTED(MaxSumShiftExpWeightAttr, 2, false, 1, false)
#undef WEIGHTED

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

Lanes LogSumExpWeightAttr::finalize(Machine &, const Lanes &state,
                                    ArrayRef<int64_t>) const {
  Lanes result;
  for (const Lane &sum : ArrayRef<Lane>(state).drop_front())
    result.push_back(state[0] + log(sum));
  return result;
}

Lanes SoftMaxAttr::finalize(Machine &, const Lanes &state,
                            ArrayRef<int64_t>) const {
  Lanes result;
  for (const Lane &sum : ArrayRef<Lane>(state).drop_front(2))
    result.push_back(sum / state[1]);
  return result;
}

Lanes MaxSumShiftExpAttr::finalize(Machine &machine, const Lanes &state,
                                   ArrayRef<int64_t>) const {
  return raw(machine, state);
}

Lanes MaxSumShiftExpWeightAttr::finalize(Machine &machine, const Lanes &state,
                                         ArrayRef<int64_t>) const {
  return raw(machine, state);
}

SmallVector<double>
LogSumExpWeightAttr::evaluate(ArrayRef<SmallVector<double>> values,
                              ArrayRef<int64_t> dims) const {
  SmallVector<double> state = reference(values, dims, false), result;
  for (double sum : ArrayRef<double>(state).drop_front())
    result.push_back(state[0] + std::log(sum));
  return result;
}

SmallVector<double> SoftMaxAttr::evaluate(ArrayRef<SmallVector<double>> values,
                                          ArrayRef<int64_t> dims) const {
  SmallVector<double> state = reference(values, dims, true), result;
  for (double sum : ArrayRef<double>(state).drop_front(2))
    result.push_back(sum / state[1]);
  return result;
}

SmallVector<double>
MaxSumShiftExpAttr::evaluate(ArrayRef<SmallVector<double>> values,
                             ArrayRef<int64_t> dims) const {
  return rawReference(values, dims, true);
}

SmallVector<double>
MaxSumShiftExpWeightAttr::evaluate(ArrayRef<SmallVector<double>> values,
                                   ArrayRef<int64_t> dims) const {
  return rawReference(values, dims, false);
}

//===----------------------------------------------------------------------===//
// Derivatives
//===----------------------------------------------------------------------===//

// d log sum g exp f = sum exp(f - y) (g df + dg).
FailureOr<SmallVector<Value>>
LogSumExpWeightAttr::vjp(OpBuilder &builder, Operation *reduce,
                         ArrayRef<Value> cotangents) const {
  auto expr = [&](Value value) {
    return Expr(builder, reduce->getLoc(), value);
  };
  Expr f = expr(reduce->getOperand(0)), g = expr(reduce->getOperand(1));
  Expr share = expr(cotangents[0]) * weightOf(f, expr(reduce->getResult(0)));
  return SmallVector<Value>{(share * g).value(), share.value()};
}

// With n = log sum exp f: dy = sum exp(f - n) ((g - y) df + dg).
FailureOr<SmallVector<Value>>
SoftMaxAttr::vjp(OpBuilder &builder, Operation *reduce,
                 ArrayRef<Value> cotangents) const {
  auto expr = [&](Value value) {
    return Expr(builder, reduce->getLoc(), value);
  };
  Expr f = expr(reduce->getOperand(0)), g = expr(reduce->getOperand(1));
  Expr y = expr(reduce->getResult(0));
  auto logSumExp = cast<ReductionAttrInterface>(
      Attribute(LogSumExpAttr::get(builder.getContext())));
  Type normType = y.type().withDim(1);
  Expr norm = expr(ReduceOp::create(builder, reduce->getLoc(), normType,
                                    logSumExp, ValueRange{f.value()})
                       .getResult(0));
  Expr share = expr(cotangents[0]) * weightOf(f, norm);
  return SmallVector<Value>{(share * (g - y)).value(), share.value()};
}

FailureOr<SmallVector<Value>>
LogSumExpWeightAttr::jvp(OpBuilder &builder, Operation *reduce,
                         ArrayRef<Value> tangents) const {
  return sumShares(*this, builder, reduce, tangents);
}

FailureOr<SmallVector<Value>> SoftMaxAttr::jvp(OpBuilder &builder,
                                               Operation *reduce,
                                               ArrayRef<Value> tangents) const {
  return sumShares(*this, builder, reduce, tangents);
}

//===----------------------------------------------------------------------===//
// Derivatives of m and of the sums s relative to it
//===----------------------------------------------------------------------===//

// With dm = df where f is greatest: ds = sum exp(f - m) (g df + dg) - s dm.
// m is not held constant: what is returned is s, not a part of a logarithm.
namespace {
struct Shifted {
  Shifted(OpBuilder &builder, Operation *reduce)
      : f(builder, reduce->getLoc(), reduce->getOperand(0)),
        y(f.with(reduce->getResult(0))), sums(extract(y, 1, y.dim() - 1)),
        weight(weightOf(f, extract(y, 0, 1))),
        top(builder, reduce, ArgMaxAttr::get(builder.getContext())) {
    if (reduce->getNumOperands() > 1)
      g = f.with(reduce->getOperand(1));
  }

  /// `x` with the type `type`, summed over what that does not have.
  static Expr as(Expr x, VecType type, bool closeAxes) {
    return x.with(conform(*x.builder, x.location, x.value(), type, closeAxes));
  }
  SmallVector<Value> vjp(Value cotangent) const;
  Value jvp(Value df, Value dg) const;

  Expr f, y, sums, weight;
  std::optional<Expr> g;
  FoundRows top;
};
} // namespace

SmallVector<Value> Shifted::vjp(Value cotangent) const {
  Expr c = f.with(cotangent), ofSums = extract(c, 1, y.dim() - 1);
  Expr pull = as(ofSums * sums, y.type().withDim(1), false);
  Expr share = ofSums * weight;
  Expr ofF = as(g ? share * *g : share, f.type(), false) +
             top.spread(extract(c, 0, 1) - pull);
  SmallVector<Value> result{ofF.value()};
  if (g)
    result.push_back(share.value());
  return result;
}

Value Shifted::jvp(Value df, Value dg) const {
  std::optional<Expr> terms, ofTop;
  if (df) {
    ofTop = top.gather(f.with(df));
    terms = g ? *g * f.with(df) : f.with(df);
  }
  if (dg)
    terms = terms ? *terms + f.with(dg) : f.with(dg);
  if (!terms)
    return {};
  VecType type = sums.type();
  Expr change =
      as(as(weight * *terms, type.withAxes(f.type().getAxes()), false), type,
         true);
  if (!ofTop)
    ofTop = f.with(makeZero(*f.builder, f.location, y.type().withDim(1)));
  else
    change = change - sums * *ofTop;
  return ConcatOp::create(*f.builder, f.location, ofTop->value(),
                          change.value());
}

FailureOr<SmallVector<Value>>
MaxSumShiftExpAttr::vjp(OpBuilder &builder, Operation *reduce,
                        ArrayRef<Value> cotangents) const {
  return Shifted(builder, reduce).vjp(cotangents[0]);
}
FailureOr<SmallVector<Value>>
MaxSumShiftExpAttr::jvp(OpBuilder &builder, Operation *reduce,
                        ArrayRef<Value> tangents) const {
  return SmallVector<Value>{Shifted(builder, reduce).jvp(tangents[0], {})};
}
FailureOr<SmallVector<Value>>
MaxSumShiftExpWeightAttr::vjp(OpBuilder &builder, Operation *reduce,
                              ArrayRef<Value> cotangents) const {
  return Shifted(builder, reduce).vjp(cotangents[0]);
}
FailureOr<SmallVector<Value>>
MaxSumShiftExpWeightAttr::jvp(OpBuilder &builder, Operation *reduce,
                              ArrayRef<Value> tangents) const {
  return SmallVector<Value>{
      Shifted(builder, reduce).jvp(tangents[0], tangents[1])};
}

} // namespace keops
