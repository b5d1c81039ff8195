//===- FormulaErrors.cpp - what is said about wrong formulas -------------===//
//
// The variables are those of WrongFormula.h.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/Frontend/WrongFormula.h"

using namespace keops;
using namespace keops::test;

class FormulaErrors : public testing::TestWithParam<WrongFormula> {};

TEST_P(FormulaErrors, Diagnostic) { expectDiagnostic(GetParam()); }

static constexpr WrongFormula kGrammar[] = {
    {"", 1, "expected a formula, got the end of the text"},
    {"s +", 4, "expected a formula, got the end of the text"},
    {"s + * t", 5, "expected a formula, got '*'"},
    {"+", 2, "expected a formula, got the end of the text"},
    {"s t", 3, "expected an operator or the end of the text, got 't'"},
    {"2 s", 3, "expected an operator or the end of the text, got 's'"},
    {"s)", 2, "expected an operator or the end of the text, got ')'"},
    {"Exp()", 1, "Exp takes 1 argument (x), got 0"},
    {"Exp(s,)", 7, "expected a formula, got ')'"},
    {"(s + t", 7, "expected ')', got the end of the text",
     "<formula>:1:1: note: to match this '('\n"},
    {"Exp(s", 6, "expected ')', got the end of the text",
     "<formula>:1:4: note: to match this '('\n"},
    {"Exp(s t)", 7, "expected ')', got 't'",
     "<formula>:1:4: note: to match this '('\n"},
    {"Exp(s; t)", 6, "expected ')', got ';'",
     "<formula>:1:4: note: to match this '('\n"},
    {"s $ t", 3, "unexpected character '$'"},
    {"(s $ t)", 4, "unexpected character '$'"},
    {"s + 2t", 5, "'2t' is neither a number nor a name"},
    {"s < t < s", 7,
     "comparisons do not chain; write (a < b) * (b < c) for both, or put one "
     "comparison in parentheses"},
    {"Sum(s == t != t)", 12,
     "comparisons do not chain; write (a < b) * (b < c) for both, or put one "
     "comparison in parentheses"},
    {"s <", 4, "expected a formula, got the end of the text"},
    {"x[3]", 3, "there is no component 3: dimension 3, counted from 0"},
    {"x[-1]", 3,
     "components are counted from 0, not from the end: write 2 for -1"},
    {"x[-4]", 3, "components are counted from 0, not from the end"},
    {"x[1:4]", 5, "there are no components up to 4: dimension 3"},
    {"x[2:2]", 3,
     "no components: 2:2 goes from the first one to before the last one"},
    {"x[:-1]", 4,
     "components are counted from 0, not from the end: write 2 for -1"},
    {"x[s]", 3, "what stands in brackets behind a formula must be an integer"},
    {"x[0", 4, "expected ']', got the end of the text",
     "<formula>:1:2: note: to match this '['\n"},
    {"x[]", 3, "expected a formula, got ']'"},
    {"[s]", 1, "a list is not a formula"},
    {"(s, t)", 1, "a list is not a formula"},
    {"s + [1, 2]", 5, "a list is not a formula"},
    {"Ind(1, 2)", 1, "a list is not a formula"},
    {"d = [1, 2]; (s, d)", 17, "a list cannot hold lists"},
    {"[[1], 2]", 2, "a list cannot hold lists"},
    {"[1, 2", 6, "expected ']', got the end of the text",
     "<formula>:1:1: note: to match this '['\n"},
    {"s.t", 2, "unexpected character '.'"},
};
INSTANTIATE_TEST_SUITE_P(Grammar, FormulaErrors, testing::ValuesIn(kGrammar));

static constexpr WrongFormula kNames[] = {
    {"Exp(-SqNrm2(x))", 6,
     "unknown operation 'SqNrm2'; did you mean 'SqNorm2'?"},
    {"exp(s)", 1, "unknown operation 'exp'; did you mean 'Exp'?"},
    {"sqdist(x, y)", 1, "unknown operation 'sqdist'; did you mean 'SqDist'?"},
    {"LOGSUMEXP(s, axis=1)", 1,
     "unknown operation 'LOGSUMEXP'; did you mean 'LogSumExp'?"},
    {"Frobnicate(s)", 1, "unknown operation 'Frobnicate'"},
    {"Summ_Reduction(s, 0)", 1,
     "unknown reduction 'Summ'; did you mean 'Sum'?"},
    {"S * t", 1, "unknown name 'S'; did you mean 's'?"},
    {"unknown * t", 1, "unknown name 'unknown'"},
    {"Exp * t", 1, "'Exp' needs arguments in parentheses"},
    {"s(t)", 1, "'s' is a variable or sub-formula, not an operation"},
    {"Vi * t", 1, "'Vi' needs arguments in parentheses"},
};
INSTANTIATE_TEST_SUITE_P(Names, FormulaErrors, testing::ValuesIn(kNames));

