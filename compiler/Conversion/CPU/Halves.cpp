//===- Halves.cpp - a loop over pairs in two halves -----------------------===//

#include "compiler/Conversion/CPU/Halves.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace keops::cpu {

namespace {

/// What the second half need not be told.
enum class Repeated {
  No,
  AtNoCost, // addresses, loads, constants
  AtLittle, // one operation on such
};

/// The operations of a loop by number, and what can be repeated of them.
class Body {
public:
  explicit Body(scf::ForOp loop);

  int64_t size() const { return int64_t(ops.size()); }
  Operation *operator[](int64_t n) const { return ops[n]; }
  bool isRepeated(int64_t n) const { return repeated[n] != Repeated::No; }
  /// The last operation that uses a result of another, at any depth.
  int64_t lastUseOf(int64_t n) const;
  /// Up to this one, nothing depends on what a turn gets of the one before.
  int64_t firstCarried() const;
  /// Does it work on vectors?
  bool isWork(int64_t n) const;

private:
  Repeated howRepeated(Operation *op) const;

  mutable scf::ForOp loop; // the accessors of MLIR are not const
  SmallVector<Operation *> ops;
  DenseMap<Operation *, int64_t> numbers;
  SmallVector<Repeated> repeated;
};

} // namespace

static bool isVector(Operation *op) {
  return op->getNumResults() == 1 &&
         isa<VectorType>(op->getResult(0).getType());
}

Body::Body(scf::ForOp loop) : loop(loop) {
  for (Operation &op : loop.getBody()->without_terminator()) {
    numbers[&op] = size();
    ops.push_back(&op);
    repeated.push_back(howRepeated(&op));
  }
}

Repeated Body::howRepeated(Operation *op) const {
  bool isLoad = isa<memref::LoadOp, vector::LoadOp>(op);
  if (op->getNumRegions() || !(isLoad || isMemoryEffectFree(op)))
    return Repeated::No;
  bool isFree = isLoad || !isVector(op) || isa<vector::BroadcastOp>(op) ||
                op->hasTrait<OpTrait::ConstantLike>();
  for (Value operand : op->getOperands()) {
    if (operand == loop.getInductionVar())
      continue;
    if (llvm::is_contained(loop.getRegionIterArgs(), operand))
      return Repeated::No;
    auto it = numbers.find(operand.getDefiningOp());
    if (it != numbers.end() && repeated[it->second] != Repeated::AtNoCost)
      return Repeated::No;
  }
  return isFree ? Repeated::AtNoCost : Repeated::AtLittle;
}

int64_t Body::lastUseOf(int64_t n) const {
  int64_t last = -1;
  for (Operation *user : ops[n]->getUsers()) {
    Operation *ancestor = loop.getBody()->findAncestorOpInBlock(*user);
    auto it = numbers.find(ancestor);
    last = std::max(last, it == numbers.end() ? size() : it->second);
  }
  return last;
}

int64_t Body::firstCarried() const {
  int64_t first = size();
  for (Value carried : loop.getRegionIterArgs())
    for (Operation *user : carried.getUsers()) {
      Operation *ancestor = loop.getBody()->findAncestorOpInBlock(*user);
      if (auto it = numbers.find(ancestor); it != numbers.end())
        first = std::min(first, it->second);
    }
  return first;
}

bool Body::isWork(int64_t n) const {
  return ops[n]->getNumRegions() ||
         (isVector(ops[n]) && repeated[n] != Repeated::AtNoCost);
}

