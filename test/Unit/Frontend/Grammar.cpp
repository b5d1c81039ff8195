//===- Grammar.cpp - what formula text means
//-------------------------------===//

#include "test/Unit/Frontend/Harness.h"
#include <gtest/gtest.h>

using namespace keops;
using namespace keops::test;

/// The tree under the sum over j.
static std::string treeOf(llvm::StringRef formula) {
  std::string tree = parseFormula(formula).tree();
  llvm::StringRef inner(tree);
  if (!inner.consume_front("Sum[j](") || !inner.consume_back(")"))
    return tree;
  if (inner.consume_front("broadcast("))
    inner.consume_back(")");
  return inner.str();
}

struct Example {
  const char *text, *tree;
};
static void PrintTo(const Example &example, std::ostream *os) {
  *os << example.text;
}

class Grammar : public testing::TestWithParam<Example> {};

TEST_P(Grammar, Tree) { EXPECT_EQ(treeOf(GetParam().text), GetParam().tree); }

static constexpr Example kOperators[] = {
    // From loose to tight: | + - * / unary minus **.
    {"s + t * p", "Add(s, Mult(t, p))"},
    {"s * t + p", "Add(Mult(s, t), p)"},
    {"x | y + x", "Scalprod(x, Add(y, x))"},
    {"(x | y) + s", "Add(Scalprod(x, y), s)"},
    {"x | y | s", "Scalprod(Scalprod(x, y), s)"},
    {"s - t - p", "Subtract(Subtract(s, t), p)"},
    {"s / t * p", "Mult(Divide(s, t), p)"},
    {"s - (t - p)", "Subtract(s, Subtract(t, p))"},
    {"-s * t", "Mult(Minus(s), t)"},
    {"s * -t", "Mult(s, Minus(t))"},
    {"s--t", "Subtract(s, Minus(t))"},
    {"+s + +t", "Add(s, t)"},
    {"--s", "Minus(Minus(s))"},
    {"-x ** 2", "Minus(Square(x))"},
    {"(-x) ** 2", "Square(Minus(x))"},
    {"s ** t ** p", "Powf(s, Powf(t, p))"},
    {"s < t + p", "LessThan(s, Add(t, p))"},
    {"s <= t", "LessOrEqual(s, t)"},
    {"s > t", "LessThan(t, s)"},
    {"s >= t", "LessOrEqual(t, s)"},
    {"s | t == p", "Equal(Scalprod(s, t), p)"},
    {"s != t | p", "NotEqual(s, Scalprod(t, p))"},
    {"(s < t) < p", "LessThan(LessThan(s, t), p)"},
    {"s ** -t", "Powf(s, Minus(t))"},
    {"2 ** s * t", "Mult(Powf(2, s), t)"},
    {"((((s))))", "s"},
};
INSTANTIATE_TEST_SUITE_P(Operators, Grammar, testing::ValuesIn(kOperators));

static constexpr Example kPowers[] = {
    {"x ** 2", "Square(x)"},
    {"x ** 3", "Pow(x, exponent=3)"},
    {"x ** -2", "Pow(x, exponent=-2)"},
    {"x ** 1", "Pow(x, exponent=1)"},
    {"x ** 0", "Pow(x, exponent=0)"},
    {"x ** (2 - 4)", "Pow(x, exponent=-2)"},
    {"x ** 0.5", "Sqrt(x)"},
    {"x ** (1 / 2)", "Sqrt(x)"},
    {"x ** -0.5", "Rsqrt(x)"},
    {"x ** -(1/2)", "Rsqrt(x)"},
    {"x ** 2.5", "Powf(x, 2.5)"},
    {"x ** 2.0", "Powf(x, 2)"},
    {"x ** s", "Powf(x, s)"},
    {"x ** 9999999999", "Powf(x, 1.0E+10)"},
};
INSTANTIATE_TEST_SUITE_P(Powers, Grammar, testing::ValuesIn(kPowers));

static constexpr Example kNumbers[] = {
    {"2 * 3 * x", "Mult(6, x)"},
    {"1 / 2 * x", "Mult(0.5, x)"},
    {"x * 2 ** -1", "Mult(x, 0.5)"},
    {"-3 + x", "Add(-3, x)"},
    {"2", "2"},
    {"-0.5", "-0.5"},
    {"0.5 + 0.25", "Add(0.5, 0.25)"},
    {"1 / 0 * s", "Mult(Divide(1, 0), s)"},
    {"n = 2; x ** n", "Square(x)"},
    {"n = 1; Elem(x, n + 1)", "Extract(x, size=1, start=2)"},
};
INSTANTIATE_TEST_SUITE_P(Numbers, Grammar, testing::ValuesIn(kNumbers));

