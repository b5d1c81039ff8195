//===- Functions.cpp - what the functions of a kernel on a GPU share ------===//

#include "compiler/Conversion/GPU/Functions.h"

using namespace mlir;

namespace keops::device {

// Tables, states and partial results are in global memory.
static constexpr unsigned kGlobal = 1;
// The widest load is one of 16 bytes.
static constexpr int64_t kWidestLoad = 16;
// What a block may have of its shared memory, and of that the rows of tables
// that could also be read where they are.
static constexpr int64_t kSharedBytes = 48 << 10, kLongRowBytes = 24 << 10;

KernelEmitter::KernelEmitter(tile::KernelOp kernel, tile::ScheduleAttr schedule,
                             OpBuilder &moduleBuilder, bool precise)
    : kernel(kernel), schedule(schedule), moduleBuilder(moduleBuilder),
      builder(kernel.getLoc(), kernel.getContext()), index(builder),
      precise(precise), real(realTypeOf(kernel)), threads(schedule.getLanes()),
      groups(schedule.getRowsPerLane()), unroll(schedule.getUnroll()),
      machine(builder, real, builder.getI32Type(), precise),
      wide(builder, real, builder.getI64Type(), precise), rows(rowsOf(kernel)) {
  if (!rows)
    return;
  sweep = rows.getSweep();
  if (sweep) {
    reduction = sweep.getReduction();
    ofBlock = reduction.getBlockReduction();
    rowValues = rowValuesOf(sweep);
    if (schedule == tensorSchedule(kernel)) // not one that was made by hand
      product = tensorProductOf(kernel);
    SmallVector<int64_t> dims = sweep.getDims();
    isLongState = hasManyRanks() || (dims.front() > kMostUnrolled &&
                                     actsByComponent(reduction, machine, dims));
    findUnstaged();
    SmallVector<Type> types = reduction.state(machine, dims);
    widestState = widestOf(types);
    stateBytes = int64_t(types.size()) * widestState;
  }
  if (rows.getReduction()) {
    SmallVector<int64_t> dims = dimsOf(stepOf(rows).getValues());
    isLongRows = dims.front() > kMostUnrolled && rows->getNumResults() == 1 &&
                 actsByComponent(*rows.getReduction(), wide, dims);
    SmallVector<Type> types = rows.getReduction()->state(wide, dims);
    widestPartial = widestOf(types);
    partialBytes = llvm::alignTo(int64_t(types.size()) * widestPartial, 16);
  }
}

void KernelEmitter::findUnstaged() {
  if (product)
    unstaged[product->column] = product->columnLoad;
  ValueRange values = sweep.getStage().front().getTerminator()->getOperands();
  for (auto [value, argument] :
       llvm::zip_equal(values, sweep.getBody().getArguments()))
    if (auto load = value.getDefiningOp<tile::LoadOp>();
        load && isLong(value) &&
        vecType(value).getDim() * schedule.getCols() *
                bytesOf(numberType(machine, vecType(value))) >
            kLongRowBytes)
      unstaged[argument] = load;
}

Type KernelEmitter::ptr() {
  return LLVM::LLVMPointerType::get(kernel.getContext(), kGlobal);
}

/// Names in PTX have no dots, names of users no dollars.
static std::string deviceName(StringRef kernel, StringRef role) {
  std::string name = (kernel + "_" + role).str();
  llvm::replace(name, '.', '$');
  return name;
}

void KernelEmitter::begin(StringRef role, ArrayRef<Type> parameters,
                          unsigned addresses) {
  SmallVector<Type> types(kernel.getBody().getNumArguments(), ptr());
  llvm::append_range(types, parameters);
  function = mlir::gpu::GPUFuncOp::create(
      moduleBuilder, kernel.getLoc(), deviceName(kernel.getSymName(), role),
      moduleBuilder.getFunctionType(types, {}));
  function->setAttr(mlir::gpu::GPUDialect::getKernelFuncAttrName(),
                    builder.getUnitAttr());
  function.setKnownBlockSizeAttr(
      builder.getDenseI32ArrayAttr({static_cast<int32_t>(threads), 1, 1}));
  builder.setInsertionPointToStart(&function.getBody().front());
  sharedBytes = 0;
  staged.clear();
  bindTables(addresses);
}

mlir::gpu::GPUFuncOp KernelEmitter::end() {
  mlir::gpu::ReturnOp::create(builder);
  function.walk([&](Operation *op) {
    operations +=
        !op->hasTrait<OpTrait::ConstantLike>() && !isa<LLVM::InsertValueOp>(op);
    // Quotients of formulas and reductions; expansions are in f64 where they
    // need exact ones.
    auto quotient = dyn_cast<arith::DivFOp>(op);
    if (quotient && !precise && quotient.getType().isF32())
      quotient.setFastmath(arith::FastMathFlags::arcp);
  });
  return function;
}

Value KernelEmitter::parameter(unsigned number) {
  return function.getArgument(kernel.getBody().getNumArguments() + number);
}
Value KernelEmitter::indexParameter(unsigned number) {
  return index.of(parameter(number));
}

Buffer KernelEmitter::shared(Type element, int64_t count) {
  auto space = mlir::gpu::AddressSpaceAttr::get(
      kernel.getContext(), mlir::gpu::GPUDialect::getWorkgroupAddressSpace());
  auto type = MemRefType::get({count}, element, MemRefLayoutAttrInterface(),
                              Attribute(space));
  BlockArgument memory =
      function.addWorkgroupAttribution(type, kernel.getLoc());
  // LLVM would take the alignment of one number, and load several all the same.
  function.setWorkgroupAttributionAttr(function.getNumWorkgroupAttributions() -
                                           1,
                                       LLVM::LLVMDialect::getAlignAttrName(),
                                       builder.getI64IntegerAttr(kWidestLoad));
  sharedBytes += llvm::alignTo(count * bytesOf(element), kWidestLoad);
  return Buffer(builder, memory);
}

SmallVector<Buffer> KernelEmitter::sharedFor(ArrayRef<Lane> state) {
  return llvm::map_to_vector(
      state, [&](const Lane &lane) { return shared(lane.element(), threads); });
}

LaneVector KernelEmitter::allocate(GpuMachine &machine, Type element,
                                   int64_t dim, int rows, int cols) {
  int64_t stride = int64_t(rows) * cols;
  Value pointer;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    pointer = LLVM::AllocaOp::create(
        builder, LLVM::LLVMPointerType::get(kernel.getContext()), element,
        LLVM::ConstantOp::create(builder, i64(), dim * stride),
        /*alignment=*/8);
  }
  Buffer buffer(builder, pointer, element);
  auto positionOf = [this, stride](Value component, size_t number) {
    return index.add(index.mul(component, stride), int64_t(number));
  };
  auto load = [=, &machine](Value component) {
    Lane lane{&machine, rows, cols, {}};
    for (int64_t n = 0; n < stride; ++n)
      lane.values.push_back(buffer.load(positionOf(component, n)));
    return lane;
  };
  auto store = [=, &machine](Value component, const Lane &value) {
    for (auto [n, number] :
         llvm::enumerate(machine.spread(value, rows, cols).values))
      buffer.store(number, positionOf(component, n));
  };
  return {dim, load, store};
}

