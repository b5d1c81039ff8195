//===- LaneProgram.cpp - run formula ops on lanes -------------------------===//

#include "compiler/Conversion/LaneProgram.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace keops {

/// A number of the formula. f32 numbers are exact in double.
static double numberOf(ConstOp op) {
  return cast<FloatAttr>(op.getValue()).getValueAsDouble();
}

bool isLeftToContraction(Operation *op) {
  for (;;) {
    auto math = dyn_cast<MathOpInterface>(op);
    if (!math || !math.isComponentWise() || !op->hasOneUse() ||
        vecType(op->getResult(0)).getDim() == 1)
      return false;
    Operation *user = *op->user_begin();
    auto use = dyn_cast<MathOpInterface>(user);
    if (!use || user->getBlock() != op->getBlock())
      return false;
    if (use.isContraction())
      return true;
    op = user;
  }
}

//===----------------------------------------------------------------------===//
// Long values
//===----------------------------------------------------------------------===//

// Deferred ops are taken along by recursion. What is higher is emitted in full.
static constexpr int kMaxHeight = 64;

std::optional<int>
deferredHeight(Operation *op,
               function_ref<std::optional<int>(Value)> heightOf) {
  auto math = dyn_cast<MathOpInterface>(op);
  if (!isa<BroadcastOp, ExtractOp>(op) && !(math && math.isComponentWise()))
    return std::nullopt;
  // What varies along no axis is computed once, before all loops.
  if (!isLong(op->getResult(0)) ||
      vecType(op->getResult(0)).getAxes() == Axes::p)
    return std::nullopt;
  int height = 0;
  for (Value operand : op->getOperands()) {
    std::optional<int> below = heightOf(operand);
    if (!below)
      return std::nullopt;
    height = std::max(height, *below + 1);
  }
  return height <= kMaxHeight ? std::optional(height) : std::nullopt;
}

Lanes emitLoop(Machine &machine, Value low, Value high, int64_t step,
               ArrayRef<Lane> carried,
               llvm::function_ref<Lanes(Value, Lanes)> body) {
  ImplicitLocOpBuilder &builder = machine.builder;
  auto op = scf::ForOp::create(
      builder, low, high,
      arith::ConstantOp::create(builder,
                                builder.getIntegerAttr(low.getType(), step)),
      Machine::flatten(carried));
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(op.getBody());
    Lanes next = body(op.getInductionVar(),
                      machine.unflatten(op.getRegionIterArgs(), carried));
    if (carried.empty()) // the builder has put the terminator already
      return {};
    // A lane that varies along fewer rows than the carried one repeats.
    for (auto [lane, like] : llvm::zip_equal(next, carried))
      lane = machine.spread(lane, like.rows, like.cols);
    scf::YieldOp::create(builder, Machine::flatten(next));
  }
  return machine.unflatten(op.getResults(), carried);
}

std::optional<int> LaneProgram::heightOf(Value value) const {
  if (tables.count(value))
    return 0;
  if (auto it = known.find(value); it != known.end())
    return it->second.size() == 1 ? std::optional(0) : std::nullopt;
  if (auto it = deferred.find(value); it != deferred.end())
    return it->second;
  return std::nullopt;
}

llvm::SetVector<Value> LaneProgram::leavesOf(Value value) const {
  llvm::SetVector<Value> seen, leaves;
  SmallVector<Value> worklist{value};
  while (!worklist.empty()) {
    Value next = worklist.pop_back_val();
    if (!seen.insert(next))
      continue;
    if (deferred.count(next))
      llvm::append_range(worklist, next.getDefiningOp()->getOperands());
    else
      leaves.insert(next);
  }
  return leaves;
}

//===----------------------------------------------------------------------===//
// Components
//===----------------------------------------------------------------------===//

Lane LaneProgram::component(Value value, int64_t number, Value index,
                            Made &made) {
  if (auto it = known.find(value); it != known.end())
    if (it->second.size() == 1 || !index)
      return it->second[it->second.size() == 1 ? 0 : number];
  if (auto it = made.find(value); it != made.end())
    return it->second;
  Lane lane = makeComponent(value, number, index, made);
  made[value] = lane;
  return lane;
}

/// One that is not known yet: from memory, or of a deferred op.
Lane LaneProgram::makeComponent(Value value, int64_t number, Value index,
                                Made &made) {
  if (auto it = tables.find(value); it != tables.end())
    return it->second(index ? index : machine.position(number));
  Operation *op = value.getDefiningOp();
  if (auto broadcast = dyn_cast<BroadcastOp>(op))
    return component(broadcast.getX(), number, index, made);
  if (auto extract = dyn_cast<ExtractOp>(op)) {
    // Another component of the operand than that of its other users.
    Made ofOperand;
    int64_t start = extract.getStart();
    if (index)
      index = machine.position(index, 1, start);
    return component(extract.getX(), number + start, index, ofOperand);
  }
  SmallVector<Lanes> operands;
  for (Value operand : op->getOperands())
    operands.push_back({component(operand, number, index, made)});
  return cast<MathOpInterface>(op).lower(machine, operands).front();
}

const Lanes &LaneProgram::get(Value value) {
  if (!known.count(value)) {
    Lanes lanes;
    for (int64_t c = 0; c < vecType(value).getDim(); ++c) {
      Made made;
      lanes.push_back(component(value, c, {}, made));
    }
    known[value] = std::move(lanes);
    deferred.erase(value);
  }
  return known.find(value)->second;
}

