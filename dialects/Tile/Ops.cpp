//===- Ops.cpp - kernels, rows, sweeps, plans -----------------------------===//

#include "dialects/Tile/Tile.h"
#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;

namespace keops::tile {

static Type buildFunctionType(Builder &builder, ArrayRef<Type> arguments,
                              ArrayRef<Type> results,
                              function_interface_impl::VariadicFlag,
                              std::string &) {
  return builder.getFunctionType(arguments, results);
}

template <typename Op>
static ParseResult parseFunction(OpAsmParser &parser, OperationState &result) {
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false,
      Op::getFunctionTypeAttrName(result.name), buildFunctionType,
      Op::getArgAttrsAttrName(result.name),
      Op::getResAttrsAttrName(result.name));
}

template <typename Op> static void printFunction(Op op, OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, op, /*isVariadic=*/false, op.getFunctionTypeAttrName(),
      op.getArgAttrsAttrName(), op.getResAttrsAttrName());
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseFunction<KernelOp>(parser, result);
}
void KernelOp::print(OpAsmPrinter &printer) { printFunction(*this, printer); }
StringRef KernelOp::getDefaultDialect() { return "keops"; }
void KernelOp::getAsmBlockArgumentNames(Region &, OpAsmSetValueNameFn setName) {
  nameArguments(*this, setName);
}

ParseResult PlanOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseFunction<PlanOp>(parser, result);
}
void PlanOp::print(OpAsmPrinter &printer) { printFunction(*this, printer); }
StringRef PlanOp::getDefaultDialect() { return "tile"; }
void PlanOp::getAsmBlockArgumentNames(Region &, OpAsmSetValueNameFn setName) {
  nameArguments(*this, setName);
}

//===----------------------------------------------------------------------===//
// rows and sweep
//===----------------------------------------------------------------------===//

/// Do the operands of `step`, reduced over `over`, have the given types?
static LogicalResult checkReduction(Operation *op,
                                    ReductionAttrInterface reduction,
                                    StepOp step, Axes over,
                                    TypeRange resultTypes) {
  SmallVector<VecType> operands;
  for (Value value : step.getValues()) {
    VecType type = vecType(value);
    // A value that does not vary along the axis is taken once for each of its
    // rows or columns all the same.
    operands.push_back(type.withAxes(joinAxes(type.getAxes(), over)));
  }
  SmallVector<Type> expected;
  if (failed(reduction.inferTypes(op->getLoc(), operands, over, expected)))
    return failure();
  for (auto [type, result] : llvm::zip_longest(expected, resultTypes))
    if (!type || !result ||
        cast<VecType>(*type).getDim() != cast<VecType>(*result).getDim())
      return op->emitOpError("gives ")
             << TypeRange(expected) << ", not " << resultTypes;
  return success();
}

StringRef RowsOp::getDefaultDialect() { return "keops"; }
void RowsOp::getAsmBlockArgumentNames(Region &region,
                                      OpAsmSetValueNameFn setName) {
  if (region.getNumArguments() == 1)
    setName(region.getArgument(0), "i");
}

LogicalResult RowsOp::verify() {
  Block &block = getBody().front();
  if (block.getNumArguments() != 1)
    return emitOpError("has one argument, the row");
  auto step = block.empty() ? StepOp() : dyn_cast<StepOp>(block.back());
  if (!getReduction())
    return step ? emitOpError("has tile.step but no reduction") : success();
  if (!step)
    return emitOpError("reduces and must end with tile.step");
  return checkReduction(*this, *getReduction(), step, Axes::i,
                        getResultTypes());
}

SweepOp RowsOp::getSweep() {
  for (SweepOp sweep : getBody().getOps<SweepOp>())
    return sweep;
  return {};
}

StringRef SweepOp::getDefaultDialect() { return "keops"; }
void SweepOp::getAsmBlockArgumentNames(Region &region,
                                       OpAsmSetValueNameFn setName) {
  if (&region == &getStage() && region.getNumArguments() == 1)
    setName(region.getArgument(0), "j");
}

LogicalResult SweepOp::verify() {
  auto stage = dyn_cast<StageOp>(getStage().front().back());
  auto step = dyn_cast<StepOp>(getBody().front().back());
  if (!stage || !step)
    return emitOpError("needs regions that end with tile.stage and tile.step");
  if (stage.getOperandTypes() != getBody().front().getArgumentTypes())
    return emitOpError("hands ")
           << stage.getOperandTypes() << " from stage to do, which takes "
           << getBody().front().getArgumentTypes();
  return checkReduction(*this, getReduction(), step, Axes::j, getResultTypes());
}

SmallVector<int64_t> SweepOp::getDims() {
  auto step = cast<StepOp>(getBody().front().back());
  return llvm::map_to_vector(
      step.getValues(), [](Value value) { return vecType(value).getDim(); });
}

//===----------------------------------------------------------------------===//
// load
//===----------------------------------------------------------------------===//

LogicalResult LoadOp::inferReturnTypes(MLIRContext *, Locus location,
                                       ValueRange operands, DictionaryAttr,
                                       OpaqueProperties, RegionRange,
                                       SmallVectorImpl<Type> &results) {
  auto table = cast<TableType>(operands[0].getType());
  bool hasRow = operands.size() > 1;
  if (hasRow != (table.getAxis() != Axes::p))
    return emitOptionalError(location, hasRow ? "a table of axis p has one row"
                                              : "needs the row to load");
  results.push_back(table.getRow());
  return success();
}

} // namespace keops::tile
