//===- TokenStream.cpp - tokens one by one, and where they stand ----------===//

#include "compiler/Frontend/TokenStream.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace keops {

Token TokenStream::take() {
  Token token = current;
  lastEnd = token.text.end();
  current = lexer.next();
  return token;
}

bool TokenStream::takeIf(TokenKind kind) {
  if (!current.is(kind))
    return false;
  take();
  return true;
}

void TokenStream::skipLine() {
  lexer.leaveBrackets();
  while (!current.is(TokenKind::Newline) && !current.is(TokenKind::End)) {
    take();
    lexer.leaveBrackets();
  }
}

LogicalResult TokenStream::expected(const Twine &what) const {
  if (current.is(TokenKind::Error))
    return error(current) << lexer.getMessage();
  return error(current) << "expected " << what << ", got "
                        << current.describe();
}

LogicalResult TokenStream::expect(TokenKind kind, const Twine &what) {
  if (!current.is(kind))
    return expected(what);
  take();
  return success();
}

LogicalResult checkText(StringRef text, StringRef name, MLIRContext *context,
                        const Limit &limit) {
  auto locate = [&](unsigned line, unsigned column) {
    return FileLineColLoc::get(context, name, line, column);
  };
  if (static_cast<int64_t>(text.size()) > limit.value)
    return exceeds(locate(1, 1), limit);
  if (std::optional<Token> bad = Lexer::findNonText(text))
    return emitError(locate(bad->line, bad->column))
           << llvm::formatv("byte {0:x2} is not text",
                            static_cast<unsigned char>(bad->text.front()))
                  .str();
  return success();
}

} // namespace keops