static constexpr Example kCalls[] = {
    {"Exp(x)", "Exp(x)"},
    {"Scalprod(x, y)", "Scalprod(x, y)"},
    {"Scalprod(b=x, a=y)", "Scalprod(y, x)"},
    {"Pow(x, 3)", "Pow(x, exponent=3)"},
    {"Pow(x, exponent=2 + 1)", "Pow(x, exponent=3)"},
    {"Extract(x, 1, 2)", "Extract(x, size=2, start=1)"},
    {"Extract(x, size=2, start=1)", "Extract(x, size=2, start=1)"},
    {"ExtractT(b, 1, 4)", "ExtractT(b, size=4, start=1)"},
    {"Concat(x, b)", "Concat(x, b)"},
    {"Sum(x)", "Sum(x)"},
    {"SqDist(x, y)", "SqNorm2(Subtract(x, y))"},
    {"Norm2(x)", "Sqrt(SqNorm2(x))"},
    {"Normalize(x)", "Mult(x, Rsqrt(SqNorm2(x)))"},
    {"Elem(x, 2)", "Extract(x, size=1, start=2)"},
    {"Elem(f=x, m=2)", "Extract(x, size=1, start=2)"},
    {"ElemT(s, 4, 2)", "ExtractT(s, size=4, start=2)"},
    {"Zero(3)", "ExtractT(0, size=3, start=0)"},
    {"s * RatCst(1, 4)", "Mult(s, 0.25)"},
    {"s * IntCst(3) + IntInv(2)", "Add(Mult(s, 3), 0.5)"},
    {"SqDist(x, 2)", "SqNorm2(Subtract(x, 2))"},
    {"SqDist(SqDist(x, y), Norm2(x))",
     "SqNorm2(Subtract(SqNorm2(Subtract(x, y)), Sqrt(SqNorm2(x))))"},
    {"d = SqDist(x, y); Exp(-d) * d",
     "Mult(Exp(Minus(SqNorm2(Subtract(x, y)))), SqNorm2(Subtract(x, y)))"},
    {"Exp(\n  s # inside brackets lines go on\n)", "Exp(s)"},
};
INSTANTIATE_TEST_SUITE_P(Calls, Grammar, testing::ValuesIn(kCalls));

static constexpr Example kComponents[] = {
    {"x[1]", "Extract(x, size=1, start=1)"},
    {"(x + y)[2 - 2]", "Extract(Add(x, y), size=1, start=0)"},
    {"x[0:2]", "Extract(x, size=2, start=0)"},
    {"x[1:]", "Extract(x, size=2, start=1)"},
    {"x[:2]", "Extract(x, size=2, start=0)"},
    {"x[:]", "Extract(x, size=3, start=0)"},
    {"x[1:][0]", "Extract(Extract(x, size=2, start=1), size=1, start=0)"},
    {"-x[1] ** 2", "Minus(Square(Extract(x, size=1, start=1)))"},
    {"k = 2; x[k] * t", "Mult(Extract(x, size=1, start=2), t)"},
};
INSTANTIATE_TEST_SUITE_P(Components, Grammar, testing::ValuesIn(kComponents));

static constexpr Example kVectors[] = {
    {"SumT(s, 3)", "SumT(s, size=3)"},
    {"OneHot(s, 3)", "OneHot(s, size=3)"},
    {"Max(x) + ArgMin(x)", "Add(Max(x), ArgMin(x))"},
    {"SqNormIso(s, x)", "Mult(s, SqNorm2(x))"},
    {"SqNormDiag(y, x)", "Sum(Mult(y, Square(x)))"},
    {"ComplexMult(b, Real2Complex(s))",
     "Complex(Subtract(Mult(ComplexReal(b), ComplexReal(Complex(s, 0))), "
     "Mult(ComplexImag(b), ComplexImag(Complex(s, 0)))), "
     "Add(Mult(ComplexReal(b), ComplexImag(Complex(s, 0))), "
     "Mult(ComplexImag(b), ComplexReal(Complex(s, 0)))))"},
    {"ComplexRealScal(s, b)",
     "Complex(Mult(ComplexReal(b), s), Mult(ComplexImag(b), s))"},
    {"ComplexRealScal(b, s)",
     "Complex(Mult(ComplexReal(b), s), Mult(ComplexImag(b), s))"},
    {"SymSqNorm(TensorProd(x, y), x)",
     "Scalprod(x, MatVecMult(TensorProd(x, y), x))"},
    {"WeightedSqNorm(2, x)", "Mult(2, SqNorm2(x))"},
    {"WeightedSqNorm(y, x)", "Sum(Mult(y, Square(x)))"},
    {"WeightedSqNorm(TensorProd(b, b), b)",
     "Scalprod(b, MatVecMult(TensorProd(b, b), b))"},
    {"WeightedSqDist(t, x, y)", "Mult(t, SqNorm2(Subtract(x, y)))"},
    {"TensorDot(x, x, [3], [3], [0], [0])",
     "TensorDot(x, x, contf=[0], contg=[0], dimsf=[3], dimsg=[3], permute=[])"},
    {"TensorDot(x, b, (3,), Ind(1, 2), [], Ind(), permute=(1, 0, 2))",
     "TensorDot(x, b, contf=[], contg=[], dimsf=[3], dimsg=[1, 2], "
     "permute=[1, 0, 2])"},
    {"d = [3]; Kron(x, b, d, [2])", "Kron(x, b, dimsf=[3], dimsg=[2])"},
};
INSTANTIATE_TEST_SUITE_P(Vectors, Grammar, testing::ValuesIn(kVectors));

