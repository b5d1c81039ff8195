//===- Vector.cpp - lowering and values of ops across components ----------===//

#include "dialects/Keops/Keops.h"

using namespace mlir;

namespace keops {

/// The sum of f(0), ..., f(dim - 1), first to last. Each term is emitted just
/// before it is added, so that a product and its sum can fuse.
template <typename F> static Lane sumOver(size_t dim, F f) {
  Lane sum = f(0);
  for (size_t c = 1; c < dim; ++c)
    sum = sum + f(c);
  return sum;
}

/// Component c; an operand of dimension 1 repeats.
template <typename T> static auto &pick(T &operand, size_t c) {
  return operand[operand.size() == 1 ? 0 : c];
}

Lanes SumOp::lower(Machine &, ArrayRef<Lanes> operands) {
  const Lanes &x = operands[0];
  return {sumOver(x.size(), [&](size_t c) { return x[c]; })};
}
SmallVector<double> SumOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  double sum = 0;
  for (double x : operands[0])
    sum += x;
  return {sum};
}

Lanes SqNormOp::lower(Machine &, ArrayRef<Lanes> operands) {
  const Lanes &x = operands[0];
  return {sumOver(x.size(), [&](size_t c) { return x[c] * x[c]; })};
}
SmallVector<double> SqNormOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  double sum = 0;
  for (double x : operands[0])
    sum += x * x;
  return {sum};
}

Lanes DotOp::lower(Machine &, ArrayRef<Lanes> operands) {
  const Lanes &a = operands[0], &b = operands[1];
  return {sumOver(std::max(a.size(), b.size()),
                  [&](size_t c) { return pick(a, c) * pick(b, c); })};
}
SmallVector<double> DotOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  ArrayRef<double> a = operands[0], b = operands[1];
  double sum = 0;
  for (size_t c = 0; c < std::max(a.size(), b.size()); ++c)
    sum += pick(a, c) * pick(b, c);
  return {sum};
}

Lanes ConcatOp::lower(Machine &, ArrayRef<Lanes> operands) {
  Lanes result = operands[0];
  llvm::append_range(result, operands[1]);
  return result;
}
SmallVector<double> ConcatOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  SmallVector<double> result(operands[0]);
  llvm::append_range(result, operands[1]);
  return result;
}

Lanes ExtractOp::lower(Machine &, ArrayRef<Lanes> operands) {
  return Lanes(ArrayRef<Lane>(operands[0]).slice(getStart(), getSize()));
}
SmallVector<double> ExtractOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  return SmallVector<double>(operands[0].slice(getStart(), getSize()));
}

Lanes PlaceOp::lower(Machine &machine, ArrayRef<Lanes> operands) {
  Lanes result(getSize(), machine.constant(0));
  llvm::copy(operands[0], result.begin() + getStart());
  return result;
}
SmallVector<double> PlaceOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  SmallVector<double> result(getSize(), 0);
  llvm::copy(operands[0], result.begin() + getStart());
  return result;
}

Lanes RepeatOp::lower(Machine &, ArrayRef<Lanes> operands) {
  return Lanes(getSize(), operands[0][0]);
}
SmallVector<double> RepeatOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  return SmallVector<double>(getSize(), operands[0][0]);
}

/// The numbers that component c stands for: c - 1/2 up to c + 1/2. Truncation
/// of x + 1/2, as KeOps has it, gives component 0 one more unit below.
static double lowestOf(int64_t c) { return c == 0 ? -1.5 : double(c) - 0.5; }

Lanes OneHotOp::lower(Machine &machine, ArrayRef<Lanes> operands) {
  const Lane &x = operands[0][0];
  Lane one = machine.constant(1), zero = machine.constant(0);
  Lanes result;
  for (int64_t c = 0; c < getSize(); ++c) {
    Lane low = machine.constant(lowestOf(c));
    Lane isAbove = c == 0 ? low < x : low <= x;
    Lane isBelow = x < machine.constant(double(c) + 0.5);
    result.push_back(select(isAbove & isBelow, one, zero));
  }
  return result;
}
SmallVector<double> OneHotOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  double place = std::trunc(operands[0][0] + 0.5);
  SmallVector<double> result(getSize(), 0);
  if (place >= 0 && place < double(getSize()))
    result[int64_t(place)] = 1;
  return result;
}

//===----------------------------------------------------------------------===//
// The extreme component
//===----------------------------------------------------------------------===//

namespace {
/// A component and its number, for lanes and for plain numbers.
template <typename T> struct Ranked {
  T value;
  T place;
};
} // namespace

static Ranked<Lane> extremeOf(Machine &machine, const Lanes &x, bool greatest) {
  Ranked<Lane> best{x[0], machine.constant(0)};
  for (size_t c = 1; c < x.size(); ++c) {
    Lane isBetter = greatest ? best.value < x[c] : x[c] < best.value;
    best.value = select(isBetter, x[c], best.value);
    best.place = select(isBetter, machine.constant(double(c)), best.place);
  }
  return best;
}

