//===- Structure.cpp - formulas, reductions, derivatives ------------------===//

#include "dialects/Keops/Keops.h"
#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;

namespace keops {

//===----------------------------------------------------------------------===//
// formula
//===----------------------------------------------------------------------===//

ParseResult FormulaOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> arguments,
                      ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag, std::string &) {
    return builder.getFunctionType(arguments, results);
  };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false,
      getFunctionTypeAttrName(result.name), buildType,
      getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void FormulaOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
      getArgAttrsAttrName(), getResAttrsAttrName());
}

StringRef FormulaOp::getDefaultDialect() { return "keops"; }

void nameArguments(FunctionOpInterface function, OpAsmSetValueNameFn setName) {
  if (function.isExternal())
    return;
  for (unsigned n = 0; n < function.getNumArguments(); ++n)
    if (auto name = function.getArgAttrOfType<StringAttr>(n, "keops.name"))
      setName(function.getArgument(n), name);
}

void FormulaOp::getAsmBlockArgumentNames(Region &,
                                         OpAsmSetValueNameFn setName) {
  nameArguments(*this, setName);
}

LogicalResult FormulaOp::verifyRegions() {
  Block &block = getBody().front();
  for (Type type : getArgumentTypes())
    if (!isa<VecType>(type))
      return emitOpError("argument of type ") << type << " is not a !keops.vec";
  auto terminator = dyn_cast<ReturnOp>(block.back());
  if (!terminator)
    return emitOpError("must end with return");
  if (terminator.getOperandTypes() != TypeRange(getResultTypes()))
    return terminator.emitOpError("does not agree with the formula's type");
  return success();
}

std::string FormulaOp::getArgumentName(unsigned index) {
  if (auto name = getArgAttrOfType<StringAttr>(index, "keops.name"))
    return name.str();
  return "arg" + std::to_string(index);
}

std::string FormulaOp::getResultName(unsigned index) {
  if (auto name = getResultAttrOfType<StringAttr>(index, "keops.name"))
    return name.str();
  return getResultTypes().size() == 1 ? "out" : "out" + std::to_string(index);
}

void FormulaOp::updateType() {
  Block &block = getBody().front();
  setFunctionTypeAttr(TypeAttr::get(
      FunctionType::get(getContext(), block.getArgumentTypes(),
                        block.getTerminator()->getOperandTypes())));
}

//===----------------------------------------------------------------------===//
// const and broadcast
//===----------------------------------------------------------------------===//

LogicalResult ConstOp::inferReturnTypes(MLIRContext *context, Locus location,
                                        ValueRange, DictionaryAttr attributes,
                                        OpaqueProperties, RegionRange,
                                        SmallVectorImpl<Type> &results) {
  auto value = attributes.getAs<FloatAttr>("value");
  if (!value)
    return emitOptionalError(location, "const needs a floating-point number");
  results.push_back(VecType::get(context, 1, value.getType(), Axes::p));
  return success();
}

OpFoldResult ConstOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult BroadcastOp::verify() {
  VecType from = vecType(getX()), to = vecType(getY());
  if (from.getScalar() != to.getScalar())
    return emitOpError("changes the scalar type");
  if (from.getDim() != 1 && from.getDim() != to.getDim())
    return emitOpError("cannot spread ")
           << from.getDim() << " components to " << to.getDim();
  if (withoutAxes(from.getAxes(), to.getAxes()) != Axes::p)
    return emitOpError("cannot remove an axis");
  return success();
}

OpFoldResult BroadcastOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  if (auto inner = getX().getDefiningOp<BroadcastOp>()) {
    setOperand(inner.getX());
    return getResult();
  }
  return {};
}

//===----------------------------------------------------------------------===//
// reduce and derivatives
//===----------------------------------------------------------------------===//

LogicalResult RowNumberOp::verify() {
  VecType type = vecType(getNumber());
  if (type.isReal() || type.getDim() != 1 ||
      (type.getAxes() != Axes::i && type.getAxes() != Axes::j))
    return emitOpError("is one integer that varies along i or along j");
  return success();
}

Axes ReduceOp::getOver() {
  return withoutAxes(vecType(getOperand(0)).getAxes(),
                     vecType(getResult(0)).getAxes());
}

