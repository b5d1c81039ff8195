//===- Calls.cpp - Name(arguments) in formula text ------------------------===//

#include "compiler/Frontend/Parser.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace keops {

LogicalResult ExpressionParser::parseCall(Term &result) {
  if (isDeclarator(stream.peek().text))
    return parseVariable(result);
  Token callee = stream.take();
  StringRef name = callee.text;
  if (name == "Ind") {
    Token open = stream.take();
    LogicalResult parsed = parseList(open, TokenKind::RightParen, result);
    result.location = locate(callee);
    return parsed;
  }
  SmallVector<Argument> arguments;
  if (failed(parseArguments(arguments)))
    return failure();
  if (const Derivative *derivative = findDerivative(name))
    return callDerivative(*derivative, callee, arguments, result);
  StringRef untagged = name;
  if (untagged.consume_back("_Reduction"))
    if (const ReductionEntry *entry = Catalogue::findReduction(untagged))
      return callTagged(*entry, callee, arguments, result);
  const OpEntry *op = catalogue.findOp(name);
  const SugarEntry *shorthand = catalogue.findSugar(name);
  bool hasAxis = llvm::any_of(arguments, [](const Argument &argument) {
    StringRef keyword = argument.keyword.text;
    return keyword == "axis" || SumOptions::isOption(keyword);
  });
  // `Sum` is both: over components, and with an axis over rows.
  if (const ReductionEntry *entry = Catalogue::findReduction(name))
    if (hasAxis || (!op && !shorthand))
      return callReduction(*entry, callee, arguments, result);
  if (op)
    return callOp(*op, callee, arguments, result);
  if (shorthand)
    return callSugar(*shorthand, callee, arguments, result);
  return unknownCallee(callee);
}