static constexpr Example kDerivatives[] = {
    {"Diff(s * t, (s, t), (p, 2))",
     "Add(diff(Mult(s, t), s, p), diff(Mult(s, t), t, 2))"},
    {"Diff(s * t, [s], [p])", "diff(Mult(s, t), s, p)"},
    {"v = (s, t); Diff(s * t, v, v)",
     "Add(diff(Mult(s, t), s, s), diff(Mult(s, t), t, t))"},
    {"Grad_WithSavedForward(Sum(s * t, axis=1), s, 2, p)",
     "grad(saved(Sum[j](Mult(s, t)), p), s, 2)"},
    {"Diff_WithSavedForward(Sum(s * t, axis=1), s, 2, p)",
     "diff(saved(Sum[j](Mult(s, t)), p), s, 2)"},
    {"AdjointOperator(2 * x, x, y)", "grad(Mult(2, x), x, y)"},
    {"TraceOperator(2 * s, s)",
     "Extract(diff(Mult(2, s), s, ExtractT(1, size=1, start=0)), size=1, "
     "start=0)"},
    {"SumLinOperator(2 * s, s, p, t)", "Sum(Mult(p, diff(Mult(2, s), s, t)))"},
    {"SumLinOperator(2 * x, x)", "Sum(diff(Mult(2, x), x, SumT(1, size=3)))"},
};
INSTANTIATE_TEST_SUITE_P(Derivatives, Grammar, testing::ValuesIn(kDerivatives));

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// The whole tree of a formula that holds its own reduction.
static std::string reduced(llvm::StringRef formula) {
  return parseFormula(formula).tree();
}

TEST(Reductions, AnAxisMakesACallAReduction) {
  EXPECT_EQ(reduced("Sum(x * y, axis=1)"), "Sum[j](Mult(x, y))");
  EXPECT_EQ(reduced("Sum(x * y, axis=0)"), "Sum[i](Mult(x, y))");
  EXPECT_EQ(reduced("Sum(Sum(x * y), axis=1)"), "Sum[j](Sum(Mult(x, y)))");
  EXPECT_EQ(reduced("MinArgMin(s * t, axis=1)"), // two results
            "Min_ArgMin[j](Mult(s, t)), Min_ArgMin[j](Mult(s, t))");
  EXPECT_EQ(reduced("LogSumExp(s * t, weight=Exp(s * t), axis=1)"),
            "LogSumExpWeight[j](Mult(s, t), Exp(Mult(s, t)))");
  EXPECT_EQ(reduced("SoftMax_Reduction(s * t, 0, Exp(s * t))"),
            "SumSoftMaxWeight[j](Mult(s, t), Exp(Mult(s, t)))");
  EXPECT_EQ(reduced("LogSumExp(s * t, axis=1)"), "LogSumExp[j](Mult(s, t))");
  EXPECT_EQ(reduced("KMin(s * t, K=3, axis=1)"), "KMin[j](Mult(s, t))");
}

TEST(Reductions, ReadsTheSpellingOfKeOps) {
  EXPECT_EQ(reduced("Sum_Reduction(x * y, 0)"), "Sum[j](Mult(x, y))");
  EXPECT_EQ(reduced("Sum_Reduction(x * y, 1)"), "Sum[i](Mult(x, y))");
  EXPECT_EQ(reduced("ArgKMin_Reduction(s * t, 3, 0)"),
            "ArgKMin[j](Mult(s, t))");
}

