//===- Dialect.td - the keops dialect: formulas as mathematics -*- tablegen -*-===//

#ifndef KEOPS_DIALECT_TD
#define KEOPS_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/Keops/Interfaces.td"

def Keops_Dialect : Dialect {
  let name = "keops";
  let cppNamespace = "::keops";
  let summary = "formulas F(p, x_i, y_j), their reductions and derivatives";
  let description = [{
    A formula is a pure function of rows of tables. Every value says in its type
    along which axes it varies, so broadcasting, hoisting and the closing of
    gradients are read off the types.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasCanonicalizer = 1;
  // Ops are built by name from formula text, with plain attribute lists.
  let usePropertiesForAttributes = 0;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def Keops_Axes : I32BitEnumAttr<"Axes", "axes along which a value varies", [
    I32BitEnumAttrCaseNone<"p">, I32BitEnumAttrCaseBit<"i", 0>,
    I32BitEnumAttrCaseBit<"j", 1>]> {
  let cppNamespace = "::keops";
  let genSpecializedAttr = 0;
}

def Keops_Vec : TypeDef<Keops_Dialect, "Vec"> {
  let mnemonic = "vec";
  let summary = "a vector of numbers that varies along some axes";
  let description = [{
    `!keops.vec<3xf32, ij>`: three components, one vector for each pair (i, j).
    The scalar is f32 or f64; i64 where a reduction returns row numbers. Inside
    ops of this dialect `!keops.vec` is left out.
  }];
  let parameters = (ins "int64_t":$dim, "::mlir::Type":$scalar,
                        "::keops::Axes":$axes);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool variesAlong(Axes axis) const {
      return bitEnumContainsAny(getAxes(), axis);
    }
    /// The same vector type with other axes, or another dimension.
    VecType withAxes(Axes axes) const {
      return get(getContext(), getDim(), getScalar(), axes);
    }
    VecType withDim(int64_t dim) const {
      return get(getContext(), dim, getScalar(), getAxes());
    }
    bool isReal() const { return ::llvm::isa<::mlir::FloatType>(getScalar()); }
  }];
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

// I64Attr, but read as a signed number: exponents may be negative.
def Keops_Integer
    : TypedSignlessIntegerAttrBase<I64, "int64_t", "64-bit integer attribute">;

class Keops_Op<string mnemonic, list<Trait> traits = []>
    : Op<Keops_Dialect, mnemonic, traits>;

// An operation of the formula language. A record fills in:
//   spelling   the name in formula text; empty for ops that users cannot name
//   partials   one partial derivative per operand, a number or an Expr of the
//              operands and of the result y; or vjp and jvp, where a product is
//              not the right rule
//   shape      the function that infers the result type and checks operands
//   domain     where tests may sample the operands
//   loops      "true" if long vectors need not be unrolled: `lowerInLoops`
//              stands in C++ then
//   linear     in which operand the op is linear, the others held fixed: an
//              expression of `operand`, its number
//   additive   in which operands it is linear when they change together
// and a subclass below says how it is lowered and what its value is.
//
// For the reference (keopsc --list-ops NAME, docs/formula-language.md):
//   dimension  of the result, where it does not follow from `shape`
//   derivative in the user's words, where the partials do not read well
//   special    what happens at the edges: equations and remarks, with `; ` in
//              between
//   example    one or more equations, `Norm2((3, 4)) = 5`
// A test computes all equations: test/Unit/Reference.cpp says how they are read.
class Keops_MathOp<string mnemonic, string spelled, string text, dag operands,
                   list<Trait> traits = []>
    : Keops_Op<mnemonic, [Pure, DeclareOpInterfaceMethods<Keops_MathOpInterface>,
                          DeclareOpInterfaceMethods<InferTypeOpInterface>] # traits> {
  let summary = text;
  let arguments = operands;
  let results = (outs Keops_Vec:$y);
  let hasFolder = 1;

  string spelling = spelled;
  string parameters = !interleave(
      !foreach(k, !range(!size(operands)), !getdagname(operands, k)), ", ");
  string operandExprs = "";
  string operandLanes = "";
  string operandNumbers = "";
  string partials = "";
  string vjp = "return ::keops::times(g, {" # partials # "});";
  string jvp = "return ::keops::push(d, {" # partials # "}, getY().getType());";
  string shape = "broadcastShape";
  string domain = "-2.0, 2.0";
  string linear = "false";
  string additive = "false";
  string componentWise = "false";
  string contraction = "false";
  string lowering = "";
  string dimension = !if(!eq(shape, "oneComponentShape"), "1", "");
  string derivative = "";
  string special = "";
  string example = "";
  string loops = "false";

  let extraClassDeclaration = !if(!eq(loops, "true"), [{
    static bool hasLoops() { return true; }
    void lowerInLoops(::keops::Machine &machine,
                      ::llvm::ArrayRef<::keops::LaneVector> operands,
                      const ::keops::LaneVector &result);
  }], "");
  let extraClassDefinition = [{
    ::llvm::StringRef $cppClass::getSpelling() { return "}] # spelling # [{"; }
    ::llvm::StringRef $cppClass::getSummary() { return "}] # text # [{"; }
    ::keops::Doc $cppClass::getDoc() {
      return {R"(}] # dimension # [{)", R"(}] # derivative # [{)",
              R"(}] # special # [{)", R"(}] # example # [{)",
              R"(}] # partials # [{)"};
    }
    ::llvm::StringRef $cppClass::getParameters() { return "}] # parameters # [{"; }
    std::pair<double, double> $cppClass::getSampleRange() {
      return std::make_pair(}] # domain # [{);
    }
    bool $cppClass::isComponentWise() { return }] # componentWise # [{; }
    bool $cppClass::isContraction() { return }] # contraction # [{; }
    bool $cppClass::isLinearIn(unsigned operand) {
      (void)operand;
      return }] # linear # [{;
    }
    bool $cppClass::isAdditiveIn(unsigned operand) {
      (void)operand;
      return }] # additive # [{;
    }
    ::llvm::SmallVector<::mlir::Value> $cppClass::vjp(
        ::mlir::OpBuilder &builder, ::mlir::Value cotangent) {
      ::keops::Expr g(builder, getLoc(), cotangent), y(builder, getLoc(), getY());
      (void)g, (void)y;
      }] # operandExprs # vjp # [{
    }
    ::mlir::Value $cppClass::jvp(::mlir::OpBuilder &builder,
                                 ::llvm::ArrayRef<::mlir::Value> tangents) {
      ::keops::Expr y(builder, getLoc(), getY());
      ::keops::Tangents d(builder, getLoc(), tangents);
      (void)y, (void)d;
      }] # operandExprs # jvp # [{
    }
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *context, std::optional<::mlir::Location> location,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
        ::mlir::OpaqueProperties, ::mlir::RegionRange,
        ::llvm::SmallVectorImpl<::mlir::Type> &results) {
      return ::keops::}] # shape # [{(location, operands, attributes, results);
    }
    ::mlir::OpFoldResult $cppClass::fold(FoldAdaptor adaptor) {
      return ::keops::foldNumbers(*this, adaptor.getOperands());
    }
  }] # lowering;
}

