//===- Variables.cpp - arguments of a formula, and derivatives along them -===//

#include "test/Unit/Frontend/Harness.h"
#include <gtest/gtest.h>

using namespace keops;
using namespace keops::test;

static std::string signature(llvm::SmallVector<std::string> aliases) {
  FormulaSource source;
  source.formula = "Sum(a * b)";
  source.aliases = aliases;
  Outcome outcome = parseFormula(source);
  FormulaOp formula = outcome.formula();
  if (!formula)
    return outcome.diagnostics;
  std::string text;
  llvm::raw_string_ostream os(text);
  for (auto argument : formula.getBody().getArguments())
    os << formula.getArgumentName(argument.getArgNumber()) << ":"
       << argument.getType() << " ";
  os << outcome.tree();
  return text;
}

TEST(Variables, StandInOrderOfDeclarationOrPosition) {
  std::string expected = "a:!keops.vec<3xf32, i> b:!keops.vec<1xf32, j> "
                         "Sum[i](Sum(Mult(a, b)))";
  EXPECT_EQ(signature({"a = Vi(3)", "b = Vj(1)"}), expected);
  EXPECT_EQ(signature({"a=Vi(0,3)", "b=Vj(1,1)"}), expected);
  EXPECT_EQ(signature({"b=Vj(1,1)", "a=Vi(0,3)"}), expected);
  EXPECT_EQ(signature({"a=Var(0,3,0)", "b=Var(1,1,1)"}), expected);
  EXPECT_EQ(signature({"b=Var(1,1,1)", "a = Vi(0, 3)"}), expected);
  EXPECT_EQ(signature({"D = 3", "a = Vi(D)", "b = Vj(D - 2)"}), expected);
}

// Beside the six aliases of the harness.
static std::string argumentsOf(llvm::StringRef text) {
  Outcome outcome = parseFormula(text);
  FormulaOp formula = outcome.formula();
  if (!formula)
    return outcome.diagnostics;
  std::string arguments;
  for (mlir::Value argument : formula.getArguments().drop_front(6)) {
    VecType type = vecType(argument);
    unsigned index = llvm::cast<mlir::BlockArgument>(argument).getArgNumber();
    arguments += formula.getArgumentName(index) + ":" +
                 std::to_string(type.getDim()) + stringifyAxes(type.getAxes()) +
                 " ";
  }
  return arguments + outcome.tree();
}

TEST(Variables, MayStandInAFormula) {
  EXPECT_EQ(argumentsOf("Sum(s * Vj(6, 1), axis=1)"),
            "arg6:1j Sum[j](Mult(s, arg6))");
  EXPECT_EQ(argumentsOf("Sum(Var(6, 2, 1) * Pm(7, 1), axis=1)"),
            "arg6:2j arg7:1p Sum[j](broadcast(Mult(arg6, arg7)))");
  EXPECT_EQ(argumentsOf("Sum(Pm(7, 1) * Var(6, 2, 1), axis=1)"),
            "arg6:2j arg7:1p Sum[j](broadcast(Mult(arg7, arg6)))");
  // The same position is the same variable, an alias too.
  EXPECT_EQ(argumentsOf("Sum(Vi(0, 3) * Var(1, 3, 1) * Vj(6, 1) * Vj(6, 1), "
                        "axis=1)"),
            "arg6:1j Sum[j](Mult(Mult(Mult(x, y), arg6), arg6))");
  EXPECT_EQ(argumentsOf("d = 2 * Vi(6, 3); z = Vi(3); Sum(d * z, axis=1)"),
            "z:3i Sum[j](broadcast(Mult(Mult(2, z), z)))");
  EXPECT_EQ(argumentsOf("d = Vi(6, 1) - s; Sum(d, axis=1)"),
            "arg6:1i Sum[j](broadcast(Subtract(arg6, s)))");
  EXPECT_EQ(argumentsOf("d = Vi(6, 1); Sum(d + Vi(6, 1), axis=1)"),
            "d:1i Sum[j](broadcast(Add(d, d)))");
  // A name that the user has chosen is not taken away.
  EXPECT_EQ(argumentsOf("arg7 = Vi(6, 1); Sum(arg7 + Vi(7, 1), axis=1)"),
            "arg7:1i arg7_:1i Sum[j](broadcast(Add(arg7, arg7_)))");
}