LogicalResult ExpressionParser::unknownCallee(const Token &callee) const {
  StringRef name = callee.text;
  if (scope.contains(name))
    return stream.error(callee)
           << "'" << name << "' is a variable or sub-formula, not an operation";
  StringRef untagged = name;
  if (untagged.consume_back("_Reduction")) {
    SmallVector<StringRef> names;
    for (const ReductionEntry &entry : reductionCatalogue())
      names.push_back(entry.spelling);
    return stream.error(callee) << "unknown reduction '" << untagged << "'"
                                << suggest(untagged, names);
  }
  return stream.error(callee) << "unknown operation '" << name << "'"
                              << suggest(name, catalogue.names());
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

LogicalResult
ExpressionParser::parseArguments(SmallVectorImpl<Argument> &result) {
  Token open = stream.peek();
  if (failed(stream.expect(TokenKind::LeftParen, "'('")))
    return failure();
  if (stream.takeIf(TokenKind::RightParen))
    return success();
  do {
    Argument argument;
    argument.token = stream.peek();
    if (argument.token.is(TokenKind::Name) &&
        stream.peekSecond().is(TokenKind::Equals)) {
      argument.keyword = stream.take();
      stream.take();
      argument.token = stream.peek();
    } else if (!result.empty() && !result.back().keyword.text.empty()) {
      return stream.expected("NAME=VALUE after the first such argument");
    }
    // The word behind a misspelled option is no formula: it is the option that
    // is to be told.
    StringRef keyword = argument.keyword.text;
    bool isWord = SumOptions::isOption(keyword) ||
                  (SumOptions::resemblesOption(keyword) && peeksWord());
    if (failed(isWord ? parseWord(argument.token) : parse(argument.term)))
      return failure();
    result.push_back(argument);
  } while (stream.takeIf(TokenKind::Comma));
  return close(open);
}

/// Is a name next, or one in quotes?
bool ExpressionParser::peeksWord() const {
  return stream.peek().is(TokenKind::Name) ||
         stream.peek().is(TokenKind::Quoted);
}

LogicalResult ExpressionParser::parseWord(Token &word) {
  word = stream.peek();
  if (!peeksWord())
    return stream.expected("a word");
  if (word.is(TokenKind::Quoted))
    word.text = word.text.drop_front().drop_back();
  stream.take();
  return success();
}

LogicalResult ExpressionParser::bind(const Token &callee,
                                     ArrayRef<StringRef> parameters,
                                     ArrayRef<Argument> arguments,
                                     SmallVectorImpl<Argument> &bound,
                                     unsigned optional) const {
  auto miscounted = [&] {
    std::string least = optional
                            ? std::to_string(parameters.size() - optional) +
                                  (optional == 1 ? " or " : " to ")
                            : "";
    return stream.error(callee)
           << callee.text << " takes " << least << parameters.size()
           << " argument" << (parameters.size() == 1 ? " (" : "s (")
           << llvm::join(parameters, ", ") << "), got " << arguments.size();
  };
  SmallVector<const Argument *> places(parameters.size());
  for (auto [index, argument] : llvm::enumerate(arguments)) {
    StringRef keyword = argument.keyword.text;
    size_t place = keyword.empty()
                       ? index
                       : llvm::find(parameters, keyword) - parameters.begin();
    if (place >= parameters.size() && keyword.empty())
      return miscounted();
    if (place == parameters.size())
      return stream.error(argument.keyword)
             << callee.text << " has no argument '" << keyword << "'"
             << suggest(keyword, parameters);
    if (places[place])
      return stream.error(argument.keyword)
             << "argument '" << keyword << "' of " << callee.text
             << " is given twice";
    places[place] = &argument;
  }
  for (auto [index, argument] : llvm::enumerate(places)) {
    if (!argument && index + optional < places.size())
      return miscounted();
    bound.push_back(argument ? *argument : Argument());
  }
  return success();
}

LogicalResult ExpressionParser::getInteger(const Token &callee,
                                           StringRef parameter,
                                           const Argument &argument,
                                           LocatedInteger &result) const {
  std::optional<int64_t> value;
  if (argument.term.number)
    value = argument.term.number->getInteger();
  result.location = locate(argument.token);
  if (value && std::abs(*value) <= INT32_MAX) {
    result.value = *value;
    return success();
  }
  // The body of sugar names its own parameters. They are integers already; all
  // that it makes of them is their half.
  if (sugar)
    return emitError(result.location)
           << "argument '" << argument.token.text << "' of " << sugar->name
           << (value ? " is too large" : " must be even");
  return emitError(result.location)
         << "argument '" << parameter << "' of " << callee.text
         << (value ? " is too large" : " must be an integer");
}

//===----------------------------------------------------------------------===//
// Operations and sugar
//===----------------------------------------------------------------------===//

LogicalResult ExpressionParser::callOp(const OpEntry &entry,
                                       const Token &callee,
                                       ArrayRef<Argument> arguments,
                                       Term &result) {
  SmallVector<Argument> bound;
  if (failed(bind(callee, entry.parameters, arguments, bound, entry.optional)))
    return failure();
  SmallVector<Term> formulas;
  SmallVector<Attribute> settings;
  Builder attributes(builder.getContext());
  for (auto [index, argument] : llvm::enumerate(bound)) {
    if (index < entry.formulas) {
      formulas.push_back(argument.term);
      continue;
    }
    StringRef parameter = entry.parameters[index];
    if (entry.isList[index]) {
      if (failed(getListOfIntegers(callee, parameter, argument,
                                   settings.emplace_back())))
        return failure();
      continue;
    }
    LocatedInteger integer{0, locate(callee)};
    if (failed(getInteger(callee, parameter, argument, integer)))
      return failure();
    settings.push_back(attributes.getI64IntegerAttr(integer.value));
  }
  return apply(entry, blame(callee, callee.text), formulas, settings, result);
}

FailureOr<StringRef>
ExpressionParser::chooseBody(const SugarEntry &entry, const Token &callee,
                             ArrayRef<Argument> arguments) const {
  if (entry.bodies.front().first == Fit::Always)
    return entry.bodies.front().second;
  auto dimOf = [](const Term &term) {
    return term.value ? vecType(term.value).getDim() : 1;
  };
  const Term &weights = arguments[0].term, &formula = arguments[1].term;
  int64_t dim = dimOf(formula);
  SmallVector<int64_t> fitting;
  for (auto [fit, body] : entry.bodies) {
    if (fit == Fit::Always)
      return body;
    fitting.push_back(fit == Fit::One ? 1 : fit == Fit::Same ? dim : dim * dim);
    if (fitting.back() == dimOf(weights))
      return body;
  }
  Blame by = blame(callee, callee.text);
  InFlightDiagnostic error = emitError(by.location);
  error << by.name << " needs weights of dimension ";
  for (auto [index, wanted] : llvm::enumerate(fitting))
    error << (index == 0                   ? ""
              : index + 1 < fitting.size() ? ", "
                                           : " or ")
          << wanted;
  error << " for a formula of dimension " << dim << ", got " << dimOf(weights);
  if (weights.value && formula.value)
    builder.noteDeclarations(error, {weights.value, formula.value});
  return error;
}

LogicalResult ExpressionParser::callSugar(const SugarEntry &entry,
                                          const Token &callee,
                                          ArrayRef<Argument> arguments,
                                          Term &result) {
  SmallVector<Argument> bound;
  if (failed(bind(callee, entry.parameters, arguments, bound)))
    return failure();
  for (auto [index, argument] : llvm::enumerate(bound))
    if (entry.isInteger[index] &&
        !(argument.term.number && argument.term.number->getInteger()))
      return emitError(locate(argument.token))
             << "argument '" << entry.parameters[index] << "' of "
             << callee.text << " must be an integer";
  FailureOr<StringRef> formula = chooseBody(entry, callee, bound);
  if (failed(formula))
    return failure();
  Scope parameters;
  for (auto [name, argument] : llvm::zip_equal(entry.parameters, bound))
    parameters[name] = argument.term;
  Blame by = blame(callee, callee.text);
  TokenStream body(*formula, entry.spelling, builder.getContext());
  ExpressionParser inner(body, builder, catalogue, parameters, &by);
  return inner.parse(result);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

LogicalResult
ExpressionParser::takeSumOptions(ArrayRef<Argument> arguments,
                                 SmallVectorImpl<Argument> &others,
                                 SumOptions &options) const {
  for (const Argument &argument : arguments) {
    const Token &keyword = argument.keyword, &word = argument.token;
    if (!SumOptions::isOption(keyword.text))
      others.push_back(argument);
    else if (failed(options.set({keyword.text, locate(keyword)},
                                {word.text, locate(word)},
                                builder.getScalar())))
      return failure();
  }
  return success();
}

// LogSumExp(f, axis=1), KMin(f, K=10, axis=1), and `weight` for a second
// formula.
LogicalResult ExpressionParser::callReduction(const ReductionEntry &entry,
                                              const Token &callee,
                                              ArrayRef<Argument> arguments,
                                              Term &result) {
  Blame by = blame(callee, callee.text);
  SmallVector<Value> operands;
  std::optional<LocatedInteger> axis, k;
  SmallVector<Argument> others;
  SumOptions options;
  if (failed(takeSumOptions(arguments, others, options)))
    return failure();
  for (const Argument &argument : others) {
    LocatedInteger integer{0, by.location};
    StringRef keyword = argument.keyword.text;
    if (keyword.empty() || keyword == "weight") {
      if (failed(builder.materialize(argument.term, operands.emplace_back())))
        return failure();
      continue;
    }
    if (keyword != "axis" && keyword != "K")
      return stream.error(argument.keyword)
             << callee.text << " has no argument '" << keyword << "'"
             << suggest(keyword,
                        {"axis", "K", "weight", "sum_scheme", "dtype_acc"});
    std::optional<LocatedInteger> &slot = keyword == "axis" ? axis : k;
    if (slot)
      return stream.error(argument.keyword)
             << "argument '" << keyword << "' of " << callee.text
             << " is given twice";
    if (failed(getInteger(callee, keyword, argument, integer)))
      return failure();
    slot = integer;
  }
  if (!axis)
    return stream.error(callee)
           << callee.text
           << " is a reduction and needs axis=1 (over j) or axis=0 (over i)";
  return builder.reduce(entry, by, operands, *axis, k, options, result);
}

// The order of KeOps: Name_Reduction(f[, K], tag[, g]), where tag 0 is a
// reduction over j.
LogicalResult ExpressionParser::callTagged(const ReductionEntry &entry,
                                           const Token &callee,
                                           ArrayRef<Argument> arguments,
                                           Term &result) {
  SmallVector<StringRef> parameters = {"f"};
  if (entry.takesK)
    parameters.push_back("K");
  parameters.push_back("tag");
  SmallVector<Argument> others;
  SumOptions options;
  if (failed(takeSumOptions(arguments, others, options)))
    return failure();
  bool hasSecond = others.size() == parameters.size() + 1;
  if (hasSecond)
    parameters.push_back("g");
  SmallVector<Argument> bound;
  if (failed(bind(callee, parameters, others, bound)))
    return failure();
  Blame by = blame(callee, entry.spelling);
  SmallVector<Value> operands(1 + hasSecond);
  if (failed(builder.materialize(bound[0].term, operands[0])) ||
      (hasSecond &&
       failed(builder.materialize(bound.back().term, operands[1]))))
    return failure();
  LocatedInteger tag{0, by.location}, k{0, by.location};
  if (failed(getInteger(callee, "tag", bound[1 + entry.takesK], tag)) ||
      (entry.takesK && failed(getInteger(callee, "K", bound[1], k))))
    return failure();
  if (tag.value != 0 && tag.value != 1)
    return emitError(tag.location)
           << "tag must be 0 (over j) or 1 (over i), got " << tag.value;
  tag.value = 1 - tag.value;
  return builder.reduce(entry, by, operands, tag,
                        entry.takesK ? std::optional(k) : std::nullopt, options,
                        result);
}

} // namespace keops
