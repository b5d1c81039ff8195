//===- SpecialValues.cpp - what ops give at 0, infinity and NaN -----------===//
//
// The language says it, so it stands here as a table, against the reference of
// each op. LoweringTest compares machine code with the reference at the same
// points, on every instruction set and in both precisions.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/Formulas.h"

using namespace mlir;

namespace keops::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Row {
  const char *spelling;
  std::vector<Table> operands;
  Table expected;
  std::vector<int64_t> integers = {};
};

const Row kRows[] = {
    {"Abs", {{kNaN}}, {kNaN}},
    {"Abs", {{-kInf}}, {kInf}},
    {"Sign", {{-0.0}}, {0}},
    {"Sign", {{kNaN}}, {0}},
    {"Sign", {{-kInf}}, {-1}},
    {"Step", {{0}}, {1}},
    {"Step", {{-0.0}}, {1}},
    {"Step", {{kNaN}}, {1}},
    {"Step", {{-1}}, {0}},
    {"ReLU", {{kNaN}}, {kNaN}},
    {"ReLU", {{-kInf}}, {0}},
    {"Log", {{-1}}, {kNaN}},
    {"Log", {{0}}, {-kInf}},
    {"XLogX", {{0}}, {0}},
    {"XLogX", {{-1}}, {kNaN}},
    {"SinXDivX", {{0}}, {1}},
    {"SinXDivX", {{kInf}}, {kNaN}},
    {"SinXDivX", {{-kInf}}, {kNaN}},
    {"Sqrt", {{-1}}, {kNaN}},
    {"Rsqrt", {{0}}, {0}},
    {"Rsqrt", {{kInf}}, {0}},
    {"Rsqrt", {{-1}}, {kNaN}},
    {"Inv", {{0}}, {kInf}},
    {"Inv", {{-0.0}}, {-kInf}},
    {"Pow", {{kNaN}}, {1}, {0}},
    {"Pow", {{2}}, {0.25}, {-2}},
    {"Floor", {{-0.5}}, {-1}},
    {"Round", {{0.5}}, {1}, {0}},
    {"Round", {{-0.5}}, {-1}, {0}},
    {"Round", {{15}}, {20}, {-1}},
    {"ClampInt", {{kNaN}}, {kNaN}, {0, 1}},
    {"ClampInt", {{kInf}}, {1}, {0, 1}},
    {"DiffClampInt", {{1}}, {1}, {0, 1}},
    {"DiffClampInt", {{kNaN}}, {1}, {0, 1}},
    {"DiffClampInt", {{2}}, {0}, {0, 1}},
    // The lower bound is tested first, crossed or not.
    {"Clamp", {{0}, {2}, {1}}, {2}},
    {"Clamp", {{3}, {2}, {1}}, {1}},
    {"Clamp", {{kNaN}, {0}, {1}}, {kNaN}},
    {"IfElse", {{0}, {2}, {3}}, {2}},
    {"IfElse", {{-0.0}, {2}, {3}}, {2}},
    {"IfElse", {{kNaN}, {2}, {3}}, {3}},
    {"Mod", {{-1}, {3}, {0}}, {2}},
    {"Mod", {{1}, {-3}, {0}}, {-2}},
    {"Mod", {{5}, {3}, {-1}}, {-1}},
    {"Powf", {{-1}, {0.5}}, {kNaN}},
    {"Powf", {{0}, {0}}, {1}},
    {"Atan2", {{0}, {-1}}, {M_PI}},
    {"Equal", {{kNaN}, {kNaN}}, {0}},
    {"NotEqual", {{kNaN}, {kNaN}}, {1}},
    {"LessThan", {{kNaN}, {1}}, {0}},
    {"LessOrEqual", {{1}, {1}}, {1}},
    // The first extremum wins; NaN stays in front and is passed over elsewhere.
    {"Max", {{1, kNaN, 3}}, {3}},
    {"Max", {{kNaN, 1, 3}}, {kNaN}},
    {"Min", {{2, kNaN, 1}}, {1}},
    {"Min", {{kNaN, 1}}, {kNaN}},
    {"ArgMax", {{2, 5, 5}}, {1}},
    {"ArgMin", {{5, 2, 2}}, {1}},
    {"ArgMax", {{kNaN, 1, 3}}, {0}},
    {"OneHot", {{1.4}}, {0, 1, 0}, {3}},
    {"OneHot", {{3}}, {0, 0, 0}, {3}},
    {"OneHot", {{-2}}, {0, 0, 0}, {3}},
    {"OneHot", {{kNaN}}, {0, 0, 0}, {3}},
    {"MatVecMult", {{1, 2, 3, 4}, {10, 1}}, {12, 34}},
    {"VecMatMult", {{10, 1}, {1, 2, 3, 4}}, {13, 24}},
    {"TensorProd", {{1, 2}, {3, 4}}, {3, 4, 6, 8}},
};

class SpecialValues : public FormulaTest {
protected:
  Table valueOf(const Row &row) {
    for (RegisteredOperationName name : mathOps(context)) {
      if (name.getInterface<MathOpInterface>()->getSpelling() != row.spelling)
        continue;
      SmallVector<Type> types;
      for (const Table &operand : row.operands)
        types.push_back(vec(operand.size(), Axes::p));
      FormulaOp formula = build(types, [&](OpBuilder &b, ValueRange x) {
        OperationState state(b.getUnknownLoc(), name);
        state.addOperands(x);
        for (auto [attribute, number] :
             llvm::zip_equal(name.getAttributeNames(), row.integers))
          state.addAttribute(attribute, b.getI64IntegerAttr(number));
        EXPECT_TRUE(succeeded(
            name.getInterface<InferTypeOpInterface>()->inferReturnTypes(
                &context, std::nullopt, x,
                state.attributes.getDictionary(&context), nullptr, {},
                state.types)));
        return SmallVector<Value>(b.create(state)->getResults());
      });
      return results(formula, row.operands)[0];
    }
    ADD_FAILURE() << "no operation " << row.spelling;
    return {};
  }
};

TEST_F(SpecialValues, AreThoseOfTheLanguage) {
  for (const Row &row : kRows) {
    SCOPED_TRACE(row.spelling);
    Table found = valueOf(row);
    ASSERT_EQ(found.size(), row.expected.size());
    for (size_t k = 0; k < found.size(); ++k)
      if (std::isnan(row.expected[k]))
        EXPECT_TRUE(std::isnan(found[k])) << found[k];
      else
        EXPECT_DOUBLE_EQ(found[k], row.expected[k]);
  }
}

} // namespace
} // namespace keops::test
