//===- CanonicalizeVector.cpp - one way to write vectors ------------------===//
//
// The part of Canonicalize.cpp that is about components: sums of them, and
// vectors made of parts. The same promises hold.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Canonicalize.h"

using namespace mlir;
using namespace keops;

//===----------------------------------------------------------------------===//
// Sums of components
//===----------------------------------------------------------------------===//

static LogicalResult simplerSum(SumOp op, PatternRewriter &rewriter) {
  Value x = op.getX();
  auto sumOf = [&](Value v) { return make<SumOp>(rewriter, op, v); };
  if (dimOf(x) == 1) // sum s  =>  s
    return become(rewriter, op, x);
  if (auto product = x.getDefiningOp<MulOp>()) {
    for (auto [s, v] : bothWays(product)) // sum (mul s, v)  =>  mul s, (sum v)
      if (dimOf(s) == 1)
        return become(rewriter, op, make<MulOp>(rewriter, op, s, sumOf(v)));
    return become(rewriter, op, // sum (mul a, b)  =>  dot a, b
                  make<DotOp>(rewriter, op, product.getA(), product.getB()));
  }
  if (auto square = x.getDefiningOp<SquareOp>()) // =>  sqnorm x
    return become(rewriter, op, make<SqNormOp>(rewriter, op, square.getX()));
  if (auto negation = x.getDefiningOp<NegOp>()) // =>  neg (sum x)
    return become(rewriter, op,
                  make<NegOp>(rewriter, op, sumOf(negation.getX())));
  if (auto place = x.getDefiningOp<PlaceOp>()) // =>  sum x
    return become(rewriter, op, sumOf(place.getX()));
  if (auto broadcast = x.getDefiningOp<BroadcastOp>())
    if (dimOf(broadcast.getX()) == 1) { // =>  mul D, s
      Value factor = number(rewriter, op, double(dimOf(x)));
      return become(rewriter, op,
                    make<MulOp>(rewriter, op, factor, broadcast.getX()));
    }
  return failure();
}

static LogicalResult simplerDot(DotOp op, PatternRewriter &rewriter) {
  if (op.getA() == op.getB()) // dot x, x  =>  sqnorm x
    return become(rewriter, op, make<SqNormOp>(rewriter, op, op.getA()));
  for (auto [a, b] : bothWays(op)) {
    Value right = b;
    auto dotWith = [&](Value v) { return make<DotOp>(rewriter, op, v, right); };
    if (dimOf(a) == 1) // dot s, v  =>  mul s, (sum v)
      return become(rewriter, op,
                    make<MulOp>(rewriter, op, a, make<SumOp>(rewriter, op, b)));
    if (auto negation = a.getDefiningOp<NegOp>()) // =>  neg (dot a, b)
      return become(rewriter, op,
                    make<NegOp>(rewriter, op, dotWith(negation.getX())));
    if (auto broadcast = a.getDefiningOp<BroadcastOp>())
      if (dimOf(broadcast.getX()) == 1 && dimOf(b) == dimOf(a))
        return become(rewriter, op, dotWith(broadcast.getX()));
    if (auto product = a.getDefiningOp<MulOp>())
      for (auto [s, v] : bothWays(product)) // =>  mul s, (dot v, b)
        if (dimOf(s) == 1)
          return become(rewriter, op, make<MulOp>(rewriter, op, s, dotWith(v)));
  }
  return failure();
}

/// sqnorm s  =>  square s
static LogicalResult squareOfOne(SqNormOp op, PatternRewriter &rewriter) {
  if (dimOf(op.getX()) != 1)
    return failure();
  return become(rewriter, op, make<SquareOp>(rewriter, op, op.getX()));
}

//===----------------------------------------------------------------------===//
// Parts of vectors
//===----------------------------------------------------------------------===//

static Value part(PatternRewriter &rewriter, Operation *like, Value x,
                  int64_t start, int64_t size) {
  return make<ExtractOp>(rewriter, like, x, rewriter.getI64IntegerAttr(start),
                         rewriter.getI64IntegerAttr(size));
}

