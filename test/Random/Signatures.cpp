//===- Signatures.cpp - how the names of the language can be called -------===//

#include "test/Random/Signatures.h"
#include "dialects/Keops/Expansions.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace keops::random {

// Small ones more often: they go together more often.
static constexpr int64_t kDims[] = {1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 8, 9, 12};
static constexpr size_t kWays = 24; // kept for each name

std::string substitute(std::string text, StringRef name, StringRef value) {
  std::string key = ("$" + name).str();
  for (size_t at = text.find(key); at != std::string::npos;
       at = text.find(key, at + value.size()))
    text.replace(at, key.size(), value.str());
  return text;
}

OwningOpRef<ModuleOp> tryText(MLIRContext *context, StringRef text,
                              ArrayRef<int64_t> dims) {
  FormulaSource source;
  source.formula = text.str();
  source.axis = 1;
  for (auto [index, dim] : llvm::enumerate(dims))
    source.aliases.push_back("v" + std::to_string(index) + " = Vi(" +
                             std::to_string(dim) + ")");
  // Any variable along i or j will do for the rest.
  source.aliases.push_back("other = Vj(1)");
  ScopedDiagnosticHandler silent(context, [](Diagnostic &) {});
  llvm::SourceMgr sources;
  return parseKeopsFormula(source, sources, context);
}

namespace {

class Finder {
public:
  Finder(MLIRContext *context, Random &random, int budget)
      : context(context), random(random), budget(budget), catalogue(context) {}

  Signatures operation(const OpEntry &entry);
  Signatures sugar(const SugarEntry &entry);
  Signatures reduction(const ReductionEntry &entry);
  Signatures derivative(StringRef name);
  const Catalogue &getCatalogue() const { return catalogue; }

private:
  int64_t randomDim() { return pick(random, kDims); }
  SmallVector<int64_t> randomList(ArrayRef<int64_t> dims);
  /// Parses the call and reads off what comes out; true if that is new.
  bool keep(Signature signature, Signatures &found);

  MLIRContext *context;
  Random &random;
  int budget;
  Catalogue catalogue;
};

/// `v0`, `v1`, ... for the formulas, the last variable for `$v`. What is
/// differentiated depends on it, and is not linear in it unless the pattern
/// says so.
std::string sample(const Signature &signature, SmallVector<int64_t> &dims) {
  std::string text = signature.pattern;
  dims.assign(signature.operands.begin(), signature.operands.end());
  if (signature.variable) {
    if (signature.of == Signature::Any)
      text = substitute(text, "0", "Exp(v0 * Sum($v))");
    text = substitute(text, "v", "v" + std::to_string(dims.size()));
    dims.push_back(signature.variable);
  }
  for (size_t k = 0; k < signature.operands.size(); ++k)
    text = substitute(text, std::to_string(k), "v" + std::to_string(k));
  return text;
}

} // namespace

bool Finder::keep(Signature signature, Signatures &found) {
  for (const Signature &other : found)
    if (other.pattern == signature.pattern &&
        other.operands == signature.operands &&
        other.variable == signature.variable)
      return false;
  SmallVector<int64_t> dims;
  std::string text = sample(signature, dims);
  OwningOpRef<ModuleOp> module = tryText(context, text, dims);
  if (!module)
    return false;
  FormulaOp formula = *module->getOps<FormulaOp>().begin();
  auto type = cast<VecType>(formula.getResultTypes()[0]);
  signature.dim = type.getDim();
  signature.isReal = type.isReal();
  signature.isSingle = formula.getResultTypes().size() == 1;
  found.push_back(signature);
  return true;
}

/// Most lists that mean something are the shape of an operand, or a few axes.
SmallVector<int64_t> Finder::randomList(ArrayRef<int64_t> dims) {
  SmallVector<int64_t> list;
  if (!dims.empty() && chance(random, 0.5)) {
    int64_t rest = pick(random, dims);
    while (rest > 1 && list.size() < 2) {
      int64_t factor = between(random, 1, rest);
      if (rest % factor == 0) {
        list.push_back(factor);
        rest /= factor;
      }
    }
    list.push_back(rest);
    return list;
  }
  list.resize(between(random, 0, 2));
  for (int64_t &entry : list)
    entry = between(random, 0, 2);
  return list;
}