TEST(Reductions, SpreadWhatDoesNotVaryAlongBothAxes) {
  EXPECT_EQ(reduced("Sum(x, axis=1)"), "Sum[j](broadcast(x))");
  EXPECT_EQ(reduced("Sum(y, axis=1)"), "Sum[j](broadcast(y))");
  EXPECT_EQ(reduced("Max(p, axis=0)"), "Max[i](broadcast(p))");
}

TEST(Reductions, MayBeUsedFurther) {
  EXPECT_EQ(reduced("Log(Sum(Exp(s * t), axis=1)) + p"),
            "Add(Log(Sum[j](Exp(Mult(s, t)))), p)");
  EXPECT_EQ(reduced("z = Sum(s * t, axis=1); z / z"),
            "Divide(Sum[j](Mult(s, t)), Sum[j](Mult(s, t)))");
  // A formula that still varies along both axes is reduced once more.
  EXPECT_EQ(reduced("y / Sum(x * y, axis=1)"),
            "Sum[j](Divide(y, Sum[j](Mult(x, y))))");
}

/// How the reductions of a formula add up, in its order.
static std::string summations(Outcome outcome) {
  std::string text = outcome.diagnostics;
  llvm::raw_string_ostream os(text);
  if (outcome.module)
    for (auto reduce : outcome.formula().getBody().getOps<ReduceOp>())
      os << (text.empty() ? "" : " ") << reduce.getReduction();
  return text;
}

TEST(Reductions, AddUpAsTheyAreTold) {
  auto of = [](const char *formula) {
    return summations(parseFormula(formula));
  };
  EXPECT_EQ(of("Sum(s * t, axis=1)"), "#keops.sum");
  EXPECT_EQ(of("Sum(s * t, axis=1, sum_scheme=auto, dtype_acc='auto')"),
            "#keops.sum");
  EXPECT_EQ(of("Sum(s * t, axis=1, sum_scheme=block_sum, dtype_acc=float32)"),
            "#keops.sum");
  EXPECT_EQ(of("Mean(s * t, sum_scheme=\"direct_sum\", axis=1)"),
            "#keops.mean<direct>");
  EXPECT_EQ(of("SoftMax(s * t, t, sum_scheme=kahan_scheme, dtype_acc=float64, "
               "axis=1)"),
            "#keops.softmax<kahan, f64>");
  EXPECT_EQ(of("LogSumExp(s * t, weight=t, axis=1, use_double_acc=True)"),
            "#keops.logsumexpweight<f64>");
  EXPECT_EQ(of("Max_SumShiftExp_Reduction(s * t, 0, use_double_acc=False, "
               "sum_scheme=kahan_scheme)"),
            "#keops.maxsumshiftexp<kahan>");
  EXPECT_EQ(of("Min(s * t, axis=1, sum_scheme=auto, use_double_acc=False)"),
            "#keops.min");
  EXPECT_EQ(of("Sum(s / Sum(s * t, axis=1, dtype_acc=float64), axis=0)"),
            "#keops.sum<f64> #keops.sum");
}

TEST(Reductions, AddUpAsTheCommandLineSays) {
  FormulaSource source;
  source.formula = "x * y";
  source.aliases = {"x = Vi(1)", "y = Vj(1)"};
  source.sumScheme = "kahan_scheme";
  source.dtypeAcc = "float64";
  Outcome outcome = parseFormula(source);
  EXPECT_NE(outcome.ir().find("keops.text = \"Sum(x * y, axis=0, "
                              "sum_scheme=kahan_scheme, dtype_acc=float64)\""),
            std::string::npos);
  EXPECT_EQ(summations(std::move(outcome)), "#keops.sum<kahan, f64>");
  source.dtype = "float64"; // sums are that already
  EXPECT_EQ(summations(parseFormula(source)), "#keops.sum<kahan>");
  source.dtype = "float32";
  source.formula = "Min(Sum(x * y, axis=1) / LogSumExp(x * y, axis=1, "
                   "sum_scheme=direct_sum, dtype_acc=auto), axis=0)";
  EXPECT_EQ(summations(parseFormula(source)),
            "#keops.sum<kahan, f64> #keops.logsumexp<direct> #keops.min");
}