// One scalar function applied to every component.
//   scalar   one component, written with Lane
//   ref      the same number in double precision: folding, interpreter, tests
class Keops_Pointwise<string mnemonic, string spelling, string text,
                      dag operands, list<Trait> traits = []>
    : Keops_MathOp<mnemonic, spelling, text, operands, traits> {
  string scalar = ?;
  string ref = ?;
  let componentWise = "true";
  let lowering = [{
    ::keops::Lanes $cppClass::lower(::keops::Machine &machine,
                                    ::llvm::ArrayRef<::keops::Lanes> operands) {
      return ::keops::forEachComponent(operands, [&](auto component) -> ::keops::Lane {
        }] # operandLanes # "return " # scalar # [{;
      });
    }
    ::llvm::SmallVector<double> $cppClass::evaluate(
        ::llvm::ArrayRef<::llvm::ArrayRef<double>> operands) {
      return ::keops::forEachNumber(operands, [&](auto component) -> double {
        }] # operandNumbers # "return " # ref # [{;
      });
    }
  }];
}

class Keops_Unary<string mnemonic, string spelling, string text,
                  dag attributes = (ins)>
    : Keops_Pointwise<mnemonic, spelling, text,
                      !con((ins Keops_Vec:$x), attributes)> {
  let operandExprs = "::keops::Expr x(builder, getLoc(), getX()); (void)x;";
  let operandLanes = "const ::keops::Lane &x = component(0); ";
  let operandNumbers = "double x = component(0); ";
  let dimension = "d(x)";
  let assemblyFormat = "$x attr-dict `:` custom<Vec>(type($x))";
}

