//===- Complex.cpp - pairs of real and imaginary parts --------------------===//

#include "dialects/Keops/Keops.h"

using namespace mlir;

namespace keops {

LogicalResult complexShape(Locus location, ValueRange operands,
                           DictionaryAttr attributes,
                           SmallVectorImpl<Type> &results) {
  SmallVector<Type> parts;
  if (failed(broadcastShape(location, operands, attributes, parts)))
    return failure();
  return joinedShape(location, operands,
                     2 * cast<VecType>(parts.front()).getDim(), results);
}

LogicalResult complexPartShape(Locus location, ValueRange operands,
                               DictionaryAttr, SmallVectorImpl<Type> &results) {
  int64_t dim = vecType(operands[0]).getDim();
  if (dim % 2)
    return emitOptionalError(location,
                             "needs pairs of real and imaginary parts, got ",
                             dim, " components");
  return joinedShape(location, operands, dim / 2, results);
}

Value joinComplex(ComplexOp op, const Tangents &tangents) {
  std::optional<Expr> a = tangents[0], b = tangents[1];
  if (!a && !b)
    return {};
  const Expr &any = a ? *a : *b;
  auto orZero = [&](std::optional<Expr> tangent, Value operand) {
    return tangent ? *tangent
                   : any.with(makeZero(*any.builder, any.location,
                                       vecType(operand).withAxes(Axes::p)));
  };
  return complexOf(orZero(a, op.getA()), orZero(b, op.getB())).value();
}

/// a_0, b_0, a_1, b_1, ...; an operand of dimension 1 repeats.
template <typename T, typename Operand>
static SmallVector<T> interleave(const Operand &a, const Operand &b) {
  SmallVector<T> result;
  for (size_t c = 0; c < std::max(a.size(), b.size()); ++c) {
    result.push_back(a[a.size() == 1 ? 0 : c]);
    result.push_back(b[b.size() == 1 ? 0 : c]);
  }
  return result;
}

/// Every other component, from the first or the second on.
template <typename T, typename Operand>
static SmallVector<T> everyOther(const Operand &x, size_t first) {
  SmallVector<T> result;
  for (size_t c = first; c < x.size(); c += 2)
    result.push_back(x[c]);
  return result;
}

Lanes ComplexOp::lower(Machine &, ArrayRef<Lanes> operands) {
  return interleave<Lane>(operands[0], operands[1]);
}
SmallVector<double> ComplexOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  return interleave<double>(operands[0], operands[1]);
}
Lanes RealPartOp::lower(Machine &, ArrayRef<Lanes> operands) {
  return everyOther<Lane>(operands[0], 0);
}
SmallVector<double> RealPartOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  return everyOther<double>(operands[0], 0);
}
Lanes ImagPartOp::lower(Machine &, ArrayRef<Lanes> operands) {
  return everyOther<Lane>(operands[0], 1);
}
SmallVector<double> ImagPartOp::evaluate(ArrayRef<ArrayRef<double>> operands) {
  return everyOther<double>(operands[0], 1);
}

//===----------------------------------------------------------------------===//
// Long vectors, in loops
//===----------------------------------------------------------------------===//

void ComplexOp::lowerInLoops(Machine &machine, ArrayRef<LaneVector> operands,
                             const LaneVector &result) {
  machine.loop(result.dim / 2, {}, [&](Value c, ArrayRef<Lane>) {
    for (auto [part, operand] : llvm::enumerate(operands))
      result.store(machine.position(c, 2, part),
                   operand.load(operand.dim == 1 ? machine.position(0) : c));
    return Lanes();
  });
}

static void storeEveryOther(Machine &machine, const LaneVector &x,
                            int64_t first, const LaneVector &result) {
  machine.loop(result.dim, {}, [&](Value c, ArrayRef<Lane>) {
    result.store(c, x.load(machine.position(c, 2, first)));
    return Lanes();
  });
}
void RealPartOp::lowerInLoops(Machine &machine, ArrayRef<LaneVector> operands,
                              const LaneVector &result) {
  storeEveryOther(machine, operands[0], 0, result);
}
void ImagPartOp::lowerInLoops(Machine &machine, ArrayRef<LaneVector> operands,
                              const LaneVector &result) {
  storeEveryOther(machine, operands[0], 1, result);
}

} // namespace keops
