//===- KMin.cpp - #keops.kmin<K>, argkmin<K>, kminargkmin<K> --------------===//
//
// State: the K least values in ascending order, then their columns; for a
// formula of several components, component after component within each rank.
// Missing values are +inf with column -1. Equal values keep the order of their
// columns and NaN is never taken, because comparisons are strict.
//
// Most columns change nothing, so a block of them is first compared as a whole
// with the current K-th value, then column by column, and only then inserted.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Reductions/Extremum.h"
#include "dialects/Keops/Reductions/Found.h"

using namespace mlir;

namespace keops {

/// The state of one component as K values and K columns.
struct Ranked {
  Lanes values, columns;
};

static Ranked select(const Lanes &state, int64_t k, size_t component) {
  size_t dim = state.size() / (2 * k);
  Ranked ranked;
  for (int64_t rank = 0; rank < k; ++rank) {
    ranked.values.push_back(state[rank * dim + component]);
    ranked.columns.push_back(state[(k + rank) * dim + component]);
  }
  return ranked;
}

static void replace(Lanes &state, const Ranked &ranked, int64_t k,
                    size_t component) {
  size_t dim = state.size() / (2 * k);
  for (int64_t rank = 0; rank < k; ++rank) {
    state[rank * dim + component] = ranked.values[rank];
    state[(k + rank) * dim + component] = ranked.columns[rank];
  }
}

/// Inserts one value where it belongs, without branches. Masks are computed
/// just before they are used: x86 has seven registers for them.
static Ranked insert(const Ranked &old, const Lane &x, const Lane &j,
                     Order order = {}) {
  Ranked ranked(old);
  int last = static_cast<int>(old.values.size()) - 1;
  Lane below = order.isBetter(x, old.values[last]);
  for (int rank = last; rank > 0; --rank) {
    Lane belowPrevious = order.isBetter(x, old.values[rank - 1]);
    auto place = [&](const Lanes &from, const Lane &fresh) {
      return select(belowPrevious, from[rank - 1],
                    select(below, fresh, from[rank]));
    };
    ranked.values[rank] = place(old.values, x);
    ranked.columns[rank] = place(old.columns, j);
    below = belowPrevious;
  }
  ranked.values[0] = select(below, x, old.values[0]);
  ranked.columns[0] = select(below, j, old.columns[0]);
  return ranked;
}

static Lanes joined(const Ranked &ranked) {
  Lanes lanes(ranked.values);
  llvm::append_range(lanes, ranked.columns);
  return lanes;
}

static Ranked parted(const Lanes &lanes) {
  ArrayRef<Lane> all(lanes);
  size_t k = lanes.size() / 2;
  return {Lanes(all.take_front(k)), Lanes(all.drop_front(k))};
}

static Lanes initialRanks(Machine &machine, int64_t k, int64_t dim) {
  Lanes state(k * dim, machine.constant(kInfinity));
  state.append(k * dim, machine.columnNumber(-1));
  return state;
}

static Lanes liftedRanks(Machine &machine, int64_t k, const Lanes &x,
                         const Lane &j) {
  // Through insertion, so that NaN and +inf leave no column behind.
  Lanes state = initialRanks(machine, k, x.size());
  for (size_t c = 0; c < x.size(); ++c)
    replace(state, insert(select(state, k, c), x[c], j), k, c);
  return state;
}

static Lanes mergedRanks(int64_t k, const Lanes &a, const Lanes &b) {
  Lanes state(a);
  for (size_t c = 0, dim = a.size() / (2 * k); c < dim; ++c) {
    Ranked merged = select(a, k, c), other = select(b, k, c);
    for (int64_t rank = 0; rank < k; ++rank)
      merged = insert(merged, other.values[rank], other.columns[rank]);
    replace(state, merged, k, c);
  }
  return state;
}

static Lanes stepRanks(int64_t k, const Lanes &state, const Lanes &x,
                       const Lane &j) {
  Lanes next(state);
  for (size_t c = 0; c < x.size(); ++c)
    replace(next, insert(select(state, k, c), x[c], j), k, c);
  return next;
}

/// Takes in the columns of x, one after the other, where they are good enough.
static Lanes insertColumns(Machine &machine, Order order, const Lanes &ranks,
                           const Lane &x, const Lane &j, int cols) {
  Lanes current = ranks;
  size_t last = ranks.size() / 2 - 1;
  for (int u = 0; u < cols; ++u) {
    Lane value = machine.column(x, u);
    Lane column = machine.column(j, j.cols == 1 ? 0 : u);
    Lane isBetter = order.isBetter(value, current[last]);
    current = machine.ifAny(isBetter, current, [&] {
      return joined(insert(parted(current), value, column, order));
    });
  }
  return current;
}

/// Row group r alone, and several of them together.
static Lane rowOf(const Lane &x, int r) {
  Lane row{x.machine, 1, x.cols, {}};
  for (int u = 0; u < x.cols; ++u)
    row.values.push_back(x.at(r, u));
  return row;
}
static Lane joinedRows(ArrayRef<Lane> rows) {
  Lane result{rows.front().machine, int(rows.size()), 1, {}};
  for (const Lane &row : rows)
    result.values.push_back(row.at(0, 0));
  return result;
}

/// The same for several groups of rows, each by itself: most are not concerned.
static Lanes insertByRow(Machine &machine, Order order, const Lanes &ranks,
                         const Lane &best, const Lane &x, const Lane &j,
                         int cols) {
  SmallVector<SmallVector<Lane>> byRank(ranks.size());
  for (int r = 0; r < best.rows; ++r) {
    Lanes own;
    for (const Lane &rank : ranks)
      own.push_back(rowOf(rank, r));
    Lane isBetter = order.isBetter(rowOf(best, r), own[own.size() / 2 - 1]);
    own = machine.ifAny(isBetter, own, [&] {
      return insertColumns(machine, order, own, rowOf(x, r), j, cols);
    });
    for (auto [rank, lanes] : llvm::zip_equal(own, byRank))
      lanes.push_back(rank);
  }
  return llvm::map_to_vector<4>(
      byRank, [&](ArrayRef<Lane> rows) { return joinedRows(rows); });
}

Lanes bestOfBlock(Machine &machine, Order order, int64_t k, const Lanes &state,
                  const Lanes &x, const Lane &j) {
  Lanes next(state);
  int cols = columnsOf({x}, j);
  for (size_t c = 0; c < x.size(); ++c) {
    Lanes ranks = joined(select(state, k, c));
    Lane best = ranks[k - 1];
    for (int u = 0; u < x[c].cols; ++u)
      best = order.best(machine.column(x[c], u), best);
    Lane isBetter = order.isBetter(best, ranks[k - 1]);
    ranks = machine.ifAny(isBetter, ranks, [&] {
      return best.rows == 1
                 ? insertColumns(machine, order, ranks, x[c], j, cols)
                 : insertByRow(machine, order, ranks, best, x[c], j, cols);
    });
    replace(next, parted(ranks), k, c);
  }
  return next;
}

static SmallVector<double> referenceRanks(ArrayRef<SmallVector<double>> values,
                                          int64_t dim, int64_t k,
                                          Returned returned) {
  SmallVector<double> best(k * dim), columns(k * dim);
  for (int64_t c = 0; c < dim; ++c)
    for (auto [rank, column] :
         llvm::enumerate(bestColumns(values, c, k, /*greatest=*/false))) {
      columns[rank * dim + c] = double(column);
      best[rank * dim + c] = column < 0 ? kInfinity : values[column][c];
    }
  if (returned == Returned::Rows)
    return columns;
  if (returned == Returned::Both)
    best.append(columns);
  return best;
}

/// The part of a state that is returned.
static Lanes partOf(const Lanes &state, Returned returned) {
  if (returned == Returned::Both)
    return state;
  ArrayRef<Lane> all(state);
  size_t half = state.size() / 2;
  return Lanes(returned == Returned::Rows ? all.drop_front(half)
                                          : all.take_front(half));
}

/// Many ranks are kept in memory. `x` moves down the list: it takes the place
/// of the first greater value, which takes that of the next, and so on.
static void insertRanks(Machine &machine, const LaneVector &values,
                        const LaneVector &columns, const Lane &x,
                        const Lane &j) {
  Lane last = values.load(machine.position(values.dim - 1));
  machine.ifAny(x < last, {}, [&] {
    Lanes moving{machine.spread(x, last.rows, 1),
                 machine.spread(j, last.rows, 1)};
    machine.loop(values.dim, moving, [&](Value rank, ArrayRef<Lane> lanes) {
      Lane value = values.load(rank), column = columns.load(rank);
      Lane isBehind = x < value;
      values.store(rank, select(isBehind, lanes[0], value));
      columns.store(rank, select(isBehind, lanes[1], column));
      return Lanes{select(isBehind, value, lanes[0]),
                   select(isBehind, column, lanes[1])};
    });
    return Lanes();
  });
}

#define KEXTREMUM(Attr, RETURNED)                                              \
  LogicalResult Attr::verify(function_ref<InFlightDiagnostic()> emitError,     \
                             int64_t k) {                                      \
    if (k < 1)                                                                 \
      return emitError() << "K must be positive, got " << k;                   \
    return success();                                                          \
  }                                                                            \
  LogicalResult Attr::inferTypes(Locus location, ArrayRef<VecType> operands,   \
                                 Axes over, SmallVectorImpl<Type> &results)    \
      const {                                                                  \
    return inferExtremum(getSpelling(), location, operands, over, getK(),      \
                         RETURNED, results);                                   \
  }                                                                            \
  SmallVector<Type> Attr::state(Machine &machine, ArrayRef<int64_t> dims)      \
      const {                                                                  \
    SmallVector<Type> types(getK() * dims[0], machine.real());                 \
    types.append(getK() * dims[0], machine.index());                           \
    return types;                                                              \
  }                                                                            \
  Lanes Attr::init(Machine &machine, ArrayRef<int64_t> dims) const {           \
    return initialRanks(machine, getK(), dims[0]);                             \
  }                                                                            \
  Lanes Attr::lift(Machine &machine, ArrayRef<Lanes> x, const Lane &j) const { \
    return liftedRanks(machine, getK(), x[0], j);                              \
  }                                                                            \
  Lanes Attr::combine(Machine &, const Lanes &a, const Lanes &b) const {       \
    return mergedRanks(getK(), a, b);                                          \
  }                                                                            \
  Lanes Attr::step(Machine &, const Lanes &state, ArrayRef<Lanes> x,           \
                   const Lane &j) const {                                      \
    return stepRanks(getK(), state, x[0], j);                                  \
  }                                                                            \
  Lanes Attr::stepBlock(Machine &machine, const Lanes &state,                  \
                        ArrayRef<Lanes> x, const Lane &j) const {              \
    return bestOfBlock(machine, {}, getK(), state, x[0], j);                   \
  }                                                                            \
  Lanes Attr::finalize(Machine &, const Lanes &state, ArrayRef<int64_t>)       \
      const {                                                                  \
    return partOf(state, RETURNED);                                            \
  }                                                                            \
  int64_t Attr::getRanks() const { return getK(); }                            \
  std::optional<Ranking> Attr::getRanking() const {                            \
    return Ranking{getK(), /*greatest=*/false};                                \
  }                                                                            \
  void Attr::insertInLoops(Machine &machine, ArrayRef<LaneVector> kinds,       \
                           const Lanes &entry) const {                         \
    insertRanks(machine, kinds[0], kinds[1], entry[0], entry[1]);              \
  }                                                                            \
  SmallVector<double> Attr::evaluate(ArrayRef<SmallVector<double>> values,     \
                                     ArrayRef<int64_t> dims) const {           \
    return referenceRanks(values, dims[0], getK(), RETURNED);                  \
  }

KEXTREMUM(KMinAttr, Returned::Values)
KEXTREMUM(ArgKMinAttr, Returned::Rows)
KEXTREMUM(KMinArgKMinAttr, Returned::Both)
#undef KEXTREMUM

KEOPS_FOUND_VALUES(KMinAttr, ArgKMinAttr::get(getContext(), getK()))
KEOPS_FOUND_VALUES(KMinArgKMinAttr, Attribute())

} // namespace keops
