//===- Derivatives.cpp - Grad, Diff and what is composed of them ----------===//

#include "compiler/Frontend/Parser.h"

using namespace mlir;

namespace keops {

bool ExpressionParser::isDerivative(StringRef name) {
  return llvm::is_contained(
      {"Grad", "Diff", "GradMatrix", "Divergence", "Laplacian"}, name);
}

LogicalResult ExpressionParser::callDerivative(const Token &callee,
                                               ArrayRef<Argument> arguments,
                                               Term &result) {
  StringRef name = callee.text;
  SmallVector<StringRef> parameters{"f", name == "Grad" ? "x" : "v"};
  if (name == "Grad")
    parameters.push_back("e");
  else if (name == "Diff")
    parameters.push_back("u");
  SmallVector<Argument> bound;
  if (failed(bind(callee, parameters, arguments, bound)))
    return failure();
  Value formula, variable = bound[1].term.value, direction;
  if (!isa_and_nonnull<BlockArgument>(variable))
    return stream.error(bound[1].token)
           << "the second argument of " << name << " must be a variable";
  if (failed(builder.materialize(bound[0].term, formula)))
    return failure();
  Blame by = blame(callee, name);
  if (name == "GradMatrix")
    return gradMatrix(by, formula, variable, result);
  if (name == "Divergence")
    return divergence(by, formula, variable, result);
  if (name == "Laplacian")
    return laplacian(by, formula, variable, result);
  if (failed(builder.materialize(bound[2].term, direction)))
    return failure();
  if (name == "Diff")
    return builder.pushForward(by, formula, variable, direction, result);
  return builder.differentiate(by, formula, variable, direction, result);
}

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

LogicalResult ExpressionParser::gradMatrix(const Blame &by, Value formula,
                                           Value variable, Term &result) {
  int64_t dim = vecType(formula).getDim();
  for (int64_t k = 0; k < dim; ++k) {
    Value seed;
    Term row;
    if (failed(unit(by, k, dim, seed)) ||
        failed(builder.differentiate(by, formula, variable, seed, row)))
      return failure();
    if (k == 0)
      result = row;
    else if (failed(apply("Concat", by, {result, row}, {}, result)))
      return failure();
  }
  return success();
}

LogicalResult ExpressionParser::divergence(const Blame &by, Value formula,
                                           Value variable, Term &result) {
  int64_t dim = vecType(variable).getDim();
  if (vecType(formula).getDim() != dim) {
    InFlightDiagnostic error = emitError(by.location);
    error << by.name << " needs a formula of dimension " << dim
          << ", like its variable, got " << vecType(formula).getDim();
    builder.noteDeclarations(error, {formula, variable});
    return error;
  }
  for (int64_t k = 0; k < dim; ++k) {
    Value tangent;
    Term change, entry;
    if (failed(unit(by, k, dim, tangent)) ||
        failed(builder.pushForward(by, formula, variable, tangent, change)) ||
        failed(apply("Extract", by, change, {k, 1}, entry)))
      return failure();
    if (k == 0)
      result = entry;
    else if (failed(apply("Add", by, {result, entry}, {}, result)))
      return failure();
  }
  return success();
}

LogicalResult ExpressionParser::laplacian(const Blame &by, Value formula,
                                          Value variable, Term &result) {
  if (vecType(formula).getDim() != 1)
    return emitError(by.location)
           << by.name << " needs a formula of dimension 1, got "
           << vecType(formula).getDim();
  Value seed;
  Term gradient;
  if (failed(unit(by, 0, 1, seed)) ||
      failed(builder.differentiate(by, formula, variable, seed, gradient)))
    return failure();
  return divergence(by, gradient.value, variable, result);
}

} // namespace keops
