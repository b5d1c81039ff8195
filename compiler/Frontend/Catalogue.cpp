//===- Catalogue.cpp - what the names of the formula language mean --------===//

#include "compiler/Frontend/Catalogue.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace keops {

// One line each. Errors inside name what the user wrote, at its place.
static constexpr struct {
  StringRef definition, summary;
  Fit fit = Fit::Always;
} kSugar[] = {
    {"SqDist(f, g) = SqNorm2(f - g)", "squared distance"},
    {"Norm2(f) = Sqrt(SqNorm2(f))", "Euclidean norm"},
    {"Normalize(f) = f * Rsqrt(SqNorm2(f))", "f divided by its norm; 0 at 0"},
    {"Elem(f, m) = Extract(f, m, 1)", "component m of f, counted from 0"},
    {"ElemT(f, n, m) = ExtractT(f, m, n)",
     "n components: f at place m, zeros elsewhere"},
    {"IntCst(n) = n", "the number n"},
    {"IntInv(n) = 1 / n", "the number 1 / n"},
    {"RatCst(p, q) = p / q", "the number p / q"},
    {"Zero(d) = ExtractT(0, 0, d)", "d zeros"},
    {"Factorize(f, g) = f", "f; what occurs twice is always computed once"},
    {"AutoFactorize(f) = f", "f; what occurs twice is always computed once"},
    {"SqNormIso(s, f) = s * SqNorm2(f)", "s |f|^2", Fit::One},
    {"SqNormDiag(s, f) = Sum(s * Square(f))", "sum of s_k f_k^2", Fit::Same},
    {"SymSqNorm(A, f) = Scalprod(f, MatVecMult(A, f))",
     "sum of A_kl f_k f_l, for a symmetric matrix A", Fit::Square},
    {"WeightedSqNorm(s, f) = SqNormIso(s, f)",
     "SqNormIso, SqNormDiag or SymSqNorm, by the dimension of s", Fit::One},
    {"WeightedSqNorm(s, f) = SqNormDiag(s, f)", "", Fit::Same},
    {"WeightedSqNorm(s, f) = SymSqNorm(s, f)", "", Fit::Square},
    {"WeightedSqDist(s, f, g) = WeightedSqNorm(s, f - g)",
     "WeightedSqNorm of f - g"},
    {"Real2Complex(f) = Complex(f, 0)", "f + 0i"},
    {"Imag2Complex(f) = Complex(0, f)", "0 + f i"},
    {"Conj(f) = Complex(ComplexReal(f), -ComplexImag(f))",
     "complex conjugates"},
    {"ComplexSquareAbs(f) = Square(ComplexReal(f)) + Square(ComplexImag(f))",
     "squared moduli"},
    {"ComplexAbs(f) = Sqrt(ComplexSquareAbs(f))", "moduli"},
    {"ComplexAngle(f) = Atan2(ComplexImag(f), ComplexReal(f))",
     "angles of complex numbers"},
    {"ComplexExp(f) = Complex(Exp(ComplexReal(f)) * Cos(ComplexImag(f)), "
     "Exp(ComplexReal(f)) * Sin(ComplexImag(f)))",
     "e^f for complex numbers"},
    {"ComplexExp1j(f) = Complex(Cos(f), Sin(f))", "e^(i f) for real numbers f"},
    {"ComplexAdd(f, g) = Complex(ComplexReal(f) + ComplexReal(g), "
     "ComplexImag(f) + ComplexImag(g))",
     "f + g for complex numbers"},
    {"ComplexSubtract(f, g) = Complex(ComplexReal(f) - ComplexReal(g), "
     "ComplexImag(f) - ComplexImag(g))",
     "f - g for complex numbers"},
    {"ComplexMult(f, g) = Complex("
     "ComplexReal(f) * ComplexReal(g) - ComplexImag(f) * ComplexImag(g), "
     "ComplexReal(f) * ComplexImag(g) + ComplexImag(f) * ComplexReal(g))",
     "f g for complex numbers"},
    {"ComplexDivide(f, g) = "
     "ComplexRealScale(ComplexMult(f, Conj(g)), Inv(ComplexSquareAbs(g)))",
     "f / g for complex numbers"},
    {"ComplexRealScale(f, g) = Complex(ComplexReal(f) * g, ComplexImag(f) * g)",
     "complex numbers f times real numbers g"},
    {"ComplexRealScal(f, g) = ComplexRealScale(g, f)",
     "a real number times complex numbers, in any order", Fit::One},
    {"ComplexRealScal(f, g) = ComplexRealScale(f, g)", ""},
    {"ComplexSum(f) = Complex(Sum(ComplexReal(f)), Sum(ComplexImag(f)))",
     "sum of complex numbers"},
    {"ComplexSumT(f, d) = Complex(SumT(ComplexReal(f), d / 2), "
     "SumT(ComplexImag(f), d / 2))",
     "d components: the complex number f, repeated"},
};

