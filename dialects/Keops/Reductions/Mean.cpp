//===- Mean.cpp - #keops.mean ---------------------------------------------===//
//
// State: the partial sum of each component, as Sums.h keeps it, and the number
// of columns as an integer. The mean of no values is 0 / 0, which is NaN.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Linear.h"
#include "dialects/Keops/Reductions/Sums.h"

using namespace mlir;

namespace keops {

LogicalResult MeanAttr::inferTypes(Locus location, ArrayRef<VecType> operands,
                                   Axes over,
                                   SmallVectorImpl<Type> &results) const {
  if (operands.size() != 1 || !operands[0].isReal())
    return emitOptionalError(location, "Mean takes one formula");
  results.push_back(
      operands[0].withAxes(withoutAxes(operands[0].getAxes(), over)));
  return success();
}

static ArrayRef<Lane> sumsIn(const Lanes &state) {
  return ArrayRef(state).drop_back();
}

SmallVector<Type> MeanAttr::state(Machine &machine,
                                  ArrayRef<int64_t> dims) const {
  SmallVector<Type> types = Sums(machine, getSummation()).types(dims[0]);
  types.push_back(machine.index());
  return types;
}

Lanes MeanAttr::init(Machine &machine, ArrayRef<int64_t> dims) const {
  Lanes state = Sums(machine, getSummation()).zeros(dims[0]);
  state.push_back(machine.columnNumber(0));
  return state;
}

Lanes MeanAttr::lift(Machine &machine, ArrayRef<Lanes> x, const Lane &) const {
  Lanes state = Sums(machine, getSummation()).of(x[0]);
  state.push_back(machine.columnNumber(1));
  return state;
}

Lanes MeanAttr::combine(Machine &machine, const Lanes &a,
                        const Lanes &b) const {
  Lanes state = Sums(machine, getSummation()).merge(sumsIn(a), sumsIn(b));
  state.push_back(a.back() + b.back());
  return state;
}

// The columns of a block are counted together.
Lanes MeanAttr::stepBlock(Machine &machine, const Lanes &state,
                          ArrayRef<Lanes> x, const Lane &j) const {
  int cols = columnsOf(x, j);
  auto terms = llvm::map_to_vector<4>(x[0], [&](const Lane &value) {
    return machine.spread(value, value.rows, cols);
  });
  Lanes next = Sums(machine, getSummation()).addColumns(sumsIn(state), terms);
  next.push_back(state.back() + machine.columnNumber(cols));
  return next;
}

Lanes MeanAttr::finalize(Machine &machine, const Lanes &state,
                         ArrayRef<int64_t>) const {
  Sums sums(machine, getSummation());
  Lane count = toReal(state.back(), sums.type());
  Lanes mean = sums.read(sumsIn(state));
  for (Lane &sum : mean)
    sum = sum / count;
  return sums.results(mean);
}

bool MeanAttr::isLinear() const { return true; }
bool MeanAttr::hasCounts() const { return true; }

/// The number of columns, as a sum of ones.
static Expr columnCount(OpBuilder &builder, Operation *reduce) {
  Location location = reduce->getLoc();
  VecType type = vecType(reduce->getOperand(0)).withDim(1);
  Value one = conform(builder, location,
                      makeNumber(builder, location, 1, type.getScalar()), type,
                      /*closeAxes=*/false);
  VecType count = vecType(reduce->getResult(0)).withDim(1);
  ReductionAttrInterface sum = SumAttr::get(builder.getContext(), Summation());
  return Expr(builder, location,
              ReduceOp::create(builder, location, count, sum, ValueRange{one})
                  .getResult(0));
}

SmallVector<Value> MeanAttr::splitState(OpBuilder &builder,
                                        Operation *reduce) const {
  ReductionAttrInterface sum =
      SumAttr::get(builder.getContext(), getSummation());
  Expr count = columnCount(builder, reduce);
  Expr total = count.with(ReduceOp::create(builder, reduce->getLoc(),
                                           reduce->getResultTypes(), sum,
                                           ValueRange{reduce->getOperand(0)})
                              .getResult(0));
  return {(total / count).value()};
}

FailureOr<SmallVector<Value>> MeanAttr::vjp(OpBuilder &builder,
                                            Operation *reduce,
                                            ArrayRef<Value> cotangents) const {
  // 1 if there are no columns: a factor 1 / 0 that leaves an empty sum would
  // spoil it.
  Expr count = columnCount(builder, reduce);
  count = count + (1 - sign(count));
  return SmallVector<Value>{(count.with(cotangents[0]) / count).value()};
}

FailureOr<SmallVector<Value>> MeanAttr::jvp(OpBuilder &builder,
                                            Operation *reduce,
                                            ArrayRef<Value> tangents) const {
  return reduceTangent(builder, reduce, tangents[0]);
}

SmallVector<double> MeanAttr::evaluate(ArrayRef<SmallVector<double>> values,
                                       ArrayRef<int64_t> dims) const {
  SmallVector<double> mean(dims[0], 0);
  for (const SmallVector<double> &value : values)
    for (auto [total, x] : llvm::zip(mean, value))
      total += x;
  for (double &total : mean)
    total /= double(values.size());
  return mean;
}

} // namespace keops
