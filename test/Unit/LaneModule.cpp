//===- LaneModule.cpp - many lane programs, compiled together -------------===//

#include "test/Unit/LaneModule.h"
#include "test/Unit/LaneCode.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace keops {

using cpu::CpuMachine;
using cpu::Isa;

struct LaneModule::Code {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

LaneModule::LaneModule(MLIRContext &context, const LaneShape &shape)
    : shape(shape), code(std::make_unique<Code>()) {
  loadLaneDialects(context);
  module = ModuleOp::create(UnknownLoc::get(&context));
}

LaneModule::~LaneModule() = default;

static int widthOf(const LaneShape &shape) {
  return shape.width ? shape.width
                     : cpu::naturalWidth(shape.isa, shape.isDouble ? 64 : 32);
}

int LaneModule::width() const { return widthOf(shape); }

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

/// The SSA value at place `slot` of an array of SSA values.
static Value load(CpuMachine &machine, Value memref, int64_t slot) {
  ImplicitLocOpBuilder &builder = machine.builder;
  Value at = arith::ConstantIndexOp::create(builder, slot * machine.width());
  if (machine.width() == 1)
    return memref::LoadOp::create(builder, memref, at);
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto type = cast<VectorType>(machine.laneType(element));
  return vector::LoadOp::create(builder, type, memref, at);
}

static void store(CpuMachine &machine, Value value, Value memref,
                  int64_t slot) {
  ImplicitLocOpBuilder &builder = machine.builder;
  Value at = arith::ConstantIndexOp::create(builder, slot * machine.width());
  if (machine.width() == 1)
    memref::StoreOp::create(builder, value, memref, at);
  else
    vector::StoreOp::create(builder, value, memref, at);
}

/// Which of two arrays the values of a kind are in.
static int arrayOf(LaneKind kind) { return kind == LaneKind::Wide; }

/// How many of `kinds` are in that array: the place of the next one.
static int64_t placesIn(ArrayRef<LaneKind> kinds, int array) {
  return llvm::count_if(kinds,
                        [&](LaneKind kind) { return arrayOf(kind) == array; });
}

// func @f7(%x: memref<?xT>, %wideX: memref<?xf64>, %y: memref<?xT>, %wideY:
// memref<?xf64>). Column numbers are as wide as the numbers, and travel as
// their bits.
int LaneModule::add(ArrayRef<LaneInput> inputs, Body body) {
  MLIRContext *context = module->getContext();
  ImplicitLocOpBuilder builder(module->getLoc(), context);
  builder.setInsertionPointToEnd(module->getBody());
  FloatType real = shape.isDouble ? FloatType(builder.getF64Type())
                                  : FloatType(builder.getF32Type());
  Type array = MemRefType::get({ShapedType::kDynamic}, real);
  Type wide =
      MemRefType::get({ShapedType::kDynamic}, Type(builder.getF64Type()));
  int number = static_cast<int>(programs.size());
  auto function = func::FuncOp::create(
      builder, "f" + std::to_string(number),
      builder.getFunctionType({array, wide, array, wide}, {}));
  function->setAttr("llvm.emit_c_interface", builder.getUnitAttr());
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);

  CpuMachine machine(builder, real, shape.isa, shape.width);
  Program &program = programs.emplace_back();
  Lanes operands;
  for (const LaneInput &input : inputs) {
    Lane lane{&machine, input.rows, input.cols, {}};
    for (int k = 0; k < input.rows * input.cols; ++k) {
      int from = arrayOf(input.kind);
      lane.values.push_back(load(machine, entry->getArgument(from),
                                 placesIn(program.inputs, from)));
      program.inputs.push_back(input.kind);
    }
    bool isColumn = input.kind == LaneKind::Column;
    operands.push_back(isColumn ? bitcast(lane, machine.index()) : lane);
  }
  for (const Lane &lane : body(machine, operands)) {
    Lane bits = lane.isFloat() ? lane : bitcast(lane, real);
    LaneKind kind = !lane.isFloat()          ? LaneKind::Column
                    : lane.element() != real ? LaneKind::Wide
                                             : LaneKind::Real;
    int to = arrayOf(kind);
    for (Value value : bits.values) {
      store(machine, value, entry->getArgument(2 + to),
            placesIn(program.outputs, to));
      program.outputs.push_back(kind);
    }
  }
  func::ReturnOp::create(builder);
  return number;
}

void LaneModule::compile() {
  code->jit = compileLanes(*module, shape.isa);
  for (auto [number, program] : llvm::enumerate(programs))
    program.entry = llvm::cantFail(code->jit->lookup("_mlir_ciface_f" +
                                                     std::to_string(number)))
                        .toPtr<void *>();
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

template <typename Real, typename Bits>
std::vector<double> LaneModule::call(const Program &program,
                                     ArrayRef<double> inputs) const {
  size_t rows = width();
  if (inputs.size() != program.inputs.size() * rows)
    llvm::report_fatal_error("LaneModule: wrong number of inputs");
  std::vector<Real> from, to(placesIn(program.outputs, 0) * rows);
  std::vector<double> wideFrom, wideTo(placesIn(program.outputs, 1) * rows);
  for (auto [k, input] : llvm::enumerate(inputs)) {
    LaneKind kind = program.inputs[k / rows];
    if (kind == LaneKind::Wide)
      wideFrom.push_back(input);
    else
      from.push_back(kind == LaneKind::Column
                         ? llvm::bit_cast<Real>(static_cast<Bits>(input))
                         : static_cast<Real>(input));
  }
  auto describe = [](auto &array) {
    return ArrayDescriptor{array.data(), array.data(), 0, int64_t(array.size()),
                           1};
  };
  ArrayDescriptor x = describe(from), wideX = describe(wideFrom),
                  y = describe(to), wideY = describe(wideTo);
  reinterpret_cast<void (*)(void *, void *, void *, void *)>(program.entry)(
      &x, &wideX, &y, &wideY);
  std::vector<double> outputs;
  size_t next = 0, nextWide = 0;
  for (LaneKind kind : program.outputs)
    for (size_t row = 0; row < rows; ++row)
      outputs.push_back(kind == LaneKind::Wide ? wideTo[nextWide++]
                        : kind == LaneKind::Column
                            ? double(llvm::bit_cast<Bits>(to[next++]))
                            : double(to[next++]));
  return outputs;
}

std::vector<double> LaneModule::operator()(int program,
                                           ArrayRef<double> inputs) const {
  return shape.isDouble ? call<double, int64_t>(programs[program], inputs)
                        : call<float, int32_t>(programs[program], inputs);
}

//===----------------------------------------------------------------------===//
// Machines
//===----------------------------------------------------------------------===//

std::vector<LaneShape> hostShapes(bool scalars) {
  std::vector<LaneShape> shapes;
  for (Isa isa : {Isa::Scalar, Isa::V2, Isa::V3, Isa::V4})
    for (bool isDouble : {false, true})
      for (int width : {0, 1}) {
        bool repeats = width == 1 && (!scalars || isa == Isa::Scalar);
        if (hostRuns(isa) && !repeats)
          shapes.push_back({isa, isDouble, 1, width, 1, 1});
      }
  return shapes;
}

std::string describe(const LaneShape &shape) {
  return targetCpu(shape.isa).str() + (shape.isDouble ? " f64" : " f32") +
         " x " + std::to_string(widthOf(shape));
}

} // namespace keops
