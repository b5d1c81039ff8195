//===- Shrink.cpp - a small formula that is as wrong ----------------------===//

#include "test/Random/Shrink.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace keops::random {

static void collect(const Tree &tree, std::vector<Tree> &parts) {
  parts.push_back(tree);
  for (const Tree &part : tree->parts)
    collect(part, parts);
}

static Tree replaced(const Tree &tree, const Tree &old, const Tree &by) {
  if (tree == old)
    return by;
  auto copy = std::make_shared<Node>(*tree);
  bool changed = false;
  for (Tree &part : copy->parts) {
    Tree next = replaced(part, old, by);
    changed |= next != part;
    part = next;
  }
  return changed ? Tree(copy) : tree;
}

/// All cases that are one step simpler, the simplest first.
static std::vector<Case> simpler(const Case &test) {
  std::vector<Case> cases;
  std::vector<Tree> parts;
  collect(test.tree, parts);
  auto propose = [&](const Tree &old, const Tree &by) {
    Case next = test;
    next.tree = replaced(test.tree, old, by);
    cases.push_back(next);
  };
  for (const Tree &old : parts) {
    std::vector<Tree> inner;
    collect(old, inner);
    for (const Tree &by : drop_begin(inner))
      if (by->dim == old->dim || old == test.tree)
        propose(old, by);
  }
  for (const Tree &old : parts)
    if (!old->parts.empty() && old != test.tree)
      for (const Declared &variable : test.variables)
        if (variable.dim == old->dim) {
          Node leaf{variable.name, {}, variable.dim, ""};
          propose(old, std::make_shared<Node>(leaf));
        }
  for (auto [M, N] : {std::pair<int64_t, int64_t>{1, 1},
                      {1, test.N},
                      {test.M, 1},
                      {test.M / 2, test.N},
                      {test.M, test.N / 2}})
    if (std::pair(M, N) != std::pair(test.M, test.N)) {
      Case next = test;
      next.M = M;
      next.N = N;
      cases.push_back(next);
    }
  return cases;
}

Case shrink(Case wrong, function_ref<bool(Case &)> isWrong, int attempts) {
  bool smaller = true;
  while (smaller && attempts > 0) {
    smaller = false;
    for (Case &next : simpler(wrong)) {
      if (attempts-- <= 0)
        break;
      if (!isWrong(next))
        continue;
      wrong = next;
      smaller = true;
      break;
    }
  }
  return wrong;
}

} // namespace keops::random
