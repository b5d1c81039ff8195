//===- MathOps.cpp - what every op says of itself -------------------------===//
//
// Over all registered ops, so that a new record is tested without a test of its
// own: names, shapes, folding, and that rewrites keep the value.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/Formulas.h"

using namespace mlir;

namespace keops::test {
namespace {

class MathOps : public FormulaTest {
protected:
  SmallVector<double> randomNumbers(size_t count,
                                    std::pair<double, double> range) {
    std::uniform_real_distribution<double> numbers(range.first, range.second);
    SmallVector<double> result(count);
    for (double &number : result)
      number = numbers(generator);
    return result;
  }
  /// Random operands of an op.
  SmallVector<SmallVector<double>> randomOperands(Operation *op) {
    auto range = cast<MathOpInterface>(op).getSampleRange();
    return llvm::map_to_vector(op->getOperands(), [&](Value operand) {
      return randomNumbers(vecType(operand).getDim(), range);
    });
  }
  static Table evaluate(Operation *op, ArrayRef<SmallVector<double>> operands) {
    SmallVector<ArrayRef<double>> views(operands.begin(), operands.end());
    SmallVector<double> value = cast<MathOpInterface>(op).evaluate(views);
    return Table(value.begin(), value.end());
  }
  void forSamples(int count, function_ref<void(Operation *)> check) {
    for (RegisteredOperationName name : mathOps(context))
      for (int round = 0; round < count; ++round) {
        Operation *op = sample(name).op;
        ASSERT_TRUE(op);
        std::string text;
        llvm::raw_string_ostream(text) << *op;
        SCOPED_TRACE(text);
        check(op);
      }
  }
};

TEST_F(MathOps, SpellingsAreUnique) {
  llvm::StringMap<std::string> seen;
  for (RegisteredOperationName name : mathOps(context)) {
    Operation *op = sample(name).op;
    ASSERT_TRUE(op);
    StringRef spelling = cast<MathOpInterface>(op).getSpelling();
    if (spelling.empty())
      continue;
    auto [other, isNew] = seen.try_emplace(spelling, name.getStringRef().str());
    EXPECT_TRUE(isNew) << spelling.str() << " is " << other->second << " and "
                       << name.getStringRef().str();
  }
}

TEST_F(MathOps, ReferenceValuesHaveTheInferredDimension) {
  forSamples(10, [&](Operation *op) {
    EXPECT_EQ(int64_t(evaluate(op, randomOperands(op)).size()),
              vecType(op->getResult(0)).getDim());
  });
}

TEST_F(MathOps, ComponentWiseOpsActOnEachComponentAlone) {
  forSamples(5, [&](Operation *op) {
    if (!cast<MathOpInterface>(op).isComponentWise())
      return;
    SmallVector<SmallVector<double>> operands = randomOperands(op);
    Table all = evaluate(op, operands);
    for (auto [c, expected] : llvm::enumerate(all)) {
      SmallVector<SmallVector<double>> single;
      for (const SmallVector<double> &operand : operands)
        single.push_back({operand[operand.size() == 1 ? 0 : c]});
      EXPECT_EQ(evaluate(op, single)[0], expected);
    }
  });
}

TEST_F(MathOps, FactorsOfLinearOperandsAreFactorsOfTheResult) {
  unsigned linear = 0;
  forSamples(5, [&](Operation *op) {
    SmallVector<SmallVector<double>> operands = randomOperands(op);
    for (unsigned k = 0; k < operands.size(); ++k) {
      SmallVector<SmallVector<double>> scaled(operands);
      for (double &number : scaled[k])
        number *= -2.5;
      Table expected = evaluate(op, operands);
      for (double &number : expected)
        number *= -2.5;
      bool isLinear = bool(near(evaluate(op, scaled), expected, 1e-14));
      if (cast<MathOpInterface>(op).isLinearIn(k)) {
        EXPECT_TRUE(isLinear) << "operand " << k;
        ++linear;
      }
    }
  });
  EXPECT_GT(linear, 0u);
}

TEST_F(MathOps, FoldingAgreesWithTheReference) {
  Float32Type f32 = Float32Type::get(&context);
  for (RegisteredOperationName name : mathOps(context))
    for (int round = 0; round < 20; ++round) {
      OpBuilder builder(&context);
      Block block;
      builder.setInsertionPointToStart(&block);
      SmallVector<double> numbers =
          randomNumbers(operandCount(name), {0.3, 1.9});
      SmallVector<Value> operands;
      SmallVector<Attribute> constants;
      SmallVector<SmallVector<double>> rounded;
      for (double number : numbers) {
        operands.push_back(
            makeNumber(builder, builder.getUnknownLoc(), number, f32));
        constants.push_back(FloatAttr::get(f32, number));
        rounded.push_back({double(float(number))});
      }
      Operation *op = tryCreate(builder, name, operands);
      if (!op)
        continue;
      SmallVector<OpFoldResult> folded;
      bool didFold = succeeded(op->fold(constants, folded));
      Table expected = evaluate(op, rounded);
      SCOPED_TRACE(name.getStringRef().str());
      EXPECT_EQ(didFold, expected.size() == 1);
      if (!didFold || expected.size() != 1)
        continue;
      auto value = cast<FloatAttr>(cast<Attribute>(folded[0]));
      EXPECT_EQ(value.getType(), f32);
      if (std::isnan(expected[0]))
        EXPECT_TRUE(std::isnan(value.getValueAsDouble()));
      else
        EXPECT_EQ(value.getValueAsDouble(), double(float(expected[0])));
    }
}

/// A formula of many random ops, and sums over both axes.
class RandomFormulas : public FormulaTest {
protected:
  FormulaOp randomFormula(int size) {
    SmallVector<Type> types{vec(1, Axes::p), vec(3, Axes::i), vec(3, Axes::j),
                            vec(1, Axes::i), vec(1, Axes::j)};
    return build(types, [&](OpBuilder &b, ValueRange arguments) {
      Location loc = b.getUnknownLoc();
      SmallVector<Value> values(arguments);
      for (double number : {1.0, -1.0, 2.0, 0.0})
        values.push_back(makeNumber(b, loc, number, b.getF64Type()));
      SmallVector<RegisteredOperationName> names = mathOps(context);
      while (int(values.size()) < size)
        extend(b, names[random(0, names.size() - 1)], values);
      SmallVector<Value> sums;
      for (Value value : ArrayRef(values).take_back(4)) {
        Value spread = conform(
            b, loc, value, vecType(value).withAxes(Axes::i | Axes::j), false);
        sums.push_back(
            conform(b, loc, spread, vecType(spread).withAxes(Axes::i), true));
        sums.push_back(conform(b, loc, spread, vec(1, Axes::j), true));
      }
      return sums;
    });
  }

private:
  void extend(OpBuilder &b, RegisteredOperationName name,
              SmallVectorImpl<Value> &values) {
    SmallVector<Value> operands;
    for (unsigned k = 0; k < operandCount(name); ++k)
      operands.push_back(values[random(0, values.size() - 1)]);
    Operation *op = tryCreate(b, name, operands);
    if (!op)
      return;
    Value value = op->getResult(0);
    if (random(0, 5) == 0)
      value = conform(b, b.getUnknownLoc(), value,
                      vecType(value).withAxes(Axes::i | Axes::j), false);
    if (vecType(value).getDim() <= 6)
      values.push_back(value);
  }
};

// Finite numbers may differ by rounding only. Formulas in which rounding is
// blown up are told by repeating them on data that differs in the last digits.
TEST_F(RandomFormulas, KeepTheirValueWhenRewritten) {
  int compared = 0;
  for (int round = 0; round < 300; ++round) {
    FormulaOp formula = randomFormula(30);
    FormulaOp rewritten = clone(formula);
    ASSERT_TRUE(run(rewritten, "keops-stabilize,canonicalize,cse,"
                               "keops-factor-out-of-sum,canonicalize,cse,"
                               "keops-fuse,canonicalize,cse"));
    std::vector<Table> tables = randomTables(formula, 0.5, 1.5),
                       nudged = tables;
    for (Table &table : nudged)
      for (double &number : table)
        number *= 1 + 1e-14;
    std::vector<Table> expected = results(formula, tables),
                       sensitive = results(formula, nudged),
                       found = results(rewritten, tables);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t k = 0; k < expected.size(); ++k) {
      bool finite = llvm::all_of(
          expected[k], [](double number) { return std::isfinite(number); });
      if (!finite || !near(sensitive[k], expected[k], 1e-10))
        continue;
      ++compared;
      if (near(found[k], expected[k], 1e-9))
        continue;
      std::string text;
      llvm::raw_string_ostream(text) << formula << "\n" << rewritten;
      FAIL() << "result " << k << ": "
             << near(found[k], expected[k], 1e-9).message() << "\n"
             << text;
    }
  }
  EXPECT_GT(compared, 1000);
}

// What is infinite or NaN stays so, and what is finite too. Numbers of ordinary
// size, so that no product overflows in one order and not in another.
TEST_F(RandomFormulas, KeepWhatIsFiniteWhenRewritten) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double specials[] = {0, -0.0, 1, -1, inf, -inf, NAN, 1e-310, 0.5};
  int nonFinite = 0;
  for (int round = 0; round < 1000; ++round) {
    FormulaOp formula = randomFormula(16);
    FormulaOp rewritten = clone(formula);
    ASSERT_TRUE(run(rewritten, "canonicalize,cse"));
    std::vector<Table> tables = randomTables(formula, -1.5, 1.5);
    for (Table &table : tables)
      for (double &number : table)
        if (random(0, 5) == 0)
          number = specials[random(0, std::size(specials) - 1)];
    std::vector<Table> expected = results(formula, tables),
                       found = results(rewritten, tables);
    for (size_t k = 0; k < expected.size(); ++k)
      for (size_t c = 0; c < expected[k].size(); ++c) {
        nonFinite += !std::isfinite(expected[k][c]);
        std::string text;
        llvm::raw_string_ostream(text) << formula << "\n" << rewritten;
        ASSERT_EQ(std::isfinite(found[k][c]), std::isfinite(expected[k][c]))
            << "result " << k << ": " << found[k][c] << ", not "
            << expected[k][c] << "\n"
            << text;
      }
  }
  EXPECT_GT(nonFinite, 1000);
}

} // namespace
} // namespace keops::test
