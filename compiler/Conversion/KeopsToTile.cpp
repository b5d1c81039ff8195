//===- KeopsToTile.cpp - place a formula in kernels -----------------------===//
//
//   keops.formula @f { %d = sub %x, %y ; %k = exp %d ; %a = reduce #sum %k }
//   =>
//   tile.kernel @f_0 { tile.rows %i { load %x
//                        tile.sweep #sum %j stage { load %y } do { sub ; exp }
//                        } }
//   tile.plan @f { tile.launch @f_0 }
//
// Every reduction over pairs is the sweep of a kernel of its own. Only results
// of reductions are passed from kernel to kernel, in temporaries; all other
// values are computed again where they are needed, which costs less than a trip
// through memory and keeps pairs out of it. A reduction of rows (the gradient
// of a parameter) rides on the kernel that computes these rows.
//
// A kernel calls its rows i. Where they are the j of the formula, the axes of
// all its values are exchanged, and the launch is `turned`.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Passes.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

namespace keops {
#define GEN_PASS_DEF_KEOPSTOTILE
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

constexpr Axes kBoth = Axes::i | Axes::j;

Axes otherAxis(Axes axis) { return axis == Axes::i ? Axes::j : Axes::i; }

/// One kernel to be: its reductions, and what it stores.
struct KernelPlan {
  Axes rowAxis = Axes::i;
  ReduceOp sweep;                              // over the columns, or null
  ReduceOp rowsReduce;                         // over the rows, or null
  SmallVector<std::pair<Value, Value>> stores; // value, table of the plan

  bool owns(Value value) const {
    Operation *op = value.getDefiningOp();
    return op && (op == sweep || op == rowsReduce);
  }
};

/// The reductions on which `roots` depend with no other reduction in between,
/// and the ops on the way.
struct Slice {
  llvm::SetVector<Operation *> ops;
  SmallVector<ReduceOp> reduces;

  Slice(ValueRange roots) {
    SmallVector<Value> worklist(roots);
    while (!worklist.empty()) {
      Operation *op = worklist.pop_back_val().getDefiningOp();
      if (!op || !ops.insert(op))
        continue;
      if (auto reduce = dyn_cast<ReduceOp>(op))
        reduces.push_back(reduce);
      else
        llvm::append_range(worklist, op->getOperands());
    }
  }
};

/// Decides which kernels a formula needs.
class Partition {
public:
  Partition(FormulaOp formula) : formula(formula) {
    auto results = cast<ReturnOp>(formula.getBody().front().back());
    for (ReduceOp reduce : neededReduces(results))
      place(reduce);
    for (Value result : results.getValues())
      hosts.push_back(&kernels[hostOf(result)]);
  }

  std::vector<KernelPlan> kernels;
  /// For each result of the formula, the kernel that stores it.
  SmallVector<KernelPlan *> hosts;

  unsigned indexOf(ReduceOp reduce) const { return kernelOf.lookup(reduce); }

private:
  FormulaOp formula;
  DenseMap<Operation *, unsigned> kernelOf;

  /// In program order, so that a kernel comes after those that it reads.
  SmallVector<ReduceOp> neededReduces(ReturnOp results) {
    llvm::SetVector<Operation *> needed;
    SmallVector<ReduceOp> worklist = Slice(results.getValues()).reduces;
    while (!worklist.empty()) {
      ReduceOp reduce = worklist.pop_back_val();
      if (needed.insert(reduce))
        llvm::append_range(worklist, Slice(reduce.getOperands()).reduces);
    }
    SmallVector<ReduceOp> ordered;
    for (auto reduce : formula.getBody().getOps<ReduceOp>())
      if (needed.contains(reduce))
        ordered.push_back(reduce);
    // No kernel may be added once hosts point into the list.
    kernels.reserve(ordered.size() + results.getNumOperands());
    return ordered;
  }

  void place(ReduceOp reduce) {
    Axes over = reduce.getOver();
    if (vecType(reduce.getOperand(0)).getAxes() == kBoth) {
      kernelOf[reduce] = kernels.size();
      KernelPlan &kernel = kernels.emplace_back();
      kernel.rowAxis = otherAxis(over);
      kernel.sweep = reduce;
      return;
    }
    std::optional<unsigned> last = lastKernel(reduce.getOperands());
    if (!last || kernels[*last].rowAxis != over || kernels[*last].rowsReduce) {
      last = kernels.size();
      kernels.emplace_back().rowAxis = over;
    }
    kernels[*last].rowsReduce = reduce;
    kernelOf[reduce] = *last;
  }