TEST(Gradients, WithoutASeedHaveANewArgument) {
  EXPECT_EQ(argumentsOf("Grad(Sum(x * y, axis=1), x)"),
            "e:3i grad(Sum[j](Mult(x, y)), x, e)");
  EXPECT_EQ(argumentsOf("Grad(Sum(x * y, axis=1), y)"),
            "e:3i grad(Sum[j](Mult(x, y)), y, e)");
  // Before a reduction it belongs to the other axis.
  EXPECT_EQ(argumentsOf("Sum(Grad(s * t, s), axis=1)"),
            "e:1j Sum[j](grad(Mult(s, t), s, e))");
  EXPECT_EQ(argumentsOf("Sum(Grad(x | y, y), axis=0)"),
            "e:1i Sum[i](grad(Scalprod(x, y), y, e))");
  EXPECT_EQ(argumentsOf("g = Grad(s * t, s); Sum(g + Grad(g, t) + g, axis=1)"),
            "e:1j e_:1i Sum[j](Add(Add(grad(Mult(s, t), s, e), grad(grad("
            "Mult(s, t), s, e), t, e_)), grad(Mult(s, t), s, e)))");
  // Behind all positions, and under a name that nobody has.
  EXPECT_EQ(argumentsOf("g = Grad(s * t, s); e = Vj(1); "
                        "Sum(g * e * Vi(7, 1), axis=1)"),
            "e:1j arg7:1i e_:1j Sum[j](Mult(Mult(grad(Mult(s, t), s, e_), e), "
            "arg7))");
}

TEST(Gradients, OfTheCommandLineTakeGeneratedNames) {
  FormulaSource source;
  source.formula = "Sum(Vi(0, 2) * Vj(1, 2), axis=1)";
  source.gradients = {"arg1"};
  Outcome outcome = parseFormula(source);
  EXPECT_EQ(outcome.tree("formula_grad_arg1"),
            "grad(Sum[j](Mult(arg0, arg1)), arg1, e)");
}

// On the way from the variable to the formula every op is linear.
TEST(LinearFormulas, AreFound) {
  for (llvm::StringRef formula : {"x",
                                  "-x",
                                  "x / p",
                                  "2 * x * y",
                                  "p * (x - 3 * x) + 0",
                                  "x + Zero(3)",
                                  "IfElse(y, x, 0)",
                                  "IfElse(y, x, x * y)",
                                  "Concat(x[0], x[1:3])",
                                  "Concat(Zero(1), x[0:2])",
                                  "ExtractT(x[0], 1, 3)",
                                  "SumT(x | y, 3)",
                                  "MatVecMult(SumT(t, 9), x)",
                                  "VecMatMult(x, SumT(t, 9))",
                                  "TensorProd(x, y)[0:3]",
                                  "TensorDot(x, b, [3], [2], [], [])[0:3]",
                                  "Kron(b, x, [2], [3])[0:3]",
                                  "ComplexMult(Real2Complex(x), b)[0:3]",
                                  "Conj(Complex(x, 2 * x))[0:3]",
                                  "Sum(x * y, axis=1)",
                                  "Mean(x * y, axis=1)",
                                  "Sum(y * Mean(x, axis=1), axis=0)",
                                  "SumT(Grad(Exp(s) * x, s, y), 3)",
                                  "Diff(Exp(s) * x, s, t)",
                                  "Grad(y * t, t, x) * y"})
    EXPECT_EQ(
        parseFormula("AdjointOperator((" + formula.str() + "), x, SumT(p, 3))")
            .diagnostics,
        "")
        << formula.str();
}

TEST(Gradients, ArePairwiseBeforeAReductionAndClosedAfterIt) {
  auto typeOf = [](llvm::StringRef formula) {
    Outcome outcome = parseFormula(formula);
    if (!outcome.module)
      return outcome.diagnostics;
    std::string text;
    llvm::raw_string_ostream os(text);
    for (GradOp grad : outcome.formula().getOps<GradOp>())
      os << grad.getType() << " ";
    return text;
  };
  EXPECT_EQ(typeOf("Grad(SqDist(x, y), x, s)"), "!keops.vec<3xf32, ij> ");
  EXPECT_EQ(typeOf("Grad(SqNorm2(x), x, s)"), "!keops.vec<3xf32, i> ");
  EXPECT_EQ(typeOf("Grad(SqNorm2(x), x, t)"), "!keops.vec<3xf32, ij> ");
  EXPECT_EQ(typeOf("Grad(Sum(x * y, axis=1), y, x)"), "!keops.vec<3xf32, j> ");
  EXPECT_EQ(typeOf("Grad(Sum(x * p, axis=1), p, x)"), "!keops.vec<1xf32, p> ");
  EXPECT_EQ(typeOf("Grad(Grad(Sum(s * t, axis=1), t, s), s, t)"),
            "!keops.vec<1xf32, j> !keops.vec<1xf32, i> ");
}
