//===- LaneJit.cpp - run a lane program over arrays -----------------------===//

#include "test/Unit/LaneJit.h"
#include "test/Unit/LaneCode.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/TargetParser/Host.h"

#include <cstring>
#include <vector>

using namespace mlir;

namespace keops {

using cpu::CpuMachine;
using cpu::Isa;

bool hostRuns(Isa isa) {
  auto features = llvm::sys::getHostCPUFeatures();
  auto all = [&](std::initializer_list<llvm::StringRef> names) {
    return llvm::all_of(names, [&](auto name) { return features[name]; });
  };
  switch (isa) {
  case Isa::Scalar:
    return true;
  case Isa::V2:
    return all({"sse4.2", "popcnt"});
  case Isa::V3:
    return all({"avx2", "fma", "bmi", "bmi2", "f16c", "lzcnt"});
  case Isa::V4:
    return all({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"});
  }
  return false;
}

struct LaneJit::Compiled {
  std::unique_ptr<llvm::orc::LLJIT> jit;
  void *entry = nullptr;

  void call(MutableArrayRef<ArrayDescriptor> arrays, int64_t count) const {
    ArrayDescriptor *a = arrays.data();
    switch (arrays.size()) {
    case 2:
      using Unary = void (*)(void *, void *, int64_t);
      return reinterpret_cast<Unary>(entry)(a, a + 1, count);
    case 3:
      using Binary = void (*)(void *, void *, void *, int64_t);
      return reinterpret_cast<Binary>(entry)(a, a + 1, a + 2, count);
    }
    llvm::report_fatal_error("LaneJit takes one or two operands");
  }
};

//===----------------------------------------------------------------------===//
// Building the module
//===----------------------------------------------------------------------===//

/// memref[at], or a vector of lane width from there.
static Value loadLane(CpuMachine &machine, Value memref, Value at) {
  if (machine.width() == 1)
    return memref::LoadOp::create(machine.builder, memref, at);
  auto type = cast<VectorType>(machine.laneType(machine.real()));
  return vector::LoadOp::create(machine.builder, type, memref, at);
}

static void storeLane(CpuMachine &machine, Value value, Value memref,
                      Value at) {
  if (machine.width() == 1)
    memref::StoreOp::create(machine.builder, value, memref, at);
  else
    vector::StoreOp::create(machine.builder, value, memref, at);
}

/// One turn of the loop: results from `at` on, for whole bundles.
static void buildTurn(CpuMachine &machine, const LaneShape &shape,
                      ArrayRef<Value> memrefs, Value at, LaneJit::Body body) {
  ImplicitLocOpBuilder &builder = machine.builder;
  SmallVector<Value> places;
  for (int k = 0; k < shape.rows * shape.cols; ++k) {
    Value step = arith::ConstantIndexOp::create(builder, k * machine.width());
    places.push_back(arith::AddIOp::create(builder, at, step));
  }
  SmallVector<Lane> operands;
  for (Value memref : memrefs.drop_back()) {
    Lane lane{&machine, shape.rows, shape.cols, {}};
    for (Value place : places)
      lane.values.push_back(loadLane(machine, memref, place));
    operands.push_back(lane);
  }
  Lane result = machine.spread(body(machine, operands), shape.rows, shape.cols);
  for (auto [value, place] : llvm::zip(result.values, places))
    storeLane(machine, value, memrefs.back(), place);
}

/// func @run(%x0: memref<?xT>, ..., %y: memref<?xT>, %n: i64).
static OwningOpRef<ModuleOp>
buildModule(MLIRContext &context, const LaneShape &shape, LaneJit::Body body) {
  OwningOpRef<ModuleOp> module(ModuleOp::create(UnknownLoc::get(&context)));
  ImplicitLocOpBuilder builder(module->getLoc(), &context);
  builder.setInsertionPointToStart(module->getBody());
  FloatType real = shape.isDouble ? FloatType(builder.getF64Type())
                                  : FloatType(builder.getF32Type());
  Type array = MemRefType::get({ShapedType::kDynamic}, real);
  SmallVector<Type> arguments(shape.operands + 1, array);
  arguments.push_back(builder.getI64Type());
  auto run = func::FuncOp::create(builder, "run",
                                  builder.getFunctionType(arguments, {}));
  run->setAttr("llvm.emit_c_interface", builder.getUnitAttr());
  Block *entry = run.addEntryBlock();
  builder.setInsertionPointToStart(entry);

  CpuMachine machine(builder, real, shape.isa, shape.width, shape.precise);
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, value);
  };
  Value count = arith::IndexCastOp::create(builder, builder.getIndexType(),
                                           entry->getArguments().back());
  SmallVector<Value> memrefs(entry->getArguments().drop_back());
  auto loop =
      scf::ForOp::create(builder, index(0), count,
                         index(machine.width() * shape.rows * shape.cols));
  builder.setInsertionPointToStart(loop.getBody());
  buildTurn(machine, shape, memrefs, loop.getInductionVar(), body);
  builder.setInsertionPointToEnd(entry);
  func::ReturnOp::create(builder);
  return module;
}

LaneJit::LaneJit(const LaneShape &shape, Body body)
    : shape(shape), compiled(std::make_unique<Compiled>()) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  loadLaneDialects(context);
  OwningOpRef<ModuleOp> module = buildModule(context, this->shape, body);
  compiled->jit = compileLanes(*module, shape.isa, &text);
  compiled->entry =
      llvm::cantFail(compiled->jit->lookup("_mlir_ciface_run")).toPtr<void *>();
}

