//===- Catalogue.cpp - what the names of the formula language mean --------===//

#include "compiler/Frontend/Catalogue.h"

using namespace mlir;

namespace keops {

// One line each; `int` stands before arguments that are integers of the text.
// Errors inside name what the user wrote, at its place. The dimension, what
// happens at the edges and an example are for the reference, as in the records
// of operations; the derivative follows from the definition.
static constexpr struct {
  StringRef definition, summary;
  Fit fit = Fit::Always;
  StringRef dimension = {}, special = {}, example = {};
} kSugar[] = {
    {"SqDist(f, g) = SqNorm2(f - g)", "squared distance", Fit::Always, "1", "",
     "SqDist((1, 2), (4, 6)) = 25"},
    {"Norm2(f) = Sqrt(SqNorm2(f))", "Euclidean norm", Fit::Always, "1",
     "Norm2'((0, 0)) = (0, 0)", "Norm2((3, 4)) = 5"},
    {"Normalize(f) = f * Rsqrt(SqNorm2(f))", "f divided by its norm; 0 at 0",
     Fit::Always, "d(f)", "Normalize((0, 0)) = (0, 0)",
     "Normalize((3, 4)) = (0.6, 0.8)"},
    {"Elem(f, int m) = Extract(f, m, 1)", "component m of f, counted from 0",
     Fit::Always, "1", "", "Elem((5, 6, 7), 2) = 7"},
    {"ElemT(f, int n, int m) = ExtractT(f, m, n)",
     "n components: f at place m, zeros elsewhere", Fit::Always,
     "n; d(f) must be 1", "", "ElemT(5, 3, 1) = (0, 5, 0)"},
    {"IntCst(int n) = n", "the number n", Fit::Always, "1", "",
     "IntCst(3) = 3"},
    {"IntInv(int n) = 1 / n", "the number 1 / n", Fit::Always, "1", "",
     "IntInv(4) = 0.25"},
    {"RatCst(int p, int q) = p / q", "the number p / q", Fit::Always, "1", "",
     "RatCst(3, 4) = 0.75"},
    {"Zero(int d) = ExtractT(0, 0, d)", "d zeros", Fit::Always, "d", "",
     "Zero(2) = (0, 0)"},
    {"Factorize(f, g) = f", "f; what occurs twice is always computed once",
     Fit::Always, "d(f)", "", "Factorize((3, 4), 4) = (3, 4)"},
    {"AutoFactorize(f) = f", "f; what occurs twice is always computed once",
     Fit::Always, "d(f)", "", "AutoFactorize((3, 4)) = (3, 4)"},
    {"SqNormIso(s, f) = s * SqNorm2(f)", "s |f|^2", Fit::One,
     "1; d(s) must be 1", "", "SqNormIso(2, (3, 4)) = 50"},
    {"SqNormDiag(s, f) = Sum(s * Square(f))", "sum of s_k f_k^2", Fit::Same,
     "1; d(s) must be d(f)", "", "SqNormDiag((1, 10), (3, 4)) = 169"},
    {"SymSqNorm(A, f) = Scalprod(f, MatVecMult(A, f))",
     "sum of A_kl f_k f_l, for a symmetric matrix A", Fit::Square,
     "1; d(A) must be d(f)**2", "", "SymSqNorm((2, 1, 1, 3), (1, 10)) = 322"},
    {"WeightedSqNorm(s, f) = SqNormIso(s, f)",
     "SqNormIso, SqNormDiag or SymSqNorm, by the dimension of s", Fit::One, "1",
     "", "WeightedSqNorm((1, 10), (3, 4)) = 169"},
    {"WeightedSqNorm(s, f) = SqNormDiag(s, f)", "", Fit::Same},
    {"WeightedSqNorm(s, f) = SymSqNorm(s, f)", "", Fit::Square},
    {"WeightedSqDist(s, f, g) = WeightedSqNorm(s, f - g)",
     "WeightedSqNorm of f - g", Fit::Always, "1", "",
     "WeightedSqDist(2, (1, 2), (4, 6)) = 50"},
    {"Real2Complex(f) = Complex(f, 0)", "f + 0i", Fit::Always, "2 * d(f)", "",
     "Real2Complex((1, 2)) = (1, 0, 2, 0)"},
    {"Imag2Complex(f) = Complex(0, f)", "0 + f i", Fit::Always, "2 * d(f)", "",
     "Imag2Complex((1, 2)) = (0, 1, 0, 2)"},
    {"Conj(f) = Complex(ComplexReal(f), -ComplexImag(f))", "complex conjugates",
     Fit::Always, "d(f)", "", "Conj((1, 2)) = (1, -2)"},
    {"ComplexSquareAbs(f) = Square(ComplexReal(f)) + Square(ComplexImag(f))",
     "squared moduli", Fit::Always, "d(f) / 2", "",
     "ComplexSquareAbs((3, 4)) = 25"},
    {"ComplexAbs(f) = Sqrt(ComplexSquareAbs(f))", "moduli", Fit::Always,
     "d(f) / 2", "ComplexAbs'((0, 0)) = (0, 0)", "ComplexAbs((3, 4)) = 5"},
    {"ComplexAngle(f) = Atan2(ComplexImag(f), ComplexReal(f))",
     "angles of complex numbers", Fit::Always, "d(f) / 2",
     "ComplexAngle((0, 0)) = 0", "ComplexAngle((0, 2)) = 1.570..."},
    {"ComplexExp(f) = Complex(Exp(ComplexReal(f)) * Cos(ComplexImag(f)), "
     "Exp(ComplexReal(f)) * Sin(ComplexImag(f)))",
     "e^f for complex numbers", Fit::Always, "d(f)", "",
     "ComplexExp((1, 0)) = (2.718..., 0)"},
    {"ComplexExp1j(f) = Complex(Cos(f), Sin(f))", "e^(i f) for real numbers f",
     Fit::Always, "2 * d(f)", "",
     "ComplexExp1j((0, 1)) = (1, 0, 0.540..., 0.841...)"},
    {"ComplexAdd(f, g) = Complex(ComplexReal(f) + ComplexReal(g), "
     "ComplexImag(f) + ComplexImag(g))",
     "f + g for complex numbers", Fit::Always, "max(d(f), d(g))", "",
     "ComplexAdd((1, 2), (3, 4)) = (4, 6)"},
    {"ComplexSubtract(f, g) = Complex(ComplexReal(f) - ComplexReal(g), "
     "ComplexImag(f) - ComplexImag(g))",
     "f - g for complex numbers", Fit::Always, "max(d(f), d(g))", "",
     "ComplexSubtract((1, 2), (3, 5)) = (-2, -3)"},
    {"ComplexMult(f, g) = Complex("
     "ComplexReal(f) * ComplexReal(g) - ComplexImag(f) * ComplexImag(g), "
     "ComplexReal(f) * ComplexImag(g) + ComplexImag(f) * ComplexReal(g))",
     "f g for complex numbers", Fit::Always, "max(d(f), d(g))", "",
     "ComplexMult((1, 2), (3, 4)) = (-5, 10)"},
    {"ComplexDivide(f, g) = "
     "ComplexRealScale(ComplexMult(f, Conj(g)), Inv(ComplexSquareAbs(g)))",
     "f / g for complex numbers", Fit::Always, "max(d(f), d(g))", "",
     "ComplexDivide((-5, 10), (3, 4)) = (1, 2)"},
    {"ComplexRealScale(f, g) = Complex(ComplexReal(f) * g, ComplexImag(f) * g)",
     "complex numbers f times real numbers g", Fit::Always,
     "max(d(f), 2 * d(g))", "", "ComplexRealScale((1, 2), 3) = (3, 6)"},
    {"ComplexRealScal(f, g) = ComplexRealScale(g, f)",
     "a real number times complex numbers, in any order", Fit::One,
     "d(f) or d(g), that of the complex one", "",
     "ComplexRealScal(3, (1, 2)) = (3, 6)"},
    {"ComplexRealScal(f, g) = ComplexRealScale(f, g)", ""},
    {"ComplexSum(f) = Complex(Sum(ComplexReal(f)), Sum(ComplexImag(f)))",
     "sum of complex numbers", Fit::Always, "2", "",
     "ComplexSum((1, 2, 3, 4)) = (4, 6)"},
    {"ComplexSumT(f, int d) = Complex(SumT(ComplexReal(f), d / 2), "
     "SumT(ComplexImag(f), d / 2))",
     "d components: the complex number f, repeated", Fit::Always,
     "d; d(f) must be 2", "", "ComplexSumT((1, 2), 4) = (1, 2, 1, 2)"},
};

// From loose to tight; unary minus binds tighter than these and looser than **.
static constexpr OperatorEntry kOperators[] = {
    {"<", 0, "LessThan"},     {"<=", 0, "LessOrEqual"}, {">", 0, "LessThan"},
    {">=", 0, "LessOrEqual"}, {"==", 0, "Equal"},       {"!=", 0, "NotEqual"},
    {"|", 1, "Scalprod"},     {"+", 2, "Add"},          {"-", 2, "Subtract"},
    {"*", 3, "Mult"},         {"/", 3, "Divide"},
};

// Names that the parser itself knows.
static constexpr BuiltinEntry kBuiltin[] = {
    {"Vi",
     "Vi(D)",
     "a variable with D components for each i; Vi(P, D) is argument P",
     {"D", "", "", "x = Vi(3); x = Vi(0, 3)"}},
    {"Vj",
     "Vj(D)",
     "a variable with D components for each j; Vj(P, D) is argument P",
     {"D", "", "", "y = Vj(3)"}},
    {"Pm",
     "Pm(D)",
     "a parameter: D components for the whole call; Pm(P, D) is argument P",
     {"D", "", "", "p = Pm(1)"}},
    {"Var",
     "Var(P, D, C)",
     "argument P, dimension D, of category 0 (i), 1 (j) or 2 (parameter)",
     {"D", "", "", "x = Var(0, 3, 0)"}},
    {"Ind",
     "Ind(N, ...)",
     "a list of integers, also written [N, ...]",
     {"a list has none", "", "",
      "Kron((1, 2), (3, 4), Ind(2), [2]) = (3, 4, 6, 8)"}},
    {"Grad",
     "Grad(f, x, e)",
     "the transposed derivative of f along variable x, applied to e; without "
     "e, "
     "to a new argument",
     {"d(x); d(e) must be d(f)", "", "", "x = 3: Grad(Square(x), x, 1) = 6"}},
    {"Diff",
     "Diff(f, v, u)",
     "the derivative of f along variable v, applied to u; or along several",
     {"d(f); d(u) must be d(v)", "", "",
      "x = (3, 4), u = (1, 0): Diff(SqNorm2(x), x, u) = 6; "
      "x = 3, y = 4: Diff(x * y, (x, y), (1, 10)) = 34"}},
    {"GradMatrix",
     "GradMatrix(f, v)",
     "the derivative of f along v as a matrix, row by row",
     {"d(f) * d(v)", "", "",
      "x = (3, 4): GradMatrix(x * x, x) = (6, 0, 0, 8)"}},
    {"Divergence",
     "Divergence(f, v)",
     "the trace of that matrix",
     {"1; d(f) must be d(v)", "", "", "x = (3, 4): Divergence(x * x, x) = 14"}},
    {"Laplacian",
     "Laplacian(f, v)",
     "the divergence of the gradient of a number f",
     {"1; d(f) must be 1", "", "", "x = (3, 4): Laplacian(SqNorm2(x), x) = 4"}},
    {"Grad_WithSavedForward",
     "Grad_WithSavedForward(f, x, e, out)",
     "Grad of a reduction f, whose result is known: out",
     {"d(x); d(e) and d(out) must be d(f)", "", "",
      "x = 3, y = 4: Grad_WithSavedForward(LogSumExp(x * y, axis=1), x, 1, 12) "
      "= 4"}},
    {"Diff_WithSavedForward",
     "Diff_WithSavedForward(f, v, u, out)",
     "Diff of a reduction f, whose result is known: out",
     {"d(f); d(u) must be d(v), d(out) d(f)", "", "",
      "x = 3, y = 4: Diff_WithSavedForward(LogSumExp(x * y, axis=1), x, 2, 12) "
      "= 8"}},
    {"AdjointOperator",
     "AdjointOperator(f, v, u)",
     "the transpose of a map f that is linear in v, applied to u",
     {"d(v); d(u) must be d(f)", "", "",
      "x = (3, 4), u = 2: AdjointOperator(5 * Sum(x), x, u) = (10, 10)"}},
    {"TraceOperator",
     "TraceOperator(f, v, w)",
     "the sum of the diagonal of a map f that is linear in v, with weights w; "
     "without w, 1",
     {"1; d(f) must be d(v), d(w) 1 or d(v)", "", "",
      "x = (3, 4): TraceOperator(5 * x, x) = 10; "
      "x = (3, 4), w = (1, 10): TraceOperator(5 * x, x, w) = 55"}},
    {"SumLinOperator",
     "SumLinOperator(f, v, wl, wr)",
     "the sum of all entries of a map f that is linear in v, with weights wl "
     "of "
     "rows and wr of columns; without them, 1",
     {"1; d(wl) must be 1 or d(f), d(wr) 1 or d(v)", "", "",
      "x = (3, 4): SumLinOperator(Concat(x, x[0]), x) = 3; "
      "x = (3, 4), r = (1, 10): SumLinOperator(2 * x, x, 3, r) = 66"}},
};

// Other spellings of reductions.
static constexpr AliasEntry kAliases[] = {
    {"SoftMax", "SumSoftMaxWeight"},
    {"MinArgMin", "Min_ArgMin"},
    {"MaxArgMax", "Max_ArgMax"},
    {"KMinArgKMin", "KMin_ArgKMin"},
};

static SugarEntry readSugar(StringRef definition, StringRef summary, Fit fit) {
  SugarEntry entry;
  entry.summary = summary;
  auto [head, body] = definition.split('=');
  entry.bodies.push_back({fit, body.trim()});
  StringRef parameters;
  std::tie(entry.spelling, parameters) = head.split('(');
  parameters.trim(" )").split(entry.parameters, ", ");
  for (StringRef &parameter : entry.parameters)
    entry.isInteger.push_back(parameter.consume_front("int "));
  return entry;
}

Catalogue::Catalogue(MLIRContext *context) {
  std::vector<OpEntry> entries;
  // Not getRegisteredOperationsByDialect: it searches a list that is sorted
  // only while no other dialect is loaded.
  for (RegisteredOperationName name : context->getRegisteredOperations()) {
    if (name.getDialectNamespace() != KeopsDialect::getDialectNamespace())
      continue;
    auto *math = name.getInterface<MathOpInterface>();
    if (!math || math->getSpelling().empty())
      continue;
    OpEntry entry{math->getSpelling(), math->getSummary(), name, 0, {}, {}};
    math->getParameters().split(entry.parameters, ", ");
    for (StringRef &parameter : entry.parameters) {
      entry.optional += parameter.consume_back("?");
      entry.isList.push_back(parameter.consume_back("[]"));
    }
    // Formulas come first, then what is an attribute.
    entry.formulas = entry.parameters.size() - name.getAttributeNames().size();
    entry.doc = math->getDoc();
    entry.isComponentWise = math->isComponentWise();
    entries.push_back(entry);
  }
  for (const ExpansionEntry &expansion : expansionCatalogue()) {
    OpEntry entry{expansion.spelling,
                  expansion.summary,
                  std::nullopt,
                  expansion.formulas,
                  {},
                  {},
                  0,
                  &expansion};
    entry.doc = expansion.doc;
    expansion.parameters.split(entry.parameters, ", ");
    entry.isList.assign(entry.parameters.size(), false);
    entries.push_back(entry);
  }
  llvm::sort(entries, [](const OpEntry &a, const OpEntry &b) {
    return a.spelling < b.spelling;
  });
  for (const OpEntry &entry : entries)
    ops.insert({entry.spelling, entry});
  for (const auto &line : kSugar) {
    SugarEntry entry = readSugar(line.definition, line.summary, line.fit);
    entry.doc = {line.dimension, {}, line.special, line.example, {}};
    auto [known, isNew] = sugar.insert({entry.spelling, entry});
    if (!isNew)
      known->second.bodies.push_back(entry.bodies.front());
  }
}

template <typename Map>
static auto findIn(const Map &map, StringRef spelling) -> const
    typename Map::value_type::second_type * {
  auto found = map.find(spelling);
  return found == map.end() ? nullptr : &found->second;
}

const OpEntry *Catalogue::findOp(StringRef spelling) const {
  return findIn(ops, spelling);
}

const SugarEntry *Catalogue::findSugar(StringRef spelling) const {
  return findIn(sugar, spelling);
}

const ReductionEntry *Catalogue::findReduction(StringRef spelling) {
  for (const auto &alias : kAliases)
    if (alias.name == spelling)
      spelling = alias.spelling;
  for (const ReductionEntry &entry : reductionCatalogue())
    if (entry.spelling == spelling)
      return &entry;
  return nullptr;
}

const OperatorEntry *Catalogue::findOperator(StringRef symbol) {
  for (const OperatorEntry &entry : kOperators)
    if (entry.symbol == symbol)
      return &entry;
  return nullptr;
}

ArrayRef<OperatorEntry> Catalogue::getOperators() { return kOperators; }
ArrayRef<BuiltinEntry> Catalogue::getBuiltins() { return kBuiltin; }
ArrayRef<AliasEntry> Catalogue::getAliases() { return kAliases; }

SmallVector<StringRef> Catalogue::names() const {
  SmallVector<StringRef> names;
  for (const auto &entry : kBuiltin)
    names.push_back(entry.name);
  llvm::append_range(names, llvm::make_first_range(ops));
  llvm::append_range(names, llvm::make_first_range(sugar));
  for (const ReductionEntry &entry : reductionCatalogue())
    names.push_back(entry.spelling);
  for (const auto &alias : kAliases)
    names.push_back(alias.name);
  return names;
}

bool Catalogue::isCallable(StringRef name) const {
  name.consume_back("_Reduction");
  return llvm::is_contained(names(), name);
}

std::string suggest(StringRef name, ArrayRef<StringRef> candidates) {
  StringRef best;
  // One letter is another name, unless only its case differs.
  unsigned limit = name.size() == 1 ? 0 : std::max<size_t>(1, name.size() / 3);
  unsigned least = limit + 1;
  for (StringRef candidate : candidates) {
    unsigned distance = name.equals_insensitive(candidate)
                            ? 0
                            : name.edit_distance(candidate, true, limit + 1);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best.empty() ? "" : ("; did you mean '" + best + "'?").str();
}

} // namespace keops
