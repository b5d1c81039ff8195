//===- Found.cpp - derivatives through the rows that were found -----------===//

#include "dialects/Keops/Reductions/Found.h"

using namespace mlir;

namespace keops {

static Value findRows(OpBuilder &builder, Operation *reduce, Attribute finder) {
  auto op = cast<ReduceOp>(reduce);
  Value f = op->getOperand(0);
  auto reduction = cast<ReductionAttrInterface>(finder);
  SmallVector<Type> types;
  LogicalResult inferred =
      reduction.inferTypes(op.getLoc(), vecType(f), op.getOver(), types);
  assert(succeeded(inferred) && "takes what its twin takes");
  (void)inferred;
  return ReduceOp::create(builder, op.getLoc(), types, reduction, ValueRange{f})
      .getResult(0);
}

static Value numberAlong(OpBuilder &builder, Location location, Axes axis) {
  auto type = VecType::get(builder.getContext(), 1, builder.getI64Type(), axis);
  return RowNumberOp::create(builder, location, type);
}

FoundRows::FoundRows(OpBuilder &builder, Operation *reduce, Attribute finder)
    : rows(builder, reduce->getLoc(),
           finder ? findRows(builder, reduce, finder)
                  : Value(reduce->getResults().back())),
      number(builder, reduce->getLoc(),
             numberAlong(builder, reduce->getLoc(),
                         cast<ReduceOp>(reduce).getOver())),
      operand(vecType(reduce->getOperand(0))) {}

Expr FoundRows::spread(Expr cotangent) const {
  Expr shares = ifRow(cotangent, rows, number);
  int64_t dim = operand.getDim();
  if (dim == 1 || shares.dim() == dim)
    return shares; // ranks of one component are summed by the chain rule
  Expr sum = extract(shares, 0, dim);
  for (int64_t start = dim; start < shares.dim(); start += dim)
    sum = sum + extract(shares, start, dim);
  return sum;
}

Expr FoundRows::gather(Expr tangent) const {
  VecType found = rows.type(), real = tangent.type();
  Value spread = conform(*tangent.builder, tangent.location, tangent.value(),
                         real.withDim(operand.getDim()), false);
  Value all = spread;
  for (int64_t dim = operand.getDim();
       operand.getDim() > 1 && dim < found.getDim(); dim += operand.getDim())
    all = ConcatOp::create(*tangent.builder, tangent.location, all, spread);
  Expr terms = ifRow(tangent.with(all), rows, number);
  return tangent.with(
      conform(*tangent.builder, tangent.location, terms.value(),
              real.withDim(found.getDim()).withAxes(found.getAxes()),
              /*closeAxes=*/true));
}

SmallVector<Value> spreadToFound(OpBuilder &builder, Operation *reduce,
                                 Attribute finder, Value cotangent) {
  Expr g(builder, reduce->getLoc(), cotangent);
  return {FoundRows(builder, reduce, finder).spread(g).value()};
}

SmallVector<Value> gatherFromFound(OpBuilder &builder, Operation *reduce,
                                   Attribute finder, Value tangent) {
  SmallVector<Value> results(reduce->getNumResults());
  if (tangent)
    results[0] = FoundRows(builder, reduce, finder)
                     .gather({builder, reduce->getLoc(), tangent})
                     .value();
  return results;
}

} // namespace keops
