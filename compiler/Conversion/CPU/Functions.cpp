//===- Functions.cpp - what the host functions of a kernel share ----------===//

#include "compiler/Conversion/CPU/Functions.h"
#include "compiler/Conversion/CPU/InFlight.h"

using namespace mlir;

namespace keops::cpu {

static Isa levelOf(tile::Isa isa) {
  switch (isa) {
  case tile::Isa::V2:
    return Isa::V2;
  case tile::Isa::V3:
    return Isa::V3;
  case tile::Isa::V4:
    return Isa::V4;
  case tile::Isa::Gpu:
    break;
  }
  llvm_unreachable("no instruction set of a CPU");
}

KernelEmitter::KernelEmitter(tile::KernelOp kernel, tile::ScheduleAttr schedule,
                             OpBuilder &moduleBuilder, bool precise)
    : kernel(kernel), schedule(schedule), moduleBuilder(moduleBuilder),
      builder(kernel.getLoc(), kernel.getContext()), index(builder),
      level(levelOf(schedule.getIsa())), real(realTypeOf(kernel)),
      width(schedule.getLanes()), groups(schedule.getRowsPerLane()),
      unroll(schedule.getUnroll()), precise(precise),
      machine(builder, real, level, width, precise),
      wide(builder, real, level, width, precise, builder.getI64Type()),
      rows(rowsOf(kernel)) {
  if (!rows)
    return;
  sweep = rows.getSweep();
  int64_t bytes = bytesOf(real);
  if (sweep) {
    reduction = sweep.getReduction();
    ofBlock = reduction.getBlockReduction();
    rowValues = rowValuesOf(sweep);
    staged = {componentsOf(stagedValues()),
              Columns::strideFor(schedule.getCols(), bytes), 0};
    stagedRows = {componentsOf(rowValues), width * groups * bytes,
                  staged.bytes()};
    SmallVector<int64_t> dims = sweep.getDims();
    SmallVector<Type> types = reduction.state(machine, dims);
    state = {int64_t(types.size()),
             Columns::strideFor(schedule.getRows(), widestOf(types)), 0};
    isLongState = hasManyRanks() || (dims.front() > kMostUnrolled &&
                                     actsByComponent(reduction, machine, dims));
    if (isLongState && ofBlock)
      blockState = {state.components,
                    width * groups * widestOf(ofBlock.state(machine, dims)),
                    stagedRows.offsetBytes + stagedRowBytes()};
    if (isLongState)
      resultComponents = componentsOf(sweep.getResults());
  }
  // finish and close transpose one vector of each component at a time, and
  // results may be numbers of 64 bits.
  for (Type argument : kernel.getArgumentTypes())
    resultsOffset =
        std::max(resultsOffset, cast<tile::TableType>(argument).getDim());
  resultsOffset *= int64_t(width) * 8;
  if (rows.getReduction()) {
    auto step = cast<tile::StepOp>(rows.getBody().front().back());
    SmallVector<int64_t> dims;
    for (Value value : step.getValues())
      dims.push_back(vecType(value).getDim());
    SmallVector<Type> types = rows.getReduction()->state(wide, dims);
    partial = {int64_t(types.size()), width * widestOf(types), 0};
    isLongRows = dims.front() > kMostUnrolled && rows->getNumResults() == 1 &&
                 actsByComponent(*rows.getReduction(), wide, dims);
  }
}

Type KernelEmitter::ptr() {
  return LLVM::LLVMPointerType::get(kernel.getContext());
}
Type KernelEmitter::i64() { return IntegerType::get(kernel.getContext(), 64); }

func::FuncOp KernelEmitter::begin(StringRef role, ArrayRef<Type> arguments,
                                  unsigned scratchArgument,
                                  int64_t scratchBytes) {
  std::string name = (kernel.getSymName() + "_" + role + "_" +
                      tile::stringifyIsa(schedule.getIsa()))
                         .str();
  auto function =
      func::FuncOp::create(moduleBuilder, kernel.getLoc(), name,
                           moduleBuilder.getFunctionType(arguments, {}));
  function.setPrivate();
  auto pair = [&](StringRef key, StringRef value) -> Attribute {
    return moduleBuilder.getStrArrayAttr({key, value});
  };
  // Tuning for a given Zen would schedule instructions once more and undo the
  // order in which lanes were emitted: 5 % slower there.
  function->setAttr("passthrough", moduleBuilder.getArrayAttr(
                                       {pair("target-cpu", targetCpu(level)),
                                        pair("tune-cpu", "x86-64-v4"),
                                        pair("prefer-vector-width", "512")}));
  entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  scratch = entry->getArgument(scratchArgument);
  scratchUsed = wholeLines(scratchBytes);
  scratchNeeded = std::max(scratchNeeded, scratchUsed);
  tables.clear();
  Value list = entry->getArgument(0);
  for (auto [n, argument] : llvm::enumerate(kernel.getBody().getArguments())) {
    auto type = cast<tile::TableType>(argument.getType());
    Value slot =
        LLVM::GEPOp::create(builder, ptr(), ptr(), list,
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(n)});
    tables.try_emplace(argument, builder,
                       LLVM::LoadOp::create(builder, ptr(), slot),
                       type.getScalar());
  }
  return function;
}

