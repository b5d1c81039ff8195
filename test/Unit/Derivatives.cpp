//===- Derivatives.cpp - gradients against finite differences -------------===//
//
// Over all registered ops, with operands of one and of several components,
// along no axis, i, j and both: what a record says of its derivative is tested
// without a test of its own.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/Formulas.h"

using namespace mlir;

namespace keops::test {
namespace {

constexpr const char *kExpand = "keops-differentiate";
constexpr const char *kExpandAndSimplify =
    "keops-stabilize,keops-differentiate,canonicalize,cse,keops-stabilize,"
    "keops-factor-out-of-sum,canonicalize,cse,keops-fuse,canonicalize,cse";

class Derivatives : public FormulaTest {
protected:
  /// `sum of seed * value` over all there is, where the seed is the product of
  /// the last two arguments of the formula.
  struct Extended {
    SmallVector<Type> arguments;
    unsigned operands;
  };
  Extended extend(Sample sample) {
    Extended extended;
    llvm::append_range(extended.arguments, sample.formula.getArgumentTypes());
    extended.operands = extended.arguments.size();
    VecType type = vecType(sample.op->getResult(0));
    Axes seedI = type.getAxes() & Axes::i, seedJ = type.getAxes() & Axes::j;
    extended.arguments.push_back(type.withAxes(seedI));
    extended.arguments.push_back(vec(1, seedJ));
    return extended;
  }
  static Location loc(OpBuilder &builder) { return builder.getUnknownLoc(); }

  static Value times(OpBuilder &builder, Value a, Value b) {
    return MulOp::create(builder, loc(builder), a, b);
  }
  static Value seedOf(OpBuilder &builder, ValueRange arguments) {
    return times(builder, arguments[arguments.size() - 2], arguments.back());
  }
  /// The sum of all numbers, each pair (i, j) for itself.
  Value total(OpBuilder &builder, Value value) {
    return conform(builder, loc(builder), value, vec(1, Axes::p), true);
  }
  Value inner(OpBuilder &builder, Value a, Value b) {
    return total(builder, times(builder, a, b));
  }
  static Value grad(OpBuilder &builder, Value value, Value variable, Value seed,
                    VecType type) {
    return GradOp::create(builder, loc(builder), type, value, variable, seed);
  }
  /// The body of a sample on other arguments.
  static Value inlined(OpBuilder &builder, Sample sample,
                       ValueRange arguments) {
    IRMapping map;
    map.map(sample.formula.getBody().getArguments(),
            arguments.take_front(sample.formula.getBody().getNumArguments()));
    for (Operation &op : sample.formula.getBody().front().without_terminator())
      builder.clone(op, map);
    return map.lookup(sample.op->getResult(0));
  }

