//===- TileToGPU.cpp - kernels become functions of a GPU module -----------===//
//
// Kernels with a schedule for GPUs give functions of one gpu.module, which all
// launch cards share. They stay where they are, without that schedule, if they
// have others. The functions themselves are made in GPU/.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Functions.h"

namespace keops {
#define GEN_PASS_DEF_TILETOGPU
#include "compiler/Conversion/Passes.h.inc"
} // namespace keops

using namespace mlir;
using namespace keops;

namespace {

struct TileToGPU : keops::impl::TileToGPUBase<TileToGPU> {
  using TileToGPUBase::TileToGPUBase;

  void runOnOperation() override {
    sizes.clear();
    hostOnly.clear();
    ModuleOp module = getOperation();
    DenseMap<StringAttr, SmallVector<tile::LaunchOp>> launches;
    module.walk([&](tile::LaunchOp launch) {
      launches[launch.getKernelAttr().getAttr()].push_back(launch);
    });
    gpu::GPUModuleOp code;
    for (tile::KernelOp kernel :
         llvm::make_early_inc_range(module.getOps<tile::KernelOp>())) {
      tile::ScheduleAttr schedule = takeSchedule(kernel);
      if (!schedule)
        continue;
      OpBuilder atEnd = OpBuilder::atBlockEnd(module.getBody());
      if (!code)
        code = gpu::GPUModuleOp::create(atEnd, kernel.getLoc(), "keops_device");
      ArrayRef<tile::LaunchOp> its = launches[kernel.getSymNameAttr()];
      // For a plan that the CPU does alone, one reason is enough.
      bool isForHost =
          !its.empty() && llvm::all_of(its, [&](Operation *launch) {
            return hostOnly.contains(launch->getParentOp());
          });
      if (!isForHost && failed(convert(kernel, schedule, code, its))) {
        if (!isOptional)
          return signalPassFailure();
        for (tile::LaunchOp launch : its)
          hostOnly.insert(launch->getParentOp());
      }
      if (kernel.getSchedules()->empty())
        kernel.erase();
    }
    if (code && code.getBody()->empty())
      code.erase();
    for (Operation *plan : hostOnly)
      plan->walk([](tile::LaunchOp launch) { launch.removeDeviceAttr(); });
  }

  /// Plans that a GPU cannot do whole.
  SetVector<Operation *> hostOnly;

  /// Operations in the code of a plan, so far.
  DenseMap<Operation *, int64_t> sizes;

  /// The schedule for GPUs, which the kernel then has no longer.
  tile::ScheduleAttr takeSchedule(tile::KernelOp kernel) {
    tile::ScheduleAttr taken;
    SmallVector<Attribute> rest;
    if (!kernel.getSchedules())
      return taken;
    for (auto schedule :
         kernel.getSchedules()->getAsRange<tile::ScheduleAttr>())
      if (schedule.getIsa() == tile::Isa::Gpu)
        taken = schedule;
      else
        rest.push_back(schedule);
    kernel.setSchedulesAttr(ArrayAttr::get(&getContext(), rest));
    return taken;
  }

  InFlightDiagnostic refuse(tile::KernelOp kernel) {
    return isOptional ? kernel.emitWarning("there will be no code for GPUs: ")
                      : kernel.emitError();
  }

  LogicalResult convert(tile::KernelOp kernel, tile::ScheduleAttr schedule,
                        gpu::GPUModuleOp code,
                        ArrayRef<tile::LaunchOp> launches) {
    if (launches.empty())
      return kernel.emitError("is not launched by any plan");
    OpBuilder builder = OpBuilder::atBlockEnd(code.getBody());
    device::KernelEmitter emitter(kernel, schedule, builder, precise);
    if (std::optional<std::string> reason = emitter.unsupported())
      return refuse(kernel) << *reason;
    Operation *last =
        code.getBody()->empty() ? nullptr : &code.getBody()->back();
    tile::DeviceStepAttr step = emitter.emit();
    // What compilers make of it takes time, as on a CPU.
    int64_t &size = sizes[launches.front()->getParentOp()];
    size += emitter.size();
    if (size > maxUnrolled) {
      while (!code.getBody()->empty() && &code.getBody()->back() != last)
        code.getBody()->back().erase();
      return refuse(kernel)
             << "the limit of " << maxUnrolled.getValue()
             << " on unrolled operations is exceeded: the code for a GPU takes "
             << size << "; raise it with --max-unrolled";
    }
    for (tile::LaunchOp launch : launches)
      launch.setDeviceAttr(step);
    return success();
  }
};

} // namespace
