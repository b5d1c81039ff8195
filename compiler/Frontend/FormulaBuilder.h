//===- FormulaBuilder.h - ops of one formula, checked -----------*- C++ -*-===//
//
// Builds ops with the shape rules of the dialect, and turns what these rules
// object to into errors in the user's words: named after what the user wrote,
// with the declarations of the variables involved.
//
// Arguments are in Variables.cpp, derivatives in FormulaDerivatives.cpp and
// Linear.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_FORMULABUILDER_H
#define KEOPS_COMPILER_FRONTEND_FORMULABUILDER_H

#include "compiler/Frontend/Catalogue.h"
#include "compiler/Frontend/Limits.h"
#include "compiler/Frontend/Number.h"
#include "compiler/Frontend/SumOptions.h"
#include "llvm/ADT/DenseMap.h"
#include <memory>
#include <vector>

namespace keops {

/// What the user wrote, and where: `SqDist`, or `'*'`.
struct Blame {
  std::string name;
  mlir::Location location;
};

/// A value of the formula text; a number as long as nothing else is needed. Or
/// a list, which some operations take; names share it, for it may be long.
struct Term {
  mlir::Value value;
  std::optional<Number> number;
  mlir::LocationAttr location;
  std::shared_ptr<const std::vector<Term>> list = nullptr;

  /// Not an argument that is left out.
  bool isGiven() const { return value || number || list; }
};

/// An integer of the text, with its place.
struct LocatedInteger {
  int64_t value;
  mlir::Location location;
};

/// What `Vi(0, 3)` and the like say of an argument.
struct Declaration {
  std::optional<LocatedInteger> position;
  int64_t dim;
  Axes axes;
};

/// An argument of the formula.
struct Variable {
  std::string name; // empty as long as nobody has chosen one
  mlir::Location location;
  std::optional<int64_t> position; // none: after those that have one
};

class FormulaBuilder {
public:
  FormulaBuilder(mlir::Block *block, mlir::FloatType scalar,
                 const FrontendLimits &limits)
      : builder(mlir::OpBuilder::atBlockEnd(block)), block(block),
        scalar(scalar), limits(limits) {}

  // Variables.cpp
  /// An argument with a name. Without a position, they are counted.
  llvm::LogicalResult declare(llvm::StringRef name, mlir::Location location,
                              Declaration declaration, Term &result);
  /// An argument without a name, or what is at its position already.
  llvm::LogicalResult findOrDeclare(mlir::Location location,
                                    const Declaration &declaration,
                                    Term &result);
  /// The last step: arguments in the order of their positions, all with names.
  llvm::LogicalResult arrangeVariables();
  /// `wanted`, or what is nearest to it and not the name of a variable.
  std::string makeName(std::string wanted) const;

  /// The term as a value: a number becomes a constant.
  llvm::LogicalResult materialize(const Term &term, mlir::Value &result);
  llvm::LogicalResult apply(const OpEntry &entry, const Blame &blame,
                            llvm::ArrayRef<mlir::Value> operands,
                            llvm::ArrayRef<mlir::Attribute> settings,
                            Term &result);
  llvm::LogicalResult reduce(const ReductionEntry &entry, const Blame &blame,
                             llvm::ArrayRef<mlir::Value> operands,
                             LocatedInteger axis,
                             std::optional<LocatedInteger> k,
                             const SumOptions &options, Term &result);

