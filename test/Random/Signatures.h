//===- Signatures.h - how names of the language are called ------*- C++ -*-===//
//
// Found by trying: the registries say which names there are and what their
// arguments are called, the shape rules and the parser say which arguments go
// together. So a new name is covered without being mentioned here.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_RANDOM_SIGNATURES_H
#define KEOPS_TEST_RANDOM_SIGNATURES_H

#include "compiler/Frontend/Catalogue.h"
#include "compiler/Frontend/Frontend.h"
#include <map>
#include <random>

namespace keops::random {

using Random = std::mt19937_64;

inline int64_t between(Random &random, int64_t low, int64_t high) {
  return low + int64_t(random() % uint64_t(high - low + 1));
}
inline bool chance(Random &random, double probability) {
  return double(random() >> 11) * 0x1p-53 < probability;
}
template <typename Range> auto &pick(Random &random, Range &range) {
  return range[between(random, 0, int64_t(std::size(range)) - 1)];
}

/// One way to call a name. In the pattern, `$0`, `$1`, ... stand for formulas,
/// `$v` for a variable.
struct Signature {
  std::string name, pattern;
  llvm::SmallVector<int64_t, 3> operands;    // their dimensions
  int64_t variable = 0;                      // its dimension; 0: there is none
  int64_t dim = 1;                           // of the result
  std::pair<double, double> range = {-2, 2}; // where the operands should lie
  bool isReal = true;                        // no row numbers
  bool isSingle = true;                      // one result

  /// What is differentiated: anything; or `$0` times the variable, which does
  /// not occur in `$0`; or a reduction.
  enum Of { Any, Linear, Reduced } of = Any;
};
using Signatures = std::vector<Signature>;

/// All names, by what they are: each with some ways to call it.
struct Language {
  /// `budget` says how hard is looked.
  Language(mlir::MLIRContext *context, Random &random, int budget);

  std::map<std::string, Signatures> operations; // also sugar
  std::map<std::string, Signatures> reductions; // over j; `axis=1`
  std::map<std::string, Signatures> derivatives;
  std::vector<std::string> others; // names that take no formula in any way

  std::vector<std::string> names() const; // all but the others
};

/// What a piece of text means, for variables v0, v1, ... of these dimensions.
mlir::OwningOpRef<mlir::ModuleOp> tryText(mlir::MLIRContext *context,
                                          llvm::StringRef text,
                                          llvm::ArrayRef<int64_t> dims);

/// Replaces `$NAME`.
std::string substitute(std::string text, llvm::StringRef name,
                       llvm::StringRef value);

} // namespace keops::random

#endif // KEOPS_TEST_RANDOM_SIGNATURES_H
