//===- Reductions.cpp - derivatives and values of all reductions ----------===//

#include "test/Unit/Formulas.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace keops::test {
namespace {

constexpr const char *kExpand = "keops-differentiate";

class Reductions : public FormulaTest {
protected:
  ReductionAttrInterface make(const ReductionEntry &entry, int64_t k = 2) {
    return entry.make(&context, k);
  }

  /// What the reduction takes, made of f, which has two components, such that
  /// it returns two: f or one component of it, and either as the weight.
  SmallVector<Value> operandsFor(ReductionAttrInterface reduction, Axes over,
                                 OpBuilder &b, Value f) {
    Location loc = b.getUnknownLoc();
    Value one = extract(Expr(b, loc, f), 0, 1).value();
    for (SmallVector<Value> operands :
         {SmallVector<Value>{f}, {one}, {one, f}, {one, one}}) {
      SmallVector<Type> results;
      SmallVector<VecType> types = llvm::map_to_vector(operands, vecType);
      if (succeeded(reduction.inferTypes(std::nullopt, types, over, results)) &&
          cast<VecType>(results[0]).getDim() == 2)
        return operands;
    }
    ADD_FAILURE() << "takes other operands than tests know";
    return {f};
  }

  /// seed * reduce f(p, x_i, y_j), where f has two components, all summed up;
  /// or its gradient with respect to an argument.
  FormulaOp formula(ReductionAttrInterface reduction, Axes over,
                    std::optional<unsigned> argument) {
    Axes both = Axes::i | Axes::j;
    SmallVector<Type> types{vec(1, Axes::p), vec(2, Axes::i), vec(2, Axes::j),
                            vec(2, withoutAxes(both, over))};
    return build(types, [&](OpBuilder &b, ValueRange x) {
      Location loc = b.getUnknownLoc();
      Value difference = SubOp::create(b, loc, x[1], x[2]);
      Value square = SquareOp::create(b, loc, difference);
      Value f = MulOp::create(b, loc, square, x[0]);
      SmallVector<Value> operands = operandsFor(reduction, over, b, f);
      SmallVector<Type> results;
      EXPECT_TRUE(succeeded(reduction.inferTypes(
          loc, llvm::map_to_vector(operands, vecType), over, results)));
      Value reduced =
          ReduceOp::create(b, loc, results, reduction, operands)->getResult(0);
      if (argument)
        return SmallVector<Value>{GradOp::create(b, loc, x[*argument].getType(),
                                                 reduced, x[*argument], x[3])};
      Value weighted = MulOp::create(b, loc, reduced, x[3]);
      return SmallVector<Value>{
          conform(b, loc, weighted, vec(1, Axes::p), true)};
    });
  }
};

TEST_F(Reductions, HaveTheGradientsOfFiniteDifferencesOrSaySo) {
  for (const ReductionEntry &entry : reductionCatalogue())
    for (Axes over : {Axes::i, Axes::j}) {
      SCOPED_TRACE(entry.spelling.str());
      ReductionAttrInterface reduction = make(entry, 1);
      bool returnsRows = entry.spelling.starts_with("Arg");
      for (unsigned argument = 0; argument < 3 && !returnsRows; ++argument) {
        FormulaOp gradient = formula(reduction, over, argument);
        std::vector<std::string> messages;
        ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
          messages.push_back(diagnostic.str());
          return success();
        });
        if (!run(gradient, kExpand)) {
          ASSERT_EQ(messages.size(), 1u);
          EXPECT_NE(
              messages[0].find(entry.spelling.str() + " has no derivative"),
              std::string::npos)
              << messages[0];
          continue;
        }
        FormulaOp value = formula(reduction, over, std::nullopt);
        std::vector<Table> tables = randomTables(value, 0.2, 1.5);
        EXPECT_TRUE(near(results(gradient, tables)[0],
                         differences(value, tables, argument), 1e-6));
      }
    }
}