/// Constants and splats become parts of other instructions.
static bool isCode(Operation *op) {
  return !op->hasTrait<OpTrait::ConstantLike>() &&
         !isa<vector::BroadcastOp, LLVM::InsertValueOp>(op);
}

void KernelEmitter::end() {
  func::ReturnOp::create(builder);
  entry->getParentOp()->walk([&](Operation *op) { operations += isCode(op); });
}

const Buffer &KernelEmitter::table(Value kernelArgument) {
  return tables.find(kernelArgument)->second;
}

/// The numbers first, first + 1, ... of the rows in a lane, as wide as the
/// machine keeps them: 64 bits, or the low 32 of them.
static Lane numbersFrom(CpuMachine &machine, Value first) {
  ImplicitLocOpBuilder &builder = machine.builder;
  IntegerType type = machine.index();
  Value start = machine.splat(arith::IndexCastOp::create(builder, type, first));
  if (machine.width() == 1)
    return machine.wrap(start);
  SmallVector<Attribute> offsets;
  for (int64_t row = 0; row < machine.width(); ++row)
    offsets.push_back(builder.getIntegerAttr(type, row));
  auto vector = cast<ShapedType>(machine.laneType(type));
  Value steps = arith::ConstantOp::create(
      builder, DenseElementsAttr::get(vector, offsets));
  return machine.wrap(arith::AddIOp::create(builder, start, steps));
}

/// A row number from a table, as wide as the machine keeps them.
static Lane asRowNumber(CpuMachine &machine, const Lane &lane) {
  IntegerType type = machine.index();
  if (lane.isFloat() || lane.element() == type)
    return lane;
  return machine.map({lane}, [&](ArrayRef<Value> x) -> Value {
    return arith::TruncIOp::create(machine.builder, machine.laneType(type),
                                   x[0]);
  });
}

