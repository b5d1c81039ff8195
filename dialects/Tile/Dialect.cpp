//===- Dialect.cpp - registration, types, shared syntax -------------------===//

#include "dialects/Tile/Tile.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace keops::tile;

#include "dialects/Tile/Dialect.cpp.inc"
#include "dialects/Tile/Enums.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Tile/Types.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Tile/Attributes.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/Tile/Ops.cpp.inc"

void TileDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Tile/Types.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Tile/Attributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Tile/Ops.cpp.inc"
      >();
}

namespace keops::tile {

// A table is written like the row that it is made of.
Type TableType::parse(AsmParser &parser) {
  auto location = parser.getCurrentLocation();
  auto row = llvm::dyn_cast_or_null<VecType>(VecType::parse(parser));
  if (!row)
    return {};
  if (row.getAxes() == (Axes::i | Axes::j)) {
    parser.emitError(location, "a table has one axis");
    return {};
  }
  return get(row);
}

void TableType::print(AsmPrinter &printer) const { getRow().print(printer); }

ParseResult parseTable(OpAsmParser &parser, Type &type) {
  type = TableType::parse(parser);
  return success(static_cast<bool>(type));
}

void printTable(OpAsmPrinter &printer, Operation *, Type type) {
  cast<TableType>(type).print(printer);
}

ParseResult parseTables(OpAsmParser &parser, SmallVectorImpl<Type> &types) {
  return parser.parseCommaSeparatedList(
      [&] { return parseTable(parser, types.emplace_back()); });
}

void printTables(OpAsmPrinter &printer, Operation *op, TypeRange types) {
  llvm::interleaveComma(types, printer,
                        [&](Type type) { printTable(printer, op, type); });
}

ParseResult parseIndexRegion(OpAsmParser &parser, Region &region) {
  OpAsmParser::Argument index;
  if (parser.parseArgument(index))
    return failure();
  index.type = parser.getBuilder().getIndexType();
  return parser.parseRegion(region, {index});
}

void printIndexRegion(OpAsmPrinter &printer, Operation *, Region &region) {
  printer << region.getArgument(0) << ' ';
  printer.printRegion(region, /*printEntryBlockArgs=*/false);
}

ParseResult parseStagedRegion(OpAsmParser &parser, Region &stage,
                              Region &body) {
  OpAsmParser::Argument column;
  if (parser.parseArgument(column))
    return failure();
  column.type = parser.getBuilder().getIndexType();
  if (parser.parseKeyword("stage") || parser.parseRegion(stage, {column}) ||
      parser.parseKeyword("do"))
    return failure();
  SmallVector<OpAsmParser::Argument> staged;
  auto parseOne = [&] {
    OpAsmParser::Argument &argument = staged.emplace_back();
    return failure(parser.parseArgument(argument) || parser.parseColon() ||
                   parseVec(parser, argument.type));
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, parseOne))
    return failure();
  return parser.parseRegion(body, staged);
}

void printStagedRegion(OpAsmPrinter &printer, Operation *op, Region &stage,
                       Region &body) {
  printer << stage.getArgument(0) << " stage ";
  printer.printRegion(stage, /*printEntryBlockArgs=*/false);
  printer << " do (";
  llvm::interleaveComma(body.getArguments(), printer, [&](BlockArgument value) {
    printer << value << " : ";
    printVec(printer, op, value.getType());
  });
  printer << ") ";
  printer.printRegion(body, /*printEntryBlockArgs=*/false);
}

} // namespace keops::tile