// The first of equal values gets all, NaN and what no row has get nothing.
TEST_F(Reductions, FoundValuesPassTheirCotangentToTheFirstRow) {
  SmallVector<Type> types{vec(1, Axes::j), vec(2, Axes::i)};
  FormulaOp gradient = build(types, [&](OpBuilder &b, ValueRange x) {
    Location loc = b.getUnknownLoc();
    auto kmin =
        cast<ReductionAttrInterface>(Attribute(KMinAttr::get(&context, 2)));
    Value pairs = conform(b, loc, x[0], vec(1, Axes::i | Axes::j), false);
    auto least =
        ReduceOp::create(b, loc, TypeRange{types[1]}, kmin, ValueRange{pairs});
    return SmallVector<Value>{
        GradOp::create(b, loc, types[0], least->getResult(0), x[0], x[1])};
  });
  ASSERT_TRUE(run(gradient, kExpand));
  Table seed{1, 10, 0, 0, 0, 0};
  auto along = [&](Table values) {
    return results(gradient, {values, seed})[0];
  };
  EXPECT_EQ(along({3, 1, 1, 1}), (Table{0, 1, 10, 0}));
  EXPECT_EQ(along({3, NAN, 1, INFINITY}), (Table{10, 0, 1, 0}));
  EXPECT_EQ(along({NAN, INFINITY, NAN, 4}), (Table{0, 0, 0, 1}));
}

// Row numbers are constants in a derivative of a derivative.
TEST_F(Reductions, FoundValuesHaveSecondDerivatives) {
  SmallVector<Type> types{vec(1, Axes::i), vec(2, Axes::i), vec(2, Axes::j),
                          vec(2, Axes::j)};
  for (StringRef spelling : {"Min", "Max", "KMin", "Max_ArgMax"}) {
    SCOPED_TRACE(spelling.str());
    const ReductionEntry *entry =
        llvm::find_if(reductionCatalogue(), [&](const ReductionEntry &e) {
          return e.spelling == spelling;
        });
    auto slope = [&](OpBuilder &b, ValueRange x) -> Value {
      Location loc = b.getUnknownLoc();
      Expr f = square(Expr(b, loc, x[1]) * Expr(b, loc, x[2]));
      f = exp(f.with(SumOp::create(b, loc, f.value())));
      SmallVector<Type> results;
      EXPECT_TRUE(succeeded(
          make(*entry, 1).inferTypes(loc, f.type(), Axes::j, results)));
      auto op = ReduceOp::create(b, loc, results, make(*entry, 1),
                                 ValueRange{f.value()});
      Value g = GradOp::create(b, loc, types[2], op->getResult(0), x[2], x[0]);
      return conform(b, loc, MulOp::create(b, loc, g, x[3]), vec(1, Axes::p),
                     true);
    };
    FormulaOp value = build(types, [&](OpBuilder &b, ValueRange x) {
      return SmallVector<Value>{slope(b, x)};
    });
    ASSERT_TRUE(run(value, kExpand));
    std::vector<Table> tables = randomTables(value, 0.2, 1);
    for (unsigned argument : {1, 2}) {
      FormulaOp second = build(types, [&](OpBuilder &b, ValueRange x) {
        Location loc = b.getUnknownLoc();
        Value one = makeNumber(b, loc, 1, b.getF64Type());
        return SmallVector<Value>{GradOp::create(
            b, loc, types[argument], slope(b, x), x[argument], one)};
      });
      ASSERT_TRUE(run(second, kExpand));
      EXPECT_TRUE(near(results(second, tables)[0],
                       differences(value, tables, argument), 1e-5));
    }
  }
}

// Zeros among the factors: the gradient is the product of the others.
TEST_F(Reductions, ProductHasAGradientAtZero) {
  auto product =
      cast<ReductionAttrInterface>(Attribute(ProductAttr::get(&context)));
  SmallVector<Type> types{vec(1, Axes::j), vec(1, Axes::i)};
  FormulaOp gradient = build(types, [&](OpBuilder &b, ValueRange x) {
    Location loc = b.getUnknownLoc();
    Value pairs = conform(b, loc, x[0], vec(1, Axes::i | Axes::j), false);
    auto reduced = ReduceOp::create(b, loc, TypeRange{types[1]}, product,
                                    ValueRange{pairs});
    return SmallVector<Value>{
        GradOp::create(b, loc, types[0], reduced->getResult(0), x[0], x[1])};
  });
  ASSERT_TRUE(run(gradient, kExpand));
  Table seed{1, 0, 0};
  auto along = [&](Table factors) {
    return results(gradient, {factors, seed})[0];
  };
  EXPECT_EQ(along({2, 3, 5, 7}), (Table{105, 70, 42, 30}));
  EXPECT_EQ(along({2, 0, 5, -7}), (Table{0, -70, 0, 0}));
  EXPECT_EQ(along({2, 0, 5, -0.0}), (Table{0, 0, 0, 0}));
}

