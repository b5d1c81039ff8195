//===- Generator.h - formulas by chance -------------------------*- C++ -*-===//

#ifndef KEOPS_TEST_RANDOM_GENERATOR_H
#define KEOPS_TEST_RANDOM_GENERATOR_H

#include "test/Random/Formula.h"
#include "test/Random/Signatures.h"

namespace keops::random {

/// Makes one formula. Dimensions are right by construction; axes need not be,
/// and the parser has the last word.
class Generator {
public:
  Generator(const Language &language, uint64_t seed)
      : language(language), random(seed) {}

  /// A formula with this operation, reduction or derivative, if that can be.
  /// All but its size, which depends on how it is compiled.
  Case next(llvm::StringRef name);
  /// A size, often at the edge of a tile of `rows` rows or `cols` columns.
  std::pair<int64_t, int64_t> size(int64_t rows, int64_t cols);

private:
  Tree build(int64_t dim, int depth);
  Tree leaf(int64_t dim);
  Tree number();
  Tree reduced(int64_t axis, const Signature &signature, int depth,
               Tree first = nullptr);
  Tree around(int64_t axis, llvm::StringRef name, int depth, bool &isPlain);
  Tree reducedOf(int64_t dim, int depth);
  Tree behind(Tree tree, int64_t axis);
  Tree differentiated(const Signature &signature, int depth);
  /// What stands for an operand that has to lie in a range.
  Tree confined(Tree tree, std::pair<double, double> range);
  Tree apply(const Signature &signature, std::vector<Tree> parts);
  std::string written(const Signature &signature);
  const Declared &variable(int64_t dim);
  std::string declare(int64_t dim);
  const Signature *
  signatureOf(const std::map<std::string, Signatures> &names,
              llvm::function_ref<bool(const Signature &)> fits);

  const Language &language;
  Random random;
  std::vector<Declared> variables;
  std::vector<Tree> made;         // to be used again
  std::string favorite;           // what is being differentiated along
  std::string categories = "xyp"; // that may occur
};

} // namespace keops::random

#endif // KEOPS_TEST_RANDOM_GENERATOR_H
