//===- TileToCPU.cpp - kernels become host functions ----------------------===//
//
// Every schedule of every kernel gives its own set of functions; one object can
// so hold code for several instruction sets. The functions themselves are made
// in CPU/.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Functions.h"
#include <map>

namespace keops {
#define GEN_PASS_DEF_TILETOCPU
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

struct TileToCPU : keops::impl::TileToCPUBase<TileToCPU> {
  using TileToCPUBase::TileToCPUBase;

  void runOnOperation() override {
    sizes.clear();
    ModuleOp module = getOperation();
    DenseMap<StringAttr, SmallVector<tile::LaunchOp>> launches;
    module.walk([&](tile::LaunchOp launch) {
      launches[launch.getKernelAttr().getAttr()].push_back(launch);
    });
    for (tile::KernelOp kernel :
         llvm::make_early_inc_range(module.getOps<tile::KernelOp>())) {
      ArrayRef<tile::LaunchOp> its = launches[kernel.getSymNameAttr()];
      if (its.empty() || !kernel.getSchedules()) {
        kernel.emitError(its.empty() ? "is not launched by any plan"
                                     : "has no schedule: run tile-schedule "
                                       "first");
        return signalPassFailure();
      }
      for (auto schedule :
           kernel.getSchedules()->getAsRange<tile::ScheduleAttr>())
        if (schedule.getIsa() == tile::Isa::Gpu) {
          kernel.emitError("has a schedule for GPUs: run convert-tile-to-gpu "
                           "first");
          return signalPassFailure();
        }
      if (failed(convert(kernel, its)))
        return signalPassFailure();
      kernel.erase();
    }
  }

  /// Operations in the code of a plan for an instruction set, so far.
  std::map<std::pair<Operation *, tile::Isa>, int64_t> sizes;

  LogicalResult convert(tile::KernelOp kernel,
                        ArrayRef<tile::LaunchOp> launches) {
    OpBuilder builder(kernel);
    SmallVector<Attribute> host;
    double pairNs = 0;
    for (auto schedule :
         kernel.getSchedules()->getAsRange<tile::ScheduleAttr>()) {
      cpu::KernelEmitter emitter(kernel, schedule, builder, precise);
      host.push_back(emitter.emit());
      // LLVM's time grows with the code, and faster. All kernels of a formula
      // count together: one may have hundreds. One that several formulas share
      // counts for the first.
      Operation *plan = launches.front()->getParentOp();
      int64_t &size = sizes[{plan, schedule.getIsa()}];
      size += emitter.size();
      if (size > maxUnrolled)
        return kernel.emitError("the limit of ")
               << maxUnrolled.getValue()
               << " on unrolled operations is exceeded: the code takes " << size
               << "; raise it with --max-unrolled";
      // The best code: threads must pay for it, too.
      pairNs = host.size() == 1 ? emitter.pairNs()
                                : std::min(pairNs, emitter.pairNs());
    }
    for (tile::LaunchOp launch : launches) {
      launch.setHostAttr(builder.getArrayAttr(host));
      launch.setPairNsAttr(builder.getF64FloatAttr(pairNs));
    }
    return success();
  }
};

} // namespace
