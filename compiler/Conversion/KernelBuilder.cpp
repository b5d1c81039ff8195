//===- KernelBuilder.cpp - places values in one tile.kernel ---------------===//

#include "compiler/Conversion/KernelBuilder.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace keops {

KernelBuilder::KernelBuilder(FormulaOp formula, const KernelPlan &plan,
                             const DenseMap<Value, Value> &tableOf,
                             OpBuilder &builder, StringRef name)
    : plan(plan), tableOf(tableOf), location(formula.getLoc()),
      builder(builder), formulaBlock(&formula.getBody().front()) {
  kernel = tile::KernelOp::create(builder, location, name,
                                  builder.getFunctionType({}, {}), ArrayAttr(),
                                  ArrayAttr(), ArrayAttr());
  kernel.getBody().emplaceBlock();
}

/// Ops that lower to nothing: after a stage, they cost no staged components.
static bool isFree(Operation *op) {
  return isa<BroadcastOp, ExtractOp, ConcatOp>(op);
}

void KernelBuilder::buildStructure() {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&kernel.getBody().front());
  bool hasRows = plan.sweep || plan.rowsReduce ||
                 llvm::any_of(plan.stores, [](auto &store) {
                   return vecType(store.first).getAxes() != Axes::p;
                 });
  if (!hasRows)
    return;
  SmallVector<Type> rowsTypes;
  ReductionAttrInterface reduction;
  if (ReduceOp reduce = plan.rowsReduce) {
    reduction = reduce.getReduction();
    for (Value result : reduce.getResults())
      rowsTypes.push_back(turn(vecType(result)));
  }
  rows = tile::RowsOp::create(builder, location, rowsTypes, reduction);
  Block &body = rows.getBody().emplaceBlock();
  body.addArgument(builder.getIndexType(), location);
  ReduceOp reduce = plan.sweep;
  if (!reduce)
    return;
  builder.setInsertionPointToEnd(&body);
  SmallVector<Type> types;
  for (Value result : reduce.getResults())
    types.push_back(turn(vecType(result)));
  sweep = tile::SweepOp::create(builder, reduce.getLoc(), types,
                                reduce.getReduction());
  sweep.getStage().emplaceBlock().addArgument(builder.getIndexType(), location);
  sweep.getBody().emplaceBlock();
}

/// Before the terminator, if there is one already.
static void setInsertionPointToEnd(OpBuilder &builder, Block &block) {
  if (!block.empty() && isa<tile::StepOp>(block.back()))
    builder.setInsertionPoint(&block.back());
  else
    builder.setInsertionPointToEnd(&block);
}

/// Where a value with the given (kernel) axes is computed.
void KernelBuilder::setInsertionPoint(Axes axes, bool free, bool after) {
  if (axes == Axes::p) {
    if (rows && !after)
      builder.setInsertionPoint(rows);
    else
      builder.setInsertionPointToEnd(&kernel.getBody().front());
  } else if (axes == Axes::i) {
    if (sweep && !after)
      builder.setInsertionPoint(sweep);
    else
      setInsertionPointToEnd(builder, rows.getBody().front());
  } else if (axes == Axes::j && !free) {
    builder.setInsertionPointToEnd(&sweep.getStage().front());
  } else {
    builder.setInsertionPointToEnd(&sweep.getBody().front());
  }
}

Value KernelBuilder::argument(Value table) {
  auto [it, isNew] = argumentOf.try_emplace(table);
  if (isNew) {
    auto type = cast<tile::TableType>(table.getType());
    it->second = kernel.getBody().addArgument(
        tile::TableType::get(turn(type.getRow())), location);
    tables.push_back(table);
  }
  return it->second;
}

Value KernelBuilder::load(Value value) {
  OpBuilder::InsertionGuard guard(builder);
  Axes axes = turn(vecType(value).getAxes());
  setInsertionPoint(axes, /*free=*/false, /*after=*/false);
  Value row;
  if (axes == Axes::i)
    row = rows.getBody().getArgument(0);
  else if (axes == Axes::j)
    row = sweep.getStage().getArgument(0);
  return tile::LoadOp::create(builder, value.getLoc(),
                              argument(tableOf.lookup(value)), row);
}

/// The kernel's form of a value: computed before, or loaded now.
Value KernelBuilder::get(Value value) {
  auto it = placed.find(value);
  if (it != placed.end())
    return it->second;
  return placed[value] = load(value);
}

/// Free ops stand in the do region; where the stage needs one, it is done once
/// more.
Value KernelBuilder::inStage(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != &sweep.getBody().front())
    return value;
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, inStage(operand));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&sweep.getStage().front());
  return builder.clone(*op, mapping)->getResult(0);
}

void KernelBuilder::emitOp(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    if (plan.owns(reduce.getResult(0)))
      emitOwnReduce(reduce);
    return; // others are loaded where they are used
  }
  bool after = llvm::any_of(op->getOperands(), [&](Value operand) {
    return afterSweep.contains(operand);
  });
  Value result = op->getResult(0);
  Axes axes = turn(vecType(result).getAxes());
  bool isStaged = axes == Axes::j && !isFree(op);
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, isStaged ? inStage(get(operand)) : get(operand));
  OpBuilder::InsertionGuard guard(builder);
  setInsertionPoint(axes, isFree(op), after);
  Operation *copy = builder.clone(*op, mapping);
  copy->getResult(0).setType(turn(vecType(result)));
  placed[result] = copy->getResult(0);
  if (after)
    afterSweep.insert(result);
}

