//===- StatementErrors.cpp - what is said about wrong files and options
//----===//

#include "test/Unit/Frontend/Harness.h"
#include <gtest/gtest.h>

using namespace keops;
using namespace keops::test;

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

struct WrongFile {
  const char *text;
  const char *diagnostics;
};
static void PrintTo(const WrongFile &wrong, std::ostream *os) {
  *os << wrong.text;
}

class FileErrors : public testing::TestWithParam<WrongFile> {};

TEST_P(FileErrors, Diagnostics) {
  Outcome outcome = parseFile(GetParam().text);
  EXPECT_FALSE(outcome.module);
  EXPECT_EQ(outcome.diagnostics, GetParam().diagnostics);
}

static constexpr WrongFile kStatements[] = {
    {"", "test.keops:1:1: error: there is no kernel: a kernel starts with "
         "'kernel NAME'\n\n^\n"},
    {"# nothing\n",
     "test.keops:2:1: error: there is no kernel: a kernel starts with "
     "'kernel NAME'\n\n^\n"},
    {"x = Vi(3)\n",
     "test.keops:1:1: error: expected 'kernel NAME' first, got 'x'\n"
     "x = Vi(3)\n^\n"},
    {"kernal f\n",
     "test.keops:1:1: error: unknown statement 'kernal'; did you mean "
     "'kernel'?\nkernal f\n^\n"},
    {"kernel\n x = Vi(1)\n",
     "test.keops:1:7: error: expected the name of the kernel, got the end of "
     "the line\nkernel\n      ^\n"},
    {"kernel f g\n",
     "test.keops:1:10: error: expected an operator or the end of the line, got "
     "'g'\nkernel f g\n         ^\n"},
    {"kernel f\n x = Vi(1)\n", "test.keops:1:8: error: kernel f has no reduce "
                               "line\nkernel f\n       ^\n"},
    {"kernel f\n x = Vi(1)\n redcue Sum(x, axis=1)\n",
     "test.keops:3:2: error: unknown statement 'redcue'; did you mean "
     "'reduce'?\n redcue Sum(x, axis=1)\n ^\n"},
    {"kernel f\n x = Vi(1)\n Sum(x, axis=1)\n",
     "test.keops:3:2: error: unknown statement 'Sum'\n Sum(x, axis=1)\n ^\n"},
    {"kernel f\n x = Vi(1)\n 3\n",
     "test.keops:3:2: error: expected a statement, got '3'\n 3\n ^\n"},
    {"kernel f\n x = Vi(1)\n grad x\n",
     "test.keops:3:2: error: grad stands after the reduce line\n grad x\n ^\n"},
    {"kernel f\n x = Vi(1)\n dtype float64\n",
     "test.keops:3:2: error: dtype stands right after the kernel line\n"
     " dtype float64\n ^\n"},
    {"kernel f\n dtype float16\n",
     "test.keops:2:8: error: expected float32 or float64, got 'float16'\n"
     " dtype float16\n       ^\n"},
    {"dtype double\n",
     "test.keops:1:7: error: expected float32 or float64, got 'double'\n"
     "dtype double\n      ^\n"},
    {"kernel f\n x = Vi(1)\n reduce Sum(x, axis=1)\n reduce Sum(x, axis=0)\n",
     "test.keops:4:2: error: kernel f has two reduce lines\n"
     " reduce Sum(x, axis=0)\n ^\n"},
    {"kernel f\n x = Vi(1)\n reduce Sum(x, axis=1)\n y = Vj(1)\n",
     "test.keops:4:2: error: definitions stand before the reduce line\n"
     " y = Vj(1)\n ^\n"},
    {"kernel f\n x = Vi(1)\n reduce Sum(x, axis=1) grad x\n",
     "test.keops:3:24: error: expected an operator or the end of the line, got "
     "'grad'\n reduce Sum(x, axis=1) grad x\n                       ^\n"},
    {"kernel f\n x = Vi(1)\n reduce Sum(x, axis=1\nkernel g\n",
     "test.keops:4:1: error: expected ')', got 'kernel'\nkernel g\n^\n"
     "test.keops:3:12: note: to match this '('\n"
     " reduce Sum(x, axis=1\n           ^\n"
     "test.keops:4:8: error: kernel g has no reduce line\nkernel g\n"
     "       ^\n"},
    {"kernel f\n x = Vi(1\n\tb = Vj(1)\n",
     "test.keops:3:2: error: expected ')', got 'b'\n\tb = Vj(1)\n\t^\n"
     "test.keops:2:8: note: to match this '('\n x = Vi(1\n       ^\n"},
};
INSTANTIATE_TEST_SUITE_P(Statements, FileErrors,
                         testing::ValuesIn(kStatements));

