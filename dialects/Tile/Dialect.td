//===- Dialect.td - the tile dialect: types and attributes -----*- tablegen -*-===//

#ifndef TILE_DIALECT_TD
#define TILE_DIALECT_TD

include "dialects/Keops/Dialect.td"
include "dialects/Tile/Enums.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::keops::tile";
  let summary = "formulas with loops and memory";
  let description = [{
    The same mathematics as in `keops`, placed in a loop nest that both back ends
    share: rows of the output, one sweep over columns, columns staged in blocks.
    Inside a kernel the output axis is always i and the swept axis j.
  }];
  let dependentDialects = ["::keops::KeopsDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

def Tile_Table : TypeDef<Tile_Dialect, "Table"> {
  let mnemonic = "table";
  let summary = "a row-major table, one row for each value of an axis";
  let description = [{
    `!tile.table<3xf32, i>`: as many rows of three numbers as axis i is long; one
    row if the axis is p.
  }];
  let parameters = (ins "int64_t":$dim, "::mlir::Type":$scalar,
                        "::keops::Axes":$axis);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// One row of the table.
    ::keops::VecType getRow() const {
      return ::keops::VecType::get(getContext(), getDim(), getScalar(), getAxis());
    }
    static TableType get(::keops::VecType row) {
      return get(row.getContext(), row.getDim(), row.getScalar(), row.getAxes());
    }
  }];
}

def Tile_ScheduleAttr : AttrDef<Tile_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "how a kernel is run on one instruction set";
  let description = [{
    rows: rows that share one stage, the largest row tile; cols: columns per
    stage, which is also the block of the accumulation; lanes: numbers per vector;
    rowsPerLane x unroll: row vectors and columns in flight (R and U). If ahead is
    not 0, the loop over pairs is cut in two, and its first half runs for so many
    columns before the second does. On a GPU, lanes are the threads of a block,
    and rows the product of lanes and rowsPerLane; tensor says that tensor cores do
    the dot products.
  }];
  let parameters = (ins Tile_IsaParameter:$isa, "int64_t":$rows, "int64_t":$cols,
                        "int64_t":$lanes, "int64_t":$rowsPerLane,
                        "int64_t":$unroll,
                        DefaultValuedParameter<"int64_t", "0">:$ahead,
                        DefaultValuedParameter<"bool", "false">:$tensor);
  let assemblyFormat = [{
    `<` $isa `,`
    struct($rows, $cols, $lanes, $rowsPerLane, $unroll, $ahead, $tensor) `>`
  }];
  let builders = [
    AttrBuilder<(ins "tile::Isa":$isa, "int64_t":$rows, "int64_t":$cols,
                     "int64_t":$lanes, "int64_t":$rowsPerLane,
                     "int64_t":$unroll), [{
      return $_get($_ctxt, isa, rows, cols, lanes, rowsPerLane, unroll,
                  /*ahead=*/0, /*tensor=*/false);
    }]>];
}

def Tile_HostCodeAttr : AttrDef<Tile_Dialect, "HostCode"> {
  let mnemonic = "host";
  let summary = "what the launch card says about one compiled step";
  let parameters = (ins Tile_IsaParameter:$isa,
                        "int64_t":$maxRows, "int64_t":$rowQuantum,
                        "int64_t":$colQuantum, "int64_t":$scratchBytes,
                        "int64_t":$stateBytes, "int64_t":$partialBytes,
                        OptionalParameter<"::mlir::FlatSymbolRefAttr">:$sweep,
                        "::mlir::FlatSymbolRefAttr":$finish,
                        OptionalParameter<"::mlir::FlatSymbolRefAttr">:$close);
  let assemblyFormat = [{
    `<` $isa `,` struct($maxRows, $rowQuantum, $colQuantum, $scratchBytes,
    $stateBytes, $partialBytes, $sweep, $finish, $close) `>`
  }];
}

def Tile_DeviceStepAttr : AttrDef<Tile_Dialect, "DeviceStep"> {
  let mnemonic = "device";
  let summary = "what the launch card says about one step on a GPU";
  let description = [{
    The fields of `keops_device_step` in runtime/Card.h: names of the functions
    in the device code, and the threads of their blocks.
  }];
  let parameters = (ins OptionalParameter<"::mlir::StringAttr">:$sweep,
                        OptionalParameter<"::mlir::StringAttr">:$finish,
                        OptionalParameter<"::mlir::StringAttr">:$close,
                        "int64_t":$threads, "int64_t":$sharedBytes,
                        "int64_t":$tileRows, "int64_t":$colQuantum,
                        "int64_t":$stateBytes, "int64_t":$partialBytes,
                        "::mlir::FloatAttr":$pairCycles);
  let assemblyFormat = [{
    `<` struct($sweep, $finish, $close, $threads, $sharedBytes, $tileRows,
    $colQuantum, $stateBytes, $partialBytes, $pairCycles) `>`
  }];
}

#endif // TILE_DIALECT_TD
