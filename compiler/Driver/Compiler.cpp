//===- Compiler.cpp - from a parsed module to code ------------------------===//

#include "compiler/Driver/Compiler.h"
#include "compiler/Codegen/Object.h"
#include "compiler/Codegen/Ptx.h"
#include "compiler/Codegen/Target.h"
#include "compiler/Conversion/CPU/InFlight.h"
#include "compiler/Conversion/GPU/Schedule.h"
#include "compiler/Driver/DeviceCode.h"
#include "compiler/Driver/Pipeline.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include <chrono>

using namespace mlir;

namespace keops {

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

static constexpr StringRef kStageNames[] = {"formula", "grad", "stable", "tile",
                                            "cpu",     "gpu",  "llvm",   "ptx",
                                            "asm",     "obj",  "cost"};

StringRef stageName(Stage stage) {
  return kStageNames[static_cast<size_t>(stage)];
}

std::optional<Stage> parseStage(StringRef name) {
  const StringRef *found = llvm::find(kStageNames, name);
  if (found == std::end(kStageNames))
    return std::nullopt;
  return static_cast<Stage>(found - kStageNames);
}

namespace {

/// Adds the time until its end to a list, if there is one.
class Stopwatch {
public:
  Stopwatch(StageTimes *times, StringRef name) : times(times), name(name) {}
  ~Stopwatch() {
    std::chrono::duration<double, std::milli> passed =
        std::chrono::steady_clock::now() - start;
    if (times)
      times->push_back({name.str(), passed.count()});
  }
  Stopwatch(const Stopwatch &) = delete;
  Stopwatch &operator=(const Stopwatch &) = delete;

private:
  StageTimes *times;
  StringRef name;
  std::chrono::steady_clock::time_point start =
      std::chrono::steady_clock::now();
};

} // namespace

void CompileOptions::print(raw_ostream &os) const {
  os << "isas";
  for (tile::Isa isa : isas)
    os << " " << tile::stringifyIsa(isa);
  os << ", archs";
  if (device)
    for (int arch : archs)
      os << " " << arch;
  os << ", host " << host << ", device " << device << ", optional "
     << deviceIsOptional << ", precise " << precise << ", unrolled "
     << maxUnrolled << "\n";
}

bool CompileOptions::hasTensorCores() const {
  return !precise &&
         (archs.empty() || llvm::any_of(archs, device::isTensorArch));
}

bool CompileOptions::hasOtherGpus() const {
  return archs.empty() || !llvm::all_of(archs, device::isTensorArch);
}

std::optional<tile::Isa> nativeIsa() {
  std::optional<int> level = hostLevel();
  if (!level)
    return std::nullopt;
  return tile::symbolizeIsa(static_cast<uint32_t>(*level));
}

std::optional<tile::Isa> parseIsa(StringRef name) {
  if (!name.consume_front("x86-64-"))
    return std::nullopt;
  return tile::symbolizeIsa(name);
}

std::optional<int> parseArch(StringRef name) {
  int arch;
  if (!name.consume_front("sm_") || name.getAsInteger(10, arch) ||
      !isDeviceArch(arch))
    return std::nullopt;
  return arch;
}

std::unique_ptr<MLIRContext> makeContext() {
  DialectRegistry registry;
  registerDialects(registry);
  // A formula is too small to be shared among threads, whose start takes
  // longer than all the passes.
  auto context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  // Errors speak to users, who have never seen an op.
  context->printOpOnDiagnostic(false);
  return context;
}

//===----------------------------------------------------------------------===//
// Formula to llvm dialect
//===----------------------------------------------------------------------===//

/// What tile-schedule is asked for.
static SmallVector<std::string> schedulesFor(const CompileOptions &options) {
  SmallVector<tile::Isa> isas;
  if (options.host)
    isas = options.isas;
  if (options.host && isas.empty())
    isas = {tile::Isa::V4, tile::Isa::V3, tile::Isa::V2};
  if (options.device)
    isas.push_back(tile::Isa::Gpu);
  return llvm::map_to_vector(
      isas, [](tile::Isa isa) { return tile::stringifyIsa(isa).str(); });
}

static void build(OpPassManager &passes, Stage stage,
                  const CompileOptions &options) {
  switch (stage) {
  case Stage::Grad:
    return buildGrad(passes);
  case Stage::Stable:
    return buildStable(passes);
  case Stage::Tile:
    return buildTile(passes, options, schedulesFor(options));
  case Stage::Cpu:
    return buildCpu(passes, options);
  case Stage::Gpu:
    return buildGpu(passes, options);
  case Stage::Llvm:
    return buildLlvm(passes);
  case Stage::Ptx:
    return buildNvvm(passes);
  case Stage::Formula:
  case Stage::Asm:
  case Stage::Obj:
  case Stage::Cost:
    return;
  }
}

/// Stages in order. A program for both goes by the GPU first: kernels are there
/// until the CPU has them.
static SmallVector<Stage> roadTo(Stage stage, const CompileOptions &options) {
  SmallVector<Stage> road{Stage::Formula, Stage::Grad, Stage::Stable,
                          Stage::Tile};
  bool forDevice = stage == Stage::Gpu || stage == Stage::Ptx;
  if (forDevice || (options.device && stage == Stage::Llvm))
    road.append({Stage::Gpu, Stage::Ptx});
  if (!forDevice)
    road.append({Stage::Cpu, Stage::Llvm});
  road.erase(std::next(llvm::find(road, stage)), road.end());
  return road;
}

/// One stage after the other.
static LogicalResult follow(ModuleOp module, ArrayRef<Stage> road,
                            const CompileOptions &options, StageTimes *times,
                            StringSet<> &spilling) {
  for (Stage next : road) {
    Stopwatch watch(times, stageName(next));
    PassManager passes(module.getContext());
    // Once for a stage, not once for each pass: that is a fifth of the time.
    passes.enableVerifier(false);
    build(passes, next, options);
    if (failed(passes.run(module)) || failed(verify(module)) ||
        (next == Stage::Ptx &&
         failed(compileDeviceCode(module, options, spilling))))
      return failure();
  }
  return success();
}

LogicalResult advance(ModuleOp module, Stage from, Stage stage,
                      const CompileOptions &options, StageTimes *times) {
  if (stage > Stage::Ptx)
    return module.emitError("there is no way to stage ") << stageName(stage);
  SmallVector<Stage> road = roadTo(stage, options);
  ArrayRef<Stage> rest(llvm::find(road, from) + 1, road.end());
  StringSet<> spilling;
  const Stage *code = llvm::find(rest, Stage::Gpu);
  if (failed(follow(module, {rest.begin(), code}, options, times, spilling)))
    return failure();
  rest = {code, rest.end()};
  const Stage *text = llvm::find(rest, Stage::Ptx);
  if (text == rest.end())
    return follow(module, rest, options, times, spilling);
  // Schedules are chosen before an assembler has seen the code that they give.
  while (true) {
    OwningOpRef<ModuleOp> before;
    if (!options.archs.empty())
      before = module.clone();
    ArrayRef<Stage> device(rest.begin(), text + 1);
    if (failed(follow(module, device, options, times, spilling)))
      return failure();
    if (spilling.empty() || !takeOthers(*before, module, spilling, options))
      return follow(module, {text + 1, rest.end()}, options, times, spilling);
    module.getBodyRegion().takeBody(before->getBodyRegion());
  }
}

//===----------------------------------------------------------------------===//
// What callers must know
//===----------------------------------------------------------------------===//

static Parameter parameter(std::string name, Type type) {
  auto vec = cast<VecType>(type);
  return {std::move(name), vec.getAxes(), vec.getDim(), vec.getScalar()};
}

std::vector<KernelSignature> signaturesOf(ModuleOp module) {
  std::vector<KernelSignature> signatures;
  for (FormulaOp formula : module.getOps<FormulaOp>()) {
    KernelSignature signature;
    signature.name = formula.getSymName().str();
    if (auto text = formula->getAttrOfType<StringAttr>("keops.text"))
      signature.text = text.str();
    for (auto [n, type] : llvm::enumerate(formula.getArgumentTypes()))
      signature.inputs.push_back(parameter(formula.getArgumentName(n), type));
    for (auto [n, type] : llvm::enumerate(formula.getResultTypes()))
      signature.outputs.push_back(parameter(formula.getResultName(n), type));
    signatures.push_back(std::move(signature));
  }
  return signatures;
}

SmallVector<std::string> kernelNames(ModuleOp module) {
  SmallVector<std::string> names;
  for (FormulaOp formula : module.getOps<FormulaOp>())
    if (!formula->hasAttr("keops.gradient_of"))
      names.push_back(formula.getSymName().str());
  return names;
}

LogicalResult printCosts(ModuleOp module, const CompileOptions &options,
                         raw_ostream &os, StageTimes *times) {
  CompileOptions host = options, device = options;
  host.device = device.host = false;
  if (options.device) {
    OwningOpRef<ModuleOp> copy = module.clone();
    if (failed(advance(*copy, Stage::Formula, Stage::Tile, device, times)))
      return failure();
    device::printCosts(*copy, options.precise, options.hasTensorCores(), os);
  }
  if (!options.host)
    return success();
  if (options.device)
    os << "\n";
  if (failed(advance(module, Stage::Formula, Stage::Tile, host, times)))
    return failure();
  cpu::printCandidates(module, options.precise, os);
  if (failed(advance(module, Stage::Tile, Stage::Cpu, host, times)))
    return failure();
  cpu::printCosts(module, os);
  return success();
}

//===----------------------------------------------------------------------===//
// llvm dialect to code
//===----------------------------------------------------------------------===//

/// Objects are linked with the runtime and nothing else. A call of anything
/// else is a fault of ours that would show only at the user's linker.
static LogicalResult checkImports(ModuleOp module, ArrayRef<char> object) {
  for (const std::string &name : undefinedSymbols(object))
    if (!StringRef(name).starts_with("keops_rt_"))
      return module.emitError("the generated code calls '")
             << name << "', which is not part of the runtime";
  return success();
}

FailureOr<SmallVector<char, 0>> emitCode(ModuleOp module, Stage stage,
                                         StageTimes *times) {
  if (stage == Stage::Ptx)
    for (auto code : module.getOps<tile::DeviceCodeOp>())
      return SmallVector<char, 0>(code.getPtx().begin(), code.getPtx().end());
  if (stage != Stage::Asm && stage != Stage::Obj)
    return module.emitError("no code is made at stage ") << stageName(stage);
  Stopwatch watch(times, stageName(stage));
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translateToLLVM(module, context);
  if (!code)
    return failure();
  CodeFormat format =
      stage == Stage::Obj ? CodeFormat::Object : CodeFormat::Assembly;
  auto bytes = generateCode(*code, format, module.getLoc());
  if (succeeded(bytes) && stage == Stage::Obj &&
      failed(checkImports(module, *bytes)))
    return failure();
  return bytes;
}

} // namespace keops