static constexpr WrongFile kDefinitions[] = {
    {"kernel f\n x = Vi(1)\n x = Vj(2)\n",
     "test.keops:3:2: error: 'x' is defined twice\n x = Vj(2)\n ^\n"
     "test.keops:2:2: note: first defined here\n x = Vi(1)\n ^\n"},
    {"kernel f\n x = Vi(1)\n d = Exp(x)\n d = x\n",
     "test.keops:4:2: error: 'd' is defined twice\n d = x\n ^\n"
     "test.keops:3:2: note: first defined here\n d = Exp(x)\n ^\n"},
    {"kernel f\n Sum = Vi(1)\n",
     "test.keops:2:2: error: 'Sum' is the name of an operation\n"
     " Sum = Vi(1)\n ^\n"},
    {"kernel f\n x = Vi(1) y = Vj(1)\n",
     "test.keops:2:12: error: expected an operator or the end of the line, got "
     "'y'\n x = Vi(1) y = Vj(1)\n           ^\n"},
    {"kernel f\n x = Vi(0)\n",
     "test.keops:2:9: error: a dimension must be positive, got 0\n"
     " x = Vi(0)\n        ^\n"},
    {"kernel f\n x = Vi(-3)\n",
     "test.keops:2:9: error: a dimension must be positive, got -3\n"
     " x = Vi(-3)\n        ^\n"},
    {"kernel f\n x = Vi(1.5)\n",
     "test.keops:2:9: error: argument 'D' of Vi must be an integer\n"
     " x = Vi(1.5)\n        ^\n"},
    {"kernel f\n x = Vi()\n",
     "test.keops:2:6: error: Vi takes 1 argument (D), got 0\n"
     " x = Vi()\n     ^\n"},
    {"kernel f\n x = Vi(0, 1, 2)\n",
     "test.keops:2:6: error: Vi takes 1 argument (D), got 3\n"
     " x = Vi(0, 1, 2)\n     ^\n"},
    {"kernel f\n x = Var(0, 3)\n",
     "test.keops:2:6: error: Var takes 3 arguments (P, D, C), got 2\n"
     " x = Var(0, 3)\n     ^\n"},
    {"kernel f\n x = Var(0, 3, 3)\n",
     "test.keops:2:16: error: a category is 0 (i), 1 (j) or 2 (parameter), got "
     "3\n x = Var(0, 3, 3)\n               ^\n"},
    {"kernel f\n x = Vk(3)\n",
     "test.keops:2:6: error: unknown operation 'Vk'; did you mean 'Vi'?\n"
     " x = Vk(3)\n     ^\n"},
    {"kernel f\n x = Vi(1, 3)\n y = Vj(3)\n",
     "test.keops:3:2: error: position 1 is taken by x\n y = Vj(3)\n ^\n"
     "test.keops:2:2: note: x is declared here\n x = Vi(1, 3)\n ^\n"},
    {"kernel f\n x = Vi(2, 3)\n y = Vj(3)\n reduce Sum(x * y, axis=1)\n",
     "test.keops:3:2: error: y is at position 1, but no variable is at "
     "position 0\n y = Vj(3)\n ^\n"},
    {"kernel f\n x = Vi(-1, 3)\n reduce Sum(x, axis=1)\n",
     "test.keops:2:9: error: a position must not be negative, got -1\n"
     " x = Vi(-1, 3)\n        ^\n"},
    {"kernel f\n d = 2 * Vi(0, 3)\n x = Vi(2)\n",
     "test.keops:3:2: error: position 0 is declared twice, as Vi(0, 3) and as "
     "Vi(0, 2)\n x = Vi(2)\n ^\n"
     "test.keops:2:10: note: Vi(0, 3) is declared here\n d = 2 * Vi(0, 3)\n"
     "         ^\n"},
    {"kernel f\n d = Exp(x)\n x = Vi(1)\n",
     "test.keops:2:10: error: unknown name 'x'\n d = Exp(x)\n         ^\n"},
};
INSTANTIATE_TEST_SUITE_P(Definitions, FileErrors,
                         testing::ValuesIn(kDefinitions));

