//===- Check.cpp - results against a plain loop ---------------------------===//

#include "tools/keops-run/Check.h"
#include "compiler/Interpreter/Interpreter.h"
#include "tools/keops-run/Tolerance.h"
#include <random>

using namespace llvm;

namespace keops::run {

using Tables = std::vector<std::vector<double>>;

static double numberAt(Scalar scalar, const void *table, int64_t index) {
  switch (scalar) {
  case Scalar::Float32:
    return static_cast<const float *>(table)[index];
  case Scalar::Float64:
    return static_cast<const double *>(table)[index];
  case Scalar::Int64:
    return static_cast<const int64_t *>(table)[index];
  }
  llvm_unreachable("scalars are listed above");
}

static Tables doubleTables(const KernelSignature &kernel,
                           const Problem &problem) {
  Tables tables;
  for (auto [variable, table] : zip_equal(kernel.inputs, problem.inputs)) {
    int64_t count = problem.size.rowsAlong(variable.axis) * variable.dim;
    tables.emplace_back(count);
    for (int64_t k = 0; k < count; ++k)
      tables.back()[k] = numberAt(scalarOf(variable), table, k);
  }
  return tables;
}

static FailureOr<Interpreter> interpret(FormulaOp formula, Size size,
                                        const Tables &tables) {
  SmallVector<ArrayRef<double>> views(tables.begin(), tables.end());
  return Interpreter::create(formula, size.M, size.N, views);
}

/// Distinct rows of `rows`, in ascending order: all if there are few.
static SmallVector<int64_t> chooseRows(int64_t rows, int64_t count,
                                       uint64_t seed) {
  SmallVector<int64_t> chosen;
  std::mt19937_64 random(seed);
  for (int64_t row = 0; row < rows && count > 0; ++row)
    if (random() % uint64_t(rows - row) < uint64_t(count)) {
      chosen.push_back(row);
      --count;
    }
  return chosen;
}

static double distance(double got, double expected, double scale) {
  if (got == expected || (std::isnan(got) && std::isnan(expected)))
    return 0;
  double error = std::fabs(got - expected) / std::max(scale, 1e-300);
  return std::isnan(error) ? HUGE_VAL : error;
}

static double rootMeanSquare(ArrayRef<SmallVector<double>> rows) {
  double sum = 0;
  int64_t count = 0;
  for (ArrayRef<double> row : rows)
    for (double number : row)
      if (std::isfinite(number)) {
        sum += number * number;
        ++count;
      }
  return count ? std::sqrt(sum / count) : 0;
}

//===----------------------------------------------------------------------===//
// Row numbers
//===----------------------------------------------------------------------===//

namespace {
/// Says what value stands at a row number that a reduction returned.
class Places {
public:
  Places(FormulaOp original, Size size, const Tables &tables)
      : formula(original.clone()), size(size), tables(tables) {}

  /// Replaces the reduction of a result by the one that returns the values
  /// alone: ArgMin and Min_ArgMin by Min. False if there is none.
  bool becomeValues(unsigned result);
  /// The best values of a row, in the order of the row numbers.
  FailureOr<SmallVector<SmallVector<double>>> best(ArrayRef<int64_t> rows);
  /// The value that component `c` of the result has at (row, column).
  FailureOr<double> value(int64_t row, int64_t column, int64_t c);
  int64_t columns() const { return size.rowsAlong(over); }
  /// Do two row numbers of a result belong to one list?
  bool inOneList(int64_t c, int64_t other) const {
    return c % dim == other % dim;
  }

private:
  Tables pick(Axes axis, int64_t row, const Tables &from);