/// Components [start, start + size) of a vector that was made of parts.
static LogicalResult partOfParts(ExtractOp op, PatternRewriter &rewriter) {
  Value x = op.getX();
  int64_t start = op.getStart(), size = op.getSize(), end = start + size;
  if (size == dimOf(x)) // all of it
    return become(rewriter, op, x);
  if (auto inner = x.getDefiningOp<ExtractOp>())
    return become(
        rewriter, op,
        part(rewriter, op, inner.getX(), inner.getStart() + start, size));
  if (auto concat = x.getDefiningOp<ConcatOp>()) {
    int64_t middle = dimOf(concat.getA());
    if (end <= middle)
      return become(rewriter, op,
                    part(rewriter, op, concat.getA(), start, size));
    if (start >= middle)
      return become(rewriter, op,
                    part(rewriter, op, concat.getB(), start - middle, size));
  }
  if (auto place = x.getDefiningOp<PlaceOp>()) {
    int64_t from = place.getStart(), to = from + dimOf(place.getX());
    if (end <= from || start >= to)
      return become(rewriter, op, number(rewriter, op, 0));
    if (start >= from && end <= to)
      return become(rewriter, op,
                    part(rewriter, op, place.getX(), start - from, size));
  }
  if (auto broadcast = x.getDefiningOp<BroadcastOp>())
    if (dimOf(broadcast.getX()) == 1)
      return become(rewriter, op, broadcast.getX());
  return failure();
}

/// place x into as many components  =>  x
static LogicalResult placeOfAll(PlaceOp op, PatternRewriter &rewriter) {
  return op.getSize() == dimOf(op.getX()) ? become(rewriter, op, op.getX())
                                          : failure();
}

/// concat (extract x, 0 to k), (extract x, k to n)  =>  extract x, 0 to n
static LogicalResult concatOfNeighbors(ConcatOp op, PatternRewriter &rewriter) {
  auto a = op.getA().getDefiningOp<ExtractOp>();
  auto b = op.getB().getDefiningOp<ExtractOp>();
  if (!a || !b || a.getX() != b.getX() ||
      a.getStart() + a.getSize() != b.getStart())
    return failure();
  return become(
      rewriter, op,
      part(rewriter, op, a.getX(), a.getStart(), a.getSize() + b.getSize()));
}

//===----------------------------------------------------------------------===//
// Simpler ops
//===----------------------------------------------------------------------===//

/// repeat s  =>  broadcast s
static LogicalResult repeatAsBroadcast(RepeatOp op, PatternRewriter &rewriter) {
  return become(rewriter, op, op.getX());
}

/// A product of matrices where one of them is a number is an ordinary product.
template <typename Op>
static LogicalResult productWithNumber(Op op, PatternRewriter &rewriter) {
  bool isOne = isa<TensorProdOp>(op)
                   ? dimOf(op.getA()) == 1 || dimOf(op.getB()) == 1
               : isa<MatVecOp>(op) ? dimOf(op.getB()) == 1
                                   : dimOf(op.getA()) == 1;
  if (!isOne)
    return failure();
  return become(rewriter, op,
                make<MulOp>(rewriter, op, Value(op.getA()), Value(op.getB())));
}

/// A matrix with one row, or one column, times a vector  =>  dot
template <typename Op>
static LogicalResult productOfVectors(Op op, PatternRewriter &rewriter) {
  if (dimOf(op.getA()) != dimOf(op.getB()))
    return failure();
  return become(rewriter, op,
                make<DotOp>(rewriter, op, Value(op.getA()), Value(op.getB())));
}

/// realpart (complex a, b)  =>  a, and the same for imagpart
static LogicalResult realPartOfParts(RealPartOp op, PatternRewriter &rewriter) {
  auto whole = op.getX().getDefiningOp<ComplexOp>();
  return whole ? become(rewriter, op, whole.getA()) : failure();
}
static LogicalResult imagPartOfParts(ImagPartOp op, PatternRewriter &rewriter) {
  auto whole = op.getX().getDefiningOp<ComplexOp>();
  return whole ? become(rewriter, op, whole.getB()) : failure();
}

/// complex (realpart z), (imagpart z)  =>  z
static LogicalResult complexOfParts(ComplexOp op, PatternRewriter &rewriter) {
  auto real = op.getA().getDefiningOp<RealPartOp>();
  auto imaginary = op.getB().getDefiningOp<ImagPartOp>();
  if (!real || !imaginary || real.getX() != imaginary.getX())
    return failure();
  return become(rewriter, op, real.getX());
}

void keops::populateVectorPatterns(RewritePatternSet &patterns) {
  patterns.add(simplerSum)
      .add(simplerDot)
      .add(squareOfOne)
      .add(partOfParts)
      .add(placeOfAll)
      .add(concatOfNeighbors)
      .add(realPartOfParts)
      .add(imagPartOfParts)
      .add(complexOfParts)
      .add(repeatAsBroadcast)
      .add(productWithNumber<MatVecOp>)
      .add(productWithNumber<VecMatOp>)
      .add(productWithNumber<TensorProdOp>)
      .add(productOfVectors<MatVecOp>)
      .add(productOfVectors<VecMatOp>);
}
