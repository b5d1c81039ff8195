//===- Interpreter.cpp - formulas in double precision ---------------------===//

#include "compiler/Interpreter/Interpreter.h"

using namespace mlir;
using namespace keops;

//===----------------------------------------------------------------------===//
// Checking what is run
//===----------------------------------------------------------------------===//

static LogicalResult checkOps(FormulaOp formula) {
  for (Operation &op : formula.getBody().front())
    if (!isa<MathOpInterface, ConstOp, RowNumberOp, BroadcastOp, ReduceOp,
             ReturnOp>(op))
      return op.emitError("cannot be interpreted; gradients must be expanded "
                          "before");
  for (Type type : formula.getResultTypes())
    if (cast<VecType>(type).getAxes() == (Axes::i | Axes::j))
      return formula.emitError("a result that varies along i and j cannot be "
                               "interpreted");
  return success();
}

FailureOr<Interpreter> Interpreter::create(FormulaOp formula, int64_t rowsI,
                                           int64_t rowsJ,
                                           ArrayRef<ArrayRef<double>> tables) {
  ArrayRef<Type> types = formula.getArgumentTypes();
  if (failed(checkOps(formula)))
    return failure();
  if (tables.size() != types.size())
    return formula.emitError("needs ")
           << types.size() << " tables, got " << tables.size();
  Interpreter interpreter(formula, rowsI, rowsJ, tables);
  for (auto [index, type] : llvm::enumerate(types)) {
    auto vec = cast<VecType>(type);
    int64_t rows = interpreter.rowsAlong(vec.getAxes());
    if (int64_t(tables[index].size()) != rows * vec.getDim())
      return formula.emitError("table ")
             << formula.getArgumentName(index) << " needs " << rows
             << " rows of " << vec.getDim() << " numbers, got "
             << tables[index].size() << " numbers";
  }
  return interpreter;
}

Interpreter::Interpreter(FormulaOp formula, int64_t rowsI, int64_t rowsJ,
                         ArrayRef<ArrayRef<double>> tables)
    : formula(formula), rowsI(rowsI), rowsJ(rowsJ), tables(tables) {
  for (Operation &op : formula.getBody().front())
    for (Value result : op.getResults())
      numbers.try_emplace(result, numbers.size());
}

//===----------------------------------------------------------------------===//
// Rows and positions
//===----------------------------------------------------------------------===//

ReturnOp Interpreter::returnOp() {
  return cast<ReturnOp>(formula.getBody().front().getTerminator());
}

int64_t Interpreter::rowsAlong(Axes axes) const {
  return axes == Axes::p ? 1 : axes == Axes::i ? rowsI : rowsJ;
}

Interpreter::Position Interpreter::positionOf(Axes axes, int64_t row) {
  Position at;
  if (axes == Axes::i)
    at.i = row;
  if (axes == Axes::j)
    at.j = row;
  return at;
}

int64_t Interpreter::rows(unsigned result) {
  return rowsAlong(vecType(returnOp().getOperand(result)).getAxes());
}

SmallVector<double> Interpreter::row(unsigned result, int64_t row) {
  Value value = returnOp().getOperand(result);
  Position at = positionOf(vecType(value).getAxes(), row);
  Frame frame(numbers.size());
  run(stepsFor(value, Axes::p).fixed, at, frame);
  return SmallVector<double>(read(value, at, frame));
}

//===----------------------------------------------------------------------===//
// Running ops
//===----------------------------------------------------------------------===//

/// All ops that `values` need at one position. Reductions start their own loop,
/// so what they need is not among them.
Interpreter::Steps Interpreter::stepsFor(ValueRange values, Axes over) {
  DenseSet<Operation *> needed;
  SmallVector<Value> open(values);
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (!op || isa<ReduceOp>(op) || !needed.insert(op).second)
      continue;
    llvm::append_range(open, op->getOperands());
  }
  Steps steps;
  for (Operation &op : formula.getBody().front())
    if (needed.contains(&op))
      (vecType(op.getResult(0)).variesAlong(over) ? steps.varying : steps.fixed)
          .push_back(&op);
  return steps;
}

