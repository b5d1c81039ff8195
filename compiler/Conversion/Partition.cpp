//===- Partition.cpp - which kernels a formula needs ----------------------===//

#include "compiler/Conversion/Partition.h"

using namespace mlir;

namespace keops {

Slice::Slice(ValueRange roots) {
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

Partition::Partition(FormulaOp formula) : formula(formula) {
  auto results = cast<ReturnOp>(formula.getBody().front().back());
  for (ReduceOp reduce : neededReduces(results))
    place(reduce);
  for (Value result : results.getValues())
    hosts.push_back(&kernels[hostOf(result)]);
}

/// In program order, so that a kernel comes after those that it reads.
SmallVector<ReduceOp> Partition::neededReduces(ReturnOp results) {
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
  // The list must not move once `hosts` point into it.
  kernels.reserve(ordered.size() + results.getNumOperands());
  return ordered;
}

void Partition::place(ReduceOp reduce) {
  Axes over = reduce.getOver();
  if (vecType(reduce.getOperand(0)).getAxes() == kBothAxes) {
    indexOf[reduce] = kernels.size();
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
  indexOf[reduce] = *last;
}

/// The last kernel that must have run before `values` can be computed.
std::optional<unsigned> Partition::lastKernel(ValueRange values) {
  std::optional<unsigned> last;
  for (ReduceOp reduce : Slice(values).reduces)
    last = std::max(last.value_or(0), indexOf.lookup(reduce));
  return last;
}

/// The kernel that can compute a result of the formula after its own
/// reductions; a new one if there is none.
unsigned Partition::hostOf(Value result) {
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

} // namespace keops
