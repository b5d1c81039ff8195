//===- Cost.cpp - what a pair costs on a CPU ------------------------------===//
//
// Loads and constants become operands of other instructions, and so does, in
// AVX-512, a number of a column that a single instruction repeats for its rows.
// A product that is only added becomes part of a multiply-add. Everything else
// is an instruction.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"
#include "compiler/Conversion/CPU/Isa.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace keops::cpu {

Cost &Cost::operator+=(const Cost &other) {
  multiply += other.multiply;
  add += other.add;
  shuffle += other.shuffle;
  any += other.any;
  broadcast += other.broadcast;
  load += other.load;
  store += other.store;
  test += other.test;
  divider += other.divider;
  return *this;
}

Cost Cost::operator*(double times) const {
  return {multiply * times, add * times,       shuffle * times,
          any * times,      broadcast * times, divider * times,
          load * times,     store * times,     test * times};
}

Level levelOf(Block &body) {
  auto function = body.getParentOp()->getParentOfType<func::FuncOp>();
  auto pairs = function->getAttrOfType<ArrayAttr>("passthrough");
  for (auto pair : pairs.getAsRange<ArrayAttr>()) {
    StringRef value = cast<StringAttr>(pair[1]).getValue();
    if (cast<StringAttr>(pair[0]).getValue() != "target-cpu")
      continue;
    for (Isa isa : {Isa::V2, Isa::V3, Isa::V4})
      if (value == targetCpu(isa))
        return {naturalWidth(isa, /*bits=*/1)};
  }
  return {};
}

