//===- Frontend.cpp - any bytes as formula text ---------------------------===//
//
// The bytes are read as a file, and as a command line: formula, reduction,
// second formula and aliases, with lines of `--` between them. Whatever comes,
// the front end ends with a formula or with an error.
//
//===----------------------------------------------------------------------===//

#include "compiler/Frontend/Frontend.h"
#include "dialects/Keops/Keops.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

using namespace keops;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// Small, so that a run is short and limits are met.
static FrontendLimits smallLimits() {
  FrontendLimits limits;
  limits.nesting.value = 40;
  limits.nodes.value = 500;
  limits.dimension.value = 100;
  limits.text.value = 4000;
  return limits;
}

/// An error is printed if and only if there is no formula.
static void
check(llvm::function_ref<bool(llvm::SourceMgr &, mlir::MLIRContext *)> parse) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  llvm::SourceMgr sources;
  std::string messages;
  llvm::raw_string_ostream os(messages);
  FormulaDiagnostics diagnostics(sources, &context, os);
  bool isFormula = parse(sources, &context);
  if (isFormula == diagnostics.sawErrors())
    std::abort();
}

static FormulaSource commandLine(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, "\n--\n");
  FormulaSource source;
  source.formula = parts[0].str();
  if (parts.size() > 1)
    source.reduction = parts[1].str();
  if (parts.size() > 2)
    source.formula2 = parts[2].str();
  source.axis = int64_t(text.size() % 2);
  source.aliases = {"x = Vi(3)", "y = Vj(3)", "s = Vi(1)", "p = Pm(1)"};
  for (llvm::StringRef alias :
       llvm::ArrayRef(parts).drop_front(std::min<size_t>(parts.size(), 3)))
    source.aliases.push_back(alias.str());
  source.gradients = {"x"};
  return source;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  FrontendLimits limits = smallLimits();
  check([&](llvm::SourceMgr &sources, mlir::MLIRContext *context) {
    sources.AddNewSourceBuffer(
        llvm::MemoryBuffer::getMemBufferCopy(text, "fuzz"), llvm::SMLoc());
    return bool(parseKeopsFile(sources, context, limits, {"", {"x"}}));
  });
  check([&](llvm::SourceMgr &sources, mlir::MLIRContext *context) {
    return bool(parseKeopsFormula(commandLine(text), sources, context, limits));
  });
  return 0;
}
