//===- Cost.cpp - what a pair costs on a GPU ------------------------------===//
//
// A product that is only added becomes part of a multiply-add, signs and
// absolute values become part of what uses them, and positions part of the
// addresses of loads. Everything else is an instruction.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Cost.h"
#include "compiler/Conversion/GPU/Units.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace keops::device {

Cost &Cost::operator+=(const Cost &other) {
  issue += other.issue;
  fma += other.fma;
  alu += other.alu;
  special += other.special;
  fp64 += other.fp64;
  memory += other.memory;
  tensor += other.tensor;
  return *this;
}

Cost Cost::operator*(double times) const {
  return {issue * times, fma * times,    alu * times,   special * times,
          fp64 * times,  memory * times, tensor * times};
}

double Cost::cycles() const {
  return std::max({issue, fma, alu, special, fp64, memory, tensor});
}

StringRef Cost::bound() const {
  double most = cycles();
  if (most == issue)
    return "issue";
  if (most == special)
    return "special";
  if (most == alu)
    return "alu";
  if (most == fp64)
    return "fp64";
  if (most == tensor)
    return "tensor";
  return most == memory ? "memory" : "fma";
}

StringRef SweepCost::bound() const {
  bool isBusy = turn.cost.cycles() >= turn.latency / double(warps);
  return isBusy ? turn.cost.bound() : "latency";
}

