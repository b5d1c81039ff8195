//===- Tensor.cpp - products of matrices and tensors ----------------------===//
//
// Tensors are stored row by row: the last axis varies fastest. All products
// here are nests of loops: each says by how much the components of a, of b and
// of the result move on.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Keops.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace keops {

namespace {
struct Loop {
  int64_t size, a, b, result; // strides
};
using Loops = SmallVector<Loop, 4>;

/// One operand of a product of tensors.
struct Side {
  SmallVector<int64_t> dims, summed;

  /// The axes that stay, ascending.
  SmallVector<int64_t> kept() const {
    return llvm::filter_to_vector(
        llvm::seq<int64_t>(dims.size()),
        [&](int64_t axis) { return !llvm::is_contained(summed, axis); });
  }
};

/// What TensorDot and Kron say. Kept axes of a, then of b, are numbered; number
/// n is axis places[n] of the result.
struct TensorProduct {
  Side sides[2];
  SmallVector<int64_t> places;

  SmallVector<int64_t> resultDims() const;
  /// The places of the kept axes of one side.
  ArrayRef<int64_t> placesOf(unsigned side) const {
    size_t first = sides[0].kept().size();
    ArrayRef<int64_t> all(places);
    return side == 0 ? all.take_front(first) : all.drop_front(first);
  }
};
} // namespace

SmallVector<int64_t> TensorProduct::resultDims() const {
  SmallVector<int64_t> result(places.size());
  for (unsigned side : {0, 1})
    for (auto [axis, place] :
         llvm::zip_equal(sides[side].kept(), placesOf(side)))
      result[place] = sides[side].dims[axis];
  return result;
}

//===----------------------------------------------------------------------===//
// Attributes to products, products to loops
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> listOf(DictionaryAttr attributes, StringRef name) {
  auto list = attributes.getAs<DenseI64ArrayAttr>(name);
  return list ? SmallVector<int64_t>(list.asArrayRef())
              : SmallVector<int64_t>();
}

static TensorProduct readTensorDot(DictionaryAttr attributes) {
  TensorProduct product;
  product.sides[0] = {listOf(attributes, "dimsf"), listOf(attributes, "contf")};
  product.sides[1] = {listOf(attributes, "dimsg"), listOf(attributes, "contg")};
  product.places = listOf(attributes, "permute");
  if (product.places.empty())
    llvm::append_range(product.places,
                       llvm::seq<int64_t>(product.sides[0].kept().size() +
                                          product.sides[1].kept().size()));
  return product;
}

/// No axes are summed; those of a and b take turns.
static TensorProduct readKron(DictionaryAttr attributes) {
  TensorProduct product;
  product.sides[0].dims = listOf(attributes, "dimsf");
  product.sides[1].dims = listOf(attributes, "dimsg");
  for (int64_t side : {0, 1})
    for (size_t axis = 0; axis < product.sides[side].dims.size(); ++axis)
      product.places.push_back(2 * axis + side);
  return product;
}

static TensorProduct productOf(Operation *op) {
  DictionaryAttr attributes = op->getAttrDictionary();
  return isa<KronOp>(op) ? readKron(attributes) : readTensorDot(attributes);
}

static SmallVector<int64_t> stridesOf(ArrayRef<int64_t> dims) {
  SmallVector<int64_t> strides(dims.size());
  int64_t stride = 1;
  for (size_t axis = dims.size(); axis-- > 0; stride *= dims[axis])
    strides[axis] = stride;
  return strides;
}

static Loops loopsOf(const TensorProduct &product) {
  const Side &f = product.sides[0], &g = product.sides[1];
  SmallVector<int64_t> a = stridesOf(f.dims), b = stridesOf(g.dims),
                       result = stridesOf(product.resultDims());
  Loops loops;
  for (auto [axis, place] : llvm::zip_equal(f.kept(), product.placesOf(0)))
    loops.push_back({f.dims[axis], a[axis], 0, result[place]});
  for (auto [axis, place] : llvm::zip_equal(g.kept(), product.placesOf(1)))
    loops.push_back({g.dims[axis], 0, b[axis], result[place]});
  for (auto [first, second] : llvm::zip_equal(f.summed, g.summed))
    loops.push_back({f.dims[first], a[first], b[second], 0});
  // So that there are few, however many axes users write.
  llvm::erase_if(loops, [](const Loop &loop) { return loop.size == 1; });
  return loops;
}

