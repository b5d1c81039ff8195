//===- Parser.h - expressions of the formula language -----------*- C++ -*-===//
//
// Reads an expression and builds its ops on the way: there is no second tree.
// From loose to tight: comparisons (one at a time), `|`, `+ -`, `* /`, unary
// minus, `**` (from the right).
//
// Sugar is text of the same language: an inner parser reads the body with the
// parameters bound to the arguments, and blames the user's call for errors.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_PARSER_H
#define KEOPS_COMPILER_FRONTEND_PARSER_H

#include "compiler/Frontend/FormulaBuilder.h"
#include "compiler/Frontend/TokenStream.h"
#include "llvm/ADT/StringMap.h"

namespace keops {

/// What names stand for; the location of a term is that of its definition.
using Scope = llvm::StringMap<Term>;

struct Argument {
  Token keyword; // without text for a positional argument
  Token token;   // where the value starts; all of it, if it is a word
  Term term;
};

class ExpressionParser {
public:
  ExpressionParser(TokenStream &stream, FormulaBuilder &builder,
                   const Catalogue &catalogue, const Scope &scope,
                   const Blame *sugar = nullptr)
      : stream(stream), builder(builder), catalogue(catalogue), scope(scope),
        sugar(sugar) {}

  /// An expression and all that can belong to it.
  llvm::LogicalResult parse(Term &result);

  // Declarations.cpp
  /// Is what comes `Vi(3)` or the like, and not the start of a formula?
  static bool isDeclaration(TokenStream stream);
  /// `Vi(3)`, `Vi(0, 3)`, `Var(0, 3, 0)`
  llvm::LogicalResult parseDeclaration(Declaration &result);

private:
  /// `(...)`
  llvm::LogicalResult parseArguments(llvm::SmallVectorImpl<Argument> &result);
  /// Sorts arguments by the names of the parameters.
  llvm::LogicalResult bind(const Token &callee,
                           llvm::ArrayRef<llvm::StringRef> parameters,
                           llvm::ArrayRef<Argument> arguments,
                           llvm::SmallVectorImpl<Argument> &bound,
                           unsigned optional = 0) const;
  llvm::LogicalResult getInteger(const Token &callee, llvm::StringRef parameter,
                                 const Argument &argument,
                                 LocatedInteger &result) const;

  // Declarations.cpp
  static bool isDeclarator(llvm::StringRef name);
  llvm::LogicalResult parseVariable(Term &result);

  // Parser.cpp
  llvm::LogicalResult parseBinary(int precedence, Term &result);
  llvm::LogicalResult parseUnary(Term &result);
  llvm::LogicalResult parsePower(Term &result);
  llvm::LogicalResult parsePrimary(Term &result);
  llvm::LogicalResult parseName(Term &result);
  llvm::LogicalResult close(const Token &open,
                            TokenKind closing = TokenKind::RightParen);
  llvm::LogicalResult combine(const Token &at, Term &left, const Term &right);
  llvm::LogicalResult compare(const Token &at, Term &left, const Term &right);
  llvm::LogicalResult raise(const Token &at, Term &base, const Term &exponent);
  llvm::LogicalResult apply(llvm::StringRef spelling, const Blame &blame,
                            llvm::ArrayRef<Term> operands,
                            llvm::ArrayRef<int64_t> integers, Term &result);
  llvm::LogicalResult apply(const OpEntry &entry, const Blame &blame,
                            llvm::ArrayRef<Term> operands,
                            llvm::ArrayRef<mlir::Attribute> settings,
                            Term &result);

  // Lists.cpp
  /// What stands between `[` or `(` and `closing`, as a list; `first` is its
  /// first element, if that is read.
  llvm::LogicalResult parseList(const Token &open, TokenKind closing,
                                Term &result, const Argument *first = nullptr);
  /// `[k]` or `[start:end]` behind `result`.
  llvm::LogicalResult parseComponents(Term &result);
  llvm::LogicalResult parseBound(std::optional<LocatedInteger> &bound);
  llvm::LogicalResult checkBounds(int64_t dim, bool isSlice,
                                  const LocatedInteger &start,
                                  const LocatedInteger &end) const;
  llvm::LogicalResult getListOfIntegers(const Token &callee,
                                        llvm::StringRef parameter,
                                        const Argument &argument,
                                        mlir::Attribute &result) const;

  // Calls.cpp
  llvm::LogicalResult parseCall(Term &result);
  llvm::LogicalResult callOp(const OpEntry &entry, const Token &callee,
                             llvm::ArrayRef<Argument> arguments, Term &result);
  /// The body of sugar that the dimensions of the arguments ask for.
  llvm::FailureOr<llvm::StringRef>
  chooseBody(const SugarEntry &entry, const Token &callee,
             llvm::ArrayRef<Argument> arguments) const;
  llvm::LogicalResult callSugar(const SugarEntry &entry, const Token &callee,
                                llvm::ArrayRef<Argument> arguments,
                                Term &result);
  llvm::LogicalResult callReduction(const ReductionEntry &entry,
                                    const Token &callee,
                                    llvm::ArrayRef<Argument> arguments,
                                    Term &result);
  llvm::LogicalResult callTagged(const ReductionEntry &entry,
                                 const Token &callee,
                                 llvm::ArrayRef<Argument> arguments,
                                 Term &result);
  bool peeksWord() const;
  llvm::LogicalResult parseWord(Token &word);
  llvm::LogicalResult takeSumOptions(llvm::ArrayRef<Argument> arguments,
                                     llvm::SmallVectorImpl<Argument> &others,
                                     SumOptions &options) const;
  llvm::LogicalResult unknownCallee(const Token &callee) const;

  // Derivatives.cpp
  struct Derivative;
  struct DerivativeCall;
  static const Derivative *findDerivative(llvm::StringRef name);
  llvm::LogicalResult callDerivative(const Derivative &entry,
                                     const Token &callee,
                                     llvm::ArrayRef<Argument> arguments,
                                     Term &result);
  llvm::LogicalResult getVariable(const DerivativeCall &call, const Term &term,
                                  mlir::Value &result) const;
  llvm::LogicalResult grad(const DerivativeCall &call, Term &result);
  llvm::LogicalResult diff(const DerivativeCall &call, Term &result);
  llvm::LogicalResult gradMatrix(const DerivativeCall &call, Term &result);
  llvm::LogicalResult divergence(const DerivativeCall &call, Term &result);
  llvm::LogicalResult laplacian(const DerivativeCall &call, Term &result);
  llvm::LogicalResult sumOfEntries(const DerivativeCall &call, Term &result);
  /// The sum of the diagonal of a derivative, with weights if there are some.
  llvm::LogicalResult trace(const DerivativeCall &call, mlir::Value formula,
                            const Term &weights, Term &result);
  /// The dimension of weights is 1 or `dim`.
  llvm::LogicalResult checkWeights(const DerivativeCall &call,
                                   llvm::StringRef name, const Term &weights,
                                   int64_t dim) const;
  llvm::LogicalResult unit(const Blame &by, int64_t k, int64_t dim,
                           mlir::Value &result);

  Blame blame(const Token &token, const llvm::Twine &name) const {
    return sugar ? *sugar : Blame{name.str(), stream.locate(token)};
  }
  mlir::Location locate(const Token &token) const {
    return sugar ? sugar->location : stream.locate(token);
  }

  TokenStream &stream;
  FormulaBuilder &builder;
  const Catalogue &catalogue;
  const Scope &scope;
  const Blame *sugar;
  int64_t depth = 0;
};

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_PARSER_H
