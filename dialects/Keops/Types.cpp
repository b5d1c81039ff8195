//===- Types.cpp - !keops.vec and the shape rules -------------------------===//

#include "dialects/Keops/Keops.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace keops {

static std::optional<Axes> parseAxes(StringRef text) {
  return llvm::StringSwitch<std::optional<Axes>>(text)
      .Case("p", Axes::p)
      .Case("i", Axes::i)
      .Case("j", Axes::j)
      .Case("ij", Axes::i | Axes::j)
      .Default(std::nullopt);
}

static StringRef axesName(Axes axes) {
  static constexpr const char *names[] = {"p", "i", "j", "ij"};
  return names[static_cast<uint32_t>(axes) & 3];
}

Type VecType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type scalar;
  StringRef axesText;
  if (parser.parseLess() || parser.parseDimensionList(shape, false) ||
      parser.parseType(scalar) || parser.parseComma())
    return {};
  auto location = parser.getCurrentLocation();
  if (parser.parseKeyword(&axesText) || parser.parseGreater())
    return {};
  std::optional<Axes> axes = parseAxes(axesText);
  if (!axes) {
    parser.emitError(location, "axes are p, i, j or ij");
    return {};
  }
  if (shape.size() != 1) {
    parser.emitError(location, "a vector has one dimension");
    return {};
  }
  return getChecked([&] { return parser.emitError(location); },
                    parser.getContext(), shape[0], scalar, *axes);
}

void VecType::print(AsmPrinter &printer) const {
  printer << "<" << getDim() << "x" << getScalar() << ", "
          << axesName(getAxes()) << ">";
}

LogicalResult VecType::verify(function_ref<InFlightDiagnostic()> emitError,
                              int64_t dim, Type scalar, Axes) {
  if (dim < 1)
    return emitError() << "dimension " << dim << " is not positive";
  if (dim > kMaxDim)
    return emitError() << "dimension " << dim << " exceeds " << kMaxDim;
  if (!scalar.isF32() && !scalar.isF64() && !scalar.isInteger(64))
    return emitError() << "scalar must be f32, f64 or i64, got " << scalar;
  return success();
}

ParseResult parseVec(OpAsmParser &parser, Type &type) {
  type = VecType::parse(parser);
  return success(static_cast<bool>(type));
}

void printVec(OpAsmPrinter &printer, Operation *, Type type) {
  cast<VecType>(type).print(printer);
}

ParseResult parseVecs(OpAsmParser &parser, SmallVectorImpl<Type> &types) {
  return parser.parseCommaSeparatedList(
      [&] { return parseVec(parser, types.emplace_back()); });
}

void printVecs(OpAsmPrinter &printer, Operation *op, TypeRange types) {
  llvm::interleaveComma(types, printer,
                        [&](Type type) { printVec(printer, op, type); });
}

//===----------------------------------------------------------------------===//
// Shape rules
//===----------------------------------------------------------------------===//

LogicalResult broadcastShape(Locus location, ValueRange operands,
                             DictionaryAttr, SmallVectorImpl<Type> &results) {
  int64_t dim = 1;
  Axes axes = Axes::p;
  Type scalar;
  for (Value operand : operands) {
    VecType type = vecType(operand);
    axes = joinAxes(axes, type.getAxes());
    if (!type.isReal())
      return emitOptionalError(location, "does not take row numbers");
    if (scalar && scalar != type.getScalar())
      return emitOptionalError(location, "mixes ", scalar, " and ",
                               type.getScalar());
    scalar = type.getScalar();
    if (type.getDim() == 1 || type.getDim() == dim)
      continue;
    if (dim != 1)
      return emitOptionalError(location,
                               "needs operands of equal dimension, got ", dim,
                               " and ", type.getDim());
    dim = type.getDim();
  }
  results.push_back(VecType::get(scalar.getContext(), dim, scalar, axes));
  return success();
}

LogicalResult oneComponentShape(Locus location, ValueRange operands,
                                DictionaryAttr attributes,
                                SmallVectorImpl<Type> &results) {
  if (failed(broadcastShape(location, operands, attributes, results)))
    return failure();
  results.back() = cast<VecType>(results.back()).withDim(1);
  return success();
}

LogicalResult ifRowShape(Locus location, ValueRange operands, DictionaryAttr,
                         SmallVectorImpl<Type> &results) {
  VecType x = vecType(operands[0]), row = vecType(operands[1]),
          number = vecType(operands[2]);
  if (!x.isReal() || row.isReal() || number.isReal())
    return emitOptionalError(location,
                             "takes a value, row numbers and the row's number");
  if ((x.getDim() != 1 && row.getDim() != 1 && x.getDim() != row.getDim()) ||
      number.getDim() != 1)
    return emitOptionalError(location, "takes a row number for each of ",
                             x.getDim(), " components, got ", row.getDim());
  Axes axes = joinAxes(row.getAxes(), number.getAxes());
  results.push_back(x.withDim(std::max(x.getDim(), row.getDim()))
                        .withAxes(joinAxes(x.getAxes(), axes)));
  return success();
}

