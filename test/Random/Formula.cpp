//===- Formula.cpp - a formula as a tree of text --------------------------===//

#include "test/Random/Formula.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace keops::random {

std::string Node::text() const {
  std::string result;
  StringRef rest = pattern;
  while (!rest.empty()) {
    auto [before, after] = rest.split('$');
    result += before;
    size_t part;
    if (!after.consumeInteger(10, part))
      result += parts[part]->text();
    rest = after;
  }
  return result;
}

void Node::collectNames(std::set<std::string> &names) const {
  if (!name.empty())
    names.insert(name);
  for (const Tree &part : parts)
    part->collectNames(names);
}

std::string Declared::declaration() const {
  StringRef kind = name[0] == 'x' ? "Vi" : name[0] == 'y' ? "Vj" : "Pm";
  return name + " = " + kind.str() + "(" + std::to_string(dim) + ")";
}

/// Is it one of the names of the text?
static bool occurs(StringRef name, StringRef text) {
  auto isPart = [](char c) { return isAlnum(c) || c == '_'; };
  for (size_t at = text.find(name); at != StringRef::npos;
       at = text.find(name, at + 1)) {
    size_t end = at + name.size();
    if ((at == 0 || !isPart(text[at - 1])) &&
        (end == text.size() || !isPart(text[end])))
      return true;
  }
  return false;
}

FormulaSource Case::source() const {
  FormulaSource source;
  source.formula = tree->text();
  source.dtype = isDouble ? "float64" : "float32";
  for (const Declared &variable : variables)
    if (occurs(variable.name, source.formula))
      source.aliases.push_back(variable.declaration());
  return source;
}

std::string Case::command(StringRef isa) const {
  FormulaSource text = source();
  std::string command = "keops-run --formula '" + text.formula + "'";
  for (const std::string &alias : text.aliases)
    command += " --alias '" + alias + "'";
  if (isDouble)
    command += " --dtype float64";
  if (isPrecise)
    command += " --precise";
  command += isa == "gpu" ? " --backend gpu" : " --cpu " + isa.str();
  command += " --size " + std::to_string(M) + "," + std::to_string(N) +
             " --seed " + std::to_string(seed);
  return command + " --check=1000";
}

} // namespace keops::random
