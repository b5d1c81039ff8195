//===- keops/formula.h - formulas written as C++ expressions ----*- C++ -*-===//
//
//   keops::Vi x(0, 3);                    // argument 0, dimension 3
//   keops::Vj y(1, 3), b(2, 2);
//   keops::Expression f = exp(-sqdist(x, y)) * b;
//   f.text();                             // "(Exp((-SqDist(v0, v1))) * v2)"
//
// Expressions write the text of the formula language, which is all that the
// compiler reads. What is used in several places is written once and given a
// name: an expression has as many operations as its text, however often it uses
// its own parts. Whether operations and dimensions fit, the compiler says.
//
// The operations, by their names in lower case, are in keops/operations.h.
// This header needs nothing but the standard library.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_FORMULA_H
#define KEOPS_FORMULA_H

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace keops {

/// A formula as the compiler takes it: names for variables and sub-formulas,
/// and text that uses them.
struct FormulaText {
  std::string formula;
  std::vector<std::string> aliases;
};

class Expression {
public:
  /// A number.
  template <typename Number,
            typename = std::enable_if_t<std::is_arithmetic_v<Number>>>
  Expression(Number number) : Expression(leaf(numberText(number))) {}

  /// The formula in the order of the arguments of its variables.
  FormulaText write() const;
  std::string text() const { return write().formula; }

  /// Component k.
  Expression operator[](int64_t k) const {
    return make("", {*this}, "[" + std::to_string(k) + "]");
  }
  /// Components `begin` to `end` - 1.
  Expression slice(int64_t begin, int64_t end) const {
    return make("", {*this},
                "[" + std::to_string(begin) + ":" + std::to_string(end) + "]");
  }

  /// `before`, the operands with `between` in between, `after`.
  static Expression make(std::string before, std::vector<Expression> operands,
                         std::string after, std::string between = ", ");

protected:
  static Expression variable(const char *kind, int position, int64_t dim,
                             std::string name);

private:
  struct Node {
    std::string before, between, after;
    std::vector<Expression> operands;
    std::string name; // of a variable, which `before` declares
    int position = 0;
    bool isLeaf() const { return operands.empty(); }
  };
  class Writer;

  explicit Expression(std::shared_ptr<const Node> node)
      : node(std::move(node)) {}
  static Expression leaf(std::string text) {
    return make(std::move(text), {}, "");
  }
  template <typename Number> static std::string numberText(Number number);

  std::shared_ptr<const Node> node;
};

/// Integers, for TensorDot and Kron: kron(x, y, list({2, 3}), list({3, 1})).
inline Expression list(std::initializer_list<int64_t> integers) {
  std::string text = "[";
  for (int64_t integer : integers)
    text += (text.size() == 1 ? "" : ", ") + std::to_string(integer);
  return Expression::make(text + "]", {}, "");
}

/// Argument number `position` of the formula, with `dim` numbers for each i.
/// Messages of the compiler speak of `name`, or of v0, v1, ...
struct Vi : Expression {
  Vi(int position, int64_t dim, std::string name = "")
      : Expression(variable("Vi", position, dim, std::move(name))) {}
};
/// The same for each j.
struct Vj : Expression {
  Vj(int position, int64_t dim, std::string name = "")
      : Expression(variable("Vj", position, dim, std::move(name))) {}
};
/// The same for the whole call.
struct Pm : Expression {
  Pm(int position, int64_t dim, std::string name = "")
      : Expression(variable("Pm", position, dim, std::move(name))) {}
};

//===----------------------------------------------------------------------===//
// Operators and operations
//===----------------------------------------------------------------------===//

#define KEOPS_OPERATOR(symbol)                                                 \
  inline Expression operator symbol(const Expression &a,                       \
                                    const Expression &b) {                     \
    return Expression::make("(", {a, b}, ")", " " #symbol " ");                \
  }
KEOPS_OPERATOR(+)
KEOPS_OPERATOR(-)
KEOPS_OPERATOR(*)
KEOPS_OPERATOR(/)
KEOPS_OPERATOR(|)
KEOPS_OPERATOR(<)
KEOPS_OPERATOR(<=)
KEOPS_OPERATOR(>)
KEOPS_OPERATOR(>=)
KEOPS_OPERATOR(==)
KEOPS_OPERATOR(!=)
#undef KEOPS_OPERATOR

inline Expression operator-(const Expression &a) {
  return Expression::make("(-", {a}, ")");
}
/// a ** b: the operation that suits the exponent.
inline Expression power(const Expression &a, const Expression &b) {
  return Expression::make("(", {a, b}, ")", " ** ");
}

// One function for each operation of the language; it takes formulas, numbers
// and lists of integers.
#define KEOPS_OPERATION(name, spelling)                                        \
  template <typename... Arguments>                                             \
  Expression name(const Expression &first, const Arguments &...rest) {         \
    return Expression::make(#spelling "(", {first, Expression(rest)...}, ")"); \
  }
#include "keops/operations.h"
#undef KEOPS_OPERATION

/// A reduction that is part of a formula: reduce("Sum", f, 1) is the sum over
/// j. `weight` is for reductions that take a second formula.
inline Expression reduce(const std::string &reduction, const Expression &f,
                         int axis) {
  return Expression::make(reduction + "(", {f},
                          ", axis=" + std::to_string(axis) + ")");
}
inline Expression reduce(const std::string &reduction, const Expression &f,
                         const Expression &weight, int axis) {
  return Expression::make(reduction + "(", {f, weight},
                          ", axis=" + std::to_string(axis) + ")", ", weight=");
}

//===----------------------------------------------------------------------===//
// How expressions become text
//===----------------------------------------------------------------------===//

inline Expression Expression::make(std::string before,
                                   std::vector<Expression> operands,
                                   std::string after, std::string between) {
  auto node = std::make_shared<Node>();
  node->before = std::move(before);
  node->between = std::move(between);
  node->after = std::move(after);
  node->operands = std::move(operands);
  return Expression(std::move(node));
}

inline Expression Expression::variable(const char *kind, int position,
                                       int64_t dim, std::string name) {
  auto node = std::make_shared<Node>();
  node->name = name.empty() ? "v" + std::to_string(position) : std::move(name);
  node->before = node->name + " = " + kind + "(" + std::to_string(position) +
                 ", " + std::to_string(dim) + ")";
  node->position = position;
  return Expression(std::move(node));
}

template <typename Number> std::string Expression::numberText(Number number) {
  if (!std::isfinite(double(number)))
    throw std::invalid_argument("a formula cannot hold infinity or NaN; pass "
                                "it as a parameter");
  char digits[64]; // the shortest ones that give the number
  auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  std::string text(digits, end);
  return number < Number(0) ? "(" + text + ")" : text;
}

class Expression::Writer {
public:
  explicit Writer(const Expression &root) { count(root); }
  std::string print(const Expression &expression);
  std::vector<std::string> aliases() const;

private:
  struct Use {
    int count = 0;
    int depth = 0;    // of the text that stands for it
    std::string name; // if it has been given one
  };
  void count(const Expression &expression);

  // The compiler refuses text that is nested too deep, and so is what loops
  // write: x = x + y. A name cuts it short.
  static constexpr int deepest = 32;

  std::map<const Node *, Use> uses;
  std::map<std::pair<int, std::string>, std::string> variables;
  std::vector<std::string> definitions;
};

inline void Expression::Writer::count(const Expression &expression) {
  if (uses[expression.node.get()].count++ == 0)
    for (const Expression &operand : expression.node->operands)
      count(operand);
}

inline std::string Expression::Writer::print(const Expression &expression) {
  const Node &node = *expression.node;
  if (!node.name.empty()) {
    variables[{node.position, node.name}] = node.before;
    return node.name;
  }
  Use &use = uses[&node];
  if (!use.name.empty())
    return use.name;
  std::string text = node.before;
  for (const Expression &operand : node.operands) {
    text +=
        (&operand == node.operands.data() ? "" : node.between) + print(operand);
    use.depth = std::max(use.depth, uses[operand.node.get()].depth + 1);
  }
  text += node.after;
  if (node.isLeaf() || (use.count == 1 && use.depth < deepest))
    return text;
  use.depth = 0;
  use.name = "t" + std::to_string(definitions.size() + 1) + "_";
  definitions.push_back(use.name + " = " + text);
  return use.name;
}

inline std::vector<std::string> Expression::Writer::aliases() const {
  std::vector<std::string> result;
  for (const auto &[key, declaration] : variables)
    result.push_back(declaration);
  result.insert(result.end(), definitions.begin(), definitions.end());
  return result;
}

inline FormulaText Expression::write() const {
  Writer writer(*this);
  std::string formula = writer.print(*this);
  return {std::move(formula), writer.aliases()};
}

} // namespace keops

#endif // KEOPS_FORMULA_H