TEST(Reductions, OfTheCommandLine) {
  FormulaSource source;
  source.formula = "SqDist(x, y)";
  source.aliases = {"x = Vi(3)", "y = Vj(3)"};
  source.reduction = "KMin";
  source.optArg = 4;
  source.axis = 0;
  Outcome outcome = parseFormula(source);
  EXPECT_EQ(outcome.tree(), "KMin[i](SqNorm2(Subtract(x, y)))");
  EXPECT_NE(outcome.ir().find("-> !keops.vec<4xf32, j>"), std::string::npos);
  EXPECT_NE(
      outcome.ir().find("keops.text = \"KMin(SqDist(x, y), K=4, axis=0)\""),
      std::string::npos);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

TEST(Gradients, OfAFileFollowTheirKernel) {
  Outcome outcome = parseFile(R"(kernel f
  e = Vi(1)
  y = Vj(2)
  reduce Sum(e * y, axis=1)
  grad y, e
kernel g
  y = Vj(2)
  reduce Sum(y, axis=1)
)");
  std::string names;
  for (FormulaOp op : outcome.module->getOps<FormulaOp>())
    names += op.getSymName().str() + " ";
  EXPECT_EQ(names, "f f_grad_y f_grad_e f_grad f_value_and_grad g ");
  EXPECT_EQ(outcome.tree("f_grad_y"), "grad(Sum[j](Mult(e, y)), y, e_)");
  EXPECT_EQ(outcome.tree("f_grad_e"), "grad(Sum[j](Mult(e, y)), e, e_)");
}

// f has x and y, g has x; f asks for its gradient along x itself.
static std::string namesWith(const MoreGradients &more) {
  Outcome outcome = parseFile("kernel f\n x = Vi(1)\n y = Vj(1)\n"
                              " reduce Sum(x * y, axis=1)\n grad x\n"
                              "kernel g\n x = Vi(1)\n reduce Sum(x, axis=1)\n",
                              {}, more);
  if (!outcome.module)
    return outcome.diagnostics;
  std::string names;
  for (FormulaOp op : outcome.module->getOps<FormulaOp>())
    names += op.getSymName().str() + " ";
  return names;
}

TEST(Gradients, OfTheCommandLineAreAdded) {
  EXPECT_EQ(namesWith({}), "f f_grad_x f_value_and_grad g ");
  EXPECT_EQ(namesWith({"", {"y"}}),
            "f f_grad_x f_grad_y f_grad f_value_and_grad g ");
  EXPECT_EQ(namesWith({"", {"x"}}),
            "f f_grad_x f_value_and_grad g g_grad_x g_value_and_grad ");
  EXPECT_EQ(namesWith({"g", {"x"}}),
            "f f_grad_x f_value_and_grad g g_grad_x g_value_and_grad ");
  EXPECT_EQ(namesWith({"f", {"x", "y"}}),
            "f f_grad_x f_grad_y f_grad f_value_and_grad g ");
  EXPECT_EQ(namesWith({"", {"x", "z"}}),
            "<grad 2>:1:1: error: no kernel has a variable 'z'\nz\n^\n");
  EXPECT_EQ(namesWith({"g", {"y"}}),
            "<grad 1>:1:1: error: unknown variable 'y'\ny\n^\n");
  EXPECT_EQ(namesWith({"", {"x y"}}),
            "<grad 1>:1:1: error: no kernel has a variable 'x y'\nx y\n^\n");
}

TEST(Files, HaveATypeAndKeepTheirText) {
  Outcome outcome = parseFile("dtype float64\nkernel f\n x = Vi(1)\n"
                              " reduce Sum(x,  # a comment\n   axis=1)\n"
                              "kernel g\n dtype float32\n x = Vi(1)\n"
                              " reduce Sum(x, axis=1)");
  std::string ir = outcome.ir();
  EXPECT_NE(ir.find("@f(%x: !keops.vec<1xf64, i>"), std::string::npos) << ir;
  EXPECT_NE(ir.find("@g(%x: !keops.vec<1xf32, i>"), std::string::npos) << ir;
  EXPECT_NE(ir.find("keops.text = \"Sum(x, axis=1)\""), std::string::npos);
}

TEST(Files, StatementsMayShareALine) {
  Outcome outcome =
      parseFile("kernel f; x = Vi(1); reduce Sum(x, axis=1); grad x\n");
  EXPECT_EQ(outcome.tree("f"), "Sum[j](broadcast(x))");
  EXPECT_TRUE(outcome.formula("f_grad_x"));
}

TEST(Catalogue, ListsEveryName) {
  std::string table;
  llvm::raw_string_ostream os(table);
  printOperations(context(), ListForm::Text, os);
  for (llvm::StringRef line :
       {"f | g ", "Exp(x) ", "Extract(x, start, size) ", "SqDist(f, g) ",
        "KMin(f, K=k, axis=a) ", "Vi(D) ", "Grad(f, x, e) "})
    EXPECT_NE(table.find("\n  " + line.str()), std::string::npos)
        << line.str() << "is missing in\n"
        << table;
}