#define VI_NOTE "<alias 1>:1:1: note: x is declared here\nx = Vi(3)\n^\n"

static constexpr WrongFormula kVariables[] = {
    {"Vi(3) * t", 1,
     "within a formula Vi needs a position, as in Vi(0, 3), or a name of its "
     "own, as in x = Vi(3)"},
    {"d = Pm(1) * t; d", 5,
     "within a formula Pm needs a position, as in Pm(0, 3), or a name of its "
     "own, as in x = Pm(3)"},
    {"Vj(0, 3) * t", 1,
     "position 0 is declared twice, as Vi(0, 3) and as Vj(0, 3)", VI_NOTE},
    {"t * Var(0, 2, 0)", 5,
     "position 0 is declared twice, as Vi(0, 3) and as Vi(0, 2)", VI_NOTE},
    {"Vi(6, 2) * Pm(6, 2)", 12,
     "position 6 is declared twice, as Vi(6, 2) and as Pm(6, 2)",
     "<formula>:1:1: note: Vi(6, 2) is declared here\n"},
    {"z = Vi(6, 2); Vj(6, 1)", 15,
     "position 6 is declared twice, as Vi(6, 2) and as Vj(6, 1)",
     "<formula>:1:1: note: z is declared here\n"},
    {"s * Vi(7, 1)", 5,
     "Vi(7, 1) is at position 7, but no variable is at position 6"},
    {"s * Vj(6, 1) * Pm(9, 1) * Pm(8, 1)", 27,
     "Pm(8, 1) is at position 8, but no variable is at position 7"},
    {"Vi(-1, 3) * t", 4, "a position must not be negative, got -1"},
    {"Vi(6, 0) * t", 7, "a dimension must be positive, got 0"},
    {"Vi(s, 3) * t", 4, "argument 'P' of Vi must be an integer"},
    {"Vi(6, 3, 1) * t", 1, "Vi takes 1 argument (D), got 3"},
    {"Var(6, 3) * t", 1, "Var takes 3 arguments (P, D, C), got 2"},
    {"Var(6, 3, 3) * t", 11,
     "a category is 0 (i), 1 (j) or 2 (parameter), got 3"},
    {"Vi(6, 2) * x", 10, "'*' needs operands of equal dimension, got 2 and 3",
     "<formula>:1:1: note: Vi(6, 2) has dimension 2, declared here\n" X_NOTE},
    {"Vi(6, 3", 8, "expected ')', got the end of the text",
     "<formula>:1:3: note: to match this '('\n"},
};
INSTANTIATE_TEST_SUITE_P(Variables, FormulaErrors,
                         testing::ValuesIn(kVariables));
#undef VI_NOTE