static Loops loopsOf(Operation *op) {
  int64_t a = vecType(op->getOperand(0)).getDim(),
          b = vecType(op->getOperand(1)).getDim();
  if (isa<MatVecOp>(op))
    return {{a / b, b, 0, 1}, {b, 1, 1, 0}};
  if (isa<VecMatOp>(op))
    return {{b / a, 0, 1, 1}, {a, 1, b / a, 0}};
  if (isa<TensorProdOp>(op))
    return {{a, 1, 0, b}, {b, 0, 1, 1}};
  return loopsOf(productOf(op));
}

//===----------------------------------------------------------------------===//
// Code and values
//===----------------------------------------------------------------------===//

/// Runs f(a, b, result) for all rounds of a nest.
static void forEachRound(ArrayRef<Loop> loops,
                         function_ref<void(int64_t, int64_t, int64_t)> f,
                         int64_t a = 0, int64_t b = 0, int64_t result = 0) {
  if (loops.empty())
    return f(a, b, result);
  Loop loop = loops.front();
  for (int64_t n = 0; n < loop.size; ++n)
    forEachRound(loops.drop_front(), f, a + n * loop.a, b + n * loop.b,
                 result + n * loop.result);
}

/// The sum of products, each term emitted just before it is added.
template <typename T, typename Operands>
static SmallVector<T> sumProducts(Operation *op, const Operands &operands) {
  SmallVector<std::optional<T>> sums(vecType(op->getResult(0)).getDim());
  forEachRound(loopsOf(op), [&](int64_t a, int64_t b, int64_t result) {
    T term = operands[0][a] * operands[1][b];
    std::optional<T> &sum = sums[result];
    sum = sum ? *sum + term : term;
  });
  SmallVector<T> result;
  for (std::optional<T> &sum : sums)
    result.push_back(std::move(*sum));
  return result;
}

/// Where a round of a nest stands, as index values.
namespace {
struct Round {
  Value a, b, result;
};
} // namespace

static Round moved(Machine &machine, const Round &from, const Loop &loop,
                   Value n) {
  auto move = [&](Value at, int64_t stride) {
    return stride == 0 ? at : machine.sum(at, machine.position(n, stride));
  };
  return {move(from.a, loop.a), move(from.b, loop.b),
          move(from.result, loop.result)};
}

/// The sum of products over the loops of a nest that stay within a component.
static Lane sumInLoops(Machine &machine, ArrayRef<Loop> loops,
                       ArrayRef<LaneVector> operands, const Round &at) {
  if (loops.empty())
    return operands[0].load(at.a) * operands[1].load(at.b);
  // The first term has the shape of all, and starts the sum.
  Lane first = sumInLoops(machine, loops.drop_front(), operands, at);
  Loop loop = loops.front();
  return machine
      .loop(
          loop.size - 1, {first},
          [&](Value n, ArrayRef<Lane> sum) {
            Round next = moved(machine, at, loop, machine.position(n, 1, 1));
            return Lanes{sum[0] + sumInLoops(machine, loops.drop_front(),
                                             operands, next)};
          },
          /*isInner=*/loops.size() == 1)
      .front();
}

static void storeProducts(Machine &machine, ArrayRef<Loop> kept,
                          ArrayRef<Loop> summed, ArrayRef<LaneVector> operands,
                          const LaneVector &result, const Round &at) {
  if (kept.empty())
    return result.store(at.result, sumInLoops(machine, summed, operands, at));
  Loop loop = kept.front();
  machine.loop(
      loop.size, {},
      [&](Value n, ArrayRef<Lane>) {
        storeProducts(machine, kept.drop_front(), summed, operands, result,
                      moved(machine, at, loop, n));
        return Lanes();
      },
      /*isInner=*/kept.size() == 1 && summed.empty());
}

