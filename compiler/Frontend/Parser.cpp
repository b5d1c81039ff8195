//===- Parser.cpp - expressions of the formula language -------------------===//

#include "compiler/Frontend/Parser.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;

namespace keops {

// Whatever the flag says, the recursion must fit the stack of a thread: it
// takes 1.5 KB a level, and several times as much with sanitizers.
static constexpr int64_t kDeepest = 1000;

LogicalResult ExpressionParser::parse(Term &result) {
  if (failed(parseBinary(1, result)))
    return failure();
  if (!stream.peek().is(TokenKind::Comparison))
    return success();
  Token at = stream.take();
  Term right;
  if (failed(parseBinary(1, right)) || failed(compare(at, result, right)))
    return failure();
  // Python reads a < b < c as both, C as (a < b) < c.
  if (stream.peek().is(TokenKind::Comparison))
    return stream.error(stream.peek())
           << "comparisons do not chain; write (a < b) * (b < c) for both, or "
           << "put one comparison in parentheses";
  return success();
}

LogicalResult ExpressionParser::parseBinary(int precedence, Term &result) {
  if (failed(parseUnary(result)))
    return failure();
  while (stream.peek().is(TokenKind::Operator)) {
    const OperatorEntry *entry = Catalogue::findOperator(stream.peek().text);
    if (!entry || entry->precedence < precedence)
      break;
    Token at = stream.take();
    Term right;
    if (failed(parseBinary(entry->precedence + 1, right)) ||
        failed(combine(at, result, right)))
      return failure();
  }
  return success();
}

// All recursion passes here, so this is where nesting is counted.
LogicalResult ExpressionParser::parseUnary(Term &result) {
  const Limit &limit = builder.getLimits().nesting;
  auto leave = llvm::make_scope_exit([&] { --depth; });
  if (++depth > limit.value)
    return exceeds(locate(stream.peek()), limit);
  if (depth > kDeepest)
    return stream.error(stream.peek())
           << "a formula cannot nest deeper than " << kDeepest << " levels";
  if (stream.peek().isOperator("+")) {
    stream.take();
    return parseUnary(result);
  }
  if (!stream.peek().isOperator("-"))
    return parsePower(result);
  Token at = stream.take();
  if (failed(parseUnary(result)))
    return failure();
  if (!result.number)
    return apply("Minus", blame(at, "'-'"), result, {}, result);
  result.number = result.number->negated();
  return success();
}

LogicalResult ExpressionParser::parsePower(Term &result) {
  if (failed(parsePrimary(result)))
    return failure();
  while (stream.peek().is(TokenKind::LeftBracket))
    if (failed(parseComponents(result)))
      return failure();
  if (!stream.peek().isOperator("**"))
    return success();
  Token at = stream.take();
  Term exponent;
  if (failed(parseUnary(exponent)))
    return failure();
  return raise(at, result, exponent);
}

LogicalResult ExpressionParser::parsePrimary(Term &result) {
  Token token = stream.peek();
  Argument first;
  switch (token.kind) {
  case TokenKind::Number:
    stream.take();
    result = {{}, Number::fromText(token.text), locate(token)};
    return success();
  case TokenKind::Name:
    return stream.peekSecond().is(TokenKind::LeftParen) ? parseCall(result)
                                                        : parseName(result);
  case TokenKind::LeftParen:
    stream.take();
    first.token = stream.peek();
    if (failed(parse(result)))
      return failure();
    if (!stream.peek().is(TokenKind::Comma))
      return close(token);
    first.term = result;
    return parseList(token, TokenKind::RightParen, result, &first);
  case TokenKind::LeftBracket:
    stream.take();
    return parseList(token, TokenKind::RightBracket, result);
  default:
    return stream.expected("a formula");
  }
}

LogicalResult ExpressionParser::parseName(Term &result) {
  Token token = stream.take();
  auto found = scope.find(token.text);
  if (found != scope.end()) {
    result = found->second;
    result.location = locate(token);
    return success();
  }
  if (catalogue.isCallable(token.text))
    return stream.error(token)
           << "'" << token.text << "' needs arguments in parentheses";
  SmallVector<StringRef> names(scope.keys());
  return stream.error(token)
         << "unknown name '" << token.text << "'" << suggest(token.text, names);
}

LogicalResult ExpressionParser::close(const Token &open, TokenKind closing) {
  StringRef what = closing == TokenKind::RightParen ? "')'" : "']'";
  if (stream.takeIf(closing))
    return success();
  if (stream.peek().is(TokenKind::Error))
    return stream.expected(what);
  InFlightDiagnostic error = stream.error(stream.peek());
  error << "expected " << what << ", got " << stream.peek().describe();
  error.attachNote(stream.locate(open))
      << "to match this '" << open.text << "'";
  return error;
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

LogicalResult ExpressionParser::apply(StringRef spelling, const Blame &blame,
                                      ArrayRef<Term> operands,
                                      ArrayRef<int64_t> integers,
                                      Term &result) {
  Builder attributes(builder.getContext());
  auto settings =
      llvm::map_to_vector(integers, [&](int64_t integer) -> Attribute {
        return attributes.getI64IntegerAttr(integer);
      });
  return apply(*catalogue.findOp(spelling), blame, operands, settings, result);
}

LogicalResult ExpressionParser::apply(const OpEntry &entry, const Blame &blame,
                                      ArrayRef<Term> operands,
                                      ArrayRef<Attribute> settings,
                                      Term &result) {
  SmallVector<Value> values(operands.size());
  for (auto [operand, value] : llvm::zip_equal(operands, values))
    if (failed(builder.materialize(operand, value)))
      return failure();
  Term applied;
  if (failed(builder.apply(entry, blame, values, settings, applied)))
    return failure();
  result = applied;
  return success();
}

LogicalResult ExpressionParser::combine(const Token &at, Term &left,
                                        const Term &right) {
  if (left.number && right.number)
    if (auto exact = Number::combine(at.text, *left.number, *right.number)) {
      left.number = exact;
      return success();
    }
  return apply(Catalogue::findOperator(at.text)->spelling,
               blame(at, "'" + at.text + "'"), {left, right}, {}, left);
}

LogicalResult ExpressionParser::compare(const Token &at, Term &left,
                                        const Term &right) {
  const OperatorEntry &entry = *Catalogue::findOperator(at.text);
  Term first = entry.isMirrored() ? right : left;
  Term second = entry.isMirrored() ? left : right;
  return apply(entry.spelling, blame(at, "'" + at.text + "'"), {first, second},
               {}, left);
}

LogicalResult ExpressionParser::raise(const Token &at, Term &base,
                                      const Term &exponent) {
  Blame by = blame(at, "'**'");
  if (!exponent.number)
    return apply("Powf", by, {base, exponent}, {}, base);
  if (base.number)
    if (auto exact = Number::combine("**", *base.number, *exponent.number)) {
      base.number = exact;
      return success();
    }
  std::optional<int64_t> integer = exponent.number->getInteger();
  if (integer == 2)
    return apply("Square", by, base, {}, base);
  if (integer && std::abs(*integer) <= INT32_MAX)
    return apply("Pow", by, base, *integer, base);
  if (exponent.number->equals(0.5))
    return apply("Sqrt", by, base, {}, base);
  if (exponent.number->equals(-0.5))
    return apply("Rsqrt", by, base, {}, base);
  return apply("Powf", by, {base, exponent}, {}, base);
}

} // namespace keops
