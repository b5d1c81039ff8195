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
    DenseMap<StringAttr, tile::LaunchOp> launches;
    module.walk([&](tile::LaunchOp launch) {
      launches[launch.getKernelAttr().getAttr()] = launch;
    });
    for (tile::KernelOp kernel :
         llvm::make_early_inc_range(module.getOps<tile::KernelOp>())) {
      tile::LaunchOp launch = launches.lookup(kernel.getSymNameAttr());
      if (!launch || !kernel.getSchedules()) {
        kernel.emitError(launch ? "has no schedule: run tile-schedule first"
                                : "is not launched by any plan");
        return signalPassFailure();
      }
      if (failed(convert(kernel, launch)))
        return signalPassFailure();
      kernel.erase();
    }
  }

  /// Operations in the code of a plan for an instruction set, so far.
  std::map<std::pair<Operation *, tile::Isa>, int64_t> sizes;

  LogicalResult convert(tile::KernelOp kernel, tile::LaunchOp launch) {
    OpBuilder builder(kernel);
    SmallVector<Attribute> host;
    double pairNs = 0;
    for (auto schedule :
         kernel.getSchedules()->getAsRange<tile::ScheduleAttr>()) {
      cpu::KernelEmitter emitter(kernel, schedule, builder);
      host.push_back(emitter.emit());
      // LLVM's time grows with the code, and faster. All kernels of a formula
      // count together: one may have hundreds.
      int64_t &size = sizes[{launch->getParentOp(), schedule.getIsa()}];
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
    launch.setHostAttr(builder.getArrayAttr(host));
    launch.setPairNsAttr(builder.getF64FloatAttr(pairNs));
    return success();
  }
};

} // namespace