static Ranked<double> extremeOf(ArrayRef<double> x, bool greatest) {
  Ranked<double> best{x[0], 0};
  for (size_t c = 1; c < x.size(); ++c)
    if (greatest ? x[c] > best.value : x[c] < best.value)
      best = {x[c], double(c)};
  return best;
}

Lanes MaxOp::lower(Machine &machine, ArrayRef<Lanes> operands) {
  return {extremeOf(machine, operands[0], true).value};
}
SmallVector<double> MaxOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  return {extremeOf(operands[0], true).value};
}
Lanes MinOp::lower(Machine &machine, ArrayRef<Lanes> operands) {
  return {extremeOf(machine, operands[0], false).value};
}
SmallVector<double> MinOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  return {extremeOf(operands[0], false).value};
}
Lanes ArgMaxOp::lower(Machine &machine, ArrayRef<Lanes> operands) {
  return {extremeOf(machine, operands[0], true).place};
}
SmallVector<double> ArgMaxOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  return {extremeOf(operands[0], true).place};
}
Lanes ArgMinOp::lower(Machine &machine, ArrayRef<Lanes> operands) {
  return {extremeOf(machine, operands[0], false).place};
}
SmallVector<double> ArgMinOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  return {extremeOf(operands[0], false).place};
}

//===----------------------------------------------------------------------===//
// Long vectors, in loops
//===----------------------------------------------------------------------===//

/// to[offset + c] = from(c) for `count` components.
static void storeEach(Machine &machine, int64_t count, const LaneVector &to,
                      int64_t offset, function_ref<Lane(Value)> from) {
  machine.loop(count, {}, [&](Value c, ArrayRef<Lane>) {
    to.store(machine.position(c, 1, offset), from(c));
    return Lanes();
  });
}

void ConcatOp::lowerInLoops(Machine &machine, ArrayRef<LaneVector> operands,
                            const LaneVector &result) {
  int64_t offset = 0;
  for (const LaneVector &operand : operands) {
    storeEach(machine, operand.dim, result, offset, operand.load);
    offset += operand.dim;
  }
}

void PlaceOp::lowerInLoops(Machine &machine, ArrayRef<LaneVector> operands,
                           const LaneVector &result) {
  const LaneVector &x = operands[0];
  int64_t start = getStart(), end = start + x.dim;
  Lane zero = machine.constant(0);
  auto zeros = [&](Value) { return zero; };
  storeEach(machine, start, result, 0, zeros);
  storeEach(machine, x.dim, result, start, x.load);
  storeEach(machine, result.dim - end, result, end, zeros);
}

void OneHotOp::lowerInLoops(Machine &machine, ArrayRef<LaneVector> operands,
                            const LaneVector &result) {
  Lane x = operands[0].load(machine.position(0));
  Lane one = machine.constant(1), zero = machine.constant(0);
  // Component 0 has one more unit, see lowestOf.
  Lane isFirst =
      (machine.constant(lowestOf(0)) < x) & (x < machine.constant(0.5));
  result.store(machine.position(0), select(isFirst, one, zero));
  // x + 1/2 may round up to the next component; comparisons do not.
  Lanes bound{machine.constant(0.5)};
  machine.loop(result.dim - 1, bound, [&](Value c, ArrayRef<Lane> low) {
    Lane high = low[0] + machine.constant(1);
    result.store(machine.position(c, 1, 1),
                 select((low[0] <= x) & (x < high), one, zero));
    return Lanes{high};
  });
}

static void scan(Machine &machine, const LaneVector &x, bool greatest,
                 bool wantsPlace, const LaneVector &result) {
  Value first = machine.position(0);
  Lanes best{x.load(first), machine.constant(0), machine.constant(0)};
  best[1] = machine.spread(best[1], best[0].rows, best[0].cols);
  best = machine.loop(x.dim - 1, best, [&](Value c, ArrayRef<Lane> so) {
    Lane value = x.load(machine.position(c, 1, 1));
    Lane place = so[2] + machine.constant(1);
    Lane isBetter = greatest ? so[0] < value : value < so[0];
    return Lanes{select(isBetter, value, so[0]), select(isBetter, place, so[1]),
                 place};
  });
  result.store(first, best[wantsPlace ? 1 : 0]);
}

#define KEOPS_SCAN(Op, GREATEST, PLACE)                                        \
  void Op::lowerInLoops(Machine &machine, ArrayRef<LaneVector> operands,       \
                        const LaneVector &result) {                            \
    scan(machine, operands[0], GREATEST, PLACE, result);                       \
  }
KEOPS_SCAN(MaxOp, true, false)
KEOPS_SCAN(MinOp, false, false)
KEOPS_SCAN(ArgMaxOp, true, true)
KEOPS_SCAN(ArgMinOp, false, true)
#undef KEOPS_SCAN

} // namespace keops
