//===- FormulaBuilder.cpp - ops of one formula, checked -------------------===//

#include "compiler/Frontend/FormulaBuilder.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace keops {

LogicalResult FormulaBuilder::countNode(Location location) {
  if (++nodes > limits.nodes.value)
    return exceeds(location, limits.nodes);
  return success();
}

LogicalResult FormulaBuilder::checkDimensions(TypeRange types,
                                              Location location) const {
  for (Type type : types)
    if (cast<VecType>(type).getDim() > limits.dimension.value)
      return exceeds(location, limits.dimension);
  return success();
}

LogicalResult FormulaBuilder::checkReal(const Blame &blame,
                                        ArrayRef<Value> operands) const {
  for (Value operand : operands)
    if (!vecType(operand).isReal())
      return emitError(blame.location)
             << blame.name << " does not take row numbers";
  return success();
}

void FormulaBuilder::record(Operation *op, Facts more) {
  for (Value operand : op->getOperands()) {
    Facts known = facts.lookup(operand);
    more.reduced |= known.reduced;
    more.order = std::max(more.order, known.order);
  }
  if (more.reduced || more.order)
    for (Value result : op->getResults())
      facts[result] = more;
}

LogicalResult FormulaBuilder::declare(const Variable &variable, int64_t dim,
                                      Axes axes, Term &result) {
  if (failed(countNode(variable.location)))
    return failure();
  auto type = VecType::get(getContext(), dim, scalar, axes);
  result.value = block->addArgument(type, variable.location);
  result.location = variable.location;
  variables.push_back(variable);
  return success();
}

LogicalResult FormulaBuilder::materialize(const Term &term, Value &result) {
  result = term.value;
  if (result)
    return success();
  Location location = term.location;
  if (!term.number)
    return emitError(location) << "a list of integers is not a formula";
  APFloat number = term.number->round(scalar.getFloatSemantics());
  if (!number.isFinite())
    return emitError(location) << term.number->str() << " is too large for "
                               << (scalar.isF64() ? "float64" : "float32");
  if (failed(countNode(location)))
    return failure();
  auto attribute = cast<TypedAttr>(FloatAttr::get(scalar, number));
  result = ConstOp::create(builder, location, attribute);
  return success();
}

//===----------------------------------------------------------------------===//
// Shape rules
//===----------------------------------------------------------------------===//

LogicalResult
FormulaBuilder::infer(const Blame &blame, ArrayRef<Value> operands,
                      function_ref<LogicalResult(Locus)> rule) const {
  // Without a place the rule is silent, which is all that correct text needs.
  if (succeeded(rule(std::nullopt)))
    return success();
  std::string message;
  {
    ScopedDiagnosticHandler handler(getContext(), [&](Diagnostic &diagnostic) {
      message = diagnostic.str();
      return success();
    });
    (void)rule(blame.location);
  }
  StringRef objection(message);
  InFlightDiagnostic error = emitError(blame.location);
  if (!objection.starts_with(blame.name + " "))
    error << blame.name << " ";
  error << objection;
  if (objection.contains("dimension"))
    noteDeclarations(error, operands);
  return error;
}

/// The variables that give `operand` its dimension: those of the same
/// dimension among which it is a sum, a product and so on.
static void findVariables(Value operand, llvm::SetVector<Value> &found) {
  constexpr size_t enough = 1000;
  int64_t dim = vecType(operand).getDim();
  llvm::SmallSetVector<Value, 8> pending;
  pending.insert(operand);
  for (size_t n = 0; n < pending.size() && n < enough; ++n) {
    Value value = pending[n];
    Operation *op = value.getDefiningOp();
    if (!op) {
      found.insert(value);
      return;
    }
    for (Value input : op->getOperands())
      if (vecType(input).getDim() == dim)
        pending.insert(input);
  }
}

