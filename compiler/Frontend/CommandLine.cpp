//===- CommandLine.cpp - formulas on a command line -----------------------===//
//
//   --formula "Exp(-G*SqDist(X,Y))*B" --alias "G=Pm(1)" --alias "X=Vi(3)" ...
//
// Every text becomes a buffer with a name of its own, so that errors show what
// the user typed: `<alias 2>:1:5: error: ...`.
//
//===----------------------------------------------------------------------===//

#include "compiler/Frontend/Frontend.h"
#include "compiler/Frontend/Kernel.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace keops {

namespace {
class CommandLineParser {
public:
  CommandLineParser(const FormulaSource &source, llvm::SourceMgr &sources,
                    ModuleOp module, const FrontendLimits &limits)
      : source(source), sources(sources), module(module), limits(limits),
        catalogue(module.getContext()) {}

  LogicalResult parse();

private:
  /// The text as a buffer called <name>, ready to be read. Null after errors.
  std::unique_ptr<TokenStream> open(StringRef text, const Twine &name);
  LogicalResult parseName();
  LogicalResult parseAliases();
  LogicalResult parseFormula();
  LogicalResult parseSumOptions();
  LogicalResult parseReduction();
  /// Replaces the results by their derivatives.
  LogicalResult parseDerivatives(SmallVectorImpl<Value> &results,
                                 std::string &text);
  LogicalResult checkSumOptions();
  LogicalResult parseGradients();
  LogicalResult end(TokenStream &stream) {
    while (stream.takeIf(TokenKind::Newline)) {
    }
    return stream.expect(TokenKind::End, "an operator or the end of the text");
  }

  const FormulaSource &source;
  llvm::SourceMgr &sources;
  ModuleOp module;
  const FrontendLimits &limits;
  Catalogue catalogue;
  KernelNames names;
  std::optional<Kernel> kernel;
  SumOptions sumOptions;
  Term result;
  LocationAttr resultLocation;
};
} // namespace

std::unique_ptr<TokenStream> CommandLineParser::open(StringRef text,
                                                     const Twine &name) {
  std::string identifier = ("<" + name + ">").str();
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy(text, identifier);
  StringRef copy = buffer->getBuffer();
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  if (failed(checkText(copy, identifier, module.getContext(), limits.text)))
    return nullptr;
  return std::make_unique<TokenStream>(copy, identifier, module.getContext());
}

LogicalResult CommandLineParser::parseName() {
  auto dtype = open(source.dtype, "dtype");
  auto name = open(source.name, "name");
  FloatType scalar;
  if (!dtype || !name || failed(parseDtype(*dtype, scalar)) ||
      failed(end(*dtype)))
    return failure();
  kernel.emplace(module, catalogue, limits, names, source.name,
                 name->locate(name->peek()), scalar);
  return kernel->begin();
}

LogicalResult CommandLineParser::parseAliases() {
  for (auto [index, alias] : llvm::enumerate(source.aliases)) {
    auto stream = open(alias, "alias " + Twine(index + 1));
    if (!stream || failed(kernel->define(*stream)) || failed(end(*stream)))
      return failure();
  }
  return success();
}

// Definitions, separated by `;` or ends of lines, and a formula.
LogicalResult CommandLineParser::parseFormula() {
  auto stream = open(source.formula, "formula");
  if (!stream)
    return failure();
  while (stream->takeIf(TokenKind::Newline)) {
  }
  while (stream->peek().is(TokenKind::Name) &&
         stream->peekSecond().is(TokenKind::Equals)) {
    if (failed(kernel->define(*stream)) ||
        failed(stream->expect(TokenKind::Newline, "an operator or ';'")))
      return failure();
    while (stream->takeIf(TokenKind::Newline)) {
    }
  }
  resultLocation = stream->locate(stream->peek());
  if (failed(kernel->parse(*stream, result)))
    return failure();
  return end(*stream);
}

/// They hold for all reductions of the formula that add up.
LogicalResult CommandLineParser::parseSumOptions() {
  FormulaBuilder &builder = kernel->getBuilder();
  for (auto [keyword, flag, value] :
       {std::tuple("sum_scheme", "sum-scheme", StringRef(source.sumScheme)),
        std::tuple("dtype_acc", "dtype-acc", StringRef(source.dtypeAcc))}) {
    if (value.empty())
      continue;
    auto text = open(value, flag);
    if (!text)
      return failure();
    Location place = text->locate(text->peek());
    if (failed(sumOptions.set({keyword, place}, {value, place},
                              builder.getScalar())))
      return failure();
  }
  builder.setSumOptions(sumOptions);
  return success();
}