static constexpr WrongFormula kArguments[] = {
    {"SqDist(x)", 1, "SqDist takes 2 arguments (f, g), got 1"},
    {"Exp(s, t)", 1, "Exp takes 1 argument (x), got 2"},
    {"Extract(x, 1)", 1, "Extract takes 3 arguments (x, start, size), got 2"},
    {"Extract(x, 1, sise=1)", 15,
     "Extract has no argument 'sise'; did you mean 'size'?"},
    {"Elem(x, 0, 1)", 1, "Elem takes 2 arguments (f, m), got 3"},
    {"Elem(x, f=y)", 9, "argument 'f' of Elem is given twice"},
    {"Elem(m=0, x)", 11,
     "expected NAME=VALUE after the first such argument, got 'x'"},
    {"Pow(x, 0.5)", 8, "argument 'exponent' of Pow must be an integer"},
    {"Pow(x, s)", 8, "argument 'exponent' of Pow must be an integer"},
    {"Elem(x, s)", 9, "argument 'm' of Elem must be an integer"},
    {"Elem(x, 1/2)", 9, "argument 'm' of Elem must be an integer"},
    {"IntCst(s) * t", 8, "argument 'n' of IntCst must be an integer"},
    {"IntCst(0.5)", 8, "argument 'n' of IntCst must be an integer"},
    {"IntInv(s)", 8, "argument 'n' of IntInv must be an integer"},
    {"RatCst(s, 2)", 8, "argument 'p' of RatCst must be an integer"},
    {"RatCst(1, 2 * t)", 11, "argument 'q' of RatCst must be an integer"},
    {"Zero(s)", 6, "argument 'd' of Zero must be an integer"},
    {"ElemT(s, t, 0)", 10, "argument 'n' of ElemT must be an integer"},
    {"ComplexSumT(b, [2])", 16,
     "argument 'd' of ComplexSumT must be an integer"},
    {"Elem(x, 99999999999)", 1, "argument 'm' of Elem is too large"},
    {"Exp(s, axis=1)", 8, "Exp has no argument 'axis'"},
    {"Kron(x, b, 3, [2])", 12,
     "argument 'dimsf' of Kron must be a list of integers, such as [2, 3]"},
    {"Elem(x, [1])", 9, "argument 'm' of Elem must be an integer"},
    {"Kron(x, b, [s], [2])", 13,
     "argument 'dimsf' of Kron holds integers only, as in [2, 3]"},
    {"Kron(x, b, [3], (2, 0.5))", 21,
     "argument 'dimsg' of Kron holds integers only, as in [2, 3]"},
    {"TensorDot(x, b, [3])", 1,
     "TensorDot takes 6 or 7 arguments (a, b, dimsf, dimsg, contf, contg, "
     "permute), got 3"},
};
INSTANTIATE_TEST_SUITE_P(Arguments, FormulaErrors,
                         testing::ValuesIn(kArguments));

static constexpr WrongFormula kShapes[] = {
    {"Exp(-SqDist(x, b))", 6,
     "SqDist needs operands of equal dimension, got 3 and 2", X_NOTE B_NOTE},
    {"s + x * b", 7, "'*' needs operands of equal dimension, got 3 and 2",
     X_NOTE B_NOTE},
    {"(x|b)", 3, "'|' needs operands of equal dimension, got 3 and 2",
     X_NOTE B_NOTE},
    {"Round(x, 400)", 1, "Round rounds to at most 300 decimals, got 400"},
    {"IfElse(s, x, b)", 1,
     "IfElse needs operands of equal dimension, got 3 and 2", X_NOTE B_NOTE},
    {"x ** b", 3, "'**' needs operands of equal dimension, got 3 and 2",
     X_NOTE B_NOTE},
    {"d = 2 * x - y; d * (b + s)", 18,
     "'*' needs operands of equal dimension, got 3 and 2", Y_NOTE B_NOTE},
    {"Elem(x, 3)", 1,
     "Elem reaches outside its operand: component 3 of dimension 3", X_NOTE},
    {"Elem(x, -1)", 1,
     "Elem reaches outside its operand: component -1 of dimension 3", X_NOTE},
    {"Elem(s, 1)", 1,
     "Elem reaches outside its operand: component 1 of dimension 1", S_NOTE},
    {"Extract(x, 2, 2)", 1,
     "Extract reaches outside its operand: components 2 to 3 of dimension 3",
     X_NOTE},
    {"Extract(x, 0, 0)", 1, "Extract needs at least one component, got 0"},
    {"ExtractT(x, 1, 3)", 1,
     "ExtractT reaches outside its result: components 1 to 3 of dimension 3",
     X_NOTE},
    {"Conj(x)", 1,
     "Conj needs pairs of real and imaginary parts, got 3 components"},
    {"SumT(x, 3)", 1, "SumT needs an operand of dimension 1, got 3", X_NOTE},
    {"OneHot(s, 0)", 1, "OneHot needs at least one component, got 0"},
    {"SqNormIso(x, y)", 1,
     "SqNormIso needs weights of dimension 1 for a formula of dimension 3, "
     "got 3",
     X_NOTE Y_NOTE},
    {"WeightedSqDist(b, x, y)", 1,
     "WeightedSqDist needs weights of dimension 1, 3 or 9 for a formula of "
     "dimension 3, got 2",
     B_NOTE X_NOTE},
    {"MatVecMult(x, b)", 1,
     "MatVecMult needs a matrix with rows of dimension 2, got 3 components",
     X_NOTE B_NOTE},
    {"VecMatMult(b, x)", 1,
     "VecMatMult needs a matrix with columns of dimension 2, got 3 components",
     B_NOTE X_NOTE},
    {"TensorDot(x, b, [2], [2], [0], [0])", 1,
     "TensorDot needs dimsf whose product is the dimension 3 of the operand, "
     "got [2]",
     X_NOTE B_NOTE},
    {"TensorDot(x, b, [3], [2], [0], [0])", 1,
     "TensorDot sums over axes of different size: 3 (axis 0) and 2 (axis 0)"},
    {"TensorDot(x, b, [3], [2], [1], [0])", 1,
     "TensorDot needs axes from 0 to 0 in contf, got [1]"},
    {"TensorDot(x, y, [3], [3], [0], [])", 1,
     "TensorDot needs contf and contg of equal length, got [0] and []"},
    {"TensorDot(x, y, [3], [3], [0, 0], [0, 0])", 1,
     "TensorDot needs different axes in contf, got [0, 0]"},
    {"TensorDot(x, y, [3], [3], [], [], [0])", 1,
     "TensorDot needs 2 numbers in permute, one for each axis that is kept, "
     "got [0]"},
    {"Kron(x, b, [3, 1], [2])", 1,
     "Kron needs dimsf and dimsg of equal length, got [3, 1] and [2]"},
    {"TensorProd(SumT(s, 400), SumT(t, 400))", 1,
     "the limit of 65536 on the dimension of a value is exceeded; raise it "
     "with --max-dimension"},
    {"s + 1e39", 5, "1e39 is too large for float32"},
    {"s - 1e999", 5, "1e999 is too large for float32"},
};
INSTANTIATE_TEST_SUITE_P(Shapes, FormulaErrors, testing::ValuesIn(kShapes));