void FormulaBuilder::noteDeclarations(InFlightDiagnostic &error,
                                      ArrayRef<Value> operands) const {
  bool onlyNumbers = llvm::all_of(
      operands, [](Value operand) { return vecType(operand).getDim() == 1; });
  llvm::SetVector<Value> found;
  for (Value operand : operands)
    if (onlyNumbers || vecType(operand).getDim() != 1)
      findVariables(operand, found);
  for (Value value : found) {
    const Variable &variable =
        variables[cast<BlockArgument>(value).getArgNumber()];
    error.attachNote(variable.location)
        << variable.name << " has dimension " << vecType(value).getDim()
        << ", declared here";
  }
}

LogicalResult FormulaBuilder::apply(const OpEntry &entry, const Blame &blame,
                                    ArrayRef<Value> operands,
                                    ArrayRef<Attribute> settings,
                                    Term &result) {
  SmallVector<NamedAttribute> attributes;
  ArrayRef<StringRef> parameters = entry.parameters;
  for (auto [name, setting] :
       llvm::zip_equal(parameters.drop_front(entry.formulas), settings))
    attributes.push_back(builder.getNamedAttr(name, setting));
  auto dictionary = builder.getDictionaryAttr(attributes);
  SmallVector<Type> types;
  auto rule = [&](Locus location) {
    types.clear();
    if (entry.expansion)
      return entry.expansion->shape(location, operands, dictionary, types);
    return entry.name->getInterface<InferTypeOpInterface>()->inferReturnTypes(
        getContext(), location, operands, dictionary, nullptr, {}, types);
  };
  if (failed(countNode(blame.location)) || failed(checkReal(blame, operands)) ||
      failed(infer(blame, operands, rule)) ||
      failed(checkDimensions(types, blame.location)))
    return failure();
  result.location = blame.location;
  if (entry.expansion)
    return expand(*entry.expansion, blame, operands, dictionary, result);
  OperationState state(blame.location, *entry.name, operands, types,
                       attributes);
  Operation *op = builder.create(state);
  record(op, Facts());
  result.value = op->getResult(0);
  return success();
}

