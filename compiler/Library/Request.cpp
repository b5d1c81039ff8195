//===- Request.cpp - what a program asks the compiler for -----------------===//

#include "compiler/Library/Request.h"
#include "compiler/Driver/Options.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <cstdlib>

using namespace llvm;

namespace keops {

static std::string textOr(const char *text, const char *fallback) {
  return text ? text : fallback;
}

/// False after an error.
static bool readTexts(const char *const *texts, int64_t count, const char *name,
                      SmallVectorImpl<std::string> &result, Report &report) {
  if (count < 0 || (count > 0 && !texts)) {
    report.error("n_" + Twine(name) + " is " + Twine(count) + ", but " + name +
                 " is no list of that length");
    return false;
  }
  for (const char *text : ArrayRef(texts, count)) {
    if (!text) {
      report.error(Twine(name) + " holds a null pointer");
      return false;
    }
    result.push_back(text);
  }
  return true;
}

/// KEOPS_CPU says which code the runtime will ask for. Read once: getenv would
/// race with a program that changes its environment.
static std::string requestedCpu() {
  static const std::string request = [] {
    std::string text = textOr(::getenv("KEOPS_CPU"), "");
    // What is no name of a processor, the runtime has an error for.
    return parseIsa(text) ? "--cpu=" + text : "";
  }();
  return request;
}

static bool readOptions(const keops_source &source, CompileRequest &request,
                        Report &report) {
  SmallVector<std::string> texts;
  if (std::string cpu = requestedCpu(); !cpu.empty())
    texts.push_back(cpu);
  if (!readTexts(source.options, source.n_options, "options", texts, report))
    return false;
  auto arguments = map_to_vector(
      texts, [](const std::string &text) { return text.c_str(); });
  std::string errors;
  raw_string_ostream os(errors);
  FailureOr<LibraryOptions> options = parseLibraryOptions(arguments, os);
  if (failed(options)) {
    StringRef first = StringRef(errors).split('\n').first;
    first.consume_front("error: ");
    report.error(first);
    return false;
  }
  request.limits = options->limits;
  request.code = options->code;
  return true;
}

std::optional<CompileRequest> CompileRequest::read(const keops_source &source,
                                                   Report &report) {
  CompileRequest request;
  if (source.size != sizeof(keops_source)) {
    report.error("the size field of keops_source is " + Twine(source.size) +
                 "; initialize the struct with KEOPS_SOURCE_DEFAULTS");
    return std::nullopt;
  }
  if (!source.formula == !source.file) {
    report.error(source.file ? "a source has a formula or a file, not both"
                             : "a source needs a formula or a file");
    return std::nullopt;
  }
  FormulaSource &formula = request.formula;
  formula.formula = textOr(source.formula, "");
  formula.reduction = textOr(source.reduction, "Sum");
  formula.formula2 = textOr(source.formula2, "");
  formula.dtype = textOr(source.dtype, "float32");
  formula.sumScheme = textOr(source.sum_scheme, "");
  formula.dtypeAcc = textOr(source.dtype_acc, "");
  formula.axis = source.axis;
  formula.takesResult = source.takes_result != 0;
  if (source.has_opt_arg)
    formula.optArg = source.opt_arg;
  if (source.file)
    request.file = source.file;
  request.kernel = textOr(source.kernel, "");
  if (!readTexts(source.aliases, source.n_aliases, "aliases", formula.aliases,
                 report) ||
      !readTexts(source.gradients, source.n_gradients, "gradients",
                 formula.derivatives, report) ||
      !readOptions(source, request, report))
    return std::nullopt;
  return request;
}

//===----------------------------------------------------------------------===//
// Equality
//===----------------------------------------------------------------------===//

std::string CompileRequest::text() const {
  std::string text;
  raw_string_ostream os(text);
  // Each with its length, so that no two lists of texts run into one.
  auto add = [&](StringRef part) { os << part.size() << ":" << part << "\n"; };
  for (const std::string *part :
       {&formula.formula, &formula.reduction, &formula.formula2, &formula.dtype,
        &formula.sumScheme, &formula.dtypeAcc})
    add(*part);
  for (const auto *texts : {&formula.aliases, &formula.derivatives}) {
    os << texts->size() << "\n";
    for (const std::string &text : *texts)
      add(text);
  }
  add(file ? *file : "no file");
  add(kernel);
  os << formula.axis << " " << formula.takesResult << " " << (file ? 1 : 0)
     << " " << (formula.optArg ? std::to_string(*formula.optArg) : "none");
  FrontendLimits values = limits;
  for (Limit *limit : values.all())
    os << " " << limit->value;
  os << "\n";
  code.print(os);
  return text;
}

//===----------------------------------------------------------------------===//
// Text to formulas
//===----------------------------------------------------------------------===//

mlir::OwningOpRef<mlir::ModuleOp>
CompileRequest::parse(SourceMgr &sources, mlir::MLIRContext *context) const {
  if (!file)
    return parseKeopsFormula(formula, sources, context, limits);
  sources.AddNewSourceBuffer(MemoryBuffer::getMemBufferCopy(*file, "<file>"),
                             SMLoc());
  return parseKeopsFile(sources, context, limits);
}

} // namespace keops
