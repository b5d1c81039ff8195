//===- Reference.cpp - the language as its users look it up ---------------===//

#include "compiler/Frontend/Reference.h"
#include "compiler/Frontend/Frontend.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"

using namespace mlir;

namespace keops {

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

/// `(a, b, dims)`, as users write it.
static std::string signature(StringRef name, ArrayRef<StringRef> parameters) {
  return (name + "(" + llvm::join(parameters, ", ") + ")").str();
}

static void addDoc(ReferenceEntry &entry, const Doc &doc) {
  entry.dimension = doc.dimension.str();
  entry.derivative = doc.derivative.str();
  doc.special.split(entry.special, "; ", -1, /*KeepEmpty=*/false);
  doc.example.split(entry.examples, "; ", -1, /*KeepEmpty=*/false);
}

/// What stands between commas that are in no parentheses.
static SmallVector<StringRef> splitOutside(StringRef list) {
  SmallVector<StringRef> parts;
  size_t start = 0;
  int depth = 0;
  for (auto [index, c] : llvm::enumerate(list)) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c != ',' || depth)
      continue;
    parts.push_back(list.slice(start, index).trim());
    start = index + 1;
  }
  parts.push_back(list.substr(start).trim());
  return parts;
}

/// Records call operations as C++ does: `rsqrt(x)`. Users write `Rsqrt(x)`.
static std::string inUsersWords(StringRef partial, const Catalogue &catalogue) {
  std::string text;
  while (!partial.empty()) {
    StringRef word = partial.take_while(llvm::isAlnum);
    StringRef spelling = word;
    if (partial.substr(word.size()).starts_with("("))
      for (StringRef name : llvm::make_first_range(catalogue.getOps()))
        if (name.equals_insensitive(word))
          spelling = name;
    size_t size = std::max<size_t>(1, word.size());
    text += word.empty() ? partial.take_front() : spelling;
    partial = partial.drop_front(size);
  }
  return text;
}

/// `b along a, a along b` from the partial derivatives `b, a`.
static std::string derivativeOf(const OpEntry &op, const Catalogue &catalogue) {
  if (!op.doc.derivative.empty() || op.doc.partials.empty())
    return op.doc.derivative.str();
  SmallVector<StringRef> partials = splitOutside(op.doc.partials);
  if (llvm::all_equal(partials))
    return inUsersWords(partials.front(), catalogue);
  std::string text;
  for (auto [partial, operand] : llvm::zip(partials, op.parameters))
    text += (text.empty() ? "" : ", ") + inUsersWords(partial, catalogue) +
            " along " + operand.str();
  return text;
}

static ReferenceEntry describe(const OpEntry &op, const Catalogue &catalogue) {
  ReferenceEntry entry{op.spelling.str(), signature(op.spelling, op.parameters),
                       op.summary.str()};
  addDoc(entry, op.doc);
  entry.derivative = derivativeOf(op, catalogue);
  return entry;
}

/// When a line of sugar holds, in words.
static std::string conditionOf(Fit fit, ArrayRef<StringRef> parameters) {
  if (fit == Fit::Always)
    return "";
  std::string same = fit == Fit::One ? "1" : ("d(" + parameters[1] + ")").str();
  return (" if d(" + parameters[0] + ") = " + same +
          (fit == Fit::Square ? "**2" : ""))
      .str();
}

static ReferenceEntry describe(const SugarEntry &sugar) {
  ReferenceEntry entry{sugar.spelling.str(),
                       signature(sugar.spelling, sugar.parameters),
                       sugar.summary.str()};
  addDoc(entry, sugar.doc);
  for (auto [fit, body] : sugar.bodies)
    entry.definitions.push_back(body.str() +
                                conditionOf(fit, sugar.parameters));
  return entry;
}