LogicalResult FormulaBuilder::expand(const ExpansionEntry &entry,
                                     const Blame &blame,
                                     ArrayRef<Value> operands,
                                     DictionaryAttr attributes, Term &result) {
  SmallVector<Expr> formulas;
  for (Value operand : operands)
    formulas.emplace_back(builder, blame.location, operand);
  Operation *last = block->empty() ? nullptr : &block->back();
  result.value = entry.expand(formulas, attributes).value();
  for (Operation *op = last ? last->getNextNode() : &block->front(); op;
       op = op->getNextNode()) {
    if (failed(countNode(blame.location)))
      return failure();
    record(op, Facts());
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

LogicalResult
FormulaBuilder::checkRanks(const ReductionEntry &entry, const Blame &blame,
                           std::optional<LocatedInteger> k) const {
  if (!k && entry.takesK)
    return emitError(blame.location)
           << blame.name
           << " needs K, the number of values to keep: " << entry.spelling
           << "(f, K=10, axis=1)";
  if (!k)
    return success();
  if (!entry.takesK)
    return emitError(k->location) << blame.name << " takes no K";
  if (k->value < 1)
    return emitError(k->location) << "K must be positive, got " << k->value;
  if (k->value > limits.kept.value)
    return exceeds(k->location, limits.kept);
  return success();
}

/// A reduction removes one of two axes, so its operands must have both: the
/// sum over j of x_i is N times x_i.
LogicalResult FormulaBuilder::spread(Location location, Value &operand) {
  VecType type = vecType(operand);
  VecType full = type.withAxes(Axes::i | Axes::j);
  if (type == full)
    return success();
  if (failed(countNode(location)))
    return failure();
  auto op = BroadcastOp::create(builder, location, full, operand);
  record(op, Facts());
  operand = op;
  return success();
}

LogicalResult
FormulaBuilder::reduce(const ReductionEntry &entry, const Blame &blame,
                       ArrayRef<Value> operands, LocatedInteger axis,
                       std::optional<LocatedInteger> k, Term &result) {
  if (axis.value != 0 && axis.value != 1)
    return emitError(axis.location)
           << "axis must be 1 (over j) or 0 (over i), got " << axis.value;
  if (operands.size() == 2 && !entry.weighted.empty())
    return reduce(*Catalogue::findReduction(entry.weighted), blame, operands,
                  axis, k, result);
  if (failed(checkRanks(entry, blame, k)))
    return failure();
  if (operands.size() != entry.operands)
    return emitError(blame.location)
           << blame.name
           << (entry.operands == 1 ? " takes one formula"
                                   : " takes a formula and a weight, as in " +
                                         blame.name + "(f, weight=g, axis=1)");
  if (failed(checkReal(blame, operands)))
    return failure();
  ReductionAttrInterface reduction = entry.make(getContext(), k ? k->value : 0);
  SmallVector<Value> inputs(operands);
  for (Value &input : inputs)
    if (failed(spread(blame.location, input)))
      return failure();
  auto dims = llvm::map_to_vector(inputs, vecType);
  Axes over = axis.value == 1 ? Axes::j : Axes::i;
  SmallVector<Type> types;
  auto rule = [&](Locus location) {
    types.clear();
    return reduction.inferTypes(location, dims, over, types);
  };
  if (failed(countNode(blame.location)) ||
      failed(infer(blame, operands, rule)) ||
      failed(checkDimensions(types, blame.location)))
    return failure();
  auto op = ReduceOp::create(builder, blame.location, types, reduction, inputs);
  record(op, {/*reduced=*/true, 0});
  result.value = op.getResult(0);
  result.location = blame.location;
  return success();
}

//===----------------------------------------------------------------------===//
// Derivatives
//===----------------------------------------------------------------------===//

LogicalResult FormulaBuilder::checkDerivative(const Blame &blame, Value value) {
  if (!vecType(value).isReal()) {
    auto reduce = value.getDefiningOp<ReduceOp>();
    StringRef culprit =
        reduce ? reduce.getReduction().getSpelling() : "a row number";
    return emitError(blame.location) << culprit << " has no derivative";
  }
  if (facts.lookup(value).order >= limits.order.value)
    return exceeds(blame.location, limits.order);
  return success();
}

/// Can `value` be differentiated, with a third argument shaped like `like`?
LogicalResult FormulaBuilder::checkDirection(const Blame &blame, Value value,
                                             Value direction, Value like,
                                             StringRef place) {
  if (failed(countNode(blame.location)) ||
      failed(checkDerivative(blame, value)) ||
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

LogicalResult FormulaBuilder::differentiate(const Blame &blame, Value value,
                                            Value variable, Value seed,
                                            Term &result) {
  if (failed(checkDirection(blame, value, seed, value, "first")))
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
           << blame.name << " needs a third argument that varies along no axis "
           << "that its first, a reduced formula, does not have";
  auto op =
      GradOp::create(builder, blame.location, type, value, variable, seed);
  record(op, {false, facts.lookup(value).order + 1});
  result.value = op;
  result.location = blame.location;
  return success();
}

LogicalResult FormulaBuilder::pushForward(const Blame &blame, Value value,
                                          Value variable, Value tangent,
                                          Term &result) {
  if (failed(checkDirection(blame, value, tangent, variable, "second")))
    return failure();
  VecType from = vecType(value), along = vecType(variable);
  VecType by = vecType(tangent);
  // Beyond a reduction the rows of a variable move, not each pair for itself.
  if (isReduced(value) && withoutAxes(by.getAxes(), along.getAxes()) != Axes::p)
    return emitError(blame.location)
           << blame.name << " of a reduced formula needs a third argument that "
           << "varies along no axis that its second does not have";
  VecType type = from;
  if (!isReduced(value))
    type = from.withAxes(joinAxes(from.getAxes(), by.getAxes()));
  auto op =
      DiffOp::create(builder, blame.location, type, value, variable, tangent);
  record(op, {false, facts.lookup(value).order + 1});
  result.value = op;
  result.location = blame.location;
  return success();
}

} // namespace keops