  /// The last kernel that must have run before `values` can be computed.
  std::optional<unsigned> lastKernel(ValueRange values) {
    std::optional<unsigned> last;
    for (ReduceOp reduce : Slice(values).reduces)
      last = std::max(last.value_or(0), kernelOf.lookup(reduce));
    return last;
  }

  /// The kernel that can compute a result of the formula after its own
  /// reductions; a new one if there is none.
  unsigned hostOf(Value result) {
    Axes axes = vecType(result).getAxes();
    if (std::optional<unsigned> last = lastKernel(result)) {
      KernelPlan &kernel = kernels[*last];
      // What varies along rows is stored row by row, before the rows are
      // reduced; what does not is stored once, after that.
      bool needsAllRows =
          llvm::is_contained(Slice(result).reduces, kernel.rowsReduce);
      if (axes == Axes::p ? bool(kernel.rowsReduce)
                          : kernel.rowAxis == axes && !needsAllRows)
        return *last;
    }
    kernels.emplace_back().rowAxis = axes == Axes::j ? Axes::j : Axes::i;
    return kernels.size() - 1;
  }
};

/// Builds one tile.kernel.
class KernelBuilder {
public:
  KernelBuilder(FormulaOp formula, const KernelPlan &plan,
                const DenseMap<Value, Value> &tableOf, OpBuilder &moduleBuilder,
                StringRef name)
      : plan(plan), tableOf(tableOf), location(formula.getLoc()),
        builder(moduleBuilder) {
    kernel = tile::KernelOp::create(builder, location, name,
                                    builder.getFunctionType({}, {}),
                                    ArrayAttr(), ArrayAttr(), ArrayAttr());
    kernel.getBody().emplaceBlock();
    formulaBlock = &formula.getBody().front();
  }

  tile::KernelOp build();

  /// The tables of the plan, in the order of the kernel's arguments.
  SmallVector<Value> tables;

private:
  const KernelPlan &plan;
  const DenseMap<Value, Value> &tableOf; // inputs and stored reductions
  Location location;
  OpBuilder &builder;
  Block *formulaBlock;
  tile::KernelOp kernel;
  tile::RowsOp rows;
  tile::SweepOp sweep;
  DenseMap<Value, Value> placed;     // value of the formula -> of the kernel
  DenseMap<Value, Value> argumentOf; // table of the plan -> argument
  llvm::SetVector<Value> afterSweep; // values that depend on own reductions

  Axes turn(Axes axes) const {
    if (plan.rowAxis == Axes::i || axes == kBoth || axes == Axes::p)
      return axes;
    return otherAxis(axes);
  }
  VecType turn(VecType type) const {
    return type.withAxes(turn(type.getAxes()));
  }

  void declareInputs();
  void buildStructure();
  void emitOps(const Slice &slice);
  void emitOp(Operation *op);
  void emitOwnReduce(ReduceOp reduce);
  Value inStage(Value value);
  void setInsertionPoint(Axes axes, bool isFree, bool after);
  Value get(Value value);
  Value load(Value value);
  Value argument(Value table);
  void storeResults();
  void finishStage();
};

/// Ops that lower to nothing: after a stage, they cost no staged components.
bool isFree(Operation *op) { return isa<BroadcastOp, ExtractOp, ConcatOp>(op); }

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
  kernel.setFunctionTypeAttr(TypeAttr::get(
      builder.getFunctionType(kernel.getBody().getArgumentTypes(), {})));
  for (auto [n, table] : llvm::enumerate(tables))
    if (std::string name = nameOf(table); !name.empty())
      kernel.setArgAttr(n, "keops.name", builder.getStringAttr(name));
  return kernel;
}

/// Turns one formula into a plan and its kernels.
class FormulaConversion {
public:
  FormulaConversion(FormulaOp formula)
      : formula(formula), partition(formula), builder(formula) {}

  void run() {
    createPlan();
    assignTables();
    for (auto [n, kernelPlan] : llvm::enumerate(partition.kernels)) {
      // No formula can have a name with a dot.
      std::string name = (formula.getSymName() + "." + Twine(n)).str();
      KernelBuilder kernel(formula, kernelPlan, tableOf, builder, name);
      kernel.build();
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToEnd(&plan.getBody().front());
      tile::LaunchOp::create(
          builder, formula.getLoc(),
          FlatSymbolRefAttr::get(formula.getContext(), name), kernel.tables,
          kernelPlan.rowAxis == Axes::j ? builder.getUnitAttr() : UnitAttr(),
          ArrayAttr(), FloatAttr());
    }
    formula.erase();
  }

private:
  FormulaOp formula;
  Partition partition;
  OpBuilder builder;
  tile::PlanOp plan;
  DenseMap<Value, Value> tableOf; // value of the formula -> table of the plan