SmallVector<int64_t> ReduceOp::getDims() {
  return llvm::map_to_vector(
      getOperands(), [](Value operand) { return vecType(operand).getDim(); });
}

LogicalResult ReduceOp::verify() {
  if (getOperands().empty() || getResults().empty())
    return emitOpError("needs operands and results");
  SmallVector<VecType> operands;
  for (Value operand : getOperands()) {
    operands.push_back(vecType(operand));
    if (operands.back().getAxes() != operands.front().getAxes())
      return emitOpError("needs operands that vary along the same axes");
  }
  Axes over = getOver();
  if (over != Axes::i && over != Axes::j)
    return emitOpError("must remove exactly one axis");
  SmallVector<Type> expected;
  if (failed(getReduction().inferTypes(getLoc(), operands, over, expected)))
    return failure();
  if (TypeRange(expected) != getResultTypes())
    return emitOpError("gives ")
           << TypeRange(expected) << ", not " << getResultTypes();
  return success();
}

/// What grad and diff have in common.
static LogicalResult verifyVariable(Operation *op, Value variable) {
  auto argument = dyn_cast<BlockArgument>(variable);
  if (!argument || !isa<FormulaOp>(argument.getOwner()->getParentOp()))
    return op->emitOpError(
        "is taken with respect to an argument of the formula");
  if (!vecType(variable).isReal())
    return op->emitOpError("is taken with respect to row numbers");
  return success();
}

LogicalResult GradOp::verify() {
  VecType value = vecType(getValue()), variable = vecType(getVariable());
  VecType seed = vecType(getSeed()), result = vecType(getY());
  if (failed(verifyVariable(*this, getVariable())))
    return failure();
  if (seed.getDim() != value.getDim() || seed.getScalar() != value.getScalar())
    return emitOpError("needs a seed of dimension ")
           << value.getDim() << ", got " << seed.getDim();
  if (result.getScalar() != variable.getScalar() ||
      result.getDim() != variable.getDim() ||
      withoutAxes(variable.getAxes(), result.getAxes()) != Axes::p)
    return emitOpError("must give a value shaped like the variable");
  return success();
}

LogicalResult DiffOp::verify() {
  VecType value = vecType(getValue()), variable = vecType(getVariable());
  VecType tangent = vecType(getTangent());
  if (failed(verifyVariable(*this, getVariable())))
    return failure();
  if (tangent.getDim() != variable.getDim() ||
      tangent.getScalar() != variable.getScalar())
    return emitOpError("needs a tangent of dimension ")
           << variable.getDim() << ", got " << tangent.getDim();
  // Axes that only the tangent has may be gone: summed by a reduction.
  VecType result = vecType(getY());
  Axes joint = joinAxes(value.getAxes(), tangent.getAxes());
  if (result != value && result != value.withAxes(joint))
    return emitOpError("must give a value shaped like what it differentiates");
  return success();
}

LogicalResult SavedOp::verify() {
  VecType value = vecType(getValue()), known = vecType(getKnown());
  auto reduce = getValue().getDefiningOp<ReduceOp>();
  if (!reduce || reduce->getNumResults() != 1)
    return emitOpError("stands for a reduction with one result");
  if (known.getDim() != value.getDim() ||
      known.getScalar() != value.getScalar() ||
      withoutAxes(known.getAxes(), value.getAxes()) != Axes::p)
    return emitOpError(
        "needs a known result shaped like that of the reduction");
  return success();
}

Path::Path(Value variable, Value value) {
  SmallVector<Operation *> reaching;
  DenseSet<Operation *> seen;
  SmallVector<Value> open{value};
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    reaching.push_back(op);
    llvm::append_range(open, op->getOperands());
  }
  llvm::sort(reaching,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  active.insert(variable);
  for (Operation *op : reaching) {
    // What is known of a reduction is a number to its derivative.
    auto saved = dyn_cast<SavedOp>(op);
    ValueRange sources = saved ? saved->getOperands().take_front()
                               : ValueRange(op->getOperands());
    if (llvm::none_of(sources,
                      [&](Value operand) { return active.contains(operand); }))
      continue;
    if (saved)
      known[saved.getValue().getDefiningOp()] = saved.getKnown();
    active.insert_range(op->getResults());
    ops.push_back(op);
  }
}

} // namespace keops
