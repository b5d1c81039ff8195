//===- Formulas.cpp - formulas for tests ----------------------------------===//

#include "test/Unit/Formulas.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace keops::test {

FormulaTest::FormulaTest() {
  context.loadDialect<KeopsDialect>();
  context.disableMultithreading();
  static bool registered = [] {
    registerKeopsTransformsPasses();
    registerCanonicalizerPass();
    registerCSEPass();
    return true;
  }();
  (void)registered;
}

VecType FormulaTest::vec(int64_t dim, Axes axes) {
  return VecType::get(&context, dim, Float64Type::get(&context), axes);
}

FormulaOp FormulaTest::build(
    ArrayRef<Type> arguments,
    function_ref<SmallVector<Value>(OpBuilder &, ValueRange)> body) {
  Location location = UnknownLoc::get(&context);
  modules.push_back(ModuleOp::create(location));
  OpBuilder builder(modules.back()->getBodyRegion());
  auto formula = FormulaOp::create(builder, location, "f",
                                   builder.getFunctionType(arguments, {}),
                                   ArrayAttr(), ArrayAttr());
  Block &block = formula.getBody().emplaceBlock();
  for (Type argument : arguments)
    block.addArgument(argument, location);
  builder.setInsertionPointToStart(&block);
  SmallVector<Value> values = body(builder, block.getArguments());
  ReturnOp::create(builder, location, values);
  formula.updateType();
  EXPECT_TRUE(succeeded(verify(modules.back().get())));
  return formula;
}

FormulaOp FormulaTest::parse(StringRef text) {
  modules.push_back(parseSourceString<ModuleOp>(text, ParserConfig(&context)));
  if (!modules.back())
    return {};
  return *modules.back()->getOps<FormulaOp>().begin();
}

FormulaOp FormulaTest::clone(FormulaOp formula) {
  modules.push_back(
      cast<ModuleOp>(formula->getParentOfType<ModuleOp>()->clone()));
  return *modules.back()->getOps<FormulaOp>().begin();
}

bool FormulaTest::run(FormulaOp formula, StringRef passes) {
  PassManager manager(&context, FormulaOp::getOperationName());
  if (failed(parsePassPipeline(passes, manager)))
    return false;
  return succeeded(manager.run(formula));
}

int64_t FormulaTest::rowsAlong(Axes axes) {
  return axes == Axes::p ? 1 : axes == Axes::i ? kRowsI : kRowsJ;
}

std::vector<Table> FormulaTest::randomTables(FormulaOp formula, double low,
                                             double high) {
  std::uniform_real_distribution<double> numbers(low, high);
  std::vector<Table> tables;
  for (Type type : formula.getArgumentTypes()) {
    auto vec = cast<VecType>(type);
    Table &table = tables.emplace_back(rowsAlong(vec.getAxes()) * vec.getDim());
    for (double &number : table)
      number = numbers(generator);
  }
  return tables;
}

std::vector<Table> FormulaTest::results(FormulaOp formula,
                                        const std::vector<Table> &tables) {
  SmallVector<ArrayRef<double>> views(tables.begin(), tables.end());
  FailureOr<Interpreter> interpreter =
      Interpreter::create(formula, kRowsI, kRowsJ, views);
  std::vector<Table> results;
  if (failed(interpreter))
    return results;
  for (unsigned k = 0; k < formula.getResultTypes().size(); ++k) {
    Table &table = results.emplace_back();
    for (int64_t row = 0; row < interpreter->rows(k); ++row)
      llvm::append_range(table, interpreter->row(k, row));
  }
  return results;
}

Table FormulaTest::differences(FormulaOp formula, std::vector<Table> tables,
                               unsigned argument) {
  constexpr double step = 1e-5;
  Table gradient;
  for (double &entry : tables[argument]) {
    double middle = entry;
    auto valueAt = [&](double x) {
      entry = x;
      double value = results(formula, tables)[0][0];
      entry = middle;
      return value;
    };
    gradient.push_back((valueAt(middle + step) - valueAt(middle - step)) /
                       (2 * step));
  }
  return gradient;
}

//===----------------------------------------------------------------------===//
// Ops at random
//===----------------------------------------------------------------------===//

