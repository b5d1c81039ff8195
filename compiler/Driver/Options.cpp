//===- Options.cpp - command lines ----------------------------------------===//

#include "compiler/Driver/Options.h"
#include "keops/runtime.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Option/Arg.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Option/Option.h"

using namespace llvm;
using namespace llvm::opt;

namespace keops {

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

namespace {
enum OptionUser : unsigned {
  CompilerOption = 1 << 1,
  RunnerOption = 1 << 2,
  LibraryOption = 1 << 3,
};
enum OptionId {
  OPT_INVALID = 0,
#define OPTION(...) LLVM_MAKE_OPT_ID(__VA_ARGS__),
#include "compiler/Driver/Options.inc"
#undef OPTION
};

#define OPTTABLE_STR_TABLE_CODE
#include "compiler/Driver/Options.inc"
#undef OPTTABLE_STR_TABLE_CODE

#define OPTTABLE_PREFIXES_TABLE_CODE
#include "compiler/Driver/Options.inc"
#undef OPTTABLE_PREFIXES_TABLE_CODE

constexpr OptTable::Info optionInfos[] = {
#define OPTION(...) LLVM_CONSTRUCT_OPT_INFO(__VA_ARGS__),
#include "compiler/Driver/Options.inc"
#undef OPTION
};

class Table : public GenericOptTable {
public:
  Table() : GenericOptTable(OptionStrTable, OptionPrefixesTable, optionInfos) {}
};
} // namespace

//===----------------------------------------------------------------------===//
// Reading and checking
//===----------------------------------------------------------------------===//

namespace {
/// The arguments of one program. All methods that can fail leave a message;
/// `ok` tells whether there was none.
class Reader {
public:
  Reader(ArrayRef<const char *> arguments, OptionUser user, raw_ostream &errors)
      : user(user), errors(errors) {
    unsigned missingIndex, missingCount;
    args = table.ParseArgs(arguments, missingIndex, missingCount,
                           Visibility(user));
    if (missingCount)
      fail() << "'" << args.getArgString(missingIndex) << "' needs a value\n";
    for (const Arg *arg : args.filtered(OPT_UNKNOWN))
      reportUnknown(arg->getAsString(args));
  }

  Request request() const;
  void readSource(SourceOptions &source);
  void readCode(CompileOptions &code);
  void readCompiler(CompilerOptions &options);
  void readList(CompilerOptions &options);
  void readLibrary(LibraryOptions &options);
  void readRunner(RunnerOptions &options);

  bool ok = true;

private:
  raw_ostream &fail() {
    ok = false;
    return error(errors);
  }
  void reportUnknown(StringRef argument);
  bool has(OptSpecifier id) const { return args.hasArg(id); }
  std::string text(OptSpecifier id, StringRef fallback = "") const {
    return args.getLastArgValue(id, fallback).str();
  }
  template <typename Int>
  void integer(StringRef flag, StringRef value, Int least, Int &result);
  template <typename Int> void integer(OptSpecifier id, Int least, Int &result);
  SmallVector<StringRef> list(OptSpecifier id) const;

  void readFormula(FormulaSource &formula);
  void readLimits(FrontendLimits &limits);
  void readIsa(StringRef name, CompileOptions &code);
  void readNative(CompileOptions &code);
  void readEmit(CompilerOptions &options);
  void readTargets(CompileOptions &code);
  void readInputs(RunnerOptions &options);
  void readSizes(RunnerOptions &options);
  void readBackend(RunnerOptions &options);
  void readGradients(RunnerOptions &options);

