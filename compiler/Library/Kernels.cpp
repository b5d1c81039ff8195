//===- Kernels.cpp - compiled once, used by all ---------------------------===//

#include "compiler/Library/Kernels.h"
#include "compiler/Driver/Card.h"
#include "compiler/Library/Identity.h"
#include "runtime/Card.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <pthread.h>

using namespace llvm;
using mlir::ModuleOp;

namespace keops {

//===----------------------------------------------------------------------===//
// One kernel
//===----------------------------------------------------------------------===//

/// The formula that was asked for; null after errors.
static FormulaOp select(ModuleOp module, const CompileRequest &request,
                        Report &report) {
  SmallVector<std::string> names = kernelNames(module);
  StringRef name = request.kernel;
  if (name.empty() && names.size() == 1)
    name = names.front();
  if (name.empty()) {
    report.error("choose one of several kernels: " + join(names, ", "));
    return nullptr;
  }
  auto formula = module.lookupSymbol<FormulaOp>(name);
  if (!formula)
    report.error("no kernel '" + name + "'; there are " + join(names, ", "));
  return formula;
}

/// Leaves one formula in the module, without what code does not depend on.
static void reduceTo(ModuleOp module, FormulaOp wanted) {
  for (FormulaOp formula : make_early_inc_range(module.getOps<FormulaOp>()))
    if (formula != wanted)
      formula.erase();
  for (StringRef comment : {"keops.text", "keops.gradient_of"})
    wanted->removeAttr(comment);
}

/// The key of a formula in the cache: its canonical form, which is how the
/// compiler prints what it has read, and all else that code depends on.
static std::string keyOf(ModuleOp module, const CompileOptions &options) {
  std::string text;
  raw_string_ostream os(text);
  module.print(os);
  options.print(os);
  os << compilerIdentity();
  return hashOf(text);
}

static std::vector<keops_parameter> parameters(const keops_table *tables,
                                               int32_t count) {
  std::vector<keops_parameter> result;
  for (const keops_table &table : ArrayRef(tables, count))
    result.push_back({table.name, table.axis, table.dtype, table.dim});
  return result;
}

/// Null, and a reason, if the bytes are no object with this kernel.
static std::shared_ptr<const CompiledKernel>
load(ArrayRef<char> bytes, StringRef name, std::string &reason) {
  auto kernel = std::make_shared<CompiledKernel>();
  kernel->object = LoadedObject::load(bytes, reason);
  if (!kernel->object)
    return nullptr;
  kernel->card = kernel->object->card(name);
  if (!kernel->card) {
    reason = ("it has no kernel '" + name + "'").str();
    return nullptr;
  }
  const keops_table *tables = kernel->card->tables;
  kernel->inputs = parameters(tables, kernel->card->n_inputs);
  kernel->outputs =
      parameters(tables + kernel->card->n_inputs, kernel->card->n_outputs);
  return kernel;
}

/// Code for what is left in the module. No kernel after errors.
static Outcome build(ModuleOp module, StringRef name,
                     const CompileRequest &request, const Cache &cache,
                     const std::shared_ptr<Report> &report) {
  auto fault = [&](const Twine &message) -> Outcome {
    report->error(message);
    return {nullptr, report, KEOPS_COMPILER_FAULT};
  };
  std::string reason;
  bool mayKeep = !compilerIdentity().empty();
  std::string key = keyOf(module, request.code);
  if (auto bytes = mayKeep ? cache.find(key) : std::nullopt)
    if (auto kernel = load(*bytes, name, reason))
      return {kernel, report, KEOPS_OK};
  // What passes refuse is too large, or has no derivative.
  if (failed(advance(module, Stage::Formula, Stage::Llvm, request.code)))
    return report->hasErrors()
               ? Outcome{nullptr, report, KEOPS_BAD_FORMULA}
               : fault("the compiler failed without saying why");
  auto bytes = emitCode(module, Stage::Obj);
  if (failed(bytes))
    return fault("no code was made");
  auto kernel = load(*bytes, name, reason);
  if (!kernel)
    return fault("the compiled object cannot be loaded: " + reason);
  if (mayKeep)
    cache.keep(key, *bytes);
  return {kernel, report, KEOPS_OK};
}

namespace {
/// A request on its way: the formula that it asks for, or errors.
struct Reading {
  explicit Reading(const CompileRequest &request)
      : context(makeContext()), handler(*report, sources, context.get()),
        module(request.parse(sources, context.get())) {
    if (module)
      formula = select(*module, request, *report);
  }

