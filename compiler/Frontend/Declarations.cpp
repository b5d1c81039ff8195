//===- Declarations.cpp - Vi(3) and the like ------------------------------===//
//
// `x = Vi(3)` is a statement of its own; `Vi(0, 3)` may stand anywhere in a
// formula and means the argument at position 0.
//
//===----------------------------------------------------------------------===//

#include "compiler/Frontend/Parser.h"

using namespace mlir;

namespace keops {

bool ExpressionParser::isDeclarator(StringRef name) {
  return llvm::is_contained({"Vi", "Vj", "Pm", "Var"}, name);
}

// Whatever is longer than this is no declaration that could be right.
static constexpr int kLongestDeclaration = 100;

bool ExpressionParser::isDeclaration(TokenStream stream) {
  if (!isDeclarator(stream.take().text) ||
      !stream.peek().is(TokenKind::LeftParen))
    return false;
  int depth = 0;
  for (int n = 0; n < kLongestDeclaration; ++n) {
    TokenKind kind = stream.take().kind;
    depth += kind == TokenKind::LeftParen;
    depth -= kind == TokenKind::RightParen;
    if (depth == 0)
      return !stream.peek().is(TokenKind::Operator) &&
             !stream.peek().is(TokenKind::Comparison) &&
             !stream.peek().is(TokenKind::LeftBracket);
  }
  return true;
}

LogicalResult ExpressionParser::parseDeclaration(Declaration &result) {
  Token kind = stream.take();
  SmallVector<Argument> arguments, bound;
  if (failed(parseArguments(arguments)))
    return failure();
  bool isVar = kind.text == "Var";
  bool hasPosition = isVar || arguments.size() == 2;
  SmallVector<StringRef> parameters = {"D"};
  if (hasPosition)
    parameters.insert(parameters.begin(), "P");
  if (isVar)
    parameters.push_back("C");
  if (failed(bind(kind, parameters, arguments, bound)))
    return failure();
  SmallVector<LocatedInteger> numbers(bound.size(), {0, locate(kind)});
  for (auto [number, parameter, argument] :
       llvm::zip_equal(numbers, parameters, bound))
    if (failed(getInteger(kind, parameter, argument, number)))
      return failure();
  if (hasPosition && numbers[0].value < 0)
    return emitError(numbers[0].location)
           << "a position must not be negative, got " << numbers[0].value;
  if (hasPosition)
    result.position = numbers[0];
  LocatedInteger dim = numbers[hasPosition];
  if (dim.value < 1)
    return emitError(dim.location)
           << "a dimension must be positive, got " << dim.value;
  if (dim.value > builder.getLimits().dimension.value)
    return exceeds(dim.location, builder.getLimits().dimension);
  result.dim = dim.value;
  int64_t category = kind.text == "Vi" ? 0 : kind.text == "Vj" ? 1 : 2;
  if (isVar)
    category = numbers[2].value;
  if (category < 0 || category > 2)
    return emitError(numbers[2].location)
           << "a category is 0 (i), 1 (j) or 2 (parameter), got " << category;
  constexpr Axes categories[] = {Axes::i, Axes::j, Axes::p};
  result.axes = categories[category];
  return success();
}

LogicalResult ExpressionParser::parseVariable(Term &result) {
  Token kind = stream.peek();
  Declaration declaration;
  if (failed(parseDeclaration(declaration)))
    return failure();
  if (!declaration.position)
    return stream.error(kind)
           << "within a formula " << kind.text << " needs a position, as in "
           << kind.text
           << "(0, 3), or a name of its own, as in x = " << kind.text << "(3)";
  return builder.findOrDeclare(locate(kind), declaration, result);
}

} // namespace keops