LaneJit::~LaneJit() = default;

//===----------------------------------------------------------------------===//
// Use
//===----------------------------------------------------------------------===//

int64_t LaneJit::block() const {
  int width = shape.width
                  ? shape.width
                  : cpu::naturalWidth(shape.isa, shape.isDouble ? 64 : 32);
  return int64_t(width) * shape.rows * shape.cols;
}

void LaneJit::operator()(ArrayRef<const void *> inputs, void *output,
                         int64_t count) const {
  size_t bytes = shape.isDouble ? 8 : 4;
  auto run = [&](ArrayRef<const void *> from, void *to, int64_t n) {
    SmallVector<ArrayDescriptor, 3> arrays;
    for (const void *x : from)
      arrays.push_back({const_cast<void *>(x), const_cast<void *>(x), 0, n, 1});
    arrays.push_back({to, to, 0, n, 1});
    compiled->call(arrays, n);
  };
  int64_t whole = count - count % block();
  run(inputs, output, whole);
  if (whole == count)
    return;

  // The rest goes through buffers of one block.
  size_t used = (count - whole) * bytes;
  std::vector<std::vector<char>> buffers(inputs.size() + 1);
  SmallVector<const void *> padded;
  for (auto [k, buffer] : llvm::enumerate(buffers)) {
    buffer.resize(block() * bytes);
    if (k == inputs.size())
      break;
    std::memcpy(buffer.data(),
                static_cast<const char *>(inputs[k]) + whole * bytes, used);
    padded.push_back(buffer.data());
  }
  run(padded, buffers.back().data(), block());
  std::memcpy(static_cast<char *>(output) + whole * bytes,
              buffers.back().data(), used);
}

int LaneJit::loopInstructions() const {
  SmallVector<llvm::StringRef> lines;
  llvm::StringRef(text).split(lines, '\n');
  llvm::StringMap<int> labels; // instructions before a label
  int instructions = 0;
  for (llvm::StringRef line : lines) {
    llvm::StringRef code = line.split('#').first.rtrim();
    if (code.starts_with(".LBB") && code.ends_with(":"))
      labels[code.drop_back()] = instructions;
    if (!code.starts_with("\t") || code.starts_with("\t."))
      continue;
    ++instructions;
    auto [name, target] = code.trim().split('\t');
    if (name.starts_with("j") && labels.count(target))
      return instructions - labels[target];
  }
  return 0;
}

} // namespace keops
