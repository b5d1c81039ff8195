//===- Generator.cpp - formulas by chance ---------------------------------===//

#include "test/Random/Generator.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace llvm;

namespace keops::random {

static Tree makeTree(std::string pattern, int64_t dim,
                     std::vector<Tree> parts = {}, std::string name = "") {
  return std::make_shared<Node>(
      Node{std::move(pattern), std::move(parts), dim, std::move(name)});
}

static std::string decimal(double number) {
  std::string text = std::to_string(number); // six decimals
  text.erase(text.find_last_not_of("0") + 1);
  return number < 0 ? "(" + text + ")" : text;
}

//===----------------------------------------------------------------------===//
// Leaves
//===----------------------------------------------------------------------===//

const Declared &Generator::variable(int64_t dim) {
  std::vector<const Declared *> fitting;
  for (const Declared &declared : variables)
    if (declared.dim == dim && StringRef(categories).contains(declared.name[0]))
      fitting.push_back(&declared);
  for (const Declared *declared : fitting)
    if (declared->name == favorite && chance(random, 0.8))
      return *declared;
  if (!fitting.empty() && chance(random, 0.7))
    return *pick(random, fitting);
  declare(dim);
  return variables.back();
}

/// A variable that is new: its name.
std::string Generator::declare(int64_t dim) {
  std::string name(1, pick(random, categories));
  auto isOfKind = [&](const Declared &declared) {
    return declared.name[0] == name[0];
  };
  name += std::to_string(count_if(variables, isOfKind));
  variables.push_back({name, dim});
  return name;
}

Tree Generator::number() {
  static constexpr const char *numbers[] = {"2",    "(-1)", "0.5", "3",
                                            "1.25", "0.1",  "7",   "1 / 3"};
  const char *text = pick(random, numbers);
  return makeTree(text[1] == ' ' ? "(" + std::string(text) + ")" : text, 1);
}

/// Tables hold numbers from 0 to 1, so that a command can draw the same.
Tree Generator::leaf(int64_t dim) {
  if (dim == 1 && chance(random, 0.15))
    return number();
  if (!favorite.empty() && chance(random, 0.3))
    return makeTree("SumT(Sum(" + favorite + "), " + std::to_string(dim) + ")",
                    dim);
  std::string name = variable(dim).name;
  switch (between(random, 0, 3)) {
  case 0:
    return makeTree(name, dim);
  case 1:
    return makeTree("(" + name + " - 0.5)", dim);
  default:
    return makeTree("(4 * " + name + " - 2)", dim);
  }
}

//===----------------------------------------------------------------------===//
// Inner nodes
//===----------------------------------------------------------------------===//

/// The call, or the operator that is the same.
std::string Generator::written(const Signature &signature) {
  if (chance(random, 0.4))
    return signature.pattern;
  if (signature.name == "Minus")
    return "(-$0)";
  for (StringRef symbol : {"<", "<=", "==", "!=", "|", "+", "-", "*", "/"})
    if (Catalogue::findOperator(symbol)->spelling == signature.name)
      return ("($0 " + symbol + " $1)").str();
  return signature.pattern;
}

Tree Generator::apply(const Signature &signature, std::vector<Tree> parts) {
  for (Tree &part : parts)
    part = confined(part, signature.range);
  return makeTree(written(signature), signature.dim, std::move(parts),
                  signature.name);
}

Tree Generator::confined(Tree tree, std::pair<double, double> range) {
  auto [low, high] = range;
  // Most operations take every number, and look best at small ones.
  if (chance(random, low == -2 && high == 2 ? 0.7 : 0.05))
    return tree;
  std::string bounded = decimal((high - low) / 2 * 0.99) + " * Sin($0)";
  if (low != -high)
    bounded = decimal((low + high) / 2) + " + " + bounded;
  return makeTree("(" + bounded + ")", tree->dim, {tree});
}

const Signature *
Generator::signatureOf(const std::map<std::string, Signatures> &names,
                       function_ref<bool(const Signature &)> fits) {
  std::vector<const Signatures *> candidates;
  for (const Signatures &ways : make_second_range(names))
    if (any_of(ways, fits))
      candidates.push_back(&ways);
  if (candidates.empty())
    return nullptr;
  std::vector<const Signature *> fitting;
  for (const Signature &way : *pick(random, candidates))
    if (fits(way))
      fitting.push_back(&way);
  return pick(random, fitting);
}

Tree Generator::build(int64_t dim, int depth) {
  if (depth <= 0 || chance(random, 0.1))
    return leaf(dim);
  if (chance(random, 0.1)) {
    auto again = find_if(made, [&](const Tree &t) { return t->dim == dim; });
    if (again != made.end())
      return *again;
  }
  auto fits = [&](const Signature &way) { return way.dim == dim; };
  Tree tree;
  if (chance(random, 0.04))
    tree = reducedOf(dim, depth - 1);
  if (!tree && chance(random, 0.08))
    if (const Signature *way = signatureOf(language.derivatives, fits))
      tree = differentiated(*way, depth - 1);
  if (!tree) {
    const Signature *way = signatureOf(language.operations, fits);
    if (!way)
      return leaf(dim);
    std::vector<Tree> parts;
    for (int64_t operand : way->operands)
      parts.push_back(build(operand, depth - 1 - int(between(random, 0, 1))));
    tree = apply(*way, parts);
  }
  if (StringRef(categories).size() == 3)
    made.insert(made.begin() + between(random, 0, int64_t(made.size())), tree);
  return tree;
}

/// The derivative of a formula that is made here.
Tree Generator::differentiated(const Signature &signature, int depth) {
  bool isLinear = signature.of == Signature::Linear;
  std::string along = isLinear ? "" : variable(signature.variable).name;
  std::vector<Tree> parts;
  for (auto [k, dim] : enumerate(signature.operands)) {
    SaveAndRestore inside(favorite, along);
    // What belongs to the rows of a reduction must not vary along its axis.
    SaveAndRestore rows(categories, signature.of == Signature::Reduced && k > 0
                                        ? std::string("xp")
                                        : categories);
    parts.push_back(build(dim, k == 0 ? depth : depth - 2));
  }
  if (isLinear)
    along = declare(signature.variable);
  return makeTree(substitute(signature.pattern, "v", along), signature.dim,
                  parts, signature.name);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Tree Generator::reduced(int64_t axis, const Signature &signature, int depth,
                        Tree first) {
  std::vector<Tree> parts;
  for (int64_t dim : signature.operands)
    parts.push_back(first && parts.empty() ? first : build(dim, depth));
  std::string pattern = StringRef(signature.pattern).drop_back(2).str();
  return makeTree(pattern + std::to_string(axis) + ")", signature.dim, parts,
                  signature.name);
}

/// A reduction in the midst of a formula.
Tree Generator::reducedOf(int64_t dim, int depth) {
  const Signature *way =
      signatureOf(language.reductions, [&](const Signature &way) {
        return way.dim == dim && way.isReal && way.isSingle;
      });
  return way ? reduced(between(random, 0, 1), *way, depth) : nullptr;
}

/// What comes after a reduction varies along one axis at most.
Tree Generator::behind(Tree tree, int64_t axis) {
  SaveAndRestore inside(categories, std::string(axis == 1 ? "xp" : "yp"));
  if (chance(random, 0.5)) {
    const Signature *way =
        signatureOf(language.derivatives, [&](const Signature &way) {
          return way.operands[0] == tree->dim && way.of != Signature::Linear;
        });
    if (!way)
      return tree;
    // The seed varies as the result does; any variable will do for x.
    std::string along;
    for (const Declared &declared : variables)
      if (declared.dim == way->variable)
        along = declared.name;
    if (along.empty())
      return tree;
    std::vector<Tree> parts = {tree};
    for (int64_t dim : drop_begin(way->operands))
      parts.push_back(leaf(dim));
    return makeTree(substitute(way->pattern, "v", along), way->dim, parts,
                    way->name);
  }
  const Signature *way =
      signatureOf(language.operations, [&](const Signature &way) {
        return way.operands.size() >= 1 && way.operands[0] == tree->dim;
      });
  if (!way)
    return tree;
  std::vector<Tree> parts = {tree};
  for (int64_t dim : drop_begin(way->operands))
    parts.push_back(leaf(dim));
  return apply(*way, parts);
}

/// A reduction of something with the name, or the reduction of that name.
/// `isPlain`: it has one result, and no row numbers.
Tree Generator::around(int64_t axis, StringRef name, int depth, bool &isPlain) {
  auto any = [](const Signature &) { return true; };
  auto isWanted = [&](const Signature &way) { return way.name == name; };
  const Signature *way = signatureOf(language.reductions, isWanted);
  Tree first;
  if (!way) {
    if (const Signature *inner = signatureOf(language.operations, isWanted)) {
      std::vector<Tree> parts;
      for (int64_t operand : inner->operands)
        parts.push_back(build(operand, depth - 1));
      first = apply(*inner, parts);
    } else if (const Signature *along =
                   signatureOf(language.derivatives, isWanted)) {
      first = differentiated(*along, depth - 1);
    }
    way = signatureOf(language.reductions, [&](const Signature &outer) {
      return !first || outer.operands[0] == first->dim;
    });
  }
  if (!way)
    way = signatureOf(language.reductions, any);
  isPlain = way->isReal && way->isSingle;
  if (first && variables.empty()) { // a formula has some
    SaveAndRestore inside(categories, std::string("xy"));
    Tree varying = makeTree(variable(first->dim).name, first->dim);
    first = makeTree("($0 + $1)", first->dim, {first, varying});
  }
  bool fits = first && first->dim == way->operands[0];
  return reduced(axis, *way, depth, fits ? first : nullptr);
}

Case Generator::next(StringRef name) {
  variables.clear();
  made.clear();
  int64_t axis = between(random, 0, 1);
  Case result;
  bool isPlain = false;
  // A formula varies along i or j.
  auto varies = [](const Declared &declared) {
    return declared.name[0] != 'p';
  };
  while (none_of(variables, varies))
    result.tree = around(axis, name, int(between(random, 1, 4)), isPlain);
  for (int n = 0; n < 2 && isPlain; ++n)
    if (chance(random, 0.4))
      result.tree = behind(result.tree, axis);
  result.variables = variables;
  result.isDouble = chance(random, 0.4);
  result.isPrecise = chance(random, 0.2);
  result.seed = random() % 1000000;
  return result;
}

std::pair<int64_t, int64_t> Generator::size(int64_t rows, int64_t cols) {
  static constexpr int64_t sizes[] = {0, 1,  1,  2,  3,  4,  5,  7,  8,
                                      9, 13, 16, 17, 31, 32, 33, 61, 127};
  auto one = [&](int64_t tile) {
    return chance(random, 0.4)
               ? tile * between(random, 1, 2) + between(random, -1, 1)
               : pick(random, sizes);
  };
  int64_t M = one(rows), N = one(cols);
  return {M, N};
}

} // namespace keops::random
