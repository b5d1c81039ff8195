//===- Equations.cpp - the examples of the reference, computed ------------===//

#include "test/Unit/Equations.h"
#include "keops/runtime.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace llvm;

namespace keops::test {

/// What stands between commas that are in no brackets.
static SmallVector<StringRef> splitOutside(StringRef list) {
  SmallVector<StringRef> parts;
  size_t start = 0;
  int depth = 0;
  for (auto [index, c] : enumerate(list)) {
    depth += StringRef("([").contains(c) - StringRef(")]").contains(c);
    if (c != ',' || depth)
      continue;
    parts.push_back(list.slice(start, index).trim());
    start = index + 1;
  }
  if (!list.trim().empty())
    parts.push_back(list.substr(start).trim());
  return parts;
}

/// All numbers in a text, in order, as they are written.
static SmallVector<StringRef> numbersIn(StringRef text) {
  SmallVector<StringRef> numbers;
  SplitString(text, numbers, "()[], ");
  return numbers;
}

static double toNumber(StringRef text) {
  double number = 0;
  EXPECT_FALSE(text.getAsDouble(number)) << text.str() << " is no number";
  return number;
}

/// A vector, or one number.
static bool isValue(StringRef text) {
  double number;
  return text.starts_with("(") || text.starts_with("[") ||
         !text.getAsDouble(number);
}

std::string Equation::declare(StringRef value, StringRef name) {
  bool isList = value.starts_with("[");
  Variable variable{name.str(), isList, 1, {}};
  if (name.empty())
    variable.name = "v" + std::to_string(variables.size());
  // Every other vector belongs to the column, so that both kinds meet.
  variable.hasColumns |= variables.size() % 2 == 1;
  SmallVector<StringRef> numbers = numbersIn(value);
  for (StringRef number : numbers)
    variable.numbers.push_back(toNumber(number));
  size_t rows = 1;
  if (isList) {
    rows = splitOutside(value.drop_front().drop_back()).size();
    columns = rows;
  }
  variable.dim = rows ? numbers.size() / rows : 1;
  variables.push_back(variable);
  return variable.name;
}

void Equation::readCall(StringRef call, const Catalogue &catalogue) {
  auto [callee, rest] = call.split('(');
  bool isDerivative = callee.consume_back("'");
  SmallVector<StringRef> arguments = splitOutside(rest.drop_back());
  const OpEntry *op = catalogue.findOp(callee);
  isReduced = !arguments.empty() && arguments[0].starts_with("[");
  SmallVector<std::string> written;
  for (auto [index, argument] : enumerate(arguments)) {
    StringRef value = argument;
    bool isWeight = value.consume_front("weight=");
    bool isVector = isReduced ? value.starts_with("[")
                    : op      ? index < op->formulas && isValue(value)
                              : value.starts_with("(");
    written.push_back((isWeight ? "weight=" : "") +
                      (isVector ? declare(value) : value.str()));
  }
  if (isReduced)
    written.push_back("axis=1");
  formula = callee.str() + "(" + join(written, ", ") + ")";
  if (isDerivative)
    formula = "Grad(" + formula + ", v0, 1)";
}

Equation::Equation(StringRef text, const Catalogue &catalogue)
    : text(text.str()) {
  auto [names, equation] = text.split(": ");
  if (equation.empty())
    std::swap(names, equation);
  auto [left, right] = equation.rsplit(" = ");
  expected = right.str();
  if (!left.contains('(')) {
    declaration = equation.str();
    formula = "Sum(" + left.str() + ")";
    expected.clear();
    return;
  }
  if (names.empty()) {
    readCall(left, catalogue);
    return;
  }
  for (StringRef binding : splitOutside(names)) {
    auto [name, value] = binding.split(" = ");
    declare(value, name);
  }
  formula = left.str();
}

std::string Equation::kernel(StringRef name) const {
  std::string kernel = ("kernel " + name + "\n  dtype float64\n").str();
  if (!declaration.empty())
    kernel += "  " + declaration + "\n";
  for (const Variable &variable : variables)
    kernel += "  " + variable.name + " = " +
              (variable.hasColumns ? "Vj(" : "Vi(") +
              std::to_string(variable.dim) + ")\n";
  // Results vary along i also where no vector does.
  kernel += "  row = Vi(1)\n  reduce ";
  return kernel + (isReduced ? formula : "Sum(" + formula + ", axis=1)") + "\n";
}

testing::AssertionResult Equation::holds(const KernelSignature &signature,
                                         const keops_card *card) const {
  if (!declaration.empty()) {
    EXPECT_TRUE(StringRef(declaration).starts_with(signature.inputs[0].name));
    return testing::AssertionSuccess();
  }
  std::vector<const void *> inputs;
  for (const Variable &variable : variables)
    inputs.push_back(variable.numbers.data());
  double row = 0;
  inputs.push_back(&row);
  // Row numbers are as wide as numbers.
  std::vector<std::vector<double>> tables;
  std::vector<void *> outputs;
  for (const Parameter &output : signature.outputs)
    tables.emplace_back(output.dim * (output.axis == Axes::j ? columns : 1));
  for (std::vector<double> &table : tables)
    outputs.push_back(table.data());
  if (keops_rt_launch(card, nullptr, 1, columns, inputs.data(),
                      outputs.data()) != KEOPS_OK)
    return testing::AssertionFailure() << text << ": " << keops_last_error();
  std::vector<double> results;
  for (auto [table, output] : zip_equal(tables, signature.outputs))
    for (double number : table)
      results.push_back(output.scalar.isInteger(64)
                            ? double(bit_cast<int64_t>(number))
                            : number);
  return compare(results);
}

/// Is `written` how `result` is written? With `...`, it has its first digits.
static bool agree(StringRef written, double result) {
  bool isCut = written.consume_back("...");
  double wanted = toNumber(written);
  if (std::isnan(wanted))
    return std::isnan(result);
  if (std::isinf(wanted))
    return result == wanted;
  if (!isCut)
    return std::fabs(result - wanted) <=
           1e-14 * std::max(1.0, std::fabs(wanted));
  double rest = std::fabs(result) - std::fabs(wanted);
  double unit = std::pow(10, -double(written.size() - written.find('.') - 1));
  return std::signbit(result) == std::signbit(wanted) && rest >= 0 &&
         rest < unit;
}

testing::AssertionResult Equation::compare(ArrayRef<double> results) const {
  SmallVector<StringRef> numbers = numbersIn(expected);
  bool equal = numbers.size() == results.size();
  for (auto [number, result] : zip(numbers, results))
    equal &= agree(number, result);
  if (equal)
    return testing::AssertionSuccess();
  std::string found = join(
      map_range(results, [](double x) { return std::to_string(x); }), ", ");
  return testing::AssertionFailure() << text << " does not hold, got " << found;
}

} // namespace keops::test