Lane LaneProgram::at(Value value, Value index) {
  Made made;
  return component(value, 0, index, made);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

Lane LaneProgram::termOf(MathOpInterface op, int64_t number, Value index) {
  Made made;
  SmallVector<Lanes> operands;
  for (Value operand : op->getOperands())
    operands.push_back({component(operand, number, index, made)});
  return op.lower(machine, operands).front();
}

Lane LaneProgram::contractInLoop(MathOpInterface op, int64_t dim) {
  VecType type = vecType(op->getResult(0));
  Lane none =
      machine.spread(machine.constant(0), type.variesAlong(Axes::i) ? rows : 1,
                     type.variesAlong(Axes::j) ? cols : 1);
  return machine
      .loop(dim, {none},
            [&](Value index, ArrayRef<Lane> sum) {
              return Lanes{machine.oneComponent(
                  [&] { return sum[0] + termOf(op, 0, index); })};
            })
      .front();
}

LaneVector LaneProgram::allocateFor(Value value) const {
  VecType type = vecType(value);
  return allocate(type, type.variesAlong(Axes::i) ? rows : 1,
                  type.variesAlong(Axes::j) ? cols : 1);
}

void LaneProgram::makeIndexable(Value value) {
  if (isIndexable(value))
    return;
  Lanes lanes = get(value);
  LaneVector memory = allocateFor(value);
  for (auto [c, lane] : llvm::enumerate(lanes))
    memory.store(machine.position(c), lane);
  bindTable(value, memory.load);
}

bool LaneProgram::runInLoops(Operation *op) {
  auto math = dyn_cast<MathOpInterface>(op);
  bool isComponentWise =
      isa<BroadcastOp, ExtractOp>(op) || (math && math.isComponentWise());
  if (!isComponentWise && !(math && math.hasLoops()))
    return false;
  for (Value operand : op->getOperands())
    makeIndexable(operand);
  Value result = op->getResult(0);
  int64_t dim = vecType(result).getDim();
  LaneVector memory = allocateFor(result);
  if (isComponentWise) {
    machine.loop(dim, {}, [&](Value index, ArrayRef<Lane>) {
      Made made;
      memory.store(index, makeComponent(result, 0, index, made));
      return Lanes();
    });
  } else {
    SmallVector<LaneVector> operands;
    for (Value operand : op->getOperands())
      operands.push_back(
          {vecType(operand).getDim(),
           [this, operand](Value component) { return at(operand, component); },
           {}});
    math.lowerInLoops(machine, operands, memory);
  }
  if (isLong(result)) {
    bindTable(result, memory.load);
    return true;
  }
  Lanes lanes;
  for (int64_t c = 0; c < dim; ++c)
    lanes.push_back(memory.load(machine.position(c)));
  bind(result, std::move(lanes));
  return true;
}

Lane LaneProgram::contract(MathOpInterface op) {
  int64_t dim = 1;
  for (Value operand : op->getOperands())
    dim = std::max(dim, vecType(operand).getDim());
  if (dim > kMostInRegisters)
    for (Value operand : op->getOperands())
      makeIndexable(operand);
  if (dim > kMostUnrolled &&
      llvm::all_of(op->getOperands(),
                   [&](Value operand) { return isIndexable(operand); }))
    return contractInLoop(op, dim);
  std::optional<Lane> sum;
  for (int64_t c = 0; c < dim; ++c) {
    sum = machine.oneComponent([&] {
      Lane term = termOf(op, c, {});
      return sum ? *sum + term : term;
    });
  }
  return *sum;
}

void LaneProgram::run(Operation *op) {
  machine.builder.setLoc(op->getLoc());
  if (auto number = dyn_cast<ConstOp>(op))
    return bind(number, {machine.constant(numberOf(number))});
  if (std::optional<int> height = deferredHeight(
          op, [&](Value operand) { return heightOf(operand); })) {
    deferred[op->getResult(0)] = *height;
    return;
  }
  auto goesToMemory = [](Value value) {
    return vecType(value).getDim() > kMostInRegisters;
  };
  auto math = dyn_cast<MathOpInterface>(op);
  if (!(math && math.isContraction()) &&
      (llvm::any_of(op->getOperands(), goesToMemory) ||
       goesToMemory(op->getResult(0))) &&
      runInLoops(op))
    return;
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    // Axes lower to nothing, lanes of smaller shape repeat.
    Lanes lanes = get(broadcast.getX());
    if (lanes.size() == 1)
      lanes.assign(vecType(broadcast.getY()).getDim(), Lane(lanes.front()));
    return bind(broadcast, std::move(lanes));
  }
  if (auto extract = dyn_cast<ExtractOp>(op)) {
    Lanes lanes;
    for (int64_t c = 0; c < int64_t(extract.getSize()); ++c) {
      Made made;
      lanes.push_back(
          component(extract.getX(), extract.getStart() + c, {}, made));
    }
    return bind(extract, std::move(lanes));
  }
  if (isLeftToContraction(op))
    return;
  if (math.isContraction())
    return bind(op->getResult(0), {contract(math)});
  // All before any: to ask for one may move the others.
  for (Value operand : op->getOperands())
    (void)get(operand);
  SmallVector<Lanes> operands;
  for (Value operand : op->getOperands())
    operands.push_back(get(operand));
  bind(op->getResult(0), math.lower(machine, operands));
}

} // namespace keops
