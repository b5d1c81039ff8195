//===- Kernel.cpp - one kernel while it is read ---------------------------===//

#include "compiler/Frontend/Kernel.h"
#include "compiler/Frontend/KernelName.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace keops {

// The text of a formula is kept for a comment in the generated header.
static constexpr size_t kLongestComment = 1000;

LogicalResult parseDtype(TokenStream &stream, FloatType &result) {
  Token token = stream.peek();
  auto *context = stream.locate(token).getContext();
  if (token.isName("float32"))
    result = Float32Type::get(context);
  else if (token.isName("float64"))
    result = Float64Type::get(context);
  else
    return stream.expected("float32 or float64");
  stream.take();
  return success();
}

static FormulaOp makeFormula(ModuleOp module, StringRef name,
                             Location location) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto formula = FormulaOp::create(builder, location, name,
                                   builder.getFunctionType({}, {}), ArrayAttr(),
                                   ArrayAttr());
  formula.getBody().emplaceBlock();
  return formula;
}

Kernel::Kernel(ModuleOp module, const Catalogue &catalogue,
               const FrontendLimits &limits, KernelNames &names, StringRef name,
               Location location, FloatType scalar)
    : module(module), catalogue(catalogue), names(names), name(name),
      location(location), formula(makeFormula(module, name, location)),
      builder(&formula.getBody().front(), scalar, limits) {}

LogicalResult Kernel::claim(StringRef symbol, Location place,
                            const std::string &contents) {
  auto [entry, isNew] =
      names.try_emplace(symbol, KernelOrigin{place, contents});
  if (isNew)
    return success();
  auto as = [](const std::string &contents) {
    return contents.empty() ? contents : ", as " + contents;
  };
  InFlightDiagnostic error = emitError(place);
  error << "'" << symbol << "' is defined twice" << as(contents);
  error.attachNote(entry->second.location)
      << "first defined here" << as(entry->second.contents);
  return error;
}

LogicalResult Kernel::begin() {
  if (failed(checkKernelName(name, location)))
    return failure();
  return claim(name, location);
}

LogicalResult Kernel::parse(TokenStream &stream, Term &result) {
  return ExpressionParser(stream, builder, catalogue, scope).parse(result);
}

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

LogicalResult Kernel::checkNew(TokenStream &stream, const Token &token) const {
  if (catalogue.isCallable(token.text))
    return stream.error(token)
           << "'" << token.text << "' is the name of an operation";
  auto found = scope.find(token.text);
  if (found == scope.end())
    return success();
  InFlightDiagnostic error = stream.error(token);
  error << "'" << token.text << "' is defined twice";
  error.attachNote(found->second.location) << "first defined here";
  return error;
}

LogicalResult Kernel::define(TokenStream &stream) {
  Token token = stream.peek();
  if (failed(stream.expect(TokenKind::Name, "a name")) ||
      failed(checkNew(stream, token)) ||
      failed(stream.expect(TokenKind::Equals, "'='")))
    return failure();
  if (ExpressionParser::isDeclaration(stream))
    return declare(stream, token);
  Term value;
  if (failed(parse(stream, value)))
    return failure();
  value.location = stream.locate(token);
  scope[token.text] = value;
  return success();
}

LogicalResult Kernel::declare(TokenStream &stream, const Token &token) {
  ExpressionParser parser(stream, builder, catalogue, scope);
  Declaration declaration;
  if (failed(parser.parseDeclaration(declaration)))
    return failure();
  return builder.declare(token.text, stream.locate(token), declaration,
                         scope[token.text]);
}

//===----------------------------------------------------------------------===//
// The result
//===----------------------------------------------------------------------===//

LogicalResult Kernel::checkResult(Value result, Location place) const {
  if (!result || !builder.isReduced(result))
    return emitError(place) << "the formula is not reduced: write for example "
                            << "Sum(formula, axis=1) for a sum over j";
  if (vecType(result).getAxes() == (Axes::i | Axes::j))
    return emitError(place)
           << "the formula is not reduced along i or j: it still varies along "
           << "both";
  bool hasRows = llvm::any_of(
      FormulaOp(formula).getBody().getArguments(),
      [](Value argument) { return vecType(argument).getAxes() != Axes::p; });
  if (!hasRows)
    return emitError(place) << "a formula needs a variable that varies along i "
                            << "or j, declared with Vi or Vj";
  return success();
}

