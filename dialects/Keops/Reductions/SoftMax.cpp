//===- SoftMax.cpp - sums of weighted exponentials ------------------------===//
//
// #keops.logsumexpweight, softmax, maxsumshiftexp, maxsumshiftexpweight.
//
// State: a reference m and, with respect to it, sums of exp(f - m), of
// g exp(f - m) for each component of the weight g, or of both, as Sums.h keeps
// them. As in LogSumExp the reference is finite, and lazy within a block unless
// it is a result.
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

static Lanes initial(Machine &machine, const Sums &sums, int64_t count) {
  Lanes state{machine.constant(-largest(machine))};
  llvm::append_range(state, sums.zeros(count));
  return state;
}

static ArrayRef<Lane> sumsIn(const Lanes &state) {
  return ArrayRef(state).drop_front();
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

static Lanes lifted(const Sums &sums, ArrayRef<Lanes> x, bool ones) {
  Lane f = x[0][0], reference = clampToFinite(f);
  Lanes state{reference};
  llvm::append_range(state,
                     sums.of(terms(expOfDifference(f - reference), x, ones)));
  return state;
}

static Lanes combined(const Sums &sums, const Lanes &a, const Lanes &b) {
  Lane reference = max(a[0], b[0]);
  Lanes ofA = sums.scale(sumsIn(a), rescaling(a[0], reference, sums));
  Lanes ofB = sums.scale(sumsIn(b), rescaling(b[0], reference, sums));
  Lanes state{reference};
  llvm::append_range(state, sums.merge(ofA, ofB));
  return state;
}

static Lanes addBlock(Machine &machine, const Sums &sums, const Lanes &state,
                      ArrayRef<Lanes> x, const Lane &j, bool ones, bool lazy) {
  // A value without columns counts once for each.
  Lane f = machine.spread(x[0][0], x[0][0].rows, columnsOf(x, j));
  auto raised = [&] {
    Lane reference = raisedReference(machine, f, state[0]);
    Lanes next{reference};
    llvm::append_range(
        next, sums.scale(sumsIn(state), rescaling(state[0], reference, sums)));
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
  Lanes added = sums.addColumns(sumsIn(next), terms(exponential, x, ones));
  next.truncate(1);
  llvm::append_range(next, added);
  return next;
}

/// The reference as the greatest value, which may be infinite, and the sums.
static Lanes raw(Machine &machine, const Sums &sums, const Lanes &state) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Lane top = machine.constant(largest(machine)), m = state[0];
  Lanes result{select(top <= m, machine.constant(infinity),
                      select(m <= -top, machine.constant(-infinity), m))};
  llvm::append_range(result, sums.results(sums.read(sumsIn(state))));
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
    SmallVector<Type> types{machine.real()};                                   \
    llvm::append_range(                                                        \
        types, Sums(machine, getSummation()).types(sumCount(dims, ONES)));     \
    return types;                                                              \
  }                                                                            \
  Lanes Attr::init(Machine &machine, ArrayRef<int64_t> dims) const {           \
    return initial(machine, Sums(machine, getSummation()),                     \
                   sumCount(dims, ONES));                                      \
  }                                                                            \
  Lanes Attr::lift(Machine &machine, ArrayRef<Lanes> x, const Lane &) const {  \
    return lifted(Sums(machine, getSummation()), x, ONES);                     \
  }                                                                            \
  Lanes Attr::combine(Machine &machine, const Lanes &a, const Lanes &b)        \
      const {                                                                  \
    return combined(Sums(machine, getSummation()), a, b);                      \
  }                                                                            \
  Lanes Attr::stepBlock(Machine &machine, const Lanes &state,                  \
                        ArrayRef<Lanes> x, const Lane &j) const {              \
    return addBlock(machine, Sums(machine, getSummation()), state, x, j, ONES, \
                    LAZY);                                                     \
  }

WEIGHTED(LogSumExpWeightAttr, 2, false, 0, true)
WEIGHTED(SoftMaxAttr, 2, true, 0, true)
WEIGHTED(MaxSumShiftExpAttr, 1, true, 1, false)
WEIGHTED(MaxSumShiftExpWeightAttr, 2, false, 1, false)
#undef WEIGHTED

bool SoftMaxAttr::isLinearIn(unsigned operand) const { return operand == 1; }

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

Lanes LogSumExpWeightAttr::finalize(Machine &machine, const Lanes &state,
                                    ArrayRef<int64_t>) const {
  Sums sums(machine, getSummation());
  Lanes result = sums.read(sumsIn(state));
  for (Lane &sum : result)
    sum = convert(state[0], sums.type()) + log(sum);
  return sums.results(result);
}

Lanes SoftMaxAttr::finalize(Machine &machine, const Lanes &state,
                            ArrayRef<int64_t>) const {
  Sums sums(machine, getSummation());
  Lanes all = sums.read(sumsIn(state)), result;
  for (const Lane &sum : ArrayRef(all).drop_front())
    result.push_back(sum / all.front());
  return sums.results(result);
}

Lanes MaxSumShiftExpAttr::finalize(Machine &machine, const Lanes &state,
                                   ArrayRef<int64_t>) const {
  return raw(machine, Sums(machine, getSummation()), state);
}

Lanes MaxSumShiftExpWeightAttr::finalize(Machine &machine, const Lanes &state,
                                         ArrayRef<int64_t>) const {
  return raw(machine, Sums(machine, getSummation()), state);
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
bool LogSumExpWeightAttr::derivesFromResult() const { return true; }

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
  ReductionAttrInterface logSumExp =
      LogSumExpAttr::get(builder.getContext(), getSummation());
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
  Shifted(OpBuilder &builder, Operation *reduce, Summation summation)
      : f(builder, reduce->getLoc(), reduce->getOperand(0)),
        y(f.with(reduce->getResult(0))), sums(extract(y, 1, y.dim() - 1)),
        weight(weightOf(f, extract(y, 0, 1))),
        top(builder, reduce, ArgMaxAttr::get(builder.getContext())),
        summation(summation) {
    if (reduce->getNumOperands() > 1)
      g = f.with(reduce->getOperand(1));
  }

  /// `x` with the type `type`, summed over what that does not have.
  Expr as(Expr x, VecType type, bool closeAxes) const {
    return x.with(
        conform(*x.builder, x.location, x.value(), type, closeAxes, summation));
  }
  SmallVector<Value> vjp(Value cotangent) const;
  Value jvp(Value df, Value dg) const;

  Expr f, y, sums, weight;
  std::optional<Expr> g;
  FoundRows top;
  Summation summation;
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
  return Shifted(builder, reduce, getSummation()).vjp(cotangents[0]);
}
FailureOr<SmallVector<Value>>
MaxSumShiftExpAttr::jvp(OpBuilder &builder, Operation *reduce,
                        ArrayRef<Value> tangents) const {
  return SmallVector<Value>{
      Shifted(builder, reduce, getSummation()).jvp(tangents[0], {})};
}
FailureOr<SmallVector<Value>>
MaxSumShiftExpWeightAttr::vjp(OpBuilder &builder, Operation *reduce,
                              ArrayRef<Value> cotangents) const {
  return Shifted(builder, reduce, getSummation()).vjp(cotangents[0]);
}
FailureOr<SmallVector<Value>>
MaxSumShiftExpWeightAttr::jvp(OpBuilder &builder, Operation *reduce,
                              ArrayRef<Value> tangents) const {
  return SmallVector<Value>{
      Shifted(builder, reduce, getSummation()).jvp(tangents[0], tangents[1])};
}

} // namespace keops
