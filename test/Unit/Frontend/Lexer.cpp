//===- Lexer.cpp - tokens, their places, and texts that are none ----------===//

#include "compiler/Frontend/Lexer.h"
#include <gtest/gtest.h>
#include <vector>

using namespace keops;

/// `text@line:column` of all tokens; `!` marks an error.
static std::string tokens(llvm::StringRef text) {
  std::string all;
  Lexer lexer(text);
  for (Token token = lexer.next(); !token.is(TokenKind::End);
       token = lexer.next()) {
    all += all.empty() ? "" : " ";
    all += token.is(TokenKind::Error)     ? "!"
           : token.is(TokenKind::Newline) ? "\\"
                                          : token.text.str();
    all +=
        "@" + std::to_string(token.line) + ":" + std::to_string(token.column);
  }
  return all;
}

static std::string firstError(llvm::StringRef text) {
  Lexer lexer(text);
  for (Token token = lexer.next(); !token.is(TokenKind::End);
       token = lexer.next())
    if (token.is(TokenKind::Error))
      return lexer.getMessage().str();
  return "";
}

TEST(Lexer, SplitsNamesNumbersAndOperators) {
  EXPECT_EQ(tokens("-f**2"), "-@1:1 f@1:2 **@1:3 2@1:5");
  EXPECT_EQ(tokens("_a1|B_2/ 3"), "_a1@1:1 |@1:4 B_2@1:5 /@1:8 3@1:10");
  EXPECT_EQ(tokens("a<=b!=c<d==e"), "a@1:1 <=@1:2 b@1:4 !=@1:5 c@1:7 <@1:8 "
                                    "d@1:9 ==@1:10 e@1:12");
}

TEST(Lexer, ReadsEveryFormOfNumber) {
  for (llvm::StringRef number : {"0", "12", "3.", ".5", "0.5", "1e3", "1E-3",
                                 "2.5e+10", "00.1", "9999999999999999999999"}) {
    Lexer lexer(number);
    Token token = lexer.next();
    EXPECT_TRUE(token.is(TokenKind::Number)) << number.str();
    EXPECT_EQ(token.text, number);
    EXPECT_TRUE(lexer.next().is(TokenKind::End));
  }
}

TEST(Lexer, RefusesWhatIsNearlyANumber) {
  EXPECT_EQ(firstError("2x"), "'2x' is neither a number nor a name");
  EXPECT_EQ(firstError("1e"), "'1e' is neither a number nor a name");
  EXPECT_EQ(firstError("0x10"), "'0x10' is neither a number nor a name");
  EXPECT_EQ(firstError("1_000"), "'1_000' is neither a number nor a name");
  EXPECT_EQ(firstError("1e5_"), "'1e5_' is neither a number nor a name");
}

TEST(Lexer, LinesEndStatementsOutsideBrackets) {
  EXPECT_EQ(tokens("a\nb;c"), "a@1:1 \\@1:2 b@2:1 \\@2:2 c@2:3");
  EXPECT_EQ(tokens("f(a,\n  b)\nc"),
            "f@1:1 (@1:2 a@1:3 ,@1:4 b@2:3 )@2:4 \\@2:5 c@3:1");
  EXPECT_EQ(tokens(")\na"), ")@1:1 \\@1:2 a@2:1");
}

TEST(Lexer, PassesOverBlanksAndComments) {
  EXPECT_EQ(tokens(" \t a # b ( c\n# d"), "a@1:4 \\@1:13");
  EXPECT_EQ(tokens("a\r\nb\r\n"), "a@1:1 \\@1:3 b@2:1 \\@2:3");
  EXPECT_EQ(tokens("\xef\xbb\xbf"
                   "a"),
            "a@1:1");
  EXPECT_EQ(tokens("f( # why (\n a)"), "f@1:1 (@1:2 a@2:2 )@2:3");
}

TEST(Lexer, NamesForeignCharactersWhole) {
  EXPECT_EQ(firstError("a @ b"), "unexpected character '@'");
  EXPECT_EQ(firstError("a \xc3\xa9"), "unexpected character '\xc3\xa9'");
  EXPECT_EQ(firstError("\xe2\x88\x91 f"),
            "unexpected character '\xe2\x88\x91'");
}

TEST(Lexer, BoundsNamesAndNumbers) {
  EXPECT_EQ(firstError(std::string(255, 'a')), "");
  EXPECT_EQ(firstError(std::string(256, 'a')),
            "a name has at most 255 characters, this one has 256");
  EXPECT_EQ(firstError(std::string(1000, '1')), "");
  EXPECT_EQ(firstError(std::string(1001, '1')),
            "a number has at most 1000 characters, this one has 1001");
}

TEST(Lexer, FindsBytesThatAreNotText) {
  auto place = [](llvm::StringRef text) {
    std::optional<Token> bad = Lexer::findNonText(text);
    return bad ? std::to_string(bad->line) + ":" + std::to_string(bad->column)
               : "none";
  };
  EXPECT_EQ(place("a = b\n# \xc3\xa9t\xc3\xa9\t\r\n"), "none");
  EXPECT_EQ(place(llvm::StringRef("a\0b", 3)), "1:2");
  EXPECT_EQ(place("a\nbc\x01"), "2:3");
  EXPECT_EQ(place("a\x7f"), "1:2");
  EXPECT_EQ(place("# \xc3("), "1:3");
  EXPECT_EQ(place("\xff"), "1:1");
  EXPECT_EQ(place("a\n\xed\xa0\x80"), "2:1"); // a surrogate
  EXPECT_EQ(place("ab\xe2\x88"), "1:3");      // cut off
}