LogicalResult CommandLineParser::checkSumOptions() {
  if (!sumOptions.first || kernel->getBuilder().hasSums())
    return success();
  return emitError(sumOptions.first->location)
         << sumOptions.first->text << " is for reductions that add up, as Sum "
         << "and LogSumExp, and there is none";
}

LogicalResult CommandLineParser::parseReduction() {
  FormulaBuilder &builder = kernel->getBuilder();
  auto reduction = open(source.reduction, "reduction");
  auto axis = open(std::to_string(source.axis), "axis");
  if (!reduction || !axis)
    return failure();
  Location place = reduction->locate(reduction->peek());
  const ReductionEntry *entry = Catalogue::findReduction(source.reduction);
  if (!entry) {
    SmallVector<StringRef> known;
    for (const ReductionEntry &candidate : reductionCatalogue())
      known.push_back(candidate.spelling);
    return emitError(place) << "unknown reduction '" << source.reduction << "'"
                            << suggest(source.reduction, known);
  }
  SmallVector<Value> operands(1);
  if (failed(builder.materialize(result, operands[0])))
    return failure();
  if (!source.formula2.empty()) {
    auto second = open(source.formula2, "formula2");
    Term term;
    if (!second || failed(kernel->parse(*second, term)) ||
        failed(end(*second)) ||
        failed(builder.materialize(term, operands.emplace_back())))
      return failure();
  }
  std::optional<LocatedInteger> k;
  if (source.optArg) {
    auto optArg = open(std::to_string(*source.optArg), "opt-arg");
    if (!optArg)
      return failure();
    k = {*source.optArg, optArg->locate(optArg->peek())};
  }
  return builder.reduce(*entry, {source.reduction, place}, operands,
                        {source.axis, axis->locate(axis->peek())}, k,
                        SumOptions(), result);
}

LogicalResult
CommandLineParser::parseDerivatives(SmallVectorImpl<Value> &results,
                                    std::string &text) {
  for (auto [index, names] : llvm::enumerate(source.derivatives)) {
    auto stream = open(names, "gradient " + Twine(index + 1));
    if (!stream ||
        failed(kernel->differentiate(*stream, source.takesResult, results,
                                     text)) ||
        failed(end(*stream)))
      return failure();
  }
  return success();
}

LogicalResult CommandLineParser::parseGradients() {
  for (auto [index, gradient] : llvm::enumerate(source.gradients)) {
    auto stream = open(gradient, "grad " + Twine(index + 1));
    if (!stream || failed(kernel->addGradient(*stream)) || failed(end(*stream)))
      return failure();
  }
  return kernel->addFusedGradients();
}

LogicalResult CommandLineParser::parse() {
  if (failed(parseName()) || failed(parseSumOptions()) ||
      failed(parseAliases()) || failed(parseFormula()))
    return failure();
  std::string text = source.formula;
  bool holdsReduction = result.value &&
                        kernel->getBuilder().isReduced(result.value) &&
                        vecType(result.value).getAxes() != (Axes::i | Axes::j);
  if (!holdsReduction) {
    if (failed(parseReduction()))
      return failure();
    text =
        source.reduction + "(" + source.formula +
        (source.formula2.empty() ? "" : ", weight=" + source.formula2) +
        (source.optArg ? ", K=" + std::to_string(*source.optArg) : "") +
        ", axis=" + std::to_string(source.axis) +
        (source.sumScheme.empty() ? "" : ", sum_scheme=" + source.sumScheme) +
        (source.dtypeAcc.empty() ? "" : ", dtype_acc=" + source.dtypeAcc) + ")";
  }
  SmallVector<Value> results(Kernel::resultsOf(result));
  if (failed(checkSumOptions()) || failed(parseDerivatives(results, text)) ||
      failed(kernel->finish(results, resultLocation, text)))
    return failure();
  return parseGradients();
}

OwningOpRef<ModuleOp> parseKeopsFormula(const FormulaSource &source,
                                        llvm::SourceMgr &sources,
                                        MLIRContext *context,
                                        const FrontendLimits &limits) {
  context->getOrLoadDialect<KeopsDialect>();
  OwningOpRef<ModuleOp> module(
      ModuleOp::create(FileLineColLoc::get(context, "<formula>", 1, 1)));
  if (failed(CommandLineParser(source, sources, *module, limits).parse()) ||
      failed(verify(*module)))
    return nullptr;
  return module;
}

} // namespace keops