static constexpr WrongFile kResults[] = {
    {"kernel f\n x = Vi(1)\n reduce Exp(x)\n",
     "test.keops:3:2: error: the formula is not reduced: write for example "
     "Sum(formula, axis=1) for a sum over j\n reduce Exp(x)\n ^\n"},
    {"kernel f\n x = Vi(1)\n reduce 2\n",
     "test.keops:3:2: error: the formula is not reduced: write for example "
     "Sum(formula, axis=1) for a sum over j\n reduce 2\n ^\n"},
    {"kernel f\n x = Vi(1)\n y = Vj(1)\n reduce y / Sum(x * y, axis=1)\n",
     "test.keops:4:2: error: the formula is not reduced along i or j: it still "
     "varies along both\n reduce y / Sum(x * y, axis=1)\n ^\n"},
    {"kernel f\n p = Pm(1)\n reduce Sum(p, axis=1)\n",
     "test.keops:3:2: error: a formula needs a variable that varies along i or "
     "j, declared with Vi or Vj\n reduce Sum(p, axis=1)\n ^\n"},
    {"kernel f\n reduce Sum(1, axis=1)\n",
     "test.keops:2:2: error: a formula needs a variable that varies along i or "
     "j, declared with Vi or Vj\n reduce Sum(1, axis=1)\n ^\n"},
    {"kernel f\n x = Vi(1)\n reduce Sum(x, axis=1)\n grad z\n",
     "test.keops:4:7: error: unknown variable 'z'\n"
     " grad z\n      ^\n"},
    {"kernel f\n x = Vi(1)\n d = Exp(x)\n reduce Sum(d, axis=1)\n grad x, d\n",
     "test.keops:5:10: error: 'd' is a sub-formula; gradients are taken along "
     "variables\n grad x, d\n         ^\n"},
    {"kernel f\n x = Vi(1)\n reduce Sum(x, axis=1)\n grad x, x\n",
     "test.keops:4:10: error: 'f_grad_x' is defined twice\n grad x, x\n"
     "         ^\ntest.keops:4:7: note: first defined here\n"},
    {"kernel f\n x = Vi(1)\n reduce Sum(x, axis=1)\n grad\n",
     "test.keops:4:6: error: expected the name of a variable, got the end of "
     "the line\n grad\n     ^\n"},
    {"kernel f\n x = Vi(1)\n reduce ArgMin(x, axis=1)\n grad x\n",
     "test.keops:4:7: error: ArgMin has no derivative\n grad x\n      ^\n"},
};
INSTANTIATE_TEST_SUITE_P(Results, FileErrors, testing::ValuesIn(kResults));

