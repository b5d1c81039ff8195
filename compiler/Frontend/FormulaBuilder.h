//===- FormulaBuilder.h - ops of one formula, checked -----------*- C++ -*-===//
//
// Builds ops with the shape rules of the dialect, and turns what these rules
// object to into errors in the user's words: named after what the user wrote,
// with the declarations of the variables involved.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_FORMULABUILDER_H
#define KEOPS_COMPILER_FRONTEND_FORMULABUILDER_H

#include "compiler/Frontend/Catalogue.h"
#include "compiler/Frontend/Limits.h"
#include "compiler/Frontend/Number.h"
#include "llvm/ADT/DenseMap.h"

namespace keops {

/// What the user wrote, and where: `SqDist`, or `'*'`.
struct Blame {
  std::string name;
  mlir::Location location;
};

/// A value of the formula text; a number as long as nothing else is needed. Or
/// a list of integers, which some operations take.
struct Term {
  mlir::Value value;
  std::optional<Number> number;
  mlir::LocationAttr location;
  std::optional<llvm::SmallVector<int64_t, 0>> list = std::nullopt;
};

struct Variable {
  llvm::StringRef name;
  mlir::Location location;
  int64_t position;
};

/// An integer of the text, with its place.
struct LocatedInteger {
  int64_t value;
  mlir::Location location;
};

class FormulaBuilder {
public:
  FormulaBuilder(mlir::Block *block, mlir::FloatType scalar,
                 const FrontendLimits &limits)
      : builder(mlir::OpBuilder::atBlockEnd(block)), block(block),
        scalar(scalar), limits(limits) {}

  /// A new argument of the formula.
  llvm::LogicalResult declare(const Variable &variable, int64_t dim, Axes axes,
                              Term &result);

  /// The term as a value: a number becomes a constant.
  llvm::LogicalResult materialize(const Term &term, mlir::Value &result);
  llvm::LogicalResult apply(const OpEntry &entry, const Blame &blame,
                            llvm::ArrayRef<mlir::Value> operands,
                            llvm::ArrayRef<mlir::Attribute> settings,
                            Term &result);
  llvm::LogicalResult reduce(const ReductionEntry &entry, const Blame &blame,
                             llvm::ArrayRef<mlir::Value> operands,
                             LocatedInteger axis,
                             std::optional<LocatedInteger> k, Term &result);
  /// Grad(value, variable, seed).
  llvm::LogicalResult differentiate(const Blame &blame, mlir::Value value,
                                    mlir::Value variable, mlir::Value seed,
                                    Term &result);
  /// Diff(value, variable, tangent).
  llvm::LogicalResult pushForward(const Blame &blame, mlir::Value value,
                                  mlir::Value variable, mlir::Value tangent,
                                  Term &result);

  /// Does the value depend on a reduction?
  bool isReduced(mlir::Value value) const {
    return facts.lookup(value).reduced;
  }
  /// Can the value be differentiated once more? An error at `blame` if not.
  llvm::LogicalResult checkDerivative(const Blame &blame, mlir::Value value);
  /// Notes that say where the variables in the operands come from.
  void noteDeclarations(mlir::InFlightDiagnostic &error,
                        llvm::ArrayRef<mlir::Value> operands) const;

  llvm::ArrayRef<Variable> getVariables() const { return variables; }
  const FrontendLimits &getLimits() const { return limits; }
  mlir::MLIRContext *getContext() const { return builder.getContext(); }

private:
  struct Facts {
    bool reduced;
    int64_t order; // of derivatives
  };

  /// The ops of an expansion whose operands are checked.
  llvm::LogicalResult expand(const ExpansionEntry &entry, const Blame &blame,
                             llvm::ArrayRef<mlir::Value> operands,
                             mlir::DictionaryAttr attributes, Term &result);
  llvm::LogicalResult countNode(mlir::Location location);
  llvm::LogicalResult checkDirection(const Blame &blame, mlir::Value value,
                                     mlir::Value direction, mlir::Value like,
                                     llvm::StringRef place);
  /// Row numbers, as ArgMin gives them, are results and nothing else.
  llvm::LogicalResult checkReal(const Blame &blame,
                                llvm::ArrayRef<mlir::Value> operands) const;
  llvm::LogicalResult checkDimensions(mlir::TypeRange types,
                                      mlir::Location location) const;
  /// Runs a shape rule; its objection becomes an error in the user's words.
  llvm::LogicalResult
  infer(const Blame &blame, llvm::ArrayRef<mlir::Value> operands,
        llvm::function_ref<llvm::LogicalResult(Locus)> rule) const;
  llvm::LogicalResult checkRanks(const ReductionEntry &entry,
                                 const Blame &blame,
                                 std::optional<LocatedInteger> k) const;
  llvm::LogicalResult spread(mlir::Location location, mlir::Value &operand);
  /// What the results of `op` depend on: the same as its operands, and `more`.
  void record(mlir::Operation *op, Facts more);

  mlir::OpBuilder builder;
  mlir::Block *block;
  mlir::FloatType scalar;
  const FrontendLimits &limits;
  llvm::SmallVector<Variable> variables; // by argument number
  llvm::DenseMap<mlir::Value, Facts> facts;
  int64_t nodes = 0;
};

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_FORMULABUILDER_H