class Keops_Binary<string mnemonic, string spelling, string text,
                   list<Trait> traits = []>
    : Keops_Pointwise<mnemonic, spelling, text,
                      (ins Keops_Vec:$a, Keops_Vec:$b), traits> {
  let operandExprs = [{
    ::keops::Expr a(builder, getLoc(), getA()), b(builder, getLoc(), getB());
    (void)a, (void)b;
  }];
  let operandLanes = "const ::keops::Lane &a = component(0), &b = component(1); ";
  let operandNumbers = "double a = component(0), b = component(1); ";
  let dimension = "max(d(a), d(b))";
  let assemblyFormat = [{
    $a `,` $b attr-dict `:` custom<Vec>(type($a)) `,` custom<Vec>(type($b))
  }];
}

// An op of three operands, under names of their own.
class Keops_Ternary<string mnemonic, string spelling, string text,
                    string first, string second, string third>
    : Keops_Pointwise<mnemonic, spelling, text,
                      !dag(ins, [Keops_Vec, Keops_Vec, Keops_Vec],
                           [first, second, third])> {
  let operandExprs = !interleave(
      !foreach(k, [0, 1, 2],
               "::keops::Expr " # !getdagname(arguments, k) #
               "(builder, getLoc(), getOperand(" # k # ")); (void)" #
               !getdagname(arguments, k) # ";"), " ");
  let operandLanes = !interleave(
      !foreach(k, [0, 1, 2], "const ::keops::Lane &" #
               !getdagname(arguments, k) # " = component(" # k # "); "), "");
  let operandNumbers = !interleave(
      !foreach(k, [0, 1, 2], "double " # !getdagname(arguments, k) #
               " = component(" # k # "); "), "");
  let dimension = "max(d(" # first # "), d(" # second # "), d(" # third # "))";
  let assemblyFormat = !strconcat(
      "$", first, " `,` $", second, " `,` $", third,
      " attr-dict `:` custom<Vec>(type($", first,
      ")) `,` custom<Vec>(type($", second,
      ")) `,` custom<Vec>(type($", third, "))");
}

// An op across components: `lower` and `evaluate` stand in Vector.cpp.
class Keops_UnaryVector<string mnemonic, string spelling, string text,
                        dag attributes = (ins)>
    : Keops_MathOp<mnemonic, spelling, text,
                   !con((ins Keops_Vec:$x), attributes)> {
  let operandExprs = "::keops::Expr x(builder, getLoc(), getX()); (void)x;";
  let assemblyFormat = "$x attr-dict `:` custom<Vec>(type($x))";
}

class Keops_BinaryVector<string mnemonic, string spelling, string text,
                         list<Trait> traits = [], dag attributes = (ins)>
    : Keops_MathOp<mnemonic, spelling, text,
                   !con((ins Keops_Vec:$a, Keops_Vec:$b), attributes), traits> {
  let operandExprs = [{
    ::keops::Expr a(builder, getLoc(), getA()), b(builder, getLoc(), getB());
    (void)a, (void)b;
  }];
  let assemblyFormat = [{
    $a `,` $b attr-dict `:` custom<Vec>(type($a)) `,` custom<Vec>(type($b))
  }];
}

#endif // KEOPS_DIALECT_TD
