//===- DerivativeErrors.cpp - what is said about wrong derivatives -------===//
//
// The variables are those of WrongFormula.h.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/Frontend/WrongFormula.h"

using namespace keops;
using namespace keops::test;

class DerivativeErrors : public testing::TestWithParam<WrongFormula> {};

TEST_P(DerivativeErrors, Diagnostic) { expectDiagnostic(GetParam()); }

static constexpr WrongFormula kDerivatives[] = {
    {"Grad(s * t)", 1, "Grad takes 2 or 3 arguments (f, x, e), got 1"},
    {"Grad(p * s, p)", 1,
     "Grad along a parameter needs a third argument: it could vary along i or "
     "along j"},
    {"Grad(Sum(p * s, axis=1), p)", 1,
     "Grad along a parameter needs a third argument: it could vary along i or "
     "along j"},
    {"Grad(ArgMin(s * t, axis=1), s)", 1, "ArgMin has no derivative"},
    {"Grad(s * t, s * t, t)", 13,
     "the second argument of Grad must be a variable"},
    {"Grad(s * t, 2, t)", 13, "the second argument of Grad must be a variable"},
    {"Grad(x * y, x, b)", 1,
     "Grad needs a third argument of dimension 3, like its first, got 2",
     X_NOTE B_NOTE},
    {"Grad(ArgMin(s * t, axis=1), s, 1)", 1, "ArgMin has no derivative"},
    {"Grad(s, s, ArgMin(s * t, axis=1))", 1, "Grad does not take row numbers"},
    {"Grad(Sum(s * t, axis=1), s, t)", 1,
     "Grad of a reduced formula needs a third argument without axes that its "
     "first does not have"},
    {"Diff(s * t, s)", 1, "Diff takes 3 arguments (f, v, u), got 2"},
    {"Diff(s, s * t, t)", 9, "the second argument of Diff must be a variable"},
    {"Diff(x * y, x, b)", 1,
     "Diff needs a third argument of dimension 3, like its second, got 2",
     X_NOTE B_NOTE},
    {"Diff(Sum(s * t, axis=1), s, t)", 1,
     "Diff of a reduced formula needs a third argument without axes that its "
     "second does not have"},
    {"Diff(s * t, (s, t), s)", 1,
     "Diff needs as many directions as variables, got 1 for 2"},
    {"Diff(s * t, s, (s, t))", 1,
     "Diff needs as many directions as variables, got 2 for 1"},
    {"Diff(s * t, s, [s * [t]])", 21, "a list is not a formula"},
    {"Diff(s * t, (s, t), (s, t, p))", 1,
     "Diff needs as many directions as variables, got 3 for 2"},
    {"Diff(s * t, (s, s * t), (s, t))", 13,
     "the second argument of Diff must be a variable"},
    {"Diff(s * t, [], [])", 13,
     "the second argument of Diff must be a variable"},
    {"Diff(x * s, (s, x), (s, b))", 1,
     "Diff needs a third argument of dimension 3, like its second, got 2",
     X_NOTE B_NOTE},
    {"GradMatrix(x)", 1, "GradMatrix takes 2 arguments (f, v), got 1"},
    {"GradMatrix(x, 2)", 15,
     "the second argument of GradMatrix must be a variable"},
    {"Divergence(s)", 1, "Divergence takes 2 arguments (f, v), got 1"},
    {"Divergence(x[0:2], x)", 1,
     "Divergence needs a formula of dimension 3, like its variable, got 2",
     X_NOTE},
    {"Laplacian(s)", 1, "Laplacian takes 2 arguments (f, v), got 1"},
    {"Laplacian(x, x)", 1, "Laplacian needs a formula of dimension 1, got 3"},
};
INSTANTIATE_TEST_SUITE_P(Derivatives, DerivativeErrors,
                         testing::ValuesIn(kDerivatives));

static constexpr WrongFormula kSaved[] = {
    {"Grad_WithSavedForward(Sum(s * t, axis=1), s, 1)", 1,
     "Grad_WithSavedForward takes 4 arguments (f, x, e, out), got 3"},
    {"Grad_WithSavedForward(s * t, s, 1, 1)", 1,
     "Grad_WithSavedForward needs a reduction with one result as its first "
     "argument"},
    {"Diff_WithSavedForward(Exp(Sum(s * t, axis=1)), s, 1, 1)", 1,
     "Diff_WithSavedForward needs a reduction with one result as its first "
     "argument"},
    {"Grad_WithSavedForward(Min_ArgMin(s * t, axis=1), s, 1, 1)", 1,
     "Grad_WithSavedForward needs a reduction with one result as its first "
     "argument"},
    {"Grad_WithSavedForward(ArgMin(s * t, axis=1), s, 1, 1)", 1,
     "ArgMin has no derivative"},
    {"Grad_WithSavedForward(Sum(x * t, axis=1), x, x, b)", 1,
     "Grad_WithSavedForward needs a saved result of dimension 3, like that of "
     "its first argument, got 2",
     X_NOTE B_NOTE},
    {"Grad_WithSavedForward(Sum(s * t, axis=1), s, 1, t)", 1,
     "Grad_WithSavedForward needs a saved result without axes that its first "
     "argument does not have"},
    {"Grad_WithSavedForward(Sum(s * t, axis=1), s, 1, ArgMin(s * t, axis=1))",
     1, "Grad_WithSavedForward does not take row numbers"},
    {"Diff_WithSavedForward(Sum(s * t, axis=1), s * t, 1, s)", 43,
     "the second argument of Diff_WithSavedForward must be a variable"},
};
INSTANTIATE_TEST_SUITE_P(Saved, DerivativeErrors, testing::ValuesIn(kSaved));