/// Closes the region of an own reduction with its step.
void KernelBuilder::emitOwnReduce(ReduceOp reduce) {
  SmallVector<Value> values;
  for (Value operand : reduce.getOperands())
    values.push_back(get(operand));
  OpBuilder::InsertionGuard guard(builder);
  bool isSweep = reduce == plan.sweep;
  builder.setInsertionPointToEnd(isSweep ? &sweep.getBody().front()
                                         : &rows.getBody().front());
  tile::StepOp::create(builder, reduce.getLoc(), values);
  Operation *source = isSweep ? sweep.getOperation() : rows.getOperation();
  for (auto [old, fresh] :
       llvm::zip(reduce.getResults(), source->getResults())) {
    placed[old] = fresh;
    afterSweep.insert(old);
  }
}

void KernelBuilder::emitOps(const Slice &slice) {
  for (Operation &op : *formulaBlock)
    if (slice.ops.contains(&op) && !placed.count(op.getResult(0)))
      emitOp(&op);
}

void KernelBuilder::storeResults() {
  for (auto [value, table] : plan.stores) {
    Value stored = get(value);
    OpBuilder::InsertionGuard guard(builder);
    Value row;
    if (vecType(stored).getAxes() == Axes::p) {
      builder.setInsertionPointToEnd(&kernel.getBody().front());
    } else {
      setInsertionPointToEnd(builder, rows.getBody().front());
      row = rows.getBody().getArgument(0);
    }
    tile::StoreOp::create(builder, value.getLoc(), stored, argument(table),
                          row);
  }
}

/// Hands the j-typed values that the do region uses through tile.stage.
void KernelBuilder::finishStage() {
  if (!sweep)
    return;
  Block &stage = sweep.getStage().front(), &body = sweep.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op)) // a free op that only the stage needed
      op.erase();
  SmallVector<Value> staged;
  for (Operation &op : stage)
    for (Value value : op.getResults()) {
      auto usedInBody = [&](OpOperand &use) {
        return use.getOwner()->getBlock() == &body;
      };
      if (llvm::none_of(value.getUses(), usedInBody))
        continue;
      staged.push_back(value);
      BlockArgument argument =
          body.addArgument(value.getType(), value.getLoc());
      value.replaceUsesWithIf(argument, usedInBody);
    }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&stage);
  tile::StageOp::create(builder, location, staged);
}

/// Where only squares or absolute values are taken of a difference, columns are
/// what is subtracted: the instruction can then repeat their numbers for all
/// rows.
void KernelBuilder::subtractColumns() {
  if (!sweep)
    return;
  auto axesOf = [](Value value) { return vecType(value).getAxes(); };
  for (auto difference : sweep.getBody().getOps<SubOp>()) {
    Value lhs = difference->getOperand(0), rhs = difference->getOperand(1);
    bool losesSign = llvm::all_of(difference->getUsers(), [](Operation *user) {
      return isa<SquareOp, SqNormOp, AbsOp>(user);
    });
    if (losesSign && axesOf(lhs) == Axes::j && axesOf(rhs) == Axes::i)
      difference->setOperands({rhs, lhs});
  }
}

/// What the user calls a table of the plan; empty for temporaries.
static std::string nameOf(Value table) {
  auto argument = dyn_cast<BlockArgument>(table);
  if (!argument)
    return {};
  auto plan = cast<tile::PlanOp>(argument.getOwner()->getParentOp());
  auto name =
      plan.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "keops.name");
  return name ? name.str() : "";
}

/// Inputs come first and in the user's order, however the ops mention them.
void KernelBuilder::declareInputs() {
  SmallVector<Value> roots;
  for (ReduceOp reduce : {plan.sweep, plan.rowsReduce})
    if (reduce)
      llvm::append_range(roots, reduce.getOperands());
  for (auto &store : plan.stores)
    roots.push_back(store.first);
  DenseSet<Value> used(roots.begin(), roots.end());
  for (Operation *op : Slice(roots).ops)
    if (!isa<ReduceOp>(op))
      used.insert(op->operand_begin(), op->operand_end());
  for (Value input : formulaBlock->getArguments())
    if (used.contains(input))
      argument(tableOf.lookup(input));
}

tile::KernelOp KernelBuilder::build() {
  declareInputs();
  buildStructure();
  // Own reductions first: what they need is computed before the sweep.
  for (ReduceOp reduce : {plan.sweep, plan.rowsReduce})
    if (reduce) {
      emitOps(Slice(reduce.getOperands()));
      emitOwnReduce(reduce);
    }
  SmallVector<Value> results;
  for (auto &store : plan.stores)
    results.push_back(store.first);
  emitOps(Slice(results));
  storeResults();
  finishStage();
  subtractColumns();
  kernel.setFunctionTypeAttr(TypeAttr::get(
      builder.getFunctionType(kernel.getBody().getArgumentTypes(), {})));
  for (auto [n, table] : llvm::enumerate(tables))
    if (std::string name = nameOf(table); !name.empty())
      kernel.setArgAttr(n, "keops.name", builder.getStringAttr(name));
  return kernel;
}

} // namespace keops