/// Fails if a dimension is too large for VecType.
static LogicalResult checkDim(Locus location, int64_t dim) {
  if (dim > kMaxDim)
    return emitOptionalError(location, "makes ", dim, " components, more than ",
                             kMaxDim);
  return success();
}

LogicalResult joinedShape(Locus location, ValueRange operands, int64_t dim,
                          SmallVectorImpl<Type> &results) {
  Axes axes = Axes::p;
  Type scalar = vecType(operands[0]).getScalar();
  for (Value operand : operands) {
    VecType type = vecType(operand);
    axes = joinAxes(axes, type.getAxes());
    if (!type.isReal())
      return emitOptionalError(location, "does not take row numbers");
    if (scalar != type.getScalar())
      return emitOptionalError(location, "mixes ", scalar, " and ",
                               type.getScalar());
  }
  if (failed(checkDim(location, dim)))
    return failure();
  results.push_back(VecType::get(scalar.getContext(), dim, scalar, axes));
  return success();
}

LogicalResult concatShape(Locus location, ValueRange operands, DictionaryAttr,
                          SmallVectorImpl<Type> &results) {
  VecType a = vecType(operands[0]), b = vecType(operands[1]);
  if (a.getScalar() != b.getScalar())
    return emitOptionalError(location, "mixes ", a.getScalar(), " and ",
                             b.getScalar());
  if (failed(checkDim(location, a.getDim() + b.getDim())))
    return failure();
  results.push_back(VecType::get(a.getContext(), a.getDim() + b.getDim(),
                                 a.getScalar(),
                                 joinAxes(a.getAxes(), b.getAxes())));
  return success();
}

/// `component 5` or `components 5 to 7`.
static std::string componentsText(int64_t start, int64_t size) {
  if (size == 1)
    return "component " + std::to_string(start);
  if (size > kMaxDim) // the last one may be beyond int64_t
    return std::to_string(size) + " components from " + std::to_string(start);
  return "components " + std::to_string(start) + " to " +
         std::to_string(start + size - 1);
}

static int64_t integerOf(DictionaryAttr attributes, StringRef name) {
  auto attribute = attributes.getAs<IntegerAttr>(name);
  return attribute ? attribute.getInt() : 0;
}

LogicalResult extractShape(Locus location, ValueRange operands,
                           DictionaryAttr attributes,
                           SmallVectorImpl<Type> &results) {
  VecType type = vecType(operands[0]);
  int64_t start = integerOf(attributes, "start");
  int64_t size = integerOf(attributes, "size"), dim = type.getDim();
  if (size < 1)
    return emitOptionalError(location, "needs at least one component, got ",
                             size);
  if (start < 0 || start >= dim || size > dim - start)
    return emitOptionalError(
        location, "reaches outside its operand: ", componentsText(start, size),
        " of dimension ", dim);
  results.push_back(type.withDim(size));
  return success();
}

LogicalResult placeShape(Locus location, ValueRange operands,
                         DictionaryAttr attributes,
                         SmallVectorImpl<Type> &results) {
  VecType type = vecType(operands[0]);
  int64_t start = integerOf(attributes, "start");
  int64_t size = integerOf(attributes, "size"), dim = type.getDim();
  if (size < 1)
    return emitOptionalError(location, "needs at least one component, got ",
                             size);
  if (start < 0 || start >= size || dim > size - start)
    return emitOptionalError(
        location, "reaches outside its result: ", componentsText(start, dim),
        " of dimension ", size);
  if (failed(checkDim(location, size)))
    return failure();
  results.push_back(type.withDim(size));
  return success();
}

// Powers of ten beyond this are infinite, or their inverses zero.
static constexpr int64_t kMostDecimals = 300;

LogicalResult roundShape(Locus location, ValueRange operands,
                         DictionaryAttr attributes,
                         SmallVectorImpl<Type> &results) {
  int64_t decimals = integerOf(attributes, "d");
  if (std::abs(decimals) > kMostDecimals)
    return emitOptionalError(location, "rounds to at most ", kMostDecimals,
                             " decimals, got ", decimals);
  return broadcastShape(location, operands, attributes, results);
}

double roundDecimals(double x, int64_t decimals) {
  double unit = std::pow(10.0, double(std::abs(decimals)));
  double scaled = decimals < 0 ? x / unit : x * unit;
  if (!(std::fabs(scaled) < 0x1p52)) // has no fraction, or is not a number
    return decimals < 0 ? scaled * unit : x;
  scaled = std::round(scaled);
  return decimals < 0 ? scaled * unit : scaled / unit;
}

LogicalResult repeatShape(Locus location, ValueRange operands,
                          DictionaryAttr attributes,
                          SmallVectorImpl<Type> &results) {
  int64_t size = integerOf(attributes, "size");
  int64_t dim = vecType(operands[0]).getDim();
  if (size < 1)
    return emitOptionalError(location, "needs at least one component, got ",
                             size);
  if (dim != 1)
    return emitOptionalError(location, "needs an operand of dimension 1, got ",
                             dim);
  return joinedShape(location, operands, size, results);
}

} // namespace keops
