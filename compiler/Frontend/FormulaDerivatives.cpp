//===- FormulaDerivatives.cpp - grad, diff and saved ops, checked ---------===//

#include "compiler/Frontend/FormulaBuilder.h"

using namespace mlir;

namespace keops {

//===----------------------------------------------------------------------===//
// What can be differentiated
//===----------------------------------------------------------------------===//

LogicalResult FormulaBuilder::checkDerivative(const Blame &blame, Value value) {
  if (!vecType(value).isReal()) {
    auto reduce = value.getDefiningOp<ReduceOp>();
    return emitError(blame.location)
           << reduce.getReduction().getSpelling() << " has no derivative";
  }
  if (facts.lookup(value).order >= limits.order.value)
    return exceeds(blame.location, limits.order);
  return success();
}

// The chain rule makes at least one op of each op that it passes, those of
// other derivatives included. So a few words can ask for more than memory
// holds; they are counted here, before anything is made. What is looked at is
// counted, too: looking at a long formula many times takes long.
LogicalResult FormulaBuilder::countDerivative(Location location, Value value,
                                              int64_t &count) {
  count = 1;
  DenseSet<Operation *> seen;
  SmallVector<Value> open{value};
  while (!open.empty() && nodes + count <= limits.nodes.value) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    count += 1 + derivativeNodes.lookup(op);
    llvm::append_range(open, op->getOperands());
  }
  return countNode(location, count);
}

/// Can `value` be differentiated, with an argument shaped like `like`?
LogicalResult FormulaBuilder::checkDirection(const Blame &blame, Value value,
                                             Value direction, Value like,
                                             StringRef place) {
  if (failed(checkDerivative(blame, value)) ||
      failed(checkReal(blame, direction)))
    return failure();
  int64_t wanted = vecType(like).getDim(), dim = vecType(direction).getDim();
  if (wanted == dim)
    return success();
  InFlightDiagnostic error = emitError(blame.location);
  error << blame.name << " needs a third argument of dimension " << wanted
        << ", like its " << place << ", got " << dim;
  noteDeclarations(error, {like, direction});
  return error;
}

//===----------------------------------------------------------------------===//
// Grad and Diff
//===----------------------------------------------------------------------===//

/// Of the first operand of `op`, which is made of `count` ops in the end.
Term FormulaBuilder::recordDerivative(Operation *op, const Blame &blame,
                                      int64_t count) {
  derivativeNodes[op] = count;
  record(op, blame, {false, facts.lookup(op->getOperand(0)).order + 1});
  return {op->getResult(0), std::nullopt, blame.location};
}

LogicalResult FormulaBuilder::differentiate(const Blame &blame, Value value,
                                            Value variable, Value seed,
                                            Term &result) {
  int64_t count;
  if (failed(checkDirection(blame, value, seed, value, "first")) ||
      failed(countDerivative(blame.location, value, count)))
    return failure();
  VecType from = vecType(value), by = vecType(seed);
  // Within a pair (i, j) each pair has its own derivative. Beyond a reduction
  // only the sum over all pairs that use the variable makes sense.
  VecType type = vecType(variable);
  if (!isReduced(value))
    type = type.withAxes(
        joinAxes(type.getAxes(), joinAxes(from.getAxes(), by.getAxes())));
  else if (withoutAxes(by.getAxes(), from.getAxes()) != Axes::p)
    return emitError(blame.location)
           << blame.name << " of a reduced formula needs a third argument "
           << "without axes that its first does not have";
  result = recordDerivative(
      GradOp::create(builder, blame.location, type, value, variable, seed),
      blame, count);
  return success();
}

LogicalResult FormulaBuilder::pushForward(const Blame &blame, Value value,
                                          Value variable, Value tangent,
                                          Term &result, StringRef argument) {
  int64_t count;
  if (failed(checkDirection(blame, value, tangent, variable, "second")) ||
      failed(countDerivative(blame.location, value, count)))
    return failure();
  VecType from = vecType(value), along = vecType(variable);
  VecType by = vecType(tangent);
  // Beyond a reduction the rows of a variable move, not each pair for itself.
  if (isReduced(value) && withoutAxes(by.getAxes(), along.getAxes()) != Axes::p)
    return emitError(blame.location)
           << blame.name << " of a reduced formula needs " << argument
           << " without axes that its second does not have";
  VecType type = from;
  if (!isReduced(value))
    type = from.withAxes(joinAxes(from.getAxes(), by.getAxes()));
  result = recordDerivative(
      DiffOp::create(builder, blame.location, type, value, variable, tangent),
      blame, count);
  return success();
}

/// The seed of a reduced formula has its rows. Else it belongs to the other
/// axis, as in KeOps, so that the reduction of the gradient leaves the rows of
/// the variable.
LogicalResult FormulaBuilder::declareSeed(const Blame &blame, Value value,
                                          Value variable, Value &result) {
  constexpr Axes both = Axes::i | Axes::j;
  Axes along = vecType(variable).getAxes(), axes = withoutAxes(both, along);
  if (along == Axes::p)
    return emitError(blame.location)
           << blame.name << " along a parameter needs a third argument: it "
           << "could vary along i or along j";
  if (failed(checkDerivative(blame, value)))
    return failure();
  VecType type = vecType(value);
  if (isReduced(value) && type.getAxes() != both)
    axes = type.getAxes();
  Term seed;
  if (failed(addVariable({"", blame.location, std::nullopt}, type.getDim(),
                         axes, seed)))
    return failure();
  result = seed.value;
  return success();
}

//===----------------------------------------------------------------------===//
// Results that are known
//===----------------------------------------------------------------------===//

LogicalResult FormulaBuilder::save(const Blame &blame, Value value, Value known,
                                   Value &result) {
  auto reduce = value.getDefiningOp<ReduceOp>();
  if (!reduce || reduce->getNumResults() != 1)
    return emitError(blame.location)
           << blame.name << " needs a reduction with one result as its first "
           << "argument";
  if (failed(checkDerivative(blame, value)) ||
      failed(checkReal(blame, known)) || failed(countNode(blame.location)))
    return failure();
  VecType type = vecType(value), given = vecType(known);
  if (type.getDim() != given.getDim()) {
    InFlightDiagnostic error = emitError(blame.location);
    error << blame.name << " needs a saved result of dimension "
          << type.getDim() << ", like that of its first argument, got "
          << given.getDim();
    noteDeclarations(error, {value, known});
    return error;
  }
  if (withoutAxes(given.getAxes(), type.getAxes()) != Axes::p)
    return emitError(blame.location)
           << blame.name << " needs a saved result without axes that its first "
           << "argument does not have";
  auto op = SavedOp::create(builder, blame.location, type, value, known);
  record(op, blame);
  result = op;
  return success();
}

} // namespace keops
