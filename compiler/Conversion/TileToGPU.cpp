//===- TileToGPU.cpp - kernels become functions of a GPU module -----------===//
//
// Kernels with a schedule for GPUs give functions of one gpu.module, which all
// launch cards share. They stay where they are, without that schedule, if they
// have others. Where some are for tensor cores and not all GPUs have good ones,
// all are made twice, in a second module for the GPUs that do. The functions
// themselves are made in GPU/.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Functions.h"
#include "compiler/Conversion/GPU/Schedule.h"

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
    SmallVector<Image> images;
    if (needsBoth(module)) {
      images = {{{}, /*tensor=*/false}, {{}, /*tensor=*/true}};
    } else {
      images = {{{}, /*tensor=*/true}};
    }
    for (tile::KernelOp kernel :
         llvm::make_early_inc_range(module.getOps<tile::KernelOp>())) {
      tile::ScheduleAttr schedule = takeSchedule(kernel);
      if (!schedule)
        continue;
      for (Image &image : images)
        if (!image.code)
          image.code = createModule(module, kernel.getLoc(),
                                    image.tensor && images.size() > 1);
      ArrayRef<tile::LaunchOp> its = launches[kernel.getSymNameAttr()];
      // For a plan that the CPU does alone, one reason is enough.
      bool isForHost =
          !its.empty() && llvm::all_of(its, [&](Operation *launch) {
            return hostOnly.contains(launch->getParentOp());
          });
      if (!isForHost && failed(convert(kernel, schedule, images, its))) {
        if (!isOptional)
          return signalPassFailure();
        for (tile::LaunchOp launch : its)
          hostOnly.insert(launch->getParentOp());
      }
      if (kernel.getSchedules()->empty())
        kernel.erase();
    }
    for (Image &image : images)
      if (image.code && image.code.getBody()->empty())
        image.code.erase();
    for (Operation *plan : hostOnly)
      plan->walk([](tile::LaunchOp launch) { launch.removeDeviceAttr(); });
  }

  /// A module, and whether its functions use tensor cores.
  struct Image {
    gpu::GPUModuleOp code;
    bool tensor;
  };

  bool needsBoth(ModuleOp module) {
    return others &&
           llvm::any_of(module.getOps<tile::KernelOp>(), [](auto kernel) {
             tile::ScheduleAttr schedule = device::scheduleOf(kernel);
             return schedule && schedule.getTensor();
           });
  }

  static gpu::GPUModuleOp createModule(ModuleOp module, Location location,
                                       bool isForTensor) {
    OpBuilder atEnd = OpBuilder::atBlockEnd(module.getBody());
    auto code = gpu::GPUModuleOp::create(
        atEnd, location, isForTensor ? "keops_device_tensor" : "keops_device");
    if (isForTensor)
      code->setAttr(device::kForTensorArchs, atEnd.getUnitAttr());
    return code;
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
                        ArrayRef<Image> images,
                        ArrayRef<tile::LaunchOp> launches) {
    if (launches.empty())
      return kernel.emitError("is not launched by any plan");
    tile::DeviceStepAttr step; // the same of all images but for the time
    int64_t &size = sizes[launches.front()->getParentOp()];
    SmallVector<Operation *> made;
    auto refused = [&] {
      for (Operation *function : made)
        function->erase();
      return refuse(kernel);
    };
    for (Image image : images) {
      Block *code = image.code.getBody();
      OpBuilder builder = OpBuilder::atBlockEnd(code);
      device::KernelEmitter emitter(
          kernel, image.tensor ? schedule : device::withoutTensor(schedule),
          builder, precise);
      if (std::optional<std::string> reason = emitter.unsupported())
        return refused() << *reason;
      auto count = size_t(std::distance(code->begin(), code->end()));
      step = emitter.emit();
      for (Operation &op : llvm::drop_begin(*code, count))
        made.push_back(&op);
      // What compilers make of it takes time, as on a CPU.
      size += emitter.size();
    }
    if (size > maxUnrolled)
      return refused()
             << "the limit of " << maxUnrolled.getValue()
             << " on unrolled operations is exceeded: the code for a GPU takes "
             << size << "; raise it with --max-unrolled";
    for (tile::LaunchOp launch : launches)
      launch.setDeviceAttr(step);
    return success();
  }
};

} // namespace
