//===- Limits.cpp - texts that ask for too much ---------------------------===//

#include "test/Unit/Frontend/Harness.h"
#include <chrono>
#include <gtest/gtest.h>

using namespace keops;
using namespace keops::test;

static std::string repeat(llvm::StringRef text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (size_t n = 0; n < count; ++n)
    result += text;
  return result;
}

/// The first line of the diagnostics.
static std::string firstLine(const Outcome &outcome) {
  return llvm::StringRef(outcome.diagnostics).split('\n').first.str();
}

TEST(Limits, NestingDepth) {
  std::string error = "error: the limit of 256 on nesting depth is exceeded; "
                      "raise it with --max-nesting";
  auto nested = [](llvm::StringRef open, size_t count, llvm::StringRef close) {
    return parseFormula(repeat(open, count) + "s" + repeat(close, count));
  };
  EXPECT_EQ(firstLine(nested("(", 255, ")")), "");
  EXPECT_EQ(firstLine(nested("(", 256, ")")), "<formula>:1:257: " + error);
  EXPECT_EQ(firstLine(nested("(", 20000, ")")), "<formula>:1:257: " + error);
  EXPECT_EQ(firstLine(nested("Exp(", 20000, ")")),
            "<formula>:1:1025: " + error);
  EXPECT_EQ(firstLine(nested("Exp(", 20000, "")), "<formula>:1:1025: " + error);
  EXPECT_EQ(firstLine(nested("-", 20000, "")), "<formula>:1:257: " + error);
  EXPECT_EQ(firstLine(nested("s**", 20000, "")), "<formula>:1:769: " + error);
  EXPECT_EQ(firstLine(nested("s+(", 20000, ")")), "<formula>:1:769: " + error);
  EXPECT_EQ(firstLine(nested("SqDist(s,", 20000, ")")),
            "<formula>:1:2303: " + error);
}

// A flag cannot make the recursion outgrow the stack.
TEST(Limits, NestingDepthHasAnEnd) {
  FrontendLimits limits;
  limits.nesting.value = 1000000;
  std::string text = repeat("SqDist(s,-(", 500000) + "s" + repeat("))", 500000);
  EXPECT_EQ(firstLine(parseFormula(text, limits)),
            "<formula>:1:3671: error: a formula cannot nest deeper than 1000 "
            "levels");
  text = repeat("(", 999) + "s" + repeat(")", 999);
  EXPECT_EQ(firstLine(parseFormula(text, limits)), "");
}

TEST(Limits, NodesOfALongSum) {
  std::string megabyte = "s" + repeat("+s", 500000);
  EXPECT_EQ(firstLine(parseFormula(megabyte)),
            "<formula>:1:199990: error: the limit of 100000 on the number of "
            "nodes of a formula is exceeded; raise it with --max-nodes");
  FrontendLimits limits;
  limits.nodes.value = 1000000;
  auto start = std::chrono::steady_clock::now();
  Outcome outcome = parseFormula(megabyte, limits);
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  EXPECT_EQ(outcome.diagnostics, "");
  EXPECT_EQ(llvm::range_size(outcome.formula().getOps<AddOp>()), 500000);
  EXPECT_LT(seconds.count(), 30) << "not linear in the length of the text";
}

// A caret in a long line shows its surroundings, not a megabyte.
TEST(Limits, LongLinesAreShownInPart) {
  Outcome outcome =
      parseFormula("s" + repeat("+s", 50000) + "*" + "q" + repeat("+s", 50000));
  EXPECT_EQ(outcome.diagnostics, "<formula>:1:100003: error: unknown name 'q'\n"
                                 "...s" +
                                     repeat("+s", 29) + "*q" +
                                     repeat("+s", 29) + "+...\n" +
                                     std::string(63, ' ') + "^\n");
}

// a1 = a0 * a0, a2 = a1 * a1, ...: 2^100 factors, 100 nodes.
TEST(Limits, DoublingChainsStayShared) {
  std::string text = "kernel f\n a0 = Vi(1)\n";
  for (int n = 1; n <= 100; ++n) {
    std::string last = "a" + std::to_string(n - 1);
    text += " a" + std::to_string(n) + " = " + last + " * " + last + "\n";
  }
  Outcome outcome = parseFile(text + " reduce Sum(a100, axis=1)\n grad a0\n");
  EXPECT_EQ(outcome.diagnostics, "");
  for (llvm::StringRef name : {"f", "f_grad_a0"})
    EXPECT_EQ(llvm::range_size(outcome.formula(name).getOps<MulOp>()), 100);
}

