//===- Structure.td - formulas, reductions, derivatives --------*- tablegen -*-===//

#ifndef KEOPS_STRUCTURE_TD
#define KEOPS_STRUCTURE_TD

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/CallInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "dialects/Keops/Dialect.td"

def Keops_FormulaOp : Keops_Op<"formula", [
    FunctionOpInterface, IsolatedFromAbove, SingleBlock,
    DeclareOpInterfaceMethods<OpAsmOpInterface, [
        "getDefaultDialect", "getAsmBlockArgumentNames"]>]> {
  let summary = "one kernel, as mathematics";
  let description = [{
    Takes one row of each input table and returns one row of each output. Pure,
    one block. Attributes `keops.name` of arguments keep the user's names, those
    of results say what a caller knows them by.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() {
      return getFunctionType().getInputs();
    }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() {
      return getFunctionType().getResults();
    }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
    /// The user's name of an argument; `argN` if there is none.
    std::string getArgumentName(unsigned index);
    /// What callers know a result by: `out`, or `outN` if there are several,
    /// unless it has a name.
    std::string getResultName(unsigned index);
    /// Makes the function type agree with arguments and return.
    void updateType();
  }];
}

def Keops_ReturnOp : Keops_Op<"return", [Pure, Terminator,
                                         HasParent<"FormulaOp">]> {
  let summary = "the results of a formula";
  let arguments = (ins Variadic<Keops_Vec>:$values);
  let assemblyFormat = "$values attr-dict `:` custom<Vecs>(type($values))";
}

def Keops_ConstOp : Keops_Op<"const", [
    Pure, ConstantLike, DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "a number, exact in the working type";
  let arguments = (ins TypedAttrInterface:$value);
  let results = (outs Keops_Vec:$y);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
}

def Keops_BroadcastOp : Keops_Op<"broadcast", [Pure]> {
  let summary = "the same value, said to have more components or axes";
  let description = [{
    Lowers to nothing. It keeps types truthful: the gradient of `sum_j x_i` needs
    its factor N, which an i-typed value would hide.
  }];
  let arguments = (ins Keops_Vec:$x);
  let results = (outs Keops_Vec:$y);
  let assemblyFormat =
      "$x attr-dict `:` custom<Vec>(type($x)) `->` custom<Vec>(type($y))";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Keops_RowNumberOp : Keops_Op<"rownumber", [Pure]> {
  let summary = "the number of the row along the axis of the result, from 0";
  let description = [{
    What `ifrow` compares row numbers with. Within kernels row numbers are as
    wide as the working precision: those of f32 formulas keep their low 32 bits.
  }];
  let results = (outs Keops_Vec:$number);
  let assemblyFormat = "attr-dict `:` custom<Vec>(type($number))";
  let hasVerifier = 1;
}

def Keops_ReduceOp : Keops_Op<"reduce", [Pure]> {
  let summary = "removes one axis by a reduction";
  let arguments = (ins Keops_ReductionAttrInterface:$reduction,
                       Variadic<Keops_Vec>:$operands);
  let results = (outs Variadic<Keops_Vec>:$results);
  let assemblyFormat = [{
    $reduction $operands attr-dict `:` custom<Vecs>(type($operands)) `->`
    custom<Vecs>(type($results))
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The axis that is removed.
    Axes getOver();
    ::llvm::SmallVector<int64_t> getDims();
  }];
}

def Keops_GradOp : Keops_Op<"grad", [Pure]> {
  let summary = "the transposed derivative of a value, applied to a seed";
  let description = [{
    `grad %f wrt %x seed %e`: the cotangent of %x when %f has cotangent %e. If the
    result has more axes than %x, it is the cotangent for each pair (i, j) on its
    own; otherwise contributions are summed over the axes that %x does not have.
    %x is an argument of the formula. Expanded by Differentiate.
  }];
  let arguments = (ins Keops_Vec:$value, Keops_Vec:$variable, Keops_Vec:$seed);
  let results = (outs Keops_Vec:$y);
  let assemblyFormat = [{
    $value `wrt` $variable `seed` $seed attr-dict `:` custom<Vec>(type($value)) `,`
    custom<Vec>(type($variable)) `,` custom<Vec>(type($seed)) `->`
    custom<Vec>(type($y))
  }];
  let hasVerifier = 1;
}

def Keops_DiffOp : Keops_Op<"diff", [Pure]> {
  let summary = "the derivative of a value, applied to a tangent";
  let description = [{
    `diff %f wrt %x tangent %u`: how fast %f changes when %x changes as fast as
    %u says. The result varies along the axes of %f and of %u; or, if %f is
    reduced, along those of %f: the rows of %x then move by those of %u, and the
    reduction sums over them. %x is an argument of the formula. Expanded by
    Differentiate.
  }];
  let arguments = (ins Keops_Vec:$value, Keops_Vec:$variable,
                       Keops_Vec:$tangent);
  let results = (outs Keops_Vec:$y);
  let assemblyFormat = [{
    $value `wrt` $variable `tangent` $tangent attr-dict `:`
    custom<Vec>(type($value)) `,` custom<Vec>(type($variable)) `,`
    custom<Vec>(type($tangent)) `->` custom<Vec>(type($y))
  }];
  let hasVerifier = 1;
}

def Keops_SavedOp : Keops_Op<"saved", [Pure, AllTypesMatch<["value", "y"]>]> {
  let summary = "a reduction whose result is known already";
  let description = [{
    `saved %r is %o`: the number is %o, and its derivatives are those of the
    reduction %r, which need not be computed for them. Only Differentiate looks
    at it, and leaves %o.
  }];
  let arguments = (ins Keops_Vec:$value, Keops_Vec:$known);
  let results = (outs Keops_Vec:$y);
  let assemblyFormat = [{
    $value `is` $known attr-dict `:` custom<Vec>(type($value)) `,`
    custom<Vec>(type($known))
  }];
  let hasVerifier = 1;
}

#endif // KEOPS_STRUCTURE_TD
