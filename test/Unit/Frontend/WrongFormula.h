//===- WrongFormula.h - a formula, and what is said about it ----*- C++ -*-===//
//
// Every entry is a formula of the variables x = Vi(3), y = Vj(3), b = Vj(2),
// s = Vi(1), t = Vj(1), p = Pm(1), and all that is printed about it.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_FRONTEND_WRONGFORMULA_H
#define KEOPS_TEST_UNIT_FRONTEND_WRONGFORMULA_H

#include "test/Unit/Frontend/Harness.h"
#include <gtest/gtest.h>

namespace keops::test {

struct WrongFormula {
  const char *text;
  unsigned column;
  const char *message;
  const char *notes = "";
};
inline void PrintTo(const WrongFormula &wrong, std::ostream *os) {
  *os << wrong.text;
}

inline void expectDiagnostic(const WrongFormula &wrong) {
  std::string expected = "<formula>:1:" + std::to_string(wrong.column) +
                         ": error: " + wrong.message + "\n" + wrong.text +
                         "\n" + std::string(wrong.column - 1, ' ') + "^\n" +
                         wrong.notes;
  Outcome outcome = parseFormula(wrong.text);
  EXPECT_FALSE(outcome.module);
  EXPECT_EQ(outcome.diagnostics, expected);
}

// Where the variables are declared, as a note says it.
#define X_NOTE                                                                 \
  "<alias 1>:1:1: note: x has dimension 3, declared here\nx = Vi(3)\n^\n"
#define Y_NOTE                                                                 \
  "<alias 2>:1:1: note: y has dimension 3, declared here\ny = Vj(3)\n^\n"
#define B_NOTE                                                                 \
  "<alias 3>:1:1: note: b has dimension 2, declared here\nb = Vj(2)\n^\n"
#define S_NOTE                                                                 \
  "<alias 4>:1:1: note: s has dimension 1, declared here\ns = Vi(1)\n^\n"

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_FRONTEND_WRONGFORMULA_H
