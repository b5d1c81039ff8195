//===- Expansions.cpp - B-splines and soft dynamic time warping -----------===//
//
// Against the textbook in plain loops, and their derivatives along every
// operand against finite differences.
//
//===----------------------------------------------------------------------===//

#include "dialects/Keops/Expansions.h"
#include "test/Unit/Formulas.h"

using namespace mlir;

namespace keops::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr const char *kExpand = "keops-differentiate";
constexpr const char *kExpandAndSimplify =
    "keops-differentiate,canonicalize,cse,keops-factor-out-of-sum,"
    "canonicalize,cse";

class Expansions : public FormulaTest {
protected:
  Value expand(StringRef spelling, OpBuilder &builder, ValueRange operands,
               int64_t k = 0) {
    const ExpansionEntry *entry =
        llvm::find_if(expansionCatalogue(), [&](const ExpansionEntry &known) {
          return known.spelling == spelling;
        });
    SmallVector<Expr> formulas;
    for (Value operand : operands)
      formulas.emplace_back(builder, builder.getUnknownLoc(), operand);
    auto attributes = builder.getDictionaryAttr(
        builder.getNamedAttr("k", builder.getI64IntegerAttr(k)));
    SmallVector<Type> types;
    EXPECT_TRUE(
        succeeded(entry->shape(std::nullopt, operands, attributes, types)));
    Value result = entry->expand(formulas, attributes).value();
    EXPECT_EQ(Type(vecType(result)), types.front());
    return result;
  }
  /// The value at one point.
  Table at(StringRef spelling, const std::vector<Table> &point, int64_t k = 0) {
    SmallVector<Type> types;
    for (const Table &table : point)
      types.push_back(vec(table.size(), Axes::p));
    FormulaOp formula = build(types, [&](OpBuilder &b, ValueRange x) {
      return SmallVector<Value>{expand(spelling, b, x, k)};
    });
    EXPECT_TRUE(run(formula, "canonicalize,cse"));
    return results(formula, point)[0];
  }
  void checkDerivatives(StringRef spelling, ArrayRef<Type> types,
                        const std::vector<Table> &tables, int64_t k = 0);
};

double spline(const Table &t, double x, size_t i, int64_t k) {
  if (k == 0)
    return t[i] <= x && x < t[i + 1] ? 1 : 0;
  auto share = [&](double numerator, double width, size_t which) {
    return width == 0 ? 0 : numerator / width * spline(t, x, which, k - 1);
  };
  return share(x - t[i], t[i + k] - t[i], i) +
         share(t[i + k + 1] - x, t[i + k + 1] - t[i + 1], i + 1);
}

double softMinimum(ArrayRef<double> ways, double gamma) {
  double low = *llvm::min_element(ways), sum = 0;
  for (double way : ways)
    sum += std::exp((low - way) / gamma);
  return low - gamma * std::log(sum);
}

double warping(const Table &x, const Table &y, double gamma) {
  std::vector<Table> r(x.size(), Table(y.size()));
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < y.size(); ++j) {
      double cost = (x[i] - y[j]) * (x[i] - y[j]);
      r[i][j] = cost;
      if (i && j)
        r[i][j] +=
            softMinimum({r[i - 1][j - 1], r[i - 1][j], r[i][j - 1]}, gamma);
      else if (i || j)
        r[i][j] += i ? r[i - 1][j] : r[i][j - 1];
    }
  return r.back().back();
}

TEST_F(Expansions, SplinesFollowDeBoor) {
  for (const Table &knots :
       {Table{0, 1, 2, 3.5, 4, 6, 7}, Table{0, 0, 0, 1, 2, 2, 3, 3, 3}})
    for (int64_t k = 0; k + 2 <= int64_t(knots.size()); ++k)
      for (double x :
           {-1.0, 0.0, 0.5, 1.0, 2.0, 2.25, 3.0, 6.5, 7.0, 8.0, kInf, -kInf}) {
        Table expected;
        for (size_t i = 0; i + k + 1 < knots.size(); ++i)
          expected.push_back(std::isinf(x) ? 0 : spline(knots, x, i, k));
        Table found = at("BSpline", {knots, {x}}, k);
        ASSERT_EQ(found.size(), expected.size());
        for (size_t i = 0; i < found.size(); ++i)
          EXPECT_NEAR(found[i], expected[i], 1e-14)
              << "order " << k << " at " << x;
      }
}