  void createPlan() {
    SmallVector<Type> types;
    for (Type type : formula.getArgumentTypes())
      types.push_back(tile::TableType::get(cast<VecType>(type)));
    for (Type type : formula.getResultTypes())
      types.push_back(tile::TableType::get(cast<VecType>(type)));
    builder.setInsertionPointAfter(formula);
    plan = tile::PlanOp::create(builder, formula.getLoc(), formula.getSymName(),
                                builder.getFunctionType(types, {}),
                                formula.getNumArguments(), ArrayAttr(),
                                ArrayAttr());
    for (NamedAttribute attribute : formula->getDiscardableAttrs())
      plan->setAttr(attribute.getName(), attribute.getValue());
    Block &body = plan.getBody().emplaceBlock();
    for (Type type : types)
      body.addArgument(type, formula.getLoc());
    for (unsigned n = 0; n < formula.getNumArguments(); ++n) {
      plan.setArgAttr(n, "keops.name",
                      builder.getStringAttr(formula.getArgumentName(n)));
      tableOf[formula.getArgument(n)] = body.getArgument(n);
    }
    nameOutputs();
    builder.setInsertionPoint(plan);
  }

  /// `out`, or `out0`, `out1`, ... if there are several.
  void nameOutputs() {
    unsigned count = plan.getNumArguments() - formula.getNumArguments();
    for (unsigned n = 0; n < count; ++n) {
      std::string name = count == 1 ? "out" : "out" + std::to_string(n);
      plan.setArgAttr(formula.getNumArguments() + n, "keops.name",
                      builder.getStringAttr(name));
    }
  }

  /// Gives every result of the formula, and every reduction that a later kernel
  /// reads, the table where it is stored.
  void assignTables() {
    auto results = cast<ReturnOp>(formula.getBody().front().back());
    Block &body = plan.getBody().front();
    for (auto [n, result] : llvm::enumerate(results.getValues())) {
      Value table = body.getArgument(formula.getNumArguments() + n);
      partition.hosts[n]->stores.push_back({result, table});
      if (partition.hosts[n]->owns(result) && vecType(result).isReal())
        tableOf[result] = table;
    }
    for (unsigned n = 0; n < partition.kernels.size(); ++n)
      for (Value value : readFromEarlier(n))
        if (!tableOf.count(value))
          addTemporary(value);
  }

  /// Results of earlier kernels that kernel n reads.
  SmallVector<Value> readFromEarlier(unsigned n) {
    KernelPlan &kernel = partition.kernels[n];
    SmallVector<Value> roots;
    for (ReduceOp reduce : {kernel.sweep, kernel.rowsReduce})
      if (reduce)
        llvm::append_range(roots, reduce.getOperands());
    for (auto &store : kernel.stores)
      roots.push_back(store.first);
    SmallVector<Value> reads;
    for (ReduceOp reduce : Slice(roots).reduces)
      if (reduce != kernel.sweep && reduce != kernel.rowsReduce)
        llvm::append_range(reads, reduce.getResults());
    return reads;
  }

  void addTemporary(Value value) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&plan.getBody().front());
    auto temporary = tile::TemporaryOp::create(
        builder, value.getLoc(), tile::TableType::get(vecType(value)));
    tableOf[value] = temporary;
    unsigned owner = partition.indexOf(value.getDefiningOp<ReduceOp>());
    partition.kernels[owner].stores.push_back({value, temporary});
  }
};

struct KeopsToTile : keops::impl::KeopsToTileBase<KeopsToTile> {
  void runOnOperation() override {
    for (FormulaOp formula :
         llvm::make_early_inc_range(getOperation().getOps<FormulaOp>())) {
      auto results = cast<ReturnOp>(formula.getBody().front().back());
      for (Value result : results.getValues())
        if (vecType(result).getAxes() == kBoth) {
          formula.emitError("the result varies along i and j: reduce it");
          return signalPassFailure();
        }
      FormulaConversion(formula).run();
    }
  }
};

} // namespace
