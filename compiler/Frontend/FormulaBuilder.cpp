//===- FormulaBuilder.cpp - ops of one formula, checked -------------------===//

#include "compiler/Frontend/FormulaBuilder.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace keops {

LogicalResult FormulaBuilder::countNode(Location location, int64_t count) {
  nodes += count;
  if (nodes > limits.nodes.value)
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
  for (Value operand : operands) {
    if (!vecType(operand).isReal())
      return emitError(blame.location)
             << blame.name << " does not take row numbers";
    auto reduce = operand.getDefiningOp<ReduceOp>();
    if (reduce && reduce->getNumResults() > 1)
      return emitError(blame.location)
             << blame.name << " takes one result, and "
             << reduce.getReduction().getSpelling() << " has two";
  }
  return success();
}

void FormulaBuilder::record(Operation *op, const Blame &blame, Facts more) {
  names[op] = blame.name;
  for (Value operand : op->getOperands()) {
    Facts known = facts.lookup(operand);
    more.reduced |= known.reduced;
    more.order = std::max(more.order, known.order);
  }
  if (more.reduced || more.order)
    for (Value result : op->getResults())
      facts[result] = more;
}

LogicalResult FormulaBuilder::materialize(const Term &term, Value &result) {
  result = term.value;
  if (result)
    return success();
  Location location = term.location;
  if (!term.number)
    return emitError(location) << "a list is not a formula";
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
    unsigned index = cast<BlockArgument>(value).getArgNumber();
    error.attachNote(variables[index].location)
        << describe(index) << " has dimension " << vecType(value).getDim()
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
  record(op, blame);
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
    record(op, blame);
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
LogicalResult FormulaBuilder::spread(const Blame &blame, Value &operand) {
  VecType type = vecType(operand);
  VecType full = type.withAxes(Axes::i | Axes::j);
  if (type == full)
    return success();
  if (failed(countNode(blame.location)))
    return failure();
  auto op = BroadcastOp::create(builder, blame.location, full, operand);
  record(op, blame);
  operand = op;
  return success();
}

/// How the reduction adds up, if it does.
LogicalResult
FormulaBuilder::chooseSummation(const Blame &blame, const SumOptions &options,
                                ReductionAttrInterface &reduction) {
  std::optional<Summation> summation = reduction.getSummation();
  if (!summation && options.first)
    return emitError(options.first->location)
           << blame.name << " takes no " << options.first->text
           << ", which is for reductions that add up, as Sum and LogSumExp";
  if (!summation)
    return success();
  sums = true;
  sumOptions.applyTo(*summation);
  options.applyTo(*summation);
  reduction = reduction.withSummation(*summation);
  return success();
}

LogicalResult FormulaBuilder::reduce(const ReductionEntry &entry,
                                     const Blame &blame,
                                     ArrayRef<Value> operands,
                                     LocatedInteger axis,
                                     std::optional<LocatedInteger> k,
                                     const SumOptions &options, Term &result) {
  if (axis.value != 0 && axis.value != 1)
    return emitError(axis.location)
           << "axis must be 1 (over j) or 0 (over i), got " << axis.value;
  if (operands.size() == 2 && !entry.weighted.empty())
    return reduce(*Catalogue::findReduction(entry.weighted), blame, operands,
                  axis, k, options, result);
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
  if (failed(chooseSummation(blame, options, reduction)))
    return failure();
  SmallVector<Value> inputs(operands);
  for (Value &input : inputs)
    if (failed(spread(blame, input)))
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
  record(op, blame, {/*reduced=*/true, 0});
  result.value = op.getResult(0);
  result.location = blame.location;
  return success();
}

} // namespace keops