static void lowerProductInLoops(Operation *op, Machine &machine,
                                ArrayRef<LaneVector> operands,
                                const LaneVector &result) {
  Loops kept, summed;
  for (const Loop &loop : loopsOf(op))
    (loop.result == 0 ? summed : kept).push_back(loop);
  Value zero = machine.position(0);
  storeProducts(machine, kept, summed, operands, result, {zero, zero, zero});
}

#define KEOPS_PRODUCT(Op)                                                      \
  Lanes Op::lower(Machine &, ArrayRef<Lanes> operands) {                       \
    return sumProducts<Lane>(*this, operands);                                 \
  }                                                                            \
  void Op::lowerInLoops(Machine &machine, ArrayRef<LaneVector> operands,       \
                        const LaneVector &result) {                            \
    lowerProductInLoops(*this, machine, operands, result);                     \
  }                                                                            \
  SmallVector<double> Op::evaluate(ArrayRef<ArrayRef<double>> operands) {      \
    return sumProducts<double>(*this, operands);                               \
  }
KEOPS_PRODUCT(MatVecOp)
KEOPS_PRODUCT(VecMatOp)
KEOPS_PRODUCT(TensorProdOp)
KEOPS_PRODUCT(TensorDotOp)
KEOPS_PRODUCT(KronOp)
#undef KEOPS_PRODUCT

//===----------------------------------------------------------------------===//
// Derivatives
//===----------------------------------------------------------------------===//

/// The cotangent of one side, given that of the result: the result and the
/// other side, summed over the axes of the other side that were kept.
static Value cotangentOf(const TensorProduct &product, unsigned side,
                         Expr cotangent, Value otherValue) {
  const Side &own = product.sides[side], &other = product.sides[1 - side];
  SmallVector<int64_t> kept = own.kept(), axes;
  // Axes of the cotangent come in the order of the result, those of the other
  // side in its own order: axes[n] is where number n belongs.
  for (int64_t place : llvm::seq<int64_t>(product.places.size())) {
    auto found = llvm::find(product.placesOf(side), place);
    if (found != product.placesOf(side).end())
      axes.push_back(kept[found - product.placesOf(side).begin()]);
  }
  for (int64_t axis : llvm::seq<int64_t>(other.dims.size())) {
    auto found = llvm::find(other.summed, axis);
    if (found != other.summed.end())
      axes.push_back(own.summed[found - other.summed.begin()]);
  }
  auto op = TensorDotOp::create(*cotangent.builder, cotangent.location,
                                cotangent.value(), otherValue,
                                product.resultDims(), other.dims,
                                product.placesOf(1 - side), other.kept(), axes);
  return op;
}

SmallVector<Value> splitTensorDot(Operation *op, Expr cotangent) {
  TensorProduct product = productOf(op);
  return {cotangentOf(product, 0, cotangent, op->getOperand(1)),
          cotangentOf(product, 1, cotangent, op->getOperand(0))};
}

//===----------------------------------------------------------------------===//
// Shape rules
//===----------------------------------------------------------------------===//

LogicalResult matVecShape(Locus location, ValueRange operands, DictionaryAttr,
                          SmallVectorImpl<Type> &results) {
  int64_t a = vecType(operands[0]).getDim(), b = vecType(operands[1]).getDim();
  if (a % b)
    return emitOptionalError(location, "needs a matrix with rows of dimension ",
                             b, ", got ", a, " components");
  return joinedShape(location, operands, a / b, results);
}

LogicalResult vecMatShape(Locus location, ValueRange operands, DictionaryAttr,
                          SmallVectorImpl<Type> &results) {
  int64_t a = vecType(operands[0]).getDim(), b = vecType(operands[1]).getDim();
  if (b % a)
    return emitOptionalError(location,
                             "needs a matrix with columns of dimension ", a,
                             ", got ", b, " components");
  return joinedShape(location, operands, b / a, results);
}

LogicalResult tensorProdShape(Locus location, ValueRange operands,
                              DictionaryAttr, SmallVectorImpl<Type> &results) {
  int64_t dim = vecType(operands[0]).getDim() * vecType(operands[1]).getDim();
  return joinedShape(location, operands, dim, results);
}

static std::string textOf(ArrayRef<int64_t> list) {
  return "[" +
         llvm::join(
             llvm::map_range(list, [](int64_t n) { return std::to_string(n); }),
             ", ") +
         "]";
}

