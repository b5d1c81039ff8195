//===- Lexer.h - formula text to tokens -------------------------*- C++ -*-===//
//
// Tokens know their line and column, counted while reading: asking the
// SourceMgr for each of them would make a long line cost its length squared.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_LEXER_H
#define KEOPS_COMPILER_FRONTEND_LEXER_H

#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace keops {

enum class TokenKind {
  End,
  Newline, // or `;`
  Name,
  Number,
  Quoted, // 'text' or "text"
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  Comma,
  Equals,
  Colon,
  Operator,   // + - * / ** |
  Comparison, // < <= > >= == !=
  Error,
};

struct Token {
  TokenKind kind = TokenKind::End;
  llvm::StringRef text;
  unsigned line = 1, column = 1; // both from 1; columns count bytes

  bool is(TokenKind other) const { return kind == other; }
  bool isOperator(llvm::StringRef symbol) const {
    return kind == TokenKind::Operator && text == symbol;
  }
  bool isName(llvm::StringRef name) const {
    return kind == TokenKind::Name && text == name;
  }
  /// For messages: the text in quotes, or "the end of the line".
  std::string describe() const;
};

/// Splits a text. Inside brackets the ends of lines are blanks.
class Lexer {
public:
  explicit Lexer(llvm::StringRef text);

  Token next();
  /// What is wrong with the last Error token.
  llvm::StringRef getMessage() const { return message; }
  /// Makes the next end of line count again, after an error.
  void leaveBrackets() { depth = 0; }

  /// The first byte that cannot be part of a text (NUL and other control
  /// characters, malformed UTF-8), as an Error token of one byte.
  static std::optional<Token> findNonText(llvm::StringRef text);

private:
  void skipBlanks();
  Token lexName();
  Token lexNumber();
  Token lexQuoted();
  Token lexPunctuation();
  Token take(TokenKind kind, size_t size);
  Token fail(size_t size, const llvm::Twine &what);
  llvm::StringRef rest() const { return llvm::StringRef(cursor, end - cursor); }

  const char *cursor, *end, *lineStart;
  unsigned line = 1;
  unsigned depth = 0;
  std::string message;
};

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_LEXER_H