// <e, J t> = <J^T e, t>: who has one rule has the other.
TEST_F(Reductions, ForwardAndReverseAgree) {
  Axes both = Axes::i | Axes::j;
  SmallVector<Type> types{vec(2, Axes::i), vec(1, Axes::j), vec(2, Axes::i),
                          vec(1, Axes::j), vec(2, Axes::i)};
  for (const ReductionEntry &entry : reductionCatalogue()) {
    SCOPED_TRACE(entry.spelling.str());
    ReductionAttrInterface reduction = make(entry, 1);
    bool differentiable = false;
    FormulaOp pairing = build(types, [&](OpBuilder &b, ValueRange x) {
      Location loc = b.getUnknownLoc();
      auto spread = [&](Value row, Value column) -> Value {
        return MulOp::create(b, loc, row, column);
      };
      auto inner = [&](Value a, Value c) -> Value {
        return conform(b, loc, spread(a, c), vec(1, Axes::p), true);
      };
      if (entry.spelling.starts_with("Arg"))
        return SmallVector<Value>{x[0]};
      SmallVector<Value> operands =
          operandsFor(reduction, Axes::j, b, spread(x[0], x[1]));
      SmallVector<Value> tangents =
          operandsFor(reduction, Axes::j, b, spread(x[2], x[3]));
      SmallVector<Type> results;
      EXPECT_TRUE(succeeded(reduction.inferTypes(
          loc, llvm::map_to_vector(operands, vecType), Axes::j, results)));
      auto op = ReduceOp::create(b, loc, results, reduction, operands);
      SmallVector<Value> seeds(results.size());
      seeds[0] = x[4];
      auto forward = reduction.jvp(b, op, tangents);
      auto reverse = reduction.vjp(b, op, seeds);
      EXPECT_EQ(succeeded(forward), succeeded(reverse));
      differentiable =
          succeeded(forward) && succeeded(reverse) && (*forward)[0];
      if (!differentiable) // or zero
        return SmallVector<Value>{x[0]};
      Value back = makeZero(b, loc, vec(1, Axes::p));
      for (auto [share, tangent] : llvm::zip_equal(*reverse, tangents)) {
        VecType type = vec(vecType(tangent).getDim(), both);
        back = AddOp::create(
            b, loc, back, inner(conform(b, loc, share, type, false), tangent));
      }
      return SmallVector<Value>{inner((*forward)[0], x[4]), back};
    });
    if (!differentiable)
      continue;
    std::vector<Table> found = results(pairing, randomTables(pairing, 0.1, 1));
    EXPECT_TRUE(near(found[0], found[1], 1e-13));
  }
}

// A term of -inf has the weight 0, also where there is no other: a row without
// terms must not spoil the gradient of those that have some.
TEST_F(Reductions, ExponentialsOfNothingHaveNoShare) {
  SmallVector<Type> types{vec(1, Axes::i), vec(1, Axes::j), vec(1, Axes::i)};
  for (const ReductionEntry &entry : reductionCatalogue()) {
    ReductionAttrInterface reduction = make(entry);
    if (!isa<LogSumExpAttr, LogSumExpWeightAttr>(reduction))
      continue;
    SCOPED_TRACE(entry.spelling.str());
    FormulaOp gradient = build(types, [&](OpBuilder &b, ValueRange x) {
      Location loc = b.getUnknownLoc();
      Value f = AddOp::create(b, loc, x[0], x[1]);
      SmallVector<Value> operands{f};
      if (entry.operands == 2)
        operands.push_back(ExpOp::create(b, loc, makeZero(b, loc, vecType(f))));
      auto op =
          ReduceOp::create(b, loc, TypeRange{types[0]}, reduction, operands);
      return SmallVector<Value>{
          GradOp::create(b, loc, types[1], op->getResult(0), x[1], x[2])};
    });
    ASSERT_TRUE(run(gradient, kExpand));
    std::vector<Table> found =
        results(gradient, {{0, -INFINITY, 1}, {-INFINITY, 2, 2, 2}, {1, 1, 2}});
    EXPECT_TRUE(near(found[0], {0, 1, 1, 1}, 1e-15));
  }
}