#define BODY "\n x = Vi(1)\n reduce Sum(x, axis=1)\n"
static constexpr WrongFile kKernelNames[] = {
    {"kernel f" BODY "kernel f" BODY,
     "test.keops:4:8: error: 'f' is defined twice\nkernel f\n       ^\n"
     "test.keops:1:8: note: first defined here\nkernel f\n       ^\n"},
    {"kernel f" BODY " grad x\nkernel f_grad_x" BODY,
     "test.keops:5:8: error: 'f_grad_x' is defined twice\nkernel f_grad_x\n"
     "       ^\ntest.keops:4:7: note: first defined here\n grad x\n      ^\n"},
    {"kernel f" BODY " grad x\nkernel f_value_and_grad" BODY,
     "test.keops:5:8: error: 'f_value_and_grad' is defined twice\n"
     "kernel f_value_and_grad\n       ^\n"
     "test.keops:4:7: note: first defined here, as f with its gradients\n"
     " grad x\n      ^\n"},
    {"kernel f_grad" BODY "kernel f\n x = Vi(1)\n y = Vj(1)\n"
     " reduce Sum(x * y, axis=1)\n grad y, x\n",
     "test.keops:8:7: error: 'f_grad' is defined twice, as all gradients of f\n"
     " grad y, x\n      ^\ntest.keops:1:8: note: first defined here\n"
     "kernel f_grad\n       ^\n"},
    {"kernel template" BODY,
     "test.keops:1:8: error: a kernel cannot be called 'template': it becomes "
     "a C function, and this is a keyword of C or C++\nkernel template\n"
     "       ^\n"},
    {"kernel exp" BODY,
     "test.keops:1:8: error: a kernel cannot be called 'exp': it becomes a C "
     "function, and the C library has one of this name\nkernel exp\n"
     "       ^\n"},
    {"kernel main" BODY,
     "test.keops:1:8: error: a kernel cannot be called 'main': it becomes a C "
     "function, and the C library has one of this name\nkernel main\n"
     "       ^\n"},
    {"kernel keops_gauss" BODY,
     "test.keops:1:8: error: a kernel cannot be called 'keops_gauss': names "
     "that start with keops_ belong to the runtime\nkernel keops_gauss\n"
     "       ^\n"},
    {"kernel _f" BODY,
     "test.keops:1:8: error: a kernel cannot be called '_f': names that start "
     "with _ belong to the C compiler\nkernel _f\n       ^\n"},
};
INSTANTIATE_TEST_SUITE_P(KernelNames, FileErrors,
                         testing::ValuesIn(kKernelNames));

TEST(FileErrors, EveryKernelReportsItsOwn) {
  Outcome outcome =
      parseFile("kernel f\n x = Vi(1\n reduce Sum(x, axis=1)\n"
                "kernel g" BODY "kernel h\n x = Vi(1)\n reduce Sum(z, axis=1)\n"
                " grad x\n");
  EXPECT_EQ(outcome.diagnostics,
            "test.keops:3:2: error: expected ')', got 'reduce'\n"
            " reduce Sum(x, axis=1)\n ^\n"
            "test.keops:2:8: note: to match this '('\n x = Vi(1\n       ^\n"
            "test.keops:9:13: error: unknown name 'z'\n"
            " reduce Sum(z, axis=1)\n            ^\n");
}
#undef BODY

TEST(FileErrors, BytesThatAreNotText) {
  EXPECT_EQ(parseFile(llvm::StringRef("kernel f\n x\0y = 1\n", 18)).diagnostics,
            "test.keops:2:3: error: byte 0x00 is not text\n x?y = 1\n  ^\n");
  EXPECT_EQ(parseFile("kernel \xff\n").diagnostics,
            "test.keops:1:8: error: byte 0xff is not text\nkernel \xff\n"
            "       ^\n");
}

//===----------------------------------------------------------------------===//
// Command lines
//===----------------------------------------------------------------------===//

static FormulaSource source() {
  FormulaSource source;
  source.formula = "Exp(x * y)";
  source.aliases = {"x = Vi(1)", "y = Vj(1)"};
  return source;
}

