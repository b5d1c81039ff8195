//===- Tile.h - the tile dialect --------------------------------*- C++ -*-===//
//
// The only header of this folder that other folders include.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_DIALECTS_TILE_TILE_H
#define KEOPS_DIALECTS_TILE_TILE_H

#include "dialects/Keops/Keops.h"

#include "dialects/Tile/Enums.h.inc"

#include "dialects/Tile/Dialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Tile/Types.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Tile/Attributes.h.inc"

namespace keops::tile {

class SweepOp;

// `<3xf32, i>`: types without `!tile.table` and `!keops.vec`.
using keops::parseVec;
using keops::parseVecs;
using keops::printVec;
using keops::printVecs;
mlir::ParseResult parseTable(mlir::OpAsmParser &parser, mlir::Type &type);
void printTable(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                mlir::Type type);
mlir::ParseResult parseTables(mlir::OpAsmParser &parser,
                              llvm::SmallVectorImpl<mlir::Type> &types);
void printTables(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                 mlir::TypeRange types);

// `%i { ... }`
mlir::ParseResult parseIndexRegion(mlir::OpAsmParser &parser,
                                   mlir::Region &region);
void printIndexRegion(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                      mlir::Region &region);
// `%j stage { ... } do (%y : <3xf32, j>) { ... }`
mlir::ParseResult parseStagedRegion(mlir::OpAsmParser &parser,
                                    mlir::Region &stage, mlir::Region &body);
void printStagedRegion(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                       mlir::Region &stage, mlir::Region &body);

} // namespace keops::tile

#define GET_OP_CLASSES
#include "dialects/Tile/Ops.h.inc"

#endif // KEOPS_DIALECTS_TILE_TILE_H
