//===- KernelParts.cpp - what back ends ask of a kernel -------------------===//

#include "compiler/Conversion/KernelParts.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace keops {

FloatType realTypeOf(tile::KernelOp kernel) {
  FloatType real = Float32Type::get(kernel.getContext());
  for (Type argument : kernel.getArgumentTypes())
    if (auto type =
            dyn_cast<FloatType>(cast<tile::TableType>(argument).getScalar()))
      real = type;
  return real;
}

tile::RowsOp rowsOf(tile::KernelOp kernel) {
  for (tile::RowsOp rows : kernel.getBody().getOps<tile::RowsOp>())
    return rows;
  return {};
}

SmallVector<Value> rowValuesOf(tile::SweepOp sweep) {
  llvm::SetVector<Value> values;
  Block &body = sweep.getBody().front();
  for (Operation &op : body)
    for (Value operand : op.getOperands())
      if (operand.getParentBlock() != &body &&
          vecType(operand).getAxes() == Axes::i)
        values.insert(operand);
  return values.takeVector();
}

int64_t componentsOf(ValueRange values) {
  int64_t components = 0;
  for (Value value : values)
    components += vecType(value).getDim();
  return components;
}

SmallVector<int64_t> dimsOf(ValueRange values) {
  return llvm::map_to_vector(
      values, [](Value value) { return vecType(value).getDim(); });
}

SmallVector<tile::StoreOp> storesIn(Region &region) {
  return llvm::to_vector(region.getOps<tile::StoreOp>());
}

tile::StepOp stepOf(tile::RowsOp rows) {
  return cast<tile::StepOp>(rows.getBody().front().back());
}

tile::StepOp stepOf(tile::SweepOp sweep) {
  return cast<tile::StepOp>(sweep.getBody().front().back());
}

/// The same components for more rows and columns.
static bool spreadsAxes(Operation *op) {
  return isa<BroadcastOp>(op) && vecType(op->getOperand(0)).getDim() ==
                                     vecType(op->getResult(0)).getDim();
}

bool isPartOfStep(Operation *op) {
  return (isa<ConcatOp>(op) || spreadsAxes(op)) &&
         llvm::all_of(op->getUsers(), [op](Operation *user) {
           // What is made of rows outside is handed in as a whole.
           return user->getBlock() == op->getBlock() &&
                  (isa<tile::StepOp>(user) || isPartOfStep(user));
         });
}

SmallVector<Value> partsOf(Value stepped) {
  SmallVector<Value> parts, open{stepped};
  while (!open.empty()) {
    Value next = open.pop_back_val();
    Operation *op = next.getDefiningOp();
    if (op && isPartOfStep(op))
      open.append(llvm::to_vector(llvm::reverse(op->getOperands())));
    else
      parts.push_back(next);
  }
  return parts;
}

SmallVector<Value> parametersUnder(ValueRange roots) {
  llvm::SetVector<Value> parameters;
  DenseSet<Value> seen;
  SmallVector<Value> worklist(roots);
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!isa<VecType>(value.getType()) || !seen.insert(value).second)
      continue;
    if (vecType(value).getAxes() == Axes::p)
      parameters.insert(value);
    else if (Operation *op = value.getDefiningOp();
             op && !isa<tile::RowsOp, tile::SweepOp>(op))
      llvm::append_range(worklist, op->getOperands());
  }
  return parameters.takeVector();
}

SmallVector<Operation *> sliceOf(tile::KernelOp kernel, ValueRange roots,
                                 const LaneProgram &program) {
  DenseSet<Operation *> needed;
  SmallVector<Value> worklist(roots);
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (!op || program.has(value) || !needed.insert(op).second)
      continue;
    if (!isa<tile::LoadOp>(op))
      llvm::append_range(worklist, op->getOperands());
  }
  SmallVector<Block *> blocks{&kernel.getBody().front()};
  if (tile::RowsOp rows = rowsOf(kernel)) {
    blocks.push_back(&rows.getBody().front());
    if (tile::SweepOp sweep = rows.getSweep())
      blocks.push_back(&sweep.getStage().front());
  }
  SmallVector<Operation *> slice;
  for (Block *block : blocks)
    for (Operation &op : *block)
      if (needed.contains(&op))
        slice.push_back(&op);
  return slice;
}

void bindResults(LaneProgram &program, Operation *op, ArrayRef<Lane> lanes) {
  for (Value result : op->getResults()) {
    int64_t dim = vecType(result).getDim();
    program.bind(result, Lanes(lanes.take_front(dim)));
    lanes = lanes.drop_front(dim);
  }
}

} // namespace keops
