//===- SoftDTW.cpp - soft dynamic time warping ----------------------------===//
//
// For sequences x of n and y of m numbers, the cost of the best way from the
// first pair to the last:
//
//   r(i, j) = (x_i - y_j)^2 + softmin(r(i-1, j-1), r(i-1, j), r(i, j-1))
//   softmin(a, b, c) = low - gamma log(exp((low - a) / gamma) + ...)
//
// where low is the least of the three; at the borders there is one way only.
// Cells with the same i + j do not need each other, so each such diagonal is
// one vector, in the order of i.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Expansions.h"

using namespace mlir;

namespace keops {

namespace {
struct SoftMin {
  Expr value;
  Expr weights[3]; // the derivatives by a, b and c
};

/// Cells (i, d - i) of diagonal d, from i = first on.
struct Diagonal {
  int64_t first;
  Expr difference, value;
  /// How the cells got their values: those with three ways start at `inner`.
  int64_t inner = 0, count = 0;
  std::optional<SoftMin> ways = std::nullopt;

  Expr cells(Expr of, int64_t i, int64_t size) const {
    return extract(of, i - first, size);
  }
  Expr place(Expr part, int64_t i) const {
    return placeAt(part, i - first, value.dim());
  }
};

class Warping {
public:
  Warping(Expr x, Expr y, Expr gamma);

  Expr value() const { return diagonals.back().value; }
  /// Along x, then along y.
  Expr gradient() const;

private:
  SoftMin softMin(Expr a, Expr b, Expr c) const;
  Diagonal diagonal(int64_t d) const;
  void passBack(int64_t d, Expr cotangent,
                MutableArrayRef<std::optional<Expr>> cotangents) const;
  int64_t first(int64_t d) const { return std::max<int64_t>(0, d - (m - 1)); }
  int64_t last(int64_t d) const { return std::min(d, n - 1); }
  /// Where the partner of x_i stands in the reversed y.
  int64_t partner(int64_t d, int64_t i) const { return m - 1 - d + i; }

  int64_t n, m;
  Expr x, reversed, gamma, inverse;
  SmallVector<Diagonal, 0> diagonals;
};
} // namespace

static Expr reverse(Expr x) {
  Expr result = extract(x, x.dim() - 1, 1);
  for (int64_t k = x.dim() - 2; k >= 0; --k)
    result = concat(result, extract(x, k, 1));
  return result;
}

static Expr least(Expr a, Expr b) { return ifElse(b - a, a, b); }

static void add(std::optional<Expr> &sum, Expr term) {
  sum = sum ? *sum + term : term;
}

Warping::Warping(Expr x, Expr y, Expr gamma)
    : n(x.dim()), m(y.dim()), x(x), reversed(reverse(y)), gamma(gamma),
      inverse(1 / gamma) {
  for (int64_t d = 0; d < n + m - 1; ++d)
    diagonals.push_back(diagonal(d));
}

SoftMin Warping::softMin(Expr a, Expr b, Expr c) const {
  Expr low = least(a, least(b, c));
  auto share = [&](Expr way) { return exp((low - way) * inverse); };
  Expr first = share(a), second = share(b), third = share(c);
  Expr sum = first + second + third;
  return {low - gamma * log(sum), {first / sum, second / sum, third / sum}};
}

Diagonal Warping::diagonal(int64_t d) const {
  int64_t from = first(d), to = last(d), size = to - from + 1;
  Expr difference =
      extract(x, from, size) - extract(reversed, partner(d, from), size);
  Diagonal result{from, difference, square(difference)};
  if (d == 0)
    return result;
  const Diagonal &before = diagonals[d - 1];
  std::optional<Expr> ways;
  auto append = [&](Expr part) { ways = ways ? concat(*ways, part) : part; };
  if (from == 0) // i = 0
    append(before.cells(before.value, 0, 1));
  result.inner = std::max<int64_t>(1, from);
  result.count = std::min(to, d - 1) - result.inner + 1;
  if (result.count > 0) {
    const Diagonal &corner = diagonals[d - 2];
    int64_t i = result.inner, count = result.count;
    result.ways = softMin(corner.cells(corner.value, i - 1, count),
                          before.cells(before.value, i - 1, count),
                          before.cells(before.value, i, count));
    append(result.ways->value);
  }
  if (to == d) // j = 0
    append(before.cells(before.value, d - 1, 1));
  result.value = result.value + *ways;
  return result;
}

/// Hands the cotangent of a diagonal to those before it.
void Warping::passBack(int64_t d, Expr cotangent,
                       MutableArrayRef<std::optional<Expr>> cotangents) const {
  const Diagonal &own = diagonals[d], &before = diagonals[d - 1];
  if (own.first == 0)
    add(cotangents[d - 1], before.place(own.cells(cotangent, 0, 1), 0));
  if (own.ways) {
    const Diagonal &corner = diagonals[d - 2];
    int64_t i = own.inner;
    Expr inner = own.cells(cotangent, i, own.count);
    ArrayRef<Expr> weights = own.ways->weights;
    add(cotangents[d - 2], corner.place(inner * weights[0], i - 1));
    add(cotangents[d - 1], before.place(inner * weights[1], i - 1));
    add(cotangents[d - 1], before.place(inner * weights[2], i));
  }
  if (last(d) == d)
    add(cotangents[d - 1], before.place(own.cells(cotangent, d, 1), d - 1));
}

Expr Warping::gradient() const {
  SmallVector<std::optional<Expr>> cotangents(diagonals.size());
  cotangents.back() = gamma.number(1);
  std::optional<Expr> alongX, alongReversed;
  for (int64_t d = diagonals.size() - 1; d >= 0; --d) {
    const Diagonal &own = diagonals[d];
    Expr slope = 2 * own.difference * *cotangents[d];
    add(alongX, placeAt(slope, own.first, n));
    add(alongReversed, placeAt(-slope, partner(d, own.first), m));
    if (d > 0)
      passBack(d, *cotangents[d], cotangents);
  }
  return concat(*alongX, reverse(*alongReversed));
}

//===----------------------------------------------------------------------===//
// What users call
//===----------------------------------------------------------------------===//

static LogicalResult checkSequences(Locus location, ValueRange operands) {
  int64_t n = vecType(operands[0]).getDim(), m = vecType(operands[1]).getDim(),
          dim = vecType(operands[2]).getDim();
  if (dim != 1)
    return emitOptionalError(location, "needs gamma of dimension 1, got ", dim);
  if (n * m > kMaxEntries)
    return emitOptionalError(location, "compares ", n * m,
                             " pairs of numbers, more than ", kMaxEntries);
  return success();
}

LogicalResult softDTWShape(Locus location, ValueRange operands, DictionaryAttr,
                           SmallVectorImpl<Type> &results) {
  if (failed(checkSequences(location, operands)))
    return failure();
  return joinedShape(location, operands, 1, results);
}
Expr expandSoftDTW(ArrayRef<Expr> operands, DictionaryAttr) {
  return Warping(operands[0], operands[1], operands[2]).value();
}

LogicalResult gradSoftDTWShape(Locus location, ValueRange operands,
                               DictionaryAttr, SmallVectorImpl<Type> &results) {
  if (failed(checkSequences(location, operands)))
    return failure();
  int64_t n = vecType(operands[0]).getDim(), m = vecType(operands[1]).getDim();
  return joinedShape(location, operands, n + m, results);
}
Expr expandGradSoftDTW(ArrayRef<Expr> operands, DictionaryAttr) {
  return Warping(operands[0], operands[1], operands[2]).gradient();
}

} // namespace keops
