//===- Quotients.cpp - where divisions bind a loop over pairs -------------===//
//
// How many divisions are replaced is found out by trying: each number is tried
// on a copy of the loop, and its estimate decides.
//
// Estimates are of no use for a few numbers, 0 and infinity among them. That is
// noted along the way, and then all is done again, with divisions only. A test
// within the loop would be in the way of LLVM, which orders instructions
// between branches: 0.111 instead of 0.099 ns per pair of a Cauchy kernel.
//
// Constants that are added to sums of squares, as in 1 + |x - y|^2, become the
// first term: the sum is then made by multiply-adds alone, which is what pays
// for the others. With at most four squares, that rounds no worse.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Quotients.h"
#include "compiler/Conversion/CPU/Cost.h"
#include "compiler/Conversion/Elementary/Quotient.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

#include <limits>

using namespace mlir;

namespace keops::cpu {

// What is more code must be better by so much.
static constexpr double kWorthIt = 1.05;
static constexpr int kMostSquares = 4;

/// Those that fill a register, in order.
static SmallVector<arith::DivFOp> divisionsIn(Block &body) {
  SmallVector<arith::DivFOp> divisions;
  for (auto op : body.getOps<arith::DivFOp>())
    if (auto type = dyn_cast<VectorType>(op.getType()))
      if (type.getNumElements() * type.getElementTypeBitWidth() == 512)
        divisions.push_back(op);
  return divisions;
}

//===----------------------------------------------------------------------===//
// Sums that begin with a constant
//===----------------------------------------------------------------------===//

static bool isContracted(arith::AddFOp sum) {
  return bitEnumContainsAll(sum.getFastmath(), arith::FastMathFlags::contract);
}

/// A square that only the sum uses.
static bool isSquare(Value value) {
  auto product = value.getDefiningOp<arith::MulFOp>();
  return product && product->hasOneUse() &&
         product.getLhs() == product.getRhs();
}

/// The number that a vector repeats, if it is known and not negative.
static std::optional<double> repeatedNumber(Value value) {
  if (auto broadcast = value.getDefiningOp<vector::BroadcastOp>())
    value = broadcast.getSource();
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  if (auto splat = dyn_cast<SplatElementsAttr>(attribute))
    attribute = splat.getSplatValue<Attribute>();
  auto number = dyn_cast<FloatAttr>(attribute);
  if (!number || !(number.getValueAsDouble() >= 0))
    return std::nullopt;
  return number.getValueAsDouble();
}

/// The first sum of x x + y y + ..., which ends with `last`.
static arith::AddFOp firstSum(Value last) {
  arith::AddFOp first;
  for (int squares = 2; squares <= kMostSquares; ++squares) {
    auto sum = last.getDefiningOp<arith::AddFOp>();
    if (!sum || !sum->hasOneUse() || !isContracted(sum) ||
        !isSquare(sum.getRhs()))
      return {};
    if (isSquare(sum.getLhs()))
      return sum;
    last = sum.getLhs();
  }
  return {};
}

static void beginWithConstants(CpuMachine &machine, Block &body) {
  for (auto total : llvm::make_early_inc_range(body.getOps<arith::AddFOp>())) {
    Value squares = total.getRhs();
    std::optional<double> number = repeatedNumber(total.getLhs());
    if (!number) {
      squares = total.getLhs();
      number = repeatedNumber(total.getRhs());
    }
    arith::AddFOp first = number ? firstSum(squares) : arith::AddFOp();
    if (!first || !isContracted(total))
      continue;
    machine.builder.setInsertionPoint(first);
    Lane start = machine.wrap(first.getLhs()) + machine.constant(*number);
    first.getLhsMutable().assign(start.at(0, 0));
    total.replaceAllUsesWith(squares);
    total.erase();
  }
}

//===----------------------------------------------------------------------===//
// Divisions
//===----------------------------------------------------------------------===//

/// `count` of the divisions, as far from each other as possible. Returns masks
/// of where that may have gone wrong.
static Lanes replaceDivisions(CpuMachine &machine, Block &body, size_t count) {
  OpBuilder::InsertionGuard guard(machine.builder);
  beginWithConstants(machine, body);
  SmallVector<arith::DivFOp> divisions = divisionsIn(body);
  Lanes masks;
  for (size_t k = 0; k < count; ++k) {
    arith::DivFOp division = divisions[k * divisions.size() / count];
    machine.builder.setInsertionPoint(division);
    Quotient quotient = estimatedQuotient(machine.wrap(division.getLhs()),
                                          machine.wrap(division.getRhs()));
    division.replaceAllUsesWith(quotient.value.at(0, 0));
    division.erase();
    masks.push_back(quotient.isOff);
  }
  return masks;
}

/// How many divisions should be replaced.
static size_t bestCount(CpuMachine &machine, scf::ForOp loop) {
  size_t all = divisionsIn(*loop.getBody()).size(), best = 0;
  if (all < 2)
    return 0;
  double least = std::numeric_limits<double>::infinity();
  for (size_t count = 0; 2 * count <= all; ++count) {
    auto copy = cast<scf::ForOp>(machine.builder.clone(*loop));
    replaceDivisions(machine, *copy.getBody(), count);
    // Chains are short beside a division, all that counts are pipes.
    double cycles = estimateOf(*copy.getBody(), pairsOf(copy)).pipes;
    copy.erase();
    if (cycles * kWorthIt < least) {
      least = cycles;
      best = count;
    }
  }
  return best;
}

/// The loop with a mask more among its results.
static scf::ForOp withEstimates(CpuMachine &machine, scf::ForOp loop,
                                size_t count) {
  OpBuilder::InsertionGuard guard(machine.builder);
  machine.builder.setInsertionPoint(loop);
  Lanes masks = replaceDivisions(machine, *loop.getBody(), count);
  auto type = cast<VectorType>(masks.front().at(0, 0).getType());
  Value none = arith::ConstantOp::create(machine.builder,
                                         DenseElementsAttr::get(type, false));
  IRRewriter rewriter(machine.builder.getContext());
  rewriter.setInsertionPoint(loop);
  auto addYield = [&](OpBuilder &, Location,
                      ArrayRef<BlockArgument> carried) -> SmallVector<Value> {
    machine.builder.setInsertionPoint(loop.getBody()->getTerminator());
    Lane isOff = machine.wrap(carried.front());
    for (const Lane &mask : masks)
      isOff = isOff | mask;
    return {isOff.at(0, 0)};
  };
  return cast<scf::ForOp>(*loop.replaceWithAdditionalYields(
      rewriter, none, /*replaceInitOperandUsesInLoop=*/false, addYield));
}

SmallVector<Value> shareDivider(CpuMachine &machine, scf::ForOp loop) {
  size_t count = bestCount(machine, loop);
  if (count == 0)
    return loop.getResults();
  ImplicitLocOpBuilder &builder = machine.builder;
  auto exact = cast<scf::ForOp>(builder.clone(*loop));
  exact->removeAttr(kPairsAttribute);
  loop = withEstimates(machine, loop, count);
  auto branch =
      scf::IfOp::create(builder, exact.getResultTypes(),
                        machine.any(machine.wrap(loop.getResults().back())),
                        /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  exact->moveBefore(branch.thenBlock(), branch.thenBlock()->end());
  builder.setInsertionPointToEnd(branch.thenBlock());
  scf::YieldOp::create(builder, exact.getResults());
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, loop.getResults().drop_back());
  return branch.getResults();
}

} // namespace keops::cpu
