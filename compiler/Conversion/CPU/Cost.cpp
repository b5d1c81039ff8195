//===- Cost.cpp - what a pair costs on a CPU ------------------------------===//
//
// Loads, broadcasts and constants become operands of other instructions, and a
// product that is only added becomes part of a multiply-add. Everything else is
// an instruction. A vector wider than what is counted here would be several.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace keops::cpu {

Cost &Cost::operator+=(const Cost &other) {
  multiply += other.multiply;
  add += other.add;
  shuffle += other.shuffle;
  any += other.any;
  divider += other.divider;
  return *this;
}

Cost Cost::operator*(double times) const {
  return {multiply * times, add * times, shuffle * times, any * times,
          divider * times};
}

double Cost::cycles() const {
  double both = (multiply + add + any) / 2 + shuffle;
  return std::max({multiply + shuffle, add + shuffle, both, divider});
}

StringRef Cost::bound() const {
  double most = cycles();
  if (most == divider)
    return "divider";
  if (most == multiply + shuffle)
    return "multiply";
  return most == add + shuffle ? "add" : "all";
}

namespace {

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

Cost costOfIntrinsic(StringRef name) {
  if (name.contains("scalef"))
    return {0, 2};
  if (name.contains("vpermi2var"))
    return {0, 0, 1};
  return {0, 1}; // rounding, exponents, significands
}

// Throughput of a 512-bit division and root of a Zen 4, in cycles.
constexpr double kDivide = 5.5, kRoot = 10, kDivideDouble = 11,
                 kRootDouble = 20;

bool isDouble(Operation *op) {
  return getElementTypeOrSelf(op->getResult(0)).isF64();
}

/// A sign that only sums see becomes part of them.
bool isAbsorbed(arith::NegFOp negation) {
  return llvm::all_of(negation->getUsers(), [](Operation *user) {
    return isa<arith::AddFOp, arith::SubFOp, math::FmaOp>(user);
  });
}

Cost costOf(Operation &op) {
  if (op.getNumResults() != 1 || !isa<VectorType>(op.getResult(0).getType()))
    return {};
  return TypeSwitch<Operation *, Cost>(&op)
      .Case([](arith::MulFOp product) {
        return isFused(product) ? Cost() : Cost{1};
      })
      .Case<arith::AddFOp, arith::SubFOp>([](Operation *sum) {
        arith::MulFOp product = productIn(sum);
        return product && isFused(product) ? Cost{1} : Cost{0, 1};
      })
      .Case([](arith::CmpFOp compare) {
        return isPartOfMinimum(compare) ? Cost() : Cost{1};
      })
      .Case([](arith::SelectOp select) {
        return isMinimum(select) ? Cost{0, 1} : Cost{0, 0, 0, 1};
      })
      .Case([](arith::CmpIOp) { return Cost{1}; })
      .Case([](math::FmaOp) { return Cost{1}; })
      .Case([](arith::DivFOp op) {
        return Cost{0, 0, 0, 0, isDouble(op) ? kDivideDouble : kDivide};
      })
      .Case([](math::SqrtOp op) {
        return Cost{0, 0, 0, 0, isDouble(op) ? kRootDouble : kRoot};
      })
      .Case<math::RoundEvenOp, math::FloorOp, arith::ShLIOp, arith::ShRUIOp,
            arith::ShRSIOp, arith::SIToFPOp, arith::FPToSIOp>(
          [](Operation *) { return Cost{0, 1}; })
      .Case<arith::AddIOp, arith::SubIOp, arith::MinUIOp, arith::MaxSIOp,
            arith::AndIOp, arith::OrIOp, arith::XOrIOp>(
          [](Operation *) { return Cost{0, 0, 0, 1}; })
      .Case([](arith::NegFOp negation) {
        return isAbsorbed(negation) ? Cost() : Cost{0, 0, 0, 1};
      })
      .Case([](LLVM::CallIntrinsicOp call) {
        return costOfIntrinsic(call.getIntrin());
      })
      .Default([](Operation *) { return Cost(); });
}

} // namespace

Cost costOf(Block &body) {
  Cost cost;
  for (Operation &op : body) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      std::optional<APInt> turns = loop.getStaticTripCount();
      cost += costOf(*loop.getBody()) *
              (turns ? double(turns->getZExtValue()) : 1.0);
    } else {
      // What a test guards is rare.
      cost += costOf(op);
    }
  }
  return cost;
}

// The loops of docs/performance.md take so much longer than their pipes would,
// on a Zen 4 at 3.7 GHz.
static constexpr double kOverPipes = 1.12, kCyclesPerNs = 3.7;

/// Bits of the widest vector of a loop.
static int64_t widestVector(Block &body) {
  int64_t widest = 0;
  body.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto vector = dyn_cast<VectorType>(type);
          vector && isa<FloatType>(vector.getElementType()))
        widest = std::max(widest, vector.getNumElements() *
                                      int64_t(vector.getElementTypeBitWidth()));
  });
  return widest;
}

double cyclesOf(Block &body) {
  return costOf(body).cycles() * (widestVector(body) == 512 ? 1 : 0.5);
}

double nanosecondsOf(Block &body) {
  return cyclesOf(body) * kOverPipes / kCyclesPerNs;
}

} // namespace keops::cpu
