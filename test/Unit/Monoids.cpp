//===- Monoids.cpp - the laws of reductions -------------------------------===//
//
// Every reduction of the catalogue, as it is compiled for each instruction set
// of this computer, with vectors and with single numbers; see Laws.h.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/Laws.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace keops::test {
namespace {

class Monoids : public ::testing::TestWithParam<LaneShape> {
protected:
  Monoids() : context(MLIRContext::Threading::DISABLED) {
    context.loadDialect<KeopsDialect>();
  }
  /// Single numbers on an instruction set that has vectors.
  bool isExtra() const {
    return GetParam().width == 1 && GetParam().isa != cpu::Isa::Scalar;
  }
  MLIRContext context;
};

TEST_P(Monoids, AreLawful) {
  LaneModule module(context, GetParam());
  std::vector<std::unique_ptr<Laws>> all;
  // Large states take long to compile.
  int64_t largest = isExtra() ? 3 : 10;
  for (const ReductionEntry &entry : reductionCatalogue())
    for (int64_t k : {1, 3, 10})
      for (int64_t dim : {1, 3})
        if ((k == 1 || (entry.takesK && k * dim <= largest)) &&
            takesDim(entry.make(&context, k), dim))
          all.push_back(std::make_unique<Laws>(module, entry.make(&context, k),
                                               dim, k * dim == 1 ? 2 : 1));
  module.compile();
  for (const std::unique_ptr<Laws> &laws : all)
    laws->check();
}

TEST_P(Monoids, AreLawfulHoweverTheyAddUp) {
  LaneModule module(context, GetParam());
  std::vector<std::unique_ptr<Laws>> all;
  int64_t dim = isExtra() ? 1 : 2;
  for (const ReductionEntry &entry : reductionCatalogue())
    for (SumScheme scheme :
         {SumScheme::Block, SumScheme::Direct, SumScheme::Kahan})
      for (bool isWide : {false, true}) {
        Summation summation{scheme, isWide};
        ReductionAttrInterface reduction =
            entry.make(&context, 1).withSummation(summation);
        if (reduction && !(summation == Summation()) &&
            !(isWide && module.isDouble()))
          all.push_back(std::make_unique<Laws>(
              module, reduction, takesDim(reduction, dim) ? dim : 1, 1));
      }
  ASSERT_FALSE(all.empty());
  module.compile();
  for (const std::unique_ptr<Laws> &laws : all)
    laws->check();
}

// Large numbers that cancel, and ones in between for which they have no digits.
TEST_P(Monoids, PreciseSumsKeepWhatCancels) {
  LaneModule module(context, GetParam());
  double big = module.isDouble() ? 0x1p60 : 0x1p30;
  std::vector<std::pair<Summation, CompiledMonoid>> monoids;
  for (SumScheme scheme : {SumScheme::Direct, SumScheme::Kahan})
    for (bool isWide : {false, true})
      monoids.emplace_back(
          Summation{scheme, isWide},
          CompiledMonoid(module, SumAttr::get(&context, {scheme, isWide}), {1},
                         1));
  module.compile();
  for (auto &[summation, monoid] : monoids) {
    State state = monoid.init();
    for (int64_t j = 0; j < 1000; j += 2)
      for (double x : {big, 1.0, -big, 1.0})
        state = monoid.step(state, Column(monoid.rows(), x), j);
    bool keeps = summation.scheme == SumScheme::Kahan ||
                 (summation.isWide && !module.isDouble());
    for (double found : monoid.finalize(state))
      EXPECT_EQ(found, keeps ? 1000 : 1)
          << stringify(summation.scheme).str() << summation.isWide;
  }
}

// A kernel may add 1 for a value that is the reference, and nothing else.
TEST_P(Monoids, ExponentialOfZeroIsOne) {
  LaneModule module(context, GetParam());
  int exp2 = module.add({{}}, [](Machine &, ArrayRef<Lane> x) {
    return Lanes{keops::exp2(x[0])};
  });
  module.compile();
  for (double zero : {0.0, -0.0})
    for (double one : module(exp2, std::vector<double>(module.width(), zero)))
      EXPECT_EQ(one, 1.0);
}

TEST_P(Monoids, LogSumExpOfEqualValuesDoesNotDrift) {
  LaneModule module(context, GetParam());
  CompiledMonoid monoid(module, LogSumExpAttr::get(&context, Summation()), {1},
                        1);
  module.compile();
  constexpr int64_t count = 100000;
  for (double value : {0.1, -40.0, 5000.0}) {
    value = module.isDouble() ? value : double(float(value));
    std::vector<Column> block(4, Column(monoid.rows(), value));
    State state = monoid.init();
    for (int64_t j = 0; j < count; j += 4)
      state = monoid.stepBlock(state, block, j);
    double expected = value + std::log(double(count));
    for (double found : monoid.finalize(state))
      EXPECT_NEAR(found, expected, 1e-6 * std::fabs(expected));
  }
}

// The reference follows, and what was summed before keeps its share; nothing is
// lost near the greatest numbers.
TEST_P(Monoids, LogSumExpFollowsValuesThatRise) {
  LaneModule module(context, GetParam());
  CompiledMonoid monoid(module, LogSumExpAttr::get(&context, Summation()), {1},
                        1);
  module.compile();
  double top = module.isDouble() ? 1.7e308 : 3.3e38;
  for (auto [start, rise] :
       std::initializer_list<std::pair<double, double>>{{0, 0.01},
                                                        {0, 1},
                                                        {0, 20},
                                                        {0, 1000},
                                                        {0, -1000},
                                                        {-top, 0},
                                                        {top, 0},
                                                        {-top, top / 400}}) {
    State state = monoid.init();
    double most = start, sum = 0;
    for (int64_t j = 0; j < 400; j += 4) {
      std::vector<Column> block;
      for (int64_t k = j; k < j + 4; ++k) {
        double value = start + rise * double(k);
        value = module.isDouble() ? value : double(float(value));
        block.emplace_back(monoid.rows(), value);
        double higher = std::max(most, value);
        sum = sum * std::exp(most - higher) + std::exp(value - higher);
        most = higher;
      }
      state = monoid.stepBlock(state, block, j);
    }
    double expected = most + std::log(sum);
    for (double found : monoid.finalize(state))
      EXPECT_NEAR(found, expected, 2e-6 * std::fabs(expected))
          << "from " << start << " by " << rise;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Monoids,
                         ::testing::ValuesIn(hostShapes(/*scalars=*/true)),
                         [](const ::testing::TestParamInfo<LaneShape> &info) {
                           std::string name = describe(info.param);
                           for (char &c : name)
                             c = llvm::isAlnum(c) ? c : '_';
                           return name;
                         });

} // namespace
} // namespace keops::test
