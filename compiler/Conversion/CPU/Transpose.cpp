//===- Transpose.cpp - rows of a table and vectors of components ----------===//
//
// D components are taken apart by the smallest factor p of D first: numbers at
// positions that leave the same remainder by p are those of a table of rows
// with D / p components. That takes D (p - 1) shuffles for each prime factor p
// of D, 64 for 16 components where all at once would take 240.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Transpose.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace keops::cpu {

static size_t smallestFactor(size_t number) {
  for (size_t factor = 2; factor * factor <= number; ++factor)
    if (number % factor == 0)
      return factor;
  return number;
}

/// A vector whose lane l is number `positionOf(l)` of all that the sources
/// hold, one source after the other.
static Value pick(ImplicitLocOpBuilder &builder, ArrayRef<Value> sources,
                  llvm::function_ref<int64_t(int64_t)> positionOf) {
  int64_t width = cast<VectorType>(sources[0].getType()).getNumElements();
  Value picked = sources[0];
  for (int64_t s = 1, count = sources.size(); s < count; ++s) {
    SmallVector<int64_t> mask;
    for (int64_t lane = 0; lane < width; ++lane) {
      int64_t source = positionOf(lane) / width;
      int64_t offset = positionOf(lane) % width;
      if (source == s)
        mask.push_back(width + offset);
      else if (source < s)
        mask.push_back(s == 1 ? offset : lane);
      else
        mask.push_back(vector::ShuffleOp::kPoisonIndex);
    }
    picked = vector::ShuffleOp::create(builder, picked, sources[s], mask);
  }
  return picked;
}

SmallVector<Value> componentsOfRows(ImplicitLocOpBuilder &builder,
                                    ArrayRef<Value> inOrder) {
  size_t dim = inOrder.size();
  if (dim == 1)
    return {inOrder[0]};
  size_t factor = smallestFactor(dim);
  SmallVector<SmallVector<Value>> parts(factor);
  for (size_t first = 0; first < dim; first += factor)
    for (size_t rest = 0; rest < factor; ++rest)
      parts[rest].push_back(
          pick(builder, inOrder.slice(first, factor),
               [&](int64_t lane) { return lane * factor + rest; }));
  SmallVector<Value> components(dim);
  for (size_t rest = 0; rest < factor; ++rest)
    for (auto [c, value] :
         llvm::enumerate(componentsOfRows(builder, parts[rest])))
      components[c * factor + rest] = value;
  return components;
}

SmallVector<Value> rowsOfComponents(ImplicitLocOpBuilder &builder,
                                    ArrayRef<Value> components) {
  size_t dim = components.size();
  if (dim == 1)
    return {components[0]};
  int64_t width = cast<VectorType>(components[0].getType()).getNumElements();
  size_t factor = smallestFactor(dim);
  SmallVector<SmallVector<Value>> parts;
  for (size_t rest = 0; rest < factor; ++rest) {
    SmallVector<Value> part;
    for (size_t c = rest; c < dim; c += factor)
      part.push_back(components[c]);
    parts.push_back(rowsOfComponents(builder, part));
  }
  SmallVector<Value> inOrder;
  for (size_t block = 0; block < dim / factor; ++block) {
    SmallVector<Value> sources;
    for (const SmallVector<Value> &part : parts)
      sources.push_back(part[block]);
    for (size_t k = 0; k < factor; ++k)
      inOrder.push_back(pick(builder, sources, [&](int64_t lane) {
        int64_t position = int64_t(k) * width + lane;
        return position % factor * width + position / factor;
      }));
  }
  return inOrder;
}

} // namespace keops::cpu