void KernelEmitter::emitIf(Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(builder, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  body();
}

//===----------------------------------------------------------------------===//
// Values of tables
//===----------------------------------------------------------------------===//

/// One component of the rows at some positions, or of the only row. Row numbers
/// from a table become as wide as the machine keeps them.
Lane KernelEmitter::loadRows(GpuMachine &machine, const Buffer &table,
                             int64_t dim, ValueRange positions,
                             Value component) {
  Lane lane{&machine, 1, 1, {}};
  if (positions.empty())
    lane.values.push_back(table.load(component));
  for (Value position : positions)
    lane.values.push_back(
        table.load(index.add(index.mul(position, dim), component)));
  lane.rows = int(lane.values.size());
  if (lane.isFloat() || lane.element() == machine.index())
    return lane;
  return machine.map({lane}, [&](ArrayRef<Value> x) -> Value {
    return arith::TruncIOp::create(builder, machine.index(), x[0]);
  });
}

void KernelEmitter::bindMemory(LaneProgram &program, Value value,
                               const LaneProgram::Source &source) {
  if (isLong(value))
    return program.bindTable(value, source);
  Lanes lanes;
  for (int64_t c = 0; c < vecType(value).getDim(); ++c)
    lanes.push_back(source(index.constant(c)));
  program.bind(value, std::move(lanes));
}

void KernelEmitter::runSlice(LaneProgram &program, GpuMachine &machine,
                             ValueRange roots, ValueRange positions) {
  SmallVector<Value> at(positions);
  for (Operation *op : sliceOf(kernel, roots, program)) {
    if (auto number = dyn_cast<RowNumberOp>(op)) {
      Lane lane{&machine, int(at.size()), 1, {}};
      for (Value position : at)
        lane.values.push_back(
            arith::IndexCastOp::create(builder, machine.index(), position));
      program.bind(number, {lane});
      continue;
    }
    auto load = dyn_cast<tile::LoadOp>(op);
    if (!load) {
      program.run(op);
      continue;
    }
    const Buffer &source = tables.find(load.getTable())->second;
    int64_t dim = vecType(load.getValue()).getDim();
    SmallVector<Value> its = load.getRow() ? at : SmallVector<Value>();
    bindMemory(program, load,
               [this, &machine, source, dim, its](Value component) {
                 return loadRows(machine, source, dim, its, component);
               });
  }
}

LaneProgram KernelEmitter::withParameters(GpuMachine &machine,
                                          ValueRange roots) {
  LaneProgram program(machine,
                      [this, &machine](VecType type, int rows, int cols) {
                        return allocate(machine, numberType(machine, type),
                                        type.getDim(), rows, cols);
                      });
  runSlice(program, machine, parametersUnder(roots));
  return program;
}

//===----------------------------------------------------------------------===//
// All of a kernel
//===----------------------------------------------------------------------===//

std::optional<std::string> KernelEmitter::unsupported() {
  if (!sweep)
    return std::nullopt;
  int64_t bytes = product ? tensorSharedBytes() : 0;
  for (BlockArgument argument : sweep.getBody().getArguments())
    if (!unstaged.count(argument))
      bytes += vecType(argument).getDim() * schedule.getCols() *
               bytesOf(numberType(machine, vecType(argument)));
  if (bytes <= kSharedBytes)
    return std::nullopt;
  return "what is computed of each column takes " + std::to_string(bytes) +
         " bytes for " + std::to_string(schedule.getCols()) +
         " columns, and a GPU has room for " + std::to_string(kSharedBytes);
}

// Of 100 000 columns in no order, the K least so far change K times 9 or 10
// times; and a warp has 32 threads, of which one suffices.
static constexpr double kChangesOfWarp = 32 * 1e-4;

SweepCost KernelEmitter::measureSweep() {
  mlir::gpu::GPUFuncOp sweepFunction = emitSweep();
  int64_t registers = registersOf(sweepFunction);
  int64_t pairs = int64_t(groups) * unroll;
  double changes = double(pairs * reduction.getRanks()) * kChangesOfWarp;
  Turn turn = turnOf(*pairLoop, std::min(changes, 1.0));
  if (product) {
    Turn products = turnOfProducts();
    turn.cost += products.cost;
    turn.latency += products.latency;
  }
  return {turn, pairs, registers,
          warpsAtOnce(registers, threads, sweepSharedBytes)};
}

int64_t KernelEmitter::opsInTurn() const {
  int64_t count = 0;
  pairLoop->walk([&](Operation *) { ++count; });
  return count;
}

tile::DeviceStepAttr KernelEmitter::emit() {
  mlir::gpu::GPUFuncOp sweepFunction, finishFunction, closeFunction;
  SweepCost cost;
  if (sweep) {
    cost = measureSweep();
    sweepFunction = function;
  }
  if (rows)
    finishFunction = emitFinish();
  if (!rows || rows.getReduction())
    closeFunction = emitClose();
  auto nameOf = [](mlir::gpu::GPUFuncOp function) {
    return function ? function.getNameAttr() : StringAttr();
  };
  return tile::DeviceStepAttr::get(
      kernel.getContext(), nameOf(sweepFunction), nameOf(finishFunction),
      nameOf(closeFunction), threads, sweepSharedBytes,
      threads * int64_t(groups), schedule.getCols(), stateBytes, partialBytes,
      builder.getF64FloatAttr(cost.cycles()));
}

} // namespace keops::device
