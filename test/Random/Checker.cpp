//===- Checker.cpp - compiled kernels against the interpreter -------------===//

#include "test/Random/Checker.h"
#include "compiler/Interpreter/Interpreter.h"
#include "compiler/Transforms/Passes.h"
#include "keops/runtime.h"
#include "mlir/Pass/PassManager.h"
#include "test/Random/ProcessClock.h"
#include "test/Unit/Device/DeviceTable.h"
#include "tools/keops-run/Data.h"
#include "llvm/Support/Format.h"
#include <random>

using namespace mlir;

namespace keops::random {

// Noisy runs, the noise in units, and how much farther than the noisy results
// a compiled one may be. An operation has an error of up to 4 units.
static constexpr int kNoisyRuns = 4;
static constexpr double kNoiseUnits = 8, kSlack = 10, kUnits = 40;
// Of one result; all rows of what is small.
static constexpr int64_t kRows = 6;
// Values that the interpreter computes: some 0.1 s.
static constexpr int64_t kBudget = 60000;

using Tables = std::vector<std::vector<double>>;

namespace {
/// One row of one output, as it should be, and how far it may be off: infinite
/// where anything is right.
struct Row {
  unsigned output;
  int64_t row;
  SmallVector<double> numbers, tolerances;
};

class Noise {
public:
  Noise(bool isDouble, uint64_t seed)
      : isFloat(!isDouble), unit(isDouble ? 0x1p-53 : 0x1p-24), random(seed) {}
  /// `terms`: how many were added up. Equal ones round each time the same way.
  double operator()(double number, int64_t terms = 1) {
    double noise = std::uniform_real_distribution<double>(-1, 1)(random);
    number *= 1 + (kNoiseUnits + double(terms) / 8) * unit * noise;
    // Overflow is part of the type; what is tiny may become 0.
    if (isFloat) {
      number = double(float(number));
      if (std::fabs(number) < 0x1p-126 && random() % 2)
        number = 0;
    }
    return number;
  }

private:
  bool isFloat;
  double unit;
  std::mt19937_64 random;
};
} // namespace

struct Checker::Reference {
  OwningOpRef<ModuleOp> module;
  KernelSignature signature;
  std::vector<Row> rows;
  FormulaOp formula() { return *module->getOps<FormulaOp>().begin(); }
};

//===----------------------------------------------------------------------===//
// The reference
//===----------------------------------------------------------------------===//

/// What a formula may be refused for. Anything else is a fault of ours.
static bool isRefusal(StringRef message) {
  return message.contains("has no derivative") ||
         message.contains("the limit of ") || message.contains(", more than ");
}

OwningOpRef<ModuleOp> Checker::read(const Case &test, Verdict &verdict) {
  llvm::SourceMgr sources;
  OwningOpRef<ModuleOp> module =
      parseKeopsFormula(test.source(), sources, context);
  if (!module)
    verdict.kind = Verdict::Rejected;
  return module;
}

static Tables tablesOf(const KernelSignature &signature,
                       const run::Problem &problem) {
  Tables tables;
  for (auto [variable, data] :
       llvm::zip_equal(signature.inputs, problem.inputs)) {
    int64_t count = problem.size.rowsAlong(variable.axis) * variable.dim;
    std::vector<double> &table = tables.emplace_back(count);
    for (int64_t k = 0; k < count; ++k)
      table[k] = variable.scalar.isF32()
                     ? double(static_cast<const float *>(data)[k])
                     : static_cast<const double *>(data)[k];
  }
  return tables;
}

static llvm::Expected<run::Problem> problemOf(const KernelSignature &signature,
                                              const Case &test) {
  auto given = run::GivenTables::load(signature, RunnerOptions());
  if (!given)
    return given.takeError();
  return run::Problem::make(signature, *given, {test.M, test.N}, test.seed);
}

/// The rows to compare: the ends, and some between.
static std::vector<Row> chooseRows(const KernelSignature &signature,
                                   const Case &test) {
  std::vector<Row> rows;
  for (auto [output, table] : llvm::enumerate(signature.outputs)) {
    int64_t count = run::Size{test.M, test.N}.rowsAlong(table.axis);
    for (int64_t k = 0; k < std::min(count, kRows); ++k)
      rows.push_back({unsigned(output),
                      count <= kRows ? k : k * (count - 1) / (kRows - 1),
                      {},
                      {}});
  }
  return rows;
}

static double largest(ArrayRef<double> numbers) {
  double most = 0;
  for (double number : numbers)
    if (std::isfinite(number))
      most = std::max(most, std::fabs(number));
  return most;
}

/// Where noise makes a number undefined, or another row's number, nothing is
/// asked for. What is infinite all the same, as the least of no numbers,
/// counts.
static void widen(Row &row, ArrayRef<double> noisy, bool isReal) {
  for (auto [number, other, tolerance] :
       llvm::zip_equal(row.numbers, noisy, row.tolerances)) {
    if (number == other)
      continue;
    if (!std::isfinite(number) || !std::isfinite(other))
      tolerance = HUGE_VAL;
    else if (isReal)
      tolerance = std::max(tolerance, kSlack * std::fabs(number - other));
    else
      tolerance = HUGE_VAL;
  }
}

bool Checker::interpret(const Case &test, Reference &reference,
                        Verdict &verdict) {
  auto problem = problemOf(reference.signature, test);
  if (!problem) {
    verdict = {Verdict::Wrong, toString(problem.takeError()), ""};
    return false;
  }
  Tables tables = tablesOf(reference.signature, *problem);
  reference.rows = chooseRows(reference.signature, test);
  double unit = test.isDouble ? 0x1p-53 : 0x1p-24;
  for (int run = 0; run <= kNoisyRuns; ++run) {
    Noise noise(test.isDouble, test.seed * 31 + run);
    Tables used = tables;
    for (std::vector<double> &table : used)
      for (double &number : table)
        number = run ? noise(number) : number;
    SmallVector<ArrayRef<double>> views(used.begin(), used.end());
    auto interpreter =
        Interpreter::create(reference.formula(), test.M, test.N, views);
    if (failed(interpreter)) {
      verdict.kind = Verdict::Wrong;
      return false;
    }
    if (run)
      interpreter->disturb(
          [&](double number, int64_t terms) { return noise(number, terms); });
    for (Row &row : reference.rows) {
      bool isReal = !reference.signature.outputs[row.output].scalar.isInteger();
      SmallVector<double> numbers = interpreter->row(row.output, row.row);
      if (run) {
        widen(row, numbers, isReal);
        continue;
      }
      // Components of one row are of one size, in most formulas. A sum of equal
      // terms rounds each time the same way.
      double units = kUnits + double(std::max(test.M, test.N)) / 4;
      double base = isReal ? units * unit * largest(numbers) +
                                 (test.isDouble ? 0x1p-1022 : 0x1p-126)
                           : 0;
      row.tolerances.assign(numbers.size(), base);
      row.numbers = std::move(numbers);
    }
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// How many numbers the interpreter will compute, roughly.
static int64_t costOf(FormulaOp formula, const KernelSignature &signature,
                      int64_t M, int64_t N) {
  int64_t perPair = 0, reductions = 0;
  for (Operation &op : formula.getBody().front()) {
    reductions += isa<ReduceOp>(op);
    for (Value result : op.getResults())
      perPair += 8 + vecType(result).getDim();
  }
  bool few = reductions == 1 && signature.outputs[0].axis != Axes::p;
  int64_t rows = few ? std::min(kRows, M) : M;
  return rows * N * perPair / 8;
}

void Checker::chooseSize(Case &test, Reference &reference, ModuleOp tiles,
                         ChooseSize choose) {
  int64_t rows = 16, cols = 16;
  tiles.walk([&](tile::KernelOp kernel) {
    ArrayAttr schedules = *kernel.getSchedules();
    for (Attribute attribute : schedules) {
      auto schedule = cast<tile::ScheduleAttr>(attribute);
      rows = schedule.getRows();
      cols = schedule.getCols();
    }
  });
  for (int attempt = 0; attempt < 20; ++attempt) {
    std::tie(test.M, test.N) = choose(rows, cols);
    // Both along the axis of rows, since formulas may be turned.
    if (std::max(
            costOf(reference.formula(), reference.signature, test.M, test.N),
            costOf(reference.formula(), reference.signature, test.N, test.M)) <=
        kBudget)
      return;
  }
  test.M = 3;
  test.N = 5;
}

//===----------------------------------------------------------------------===//
// The comparison
//===----------------------------------------------------------------------===//

static double numberAt(const Parameter &table, const void *data,
                       int64_t index) {
  if (table.scalar.isF32())
    return static_cast<const float *>(data)[index];
  if (table.scalar.isF64())
    return static_cast<const double *>(data)[index];
  return static_cast<const int64_t *>(data)[index];
}

static std::string describe(const Row &row, size_t c, double found) {
  std::string text;
  llvm::raw_string_ostream(text)
      << "result " << row.output << ", row " << row.row << ", component " << c
      << ": " << llvm::format("%.9g", found) << ", not "
      << llvm::format("%.9g", row.numbers[c]) << " (may be off by "
      << llvm::format("%.2g", row.tolerances[c]) << ")";
  return text;
}

/// On a GPU tables are in its memory, results excepted.
static int launch(const keops_card *card, const Case &test,
                  const KernelSignature &signature, run::Problem &problem,
                  bool onGpu) {
  keops_call call = KEOPS_CALL_DEFAULTS;
  if (!onGpu) {
    call.backend = KEOPS_BACKEND_CPU;
    call.threads = 1 + test.seed % 2;
    return keops_rt_launch(card, &call, test.M, test.N, problem.inputs.data(),
                           problem.outputs.data());
  }
  call.backend = KEOPS_BACKEND_GPU;
  test::DeviceTables device;
  std::vector<const void *> inputs;
  for (auto [table, data] : llvm::zip_equal(signature.inputs, problem.inputs))
    inputs.push_back(device.copy(
        data, size_t(problem.size.rowsAlong(table.axis) * table.dim) *
                  table.scalar.getIntOrFloatBitWidth() / 8));
  return keops_rt_launch(card, &call, test.M, test.N, inputs.data(),
                         problem.outputs.data());
}

void Checker::compare(const Case &test, Reference &reference, StringRef isa,
                      ArrayRef<char> bytes, Verdict &verdict) {
  auto wrong = [&](std::string reason) {
    verdict.kind = Verdict::Wrong;
    verdict.reason = std::move(reason);
    verdict.isa = isa.str();
  };
  std::string error;
  std::unique_ptr<LoadedObject> object = LoadedObject::load(bytes, error);
  if (!object)
    return wrong(error);
  auto problem = problemOf(reference.signature, test);
  if (!problem)
    return wrong(toString(problem.takeError()));
  if (launch(object->card("formula"), test, reference.signature, *problem,
             target == Gpu) != KEOPS_OK)
    return wrong(keops_last_error());
  for (const Row &row : reference.rows) {
    const Parameter &table = reference.signature.outputs[row.output];
    double scale = largest(row.numbers);
    // What a reduction makes of NaN depends on the order.
    if (llvm::any_of(row.numbers, [](double n) { return std::isnan(n); })) {
      verdict.incomparable += row.numbers.size();
      continue;
    }
    for (size_t c = 0; c < row.numbers.size(); ++c) {
      double found = numberAt(table, problem->outputs[row.output],
                              row.row * table.dim + int64_t(c));
      // Digits that are all lost prove nothing.
      bool isOpen =
          row.tolerances[c] > 0.1 * scale && row.tolerances[c] > 1e-30;
      if (isOpen && !(scale == 0 && row.tolerances[c] < 1e-6)) {
        ++verdict.incomparable;
        continue;
      }
      // A factor that is not a number may have left a sum of nothing.
      if (test.M * test.N == 0 && std::isnan(found)) {
        ++verdict.incomparable;
        continue;
      }
      ++verdict.compared;
      if (found != row.numbers[c] &&
          !(std::fabs(found - row.numbers[c]) <= row.tolerances[c]))
        return wrong(describe(row, c, found));
    }
  }
}

void Checker::compile(const Case &test, Reference &reference, ModuleOp module,
                      const CompileOptions &options, StringRef isa,
                      Verdict &verdict) {
  FailureOr<SmallVector<char, 0>> bytes = failure();
  {
    ProcessClock clock(verdict.compileMs);
    if (succeeded(advance(module, Stage::Tile, Stage::Llvm, options)))
      bytes = emitCode(module, Stage::Obj);
  }
  if (succeeded(bytes))
    return compare(test, reference, isa, *bytes, verdict);
  verdict.kind = isRefusal(verdict.reason) ? Verdict::Rejected : Verdict::Wrong;
}

Verdict Checker::check(Case &test, ChooseSize choose) {
  Verdict verdict;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    verdict.reason += diagnostic.str() + "; ";
  });
  Reference reference;
  OwningOpRef<ModuleOp> module = read(test, verdict);
  if (!module)
    return verdict;
  reference.module = module->clone();
  reference.signature = signaturesOf(*module)[0];
  CompileOptions options;
  options.precise = test.isPrecise;
  options.maxUnrolled = 8000; // LLVM takes long for more
  options.host = target != Gpu;
  options.device = target == Gpu;
  if (target == Gpu) // an assembler, if there is one, has to take all of it
    options.archs = {75, 80, 90, 100};
  for (tile::Isa isa : {tile::Isa::V2, tile::Isa::V3, tile::Isa::V4})
    if (options.host && isa <= nativeIsa().value_or(tile::Isa::V2))
      options.isas.push_back(isa);
  if (target == InTurn)
    options.isas = {options.isas[test.seed % options.isas.size()]};
  // Only derivatives are expanded: what else passes do is to be checked.
  PassManager expand(context, ModuleOp::getOperationName());
  expand.nest<FormulaOp>().addPass(createDifferentiate());
  auto toTile = [&] {
    ProcessClock clock(verdict.compileMs);
    return advance(*module, Stage::Formula, Stage::Tile, options);
  };
  if (failed(expand.run(*reference.module)) || failed(toTile())) {
    verdict.kind =
        isRefusal(verdict.reason) ? Verdict::Rejected : Verdict::Wrong;
    return verdict;
  }
  if (choose)
    chooseSize(test, reference, *module, choose);
  if (!interpret(test, reference, verdict))
    return verdict;
  if (target == Gpu)
    compile(test, reference, *module, options, "gpu", verdict);
  for (tile::Isa isa : options.isas) {
    OwningOpRef<ModuleOp> single = module->clone();
    single->walk([&](tile::KernelOp kernel) {
      ArrayAttr all = *kernel.getSchedules();
      SmallVector<Attribute> kept =
          llvm::filter_to_vector(all, [&](Attribute attribute) {
            return cast<tile::ScheduleAttr>(attribute).getIsa() == isa;
          });
      kernel.setSchedulesAttr(ArrayAttr::get(context, kept));
    });
    compile(test, reference, *single, options,
            ("x86-64-" + tile::stringifyIsa(isa)).str(), verdict);
    if (verdict.kind != Verdict::Agrees)
      return verdict;
  }
  return verdict;
}

} // namespace keops::random
