//===- Sums.cpp - running sums in the state of a reduction ----------------===//

#include "dialects/Keops/Reductions/Sums.h"

using namespace mlir;

namespace keops {

namespace {
struct Pair {
  Lane sum, lost;
};
} // namespace

/// s + x, with what its rounding takes away, to the last bit.
static Pair twoSum(const Lane &s, const Lane &x) {
  Lane sum = plainAdd(s, x), ofX = plainSub(sum, s);
  Lane ofS = plainSub(sum, ofX);
  return {sum, plainAdd(plainSub(s, ofS), plainSub(x, ofX))};
}

Lanes Sums::of(ArrayRef<Lane> terms) const {
  Lanes sums;
  for (const Lane &term : terms)
    sums.push_back(convert(term, type()));
  // Nothing, but NaN of infinity, as of every sum that is infinite.
  if (isPaired())
    for (size_t k = 0; k < terms.size(); ++k)
      sums.push_back(plainSub(sums[k], sums[k]));
  return sums;
}

Lanes Sums::add(ArrayRef<Lane> sums, ArrayRef<Lane> terms) const {
  size_t count = terms.size();
  Lanes result(sums);
  for (size_t k = 0; k < count; ++k) {
    Lane term = convert(terms[k], type());
    if (!isPaired()) {
      result[k] = sums[k] + term;
      continue;
    }
    Pair pair = twoSum(sums[k], term);
    result[k] = pair.sum;
    result[count + k] = plainAdd(sums[count + k], pair.lost);
  }
  return result;
}

// Adding the columns up first makes for shorter chains of additions.
Lanes Sums::addColumns(ArrayRef<Lane> sums, ArrayRef<Lane> terms) const {
  auto ofColumn = [&](int u) {
    return llvm::map_to_vector<4>(
        terms, [&](const Lane &term) { return machine.column(term, u); });
  };
  if (summation.scheme == SumScheme::Block) {
    auto total = llvm::map_to_vector<4>(terms, [&](const Lane &term) {
      return machine.foldColumns(term, [](Lane a, Lane b) { return a + b; });
    });
    return add(sums, total);
  }
  Lanes result(sums);
  for (int u = 0; u < terms.front().cols; ++u)
    result = add(result, ofColumn(u));
  return result;
}

Lanes Sums::merge(ArrayRef<Lane> a, ArrayRef<Lane> b) const {
  if (!isPaired())
    return add(a, b);
  size_t count = a.size() / 2;
  Lanes result = add(a, b.take_front(count));
  for (size_t k = count; k < a.size(); ++k)
    result[k] = plainAdd(result[k], b[k]);
  return result;
}

Lanes Sums::scale(ArrayRef<Lane> sums, const Lane &factor) const {
  return llvm::map_to_vector<4>(
      sums, [&](const Lane &sum) { return convert(sum, type()) * factor; });
}

// A sum that is infinite, or was once, has lost NaN.
Lanes Sums::read(ArrayRef<Lane> sums) const {
  if (!isPaired())
    return Lanes(sums);
  Lanes result;
  size_t count = sums.size() / 2;
  for (size_t k = 0; k < count; ++k)
    result.push_back(select(isNaN(sums[count + k]), sums[k],
                            plainAdd(sums[k], sums[count + k])));
  return result;
}

Lanes Sums::results(Lanes lanes) const {
  for (Lane &lane : lanes)
    lane = convert(lane, machine.real());
  return lanes;
}

} // namespace keops
