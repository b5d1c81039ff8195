//===- Ops.td - kernels, rows, sweeps, plans -------------------*- tablegen -*-===//

#ifndef TILE_OPS_TD
#define TILE_OPS_TD

include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/CallInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "dialects/Tile/Dialect.td"

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tile_Dialect, mnemonic, traits>;

// Formula ops inside a kernel are printed without `keops.`.
class Tile_RegionOp<string mnemonic, list<Trait> traits = []>
    : Tile_Op<mnemonic, traits # [
        DeclareOpInterfaceMethods<OpAsmOpInterface, [
            "getDefaultDialect", "getAsmBlockArgumentNames"]>]>;

class Tile_FunctionOp<string mnemonic>
    : Tile_RegionOp<mnemonic, [FunctionOpInterface, IsolatedFromAbove,
                               SingleBlock, NoTerminator]> {
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() {
      return getFunctionType().getInputs();
    }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() {
      return getFunctionType().getResults();
    }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
  }];
}

def Tile_KernelOp : Tile_FunctionOp<"kernel"> {
  let summary = "one loop nest over tables";
  let description = [{
    The body holds p-typed work, one `tile.rows`, and, if the rows are reduced,
    p-typed work on the result and its stores. The attribute `schedules` lists one
    #tile.schedule for each instruction set.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<ArrayAttr>:$schedules,
                       OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs);
}

def Tile_RowsOp : Tile_RegionOp<"rows", [SingleBlock, NoTerminator]> {
  let summary = "the rows of the output, in parallel";
  let description = [{
    The region runs for each row %i: i-typed work, at most one sweep, i-typed work
    on its result, stores. With `reduce`, the region ends with `tile.step` and the
    rows are reduced too, by a monoid whose result is p-typed.
  }];
  let arguments = (ins OptionalAttr<Keops_ReductionAttrInterface>:$reduction);
  let results = (outs Variadic<Keops_Vec>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`reduce` $reduction^ `->` custom<Vecs>(type($results)))?
    custom<IndexRegion>($body) attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The sweep over columns, null if there is none.
    SweepOp getSweep();
  }];
}

def Tile_SweepOp : Tile_RegionOp<"sweep"> {
  let summary = "the sequential pass over all columns";
  let description = [{
    For each block of columns the stage region runs once, lanes over j, and stores
    its values contiguously; the do region reads them for every row and column and
    hands a value to the monoid. One mechanism is the packed y of a CPU and the
    shared memory of a GPU.
  }];
  let arguments = (ins Keops_ReductionAttrInterface:$reduction);
  let results = (outs Variadic<Keops_Vec>:$results);
  let regions = (region SizedRegion<1>:$stage, SizedRegion<1>:$body);
  let assemblyFormat = [{
    $reduction `->` custom<Vecs>(type($results))
    custom<StagedRegion>($stage, $body) attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Dimensions of the values handed to the monoid.
    ::llvm::SmallVector<int64_t> getDims();
  }];
}

def Tile_StageOp : Tile_Op<"stage", [Pure, Terminator, HasParent<"SweepOp">]> {
  let summary = "the j-typed values that the do region reads";
  let arguments = (ins Variadic<Keops_Vec>:$values);
  let assemblyFormat = "($values^ `:` custom<Vecs>(type($values)))? attr-dict";
}

def Tile_StepOp : Tile_Op<"step", [Pure, Terminator]> {
  let summary = "one value for the monoid of the parent";
  let arguments = (ins Variadic<Keops_Vec>:$values);
  let assemblyFormat = "$values attr-dict `:` custom<Vecs>(type($values))";
}

def Tile_LoadOp : Tile_Op<"load", [
    Pure, DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "one row of a table";
  let arguments = (ins Tile_Table:$table, Optional<Index>:$row);
  let results = (outs Keops_Vec:$value);
  let assemblyFormat =
      "$table (`[` $row^ `]`)? attr-dict `:` custom<Table>(type($table))";
}

def Tile_StoreOp : Tile_Op<"store"> {
  let summary = "writes one row of a table";
  let arguments = (ins Keops_Vec:$value, Tile_Table:$table, Optional<Index>:$row);
  let assemblyFormat = [{
    $value `,` $table (`[` $row^ `]`)? attr-dict `:` custom<Vec>(type($value)) `,`
    custom<Table>(type($table))
  }];
}

def Tile_PlanOp : Tile_FunctionOp<"plan"> {
  let summary = "which kernels run, in which order, on which tables";
  let description = [{
    What a formula became. Arguments are the inputs, then the outputs, with the
    user's axes; argument attributes `keops.name` keep the user's names.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<FunctionType>:$function_type,
                       I64Attr:$inputs,
                       OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs);
}

def Tile_TemporaryOp : Tile_Op<"temporary"> {
  let summary = "a table that lives for one launch of the plan";
  let results = (outs Tile_Table:$table);
  let assemblyFormat = "attr-dict `:` custom<Table>(type($table))";
}

def Tile_LaunchOp : Tile_Op<"launch"> {
  let summary = "runs a kernel over all rows of an axis";
  let description = [{
    `turned` says that the rows of the kernel are the j of the plan: kernel axes i
    and j are the plan's j and i. After tile-to-cpu, `host` lists a #tile.host for
    each instruction set; after tile-to-gpu, `device` says the same of a GPU.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Tile_Table>:$tables,
                       UnitAttr:$turned, OptionalAttr<ArrayAttr>:$host,
                       OptionalAttr<F64Attr>:$pairNs,
                       OptionalAttr<Tile_DeviceStepAttr>:$device);
  let assemblyFormat = [{
    $kernel `(` $tables `)` (`turned` $turned^)? attr-dict `:`
    custom<Tables>(type($tables))
  }];
}

def Tile_DeviceCodeOp : Tile_Op<"device_code"> {
  let summary = "the code of all launches of a module on a GPU, compiled";
  let description = [{
    `ptx` is text for `arch` and every later GPU, `texts` are others for
    some of these, `cubins` are machine code, both by the name of their architecture.
    Launches name functions that all of them have.
  }];
  let arguments = (ins I64Attr:$arch, StrAttr:$ptx,
                       OptionalAttr<DictionaryAttr>:$texts,
                       OptionalAttr<DictionaryAttr>:$cubins);
  let assemblyFormat = "attr-dict";
}

#endif // TILE_OPS_TD