void KernelEmitter::runSlice(LaneProgram &program, CpuMachine &machine,
                             ValueRange roots, Value firstRow, Value rowCount) {
  for (Operation *op : sliceOf(kernel, roots, program)) {
    if (auto number = dyn_cast<RowNumberOp>(op)) {
      program.bind(number, {numbersFrom(machine, firstRow)});
      continue;
    }
    auto load = dyn_cast<tile::LoadOp>(op);
    if (!load) {
      program.run(op);
      continue;
    }
    const Buffer &source = table(load.getTable());
    int64_t dim = vecType(load.getValue()).getDim();
    if (load.getRow() && !isLong(load)) {
      Lanes lanes = loadRows(machine, source, dim, firstRow, rowCount);
      for (Lane &lane : lanes)
        lane = asRowNumber(machine, lane);
      program.bind(load, std::move(lanes));
      continue;
    }
    std::optional<RowGather> gather;
    if (load.getRow())
      gather.emplace(machine, source, dim, firstRow, rowCount);
    bindMemory(program, load, [&machine, source, gather](Value component) {
      return asRowNumber(machine,
                         gather ? gather->component(component)
                                : loadParameter(machine, source, component));
    });
  }
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

Lane KernelEmitter::loadGroups(const Buffer &buffer, Value position) {
  Lane lane{&machine, groups, 1, {}};
  for (int r = 0; r < groups; ++r)
    lane.values.push_back(
        buffer.loadAligned(machine.laneType(buffer.element()),
                           index.add(position, int64_t(r) * width)));
  return lane;
}

/// A lane of one group is stored as one.
void KernelEmitter::storeGroups(const Buffer &buffer, const Lane &lane,
                                Value position) {
  for (int r = 0; r < lane.rows; ++r)
    buffer.storeAligned(lane.at(r, 0), index.add(position, int64_t(r) * width));
}

Buffer KernelEmitter::reserve(Type element, int64_t count) {
  Buffer buffer(builder, scratch, element,
                LLVM::ConstantOp::create(builder, i64(), scratchUsed));
  scratchUsed += wholeLines(count * bytesOf(element));
  scratchNeeded = std::max(scratchNeeded, scratchUsed);
  return buffer;
}

/// A vector in scratch memory, component by component.
LaneVector KernelEmitter::allocate(CpuMachine &machine, int64_t dim, int rows,
                                   int cols, Type element) {
  if (!element)
    element = real;
  int64_t stride = int64_t(rows) * cols * width;
  Buffer buffer = reserve(element, dim * stride);
  auto positionOf = [this, stride, rows](Value component, int r, int u) {
    return index.add(index.mul(component, stride),
                     (int64_t(u) * rows + r) * width);
  };
  auto load = [=, &machine](Value component) {
    Lane lane{&machine, rows, cols, {}};
    for (int u = 0; u < cols; ++u)
      for (int r = 0; r < rows; ++r)
        lane.values.push_back(buffer.loadAligned(machine.laneType(element),
                                                 positionOf(component, r, u)));
    return lane;
  };
  auto store = [=](Value component, const Lane &value) {
    for (int u = 0; u < cols; ++u)
      for (int r = 0; r < rows; ++r)
        buffer.storeAligned(value.at(r, u), positionOf(component, r, u));
  };
  return {dim, load, store};
}

LaneProgram KernelEmitter::emptyProgram(CpuMachine &machine) {
  return LaneProgram(
      machine, [this, &machine](VecType type, int rows, int cols) {
        return allocate(machine, type.getDim(), rows, cols,
                        type.isReal() ? Type(real) : Type(machine.index()));
      });
}

LaneProgram KernelEmitter::withParameters(CpuMachine &machine,
                                          ValueRange roots) {
  LaneProgram program = emptyProgram(machine);
  runSlice(program, machine, parametersUnder(roots));
  return program;
}

tile::HostCodeAttr KernelEmitter::emit() {
  func::FuncOp sweepFunction, closeFunction;
  if (sweep) {
    sweepFunction = emitSweep();
    estimatedPairNs = pairNsOf(hotLoopsOf(sweepFunction));
  }
  func::FuncOp finishFunction = emitFinish();
  bool reducesRows = rows ? bool(rows.getReduction()) : true;
  if (reducesRows)
    closeFunction = emitClose();
  auto symbol = [&](func::FuncOp function) {
    return function ? FlatSymbolRefAttr::get(function.getSymNameAttr())
                    : FlatSymbolRefAttr();
  };
  // What keeps the best values so far is slow to start: long chunks. Where
  // columns are looked for in two passes, each chunk finds a bound of its own
  // (K = 10, N = 10^5: 0.101 instead of 0.091 ns per pair with 32768 columns).
  int64_t chunk = !sweep || ofBlock ? 1 : isRanked() ? 131072 : 8192;
  int64_t blocks = std::max<int64_t>(chunk / schedule.getCols(), 1);
  return tile::HostCodeAttr::get(
      kernel.getContext(), schedule.getIsa(), schedule.getRows(),
      int64_t(width) * groups, blocks * schedule.getCols(),
      wholeLines(scratchNeeded), wholeLines(state.bytes()),
      reducesRows ? partialBytes() : 0, symbol(sweepFunction),
      symbol(finishFunction), symbol(closeFunction));
}

} // namespace keops::cpu
