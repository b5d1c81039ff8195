//===- LaneModule.cpp - many lane programs, compiled together -------------===//

#include "test/Unit/LaneModule.h"
#include "test/Unit/LaneCode.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cstring>

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
  auto type = cast<VectorType>(machine.laneType(machine.real()));
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

// func @f7(%x: memref<?xT>, %y: memref<?xT>). Column numbers are as wide as the
// numbers, and travel as their bits.
int LaneModule::add(ArrayRef<LaneInput> inputs, Body body) {
  MLIRContext *context = module->getContext();
  ImplicitLocOpBuilder builder(module->getLoc(), context);
  builder.setInsertionPointToEnd(module->getBody());
  FloatType real = shape.isDouble ? FloatType(builder.getF64Type())
                                  : FloatType(builder.getF32Type());
  Type array = MemRefType::get({ShapedType::kDynamic}, real);
  int number = static_cast<int>(programs.size());
  auto function =
      func::FuncOp::create(builder, "f" + std::to_string(number),
                           builder.getFunctionType({array, array}, {}));
  function->setAttr("llvm.emit_c_interface", builder.getUnitAttr());
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);

  CpuMachine machine(builder, real, shape.isa, shape.width);
  Program &program = programs.emplace_back();
  Lanes operands;
  for (const LaneInput &input : inputs) {
    Lane lane{&machine, input.rows, input.cols, {}};
    for (int k = 0; k < input.rows * input.cols; ++k) {
      lane.values.push_back(
          load(machine, entry->getArgument(0), program.inputIsColumn.size()));
      program.inputIsColumn.push_back(input.isColumn);
    }
    operands.push_back(input.isColumn ? bitcast(lane, machine.index()) : lane);
  }
  for (const Lane &lane : body(machine, operands)) {
    Lane bits = lane.isFloat() ? lane : bitcast(lane, real);
    for (Value value : bits.values) {
      store(machine, value, entry->getArgument(1),
            program.outputIsColumn.size());
      program.outputIsColumn.push_back(!lane.isFloat());
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
  if (inputs.size() != program.inputIsColumn.size() * rows)
    llvm::report_fatal_error("LaneModule: wrong number of inputs");
  std::vector<Real> from(inputs.size()),
      to(program.outputIsColumn.size() * rows);
  for (size_t k = 0; k < from.size(); ++k)
    if (program.inputIsColumn[k / rows]) {
      Bits column = static_cast<Bits>(inputs[k]);
      std::memcpy(&from[k], &column, sizeof column);
    } else {
      from[k] = static_cast<Real>(inputs[k]);
    }
  ArrayDescriptor x{from.data(), from.data(), 0, int64_t(from.size()), 1};
  ArrayDescriptor y{to.data(), to.data(), 0, int64_t(to.size()), 1};
  reinterpret_cast<void (*)(void *, void *)>(program.entry)(&x, &y);
  std::vector<double> outputs(to.begin(), to.end());
  for (size_t k = 0; k < to.size(); ++k)
    if (program.outputIsColumn[k / rows]) {
      Bits column;
      std::memcpy(&column, &to[k], sizeof column);
      outputs[k] = double(column);
    }
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