void Kernel::nameArguments() {
  SmallVector<DictionaryAttr> attributes;
  Builder attribute(module.getContext());
  for (const Variable &variable : builder.getVariables())
    attributes.push_back(attribute.getDictionaryAttr(attribute.getNamedAttr(
        "keops.name", attribute.getStringAttr(variable.name))));
  formula.setAllArgAttrs(attributes);
}

/// The text on one line, without comments.
static std::string tidy(StringRef text) {
  std::string result;
  while (!text.empty() && result.size() <= kLongestComment) {
    auto [line, rest] = text.split('\n');
    text = rest;
    SmallVector<StringRef> words;
    llvm::SplitString(line.split('#').first, words);
    for (StringRef word : words)
      result += (result.empty() ? "" : " ") + word.str();
  }
  if (result.size() > kLongestComment)
    result = result.substr(0, kLongestComment) + "...";
  return result;
}

ValueRange Kernel::resultsOf(const Term &result) {
  if (!result.value)
    return result.value;
  if (auto reduce = result.value.getDefiningOp<ReduceOp>())
    return reduce.getResults();
  return result.value;
}

LogicalResult Kernel::finish(ValueRange results, Location place,
                             StringRef source) {
  if (failed(checkResult(results.front(), place)) ||
      failed(builder.arrangeVariables()))
    return failure();
  OpBuilder end = OpBuilder::atBlockEnd(&formula.getBody().front());
  ReturnOp::create(end, place, results);
  formula.updateType();
  nameArguments();
  text = tidy(source);
  formula->setAttr("keops.text", end.getStringAttr(text));
  return success();
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

bool Kernel::hasVariable(StringRef variable) const {
  return llvm::any_of(builder.getVariables(), [&](const Variable &candidate) {
    return candidate.name == variable;
  });
}

bool Kernel::hasGradient(StringRef variable) const {
  return llvm::any_of(gradients, [&](const Variable &candidate) {
    return candidate.name == variable;
  });
}

/// Says what the results are, in the text and by their names. A gradient alone
/// is called `out`, as the results of formulas are.
void Kernel::describe(FormulaOp gradient, ArrayRef<Variable> along,
                      bool withValue) {
  Builder attribute(module.getContext());
  SmallVector<std::string> results, lines;
  std::string differentiated = text;
  if (withValue) {
    for (unsigned n = 0; n < formula.getResultTypes().size(); ++n)
      results.push_back(formula.getResultName(n));
    lines.push_back(llvm::join(results, ", ") + " = " + text);
    differentiated = results.front();
  }
  bool isAlone = gradient.getResultTypes().size() == 1;
  for (const Variable &variable : along) {
    results.push_back(isAlone ? "out" : "grad_" + variable.name);
    lines.push_back((isAlone ? "" : results.back() + " = ") + "Grad(" +
                    differentiated + ", " + variable.name + ", " +
                    builder.makeName("e") + ")");
  }
  if (!isAlone)
    for (auto [n, result] : llvm::enumerate(results))
      gradient.setResultAttr(n, "keops.name", attribute.getStringAttr(result));
  gradient->setAttr("keops.text",
                    attribute.getStringAttr(llvm::join(lines, "\n")));
  gradient->setAttr("keops.gradient_of", attribute.getStringAttr(name));
}

void Kernel::cloneWithGradients(const Twine &symbol, ArrayRef<Variable> along,
                                bool withValue) {
  FormulaOp gradient = formula.clone();
  OpBuilder end(module.getContext());
  end.setInsertionPointToEnd(module.getBody());
  end.insert(gradient);
  gradient.setSymName(symbol.str());
  Block &block = gradient.getBody().front();
  Operation *result = block.getTerminator();
  Value output = result->getOperand(0);
  Value seed = block.addArgument(output.getType(), along.front().location);
  SmallVector<Value> results;
  if (withValue)
    llvm::append_range(results, result->getOperands());
  end.setInsertionPoint(result);
  for (const Variable &variable : along) {
    Value argument = block.getArgument(*variable.position);
    results.push_back(GradOp::create(end, variable.location, argument.getType(),
                                     output, argument, seed));
  }
  result->setOperands(results);
  gradient.updateType();
  SmallVector<Attribute> attributes(formula.getArgAttrsAttr().getValue());
  attributes.push_back(end.getDictionaryAttr(end.getNamedAttr(
      "keops.name", end.getStringAttr(builder.makeName("e")))));
  gradient.setArgAttrsAttr(end.getArrayAttr(attributes));
  describe(gradient, along, withValue);
}

FailureOr<const Variable *> Kernel::parseVariable(TokenStream &stream) const {
  Token token = stream.peek();
  if (failed(stream.expect(TokenKind::Name, "the name of a variable")))
    return failure();
  ArrayRef<Variable> variables = builder.getVariables();
  auto *variable = llvm::find_if(variables, [&](const Variable &candidate) {
    return candidate.name == token.text;
  });
  if (variable != variables.end())
    return variable;
  if (scope.contains(token.text))
    return stream.error(token) << "'" << token.text << "' is a sub-formula; "
                               << "gradients are taken along variables";
  auto known = llvm::map_to_vector(variables, [](const Variable &candidate) {
    return StringRef(candidate.name);
  });
  return stream.error(token) << "unknown variable '" << token.text << "'"
                             << suggest(token.text, known);
}

LogicalResult Kernel::addGradient(TokenStream &stream) {
  Token token = stream.peek();
  FailureOr<const Variable *> variable = parseVariable(stream);
  if (failed(variable))
    return failure();
  Location place = stream.locate(token);
  Operation *result = formula.getBody().front().getTerminator();
  if (failed(builder.checkDerivative({"grad", place}, result->getOperand(0))))
    return failure();
  std::string symbol = (name + "_grad_" + token.text).str();
  if (failed(claim(symbol, place)))
    return failure();
  gradients.push_back({(*variable)->name, place, (*variable)->position});
  cloneWithGradients(symbol, gradients.back(), /*withValue=*/false);
  return success();
}

LogicalResult Kernel::addFusedGradients() {
  if (gradients.empty())
    return success();
  Location place = gradients.front().location;
  std::string all = (name + "_grad").str();
  if (gradients.size() > 1) {
    if (failed(claim(all, place, ("all gradients of " + name).str())))
      return failure();
    cloneWithGradients(all, gradients, /*withValue=*/false);
  }
  std::string both = (name + "_value_and_grad").str();
  if (failed(claim(both, place, (name + " with its gradients").str())))
    return failure();
  cloneWithGradients(both, gradients, /*withValue=*/true);
  return success();
}

LogicalResult Kernel::takeResult(Location place, Value &value,
                                 std::string &name) {
  auto reduce = value.getDefiningOp<ReduceOp>();
  if (!reduce || !reduce.getReduction().derivesFromResult())
    return success();
  name = builder.makeName("out");
  Term known;
  if (failed(builder.declareCotangent(name, place, value, known)))
    return failure();
  return builder.save({"grad", place}, value, known.value, value);
}

LogicalResult Kernel::differentiate(TokenStream &stream, bool takesResult,
                                    SmallVectorImpl<Value> &results,
                                    std::string &text) {
  Location place = stream.locate(stream.peek());
  Value value = results.front();
  if (failed(checkResult(value, place)) ||
      failed(builder.checkDerivative({"grad", place}, value)))
    return failure();
  SmallVector<unsigned> along;
  do {
    FailureOr<const Variable *> variable = parseVariable(stream);
    if (failed(variable))
      return failure();
    along.push_back(*variable - builder.getVariables().begin());
  } while (stream.takeIf(TokenKind::Comma));
  // Declared last: its own name is none of those that are read.
  Term seed, derivative;
  std::string seedName = builder.makeName("e"), known;
  if (failed(builder.declareCotangent(seedName, place, value, seed)) ||
      (takesResult && failed(takeResult(place, value, known))))
    return failure();
  results.clear();
  SmallVector<std::string> texts;
  for (unsigned index : along) {
    Value variable = formula.getBody().getArgument(index);
    if (failed(builder.differentiate({"grad", place}, value, variable,
                                     seed.value, derivative)))
      return failure();
    results.push_back(derivative.value);
    StringRef along = builder.getVariables()[index].name;
    std::string arguments = (text + ", " + along + ", " + seedName).str();
    texts.push_back(known.empty() ? "Grad(" + arguments + ")"
                                  : "Grad_WithSavedForward(" + arguments +
                                        ", " + known + ")");
  }
  text = llvm::join(texts, ", ");
  return success();
}

} // namespace keops