static ReferenceEntry describe(const ReductionEntry &reduction,
                               MLIRContext *context) {
  SmallVector<StringRef> parameters{"f"};
  if (reduction.operands == 2)
    parameters.push_back("g");
  if (reduction.takesK)
    parameters.push_back("K=k");
  parameters.push_back("axis=a");
  ReferenceEntry entry{reduction.spelling.str(),
                       signature(reduction.spelling, parameters),
                       reduction.summary.str()};
  ReductionAttrInterface attribute = reduction.make(context, /*k=*/1);
  if (attribute.getSummation())
    entry.options = "sum_scheme=auto, dtype_acc=auto";
  addDoc(entry, attribute.getDoc());
  return entry;
}

static ReferenceChapter describeOperators(const Catalogue &catalogue) {
  ReferenceChapter chapter{"operators", {}, /*isComplete=*/false};
  for (const OperatorEntry &entry : Catalogue::getOperators())
    chapter.entries.push_back(
        {entry.symbol.str(), ("f " + entry.symbol + " g").str(),
         entry.isMirrored() ? (entry.spelling + "(g, f)").str()
                            : catalogue.findOp(entry.spelling)->summary.str()});
  chapter.entries.push_back(
      {"-", "-f", "f with the other sign; binds looser than **"});
  chapter.entries.push_back(
      {"**", "f ** g", "power: Square, Pow, Sqrt, Rsqrt or Powf"});
  return chapter;
}