  void forSamples(int count, function_ref<void(Sample)> check) {
    for (RegisteredOperationName name : mathOps(context))
      for (int round = 0; round < count; ++round) {
        Sample drawn = sample(name);
        std::string text;
        llvm::raw_string_ostream(text) << *drawn.op;
        SCOPED_TRACE(text);
        check(drawn);
      }
  }
};

TEST_F(Derivatives, GradientsAreThoseOfFiniteDifferences) {
  forSamples(30, [&](Sample sample) {
    Extended extended = extend(sample);
    FormulaOp value = build(extended.arguments, [&](OpBuilder &b,
                                                    ValueRange x) {
      return SmallVector<Value>{inner(b, inlined(b, sample, x), seedOf(b, x))};
    });
    FormulaOp gradients = build(extended.arguments, [&](OpBuilder &b,
                                                        ValueRange x) {
      Value f = inlined(b, sample, x), seed = seedOf(b, x);
      return llvm::map_to_vector(x.take_front(extended.operands), [&](Value u) {
        return grad(b, f, u, seed, vecType(u));
      });
    });
    FormulaOp simplified = clone(gradients);
    ASSERT_TRUE(run(gradients, kExpand));
    ASSERT_TRUE(run(simplified, kExpandAndSimplify));
    std::vector<Table> tables =
        randomTables(value, sample.range.first, sample.range.second);
    std::vector<Table> found = results(gradients, tables);
    std::vector<Table> again = results(simplified, tables);
    for (unsigned k = 0; k < extended.operands; ++k) {
      Table expected = differences(value, tables, k);
      EXPECT_TRUE(near(found[k], expected, 1e-6)) << "operand " << k;
      EXPECT_TRUE(near(again[k], found[k], 1e-12)) << "operand " << k;
    }
  });
}

TEST_F(Derivatives, SharesOfPairsSumUpToTheGradient) {
  forSamples(20, [&](Sample sample) {
    Extended extended = extend(sample);
    auto gradients = [&](bool pairwise) {
      FormulaOp formula =
          build(extended.arguments, [&](OpBuilder &b, ValueRange x) {
            Value f = inlined(b, sample, x), seed = seedOf(b, x);
            return llvm::map_to_vector(
                x.take_front(extended.operands), [&](Value u) {
                  Axes axes = vecType(u).getAxes();
                  if (pairwise)
                    axes = joinAxes(axes, vecType(f).getAxes());
                  Value g = grad(b, f, u, seed, vecType(u).withAxes(axes));
                  return conform(b, loc(b), g, vecType(u), true);
                });
          });
      EXPECT_TRUE(run(formula, kExpand));
      return formula;
    };
    FormulaOp closed = gradients(false), shares = gradients(true);
    std::vector<Table> tables =
        randomTables(closed, sample.range.first, sample.range.second);
    std::vector<Table> found = results(shares, tables),
                       expected = results(closed, tables);
    for (unsigned k = 0; k < extended.operands; ++k)
      EXPECT_TRUE(near(found[k], expected[k], 1e-12)) << "operand " << k;
  });
}

// <e, J t> = <J^T e, t>, where any tangents may be absent.
TEST_F(Derivatives, ForwardAndReverseAgree) {
  forSamples(30, [&](Sample sample) {
    Extended extended = extend(sample);
    SmallVector<Type> arguments(
        ArrayRef(extended.arguments).take_front(extended.operands));
    llvm::append_range(arguments, extended.arguments);
    int64_t present = random(1, (1 << extended.operands) - 1);
    FormulaOp formula = build(arguments, [&](OpBuilder &b, ValueRange x) {
      ValueRange t = x.drop_front(extended.operands);
      Value f = inlined(b, sample, x), seed = seedOf(b, x);
      auto op = cast<MathOpInterface>(f.getDefiningOp());
      SmallVector<Value> tangents;
      Value reverse = makeZero(b, loc(b), vec(1, Axes::p));
      for (unsigned k = 0; k < extended.operands; ++k) {
        bool isPresent = present >> k & 1;
        tangents.push_back(
            isPresent
                ? conform(b, loc(b), t[k], vecType(op->getOperand(k)), false)
                : Value());
        if (!isPresent)
          continue;
        Value g = grad(b, f, x[k], seed, vecType(x[k]));
        reverse = AddOp::create(b, loc(b), reverse, inner(b, g, t[k]));
      }
      Value forward = op.jvp(b, tangents);
      forward = forward ? conform(b, loc(b), forward, vecType(f), false)
                        : makeZero(b, loc(b), vecType(f));
      return SmallVector<Value>{inner(b, forward, seed), reverse};
    });
    ASSERT_TRUE(run(formula, kExpand));
    std::vector<Table> found =
        results(formula,
                randomTables(formula, sample.range.first, sample.range.second));
    EXPECT_TRUE(near(found[0], found[1], 1e-12));
  });
}

// d/dt f(x + t u) at t = 0, for each operand in turn.
TEST_F(Derivatives, TangentsAreThoseOfFiniteDifferences) {
  forSamples(20, [&](Sample sample) {
    Extended extended = extend(sample);
    unsigned along = random(0, extended.operands - 1);
    SmallVector<Type> arguments{vec(1, Axes::p), extended.arguments[along]};
    llvm::append_range(arguments, extended.arguments);
    FormulaOp moved = build(arguments, [&](OpBuilder &b, ValueRange x) {
      SmallVector<Value> inputs(x.drop_front(2));
      inputs[along] =
          AddOp::create(b, loc(b), inputs[along], times(b, x[0], x[1]));
      return SmallVector<Value>{
          inner(b, inlined(b, sample, inputs), seedOf(b, x))};
    });
    FormulaOp tangent = build(arguments, [&](OpBuilder &b, ValueRange x) {
      ValueRange inputs = x.drop_front(2);
      Value f = inlined(b, sample, inputs);
      VecType type = vecType(f);
      type = type.withAxes(joinAxes(type.getAxes(), vecType(x[1]).getAxes()));
      Value d = DiffOp::create(b, loc(b), type, f, inputs[along], x[1]);
      return SmallVector<Value>{inner(b, d, seedOf(b, x))};
    });
    ASSERT_TRUE(run(tangent, kExpandAndSimplify));
    std::vector<Table> tables =
        randomTables(moved, sample.range.first, sample.range.second);
    tables[0] = {0};
    EXPECT_TRUE(
        near(results(tangent, tables)[0], differences(moved, tables, 0), 1e-6));
  });
}

TEST_F(Derivatives, GradientsOfGradientsAreThoseOfFiniteDifferences) {
  forSamples(15, [&](Sample sample) {
    Extended extended = extend(sample);
    unsigned first = random(0, extended.operands - 1);
    unsigned second = random(0, extended.operands - 1);
    SmallVector<Type> arguments{extended.arguments[first]};
    llvm::append_range(arguments, extended.arguments);
    auto gradient = [&](OpBuilder &b, ValueRange x) {
      x = x.drop_front();
      return grad(b, inlined(b, sample, x), x[first], seedOf(b, x),
                  vecType(x[first]));
    };
    FormulaOp value = build(arguments, [&](OpBuilder &b, ValueRange x) {
      return SmallVector<Value>{inner(b, gradient(b, x), x[0])};
    });
    FormulaOp nested = build(arguments, [&](OpBuilder &b, ValueRange x) {
      Value u = x[1 + second];
      return SmallVector<Value>{grad(b, gradient(b, x), u, x[0], vecType(u))};
    });
    ASSERT_TRUE(run(value, kExpand));
    ASSERT_TRUE(run(nested, kExpandAndSimplify));
    std::vector<Table> tables =
        randomTables(value, sample.range.first, sample.range.second);
    EXPECT_TRUE(near(results(nested, tables)[0],
                     differences(value, tables, 1 + second), 1e-5));
  });
}

//===----------------------------------------------------------------------===//
// Whole formulas
//===----------------------------------------------------------------------===//

TEST_F(Derivatives, ASumOverJOfWhatOnlyIKnowsCountsItsTerms) {
  FormulaOp formula = parse(R"(
    keops.formula @f(%x: !keops.vec<2xf64, i>, %y: !keops.vec<2xf64, j>,
                     %e: !keops.vec<2xf64, i>)
        -> (!keops.vec<2xf64, i>, !keops.vec<2xf64, i>) {
      %s = broadcast %x : <2xf64, i> -> <2xf64, ij>
      %a = reduce #keops.sum %s : <2xf64, ij> -> <2xf64, i>
      %g = grad %a wrt %x seed %e : <2xf64, i>, <2xf64, i>, <2xf64, i> -> <2xf64, i>
      return %a, %g : <2xf64, i>, <2xf64, i>
    })");
  ASSERT_TRUE(formula);
  std::vector<Table> tables = randomTables(formula, -1, 1);
  for (const char *passes : {kExpand, kExpandAndSimplify}) {
    FormulaOp expanded = clone(formula);
    ASSERT_TRUE(run(expanded, passes));
    std::vector<Table> found = results(expanded, tables);
    for (size_t k = 0; k < tables[0].size(); ++k) {
      EXPECT_NEAR(found[0][k], kRowsJ * tables[0][k], 1e-12);
      EXPECT_NEAR(found[1][k], kRowsJ * tables[2][k], 1e-12);
    }
  }
}

/// One reduction in another, and factors at every level of axes.
constexpr const char *kNested = R"(
  keops.formula @f(%p: !keops.vec<1xf64, p>, %x: !keops.vec<2xf64, i>,
                   %y: !keops.vec<2xf64, j>) -> !keops.vec<1xf64, p> {
    %d = sub %x, %y : <2xf64, i>, <2xf64, j>
    %s = sqnorm %d : <2xf64, ij>
    %t = mul %p, %s : <1xf64, p>, <1xf64, ij>
    %n = neg %t : <1xf64, ij>
    %z = reduce #keops.logsumexp %n : <1xf64, ij> -> <1xf64, j>
    %u = mul %z, %x : <1xf64, j>, <2xf64, i>
    %v = exp %u : <2xf64, ij>
    %w = mul %v, %p : <2xf64, ij>, <1xf64, p>
    %a = reduce #keops.sum %w : <2xf64, ij> -> <2xf64, i>
    %m = dot %a, %x : <2xf64, i>, <2xf64, i>
    %q = div %m, %p : <1xf64, i>, <1xf64, p>
    %r = reduce #keops.sum %q : <1xf64, i> -> <1xf64, p>
    return %r : <1xf64, p>
  })";

TEST_F(Derivatives, ReductionsInReductions) {
  FormulaOp value = parse(kNested);
  ASSERT_TRUE(value);
  FormulaOp gradients = clone(value);
  auto end = cast<ReturnOp>(gradients.getBody().front().getTerminator());
  OpBuilder builder(end);
  Value one = makeNumber(builder, end.getLoc(), 1, builder.getF64Type());
  SmallVector<Value> all;
  for (Value variable : gradients.getBody().getArguments())
    all.push_back(
        grad(builder, end.getOperand(0), variable, one, vecType(variable)));
  end->setOperands(all);
  gradients.updateType();
  std::vector<Table> tables = randomTables(value, 0.2, 1.2);
  for (const char *passes : {kExpand, kExpandAndSimplify}) {
    FormulaOp expanded = clone(gradients);
    ASSERT_TRUE(run(expanded, passes));
    std::vector<Table> found = results(expanded, tables);
    for (unsigned k = 0; k < tables.size(); ++k)
      EXPECT_TRUE(near(found[k], differences(value, tables, k), 1e-6))
          << "argument " << k;
  }
}

TEST_F(Derivatives, AtSpecialPointsTheyAreNumbers) {
  FormulaOp formula = parse(R"(
    keops.formula @f(%x: !keops.vec<1xf64, i>, %e: !keops.vec<1xf64, i>)
        -> (!keops.vec<1xf64, i>, !keops.vec<1xf64, i>, !keops.vec<1xf64, i>) {
      %l = xlogx %x : <1xf64, i>
      %s = square %x : <1xf64, i>
      %c = ifelse %x, %s, %l : <1xf64, i>, <1xf64, i>, <1xf64, i>
      %g = grad %c wrt %x seed %e : <1xf64, i>, <1xf64, i>, <1xf64, i> -> <1xf64, i>
      %q = sinxdivx %x : <1xf64, i>
      %h = grad %q wrt %x seed %e : <1xf64, i>, <1xf64, i>, <1xf64, i> -> <1xf64, i>
      %k = grad %h wrt %x seed %e : <1xf64, i>, <1xf64, i>, <1xf64, i> -> <1xf64, i>
      return %g, %h, %k : <1xf64, i>, <1xf64, i>, <1xf64, i>
    })");
  ASSERT_TRUE(formula);
  ASSERT_TRUE(run(formula, kExpandAndSimplify));
  std::vector<Table> tables{Table(kRowsI, 1), Table(kRowsI, 1)};
  tables[0][0] = 0;
  std::vector<Table> found = results(formula, tables);
  EXPECT_EQ(found[0][1], 2);
  EXPECT_EQ(found[1][0], 0);
  EXPECT_NEAR(found[1][1], std::cos(1) - std::sin(1), 1e-15);
  EXPECT_NEAR(found[2][0], -1.0 / 3, 1e-15);
}

TEST_F(Derivatives, WhatDoesNotDependHasZeroGradient) {
  FormulaOp formula = parse(R"(
    keops.formula @f(%x: !keops.vec<2xf64, i>, %p: !keops.vec<3xf64, p>)
        -> (!keops.vec<3xf64, p>, !keops.vec<2xf64, i>) {
      %s = sum %x : <2xf64, i>
      %t = sign %s : <1xf64, i>
      %g = grad %s wrt %p seed %s : <1xf64, i>, <3xf64, p>, <1xf64, i> -> <3xf64, p>
      %h = grad %t wrt %x seed %s : <1xf64, i>, <2xf64, i>, <1xf64, i> -> <2xf64, i>
      return %g, %h : <3xf64, p>, <2xf64, i>
    })");
  ASSERT_TRUE(formula);
  ASSERT_TRUE(run(formula, kExpand));
  std::vector<Table> found = results(formula, randomTables(formula, -1, 1));
  EXPECT_EQ(found[0], Table(3, 0));
  EXPECT_EQ(found[1], Table(2 * kRowsI, 0));
}

} // namespace
} // namespace keops::test
