//===- Keops.h - the keops dialect ------------------------------*- C++ -*-===//
//
// The only header of this folder that other folders include.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_DIALECTS_KEOPS_KEOPS_H
#define KEOPS_DIALECTS_KEOPS_KEOPS_H

#include "dialects/Keops/Expr.h"
#include "dialects/Keops/Lane.h"
#include "dialects/Keops/Summation.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <cmath>

#include "dialects/Keops/Enums.h.inc"

#include "dialects/Keops/Dialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Keops/Types.h.inc"

namespace keops {
class ReductionAttrInterface;

/// What the reference of the language says of a name beside its summary; empty
/// where there is nothing to say. The fields are explained in Dialect.td.
struct Doc {
  llvm::StringRef dimension, derivative, special, example;
  /// The derivatives as they stand in the record, for operations.
  llvm::StringRef partials = {};
};

/// What "better" means, of values of which the best are kept.
struct Order {
  bool greatest = false;

  /// NaN is never better.
  Lane isBetter(const Lane &a, const Lane &b) const {
    return greatest ? b < a : a < b;
  }
  /// The better of x and a number, which is not NaN; the number if x is.
  Lane best(const Lane &x, const Lane &number) const {
    return greatest ? greater(x, number) : lesser(x, number);
  }
  Lane worst(const Lane &x, const Lane &number) const {
    return greatest ? lesser(x, number) : greater(x, number);
  }
};

/// What reductions keep that look for the least values, or the greatest.
struct Ranking {
  int64_t count; // of each component
  bool greatest;
};

/// No vector has more components. Far beyond any formula that compiles; keeps
/// sums and products of dimensions from overflowing.
constexpr int64_t kMaxDim = int64_t{1} << 24;

/// Both axes, one, or none, from what two values vary along.
inline Axes joinAxes(Axes a, Axes b) { return a | b; }
/// `a` without the axes of `b`.
inline Axes withoutAxes(Axes a, Axes b) {
  return static_cast<Axes>(static_cast<uint32_t>(a) &
                           ~static_cast<uint32_t>(b));
}
inline VecType vecType(mlir::Value value) {
  return llvm::cast<VecType>(value.getType());
}

// Shape rules: infer the result type and check the operands. Messages leave out
// the name of the op, which the caller knows better (a user wrote `SqDist`, not
// `sub`).
using Locus = std::optional<mlir::Location>;
llvm::LogicalResult broadcastShape(Locus, mlir::ValueRange,
                                   mlir::DictionaryAttr,
                                   llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult oneComponentShape(Locus, mlir::ValueRange,
                                      mlir::DictionaryAttr,
                                      llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult ifRowShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                               llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult concatShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                                llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult extractShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                                 llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult placeShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                               llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult roundShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                               llvm::SmallVectorImpl<mlir::Type> &);

/// x to `decimals` decimals, halves away from zero.
double roundDecimals(double x, int64_t decimals);

llvm::LogicalResult repeatShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                                llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult matVecShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                                llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult vecMatShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                                llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult tensorProdShape(Locus, mlir::ValueRange,
                                    mlir::DictionaryAttr,
                                    llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult tensorDotShape(Locus, mlir::ValueRange,
                                   mlir::DictionaryAttr,
                                   llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult kronShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                              llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult complexShape(Locus, mlir::ValueRange, mlir::DictionaryAttr,
                                 llvm::SmallVectorImpl<mlir::Type> &);
llvm::LogicalResult complexPartShape(Locus, mlir::ValueRange,
                                     mlir::DictionaryAttr,
                                     llvm::SmallVectorImpl<mlir::Type> &);
/// Real, of one scalar type, with the axes of all: a result of dimension `dim`.
llvm::LogicalResult joinedShape(Locus, mlir::ValueRange, int64_t dim,
                                llvm::SmallVectorImpl<mlir::Type> &);

/// How many columns a block holds. Values that are the same in all of them may
/// have a lane of one column.
int columnsOf(llvm::ArrayRef<Lanes> x, const Lane &j);

/// The default of `stepBlock`: one `step` for each column.
Lanes stepByStep(mlir::Attribute reduction, Machine &machine,
                 const Lanes &state, llvm::ArrayRef<Lanes> x, const Lane &j);

/// Does a reduction treat each component of its first operand alone? Its state
/// and its results are then those of single components, part after part: part
/// p of component c is number p * dim + c. Kernels may take in a long value
/// one component after the other. There is one operand, but for
/// #keops.relativesums, whose other is the same for all components.
bool actsByComponent(mlir::Attribute reduction, Machine &machine,
                     llvm::ArrayRef<int64_t> dims);

/// Runs `f(component)` for each component of the result, where component(k) is
/// that of operand k; an operand of dimension 1 repeats.
template <typename F>
Lanes forEachComponent(llvm::ArrayRef<Lanes> operands, F f) {
  size_t dim = 1;
  for (const Lanes &operand : operands)
    dim = std::max(dim, operand.size());
  Lanes result;
  for (size_t c = 0; c < dim; ++c)
    result.push_back(f([&](size_t k) -> const Lane & {
      return operands[k][operands[k].size() == 1 ? 0 : c];
    }));
  return result;
}

/// The same for plain numbers.
template <typename F>
llvm::SmallVector<double>
forEachNumber(llvm::ArrayRef<llvm::ArrayRef<double>> operands, F f) {
  size_t dim = 1;
  for (llvm::ArrayRef<double> operand : operands)
    dim = std::max(dim, operand.size());
  llvm::SmallVector<double> result;
  for (size_t c = 0; c < dim; ++c)
    result.push_back(f([&](size_t k) {
      return operands[k][operands[k].size() == 1 ? 0 : c];
    }));
  return result;
}

/// Prints the arguments of a function under the names in `keops.name`.
void nameArguments(mlir::FunctionOpInterface function,
                   mlir::OpAsmSetValueNameFn setName);

/// Folds an op of dimension 1 whose operands are all numbers.
mlir::OpFoldResult foldNumbers(mlir::Operation *op,
                               llvm::ArrayRef<mlir::Attribute> operands);

/// The same op on other operands, which may have fewer components or axes; the
/// type of the result is inferred again.
mlir::Operation *rebuild(mlir::OpBuilder &builder, mlir::Operation *op,
                         mlir::ValueRange operands);

// `<3xf32, ij>`: the type without `!keops.vec`.
mlir::ParseResult parseVec(mlir::OpAsmParser &parser, mlir::Type &type);
void printVec(mlir::OpAsmPrinter &printer, mlir::Operation *op,
              mlir::Type type);
mlir::ParseResult parseVecs(mlir::OpAsmParser &parser,
                            llvm::SmallVectorImpl<mlir::Type> &types);
void printVecs(mlir::OpAsmPrinter &printer, mlir::Operation *op,
               mlir::TypeRange types);
} // namespace keops

#include "dialects/Keops/OpInterfaces.h.inc"

#include "dialects/Keops/AttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Keops/Attributes.h.inc"

#define GET_OP_CLASSES
#include "dialects/Keops/Ops.h.inc"

namespace keops {

/// What lies between a variable and a value.
struct Path {
  Path(mlir::Value variable, mlir::Value value);

  llvm::SmallVector<mlir::Operation *> ops; // in program order
  llvm::DenseSet<mlir::Value> active;       // depend on the variable
  /// Results of reductions that are known already, by the reduction.
  llvm::DenseMap<mlir::Operation *, mlir::Value> known;
};

/// A reduction as users name it. K is the number of values it keeps, for those
/// that take one. The second of two operands is the weight.
struct ReductionEntry {
  llvm::StringRef spelling;
  llvm::StringRef summary;
  bool takesK;
  ReductionAttrInterface (*make)(mlir::MLIRContext *context, int64_t k);
  unsigned operands = 1;
  /// The name of the reduction that takes over if there is a weight.
  llvm::StringRef weighted = {};
};
/// All reductions, in the order of the documentation.
llvm::ArrayRef<ReductionEntry> reductionCatalogue();

} // namespace keops

#endif // KEOPS_DIALECTS_KEOPS_KEOPS_H