// The note for a dimension is found without walking 2^100 paths.
TEST(Limits, ErrorsInDoublingChainsAreFound) {
  std::string text = "kernel f\n a0 = Vi(3)\n y = Vj(2)\n";
  for (int n = 1; n <= 100; ++n) {
    std::string last = "a" + std::to_string(n - 1);
    text += " a" + std::to_string(n) + " = " + last + " * " + last + "\n";
  }
  Outcome outcome = parseFile(text + " reduce Sum(a100 * y, axis=1)\n");
  EXPECT_EQ(outcome.diagnostics,
            "test.keops:104:18: error: '*' needs operands of equal dimension, "
            "got 3 and 2\n"
            " reduce Sum(a100 * y, axis=1)\n"
            "                 ^\n"
            "test.keops:2:2: note: a0 has dimension 3, declared here\n"
            " a0 = Vi(3)\n"
            " ^\n"
            "test.keops:3:2: note: y has dimension 2, declared here\n"
            " y = Vj(2)\n"
            " ^\n");
}

TEST(Limits, Dimension) {
  std::string error = "error: the limit of 65536 on the dimension of a value "
                      "is exceeded; raise it with --max-dimension";
  auto declared = [](llvm::StringRef alias) {
    FormulaSource source;
    source.formula = "Exp(x)";
    source.aliases = {alias.str()};
    return firstLine(parseFormula(source));
  };
  EXPECT_EQ(declared("x = Vi(65536)"), "");
  EXPECT_EQ(declared("x = Vi(65537)"), "<alias 1>:1:8: " + error);
  EXPECT_EQ(declared("x = Vi(99999999999999)"),
            "<alias 1>:1:8: error: argument 'D' of Vi is too large");
  EXPECT_EQ(firstLine(parseFormula("x = ExtractT(s, 0, 65537); s")),
            "<formula>:1:1: error: 'x' is defined twice");
  EXPECT_EQ(firstLine(parseFormula("ExtractT(s, 0, 65537)")),
            "<formula>:1:1: " + error);
  EXPECT_EQ(firstLine(parseFormula(
                "a = ExtractT(s, 0, 65536); Exp(s) + Concat(a, s)")),
            "<formula>:1:37: " + error);
  EXPECT_EQ(firstLine(parseFormula("KMin(ExtractT(s, 0, 1025), K=64, axis=1)")),
            "<formula>:1:1: " + error);
}

TEST(Limits, OrderOfDerivatives) {
  auto order = [](size_t count) {
    return parseFormula(repeat("Grad(", count) + "Exp(s)" +
                        repeat(", s, 1)", count));
  };
  EXPECT_EQ(firstLine(order(8)), "");
  EXPECT_EQ(firstLine(order(9)),
            "<formula>:1:1: error: the limit of 8 on the order of derivatives "
            "is exceeded; raise it with --max-order");
  FrontendLimits limits;
  limits.order.value = 1;
  EXPECT_EQ(firstLine(parseFile("kernel f\n x = Vi(1)\n reduce "
                                "Sum(Grad(Exp(x), x, 1), axis=1)\n grad x\n",
                                limits)),
            "test.keops:4:7: error: the limit of 1 on the order of derivatives "
            "is exceeded; raise it with --max-order");
}

TEST(Limits, KeptValues) {
  EXPECT_EQ(firstLine(parseFormula("KMin(s, K=65536, axis=1)")), "");
  EXPECT_EQ(firstLine(parseFormula("KMin(s, K=65537, axis=1)")),
            "<formula>:1:11: error: the limit of 65536 on the number K of kept "
            "values is exceeded; raise it with --max-kept");
}

TEST(Limits, SizeOfAText) {
  FrontendLimits limits;
  limits.text.value = 10;
  std::string error =
      "error: the limit of 10 on the size of a text in bytes is "
      "exceeded; raise it with --max-text";
  EXPECT_EQ(firstLine(parseFile("# 34567890\n", limits)),
            "test.keops:1:1: " + error);
  FormulaSource source;
  source.formula = "s + s + s + s";
  source.aliases = {"s = Vi(1)"};
  EXPECT_EQ(firstLine(parseFormula(source, limits)), "<formula>:1:1: " + error);
}

TEST(Limits, EachHasANameAndAFlag) {
  FrontendLimits limits;
  for (Limit *limit : limits.all()) {
    EXPECT_GT(limit->value, 0);
    EXPECT_TRUE(llvm::StringRef(limit->flag).starts_with("--max-"));
    EXPECT_FALSE(llvm::StringRef(limit->name).empty());
  }
}
