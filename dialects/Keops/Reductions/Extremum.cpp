//===- Extremum.cpp - #keops.min, argmin, minargmin and their mirrors -----===//
//
// State: the best value of each component, and its column unless only values
// are wanted.
// Comparisons are strict, so the first of equal values wins and NaN never does.
// Nothing found (no columns, or only NaN and the neutral infinity): the value
// is that infinity and the column -1, which is no column.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Extremum.h"
#include "dialects/Keops/Reductions/Found.h"

using namespace mlir;

namespace keops {

static Lanes initial(Machine &machine, int64_t dim, double value, bool arg) {
  Lanes state(dim, machine.constant(value));
  if (arg)
    state.append(dim, machine.columnNumber(-1));
  return state;
}

static Lanes better(const Lanes &a, const Lanes &b, bool arg, bool greatest) {
  size_t dim = arg ? a.size() / 2 : a.size();
  Order order{greatest};
  Lanes state(a);
  for (size_t c = 0; c < dim; ++c) {
    state[c] = order.best(b[c], a[c]);
    if (arg)
      state[dim + c] =
          select(order.isBetter(b[c], a[c]), b[dim + c], a[dim + c]);
  }
  return state;
}

/// A value as a state but for NaN and the neutral infinity: good enough on the
/// right, where neither can win.
static Lanes unchecked(const Lanes &x, const Lane &j, bool arg) {
  Lanes state(x);
  if (arg)
    state.append(x.size(), j);
  return state;
}

static Lanes withColumn(const Lanes &state, const Lanes &x, const Lane &j,
                        bool arg, bool greatest) {
  return better(state, unchecked(x, j, arg), arg, greatest);
}

static SmallVector<double> reference(ArrayRef<SmallVector<double>> values,
                                     int64_t dim, Returned returned,
                                     bool greatest) {
  SmallVector<double> best, columns;
  for (int64_t c = 0; c < dim; ++c) {
    int64_t column = bestColumns(values, c, 1, greatest)[0];
    columns.push_back(double(column));
    best.push_back(column < 0 ? (greatest ? -kInfinity : kInfinity)
                              : values[column][c]);
  }
  if (returned == Returned::Rows)
    return columns;
  if (returned == Returned::Both)
    best.append(columns);
  return best;
}

// The attributes differ in two switches. A macro keeps each method one line;
// templates cannot define members of generated classes.
#define EXTREMUM(Attr, RETURNED, GREATEST)                                     \
  LogicalResult Attr::inferTypes(Locus location, ArrayRef<VecType> operands,   \
                                 Axes over, SmallVectorImpl<Type> &results)    \
      const {                                                                  \
    return inferExtremum(getSpelling(), location, operands, over, 1, RETURNED, \
                         results);                                             \
  }                                                                            \
  SmallVector<Type> Attr::state(Machine &machine, ArrayRef<int64_t> dims)      \
      const {                                                                  \
    SmallVector<Type> types(dims[0], machine.real());                          \
    if ((RETURNED != Returned::Values))                                        \
      types.append(dims[0], machine.index());                                  \
    return types;                                                              \
  }                                                                            \
  Lanes Attr::init(Machine &machine, ArrayRef<int64_t> dims) const {           \
    return initial(machine, dims[0], GREATEST ? -kInfinity : kInfinity,        \
                   (RETURNED != Returned::Values));                            \
  }                                                                            \
  Lanes Attr::lift(Machine &machine, ArrayRef<Lanes> x, const Lane &j) const { \
    return withColumn(init(machine, int64_t(x[0].size())), x[0], j,            \
                      (RETURNED != Returned::Values), GREATEST);               \
  }                                                                            \
  Lanes Attr::combine(Machine &, const Lanes &a, const Lanes &b) const {       \
    return better(a, b, (RETURNED != Returned::Values), GREATEST);             \
  }                                                                            \
  Lanes Attr::step(Machine &, const Lanes &state, ArrayRef<Lanes> x,           \
                   const Lane &j) const {                                      \
    return withColumn(state, x[0], j, (RETURNED != Returned::Values),          \
                      GREATEST);                                               \
  }                                                                            \
  Lanes Attr::stepBlock(Machine &machine, const Lanes &state,                  \
                        ArrayRef<Lanes> x, const Lane &j) const {              \
    if (RETURNED == Returned::Values)                                          \
      return stepByStep(*this, machine, state, x, j);                          \
    return bestOfBlock(machine, {GREATEST}, /*k=*/1, state, x[0], j);          \
  }                                                                            \
  Lanes Attr::finalize(Machine &, const Lanes &state, ArrayRef<int64_t> dims)  \
      const {                                                                  \
    return RETURNED == Returned::Rows                                          \
               ? Lanes(ArrayRef<Lane>(state).drop_front(dims[0]))              \
               : state;                                                        \
  }                                                                            \
  std::optional<Ranking> Attr::getRanking() const {                            \
    if (RETURNED == Returned::Values)                                          \
      return std::nullopt;                                                     \
    return Ranking{1, GREATEST};                                               \
  }                                                                            \
  SmallVector<double> Attr::evaluate(ArrayRef<SmallVector<double>> values,     \
                                     ArrayRef<int64_t> dims) const {           \
    return reference(values, dims[0], RETURNED, GREATEST);                     \
  }

EXTREMUM(MinAttr, Returned::Values, false)
EXTREMUM(MaxAttr, Returned::Values, true)
EXTREMUM(ArgMinAttr, Returned::Rows, false)
EXTREMUM(ArgMaxAttr, Returned::Rows, true)
EXTREMUM(MinArgMinAttr, Returned::Both, false)
EXTREMUM(MaxArgMaxAttr, Returned::Both, true)
#undef EXTREMUM

KEOPS_FOUND_VALUES(MinAttr, ArgMinAttr::get(getContext()))
KEOPS_FOUND_VALUES(MaxAttr, ArgMaxAttr::get(getContext()))
KEOPS_FOUND_VALUES(MinArgMinAttr, Attribute())
KEOPS_FOUND_VALUES(MaxArgMaxAttr, Attribute())

} // namespace keops
