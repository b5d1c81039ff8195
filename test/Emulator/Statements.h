//===- Statements.h - PTX text, cut into statements -------------*- C++ -*-===//

#ifndef KEOPS_TEST_EMULATOR_STATEMENTS_H
#define KEOPS_TEST_EMULATOR_STATEMENTS_H

#include <cstdint>
#include <string>
#include <vector>

namespace emulator {

struct Statement {
  enum Kind {
    Plain, // ends with a semicolon, or a directive that ends with its line
    Label,
    Header, // of a function; its body begins
    Open,   // {
    Close   // }
  };
  Kind kind;
  std::string text; // without comments, spaces made one
  uint32_t line;
};

/// Throws Fault where the text ends too early.
std::vector<Statement> statementsOf(const std::string &text);

/// Cuts at this character, but not inside brackets, braces and parentheses;
/// without spaces around the pieces.
std::vector<std::string> split(const std::string &text, char at);

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_STATEMENTS_H
