//===- File.cpp - `.keops` files ------------------------------------------===//
//
//   kernel gauss
//     X = Vi(3)                      # variables and named sub-formulas
//     Y = Vj(3)
//     reduce Sum(Exp(-SqDist(X, Y)), axis=1)
//     grad X, Y
//
// A statement ends with its line or with `;`. Brackets span lines. After an
// error the rest of the kernel is passed over, so that every kernel of a file
// can report its own.
//
//===----------------------------------------------------------------------===//

#include "compiler/Frontend/Frontend.h"
#include "compiler/Frontend/Kernel.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace keops {

namespace {
class FileParser {
public:
  FileParser(TokenStream &stream, ModuleOp module, const FrontendLimits &limits,
             llvm::SourceMgr &sources, const MoreGradients &more)
      : stream(stream), module(module), limits(limits),
        catalogue(module.getContext()),
        dtype(Float32Type::get(module.getContext())) {
    for (auto [index, variable] : llvm::enumerate(more.variables)) {
      auto buffer = llvm::MemoryBuffer::getMemBufferCopy(
          variable, "<grad " + Twine(index + 1) + ">");
      wanted.push_back({more.kernel, buffer->getBuffer(),
                        buffer->getBufferIdentifier(), false});
      sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
    }
  }

  LogicalResult parse();
  /// The gradients of the command line that no kernel has.
  LogicalResult checkWanted();

private:
  LogicalResult parseKernel();
  LogicalResult parseBody(Kernel &kernel);
  LogicalResult parseReduce(Kernel &kernel);
  LogicalResult parseGradients(Kernel &kernel);
  LogicalResult addWanted(Kernel &kernel);
  LogicalResult unknownStatement();
  LogicalResult endStatement();
  void skipBlankLines();
  void skipKernel();
  bool atKeyword(StringRef keyword) const {
    return stream.peek().isName(keyword) &&
           !stream.peekSecond().is(TokenKind::Equals);
  }

  TokenStream &stream;
  ModuleOp module;
  const FrontendLimits &limits;
  Catalogue catalogue;
  KernelNames names;
  FloatType dtype;

  /// A gradient that the command line asks for.
  struct Wanted {
    StringRef kernel, variable, buffer;
    bool found;
  };
  SmallVector<Wanted> wanted;
};
} // namespace

void FileParser::skipBlankLines() {
  while (stream.takeIf(TokenKind::Newline)) {
  }
}

LogicalResult FileParser::endStatement() {
  if (!stream.peek().is(TokenKind::Newline) &&
      !stream.peek().is(TokenKind::End))
    return stream.expected("an operator or the end of the line");
  skipBlankLines();
  return success();
}

void FileParser::skipKernel() {
  stream.leaveBrackets();
  while (!stream.peek().is(TokenKind::End) && !atKeyword("kernel")) {
    stream.skipLine();
    skipBlankLines();
  }
}

LogicalResult FileParser::unknownStatement() {
  const Token &token = stream.peek();
  if (!token.is(TokenKind::Name))
    return stream.expected("a statement");
  return stream.error(token)
         << "unknown statement '" << token.text << "'"
         << suggest(token.text, {"kernel", "dtype", "reduce", "grad"});
}

LogicalResult FileParser::parse() {
  LogicalResult result = success();
  skipBlankLines();
  if (atKeyword("dtype")) {
    stream.take();
    if (failed(parseDtype(stream, dtype)) || failed(endStatement()))
      return failure();
  }
  if (stream.peek().is(TokenKind::End))
    return stream.error(stream.peek())
           << "there is no kernel: a kernel starts with 'kernel NAME'";
  if (!atKeyword("kernel")) {
    if (stream.peek().is(TokenKind::Name) &&
        (stream.peekSecond().is(TokenKind::Equals) || atKeyword("reduce") ||
         atKeyword("grad")))
      return stream.expected("'kernel NAME' first");
    return unknownStatement();
  }
  while (!stream.peek().is(TokenKind::End))
    if (failed(parseKernel())) {
      result = failure();
      skipKernel();
    }
  return result;
}

// At `kernel`, which parse and skipKernel see to.
LogicalResult FileParser::parseKernel() {
  stream.take();
  Token name = stream.peek();
  if (failed(stream.expect(TokenKind::Name, "the name of the kernel")) ||
      failed(endStatement()))
    return failure();
  FloatType type = dtype;
  if (atKeyword("dtype")) {
    stream.take();
    if (failed(parseDtype(stream, type)) || failed(endStatement()))
      return failure();
  }
  Kernel kernel(module, catalogue, limits, names, name.text,
                stream.locate(name), type);
  if (failed(kernel.begin()))
    return failure();
  return parseBody(kernel);
}