/// Memory that is written in a turn would be written anew before it is read.
static bool writesMemory(scf::ForOp loop) {
  return loop.getBody()
      ->walk([](Operation *op) {
        return isa<vector::StoreOp, memref::StoreOp>(op)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

std::optional<Cut> findCut(scf::ForOp loop, VectorType type, size_t most) {
  if (writesMemory(loop))
    return std::nullopt;
  Body body(loop);
  SmallVector<int64_t> lastUse, workBefore{0};
  for (int64_t n = 0; n < body.size(); ++n) {
    lastUse.push_back(body.lastUseOf(n));
    workBefore.push_back(workBefore.back() + body.isWork(n));
  }
  int64_t work = workBefore.back();
  auto handedOver = [&](int64_t at) -> std::optional<SmallVector<Value>> {
    SmallVector<Value> values;
    for (int64_t n = 0; n < at; ++n) {
      if (lastUse[n] < at || body.isRepeated(n))
        continue;
      for (Value result : body[n]->getResults())
        if (result.getType() != type || values.size() == most)
          return std::nullopt;
        else
          values.push_back(result);
    }
    return values;
  };
  // As near to the middle as can be. A half with less than a quarter of the
  // work hides nothing.
  std::optional<Cut> best;
  int64_t least = work / 4;
  for (int64_t at = 1; at <= body.firstCarried() && at < body.size(); ++at) {
    int64_t off = std::abs(2 * workBefore[at] - work) / 2;
    if (off > least || (best && off == least))
      continue;
    if (auto values = handedOver(at); values && !values->empty()) {
      best = Cut{body[at], *values};
      least = off;
    }
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Cutting
//===----------------------------------------------------------------------===//

int64_t Cut::vectorsPerColumn(int64_t columns) const {
  return (int64_t(values.size()) + columns - 1) / columns;
}

namespace {

/// The loops over the columns of one strip.
class Strip {
public:
  Strip(ImplicitLocOpBuilder &builder, scf::ForOp loop, const Cut &cut,
        const Buffer &buffer, Value begin, Value end)
      : builder(builder), index(builder), loop(loop), body(loop), cut(cut),
        buffer(buffer), begin(begin), end(end) {
    while (body[at] != cut.second)
      ++at;
  }

  scf::ForOp first();
  scf::ForOp second(ValueRange carried);

private:
  scf::ForOp start(ValueRange carried);
  void finish(scf::ForOp half);
  /// Where a value is handed over in a turn.
  Value positionOf(scf::ForOp half, size_t number, Value value);

  ImplicitLocOpBuilder &builder;
  Indices index;
  scf::ForOp loop;
  Body body;
  const Cut &cut;
  const Buffer &buffer;
  Value begin, end;
  IRMapping map;
  int64_t at = 0;
};

} // namespace

scf::ForOp Strip::start(ValueRange carried) {
  auto half = scf::ForOp::create(builder, begin, end, loop.getStep(), carried);
  builder.setInsertionPointToStart(half.getBody());
  map.clear();
  map.map(loop.getInductionVar(), half.getInductionVar());
  if (!carried.empty())
    map.map(loop.getRegionIterArgs(), half.getRegionIterArgs());
  return half;
}

void Strip::finish(scf::ForOp half) {
  // Either half repeats more than it uses.
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(*half.getBody())))
    if (isOpTriviallyDead(&op))
      op.erase();
  builder.setInsertionPointAfter(half);
}

Value Strip::positionOf(scf::ForOp half, size_t number, Value value) {
  int64_t lanes = cast<VectorType>(value.getType()).getNumElements();
  int64_t perColumn =
      lanes * cut.vectorsPerColumn(*getConstantIntValue(loop.getStep()));
  Value turn = index.mul(index.sub(half.getInductionVar(), begin), perColumn);
  return index.add(turn, int64_t(number) * lanes);
}

scf::ForOp Strip::first() {
  scf::ForOp half = start({});
  for (int64_t n = 0; n < at; ++n)
    builder.clone(*body[n], map);
  for (auto [number, value] : llvm::enumerate(cut.values))
    buffer.storeAligned(map.lookup(value), positionOf(half, number, value));
  finish(half);
  return half;
}

scf::ForOp Strip::second(ValueRange carried) {
  scf::ForOp half = start(carried);
  for (auto [number, value] : llvm::enumerate(cut.values))
    map.map(value, buffer.loadAligned(value.getType(),
                                      positionOf(half, number, value)));
  for (int64_t n = 0; n < body.size(); ++n)
    if (n >= at || body.isRepeated(n))
      builder.clone(*body[n], map);
  builder.clone(*loop.getBody()->getTerminator(), map);
  finish(half);
  return half;
}

Halves cutLoop(ImplicitLocOpBuilder &builder, scf::ForOp loop, const Cut &cut,
               int64_t columns, const Buffer &buffer) {
  Indices index(builder);
  Halves halves;
  halves.strips =
      scf::ForOp::create(builder, loop.getLowerBound(), loop.getUpperBound(),
                         index.constant(columns), loop.getInits());
  builder.setInsertionPointToStart(halves.strips.getBody());
  Value begin = halves.strips.getInductionVar();
  Value end = arith::MinSIOp::create(builder, index.add(begin, columns),
                                     loop.getUpperBound());
  Strip strip(builder, loop, cut, buffer, begin, end);
  halves.first = strip.first();
  halves.second = strip.second(halves.strips.getRegionIterArgs());
  scf::YieldOp::create(builder, halves.second.getResults());
  loop.replaceAllUsesWith(halves.strips.getResults());
  loop.erase();
  builder.setInsertionPointAfter(halves.strips);
  return halves;
}

} // namespace keops::cpu
