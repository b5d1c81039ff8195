//===- TokenStream.h - tokens one by one, and where they stand --*- C++ -*-===//

#ifndef KEOPS_COMPILER_FRONTEND_TOKENSTREAM_H
#define KEOPS_COMPILER_FRONTEND_TOKENSTREAM_H

#include "compiler/Frontend/Lexer.h"
#include "compiler/Frontend/Limits.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"

namespace keops {

class TokenStream {
public:
  /// `name` is the name of the buffer that holds the text.
  TokenStream(llvm::StringRef text, llvm::StringRef name,
              mlir::MLIRContext *context)
      : lexer(text), buffer(mlir::StringAttr::get(context, name)) {
    current = lexer.next();
  }

  const Token &peek() const { return current; }
  /// The token after the next one.
  Token peekSecond() const { return Lexer(lexer).next(); }
  Token take();
  bool takeIf(TokenKind kind);
  /// Takes everything up to the next end of line, whatever is in brackets.
  void skipLine();
  void leaveBrackets() { lexer.leaveBrackets(); }

  mlir::Location locate(const Token &token) const {
    return mlir::FileLineColLoc::get(buffer, token.line, token.column);
  }
  mlir::InFlightDiagnostic error(const Token &token) const {
    return mlir::emitError(locate(token));
  }
  /// `expected <what>, got <next token>`, unless the lexer knows better.
  llvm::LogicalResult expected(const llvm::Twine &what) const;
  llvm::LogicalResult expect(TokenKind kind, const llvm::Twine &what);

  /// The text from `first` to the last token taken.
  llvm::StringRef textSince(const Token &first) const {
    return llvm::StringRef(first.text.begin(), lastEnd - first.text.begin());
  }

private:
  Lexer lexer;
  Token current;
  const char *lastEnd = nullptr;
  mlir::StringAttr buffer;
};

/// An error if the text is too long or holds bytes that are not text.
llvm::LogicalResult checkText(llvm::StringRef text, llvm::StringRef name,
                              mlir::MLIRContext *context, const Limit &limit);

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_TOKENSTREAM_H