// From loose to tight; unary minus binds tighter than these and looser than **.
static constexpr OperatorEntry kOperators[] = {
    {"<", 0, "LessThan"},     {"<=", 0, "LessOrEqual"}, {">", 0, "LessThan"},
    {">=", 0, "LessOrEqual"}, {"==", 0, "Equal"},       {"!=", 0, "NotEqual"},
    {"|", 1, "Scalprod"},     {"+", 2, "Add"},          {"-", 2, "Subtract"},
    {"*", 3, "Mult"},         {"/", 3, "Divide"},
};

// Names that the parser itself knows.
static constexpr struct {
  StringRef name, signature, summary;
} kBuiltin[] = {
    {"Vi", "Vi(D)", "a variable with D components for each i"},
    {"Vj", "Vj(D)", "a variable with D components for each j"},
    {"Pm", "Pm(D)", "a parameter: D components for the whole call"},
    {"Var", "Var(P, D, C)",
     "argument P, dimension D, of category 0 (i), 1 (j) or 2 (parameter)"},
    {"Ind", "Ind(N, ...)", "a list of integers, also written [N, ...]"},
    {"Grad", "Grad(f, x, e)",
     "the transposed derivative of f along variable x, applied to e"},
    {"Diff", "Diff(f, v, u)",
     "the derivative of f along variable v, applied to u"},
    {"GradMatrix", "GradMatrix(f, v)",
     "the derivative of f along v as a matrix, row by row"},
    {"Divergence", "Divergence(f, v)", "the trace of that matrix"},
    {"Laplacian", "Laplacian(f, v)",
     "the divergence of the gradient of a number f"},
};

// Other spellings of reductions.
static constexpr struct {
  StringRef name, spelling;
} kAliases[] = {
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
  return entry;
}

Catalogue::Catalogue(MLIRContext *context) {
  SmallVector<OpEntry> entries;
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
    expansion.parameters.split(entry.parameters, ", ");
    entry.isList.assign(entry.parameters.size(), false);
    entries.push_back(entry);
  }
  llvm::sort(entries, [](const OpEntry &a, const OpEntry &b) {
    return a.spelling < b.spelling;
  });
  for (const OpEntry &entry : entries)
    ops.insert({entry.spelling, entry});
  for (auto [definition, summary, fit] : kSugar) {
    SugarEntry entry = readSugar(definition, summary, fit);
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

void Catalogue::print(raw_ostream &os) const {
  auto line = [&](const Twine &signature, StringRef summary) {
    os << "  " << llvm::left_justify(signature.str(), 25) << " " << summary
       << "\n";
  };
  auto table = [&](const auto &entries) {
    for (const auto &entry : llvm::make_second_range(entries))
      line(entry.spelling + "(" + llvm::join(entry.parameters, ", ") + ")",
           entry.summary);
  };
  os << "operators\n";
  for (const OperatorEntry &entry : kOperators)
    line("f " + entry.symbol + " g",
         entry.isMirrored() ? (entry.spelling + "(g, f)").str()
                            : findOp(entry.spelling)->summary.str());
  line("-f", "f with the other sign; binds looser than **");
  line("f ** g", "power: Square, Pow, Sqrt, Rsqrt or Powf");
  os << "\noperations\n";
  table(ops);
  os << "\nshort for longer formulas\n";
  table(sugar);
  os << "\nreductions: axis=1 over j, axis=0 over i\n";
  for (const ReductionEntry &entry : reductionCatalogue())
    line(entry.spelling + "(f" + (entry.operands == 2 ? ", g" : "") +
             (entry.takesK ? ", K=k" : "") + ", axis=a)",
         entry.summary);
  for (const auto &alias : kAliases)
    line(alias.name, ("another name of " + alias.spelling).str());
  os << "\nvariables and derivatives\n";
  for (const auto &entry : kBuiltin)
    line(entry.signature, entry.summary);
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