Signatures Finder::operation(const OpEntry &entry) {
  Signatures found;
  bool hasLists = llvm::is_contained(entry.isList, true);
  Block scratch;
  Location location = UnknownLoc::get(context);
  Builder attributes(context);
  int attempts = budget * (hasLists ? 200 : 4);
  for (int n = 0; n < attempts && found.size() < kWays; ++n) {
    Signature signature{entry.spelling.str(), "", {}};
    if (entry.name)
      signature.range =
          entry.name->getInterface<MathOpInterface>()->getSampleRange();
    SmallVector<std::string> arguments;
    SmallVector<Value> values;
    for (unsigned k = 0; k < entry.formulas; ++k) {
      signature.operands.push_back(randomDim());
      arguments.push_back("$" + std::to_string(k));
      values.push_back(
          scratch.addArgument(VecType::get(context, signature.operands[k],
                                           Float32Type::get(context), Axes::i),
                              location));
    }
    SmallVector<NamedAttribute> settings;
    for (size_t k = entry.formulas; k < entry.parameters.size(); ++k) {
      if (!entry.isList[k]) {
        int64_t number = between(random, -1, chance(random, 0.2) ? 12 : 4);
        arguments.push_back(std::to_string(number));
        settings.push_back(attributes.getNamedAttr(
            entry.parameters[k], attributes.getI64IntegerAttr(number)));
        continue;
      }
      SmallVector<int64_t> list = randomList(signature.operands);
      arguments.push_back(
          "[" +
          llvm::join(llvm::map_range(
                         list, [](int64_t n) { return std::to_string(n); }),
                     ", ") +
          "]");
      settings.push_back(attributes.getNamedAttr(
          entry.parameters[k], attributes.getDenseI64ArrayAttr(list)));
    }
    SmallVector<Type> types;
    DictionaryAttr given = attributes.getDictionaryAttr(settings);
    bool fits = succeeded(
        entry.name
            ? entry.name->getInterface<InferTypeOpInterface>()
                  ->inferReturnTypes(context, std::nullopt, values, given,
                                     nullptr, {}, types)
            : entry.expansion->shape(std::nullopt, values, given, types));
    scratch.eraseArguments(0, scratch.getNumArguments());
    if (!fits)
      continue;
    signature.pattern =
        signature.name + "(" + llvm::join(arguments, ", ") + ")";
    keep(signature, found);
  }
  return found;
}

/// The parameters of sugar may be formulas or integers: its body knows.
Signatures Finder::sugar(const SugarEntry &entry) {
  Signatures found;
  for (int n = 0; n < budget && found.size() < kWays; ++n) {
    Signature signature{entry.spelling.str(), "", {}};
    SmallVector<std::string> arguments;
    for (size_t k = 0; k < entry.parameters.size(); ++k) {
      if (chance(random, 0.25)) {
        arguments.push_back(std::to_string(between(random, -1, 4)));
        continue;
      }
      arguments.push_back("$" + std::to_string(signature.operands.size()));
      signature.operands.push_back(randomDim());
    }
    signature.pattern =
        signature.name + "(" + llvm::join(arguments, ", ") + ")";
    keep(signature, found);
  }
  return found;
}

Signatures Finder::reduction(const ReductionEntry &entry) {
  Signatures found;
  for (int n = 0; n < budget && found.size() < kWays; ++n) {
    Signature signature{entry.spelling.str(), "", {randomDim()}};
    signature.pattern = signature.name + "($0";
    if (entry.operands == 2 ||
        (!entry.weighted.empty() && chance(random, .5))) {
      signature.operands.push_back(randomDim());
      signature.pattern += ", weight=$1";
    }
    if (entry.takesK)
      signature.pattern += ", K=" + std::to_string(between(random, 1, 6));
    bool addsUp = bool(entry.make(context, 1).getSummation());
    static constexpr const char *schemes[] = {"direct_sum", "kahan_scheme"};
    if (addsUp && chance(random, .3))
      signature.pattern += std::string(", sum_scheme=") + pick(random, schemes);
    if (addsUp && chance(random, .3))
      signature.pattern += ", dtype_acc=float64";
    signature.pattern += ", axis=1)";
    keep(signature, found);
  }
  return found;
}

/// `Grad(f, x, e)` and whatever else takes a formula and a variable. Its number
/// of arguments is found out, too, and what kind of formula it takes: a linear
/// one, or a reduction, if it does not take any.
Signatures Finder::derivative(StringRef name) {
  static constexpr StringRef formulas[] = {
      "$0", "$0 * Sum($v)", "LogSumExp($0 * Sin(Sum($v)), axis=1)"};
  Signatures found;
  for (int kind = Signature::Any; kind <= Signature::Reduced; ++kind) {
    for (int n = 0; n < 2 * budget && found.size() < kWays; ++n) {
      Signature signature{name.str(),
                          (name + "(" + formulas[kind] + ", $v").str(),
                          {randomDim()}};
      signature.of = Signature::Of(kind);
      for (int64_t k = 1, more = between(random, 0, 2); k <= more; ++k) {
        signature.operands.push_back(chance(random, 0.5) ? signature.operands[0]
                                                         : randomDim());
        signature.pattern += ", $" + std::to_string(k);
      }
      signature.pattern += ")";
      signature.variable = randomDim();
      keep(signature, found);
    }
    if (!found.empty())
      break;
  }
  return found;
}

Language::Language(MLIRContext *context, Random &random, int budget) {
  // Before the catalogue is made, which reads its ops.
  context->getOrLoadDialect<KeopsDialect>();
  Finder finder(context, random, budget);
  auto add = [&](std::map<std::string, Signatures> &names, StringRef name,
                 Signatures found) {
    if (found.empty())
      others.push_back(name.str());
    else
      names[name.str()] = std::move(found);
  };
  for (const ReductionEntry &entry : reductionCatalogue())
    add(reductions, entry.spelling, finder.reduction(entry));
  for (StringRef name : finder.getCatalogue().names()) {
    if (const OpEntry *entry = finder.getCatalogue().findOp(name))
      add(operations, name, finder.operation(*entry));
    else if (const SugarEntry *entry = finder.getCatalogue().findSugar(name))
      add(operations, name, finder.sugar(*entry));
    else if (!Catalogue::findReduction(name))
      add(derivatives, name, finder.derivative(name));
  }
}

std::vector<std::string> Language::names() const {
  std::vector<std::string> all;
  for (auto *kind : {&operations, &reductions, &derivatives})
    llvm::append_range(all, llvm::make_first_range(*kind));
  return all;
}

} // namespace keops::random
