//===- KeopsToTile.cpp - place a formula in kernels -----------------------===//
//
//   keops.formula @f { %d = sub %x, %y ; %k = exp %d ; %a = reduce #sum %k }
//   =>
//   tile.kernel @f.0 { tile.rows %i { load %x
//                        tile.sweep #sum %j stage { load %y } do { sub ; exp }
//                        } }
//   tile.plan @f { tile.launch @f.0 }
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

#include "compiler/Conversion/KernelBuilder.h"
#include "compiler/Conversion/Passes.h"

namespace keops {
#define GEN_PASS_DEF_KEOPSTOTILE
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

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
          ArrayAttr(), FloatAttr(), tile::DeviceStepAttr());
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
    for (unsigned n = 0; n < formula.getResultTypes().size(); ++n)
      plan.setArgAttr(formula.getNumArguments() + n, "keops.name",
                      builder.getStringAttr(formula.getResultName(n)));
    builder.setInsertionPoint(plan);
  }

  /// Gives every result of the formula, and every reduction that a later kernel
  /// reads, the table where it is stored.
  void assignTables() {
    auto results = cast<ReturnOp>(formula.getBody().front().back());
    Block &body = plan.getBody().front();
    for (auto [n, result] : llvm::enumerate(results.getValues())) {
      Value table = body.getArgument(formula.getNumArguments() + n);
      partition.hosts[n]->stores.push_back({result, table});
      if (partition.hosts[n]->owns(result))
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
    partition.kernelOf(value.getDefiningOp<ReduceOp>())
        .stores.push_back({value, temporary});
  }
};

struct KeopsToTile : keops::impl::KeopsToTileBase<KeopsToTile> {
  void runOnOperation() override {
    for (FormulaOp formula :
         llvm::make_early_inc_range(getOperation().getOps<FormulaOp>())) {
      auto results = cast<ReturnOp>(formula.getBody().front().back());
      for (Value result : results.getValues())
        if (vecType(result).getAxes() == kBothAxes) {
          formula.emitError("the result varies along i and j: reduce it");
          return signalPassFailure();
        }
      FormulaConversion(formula).run();
    }
  }
};

} // namespace