std::vector<ReferenceChapter> makeReference(const Catalogue &catalogue,
                                            MLIRContext *context) {
  ReferenceChapter pointwise{"operations on each component", {}};
  ReferenceChapter vector{"operations across components", {}};
  ReferenceChapter sugar{"short for longer formulas", {}};
  ReferenceChapter reductions{"reductions: axis=1 over j, axis=0 over i", {}};
  ReferenceChapter aliases{"other names of reductions", {}, false};
  ReferenceChapter builtins{"variables and derivatives", {}};
  for (const OpEntry &op : llvm::make_second_range(catalogue.getOps()))
    (op.isComponentWise ? pointwise : vector)
        .entries.push_back(describe(op, catalogue));
  for (const SugarEntry &entry : llvm::make_second_range(catalogue.getSugar()))
    sugar.entries.push_back(describe(entry));
  for (const ReductionEntry &entry : reductionCatalogue())
    reductions.entries.push_back(describe(entry, context));
  for (const AliasEntry &alias : Catalogue::getAliases())
    aliases.entries.push_back({alias.name.str(), alias.name.str(),
                               "another name of " + alias.spelling.str()});
  for (const BuiltinEntry &builtin : Catalogue::getBuiltins()) {
    ReferenceEntry &entry = builtins.entries.emplace_back();
    entry.name = builtin.name.str();
    entry.signature = builtin.signature.str();
    entry.summary = builtin.summary.str();
    addDoc(entry, builtin.doc);
  }
  return {describeOperators(catalogue),
          pointwise,
          vector,
          sugar,
          reductions,
          aliases,
          builtins};
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static void printList(const ReferenceChapter &chapter, raw_ostream &os) {
  os << chapter.title << "\n";
  for (const ReferenceEntry &entry : chapter.entries)
    os << "  " << llvm::left_justify(entry.signature, 25) << " "
       << entry.summary << "\n";
}

static void printDetails(const ReferenceEntry &entry, raw_ostream &os) {
  auto lines = [&](StringRef label, const auto &texts) {
    for (StringRef text : texts) {
      if (!text.empty())
        os << "  " << llvm::left_justify(label, 12) << text << "\n";
      label = "";
    }
  };
  os << entry.signature << "\n  " << entry.summary << "\n";
  lines("short for", entry.definitions);
  lines("also takes", ArrayRef(entry.options));
  lines("dimension", ArrayRef(entry.dimension));
  lines("derivative", ArrayRef(entry.derivative));
  lines("example", entry.examples);
  lines("special", entry.special);
}

/// Words, and formulas in between, as Markdown shows them unchanged.
static std::string asWords(StringRef text) {
  std::string escaped;
  for (char c : text) {
    if (StringRef("|*_<[").contains(c))
      escaped += '\\';
    escaped += c;
  }
  return escaped;
}

static std::string asCode(StringRef text) {
  std::string escaped = "`";
  for (char c : text) {
    if (c == '|') // would end the cell
      escaped += '\\';
    escaped += c;
  }
  return escaped + "`";
}

template <typename Texts> static std::string asLines(const Texts &texts) {
  std::string lines;
  for (StringRef text : texts)
    lines += (lines.empty() ? "" : "<br>") +
             (text.contains(" = ") ? asCode(text) : asWords(text));
  return lines;
}

/// A column of the tables in Markdown.
struct Column {
  StringRef heading;
  std::string (*cell)(const ReferenceEntry &);
};
static const Column kColumns[] = {
    {"name", [](const auto &entry) { return asCode(entry.signature); }},
    {"meaning", [](const auto &entry) { return asWords(entry.summary); }},
    {"short for",
     [](const auto &entry) {
       return llvm::join(llvm::map_range(entry.definitions, asCode), "<br>");
     }},
    {"dimension", [](const auto &entry) { return asWords(entry.dimension); }},
    {"derivative", [](const auto &entry) { return asWords(entry.derivative); }},
    {"examples", [](const auto &entry) { return asLines(entry.examples); }},
    {"special values",
     [](const auto &entry) { return asLines(entry.special); }},
};

/// With the columns that have something to say.
static void printTable(const ReferenceChapter &chapter, raw_ostream &os) {
  os << "### " << llvm::toUpper(chapter.title.front())
     << chapter.title.drop_front() << "\n\n";
  auto columns = llvm::make_filter_range(kColumns, [&](const Column &column) {
    return llvm::any_of(chapter.entries, [&](const ReferenceEntry &entry) {
      return !column.cell(entry).empty();
    });
  });
  for (const Column &column : columns)
    os << "| " << column.heading << " ";
  os << "|\n";
  for ([[maybe_unused]] const Column &column : columns)
    os << "|---";
  os << "|\n";
  for (const ReferenceEntry &entry : chapter.entries) {
    for (const Column &column : columns)
      os << "| " << column.cell(entry) << " ";
    os << "|\n";
  }
}

//===----------------------------------------------------------------------===//
// Doors
//===----------------------------------------------------------------------===//

/// keops/operations.h: what can be called with formulas, in lower case.
static void printFunctions(const Catalogue &catalogue, raw_ostream &os) {
  os << "// Printed by `keopsc --list-ops=cpp`. Included by keops/formula.h,\n"
        "// which says what KEOPS_OPERATION is.\n"
        "// clang-format off\n";
  auto print = [&](const ReferenceEntry &entry) {
    os << "\n/// " << entry.signature << ": " << entry.summary
       << "\nKEOPS_OPERATION(" << StringRef(entry.name).lower() << ", "
       << entry.name << ")\n";
  };
  for (auto &[name, op] : catalogue.getOps())
    print(describe(op, catalogue));
  for (auto &[name, sugar] : catalogue.getSugar())
    print(describe(sugar));
}

void printOperations(MLIRContext *context, ListForm form, raw_ostream &os) {
  context->getOrLoadDialect<KeopsDialect>();
  if (form == ListForm::Cpp)
    return printFunctions(Catalogue(context), os);
  bool isFirst = true;
  for (const ReferenceChapter &chapter :
       makeReference(Catalogue(context), context)) {
    os << (isFirst ? "" : "\n");
    isFirst = false;
    form == ListForm::Text ? printList(chapter, os) : printTable(chapter, os);
  }
}

llvm::Error printOperation(MLIRContext *context, StringRef name,
                           raw_ostream &os) {
  context->getOrLoadDialect<KeopsDialect>();
  Catalogue catalogue(context);
  bool found = false;
  for (const ReferenceChapter &chapter : makeReference(catalogue, context))
    for (const ReferenceEntry &entry : chapter.entries) {
      if (entry.name != name)
        continue;
      if (found) // `Sum` is an operation and a reduction
        os << "\n";
      found = true;
      printDetails(entry, os);
    }
  if (found)
    return llvm::Error::success();
  return llvm::createStringError("no operation '" + name + "'" +
                                 suggest(name, catalogue.names()));
}

} // namespace keops
