//===- Halves.cpp - a loop over pairs in two halves -----------------------===//

#include "compiler/Conversion/CPU/Halves.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <numeric>

using namespace mlir;

namespace keops::cpu {

namespace {

/// The operations of a loop by number, and what can be repeated of them.
class Body {
public:
  explicit Body(scf::ForOp loop);

  int64_t size() const { return int64_t(ops.size()); }
  Operation *operator[](int64_t n) const { return ops[n]; }
  /// Need the second half not be told? Addresses, loads and constants.
  bool isRepeated(int64_t n) const { return repeated[n]; }
  /// The last operation that uses a result of another, at any depth.
  int64_t lastUseOf(int64_t n) const;
  /// Up to this one, nothing depends on what a turn gets of the one before.
  int64_t firstCarried() const;
  /// Does it work on vectors?
  bool isWork(int64_t n) const;

private:
  bool canRepeat(Operation *op) const;

  mutable scf::ForOp loop; // the accessors of MLIR are not const
  SmallVector<Operation *> ops;
  DenseMap<Operation *, int64_t> numbers;
  SmallVector<bool> repeated;
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
    repeated.push_back(canRepeat(&op));
  }
}

bool Body::canRepeat(Operation *op) const {
  bool isLoad = isa<memref::LoadOp, vector::LoadOp>(op);
  bool isFree = isLoad || !isVector(op) || isa<vector::BroadcastOp>(op) ||
                op->hasTrait<OpTrait::ConstantLike>();
  if (!isFree || op->getNumRegions() || !(isLoad || isMemoryEffectFree(op)))
    return false;
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    if (operand == loop.getInductionVar())
      return true;
    auto it = numbers.find(operand.getDefiningOp());
    return !llvm::is_contained(loop.getRegionIterArgs(), operand) &&
           (it == numbers.end() || repeated[it->second]);
  });
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
  return ops[n]->getNumRegions() || (isVector(ops[n]) && !repeated[n]);
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

namespace {
/// What is made before each place in a loop and used from there on.
struct HandedOver {
  HandedOver(const Body &body, VectorType type);

  SmallVector<int64_t> vectors; // of the type
  SmallVector<int64_t> others;
};
} // namespace

HandedOver::HandedOver(const Body &body, VectorType type)
    : vectors(body.size() + 2), others(body.size() + 2) {
  for (int64_t n = 0; n < body.size(); ++n)
    for (Value result : body[n]->getResults()) {
      if (body.isRepeated(n))
        continue;
      SmallVector<int64_t> &changes =
          result.getType() == type ? vectors : others;
      ++changes[n + 1];
      --changes[std::max(body.lastUseOf(n), n) + 1];
    }
  for (SmallVector<int64_t> *changes : {&vectors, &others})
    std::partial_sum(changes->begin(), changes->end(), changes->begin());
}

std::optional<Cut> findCut(scf::ForOp loop, VectorType type, int64_t pairs) {
  if (writesMemory(loop) || !loop.getBody()->getOps<scf::ForOp>().empty())
    return std::nullopt;
  Body body(loop);
  HandedOver handedOver(body, type);
  int64_t work = 0, before = 0;
  for (int64_t n = 0; n < body.size(); ++n)
    work += body.isWork(n);
  // Less to store and load matters most, and then that the second half, which
  // has the longer chains, is short. But a half with less than a quarter of the
  // work hides nothing, and what takes one operation is not worth a store.
  int64_t least = std::numeric_limits<int64_t>::max();
  int64_t place = 0, last = std::min(body.firstCarried(), body.size() - 1);
  for (int64_t at = 1; at <= last; ++at) {
    before += body.isWork(at - 1);
    int64_t vectors = handedOver.vectors[at];
    int64_t perPair = (vectors + pairs - 1) / pairs;
    if (std::abs(2 * before - work) / 2 > work / 4 || !vectors ||
        vectors >= before || handedOver.others[at] || perPair > least)
      continue;
    least = perPair;
    place = at;
  }
  if (!place)
    return std::nullopt;
  Cut cut{body[place], {}};
  for (int64_t n = 0; n < place; ++n)
    if (!body.isRepeated(n) && body.lastUseOf(n) >= place)
      llvm::append_range(cut.values, body[n]->getResults());
  return cut;
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
  const Value *next = cut.values.begin();
  for (int64_t n = 0; n < at; ++n) {
    builder.clone(*body[n], map);
    // At once: it takes no register from there on.
    for (; next != cut.values.end() && next->getDefiningOp() == body[n]; ++next)
      buffer.storeAligned(
          map.lookup(*next),
          positionOf(half, size_t(next - cut.values.begin()), *next));
  }
  finish(half);
  return half;
}

scf::ForOp Strip::second(ValueRange carried) {
  scf::ForOp half = start(carried);
  // Loads come where they are needed: until then they take no register.
  auto load = [&](Value value) {
    const Value *found = llvm::find(cut.values, value);
    if (found == cut.values.end() || map.contains(value))
      return;
    size_t number = found - cut.values.begin();
    map.map(value, buffer.loadAligned(value.getType(),
                                      positionOf(half, number, value)));
  };
  auto clone = [&](Operation &op) {
    op.walk(
        [&](Operation *inner) { llvm::for_each(inner->getOperands(), load); });
    builder.clone(op, map);
  };
  for (int64_t n = 0; n < body.size(); ++n)
    if (n >= at || body.isRepeated(n))
      clone(*body[n]);
  clone(*loop.getBody()->getTerminator());
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
