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

} // namespace keops
