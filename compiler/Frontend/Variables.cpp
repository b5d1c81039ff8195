//===- Variables.cpp - the arguments of a formula -------------------------===//
//
//   x = Vi(3)      an alias: has a name; aliases count their positions
//   Vi(0, 3)       in a formula: the alias at position 0, or a new argument
//   Grad(f, x)     the seed: a new argument behind those that have positions
//
// Positions are known when the whole text is read; only then arguments without
// names get some, which give way to those that the user has chosen.
//
//===----------------------------------------------------------------------===//

#include "compiler/Frontend/FormulaBuilder.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;

namespace keops {

static std::string spell(std::optional<int64_t> position, VecType type) {
  StringRef kind = type.getAxes() == Axes::i   ? "Vi"
                   : type.getAxes() == Axes::j ? "Vj"
                                               : "Pm";
  std::string number = position ? std::to_string(*position) + ", " : "";
  return (kind + "(" + number + Twine(type.getDim()) + ")").str();
}

std::string FormulaBuilder::describe(unsigned index) const {
  const Variable &variable = variables[index];
  if (!variable.name.empty())
    return variable.name;
  return spell(variable.position, vecType(block->getArgument(index)));
}

LogicalResult FormulaBuilder::addVariable(Variable variable, int64_t dim,
                                          Axes axes, Term &result) {
  if (failed(countNode(variable.location)))
    return failure();
  auto type = VecType::get(getContext(), dim, scalar, axes);
  result.value = block->addArgument(type, variable.location);
  result.location = variable.location;
  if (variable.position)
    positions[*variable.position] = variables.size();
  variables.push_back(std::move(variable));
  return success();
}

LogicalResult FormulaBuilder::checkAgrees(const Declaration &declaration,
                                          Location location,
                                          unsigned index) const {
  VecType known = vecType(block->getArgument(index));
  VecType type =
      VecType::get(getContext(), declaration.dim, scalar, declaration.axes);
  if (type == known)
    return success();
  const Variable &variable = variables[index];
  InFlightDiagnostic error = emitError(location);
  error << "position " << *variable.position << " is declared twice, as "
        << spell(variable.position, known) << " and as "
        << spell(variable.position, type);
  error.attachNote(variable.location) << describe(index) << " is declared here";
  return error;
}

LogicalResult FormulaBuilder::declare(StringRef name, Location location,
                                      Declaration declaration, Term &result) {
  int64_t position = named++;
  if (declaration.position)
    position = declaration.position->value;
  Location place =
      declaration.position ? declaration.position->location : location;
  auto taken = positions.find(position);
  if (taken == positions.end())
    return addVariable({name.str(), location, position}, declaration.dim,
                       declaration.axes, result);
  unsigned index = taken->second;
  if (variables[index].name.empty()) {
    if (failed(checkAgrees(declaration, place, index)))
      return failure();
    variables[index].name = name.str();
    variables[index].location = location;
    result = {block->getArgument(index), std::nullopt, location};
    return success();
  }
  InFlightDiagnostic error = emitError(place);
  error << "position " << position << " is taken by " << describe(index);
  error.attachNote(variables[index].location)
      << describe(index) << " is declared here";
  return error;
}

LogicalResult FormulaBuilder::findOrDeclare(Location location,
                                            const Declaration &declaration,
                                            Term &result) {
  int64_t position = declaration.position->value;
  auto known = positions.find(position);
  if (known == positions.end())
    return addVariable({"", location, position}, declaration.dim,
                       declaration.axes, result);
  result = {block->getArgument(known->second), std::nullopt, location};
  return checkAgrees(declaration, location, known->second);
}

std::string FormulaBuilder::makeName(std::string wanted) const {
  while (llvm::any_of(variables, [&](const Variable &variable) {
    return variable.name == wanted;
  }))
    wanted += "_";
  return wanted;
}

LogicalResult FormulaBuilder::arrangeVariables() {
  auto order = llvm::to_vector(llvm::seq<unsigned>(0, variables.size()));
  llvm::stable_sort(order, [&](unsigned a, unsigned b) {
    return variables[a].position.value_or(INT64_MAX) <
           variables[b].position.value_or(INT64_MAX);
  });
  for (auto [place, index] : llvm::enumerate(order)) {
    Variable &variable = variables[index];
    if (variable.position && *variable.position != int64_t(place))
      return emitError(variable.location)
             << describe(index) << " is at position " << *variable.position
             << ", but no variable is at position " << place;
    if (variable.name.empty())
      variable.name =
          makeName(variable.position ? "arg" + std::to_string(place) : "e");
    variable.position = place;
  }
  if (llvm::is_sorted(order))
    return success();
  SmallVector<Variable> arranged;
  for (unsigned index : order) {
    BlockArgument old = block->getArgument(index);
    old.replaceAllUsesWith(block->addArgument(old.getType(), old.getLoc()));
    arranged.push_back(variables[index]);
  }
  block->eraseArguments(0, variables.size());
  variables = arranged;
  return success();
}

} // namespace keops
