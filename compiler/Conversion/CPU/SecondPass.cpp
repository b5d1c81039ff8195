//===- SecondPass.cpp - what looking at columns again costs ---------------===//
//
// How often that happens depends on the data. The estimate is for columns in
// random order, of which each is among the K best of n with probability K / n.
//
// A block of columns has a bound that K of its groups meet, or groups and the
// best of earlier blocks together. So the first block has K groups that are
// looked at. Of the K that meet the bound after n columns, a later block of b
// columns has its share, K b / n. With blocks of equal size that makes
// K (1 + 1/2 + 1/3 + ...) groups for each row.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"

#include <cmath>

using namespace mlir;

namespace keops::cpu {

// What a group takes: branches that nobody can predict, insertions, and a chain
// of operations for each vector of columns, with nothing beside it to do. From
// ArgKMin with K = 2 to 16 and N = 3000 to 100000 on a Zen 4: 52 to 63 ns per
// group in dimension 3 and 70 to 83 in dimension 10 where a block is all there
// is, and 100 to 110 where columns come from L2.
static constexpr double kCyclesPerGroup = 200, kChainOverPipes = 5,
                        kCyclesPerNs = 3.7;

Attribute SecondPass::toAttribute(MLIRContext *context) const {
  return DenseI64ArrayAttr::get(context, {ranks, group, block});
}

std::optional<SecondPass> SecondPass::of(scf::ForOp loop) {
  auto numbers = loop->getAttrOfType<DenseI64ArrayAttr>(kAgainAttribute);
  if (!numbers)
    return std::nullopt;
  return SecondPass{numbers[0], numbers[1], numbers[2]};
}

double SecondPass::groups(int64_t columns) const {
  double looked = 0;
  for (int64_t seen = 0; seen < columns;) {
    int64_t size = std::min(block, columns - seen);
    seen += size;
    looked += double(ranks) * double(size) / double(seen);
  }
  return looked;
}

double SecondPass::nanosecondsOf(scf::ForOp loop, int64_t columns) const {
  std::optional<APInt> step = loop.getConstantStep();
  double vectors = std::ceil(double(group) / double(step->getSExtValue()));
  double pipes = estimateOf(*loop.getBody(), 1).pipes;
  double cycles = kCyclesPerGroup + vectors * kChainOverPipes * pipes;
  return groups(columns) * cycles / kCyclesPerNs / double(columns);
}

} // namespace keops::cpu