SmallVector<RegisteredOperationName> mathOps(MLIRContext &context) {
  SmallVector<RegisteredOperationName> names = llvm::filter_to_vector(
      context.getRegisteredOperations(), [](RegisteredOperationName name) {
        // ifrow takes row numbers, which only reductions make: it is tested
        // with them.
        return name.hasInterface<MathOpInterface>() &&
               name.getStringRef() != IfRowOp::getOperationName();
      });
  EXPECT_GE(names.size(), 20u);
  return names;
}

unsigned operandCount(RegisteredOperationName name) {
  if (name.hasTrait<OpTrait::OneOperand>())
    return 1;
  if (name.hasTrait<OpTrait::NOperands<2>::Impl>())
    return 2;
  if (name.hasTrait<OpTrait::NOperands<3>::Impl>())
    return 3;
  ADD_FAILURE() << "how many operands has " << name.getStringRef().str() << "?";
  return 0;
}

/// Is this attribute a list of integers?
static bool isList(RegisteredOperationName name, StringAttr attribute) {
  StringRef parameters = name.getInterface<MathOpInterface>()->getParameters();
  return parameters.contains((attribute.getValue() + "[]").str());
}

Attribute FormulaTest::randomAttribute(Builder &builder, bool isList) {
  if (!isList)
    return builder.getI64IntegerAttr(random(-1, 4));
  SmallVector<int64_t> list(random(0, 2));
  for (int64_t &entry : list)
    entry = random(0, 3);
  return builder.getDenseI64ArrayAttr(list);
}

Operation *FormulaTest::tryCreate(OpBuilder &builder,
                                  RegisteredOperationName name,
                                  ValueRange operands) {
  Location location = builder.getUnknownLoc();
  auto *infer = name.getInterface<InferTypeOpInterface>();
  bool hasLists =
      llvm::any_of(name.getAttributeNames(), [&](StringAttr attribute) {
        return isList(name, attribute);
      });
  // Few lists go together.
  for (int attempt = 0; attempt < (hasLists ? 300 : 1); ++attempt) {
    OperationState state(location, name);
    state.addOperands(operands);
    for (StringAttr attribute : name.getAttributeNames())
      state.addAttribute(attribute,
                         randomAttribute(builder, isList(name, attribute)));
    if (succeeded(
            infer->inferReturnTypes(&context, std::nullopt, operands,
                                    state.attributes.getDictionary(&context),
                                    nullptr, {}, state.types)))
      return builder.create(state);
  }
  return nullptr;
}

FormulaTest::Sample FormulaTest::sample(RegisteredOperationName name) {
  constexpr int64_t dims[] = {1, 3, 2, 4, 6};
  for (int attempt = 0; attempt < 1000; ++attempt) {
    SmallVector<Type> types;
    for (unsigned k = 0; k < operandCount(name); ++k)
      types.push_back(vec(dims[random(0, 4)], randomAxes()));
    Sample sample;
    sample.op = nullptr;
    sample.formula =
        build(types, [&](OpBuilder &builder, ValueRange arguments) {
          SmallVector<Value> operands(arguments);
          for (Value &operand : operands)
            if (random(0, 3) == 0)
              operand =
                  conform(builder, builder.getUnknownLoc(), operand,
                          vecType(operand).withAxes(Axes::i | Axes::j), false);
          sample.op = tryCreate(builder, name, operands);
          return sample.op ? SmallVector<Value>(sample.op->getResults())
                           : SmallVector<Value>();
        });
    if (!sample.op) {
      modules.pop_back();
      continue;
    }
    sample.range = cast<MathOpInterface>(sample.op).getSampleRange();
    return sample;
  }
  ADD_FAILURE() << "found no operands for " << name.getStringRef().str();
  return {};
}

::testing::AssertionResult near(const Table &found, const Table &expected,
                                double tolerance) {
  if (found.size() != expected.size())
    return ::testing::AssertionFailure()
           << found.size() << " numbers, not " << expected.size();
  for (size_t k = 0; k < found.size(); ++k) {
    double a = found[k], b = expected[k];
    if (!std::isfinite(a) && !std::isfinite(b))
      continue;
    double scale = std::max({1.0, std::fabs(a), std::fabs(b)});
    if (!(std::fabs(a - b) <= tolerance * scale))
      return ::testing::AssertionFailure()
             << "number " << k << " is " << a << ", not " << b;
  }
  return ::testing::AssertionSuccess();
}

} // namespace keops::test