namespace {

// Of a branch, and of the end of a loop: counter, comparison, branch.
constexpr Cost kBranch{2}, kLoopEnd{3, 0, 2 * kAlu};

Cost f32(double count) { return {count, count}; }
Cost f64(double count) { return {count, 0, 0, 0, kDouble * count}; }
Cost alu(double count) { return {count, 0, kAlu * count}; }
Cost special() { return {1, 0, 0, kSpecial}; }

int64_t bitsOf(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
}
bool isDouble(Operation *op) {
  return getElementTypeOrSelf(op->getOperand(0)).isF64();
}
Cost real(Operation *op, double count) {
  return isDouble(op) ? f64(count) : f32(count);
}

bool hasFlag(Operation *op, arith::FastMathFlags flag) {
  auto math = dyn_cast<arith::ArithFastMathInterface>(op);
  auto flags = math ? math.getFastMathFlagsAttr() : arith::FastMathFlagsAttr();
  return flags && bitEnumContainsAll(flags.getValue(), flag);
}

/// Does a product, or a quotient that is one, become part of the only sum that
/// uses it?
bool isFused(Operation *product) {
  Operation *user = product;
  do {
    if (!user->hasOneUse())
      return false;
    user = *user->user_begin();
  } while (isa<arith::NegFOp>(user));
  if (!isa<arith::AddFOp, arith::SubFOp>(user) ||
      !hasFlag(user, arith::FastMathFlags::contract))
    return false;
  // Of two products, a sum takes in the second.
  Operation *other = user->getOperand(1).getDefiningOp<arith::MulFOp>();
  return !other || other == product || !other->hasOneUse();
}

/// A division in f32 is a reciprocal and a product, if it need not be exact;
/// otherwise a sequence of instructions, as all of f64 are.
Cost costOf(arith::DivFOp quotient) {
  if (isDouble(quotient))
    return Cost{2, 0, 0, kSpecial} += f64(8);
  Cost cost = special();
  if (!hasFlag(quotient, arith::FastMathFlags::arcp))
    return cost += f32(8);
  auto one = quotient.getLhs().getDefiningOp<arith::ConstantOp>();
  auto number = one ? dyn_cast<FloatAttr>(one.getValue()) : FloatAttr();
  bool isReciprocal = number && number.getValue().isExactlyValue(1.0);
  return cost += f32(isReciprocal || isFused(quotient) ? 0 : 1);
}

/// What the hardware has, where it may be approximate. A sine is of the angle
/// in turns.
Cost costOfFunction(Operation *op) {
  if (isDouble(op))
    return special() += f64(8);
  if (!hasFlag(op, arith::FastMathFlags::afn))
    return special() += f32(8);
  return special() += f32(isa<math::SinOp, math::CosOp>(op) ? 1 : 0);
}

/// Does each thread have its own?
bool dependsOnThread(Value position) {
  Operation *op = position.getDefiningOp();
  return op && (isa<mlir::gpu::ThreadIdOp>(op) ||
                (op->getNumRegions() == 0 &&
                 llvm::any_of(op->getOperands(), dependsOnThread)));
}

/// Threads that read the stage mostly read the same numbers.
Cost costOfAccess(Type accessed, MemRefType memory, Value position) {
  auto space =
      dyn_cast_or_null<mlir::gpu::AddressSpaceAttr>(memory.getMemorySpace());
  bool isShared =
      space &&
      space.getValue() == mlir::gpu::GPUDialect::getWorkgroupAddressSpace();
  auto vector = dyn_cast<VectorType>(accessed);
  double words =
      double(bitsOf(accessed) * (vector ? vector.getNumElements() : 1)) / 32;
  double cycles =
      isShared && !dependsOnThread(position) ? std::max(words / 2, 1.0) : words;
  return {1, 0, 0, 0, 0, kMemory * cycles};
}

bool isFree(Operation *op) {
  return op->hasTrait<OpTrait::ConstantLike>() ||
         isa<arith::NegFOp, math::AbsFOp, arith::IndexCastOp, arith::BitcastOp,
             LLVM::BitcastOp, vector::ExtractOp, LLVM::InsertValueOp,
             LLVM::ExtractValueOp, UnrealizedConversionCastOp>(op) ||
         llvm::any_of(op->getResultTypes(),
                      [](Type type) { return type.isIndex(); });
}

Cost costOf(Operation *op) {
  if (isFree(op))
    return {};
  return TypeSwitch<Operation *, Cost>(op)
      .Case([](arith::MulFOp product) {
        return isFused(product) ? Cost() : real(product, 1);
      })
      .Case<arith::AddFOp, arith::SubFOp, math::FmaOp>(
          [](Operation *sum) { return real(sum, 1); })
      .Case([](arith::DivFOp quotient) { return costOf(quotient); })
      .Case<math::Exp2Op, math::Log2Op, math::SqrtOp, math::RsqrtOp,
            math::SinOp, math::CosOp>(
          [](Operation *function) { return costOfFunction(function); })
      .Case<arith::CmpFOp, arith::MinNumFOp, arith::MaxNumFOp>(
          [](Operation *op) { return isDouble(op) ? f64(1) : alu(1); })
      .Case<arith::SIToFPOp, arith::FPToSIOp, arith::ExtFOp, arith::TruncFOp,
            math::FloorOp, math::RoundEvenOp>(
          [](Operation *) { return special(); })
      .Case<memref::LoadOp, vector::LoadOp>([](auto load) {
        return costOfAccess(load.getResult().getType(), load.getMemRefType(),
                            load.getIndices().front());
      })
      .Case([](memref::StoreOp store) {
        return costOfAccess(store.getValue().getType(), store.getMemRefType(),
                            store.getIndices().front());
      })
      .Case([](vector::StoreOp store) {
        return costOfAccess(store.getVectorType(), store.getMemRefType(),
                            store.getIndices().front());
      })
      .Case([](LLVM::CallIntrinsicOp) { return alu(1); }) // two conversions
      .Case([](NVVM::MmaOp) { return Cost{1, 0, 0, 0, 0, 0, kTensor}; })
      .Default([](Operation *op) {
        if (op->getNumResults() != 1 ||
            !op->getResult(0).getType().isIntOrFloat())
          return Cost();
        return alu(bitsOf(op->getResult(0).getType()) == 64 ? 2 : 1);
      });
}

double latencyOf(const Cost &cost) {
  if (cost.memory)
    return kMemoryLatency;
  if (cost.tensor)
    return kTensorLatency;
  if (cost.special)
    return kSpecialLatency + kArithmeticLatency * (cost.issue - 1);
  if (cost.fp64)
    return kDoubleLatency * cost.fp64 / kDouble;
  return kArithmeticLatency * cost.issue;
}

/// An op with what it contains; `taken` is the share of tests that succeed.
Turn turnOf(Operation *op, double taken) {
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    std::optional<APInt> trips = loop.getStaticTripCount();
    double times = trips ? double(trips->getZExtValue()) : 1.0;
    Turn turn = keops::device::turnOf(*loop.getBody(), taken);
    turn.cost += kLoopEnd;
    return {turn.cost * times, turn.latency * times};
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    // Tests within each other look for one thing: one of them finds it.
    Turn inside = keops::device::turnOf(*branch.thenBlock(), 1);
    Cost cost = inside.cost * taken;
    return {cost += kBranch, inside.latency * taken + latencyOf(kBranch)};
  }
  Cost cost = costOf(op);
  return {cost, latencyOf(cost)};
}

} // namespace

