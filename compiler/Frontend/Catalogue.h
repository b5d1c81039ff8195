//===- Catalogue.h - what the names of the formula language mean *- C++ -*-===//
//
// Operations come from the records of the keops dialect, and from its
// lists of expansions and reductions; only sugar is written down here, as
// formula text. A new record needs no change in this folder.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_CATALOGUE_H
#define KEOPS_COMPILER_FRONTEND_CATALOGUE_H

#include "dialects/Keops/Expansions.h"
#include "llvm/ADT/MapVector.h"

namespace keops {

/// An operation: formulas first, then integers and lists of integers. It is an
/// op, or is made of several.
struct OpEntry {
  llvm::StringRef spelling;
  llvm::StringRef summary;
  std::optional<mlir::RegisteredOperationName> name;
  unsigned formulas;
  llvm::SmallVector<llvm::StringRef> parameters; // names of all arguments
  llvm::SmallVector<bool> isList;                // for each of them
  unsigned optional = 0;                         // how many, at the end
  const ExpansionEntry *expansion = nullptr;     // if it has no name
  Doc doc = {};
  bool isComponentWise = false;
};

/// When a line of sugar holds: always, or if the first argument has dimension
/// 1, that of the second one, or its square.
enum class Fit { Always, One, Same, Square };

/// A name for a longer formula, or for the first of several that fits.
struct SugarEntry {
  llvm::StringRef spelling;
  llvm::StringRef summary;
  llvm::SmallVector<llvm::StringRef> parameters;
  llvm::SmallVector<bool> isInteger; // for each of them
  llvm::SmallVector<std::pair<Fit, llvm::StringRef>, 1> bodies;
  Doc doc = {};
};

struct OperatorEntry {
  llvm::StringRef symbol;
  int precedence;
  llvm::StringRef spelling;
  /// `f > g` is LessThan(g, f).
  bool isMirrored() const { return symbol == ">" || symbol == ">="; }
};

/// A name that the parser itself knows.
struct BuiltinEntry {
  llvm::StringRef name, signature, summary;
  Doc doc = {};
};

/// Another spelling of a reduction.
struct AliasEntry {
  llvm::StringRef name, spelling;
};

class Catalogue {
public:
  explicit Catalogue(mlir::MLIRContext *context);

  const OpEntry *findOp(llvm::StringRef spelling) const;
  const SugarEntry *findSugar(llvm::StringRef spelling) const;
  static const ReductionEntry *findReduction(llvm::StringRef spelling);
  static const OperatorEntry *findOperator(llvm::StringRef symbol);

  /// Can this be called? Such names are no names for variables.
  bool isCallable(llvm::StringRef name) const;
  /// All callable names.
  llvm::SmallVector<llvm::StringRef> names() const;

  // All entries, for the reference (Reference.h).
  const auto &getOps() const { return ops; }
  const auto &getSugar() const { return sugar; }
  static llvm::ArrayRef<OperatorEntry> getOperators();
  static llvm::ArrayRef<BuiltinEntry> getBuiltins();
  static llvm::ArrayRef<AliasEntry> getAliases();

private:
  llvm::MapVector<llvm::StringRef, OpEntry> ops;
  llvm::MapVector<llvm::StringRef, SugarEntry> sugar;
};

/// `; did you mean 'SqNorm2'?`, or nothing if no candidate is near.
std::string suggest(llvm::StringRef name,
                    llvm::ArrayRef<llvm::StringRef> candidates);

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_CATALOGUE_H
