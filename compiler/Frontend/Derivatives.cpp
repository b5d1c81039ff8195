//===- Derivatives.cpp - Grad, Diff and what is composed of them ----------===//
//
// The first argument of all is a formula, the second a variable along which its
// derivative is taken. What else they say of the formula is in the table.
//
//===----------------------------------------------------------------------===//

#include "compiler/Frontend/Parser.h"

using namespace mlir;

namespace keops {

/// A line of the table. `?` marks what may be left out.
struct ExpressionParser::Derivative {
  StringRef name, parameters;
  LogicalResult (ExpressionParser::*build)(const DerivativeCall &, Term &);
  /// Linear: the formula must be linear in the variable. Saved: it is a
  /// reduction, whose result is the last argument.
  enum Of { Any, Linear, Saved } of = Any;
};

struct ExpressionParser::DerivativeCall {
  Blame by;
  Value formula;
  ArrayRef<Argument> arguments;
};

const ExpressionParser::Derivative *
ExpressionParser::findDerivative(StringRef name) {
  using Parser = ExpressionParser;
  static constexpr Derivative table[] = {
      {"Grad", "f, x, e?", &Parser::grad},
      {"Diff", "f, v, u", &Parser::diff},
      {"GradMatrix", "f, v", &Parser::gradMatrix},
      {"Divergence", "f, v", &Parser::divergence},
      {"Laplacian", "f, v", &Parser::laplacian},
      {"Grad_WithSavedForward", "f, x, e, out", &Parser::grad,
       Derivative::Saved},
      {"Diff_WithSavedForward", "f, v, u, out", &Parser::diff,
       Derivative::Saved},
      {"AdjointOperator", "f, v, u", &Parser::grad, Derivative::Linear},
      {"TraceOperator", "f, v, w?", &Parser::divergence, Derivative::Linear},
      {"SumLinOperator", "f, v, wl?, wr?", &Parser::sumOfEntries,
       Derivative::Linear},
  };
  for (const Derivative &entry : table)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

LogicalResult ExpressionParser::callDerivative(const Derivative &entry,
                                               const Token &callee,
                                               ArrayRef<Argument> arguments,
                                               Term &result) {
  SmallVector<StringRef> parameters;
  entry.parameters.split(parameters, ", ");
  unsigned optional = 0;
  for (StringRef &parameter : parameters)
    optional += parameter.consume_back("?");
  SmallVector<Argument> bound;
  if (failed(bind(callee, parameters, arguments, bound, optional)))
    return failure();
  DerivativeCall call{blame(callee, entry.name), {}, bound};
  Value variable, known;
  if (failed(builder.materialize(bound[0].term, call.formula)))
    return failure();
  if (entry.of == Derivative::Linear &&
      (failed(getVariable(call, bound[1].term, variable)) ||
       failed(builder.checkLinear(call.by, call.formula, variable))))
    return failure();
  if (entry.of == Derivative::Saved &&
      (failed(builder.materialize(bound.back().term, known)) ||
       failed(builder.save(call.by, call.formula, known, call.formula))))
    return failure();
  return (this->*entry.build)(call, result);
}

LogicalResult ExpressionParser::getVariable(const DerivativeCall &call,
                                            const Term &term,
                                            Value &result) const {
  result = term.value;
  if (isa_and_nonnull<BlockArgument>(result))
    return success();
  return stream.error(call.arguments[1].token)
         << "the second argument of " << call.by.name << " must be a variable";
}

//===----------------------------------------------------------------------===//
// Grad and Diff
//===----------------------------------------------------------------------===//

LogicalResult ExpressionParser::grad(const DerivativeCall &call, Term &result) {
  Value variable, seed;
  const Term &given = call.arguments[2].term;
  if (failed(getVariable(call, call.arguments[1].term, variable)) ||
      failed(given.isGiven()
                 ? builder.materialize(given, seed)
                 : builder.declareSeed(call.by, call.formula, variable, seed)))
    return failure();
  return builder.differentiate(call.by, call.formula, variable, seed, result);
}

/// Along several variables at once it is the sum of the derivatives along each.
LogicalResult ExpressionParser::diff(const DerivativeCall &call, Term &result) {
  auto elementsOf = [](const Term &term) {
    return term.list ? *term.list : std::vector<Term>{term};
  };
  std::vector<Term> variables = elementsOf(call.arguments[1].term);
  std::vector<Term> tangents = elementsOf(call.arguments[2].term);
  Value none;
  if (variables.empty())
    return getVariable(call, Term(), none);
  if (variables.size() != tangents.size())
    return emitError(call.by.location)
           << call.by.name << " needs as many directions as variables, got "
           << tangents.size() << " for " << variables.size();
  for (auto [index, term] : llvm::enumerate(variables)) {
    Value variable, tangent;
    Term change;
    if (failed(getVariable(call, term, variable)) ||
        failed(builder.materialize(tangents[index], tangent)) ||
        failed(builder.pushForward(call.by, call.formula, variable, tangent,
                                   change)))
      return failure();
    if (index == 0)
      result = change;
    else if (failed(apply("Add", call.by, {result, change}, {}, result)))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Matrices of derivatives
//===----------------------------------------------------------------------===//

/// A vector with a one at place k and zeros elsewhere.
LogicalResult ExpressionParser::unit(const Blame &by, int64_t k, int64_t dim,
                                     Value &result) {
  Term one, placed;
  one.number = Number::fromInteger(1);
  one.location = by.location;
  if (failed(apply("ExtractT", by, one, {k, dim}, placed)))
    return failure();
  return builder.materialize(placed, result);
}

LogicalResult ExpressionParser::gradMatrix(const DerivativeCall &call,
                                           Term &result) {
  Value variable;
  if (failed(getVariable(call, call.arguments[1].term, variable)))
    return failure();
  int64_t dim = vecType(call.formula).getDim();
  for (int64_t k = 0; k < dim; ++k) {
    Value seed;
    Term row;
    if (failed(unit(call.by, k, dim, seed)) ||
        failed(
            builder.differentiate(call.by, call.formula, variable, seed, row)))
      return failure();
    if (k == 0)
      result = row;
    else if (failed(apply("Concat", call.by, {result, row}, {}, result)))
      return failure();
  }
  return success();
}

LogicalResult ExpressionParser::checkWeights(const DerivativeCall &call,
                                             StringRef name,
                                             const Term &weights,
                                             int64_t dim) const {
  int64_t given = weights.value ? vecType(weights.value).getDim() : 1;
  if (given == 1 || given == dim)
    return success();
  InFlightDiagnostic error = emitError(call.by.location);
  error << call.by.name << " needs weights " << name << " of dimension 1"
        << (dim == 1 ? "" : " or " + std::to_string(dim)) << ", got " << given;
  builder.noteDeclarations(error, weights.value);
  return error;
}

LogicalResult ExpressionParser::trace(const DerivativeCall &call, Value formula,
                                      const Term &weights, Term &result) {
  const Blame &by = call.by;
  Value variable;
  if (failed(getVariable(call, call.arguments[1].term, variable)))
    return failure();
  int64_t dim = vecType(variable).getDim();
  if (vecType(formula).getDim() != dim) {
    InFlightDiagnostic error = emitError(by.location);
    error << by.name << " needs a formula of dimension " << dim
          << ", like its variable, got " << vecType(formula).getDim();
    builder.noteDeclarations(error, {formula, variable});
    return error;
  }
  if (failed(checkWeights(call, "w", weights, dim)))
    return failure();
  bool hasEach = weights.value && vecType(weights.value).getDim() == dim;
  for (int64_t k = 0; k < dim; ++k) {
    Value tangent;
    Term change, entry, weight;
    if (failed(unit(by, k, dim, tangent)) ||
        failed(builder.pushForward(by, formula, variable, tangent, change)) ||
        failed(apply("Extract", by, change, {k, 1}, entry)))
      return failure();
    if (hasEach && (failed(apply("Extract", by, weights, {k, 1}, weight)) ||
                    failed(apply("Mult", by, {weight, entry}, {}, entry))))
      return failure();
    if (k == 0)
      result = entry;
    else if (failed(apply("Add", by, {result, entry}, {}, result)))
      return failure();
  }
  if (weights.isGiven() && !hasEach)
    return apply("Mult", by, {weights, result}, {}, result);
  return success();
}

LogicalResult ExpressionParser::divergence(const DerivativeCall &call,
                                           Term &result) {
  Term weights;
  if (call.arguments.size() > 2)
    weights = call.arguments[2].term;
  return trace(call, call.formula, weights, result);
}

LogicalResult ExpressionParser::laplacian(const DerivativeCall &call,
                                          Term &result) {
  if (vecType(call.formula).getDim() != 1)
    return emitError(call.by.location)
           << call.by.name << " needs a formula of dimension 1, got "
           << vecType(call.formula).getDim();
  Value variable, seed;
  Term gradient;
  if (failed(getVariable(call, call.arguments[1].term, variable)) ||
      failed(unit(call.by, 0, 1, seed)) ||
      failed(builder.differentiate(call.by, call.formula, variable, seed,
                                   gradient)))
    return failure();
  return trace(call, gradient.value, Term(), result);
}

/// wl^T A wr, where A is the matrix; weights that are left out are ones.
LogicalResult ExpressionParser::sumOfEntries(const DerivativeCall &call,
                                             Term &result) {
  const Blame &by = call.by;
  Term left = call.arguments[2].term, right = call.arguments[3].term;
  Value variable, tangent;
  if (failed(getVariable(call, call.arguments[1].term, variable)))
    return failure();
  int64_t dim = vecType(variable).getDim();
  if (failed(checkWeights(call, "wl", left, vecType(call.formula).getDim())) ||
      failed(checkWeights(call, "wr", right, dim)))
    return failure();
  if (!right.isGiven()) {
    right.number = Number::fromInteger(1);
    right.location = by.location;
  }
  bool hasEach = right.value && vecType(right.value).getDim() == dim;
  if (!hasEach && failed(apply("SumT", by, right, dim, right)))
    return failure();
  Term change;
  if (failed(builder.materialize(right, tangent)) ||
      failed(builder.pushForward(by, call.formula, variable, tangent, change,
                                 "weights wr")) ||
      (left.isGiven() && failed(apply("Mult", by, {left, change}, {}, change))))
    return failure();
  return apply("Sum", by, change, {}, result);
}

} // namespace keops