TEST_F(Reductions, SpellingsAreThoseOfTheCatalogueAndUnique) {
  llvm::StringSet<> seen;
  for (const ReductionEntry &entry : reductionCatalogue()) {
    EXPECT_EQ(make(entry).getSpelling(), entry.spelling);
    EXPECT_TRUE(seen.insert(entry.spelling).second) << entry.spelling.str();
    EXPECT_FALSE(entry.summary.empty());
  }
}

// The textbook value of a constant sequence, of no values, of special values.
TEST_F(Reductions, ReferenceValuesOfSpecialSequences) {
  constexpr double inf = INFINITY;
  auto valueOf = [&](StringRef spelling, ArrayRef<double> sequence) {
    for (const ReductionEntry &entry : reductionCatalogue())
      if (entry.spelling == spelling) {
        SmallVector<SmallVector<double>> values;
        for (double number : sequence)
          values.push_back({number});
        SmallVector<double> found = make(entry).evaluate(values, {1});
        return Table(found.begin(), found.end());
      }
    return Table();
  };
  using Row = std::vector<double>;
  EXPECT_EQ(valueOf("Sum", {}), Row{0});
  EXPECT_EQ(valueOf("LogSumExp", {}), Row{-inf});
  EXPECT_EQ(valueOf("LogSumExp", {-inf, -inf}), Row{-inf});
  EXPECT_EQ(valueOf("LogSumExp", {1, inf}), Row{inf});
  EXPECT_NEAR(valueOf("LogSumExp", {1000, 1000})[0], 1000 + std::log(2), 1e-12);
  EXPECT_EQ(valueOf("Min", {}), Row{inf});
  EXPECT_EQ(valueOf("Max", {}), Row{-inf});
  EXPECT_EQ(valueOf("Min", {NAN, 2, 1, 1}), Row{1});
  EXPECT_EQ(valueOf("ArgMin", {NAN, 2, 1, 1}), Row{2});
  EXPECT_EQ(valueOf("ArgMax", {NAN, 2, 2, 1}), Row{1});
  EXPECT_EQ(valueOf("ArgMin", {}), Row{-1});
  EXPECT_EQ(valueOf("Min_ArgMin", {NAN, 2, 1, 1}), (Row{1, 2}));
  EXPECT_EQ(valueOf("Max_ArgMax", {}), (Row{-inf, -1}));
  EXPECT_EQ(valueOf("KMin_ArgKMin", {3}), (Row{3, inf, 0, -1}));
  EXPECT_EQ(valueOf("Max_SumShiftExp", {}), (Row{-inf, 0}));
  EXPECT_EQ(valueOf("Max_SumShiftExp", {2, 2}), (Row{2, 2}));
  EXPECT_EQ(valueOf("Product", {}), Row{1});
  EXPECT_EQ(valueOf("Product", {2, 3, -1}), Row{-6});
  EXPECT_EQ(valueOf("Mean", {1, 2, 6}), Row{3});
  EXPECT_TRUE(std::isnan(valueOf("Mean", {})[0]));
  EXPECT_EQ(valueOf("Any", {}), Row{0});
  EXPECT_EQ(valueOf("Any", {0, -0.0, NAN}), Row{1});
  EXPECT_EQ(valueOf("All", {}), Row{1});
  EXPECT_EQ(valueOf("All", {1, 0, 1}), Row{0});
  EXPECT_EQ(valueOf("Count", {1, 0, NAN}), Row{2});
  EXPECT_EQ(valueOf("KMin", {3, 1, 2}), (Row{1, 2}));
  EXPECT_EQ(valueOf("ArgKMin", {3, 1, 1}), (Row{1, 2}));
  EXPECT_EQ(valueOf("KMin", {3}), (Row{3, inf}));
  EXPECT_EQ(valueOf("ArgKMin", {3}), (Row{0, -1}));
}

} // namespace
} // namespace keops::test
