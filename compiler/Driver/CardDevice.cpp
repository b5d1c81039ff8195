//===- CardDevice.cpp - what cards say of GPUs ----------------------------===//

#include "compiler/Driver/CardDevice.h"
#include "runtime/Card.h"

using namespace mlir;

namespace keops {

static tile::DeviceCodeOp codeOf(tile::PlanOp plan) {
  auto module = plan->getParentOfType<ModuleOp>();
  for (auto code : module.getOps<tile::DeviceCodeOp>())
    return code;
  return {};
}

FailureOr<llvm::Constant *> deviceStepOf(tile::PlanOp plan,
                                         tile::LaunchOp launch,
                                         const CardConstants &constants) {
  std::optional<tile::DeviceStepAttr> step = launch.getDevice();
  if (!step)
    return constants.null();
  tile::DeviceCodeOp code = codeOf(plan);
  if (!code)
    return launch.emitError("names device code, and there is none");
  auto nameOf = [&](StringAttr name) {
    return name ? constants.text(name) : constants.null();
  };
  auto threadsOf = [&](StringAttr name) {
    return constants.i32(name ? step->getThreads() : 0);
  };
  return constants.array(constants.fields(
      {nameOf(step->getSweep()), nameOf(step->getFinish()),
       nameOf(step->getClose()), threadsOf(step->getSweep()),
       threadsOf(step->getFinish()), threadsOf(step->getClose()),
       constants.i32(step->getSharedBytes()),
       constants.i64(step->getTileRows()), constants.i64(step->getColQuantum()),
       constants.i64(step->getStateBytes()),
       constants.i64(step->getPartialBytes()),
       constants.f64(step->getPairCycles().getValueAsDouble())}));
}

namespace {
/// Machine code, or text for later GPUs.
struct Image {
  int64_t arch;
  bool isText;
  StringRef bytes;
};
} // namespace

/// The best first: for later GPUs, and machine code before text.
static SmallVector<Image> imagesOf(tile::DeviceCodeOp code) {
  SmallVector<Image> images;
  for (DictionaryAttr named : {code.getCubinsAttr(), code.getTextsAttr()})
    if (named)
      for (NamedAttribute image : named) {
        int64_t arch = 0;
        image.getName().getValue().drop_front(3).getAsInteger(10, arch);
        images.push_back({arch, named == code.getTextsAttr(),
                          cast<StringAttr>(image.getValue()).getValue()});
      }
  llvm::stable_sort(
      images, [](const Image &a, const Image &b) { return a.arch > b.arch; });
  return images;
}

llvm::Constant *deviceCodeOf(tile::PlanOp plan, llvm::Module &module,
                             const CardConstants &constants) {
  tile::DeviceCodeOp code = codeOf(plan);
  auto launches = plan.getBody().getOps<tile::LaunchOp>();
  bool isUsed = llvm::any_of(launches, [](tile::LaunchOp launch) {
    return launch.getDevice().has_value();
  });
  if (!code || !isUsed)
    return constants.null();
  constexpr const char *symbol = "keops_device_code";
  if (llvm::GlobalVariable *written = module.getNamedGlobal(symbol))
    return written;
  SmallVector<Image> images = imagesOf(code);
  DenseMap<StringRef, llvm::Constant *> known; // a text may be for several
  SmallVector<llvm::Constant *> cubins;
  for (const Image &image : images) {
    llvm::Constant *&data = known[image.bytes];
    if (!data)
      data = constants.text(image.bytes);
    cubins.push_back(constants.fields(
        {constants.i32(image.arch), constants.i32(image.isText),
         constants.i64(image.bytes.size()), data}));
  }
  llvm::Constant *value = constants.fields(
      {constants.i32(code.getArch()), constants.i32(cubins.size()),
       constants.text(code.getPtx()), constants.i64(code.getPtx().size()),
       constants.array(cubins)});
  return new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                  llvm::GlobalValue::InternalLinkage, value,
                                  symbol);
}

} // namespace keops