  mlir::OwningOpRef<FormulaOp> formula;
  Size size;
  const Tables &tables;
  Axes over = Axes::j;
  int64_t dim = 1; // of the values
};
} // namespace

static bool dependsOnReduction(mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  return op &&
         (isa<ReduceOp>(op) || any_of(op->getOperands(), dependsOnReduction));
}

bool Places::becomeValues(unsigned result) {
  mlir::Operation *end = formula->getBody().front().getTerminator();
  auto reduce = end->getOperand(result).getDefiningOp<ReduceOp>();
  // Values are looked up in tables of one row, which another sum would notice.
  if (!reduce || reduce->getNumOperands() != 1 ||
      dependsOnReduction(reduce->getOperand(0)))
    return false;
  StringRef name = reduce.getReduction().getSpelling();
  auto entry = find_if(reductionCatalogue(), [&](const ReductionEntry &other) {
    return name.ends_with(("Arg" + other.spelling).str());
  });
  if (entry == reductionCatalogue().end())
    return false;
  over = reduce.getOver();
  VecType type = vecType(reduce->getOperand(0));
  dim = type.getDim();
  int64_t total = vecType(reduce->getResult(0)).getDim();
  mlir::OpBuilder builder(reduce);
  auto values = ReduceOp::create(
      builder, reduce.getLoc(),
      mlir::TypeRange{
          type.withAxes(withoutAxes(type.getAxes(), over)).withDim(total)},
      entry->make(builder.getContext(), total / dim), reduce.getOperands());
  end->setOperands(values.getResults());
  formula->removeResAttrsAttr();
  formula->updateType();
  return true;
}

/// The tables with one row along an axis.
Tables Places::pick(Axes axis, int64_t row, const Tables &from) {
  Tables picked;
  for (auto [type, table] : zip_equal(formula->getArgumentTypes(), from)) {
    auto vec = cast<VecType>(type);
    auto start = table.begin() + row * vec.getDim();
    if (vec.getAxes() == axis)
      picked.emplace_back(start, start + vec.getDim());
    else
      picked.push_back(table);
  }
  return picked;
}

FailureOr<SmallVector<SmallVector<double>>>
Places::best(ArrayRef<int64_t> rows) {
  FailureOr<Interpreter> interpreter = interpret(*formula, size, tables);
  if (failed(interpreter))
    return failure();
  SmallVector<SmallVector<double>> values;
  for (int64_t row : rows)
    values.push_back(interpreter->row(0, row));
  return values;
}

FailureOr<double> Places::value(int64_t row, int64_t column, int64_t c) {
  Axes along = over == Axes::i ? Axes::j : Axes::i;
  Tables picked = pick(along, row, pick(over, column, tables));
  FailureOr<Interpreter> interpreter = interpret(*formula, {1, 1}, picked);
  if (failed(interpreter))
    return failure();
  // With one column the best value is the only one.
  return interpreter->row(0, 0)[c % dim];
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

namespace {
class Checker {
public:
  Checker(FormulaOp formula, const KernelSignature &kernel,
          const Problem &problem)
      : formula(formula), kernel(kernel), problem(problem),
        tables(doubleTables(kernel, problem)) {}

  LogicalResult checkOutput(unsigned output, ArrayRef<int64_t> rows);

  CheckResult result;

private:
  void note(int64_t row, double error) {
    if (error > result.error) {
      result.error = error;
      result.row = row;
    }
  }
  double got(unsigned output, int64_t row, int64_t c) const {
    const Parameter &table = kernel.outputs[output];
    return numberAt(scalarOf(table), problem.outputs[output],
                    row * table.dim + c);
  }
  LogicalResult checkPlaces(unsigned output, ArrayRef<int64_t> rows,
                            ArrayRef<SmallVector<double>> expected);
  FailureOr<double> placeError(Places &places, unsigned output, int64_t row,
                               int64_t c, double best, double scale);

  FormulaOp formula;
  const KernelSignature &kernel;
  const Problem &problem;
  Tables tables;
};
} // namespace

/// How much worse the value at the returned row number is than the best one.
FailureOr<double> Checker::placeError(Places &places, unsigned output,
                                      int64_t row, int64_t c, double best,
                                      double scale) {
  double column = got(output, row, c);
  if (column < 0 || column >= places.columns())
    return HUGE_VAL;
  for (int64_t other = 0; other < c; ++other)
    if (places.inOneList(c, other) && got(output, row, other) == column)
      return HUGE_VAL;
  FailureOr<double> value = places.value(row, column, c);
  if (failed(value))
    return failure();
  return distance(*value, best, std::max(scale, std::fabs(best)));
}

LogicalResult Checker::checkPlaces(unsigned output, ArrayRef<int64_t> rows,
                                   ArrayRef<SmallVector<double>> expected) {
  Places places(formula, problem.size, tables);
  bool hasValues = places.becomeValues(output);
  SmallVector<SmallVector<double>> best;
  if (hasValues) {
    FailureOr<SmallVector<SmallVector<double>>> found = places.best(rows);
    if (failed(found))
      return failure();
    best = std::move(*found);
  }
  double scale = rootMeanSquare(best);
  for (auto [k, row] : enumerate(rows))
    for (int64_t c = 0; c < kernel.outputs[output].dim; ++c) {
      if (got(output, row, c) == expected[k][c])
        continue;
      FailureOr<double> error = HUGE_VAL;
      if (hasValues && expected[k][c] >= 0)
        error = placeError(places, output, row, c, best[k][c], scale);
      if (failed(error))
        return failure();
      note(row, *error);
    }
  return success();
}

LogicalResult Checker::checkOutput(unsigned output, ArrayRef<int64_t> rows) {
  FailureOr<Interpreter> interpreter = interpret(formula, problem.size, tables);
  if (failed(interpreter))
    return failure();
  SmallVector<SmallVector<double>> expected;
  for (int64_t row : rows)
    expected.push_back(interpreter->row(output, row));
  if (kernel.outputs[output].scalar.isInteger())
    return checkPlaces(output, rows, expected);
  double scale = rootMeanSquare(expected);
  for (auto [k, row] : enumerate(rows))
    for (auto [c, number] : enumerate(expected[k]))
      note(row, distance(got(output, row, c), number,
                         std::max(scale, std::fabs(number))));
  return success();
}

/// Row numbers are compared by values of the type that they were found in.
static double toleranceOf(const KernelSignature &kernel) {
  double tolerance = 0;
  for (const Parameter &variable : kernel.inputs)
    tolerance = std::max(tolerance, toleranceOf(scalarOf(variable)));
  return tolerance;
}

FailureOr<CheckResult> check(FormulaOp formula, const KernelSignature &kernel,
                             const Problem &problem, int64_t count,
                             uint64_t seed) {
  Checker checker(formula, kernel, problem);
  checker.result.tolerance = toleranceOf(kernel);
  for (unsigned output = 0; output < kernel.outputs.size(); ++output) {
    int64_t rows = problem.size.rowsAlong(kernel.outputs[output].axis);
    SmallVector<int64_t> chosen = chooseRows(rows, count, seed);
    checker.result.rows = std::max<int64_t>(checker.result.rows, chosen.size());
    if (failed(checker.checkOutput(output, chosen)))
      return failure();
  }
  return checker.result;
}

} // namespace keops::run
