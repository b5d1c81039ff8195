//===- TensorProduct.cpp - what tensor cores can do of a kernel -----------===//

#include "compiler/Conversion/GPU/Fragments.h"
#include "compiler/Conversion/GPU/Tensor.h"

using namespace mlir;

namespace keops::device {

// Fewer components are as quickly done one by one.
static constexpr int64_t kFewestComponents = 16;
// Threads of a block: four for each column of a stage.
static constexpr int64_t kThreads = 4 * kPatch;

bool TensorProduct::isOnlyUse() const {
  return llvm::all_of(column.getUsers(),
                      [&](Operation *user) { return covers(user); });
}

/// The load whose rows a value of the sweep has; null if it is computed.
static tile::LoadOp loadOf(tile::SweepOp sweep, Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() != &sweep.getBody().front())
      return {};
    value = sweep.getStage().front().getTerminator()->getOperand(
        argument.getArgNumber());
  }
  auto load = value.getDefiningOp<tile::LoadOp>();
  return load && load.getRow() ? load : tile::LoadOp();
}

static std::optional<TensorProduct> match(tile::SweepOp sweep, Operation *op) {
  Operation *factors = op;
  if (isa<SqNormOp>(op))
    factors = op->getOperand(0).getDefiningOp<SubOp>();
  else if (!isa<DotOp>(op))
    return std::nullopt;
  if (!factors || factors->getBlock() != &sweep.getBody().front())
    return std::nullopt;
  Value row = factors->getOperand(0), column = factors->getOperand(1);
  if (isa<BlockArgument>(row))
    std::swap(row, column);
  tile::LoadOp rowLoad = loadOf(sweep, row), columnLoad = loadOf(sweep, column);
  if (!rowLoad || !columnLoad || vecType(row).getAxes() != Axes::i ||
      vecType(column).getAxes() != Axes::j)
    return std::nullopt;
  TensorProduct product{op,      factors == op ? nullptr : factors,
                        row,     cast<BlockArgument>(column),
                        rowLoad, columnLoad};
  if (vecType(row) != vecType(column).withAxes(Axes::i) ||
      !vecType(row).getScalar().isF32() || product.dim() < kFewestComponents)
    return std::nullopt;
  return product;
}

std::optional<TensorProduct> tensorProductOf(tile::KernelOp kernel) {
  std::optional<TensorProduct> largest;
  tile::RowsOp rows = rowsOf(kernel);
  if (!rows || !rows.getSweep())
    return largest;
  for (Operation &op : rows.getSweep().getBody().front())
    if (std::optional<TensorProduct> product = match(rows.getSweep(), &op))
      if (!largest || largest->dim() < product->dim())
        largest = product;
  return largest;
}

tile::ScheduleAttr tensorSchedule(tile::KernelOp kernel) {
  return tile::ScheduleAttr::get(kernel.getContext(), tile::Isa::Gpu, kThreads,
                                 kPatch, kThreads, /*rowsPerLane=*/1,
                                 /*unroll=*/4, /*ahead=*/0, /*tensor=*/true);
}

} // namespace keops::device
