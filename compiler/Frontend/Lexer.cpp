//===- Lexer.cpp - formula text to tokens ---------------------------------===//

#include "compiler/Frontend/Lexer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/ConvertUTF.h"

using namespace llvm;

namespace keops {

// Longer ones are mistakes, and would make spelling suggestions and the
// rounding of decimals slow.
static constexpr size_t kLongestName = 255;
static constexpr size_t kLongestNumber = 1000;

static bool isNameCharacter(char c) { return isAlnum(c) || c == '_'; }

std::string Token::describe() const {
  if (kind == TokenKind::End)
    return "the end of the text";
  if (kind == TokenKind::Newline && text != ";")
    return "the end of the line";
  return ("'" + text + "'").str();
}

Lexer::Lexer(StringRef text)
    : cursor(text.begin()), end(text.end()), lineStart(text.begin()) {
  if (text.starts_with("\xef\xbb\xbf")) // a byte order mark
    lineStart = cursor += 3;
}

Token Lexer::take(TokenKind kind, size_t size) {
  Token token{kind, StringRef(cursor, size), line,
              static_cast<unsigned>(cursor - lineStart) + 1};
  cursor += size;
  return token;
}

Token Lexer::fail(size_t size, const Twine &what) {
  message = what.str();
  return take(TokenKind::Error, size);
}

void Lexer::skipBlanks() {
  for (; cursor != end; ++cursor) {
    if (*cursor == '#')
      cursor += std::min(rest().find('\n'), rest().size());
    if (cursor == end)
      return;
    if (*cursor == '\n') {
      if (depth == 0)
        return;
      ++line;
      lineStart = cursor + 1;
    } else if (!isSpace(*cursor)) {
      return;
    }
  }
}

Token Lexer::next() {
  skipBlanks();
  if (cursor == end)
    return take(TokenKind::End, 0);
  if (*cursor == '\n') {
    Token token = take(TokenKind::Newline, 1);
    ++line;
    lineStart = cursor;
    return token;
  }
  if (isAlpha(*cursor) || *cursor == '_')
    return lexName();
  if (isDigit(*cursor) ||
      (*cursor == '.' && rest().size() > 1 && isDigit(cursor[1])))
    return lexNumber();
  if (*cursor == '\'' || *cursor == '"')
    return lexQuoted();
  return lexPunctuation();
}

Token Lexer::lexName() {
  size_t size = rest().take_while(isNameCharacter).size();
  if (size > kLongestName)
    return fail(size, "a name has at most " + Twine(kLongestName) +
                          " characters, this one has " + Twine(size));
  return take(TokenKind::Name, size);
}

// 3  3.  .5  1e-3
Token Lexer::lexNumber() {
  StringRef text = rest().drop_while(isDigit);
  if (text.consume_front("."))
    text = text.drop_while(isDigit);
  StringRef exponent = text;
  if (exponent.consume_front_insensitive("e")) {
    if (!exponent.consume_front("-"))
      exponent.consume_front("+");
    if (!exponent.take_while(isDigit).empty())
      text = exponent.drop_while(isDigit);
  }
  size_t size = text.begin() - cursor;
  size_t tail = text.take_while(isNameCharacter).size();
  if (tail)
    return fail(size + tail, "'" + rest().take_front(size + tail) +
                                 "' is neither a number nor a name");
  if (size > kLongestNumber)
    return fail(size, "a number has at most " + Twine(kLongestNumber) +
                          " characters, this one has " + Twine(size));
  return take(TokenKind::Number, size);
}

Token Lexer::lexQuoted() {
  StringRef line = rest().take_until([](char c) { return c == '\n'; });
  size_t last = line.find(*cursor, 1);
  if (last == StringRef::npos)
    return fail(1, Twine("this ") + StringRef(cursor, 1) +
                       " has no second one in its line");
  return take(TokenKind::Quoted, last + 1);
}

Token Lexer::lexPunctuation() {
  for (StringRef comparison : {"<=", ">=", "==", "!=", "<", ">"})
    if (rest().starts_with(comparison))
      return take(TokenKind::Comparison, comparison.size());
  if (rest().starts_with("**"))
    return take(TokenKind::Operator, 2);
  switch (*cursor) {
  case '+':
  case '-':
  case '*':
  case '/':
  case '|':
    return take(TokenKind::Operator, 1);
  case '(':
  case '[':
    ++depth;
    return take(*cursor == '(' ? TokenKind::LeftParen : TokenKind::LeftBracket,
                1);
  case ')':
  case ']':
    depth -= depth > 0;
    return take(
        *cursor == ')' ? TokenKind::RightParen : TokenKind::RightBracket, 1);
  case ',':
    return take(TokenKind::Comma, 1);
  case '=':
    return take(TokenKind::Equals, 1);
  case ':':
    return take(TokenKind::Colon, 1);
  case ';':
    return take(TokenKind::Newline, 1);
  }
  if (*cursor == '^')
    return fail(1, "unexpected character '^'; a power is written x**2");
  size_t size = std::min<size_t>(getNumBytesForUTF8(*cursor), rest().size());
  return fail(size, "unexpected character '" + rest().take_front(size) + "'");
}

std::optional<Token> Lexer::findNonText(StringRef text) {
  auto *bad = reinterpret_cast<const UTF8 *>(text.begin());
  auto *end = reinterpret_cast<const UTF8 *>(text.end());
  isLegalUTF8String(&bad, end);
  auto isControl = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && !isSpace(c)) || c == 0x7f;
  };
  StringRef legal(text.begin(), bad - text.bytes_begin());
  size_t position = std::min(legal.find_if(isControl), legal.size());
  if (position == text.size())
    return std::nullopt;
  StringRef before = text.take_front(position);
  size_t lineStart = before.rfind('\n') + 1; // npos + 1 is 0
  return Token{TokenKind::Error, text.substr(position, 1),
               static_cast<unsigned>(before.count('\n')) + 1,
               static_cast<unsigned>(position - lineStart) + 1};
}

} // namespace keops