namespace {

/// Instructions for a value: more than one if it is wider than a register.
double registersOf(Type type, Level level) {
  auto vector = cast<VectorType>(type);
  int64_t bits =
      vector.getNumElements() * int64_t(vector.getElementTypeBitWidth());
  return std::max(double(bits) / double(level.bits), 1.0);
}

/// May a sum and a product become one instruction?
bool canFuse(Operation *sum) {
  auto flags = dyn_cast<arith::ArithFastMathInterface>(sum);
  return isa<arith::AddFOp, arith::SubFOp>(sum) && flags &&
         bitEnumContainsAll(flags.getFastMathFlagsAttr().getValue(),
                            arith::FastMathFlags::contract);
}

/// The sums that use a value or its negation; nothing if others use it, too.
SmallVector<Operation *> sumsWith(Value value) {
  SmallVector<Operation *> sums;
  for (Operation *user : value.getUsers()) {
    if (auto negation = dyn_cast<arith::NegFOp>(user)) {
      SmallVector<Operation *> more = sumsWith(negation);
      if (more.empty())
        return {};
      sums.append(more);
    } else if (canFuse(user)) {
      sums.push_back(user);
    } else {
      return {};
    }
  }
  return sums;
}

/// The product that a sum makes on the way: one of its operands.
arith::MulFOp productIn(Operation *sum) {
  for (Value operand : llvm::reverse(sum->getOperands())) {
    if (auto negation = operand.getDefiningOp<arith::NegFOp>())
      operand = negation.getOperand();
    auto product = operand.getDefiningOp<arith::MulFOp>();
    if (product && !sumsWith(product).empty())
      return product;
  }
  return {};
}

/// Is it made by all sums that use it?
bool isFused(arith::MulFOp product) {
  SmallVector<Operation *> sums = sumsWith(product);
  return !sums.empty() && llvm::all_of(sums, [&](Operation *sum) {
    return productIn(sum) == product;
  });
}

/// select (a < b), a, b and its kin are one instruction.
bool isMinimum(arith::SelectOp select) {
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  return compare && compare->hasOneUse() &&
         ((compare.getLhs() == select.getTrueValue() &&
           compare.getRhs() == select.getFalseValue()) ||
          (compare.getRhs() == select.getTrueValue() &&
           compare.getLhs() == select.getFalseValue()));
}

bool isPartOfMinimum(arith::CmpFOp compare) {
  return compare->hasOneUse() && isa<arith::SelectOp>(*compare->user_begin()) &&
         isMinimum(cast<arith::SelectOp>(*compare->user_begin()));
}

/// With a rounding mode of its own.
bool isProduct(LLVM::CallIntrinsicOp call) {
  StringRef name = call.getIntrin();
  return name.contains(".vfmadd.") || name.contains(".mul.");
}

Cost costOfIntrinsic(LLVM::CallIntrinsicOp call) {
  StringRef name = call.getIntrin();
  if (name.contains("scalef"))
    return {0, 2};
  if (name.contains("vpermi2var"))
    return {0, 0, 1};
  if (isProduct(call) || name.contains("rcp14") || name.contains("fpclass"))
    return {1};
  return {0, 1}; // rounding, exponents, significands
}

// Throughput of a division and of a root of 512 bits on a Zen 4, in cycles, of
// f32 and f64. Where vectors are shorter and have a half or a quarter of these,
// numbers are older, and the choice of schedules was fitted to them.
struct Divider {
  double single, wide;
};
constexpr Divider kDivide = {6, 9}, kRoot = {10, 16};
constexpr Divider kShortDivide = {5.5, 11}, kShortRoot = {10, 20};

bool isDouble(Operation *op) {
  return getElementTypeOrSelf(op->getResult(0)).isF64();
}

Cost costOfDivider(Operation &op, Divider cycles) {
  Cost cost;
  cost.divider = isDouble(&op) ? cycles.wide : cycles.single;
  return cost;
}

/// A sign that only sums see becomes part of them.
bool isAbsorbed(arith::NegFOp negation) {
  return llvm::all_of(negation->getUsers(), [](Operation *user) {
    auto call = dyn_cast<LLVM::CallIntrinsicOp>(user);
    return isa<arith::AddFOp, arith::SubFOp, math::FmaOp>(user) ||
           (call && call.getIntrin().contains(".vfmadd."));
  });
}

/// A number for all rows.
Cost costOf(vector::BroadcastOp op, Level level) {
  Cost cost;
  if (op->use_empty() || matchPattern(op.getSource(), m_Constant()))
    return cost;
  bool isInMemory = op.getSource().getDefiningOp<memref::LoadOp>();
  cost.load = !isInMemory ? 0 : level.embeds() ? 0.5 : 1;
  cost.broadcast = level.embeds() && isInMemory && op->hasOneUse() ? 0 : 1;
  return cost;
}

/// Of numbers, but for functions.
Cost costOfArithmetic(Operation &op, Level level) {
  if (auto product = dyn_cast<arith::MulFOp>(op)) {
    bool isLeftOut =
        product->use_empty() || (level.fuses() && isFused(product));
    return isLeftOut ? Cost() : Cost{1};
  }
  if (isa<arith::AddFOp, arith::SubFOp>(op)) {
    arith::MulFOp product = level.fuses() ? productIn(&op) : nullptr;
    return product && isFused(product) ? Cost{1} : Cost{0, 1};
  }
  if (isa<math::FmaOp>(op))
    return {1};
  if (isa<arith::DivFOp>(op))
    return costOfDivider(op, level.embeds() ? kDivide : kShortDivide);
  if (isa<math::SqrtOp>(op))
    return costOfDivider(op, level.embeds() ? kRoot : kShortRoot);
  if (auto negation = dyn_cast<arith::NegFOp>(op))
    return isAbsorbed(negation) ? Cost() : Cost{0, 0, 0, 1};
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return isPartOfMinimum(compare) ? Cost() : level.comparison();
  return {};
}

/// Of an operation that makes a vector of one register.
Cost costOfVector(Operation &op, Level level) {
  if (isa<arith::AddIOp, arith::SubIOp, arith::MinUIOp, arith::MaxSIOp,
          arith::AndIOp, arith::OrIOp, arith::XOrIOp>(op))
    return {0, 0, 0, 1};
  if (isa<arith::ShLIOp, arith::ShRUIOp, arith::ShRSIOp, arith::SIToFPOp,
          arith::FPToSIOp, math::RoundEvenOp, math::FloorOp>(op))
    return {0, 1};
  if (isa<arith::CmpIOp>(op))
    return level.comparison();
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return isMinimum(select) ? Cost{0, 1} : level.selection();
  if (auto broadcast = dyn_cast<vector::BroadcastOp>(op))
    return costOf(broadcast, level);
  if (auto call = dyn_cast<LLVM::CallIntrinsicOp>(op))
    return costOfIntrinsic(call);
  Cost cost = costOfArithmetic(op, level);
  cost.load = isa<vector::LoadOp>(op) ? 1 : 0;
  return cost;
}

Cost costOf(Operation &op, Level level) {
  Cost other;
  if (auto store = dyn_cast<vector::StoreOp>(op)) {
    other.store = registersOf(store.getValueToStore().getType(), level);
    return other;
  }
  if (isa<scf::IfOp>(op)) {
    other.test = 1;
    return other;
  }
  if (op.getNumResults() != 1 || !isa<VectorType>(op.getResult(0).getType()))
    return other;
  return costOfVector(op, level) *
         registersOf(op.getResult(0).getType(), level);
}

} // namespace

bool isPartOfSum(Operation *product) {
  auto op = dyn_cast<arith::MulFOp>(product);
  return op && isFused(op);
}

Cost costOf(Block &body) {
  Cost cost;
  Level level = levelOf(body);
  for (Operation &op : body) // what a test guards is rare
    if (!isa<scf::ForOp>(op))
      cost += costOf(op, level);
  return cost;
}

} // namespace keops::cpu
