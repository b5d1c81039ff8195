//===- Spline.cpp - B-splines ---------------------------------------------===//
//
// De Boor's recursion over n knots t. Order 0 says in which cell x lies:
//
//   B_i(x) = 1 if t_i <= x < t_{i+1}, else 0            i < n - 1
//
// and each order q after it joins neighbors:
//
//   share_i = B_i(x) / (t_{i+q} - t_i)          0 if the knots are equal
//   B_i(x) = (x - t_i) share_i + (t_{i+q+1} - x) share_{i+1}
//
// All functions of one order are one vector. Where no two knots and x meet, the
// result is smooth in x and in the knots, and the recursion has its
// derivatives.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Expansions.h"

using namespace mlir;

namespace keops {

static int64_t orderOf(DictionaryAttr attributes) {
  return attributes.getAs<IntegerAttr>("k").getInt();
}

LogicalResult bsplineShape(Locus location, ValueRange operands,
                           DictionaryAttr attributes,
                           SmallVectorImpl<Type> &results) {
  int64_t knots = vecType(operands[0]).getDim(), k = orderOf(attributes);
  int64_t dim = vecType(operands[1]).getDim();
  if (k < 0)
    return emitOptionalError(location, "needs an order k of at least 0, got ",
                             k);
  if (knots < k + 2)
    return emitOptionalError(location, "of order ", k, " needs at least ",
                             k + 2, " knots, got ", knots);
  if (dim != 1)
    return emitOptionalError(location, "needs x of dimension 1, got ", dim);
  if (knots * (k + 1) > kMaxEntries)
    return emitOptionalError(location, "has ", knots, " knots at order ", k,
                             ": their product with k + 1 is more than ",
                             kMaxEntries);
  return joinedShape(location, operands, knots - k - 1, results);
}

Expr expandBSpline(ArrayRef<Expr> operands, DictionaryAttr attributes) {
  // Knots that are nearer than this count as equal.
  constexpr double least = 1e-37;
  Expr t = operands[0], x = operands[1];
  int64_t n = t.dim();
  Expr result =
      lessOrEqual(extract(t, 0, n - 1), x) * lessThan(x, extract(t, 1, n - 1));
  // An infinite x is outside all cells, and infinity * 0 would be NaN.
  Expr inside = clamp(x, extract(t, 0, 1), extract(t, n - 1, 1));
  for (int64_t q = 1; q <= orderOf(attributes); ++q) {
    int64_t size = n - 1 - q;
    Expr width = extract(t, q, size + 1) - extract(t, 0, size + 1);
    Expr tooNarrow = least - width;
    Expr inverse = ifElse(tooNarrow, t.number(0),
                          1 / ifElse(tooNarrow, t.number(1), width));
    Expr share = result * inverse;
    result = (inside - extract(t, 0, size)) * extract(share, 0, size) +
             (extract(t, q + 1, size) - inside) * extract(share, 1, size);
  }
  return result;
}

} // namespace keops