Turn turnOf(iterator_range<Block::iterator> ops, double taken) {
  auto tests = llvm::count_if(ops, llvm::IsaPred<scf::IfOp>);
  Turn result;
  DenseMap<Value, double> known; // when values of the block are there
  for (Operation &op : ops) {
    Turn turn = turnOf(&op, tests ? taken / double(tests) : taken);
    result.cost += turn.cost;
    double start = 0;
    for (Value operand : op.getOperands())
      start = std::max(start, known.lookup(operand));
    for (Value value : op.getResults())
      known[value] = start + turn.latency;
    result.latency = std::max(result.latency, start + turn.latency);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Registers
//===----------------------------------------------------------------------===//

namespace {

/// Values that must be kept, going from the end of a function to its start. The
/// assembler loads a number just before it is needed, whatever the order here.
class LiveValues {
public:
  /// Addresses, counters, and what the assembler moves ahead to hide latency.
  static constexpr int64_t kBesides = 10;

  int64_t most = 0;

  /// `firstUses` is filled on the way.
  explicit LiveValues(DenseMap<Value, Operation *> &firstUses)
      : firstUses(firstUses) {}

  void goThrough(Block &block) {
    for (Operation &op : llvm::reverse(block))
      goThrough(op);
  }

private:
  void goThrough(Operation &op) {
    for (Value result : op.getResults())
      forget(result);
    if (isLoad(&op))
      return;
    if (isa<scf::ForOp>(op)) {
      SetVector<Value> used;
      getUsedValuesDefinedAbove(op.getRegions(), used);
      for (Value value : used)
        keep(value);
    }
    if (op.getNumRegions() != 0) {
      LiveValues after(*this); // a copy, which few ops are worth
      for (Region &region : op.getRegions())
        if (!region.empty())
          enter(region.front(), after);
    }
    for (Value operand : op.getOperands())
      keep(operand);
    most = std::max(most, words);
    for (Value operand : op.getOperands())
      if (isLoad(operand.getDefiningOp()) && isFirstUse(operand, op))
        forget(operand);
  }

  void enter(Block &block, const LiveValues &after) {
    LiveValues inside(after);
    inside.goThrough(block);
    most = std::max(most, inside.most);
    for (Value value : inside.live)
      if (!block.getParentOp()->isAncestor(
              value.getParentBlock()->getParentOp()))
        keep(value);
  }

  static bool isLoad(Operation *op) {
    return isa_and_nonnull<vector::LoadOp, vector::ExtractOp, memref::LoadOp>(
        op);
  }
  /// Is it the first of the users in the block of the value?
  bool isFirstUse(Value value, Operation &op) {
    Operation *&first = firstUses[value];
    if (!first)
      for (Operation *user : value.getUsers()) {
        Operation *ancestor =
            value.getParentBlock()->findAncestorOpInBlock(*user);
        if (!first || ancestor->isBeforeInBlock(first))
          first = ancestor;
      }
    return first == &op;
  }

  static int64_t wordsOf(Value value) {
    Operation *op = value.getDefiningOp();
    Type type = value.getType();
    if (!type.isIntOrIndexOrFloat() || type.isInteger(1) ||
        (op && op->hasTrait<OpTrait::ConstantLike>()))
      return 0;
    return type.isIndex() ? 1 : (bitsOf(type) + 31) / 32;
  }

  void keep(Value value) {
    if (live.insert(value).second)
      words += wordsOf(value);
  }
  void forget(Value value) {
    if (live.erase(value))
      words -= wordsOf(value);
  }

  DenseMap<Value, Operation *> &firstUses;
  DenseSet<Value> live;
  int64_t words = 0;
};

} // namespace

int64_t registersOf(mlir::gpu::GPUFuncOp function) {
  DenseMap<Value, Operation *> firstUses;
  LiveValues values(firstUses);
  values.goThrough(function.getBody().front());
  return values.most + LiveValues::kBesides;
}

int64_t warpsAtOnce(int64_t registers, int64_t threads, int64_t sharedBytes) {
  constexpr int64_t kRegisters = 64 << 10, kShared = 227 << 10,
                    kReserved = 1 << 10, kThreads = 2048, kBlocks = 32;
  int64_t perThread = llvm::alignTo(std::max<int64_t>(registers, 16), 8);
  int64_t blocks =
      std::min({kRegisters / (perThread * threads), kThreads / threads, kBlocks,
                kShared / (sharedBytes + kReserved)});
  return std::max<int64_t>(blocks * threads / 32, 4) / 4;
}

} // namespace keops::device
