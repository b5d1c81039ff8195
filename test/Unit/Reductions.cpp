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
      SmallVector<Type> results;
      EXPECT_TRUE(
          succeeded(reduction.inferTypes(loc, vecType(f), over, results)));
      Value reduced =
          ReduceOp::create(b, loc, results, reduction, ValueRange{f})
              ->getResult(0);
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

// <e, J t> = <J^T e, t> for those that have both.
TEST_F(Reductions, ForwardAndReverseAgree) {
  for (const ReductionEntry &entry : reductionCatalogue()) {
    SCOPED_TRACE(entry.spelling.str());
    ReductionAttrInterface reduction = make(entry);
    Axes both = Axes::i | Axes::j;
    bool differentiable = true;
    SmallVector<Type> types{vec(2, Axes::i), vec(1, Axes::j), vec(2, Axes::i),
                            vec(1, Axes::j), vec(2, Axes::i)};
    FormulaOp pairing = build(types, [&](OpBuilder &b, ValueRange x) {
      Location loc = b.getUnknownLoc();
      Value f = MulOp::create(b, loc, x[0], x[1]);
      Value t = MulOp::create(b, loc, x[2], x[3]);
      SmallVector<Type> results;
      EXPECT_TRUE(
          succeeded(reduction.inferTypes(loc, vecType(f), Axes::j, results)));
      auto op = ReduceOp::create(b, loc, results, reduction, ValueRange{f});
      auto forward = reduction.jvp(b, op, t);
      auto reverse = reduction.vjp(b, op, x[4]);
      differentiable = succeeded(forward) && succeeded(reverse);
      if (!differentiable)
        return SmallVector<Value>{x[0]};
      auto inner = [&](Value a, Value c) -> Value {
        return conform(b, loc, MulOp::create(b, loc, a, c), vec(1, Axes::p),
                       true);
      };
      Value back = conform(b, loc, (*reverse)[0], vec(2, both), false);
      return SmallVector<Value>{inner((*forward)[0], x[4]), inner(back, t)};
    });
    if (!differentiable)
      continue;
    std::vector<Table> found = results(pairing, randomTables(pairing, -1, 1));
    EXPECT_TRUE(near(found[0], found[1], 1e-13));
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
  EXPECT_EQ(valueOf("KMin", {3, 1, 2}), (Row{1, 2}));
  EXPECT_EQ(valueOf("ArgKMin", {3, 1, 1}), (Row{1, 2}));
  EXPECT_EQ(valueOf("KMin", {3}), (Row{3, inf}));
  EXPECT_EQ(valueOf("ArgKMin", {3}), (Row{0, -1}));
}

} // namespace
} // namespace keops::test