  std::shared_ptr<Report> report = std::make_shared<Report>();
  SourceMgr sources;
  std::unique_ptr<mlir::MLIRContext> context;
  ReportHandler handler;
  mlir::OwningOpRef<ModuleOp> module;
  FormulaOp formula; // null after errors
};
} // namespace

Outcome compile(const CompileRequest &request, const Cache &cache) {
  Reading reading(request);
  const std::shared_ptr<Report> &report = reading.report;
  if (!reading.formula)
    return {nullptr, report, KEOPS_BAD_FORMULA};
  std::string name = reading.formula.getSymName().str();
  reduceTo(*reading.module, reading.formula);
  return build(*reading.module, name, request, cache, report);
}

static std::vector<keops_parameter>
parameters(const std::vector<Parameter> &described) {
  std::vector<keops_parameter> result;
  for (const Parameter &parameter : described) {
    int32_t axis = parameter.axis == Axes::i   ? KEOPS_AXIS_I
                   : parameter.axis == Axes::j ? KEOPS_AXIS_J
                                               : KEOPS_AXIS_P;
    int32_t dtype = parameter.scalar.isF32()   ? KEOPS_FLOAT32
                    : parameter.scalar.isF64() ? KEOPS_FLOAT64
                                               : KEOPS_INT64;
    result.push_back({parameter.name.c_str(), axis, dtype, parameter.dim});
  }
  return result;
}

Outcome describe(const CompileRequest &request) {
  Reading reading(request);
  if (!reading.formula)
    return {nullptr, reading.report, KEOPS_BAD_FORMULA};
  auto kernel = std::make_shared<CompiledKernel>();
  for (KernelSignature &signature : signaturesOf(*reading.module))
    if (signature.name == reading.formula.getSymName())
      kernel->signature = std::move(signature);
  kernel->inputs = parameters(kernel->signature.inputs);
  kernel->outputs = parameters(kernel->signature.outputs);
  return {kernel, reading.report, KEOPS_OK};
}

//===----------------------------------------------------------------------===//
// All kernels
//===----------------------------------------------------------------------===//

namespace {
/// Never destroyed: other threads may ask while the process exits.
class Table {
public:
  static Table &get() {
    static Table &table = *new Table;
    return table;
  }

  Outcome find(const CompileRequest &request);

private:
  // Kernels of a few kilobytes; a program has rarely more at a time.
  static constexpr size_t capacity = 256;

  struct Entry {
    std::shared_future<Outcome> outcome;
    std::list<const std::string *>::iterator age;
  };

  Table() {
    ::pthread_atfork([] { get().mutex.lock(); }, [] { get().mutex.unlock(); },
                     [] {
                       get().dropUnfinished();
                       get().mutex.unlock();
                     });
  }
  static bool isReady(const Entry &entry) {
    return entry.outcome.wait_for(std::chrono::seconds(0)) ==
           std::future_status::ready;
  }
  void erase(std::map<std::string, Entry>::iterator entry) {
    ages.erase(entry->second.age);
    entries.erase(entry);
  }
  void dropUnfinished();
  void dropOldest();

  std::mutex mutex;
  std::map<std::string, Entry> entries;
  std::list<const std::string *> ages; // keys of entries, newest first
};
} // namespace

/// In a forked child, where nobody works on them.
void Table::dropUnfinished() {
  for (auto entry = entries.begin(); entry != entries.end();) {
    auto next = std::next(entry);
    if (!isReady(entry->second))
      erase(entry);
    entry = next;
  }
}

void Table::dropOldest() {
  if (entries.size() > capacity)
    erase(entries.find(*ages.back()));
}

Outcome Table::find(const CompileRequest &request) {
  std::string key = request.text();
  std::promise<Outcome> promise;
  {
    std::unique_lock<std::mutex> lock(mutex);
    auto [entry, isNew] = entries.try_emplace(key);
    if (!isNew) {
      ages.splice(ages.begin(), ages, entry->second.age);
      std::shared_future<Outcome> outcome = entry->second.outcome;
      lock.unlock();
      return outcome.get();
    }
    ages.push_front(&entry->first);
    entry->second = {promise.get_future().share(), ages.begin()};
    dropOldest();
  }
  Outcome outcome = compile(request, Cache::ofUser());
  promise.set_value(outcome);
  // What failed is cheap to find out again, and rarely asked for.
  if (!outcome.kernel) {
    std::lock_guard<std::mutex> lock(mutex);
    if (auto entry = entries.find(key); entry != entries.end())
      erase(entry);
  }
  return outcome;
}

Outcome findOrCompile(const CompileRequest &request) {
  return Table::get().find(request);
}

} // namespace keops
