//===- Lists.cpp - lists, and components in brackets ----------------------===//
//
// `[2, 3]`, `(x, y)` and `Ind(2, 3)` are lists. Behind a formula, brackets take
// components: `x[0]`, and `x[1:3]` for components 1 and 2.
//
//===----------------------------------------------------------------------===//

#include "compiler/Frontend/Parser.h"

using namespace mlir;

namespace keops {

static std::optional<int64_t> integerOf(const Term &term) {
  std::optional<int64_t> value;
  if (term.number)
    value = term.number->getInteger();
  return value && std::abs(*value) <= INT32_MAX ? value : std::nullopt;
}

LogicalResult ExpressionParser::parseList(const Token &open, TokenKind closing,
                                          Term &result, const Argument *first) {
  std::vector<Term> elements;
  // A list of lists, of lists, ... could take memory without end.
  auto append = [&](const Argument &element) -> LogicalResult {
    if (element.term.list)
      return stream.error(element.token) << "a list cannot hold lists";
    elements.push_back(element.term);
    elements.back().location = locate(element.token);
    return success();
  };
  if (first && (failed(append(*first)) ||
                failed(stream.expect(TokenKind::Comma, "','"))))
    return failure();
  while (!stream.peek().is(closing)) {
    Argument element;
    element.token = stream.peek();
    if (failed(parse(element.term)) || failed(append(element)))
      return failure();
    if (!stream.takeIf(TokenKind::Comma))
      break;
  }
  result = {{}, {}, locate(open)};
  result.list = std::make_shared<const std::vector<Term>>(std::move(elements));
  return close(open, closing);
}

LogicalResult ExpressionParser::getListOfIntegers(const Token &callee,
                                                  StringRef parameter,
                                                  const Argument &argument,
                                                  Attribute &result) const {
  const Term &term = argument.term;
  if (!term.list && term.isGiven())
    return emitError(locate(argument.token))
           << "argument '" << parameter << "' of " << callee.text
           << " must be a list of integers, such as [2, 3]";
  SmallVector<int64_t> integers;
  if (term.list)
    for (const Term &element : *term.list) {
      std::optional<int64_t> integer = integerOf(element);
      if (!integer)
        return emitError(element.location)
               << "argument '" << parameter << "' of " << callee.text
               << " holds integers only, as in [2, 3]";
      integers.push_back(*integer);
    }
  result = DenseI64ArrayAttr::get(builder.getContext(), integers);
  return success();
}

//===----------------------------------------------------------------------===//
// Components
//===----------------------------------------------------------------------===//

LogicalResult
ExpressionParser::parseBound(std::optional<LocatedInteger> &bound) {
  Token token = stream.peek();
  Term term;
  if (failed(parse(term)))
    return failure();
  std::optional<int64_t> value = integerOf(term);
  if (!value)
    return stream.error(token)
           << "what stands in brackets behind a formula must be an integer";
  bound = {*value, locate(token)};
  return success();
}

LogicalResult ExpressionParser::checkBounds(int64_t dim, bool isSlice,
                                            const LocatedInteger &start,
                                            const LocatedInteger &end) const {
  for (const LocatedInteger &bound : {start, end})
    if (bound.value < 0) {
      InFlightDiagnostic error = emitError(bound.location);
      error << "components are counted from 0, not from the end";
      if (bound.value >= -dim)
        error << ": write " << dim + bound.value << " for " << bound.value;
      return error;
    }
  if (start.value >= dim)
    return emitError(start.location)
           << "there is no component " << start.value << ": dimension " << dim
           << ", counted from 0";
  if (end.value > dim)
    return emitError(end.location) << "there are no components up to "
                                   << end.value << ": dimension " << dim;
  if (isSlice && start.value >= end.value)
    return emitError(start.location)
           << "no components: " << start.value << ":" << end.value
           << " goes from the first one to before the last one";
  return success();
}

LogicalResult ExpressionParser::parseComponents(Term &result) {
  Token open = stream.take();
  Blame by = blame(open, "'['");
  std::optional<LocatedInteger> start, end;
  if (!stream.peek().is(TokenKind::Colon) && failed(parseBound(start)))
    return failure();
  bool isSlice = stream.takeIf(TokenKind::Colon);
  if (isSlice && !stream.peek().is(TokenKind::RightBracket) &&
      failed(parseBound(end)))
    return failure();
  if (failed(close(open, TokenKind::RightBracket)))
    return failure();
  Value value;
  if (failed(builder.materialize(result, value)))
    return failure();
  int64_t dim = vecType(value).getDim();
  if (!start)
    start = {0, by.location};
  if (!isSlice)
    end = {start->value < 0 ? 0 : start->value + 1, by.location};
  else if (!end)
    end = {dim, by.location};
  if (failed(checkBounds(dim, isSlice, *start, *end)))
    return failure();
  Term whole;
  whole.value = value;
  return apply("Extract", by, whole, {start->value, end->value - start->value},
               result);
}

} // namespace keops