LogicalResult FileParser::parseBody(Kernel &kernel) {
  while (stream.peek().is(TokenKind::Name) &&
         stream.peekSecond().is(TokenKind::Equals))
    if (failed(kernel.define(stream)) || failed(endStatement()))
      return failure();
  if (atKeyword("dtype"))
    return stream.error(stream.peek())
           << "dtype stands right after the kernel line";
  if (atKeyword("grad"))
    return stream.error(stream.peek()) << "grad stands after the reduce line";
  if (atKeyword("kernel") || stream.peek().is(TokenKind::End))
    return emitError(kernel.getLocation())
           << "kernel " << kernel.getName() << " has no reduce line";
  if (!atKeyword("reduce"))
    return unknownStatement();
  if (failed(parseReduce(kernel)) || failed(parseGradients(kernel)) ||
      failed(addWanted(kernel)) || failed(kernel.addFusedGradients()))
    return failure();
  if (atKeyword("kernel") || stream.peek().is(TokenKind::End))
    return success();
  if (atKeyword("reduce"))
    return stream.error(stream.peek())
           << "kernel " << kernel.getName() << " has two reduce lines";
  if (stream.peek().is(TokenKind::Name) &&
      stream.peekSecond().is(TokenKind::Equals))
    return stream.error(stream.peek())
           << "definitions stand before the reduce line";
  return unknownStatement();
}

LogicalResult FileParser::parseReduce(Kernel &kernel) {
  Token keyword = stream.take();
  Token start = stream.peek();
  Term result;
  if (failed(kernel.parse(stream, result)))
    return failure();
  StringRef text = stream.textSince(start);
  if (failed(endStatement()))
    return failure();
  return kernel.finish(Kernel::resultsOf(result), stream.locate(keyword), text);
}

LogicalResult FileParser::parseGradients(Kernel &kernel) {
  while (atKeyword("grad")) {
    stream.take();
    do {
      if (failed(kernel.addGradient(stream)))
        return failure();
    } while (stream.takeIf(TokenKind::Comma));
    if (failed(endStatement()))
      return failure();
  }
  return success();
}

/// What the file asks for itself is not made twice.
LogicalResult FileParser::addWanted(Kernel &kernel) {
  for (Wanted &gradient : wanted) {
    bool named = kernel.getName() == gradient.kernel;
    if (!named &&
        (!gradient.kernel.empty() || !kernel.hasVariable(gradient.variable)))
      continue;
    gradient.found = true;
    if (kernel.hasGradient(gradient.variable))
      continue;
    if (failed(checkText(gradient.variable, gradient.buffer,
                         module.getContext(), limits.text)))
      return failure();
    TokenStream text(gradient.variable, gradient.buffer, module.getContext());
    if (failed(kernel.addGradient(text)) ||
        failed(text.expect(TokenKind::End, "one name")))
      return failure();
  }
  return success();
}

LogicalResult FileParser::checkWanted() {
  for (const Wanted &gradient : wanted)
    if (!gradient.found && gradient.kernel.empty())
      return emitError(FileLineColLoc::get(module.getContext(), gradient.buffer,
                                           1, 1))
             << "no kernel has a variable '" << gradient.variable << "'";
  return success();
}

OwningOpRef<ModuleOp> parseKeopsFile(llvm::SourceMgr &sources,
                                     MLIRContext *context,
                                     const FrontendLimits &limits,
                                     const MoreGradients &more) {
  context->getOrLoadDialect<KeopsDialect>();
  const llvm::MemoryBuffer *buffer =
      sources.getMemoryBuffer(sources.getMainFileID());
  StringRef text = buffer->getBuffer(), name = buffer->getBufferIdentifier();
  if (failed(checkText(text, name, context, limits.text)))
    return nullptr;
  OwningOpRef<ModuleOp> module(
      ModuleOp::create(FileLineColLoc::get(context, name, 1, 1)));
  TokenStream stream(text, name, context);
  FileParser parser(stream, *module, limits, sources, more);
  if (failed(parser.parse()) || failed(parser.checkWanted()) ||
      failed(verify(*module)))
    return nullptr;
  return module;
}

} // namespace keops