/// Do the sizes of the axes make up the operand?
static LogicalResult checkDims(Locus location, StringRef name,
                               ArrayRef<int64_t> dims, Value operand) {
  int64_t product = 1, dim = vecType(operand).getDim();
  for (int64_t size : dims)
    product = size < 1 || product > kMaxDim ? kMaxDim + 1 : product * size;
  if (product == dim)
    return success();
  return emitOptionalError(location, "needs ", name,
                           " whose product is the dimension ", dim,
                           " of the operand, got ", textOf(dims));
}

/// Are these different numbers from 0 to count - 1?
static LogicalResult checkNumbers(Locus location, StringRef name,
                                  ArrayRef<int64_t> numbers, size_t count) {
  llvm::SmallVector<bool> seen(count);
  for (int64_t n : numbers) {
    if (count == 0)
      return emitOptionalError(location, "has no axes for ", name, ", got ",
                               textOf(numbers));
    if (n < 0 || n >= int64_t(count))
      return emitOptionalError(location, "needs axes from 0 to ", count - 1,
                               " in ", name, ", got ", textOf(numbers));
    if (seen[n])
      return emitOptionalError(location, "needs different axes in ", name,
                               ", got ", textOf(numbers));
    seen[n] = true;
  }
  return success();
}

/// The shape of a product whose axes are known to exist.
static LogicalResult shapeOf(Locus location, ValueRange operands,
                             const TensorProduct &product,
                             SmallVectorImpl<Type> &results) {
  // At most kMaxDim squared.
  int64_t dim = 1;
  for (int64_t size : product.resultDims())
    dim *= size;
  return joinedShape(location, operands, dim, results);
}

LogicalResult tensorDotShape(Locus location, ValueRange operands,
                             DictionaryAttr attributes,
                             SmallVectorImpl<Type> &results) {
  SmallVector<int64_t> dimsF = listOf(attributes, "dimsf"),
                       dimsG = listOf(attributes, "dimsg"),
                       contF = listOf(attributes, "contf"),
                       contG = listOf(attributes, "contg"),
                       permute = listOf(attributes, "permute");
  if (failed(checkDims(location, "dimsf", dimsF, operands[0])) ||
      failed(checkDims(location, "dimsg", dimsG, operands[1])) ||
      failed(checkNumbers(location, "contf", contF, dimsF.size())) ||
      failed(checkNumbers(location, "contg", contG, dimsG.size())))
    return failure();
  if (contF.size() != contG.size())
    return emitOptionalError(location,
                             "needs contf and contg of equal length, "
                             "got ",
                             textOf(contF), " and ", textOf(contG));
  for (auto [f, g] : llvm::zip_equal(contF, contG))
    if (dimsF[f] != dimsG[g])
      return emitOptionalError(
          location, "sums over axes of different size: ", dimsF[f], " (axis ",
          f, ") and ", dimsG[g], " (axis ", g, ")");
  size_t kept = dimsF.size() + dimsG.size() - 2 * contF.size();
  if (!permute.empty() && permute.size() != kept)
    return emitOptionalError(location, "needs ", kept,
                             " numbers in permute, one for each axis that is "
                             "kept, got ",
                             textOf(permute));
  if (failed(checkNumbers(location, "permute", permute, kept)))
    return failure();
  return shapeOf(location, operands, readTensorDot(attributes), results);
}

LogicalResult kronShape(Locus location, ValueRange operands,
                        DictionaryAttr attributes,
                        SmallVectorImpl<Type> &results) {
  SmallVector<int64_t> dimsF = listOf(attributes, "dimsf"),
                       dimsG = listOf(attributes, "dimsg");
  if (failed(checkDims(location, "dimsf", dimsF, operands[0])) ||
      failed(checkDims(location, "dimsg", dimsG, operands[1])))
    return failure();
  if (dimsF.size() != dimsG.size())
    return emitOptionalError(location,
                             "needs dimsf and dimsg of equal length, "
                             "got ",
                             textOf(dimsF), " and ", textOf(dimsG));
  return shapeOf(location, operands, readKron(attributes), results);
}

} // namespace keops
