//===- LoopMachine.cpp - branches and loops of lane programs --------------===//

#include "compiler/Conversion/LoopMachine.h"
#include "compiler/Conversion/LaneProgram.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace keops {

Lanes LoopMachine::ifAny(const Lane &mask, ArrayRef<Lane> keep,
                         llvm::function_ref<Lanes()> then) {
  SmallVector<Value> kept = flatten(keep);
  auto branch = scf::IfOp::create(builder, TypeRange(ValueRange(kept)),
                                  any(mask), /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  Lanes taken = then();
  if (keep.empty()) // the builder has put the terminators already
    return {};
  // A lane that lost an axis on the way is the same in every copy.
  for (auto [lane, like] : llvm::zip_equal(taken, keep))
    lane = spread(lane, like.rows, like.cols);
  scf::YieldOp::create(builder, flatten(taken));
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, kept);
  return unflatten(branch.getResults(), keep);
}

Lanes LoopMachine::loop(int64_t count, ArrayRef<Lane> carried,
                        llvm::function_ref<Lanes(Value, ArrayRef<Lane>)> body,
                        bool isInner) {
  int64_t atOnce = isInner ? 4 : 1, main = count - count % atOnce;
  auto several = [&](Value first, int64_t turns, Lanes lanes) {
    for (int64_t k = 0; k < turns; ++k)
      lanes = body(position(first, 1, k), lanes);
    return lanes;
  };
  Lanes lanes(carried);
  if (main > 0)
    lanes = emitLoop(*this, position(0), position(main), atOnce, lanes,
                     [&](Value first, Lanes inner) {
                       return several(first, atOnce, std::move(inner));
                     });
  return several(position(main), count - main, std::move(lanes));
}

} // namespace keops
