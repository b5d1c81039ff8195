//===- DeviceCode.cpp - from functions of a GPU module to what runs -------===//

#include "compiler/Driver/DeviceCode.h"
#include "compiler/Codegen/Cubin.h"
#include "compiler/Codegen/Ptx.h"
#include "compiler/Conversion/GPU/Schedule.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

using namespace mlir;

namespace keops {

namespace {
/// Text for a GPU and later ones, or for those with good tensor cores.
struct Text {
  int arch;
  std::string ptx;
  bool isForTensor;
};
} // namespace

/// Machine code for the GPUs that were named, where there is an assembler.
static FailureOr<DictionaryAttr> assemble(Location location,
                                          ArrayRef<Text> texts,
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
    StringRef ptx;
    for (const Text &text : texts)
      if (!text.isForTensor || device::isTensorArch(arch))
        ptx = text.ptx;
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
  SmallVector<gpu::GPUModuleOp> images =
      llvm::to_vector(module.getOps<gpu::GPUModuleOp>());
  if (images.empty())
    return success();
  SmallVector<Text> texts;
  for (gpu::GPUModuleOp image : images) {
    int arch = options.archs.empty() ? 75 : *llvm::min_element(options.archs);
    bool isForTensor = image->hasAttr(device::kForTensorArchs);
    if (isForTensor)
      arch = std::max(arch, device::kTensorArchs[0]);
    FailureOr<std::string> ptx = generatePtx(image, arch, !options.precise);
    if (failed(ptx))
      return failure();
    texts.push_back({arch, *ptx, isForTensor});
  }
  Location location = images.front().getLoc();
  FailureOr<DictionaryAttr> cubins =
      assemble(location, texts, options, spilling);
  if (failed(cubins))
    return failure();
  OpBuilder builder(images.front());
  NamedAttrList later;
  for (const Text &text : ArrayRef(texts).drop_front())
    for (int arch : device::kTensorArchs)
      if (arch >= text.arch)
        later.set("sm_" + std::to_string(arch),
                  builder.getStringAttr(text.ptx));
  tile::DeviceCodeOp::create(
      builder, location, builder.getI64IntegerAttr(texts.front().arch),
      builder.getStringAttr(texts.front().ptx),
      later.empty() ? DictionaryAttr()
                    : later.getDictionary(module.getContext()),
      *cubins);
  for (gpu::GPUModuleOp image : images)
    image.erase();
  return success();
}

/// The best schedule that needs fewer registers than the present one and is not
/// so much slower that a few loads and stores would be better.
static tile::ScheduleAttr nextSchedule(tile::KernelOp kernel,
                                       const CompileOptions &options) {
  constexpr double kWorth = 1.25;
  auto candidates =
      device::candidatesFor(kernel, options.precise, options.hasTensorCores());
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
    if (tile::ScheduleAttr next = nextSchedule(kernel, options)) {
      device::setSchedule(kernel, next);
      areThere = true;
    }
  });
  spilling.clear();
  return areThere;
}

} // namespace keops