TEST_F(Expansions, WarpingFollowsItsRecursion) {
  std::uniform_real_distribution<double> numbers(-2, 2);
  for (size_t n : {1, 2, 3, 5, 8})
    for (size_t m : {1, 2, 4, 5})
      for (double gamma : {1e-3, 0.1, 1.0, 30.0}) {
        Table x(n), y(m);
        for (Table *table : {&x, &y})
          for (double &number : *table)
            number = numbers(generator);
        double expected = warping(x, y, gamma);
        EXPECT_NEAR(at("SoftDTW_SqDist", {x, y, {gamma}})[0], expected,
                    1e-13 * (1 + std::fabs(expected)));
      }
}

/// The sum of seed * value over all pairs and components, differentiated once
/// and, along the first operand and then each other, twice.
void Expansions::checkDerivatives(StringRef spelling, ArrayRef<Type> types,
                                  const std::vector<Table> &tables, int64_t k) {
  auto total = [&](OpBuilder &b, ValueRange x, ArrayRef<unsigned> path) {
    Location loc = b.getUnknownLoc();
    Value value = expand(spelling, b, x, k);
    // No component may have the same weight as another.
    auto sum = [&](Value v) {
      Value square = SquareOp::create(b, loc, v);
      Value cubic = MulOp::create(b, loc, square, v);
      return conform(b, loc, cubic, vec(1, Axes::p), true);
    };
    Value result = sum(value);
    Value one = makeNumber(b, loc, 1, b.getF64Type());
    for (unsigned along : path)
      result =
          sum(GradOp::create(b, loc, vecType(x[along]), result, x[along], one));
    return result;
  };
  for (SmallVector<unsigned> path :
       {SmallVector<unsigned>{}, SmallVector<unsigned>{1}})
    for (unsigned along = 0; along < types.size(); ++along) {
      FormulaOp value = build(types, [&](OpBuilder &b, ValueRange x) {
        return SmallVector<Value>{total(b, x, path)};
      });
      FormulaOp gradient = build(types, [&](OpBuilder &b, ValueRange x) {
        Value one = makeNumber(b, b.getUnknownLoc(), 1, b.getF64Type());
        return SmallVector<Value>{
            GradOp::create(b, b.getUnknownLoc(), vecType(x[along]),
                           total(b, x, path), x[along], one)};
      });
      ASSERT_TRUE(run(value, kExpand));
      ASSERT_TRUE(run(gradient, kExpandAndSimplify));
      EXPECT_TRUE(near(results(gradient, tables)[0],
                       differences(value, tables, along), 1e-6))
          << spelling.str() << " along " << along << ", order "
          << path.size() + 1;
    }
}

TEST_F(Expansions, SplinesHaveDerivativesAlongKnotsAndX) {
  std::vector<Table> tables{{0, 1, 2.2, 3, 4.1, 5, 6.3, 7}, {0.4, 2.7, 3.3}};
  for (int64_t k : {1, 2, 3})
    checkDerivatives("BSpline", {vec(8, Axes::p), vec(1, Axes::i)}, tables, k);
}

TEST_F(Expansions, WarpingHasDerivativesAlongAllOperands) {
  SmallVector<Type> types{vec(3, Axes::i), vec(2, Axes::j), vec(1, Axes::p)};
  FormulaOp like = build(types, [&](OpBuilder &b, ValueRange x) {
    return SmallVector<Value>{x[2]};
  });
  std::vector<Table> tables = randomTables(like, 0.3, 1.2);
  checkDerivatives("SoftDTW_SqDist", types, tables);
  checkDerivatives("GradSoftDTW_SqDist", types, tables);
}

TEST_F(Expansions, TheGradientOfWarpingIsItsGradient) {
  SmallVector<Type> types{vec(4, Axes::i), vec(5, Axes::i), vec(1, Axes::p)};
  FormulaOp formula = build(types, [&](OpBuilder &b, ValueRange x) {
    Location loc = b.getUnknownLoc();
    Value one = makeNumber(b, loc, 1, b.getF64Type());
    Value value = expand("SoftDTW_SqDist", b, x);
    auto along = [&](Value variable) -> Value {
      return GradOp::create(b, loc, vecType(variable), value, variable, one);
    };
    Value both = ConcatOp::create(b, loc, along(x[0]), along(x[1]));
    return SmallVector<Value>{both, expand("GradSoftDTW_SqDist", b, x)};
  });
  ASSERT_TRUE(run(formula, kExpand));
  std::vector<Table> found = results(formula, randomTables(formula, 0.2, 2));
  EXPECT_TRUE(near(found[0], found[1], 1e-12));
}

} // namespace
} // namespace keops::test