void Interpreter::run(ArrayRef<Operation *> steps, Position at, Frame &frame) {
  for (Operation *op : steps) {
    Numbers &result = frame[numbers.lookup(op->getResult(0))];
    if (auto constant = dyn_cast<ConstOp>(op)) {
      result.assign(1, cast<FloatAttr>(constant.getValue()).getValueAsDouble());
      continue;
    }
    if (isa<RowNumberOp>(op)) {
      bool isAlongI = vecType(op->getResult(0)).getAxes() == Axes::i;
      result.assign(1, double(isAlongI ? at.i : at.j));
      continue;
    }
    SmallVector<ArrayRef<double>> operands;
    for (Value operand : op->getOperands())
      operands.push_back(read(operand, at, frame));
    if (isa<BroadcastOp>(op)) {
      size_t dim = vecType(op->getResult(0)).getDim();
      if (operands[0].size() == dim)
        result.assign(operands[0].begin(), operands[0].end());
      else
        result.assign(dim, operands[0][0]);
      continue;
    }
    SmallVector<double> value = cast<MathOpInterface>(op).evaluate(operands);
    disturb(value, 1);
    result.assign(value.begin(), value.end());
  }
}

void Interpreter::disturb(MutableArrayRef<double> values,
                          int64_t columns) const {
  if (disturbance)
    for (double &value : values)
      value = disturbance(value, columns);
}

ArrayRef<double> Interpreter::read(Value value, Position at,
                                   const Frame &frame) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    VecType type = vecType(value);
    int64_t row = type.getAxes() == Axes::i   ? at.i
                  : type.getAxes() == Axes::j ? at.j
                                              : 0;
    return tables[argument.getArgNumber()].slice(row * type.getDim(),
                                                 type.getDim());
  }
  if (value.getDefiningOp<ReduceOp>())
    return reduced(cast<OpResult>(value), at);
  return frame[numbers.lookup(value)];
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

ArrayRef<double> Interpreter::reduced(OpResult value, Position at) {
  auto op = cast<ReduceOp>(value.getOwner());
  Axes axes = vecType(value).getAxes();
  int64_t row = axes == Axes::i ? at.i : axes == Axes::j ? at.j : 0;
  std::pair<Operation *, int64_t> key(op, row);
  if (!known.contains(key)) {
    auto result =
        std::make_unique<SmallVector<double>>(computeReduced(op, row));
    known[key] = std::move(result);
  }
  // The components of all results stand one after the other.
  int64_t start = 0;
  for (unsigned k = 0; k < value.getResultNumber(); ++k)
    start += vecType(op->getResult(k)).getDim();
  return ArrayRef<double>(*known[key]).slice(start, vecType(value).getDim());
}

SmallVector<double> Interpreter::computeReduced(ReduceOp op, int64_t row) {
  Axes over = op.getOver();
  if (!plans.contains(op))
    plans[op] = stepsFor(op->getOperands(), over);
  Steps steps = plans[op];
  Position at = positionOf(vecType(op->getResult(0)).getAxes(), row);
  Frame frame(numbers.size());
  run(steps.fixed, at, frame);
  SmallVector<SmallVector<double>> values(rowsAlong(over));
  for (auto [number, components] : llvm::enumerate(values)) {
    (over == Axes::i ? at.i : at.j) = number;
    run(steps.varying, at, frame);
    for (Value operand : op->getOperands())
      llvm::append_range(components, read(operand, at, frame));
  }
  SmallVector<double> result = op.getReduction().evaluate(values, op.getDims());
  // Row numbers have no neighbors.
  int64_t start = 0;
  for (Value part : op.getResults()) {
    int64_t dim = vecType(part).getDim();
    if (vecType(part).isReal())
      disturb(MutableArrayRef(result).slice(start, dim), values.size());
    start += dim;
  }
  return result;
}