  // FormulaDerivatives.cpp
  /// Grad(value, variable, seed).
  llvm::LogicalResult differentiate(const Blame &blame, mlir::Value value,
                                    mlir::Value variable, mlir::Value seed,
                                    Term &result);
  /// Diff(value, variable, tangent); `argument` names the tangent in errors.
  llvm::LogicalResult
  pushForward(const Blame &blame, mlir::Value value, mlir::Value variable,
              mlir::Value tangent, Term &result,
              llvm::StringRef argument = "a third argument");
  /// A new argument that is the seed of Grad(value, variable).
  llvm::LogicalResult declareSeed(const Blame &blame, mlir::Value value,
                                  mlir::Value variable, mlir::Value &result);
  /// A new argument behind all others, of the shape of a result.
  llvm::LogicalResult declareCotangent(llvm::StringRef name,
                                       mlir::Location location, mlir::Value of,
                                       Term &result) {
    VecType type = vecType(of);
    return addVariable({name.str(), location, std::nullopt}, type.getDim(),
                       type.getAxes(), result);
  }
  /// The result of a reduction, known already.
  llvm::LogicalResult save(const Blame &blame, mlir::Value value,
                           mlir::Value known, mlir::Value &result);
  /// Can the value be differentiated once more? An error at `blame` if not.
  llvm::LogicalResult checkDerivative(const Blame &blame, mlir::Value value);

  // Linear.cpp
  /// An error unless the value is a linear function of the variable.
  llvm::LogicalResult checkLinear(const Blame &blame, mlir::Value value,
                                  mlir::Value variable) const;

  /// Does the value depend on a reduction?
  bool isReduced(mlir::Value value) const {
    return facts.lookup(value).reduced;
  }
  /// Notes that say where the variables in the operands come from.
  void noteDeclarations(mlir::InFlightDiagnostic &error,
                        llvm::ArrayRef<mlir::Value> operands) const;

  llvm::ArrayRef<Variable> getVariables() const { return variables; }
  mlir::FloatType getScalar() const { return scalar; }
  /// What holds for reductions that add up and say nothing of it themselves.
  void setSumOptions(const SumOptions &options) { sumOptions = options; }
  /// Was there any that adds up?
  bool hasSums() const { return sums; }
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
  llvm::LogicalResult countNode(mlir::Location location, int64_t count = 1);
  /// Counts about as many nodes as the derivative of a value will have.
  llvm::LogicalResult countDerivative(mlir::Location location,
                                      mlir::Value value, int64_t &count);
  Term recordDerivative(mlir::Operation *op, const Blame &blame, int64_t count);
  llvm::LogicalResult checkDirection(const Blame &blame, mlir::Value value,
                                     mlir::Value direction, mlir::Value like,
                                     llvm::StringRef place);
  /// Row numbers, as ArgMin gives them, are results and nothing else; and so
  /// are two results, as Min_ArgMin gives them.
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
  llvm::LogicalResult chooseSummation(const Blame &blame,
                                      const SumOptions &options,
                                      ReductionAttrInterface &reduction);
  llvm::LogicalResult spread(const Blame &blame, mlir::Value &operand);
  /// What the results of `op` depend on: the same as its operands, and `more`;
  /// and what the user calls it.
  void record(mlir::Operation *op, const Blame &blame, Facts more = Facts());

  llvm::LogicalResult addVariable(Variable variable, int64_t dim, Axes axes,
                                  Term &result);
  /// The variable at a position, if its declaration says the same.
  llvm::LogicalResult checkAgrees(const Declaration &declaration,
                                  mlir::Location location,
                                  unsigned index) const;
  /// The name of a variable, or how it is declared.
  std::string describe(unsigned index) const;

  mlir::OpBuilder builder;
  mlir::Block *block;
  mlir::FloatType scalar;
  const FrontendLimits &limits;
  llvm::SmallVector<Variable> variables;       // by argument number
  llvm::DenseMap<int64_t, unsigned> positions; // argument numbers
  int64_t named = 0;                           // variables with names
  llvm::DenseMap<mlir::Value, Facts> facts;
  llvm::DenseMap<mlir::Operation *, std::string> names; // the user's
  llvm::DenseMap<mlir::Operation *, int64_t> derivativeNodes;
  int64_t nodes = 0;
  SumOptions sumOptions;
  bool sums = false;
};

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_FORMULABUILDER_H