TEST(OptionErrors, NameTheOption) {
  FormulaSource wrong = source();
  wrong.reduction = "sum";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<reduction>:1:1: error: unknown reduction 'sum'; did you mean "
            "'Sum'?\nsum\n^\n");
  wrong = source();
  wrong.axis = 2;
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<axis>:1:1: error: axis must be 1 (over j) or 0 (over i), got 2\n"
            "2\n^\n");
  wrong = source();
  wrong.dtype = "half";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<dtype>:1:1: error: expected float32 or float64, got 'half'\n"
            "half\n^\n");
  wrong = source();
  wrong.name = "my kernel";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<name>:1:1: error: a kernel cannot be called 'my kernel': a name "
            "consists of letters, digits and _\nmy kernel\n^\n");
  wrong = source();
  wrong.gradients = {"x", "Y"};
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<grad 2>:1:1: error: unknown variable 'Y'; did you mean 'y'?\n"
            "Y\n^\n");
}

TEST(OptionErrors, RanksAndSecondFormulas) {
  FormulaSource wrong = source();
  wrong.reduction = "ArgKMin";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<reduction>:1:1: error: ArgKMin needs K, the number of values to "
            "keep: ArgKMin(f, K=10, axis=1)\nArgKMin\n^\n");
  wrong.optArg = -2;
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<opt-arg>:1:1: error: K must be positive, got -2\n-2\n^\n");
  wrong = source();
  wrong.formula2 = "x *";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<formula2>:1:4: error: expected a formula, got the end of the "
            "text\nx *\n   ^\n");
  wrong.formula2 = "x";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<reduction>:1:1: error: Sum takes one formula\nSum\n^\n");
}

TEST(OptionErrors, Sums) {
  FormulaSource wrong = source();
  wrong.sumScheme = "kahan";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<sum-scheme>:1:1: error: sum_scheme is auto, block_sum, "
            "direct_sum or kahan_scheme, got 'kahan'\nkahan\n^\n");
  wrong = source();
  wrong.dtype = "float64";
  wrong.dtypeAcc = "float32";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<dtype-acc>:1:1: error: dtype_acc must be at least as precise as "
            "the data, which is float64\nfloat32\n^\n");
  wrong.dtypeAcc = "float64";
  wrong.reduction = "Max";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<dtype-acc>:1:1: error: dtype_acc is for reductions that add up, "
            "as Sum and LogSumExp, and there is none\nfloat64\n^\n");
}

TEST(OptionErrors, Aliases) {
  FormulaSource wrong = source();
  wrong.aliases[1] = "y : Vj(1)";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<alias 2>:1:3: error: expected '=', got ':'\ny : Vj(1)\n  ^\n");
  wrong.aliases[1] = "y = Vj(1) * x";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<alias 2>:1:5: error: within a formula Vj needs a position, as in "
            "Vj(0, 3), or a name of its own, as in x = Vj(3)\ny = Vj(1) * x\n"
            "    ^\n");
  wrong.aliases[1] = "x = Vj(1)";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<alias 2>:1:1: error: 'x' is defined twice\nx = Vj(1)\n^\n"
            "<alias 1>:1:1: note: first defined here\nx = Vi(1)\n^\n");
}

// The example of the documentation.
TEST(OptionErrors, DefinitionsInTheFormula) {
  FormulaSource wrong;
  wrong.formula = "x = Vi(3); y = Vj(2); Sum_Reduction(Exp(-SqDist(x, y)), 0)";
  EXPECT_EQ(parseFormula(wrong).diagnostics,
            "<formula>:1:42: error: SqDist needs operands of equal dimension, "
            "got 3 and 2\n" +
                wrong.formula + "\n" + std::string(41, ' ') +
                "^\n"
                "<formula>:1:1: note: x has dimension 3, declared here\n"
                "<formula>:1:12: note: y has dimension 2, declared here\n");
}