  Table table;
  OptionUser user;
  raw_ostream &errors;
  InputArgList args;
};
} // namespace

void Reader::reportUnknown(StringRef argument) {
  raw_ostream &os = fail() << "unknown option '" << argument << "'";
  std::string nearest;
  if (table.findNearest(argument, nearest, Visibility(user)) <= 2)
    os << "; did you mean '" << nearest << "'?";
  os << "\n";
}

template <typename Int>
void Reader::integer(StringRef flag, StringRef value, Int least, Int &result) {
  Int parsed;
  if (!value.getAsInteger(10, parsed) && parsed >= least) {
    result = parsed;
    return;
  }
  fail() << "'" << flag << "' takes a number";
  if (least >= 0)
    errors << " that is at least " << least;
  errors << ", got '" << value << "'\n";
}

template <typename Int>
void Reader::integer(OptSpecifier id, Int least, Int &result) {
  if (const Arg *arg = args.getLastArg(id))
    integer<Int>(arg->getSpelling().rtrim('='), arg->getValue(), least, result);
}

SmallVector<StringRef> Reader::list(OptSpecifier id) const {
  SmallVector<StringRef> parts;
  for (const Arg *arg : args.filtered(id))
    StringRef(arg->getValue()).split(parts, ',', -1, /*KeepEmpty=*/false);
  for (StringRef &part : parts)
    part = part.trim();
  return parts;
}

Request Reader::request() const {
  if (has(OPT_help))
    return Request::Help;
  if (has(OPT_version))
    return Request::Version;
  if (has(OPT_list_ops) || has(OPT_list_ops_EQ))
    return Request::ListOps;
  return Request::Work;
}

//===----------------------------------------------------------------------===//
// What both programs take
//===----------------------------------------------------------------------===//

void Reader::readFormula(FormulaSource &formula) {
  formula.formula = text(OPT_formula);
  for (const Arg *arg : args.filtered(OPT_alias))
    formula.aliases.push_back(arg->getValue());
  formula.reduction = text(OPT_reduction, formula.reduction);
  integer<int64_t>(OPT_axis, 0, formula.axis);
  formula.formula2 = text(OPT_formula2);
  if (has(OPT_opt_arg))
    integer(OPT_opt_arg, std::numeric_limits<int64_t>::min(),
            formula.optArg.emplace());
  formula.name = text(OPT_name, formula.name);
  formula.dtype = text(OPT_dtype, formula.dtype);
  formula.sumScheme = text(OPT_sum_scheme);
  formula.dtypeAcc = text(OPT_dtype_acc);
}

void Reader::readLimits(FrontendLimits &limits) {
  for (const Arg *arg : args.filtered(OPT_limits_group))
    for (Limit *limit : limits.all()) {
      StringRef flag = arg->getSpelling().rtrim('=');
      if (flag == limit->flag)
        integer<int64_t>(flag, arg->getValue(), 1, limit->value);
    }
}

void Reader::readSource(SourceOptions &source) {
  std::vector<std::string> files = args.getAllArgValues(OPT_INPUT);
  readFormula(source.text);
  readLimits(source.limits);
  for (StringRef variable : list(OPT_grad))
    source.text.gradients.push_back(variable.str());
  bool onCommandLine = has(OPT_formula);
  if (files.size() > 1)
    fail() << "one formula file at a time, got '" << files[0] << "' and '"
           << files[1] << "'\n";
  if (!files.empty())
    source.file = files[0];
  if (!files.empty() && onCommandLine)
    fail() << "a formula comes from a file or from --formula, not from both\n";
  else if (files.empty() && !onCommandLine)
    fail() << "no formula: name a .keops file, '-' for standard input, or give "
              "--formula\n";
  for (const Arg *arg : args.filtered(OPT_formula_group))
    if (!files.empty() && !onCommandLine)
      fail() << "'" << arg->getSpelling().rtrim('=')
             << "' goes with --formula; a file says it itself\n";
}

void Reader::readIsa(StringRef name, CompileOptions &code) {
  std::optional<tile::Isa> isa =
      name == "native" ? nativeIsa() : parseIsa(name);
  if (isa && !is_contained(code.isas, *isa))
    code.isas.push_back(*isa);
  else if (!isa && name == "native")
    fail() << "this processor is older than x86-64-v2, the oldest that there "
              "is code for\n";
  else if (!isa)
    fail() << "unknown instruction set '" << name
           << "'; there are native, x86-64-v2, x86-64-v3 and x86-64-v4\n";
}

/// What is compiled in memory runs here.
void Reader::readNative(CompileOptions &code) {
  if (code.isas.empty() && !has(OPT_cpu))
    readIsa("native", code);
}

void Reader::readCode(CompileOptions &code) {
  for (StringRef name : list(OPT_cpu))
    readIsa(name, code);
  code.precise = has(OPT_precise);
  integer<int64_t>(OPT_max_unrolled, 1, code.maxUnrolled);
}

//===----------------------------------------------------------------------===//
// keopsc
//===----------------------------------------------------------------------===//

void Reader::readEmit(CompilerOptions &options) {
  const Arg *arg = args.getLastArg(OPT_emit);
  if (!arg)
    return;
  std::optional<Stage> stage = parseStage(arg->getValue());
  if (!stage)
    fail() << "unknown stage '" << arg->getValue()
           << "'; there are formula, grad, stable, tile, cpu, gpu, llvm, ptx, "
              "asm, obj and cost\n";
  else
    options.emit = *stage;
}

void Reader::readTargets(CompileOptions &code) {
  SmallVector<StringRef> targets = list(OPT_target);
  for (StringRef target : targets)
    if (target != "cpu" && target != "cuda")
      fail() << "unknown target '" << target << "'; there are cpu and cuda\n";
  for (StringRef name : list(OPT_arch))
    if (std::optional<int> arch = parseArch(name))
      code.archs.push_back(*arch);
    else
      fail() << "unknown GPU architecture '" << name
             << "'; there are sm_75, sm_80, sm_90 and others from sm_75 on\n";
  code.device = is_contained(targets, "cuda") || has(OPT_arch);
  code.host = targets.empty() || is_contained(targets, "cpu");
  if (has(OPT_arch) && !targets.empty() && !is_contained(targets, "cuda"))
    fail() << "'--arch' is for the target cuda, which is not asked for\n";
}

/// Some stages show the code for one target. An object is for both, unless
/// something else was asked for.
static void chooseTargets(CompilerOptions &options, bool areNamed) {
  if (options.emit == Stage::Obj && !areNamed)
    options.code.device = options.code.deviceIsOptional = true;
  bool onlyDevice = options.emit == Stage::Gpu || options.emit == Stage::Ptx;
  bool onlyHost = options.emit == Stage::Cpu || options.emit == Stage::Asm;
  if (!onlyDevice && !onlyHost)
    return;
  options.code.device = onlyDevice;
  options.code.host = onlyHost;
}

void Reader::readCompiler(CompilerOptions &options) {
  readEmit(options);
  readTargets(options.code);
  chooseTargets(options, has(OPT_target) || has(OPT_arch));
  options.output = text(OPT_o);
  options.header = text(OPT_header);
  options.dependencies = text(OPT_MF);
  options.writeDependencies = has(OPT_MD) || has(OPT_MF);
  options.time = has(OPT_time);
  options.verbose = has(OPT_verbose);
}

void Reader::readList(CompilerOptions &options) {
  options.names = args.getAllArgValues(OPT_INPUT);
  StringRef form = args.getLastArgValue(OPT_list_ops_EQ, "text");
  if (form == "markdown")
    options.listForm = ListForm::Markdown;
  else if (form == "cpp")
    options.listForm = ListForm::Cpp;
  else if (form != "text")
    fail() << "unknown form '" << form
           << "'; there are text, markdown and cpp\n";
}

//===----------------------------------------------------------------------===//
// keops-run
//===----------------------------------------------------------------------===//

void Reader::readInputs(RunnerOptions &options) {
  for (const std::string &value : args.getAllArgValues(OPT_input)) {
    auto [name, file] = StringRef(value).split('=');
    if (name.empty() || file.empty())
      fail() << "'--input' takes VARIABLE=FILE, got '" << value << "'\n";
    for (auto &[other, unused] : options.inputs)
      if (name == other)
        fail() << "two tables for " << name << "\n";
    options.inputs.emplace_back(name.str(), file.str());
  }
}

void Reader::readSizes(RunnerOptions &options) {
  for (const std::string &value : args.getAllArgValues(OPT_size)) {
    auto [rows, cols] = StringRef(value).split(',');
    int64_t m = -1, n = -1;
    if (rows.trim().getAsInteger(10, m) || cols.trim().getAsInteger(10, n) ||
        m < 0 || n < 0)
      fail() << "'--size' takes M,N, as 1000,2000, got '" << value << "'\n";
    options.sizes.emplace_back(m, n);
  }
  if (options.sizes.size() > 1 && !options.checkRows)
    fail() << "several sizes are for --check\n";
}

void Reader::readBackend(RunnerOptions &options) {
  StringRef backend = args.getLastArgValue(OPT_backend, "cpu");
  if (backend != "auto" && backend != "cpu" && backend != "gpu")
    fail() << "unknown back end '" << backend
           << "'; there are auto, cpu and gpu\n";
  options.backend = backend == "auto"  ? KEOPS_BACKEND_AUTO
                    : backend == "gpu" ? KEOPS_BACKEND_GPU
                                       : KEOPS_BACKEND_CPU;
  // Code for the other one would not be run.
  options.code.device = backend != "cpu";
  options.code.host = backend != "gpu";
}

void Reader::readGradients(RunnerOptions &options) {
  options.withValue = has(OPT_value);
  options.cotangent = text(OPT_cotangent);
  ArrayRef<std::string> gradients = options.source.text.gradients;
  for (auto [n, variable] : enumerate(gradients))
    if (is_contained(gradients.take_front(n), variable))
      fail() << "'--grad' names " << variable << " twice\n";
  for (OptSpecifier id : {OPT_value, OPT_cotangent})
    if (const Arg *arg = args.getLastArg(id); arg && gradients.empty())
      fail() << "'" << arg->getSpelling().rtrim('=') << "' goes with --grad\n";
}

void Reader::readRunner(RunnerOptions &options) {
  if (has(OPT_check) || has(OPT_check_EQ))
    options.checkRows = 16;
  integer<int64_t>(OPT_check_EQ, 1, options.checkRows);
  options.source.kernel = text(OPT_kernel);
  options.outputs = args.getAllArgValues(OPT_output);
  readInputs(options);
  readSizes(options);
  readBackend(options);
  integer<uint64_t>(OPT_seed, 0, options.seed);
  integer(OPT_device, 0, options.device);
  integer(OPT_threads, 1, options.threads);
  integer<int64_t>(OPT_time_run, 1, options.runs);
  options.verbose = has(OPT_verbose);
  readNative(options.code);
  readGradients(options);
}

//===----------------------------------------------------------------------===//
// The library
//===----------------------------------------------------------------------===//

void Reader::readLibrary(LibraryOptions &options) {
  for (const Arg *arg : args.filtered(OPT_INPUT))
    fail() << "'" << arg->getValue() << "' is not an option\n";
  readLimits(options.limits);
  readCode(options.code);
  readNative(options.code);
  readTargets(options.code);
}

//===----------------------------------------------------------------------===//
// The doors
//===----------------------------------------------------------------------===//

template <typename Options>
static FailureOr<Options> parse(ArrayRef<const char *> arguments,
                                OptionUser user, raw_ostream &errors,
                                void (Reader::*readOwn)(Options &),
                                void (Reader::*readList)(Options &) = nullptr) {
  Reader reader(arguments, user, errors);
  Options options;
  options.request = reader.request();
  if (reader.ok && options.request == Request::Work) {
    reader.readSource(options.source);
    reader.readCode(options.code);
    (reader.*readOwn)(options);
  }
  if (readList && options.request == Request::ListOps)
    (reader.*readList)(options);
  if (!reader.ok)
    return failure();
  return options;
}

FailureOr<CompilerOptions>
parseCompilerOptions(ArrayRef<const char *> arguments, raw_ostream &errors) {
  return parse(arguments, CompilerOption, errors, &Reader::readCompiler,
               &Reader::readList);
}

FailureOr<RunnerOptions> parseRunnerOptions(ArrayRef<const char *> arguments,
                                            raw_ostream &errors) {
  return parse(arguments, RunnerOption, errors, &Reader::readRunner);
}

FailureOr<LibraryOptions> parseLibraryOptions(ArrayRef<const char *> arguments,
                                              raw_ostream &errors) {
  Reader reader(arguments, LibraryOption, errors);
  LibraryOptions options;
  if (reader.ok)
    reader.readLibrary(options);
  if (!reader.ok)
    return failure();
  return options;
}

void printCompilerHelp(raw_ostream &os) {
  Table().printHelp(
      os, "keopsc [options] [FILE.keops | -]",
      "from formulas to an object file and its C header\n\n"
      "FILE.keops gives FILE.o and FILE.h; one formula on the command line "
      "NAME.o and NAME.h",
      /*ShowHidden=*/false, /*ShowAllAliases=*/false,
      Visibility(CompilerOption));
}

void printRunnerHelp(raw_ostream &os) {
  Table().printHelp(os, "keops-run [options] [FILE.keops | -]",
                    "compiles a formula in memory and runs it on .npy files",
                    /*ShowHidden=*/false, /*ShowAllAliases=*/false,
                    Visibility(RunnerOption));
}

} // namespace keops