#define ADJOINT_NOTE "<formula>:1:1: note: AdjointOperator is here\n"
#define NEEDS_X "AdjointOperator needs a formula that is linear in x; "
static constexpr WrongFormula kLinear[] = {
    {"AdjointOperator(x, x)", 1,
     "AdjointOperator takes 3 arguments (f, v, u), got 2"},
    {"AdjointOperator(x, 2 * x, x)", 20,
     "the second argument of AdjointOperator must be a variable"},
    {"AdjointOperator(2 * Exp(x), x, x)", 21, NEEDS_X "Exp is not",
     ADJOINT_NOTE},
    {"AdjointOperator(x * x, x, x)", 19,
     NEEDS_X "'*' is not, as more than one of its arguments depends on it",
     ADJOINT_NOTE},
    {"AdjointOperator(x ** 2, x, x)", 19, NEEDS_X "'**' is not", ADJOINT_NOTE},
    {"AdjointOperator(SqDist(x, y), x, 1)", 17,
     NEEDS_X "SqDist is not, as one of its arguments does not depend on it",
     ADJOINT_NOTE},
    {"AdjointOperator(SqDist(x, 0), x, 1)", 17, NEEDS_X "SqDist is not",
     ADJOINT_NOTE},
    {"AdjointOperator(2 * x + 1, x, x)", 23,
     NEEDS_X "'+' is not, as one of its arguments does not depend on it",
     ADJOINT_NOTE},
    {"AdjointOperator(1 / x, x, x)", 19, NEEDS_X "'/' is not", ADJOINT_NOTE},
    {"AdjointOperator(Concat(x, s), x, SumT(s, 4))", 17,
     NEEDS_X "Concat is not, as one of its arguments does not depend on it",
     ADJOINT_NOTE},
    {"AdjointOperator(IfElse(x, x, 0), x, x)", 17, NEEDS_X "IfElse is not",
     ADJOINT_NOTE},
    {"AdjointOperator(BSpline(x, s, 0), x, b)", 17, NEEDS_X "BSpline is not",
     ADJOINT_NOTE},
    {"AdjointOperator(Max(x * y, axis=1), x, x)", 17, NEEDS_X "Max is not",
     ADJOINT_NOTE},
    {"AdjointOperator(SumSoftMaxWeight(Sum(x * y), y, axis=1), x, x)", 17,
     NEEDS_X "SumSoftMaxWeight is not", ADJOINT_NOTE},
    {"AdjointOperator(SumSoftMaxWeight(Sum(x * y), x, axis=1), x, x)", 17,
     NEEDS_X "SumSoftMaxWeight is not, as more than one of its arguments "
             "depends on it",
     ADJOINT_NOTE},
    {"AdjointOperator(Grad(x * x, x, y), x, x)", 17,
     NEEDS_X "Grad is not, as it is taken along x itself", ADJOINT_NOTE},
    {"AdjointOperator(Grad(s * x, s, x), x, s)", 17,
     NEEDS_X "Grad is not, as more than one of its arguments depends on it",
     ADJOINT_NOTE},
    {"d = Exp(x); AdjointOperator(d, x, x)", 5, NEEDS_X "Exp is not",
     "<formula>:1:13: note: AdjointOperator is here\n"},
    {"AdjointOperator(2 * y, x, y)", 1,
     NEEDS_X "this one does not depend on it"},
    {"AdjointOperator(Vi(6, 1) * 2, Vi(6, 1), ArgMin(s * t, axis=1))", 1,
     "AdjointOperator does not take row numbers"},
    {"AdjointOperator(x, x, b)", 1,
     "AdjointOperator needs a third argument of dimension 3, like its first, "
     "got 2",
     X_NOTE B_NOTE},
    {"TraceOperator(x)", 1,
     "TraceOperator takes 2 or 3 arguments (f, v, w), got 1"},
    {"TraceOperator(Sum(x), x)", 1,
     "TraceOperator needs a formula of dimension 3, like its variable, got 1",
     X_NOTE},
    {"TraceOperator(x, x, b)", 1,
     "TraceOperator needs weights w of dimension 1 or 3, got 2", B_NOTE},
    {"SumLinOperator(x)", 1,
     "SumLinOperator takes 2 to 4 arguments (f, v, wl, wr), got 1"},
    {"SumLinOperator(Sum(x), x, b)", 1,
     "SumLinOperator needs weights wl of dimension 1, got 2", B_NOTE},
    {"SumLinOperator(x, x, 1, b)", 1,
     "SumLinOperator needs weights wr of dimension 1 or 3, got 2", B_NOTE},
    {"SumLinOperator(Sum(x * t, axis=1), x, 1, y)", 1,
     "SumLinOperator of a reduced formula needs weights wr without axes that "
     "its second does not have"},
};
#undef ADJOINT_NOTE
#undef NEEDS_X
INSTANTIATE_TEST_SUITE_P(Linear, DerivativeErrors, testing::ValuesIn(kLinear));
