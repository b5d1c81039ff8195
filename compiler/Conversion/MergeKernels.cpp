//===- MergeKernels.cpp - one of kernels that do the same -----------------===//
//
//   tile.plan @f_grad_X { launch @f_grad_X.0(%x, %y, %e, %out) }
//   tile.plan @f_grad   { launch @f_grad.0(%x, %y, %e, %grad_X) ; ... }
//   =>
//   tile.plan @f_grad   { launch @f_grad_X.0(%x, %y, %e, %grad_X) ; ... }
//
// Gradients along variables of i and of j do not share a sweep. The functions
// that compute them together are then made of the kernels that compute them one
// by one, for which there need not be a second piece of code.
//
// Only kernels that are equal line by line are found. Those that compute the
// same in another order stay apart: they cost time of compilation, no more.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/Passes.h"
#include "dialects/Tile/Tile.h"
#include "mlir/IR/OperationSupport.h"

namespace keops {
#define GEN_PASS_DEF_TILEMERGEKERNELS
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

/// Apart from names, those of the tables included.
static bool areEqual(tile::KernelOp a, tile::KernelOp b) {
  return a.getFunctionType() == b.getFunctionType() &&
         a.getSchedulesAttr() == b.getSchedulesAttr() &&
         OperationEquivalence::isRegionEquivalentTo(
             &a.getBody(), &b.getBody(),
             OperationEquivalence::Flags::IgnoreLocations);
}

namespace {
struct MergeKernels : keops::impl::TileMergeKernelsBase<MergeKernels> {
  void runOnOperation() override {
    SmallVector<tile::KernelOp> kept;
    DenseMap<StringAttr, StringAttr> replacements;
    for (tile::KernelOp kernel :
         llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      auto *twin = llvm::find_if(
          kept, [&](tile::KernelOp other) { return areEqual(other, kernel); });
      if (twin == kept.end()) {
        kept.push_back(kernel);
        continue;
      }
      replacements[kernel.getSymNameAttr()] = twin->getSymNameAttr();
      kernel.erase();
    }
    getOperation().walk([&](tile::LaunchOp launch) {
      if (StringAttr twin =
              replacements.lookup(launch.getKernelAttr().getAttr()))
        launch.setKernelAttr(FlatSymbolRefAttr::get(twin));
    });
  }
};
} // namespace
