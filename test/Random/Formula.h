//===- Formula.h - a formula as a tree of text ------------------*- C++ -*-===//

#ifndef KEOPS_TEST_RANDOM_FORMULA_H
#define KEOPS_TEST_RANDOM_FORMULA_H

#include "compiler/Frontend/Frontend.h"
#include <memory>
#include <set>
#include <vector>

namespace keops::random {

/// A piece of a formula: text in which `$0`, `$1`, ... stand for its parts.
/// Trees share their parts and never change.
struct Node {
  std::string pattern;
  std::vector<std::shared_ptr<const Node>> parts;
  int64_t dim = 1;
  std::string name; // of the operation or reduction; may be empty

  std::string text() const;
  void collectNames(std::set<std::string> &names) const;
};
using Tree = std::shared_ptr<const Node>;

struct Declared {
  std::string name; // x0, x1, ... along i, y0, ... along j, p0, ... parameters
  int64_t dim;
  std::string declaration() const;
};

/// A formula and how it is run.
struct Case {
  Tree tree;
  std::vector<Declared> variables; // also unused ones
  bool isDouble = false, isPrecise = false;
  uint64_t seed = 0; // of the numbers
  int64_t M = 0, N = 0;

  /// The formula with the variables that it uses.
  FormulaSource source() const;
  /// A command that runs the same.
  std::string command(llvm::StringRef isa) const;
};

} // namespace keops::random

#endif // KEOPS_TEST_RANDOM_FORMULA_H
