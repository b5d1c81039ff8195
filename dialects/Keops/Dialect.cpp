//===- Dialect.cpp - registration and constant folding --------------------===//

#include "dialects/Keops/Keops.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace keops;

#include "dialects/Keops/Dialect.cpp.inc"
#include "dialects/Keops/Enums.cpp.inc"

#include "dialects/Keops/AttrInterfaces.cpp.inc"
#include "dialects/Keops/OpInterfaces.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Keops/Types.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Keops/Attributes.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/Keops/Ops.cpp.inc"

void KeopsDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Keops/Types.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Keops/Attributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Keops/Ops.cpp.inc"
      >();
}

Operation *KeopsDialect::materializeConstant(OpBuilder &builder,
                                             Attribute value, Type type,
                                             Location location) {
  auto number = dyn_cast<FloatAttr>(value);
  auto vec = dyn_cast<VecType>(type);
  if (!number || !vec || number.getType() != vec.getScalar() ||
      vec.getDim() != 1)
    return nullptr;
  return ConstOp::create(builder, location, cast<TypedAttr>(value));
}

Operation *keops::rebuild(OpBuilder &builder, Operation *op,
                          ValueRange operands) {
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  SmallVector<Type> types;
  [[maybe_unused]] LogicalResult inferred =
      cast<InferTypeOpInterface>(copy).inferReturnTypes(
          op->getContext(), op->getLoc(), operands, copy->getAttrDictionary(),
          copy->getPropertiesStorage(), {}, types);
  assert(succeeded(inferred) && "operands do not fit the op");
  copy->getResult(0).setType(types[0]);
  return copy;
}

OpFoldResult keops::foldNumbers(Operation *op, ArrayRef<Attribute> operands) {
  auto type = cast<VecType>(op->getResult(0).getType());
  if (type.getDim() != 1 || type.getAxes() != Axes::p)
    return {};
  SmallVector<double> numbers;
  for (Attribute operand : operands) {
    auto number = dyn_cast_or_null<FloatAttr>(operand);
    if (!number)
      return {};
    numbers.push_back(number.getValueAsDouble());
  }
  SmallVector<ArrayRef<double>> vectors;
  for (const double &number : numbers)
    vectors.push_back(number);
  double value = cast<MathOpInterface>(op).evaluate(vectors)[0];
  return FloatAttr::get(type.getScalar(), value);
}
