//===- DeviceCode.cpp - from functions of a GPU module to what runs -------===//

#include "compiler/Driver/DeviceCode.h"
#include "compiler/Codegen/Cubin.h"
#include "compiler/Codegen/Ptx.h"
#include "compiler/Conversion/GPU/Schedule.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

using namespace mlir;

namespace keops {

/// Machine code for the GPUs that were named, where there is an assembler.
static FailureOr<DictionaryAttr> assemble(Location location, StringRef ptx,
                                          const CompileOptions &options,
                                          StringSet<> &spilling) {
  NamedAttrList cubins;
  MLIRContext *context = location.getContext();
  std::optional<std::string> ptxas;
  if (!options.archs.empty())
    ptxas = findPtxas();
  if (!ptxas)
    return DictionaryAttr();
  for (int arch : options.archs) {
    FailureOr<Cubin> cubin = assemblePtx(*ptxas, ptx, arch, location);
    if (failed(cubin))
      return failure();
    cubins.set("sm_" + std::to_string(arch),
               StringAttr::get(context, cubin->code));
    for (StringRef name : cubin->spilling)
      spilling.insert(name);
  }
  return cubins.getDictionary(context);
}

LogicalResult compileDeviceCode(ModuleOp module, const CompileOptions &options,
                                StringSet<> &spilling) {
  for (auto code :
       llvm::make_early_inc_range(module.getOps<gpu::GPUModuleOp>())) {
    int arch = options.archs.empty() ? 75 : *llvm::min_element(options.archs);
    FailureOr<std::string> ptx = generatePtx(code, arch, !options.precise);
    if (failed(ptx))
      return failure();
    FailureOr<DictionaryAttr> cubins =
        assemble(code.getLoc(), *ptx, options, spilling);
    if (failed(cubins))
      return failure();
    OpBuilder builder(code);
    tile::DeviceCodeOp::create(builder, code.getLoc(),
                               builder.getI64IntegerAttr(arch),
                               builder.getStringAttr(*ptx), *cubins);
    code.erase();
  }
  return success();
}

/// The best schedule that needs fewer registers than the present one and is not
/// so much slower that a few loads and stores would be better.
static tile::ScheduleAttr nextSchedule(tile::KernelOp kernel, bool precise) {
  constexpr double kWorth = 1.25;
  auto candidates = device::candidatesFor(kernel, precise);
  const auto *present = llvm::find_if(candidates, [&](const auto &candidate) {
    return candidate.schedule == device::scheduleOf(kernel);
  });
  if (present == candidates.end())
    return {}; // chosen by hand
  for (const device::Candidate &candidate : candidates)
    if (candidate.cost.registers < present->cost.registers &&
        candidate.cycles() < kWorth * present->cycles())
      return candidate.schedule;
  return {};
}

bool takeOthers(ModuleOp before, ModuleOp after, StringSet<> &spilling,
                const CompileOptions &options) {
  bool areThere = false;
  after.walk([&](tile::LaunchOp launch) {
    std::optional<tile::DeviceStepAttr> step = launch.getDevice();
    // A kernel may be launched by several plans.
    if (!step || !step->getSweep() ||
        !spilling.erase(step->getSweep().getValue()))
      return;
    auto kernel = before.lookupSymbol<tile::KernelOp>(launch.getKernel());
    if (tile::ScheduleAttr next = nextSchedule(kernel, options.precise)) {
      device::setSchedule(kernel, next);
      areThere = true;
    }
  });
  spilling.clear();
  return areThere;
}

} // namespace keops