static constexpr WrongFormula kReductions[] = {
    {"LogSumExp(s)", 1,
     "LogSumExp is a reduction and needs axis=1 (over j) or axis=0 (over i)"},
    {"Sum(s, axis=2)", 13, "axis must be 1 (over j) or 0 (over i), got 2"},
    {"Sum(s, axis=s)", 13, "argument 'axis' of Sum must be an integer"},
    {"Sum(s, axis=1, axis=0)", 16, "argument 'axis' of Sum is given twice"},
    {"Sum(s, axs=1)", 8, "Sum has no argument 'axs'"},
    {"Min(s, axs=1, axis=1)", 8,
     "Min has no argument 'axs'; did you mean 'axis'?"},
    {"Sum(axis=1)", 1, "Sum takes one formula"},
    {"Sum(s, t, axis=1)", 1, "Sum takes one formula"},
    {"Mean(s, weight=b, axis=1)", 1, "Mean takes one formula"},
    {"SoftMax(s, axis=1)", 1,
     "SoftMax takes a formula and a weight, as in SoftMax(f, weight=g, "
     "axis=1)"},
    {"LogSumExp(s, weight=b, weight=b, axis=1)", 1,
     "LogSumExp takes one formula"},
    {"KMinArgKMin(s, axis=1)", 1,
     "KMinArgKMin needs K, the number of values to keep: KMin_ArgKMin(f, K=10, "
     "axis=1)"},
    {"SoftMx(s, b, axis=1)", 1,
     "unknown operation 'SoftMx'; did you mean 'SoftMax'?"},
    {"KMin(s, axis=1)", 1,
     "KMin needs K, the number of values to keep: KMin(f, K=10, axis=1)"},
    {"KMin(s, K=0, axis=1)", 11, "K must be positive, got 0"},
    {"KMin(s, K=2.5, axis=1)", 11, "argument 'K' of KMin must be an integer"},
    {"Sum(s, K=2, axis=1)", 10, "Sum takes no K"},
    {"Sum_Reduction(s)", 1, "Sum_Reduction takes 2 arguments (f, tag), got 1"},
    {"Sum_Reduction(s, 2)", 18, "tag must be 0 (over j) or 1 (over i), got 2"},
    {"KMin_Reduction(s, 3)", 1,
     "KMin_Reduction takes 3 arguments (f, K, tag), got 2"},
    {"ArgMin(s, axis=1) + s", 19, "'+' does not take row numbers"},
    {"Concat(ArgMin(s, axis=1), s)", 1, "Concat does not take row numbers"},
    {"Elem(ArgKMin(s, K=2, axis=1), 0)", 1, "Elem does not take row numbers"},
    {"Sum(ArgMin(s, axis=1), axis=1)", 1, "Sum does not take row numbers"},
};

INSTANTIATE_TEST_SUITE_P(Reductions, FormulaErrors,
                         testing::ValuesIn(kReductions));
