//===- SplitLong.cpp - reductions of long values by simpler ones ----------===//
//
//   reduce #keops.mean %f  =>  div (reduce #keops.sum %f), (reduce #keops.sum
//   1)
//
// for f with more components than are kept in registers, and so for the other
// reductions whose components share a part of the state: see `splitState` of
// the interface. Loops over components work on one component at a time.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/LaneProgram.h"
#include "compiler/Conversion/Passes.h"

namespace keops {
#define GEN_PASS_DEF_KEOPSSPLITLONG
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

struct KeopsSplitLong : keops::impl::KeopsSplitLongBase<KeopsSplitLong> {
  void runOnOperation() override {
    for (ReduceOp reduce : llvm::to_vector(getOperation().getOps<ReduceOp>())) {
      if (llvm::none_of(reduce->getOperands(), isLong))
        continue;
      OpBuilder builder(reduce);
      SmallVector<Value> results =
          reduce.getReduction().splitState(builder, reduce);
      if (results.empty())
        continue;
      reduce->replaceAllUsesWith(results);
      reduce->erase();
    }
  }
};

} // namespace
