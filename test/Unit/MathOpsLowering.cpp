//===- MathOpsLowering.cpp - lowered ops against their reference ----------===//
//
// Every registered op on every instruction set of this computer, in bundles of
// all shapes: each number must be that of `evaluate` in double precision, in
// the range where the op is sampled and at zeros, infinities, NaN, denormal and
// huge numbers. A new record is tested without a line here.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/Formulas.h"
#include "test/Unit/LaneModule.h"
#include "test/Unit/Tolerance.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace keops::test {
namespace {

/// An op in one bundle shape.
struct Lowered {
  Operation *op;
  int rows, cols;                // of the result
  std::vector<LaneInput> inputs; // for each component of each operand
  int program;
};

class MathOpsLowering : public FormulaTest {
protected:
  Lowered lower(LaneModule &module, Operation *op);
  void compare(const LaneModule &module, const Lowered &lowered);

private:
  double randomNumber(Operation *op, bool isDouble);
  std::string complaint(const Lowered &lowered,
                        ArrayRef<SmallVector<double>> operands, double found,
                        double expected);
  bool agrees(Operation *op, ArrayRef<SmallVector<double>> operands,
              double found, double expected, size_t component, bool isDouble);
};

/// Components one after the other, as operands.
template <typename T, typename From>
SmallVector<SmallVector<T>> split(Operation *op, const From &components) {
  SmallVector<SmallVector<T>> operands;
  size_t next = 0;
  for (Value operand : op->getOperands()) {
    SmallVector<T> &part = operands.emplace_back();
    for (int64_t c = 0; c < vecType(operand).getDim(); ++c)
      part.push_back(components[next++]);
  }
  return operands;
}

Lowered MathOpsLowering::lower(LaneModule &module, Operation *op) {
  auto shapeOf = [rows = int(random(1, 3)),
                  cols = int(random(1, 3))](Value value) {
    VecType type = vecType(value);
    return LaneInput{type.variesAlong(Axes::i) ? rows : 1,
                     type.variesAlong(Axes::j) ? cols : 1};
  };
  LaneInput shape = shapeOf(op->getResult(0));
  Lowered lowered{op, shape.rows, shape.cols, {}, 0};
  for (Value operand : op->getOperands())
    lowered.inputs.insert(lowered.inputs.end(), vecType(operand).getDim(),
                          shapeOf(operand));
  lowered.program = module.add(
      lowered.inputs, [&](Machine &machine, ArrayRef<Lane> components) {
        SmallVector<Lanes> operands;
        for (SmallVector<Lane> &part : split<Lane>(op, components))
          operands.push_back(part);
        Lanes result = cast<MathOpInterface>(op).lower(machine, operands);
        EXPECT_EQ(int64_t(result.size()), vecType(op->getResult(0)).getDim());
        for (Lane &lane : result) {
          // Constants and components of one operand may have a smaller shape.
          EXPECT_TRUE(lane.rows == 1 || lane.rows == shape.rows);
          EXPECT_TRUE(lane.cols == 1 || lane.cols == shape.cols);
          lane = machine.spread(lane, shape.rows, shape.cols);
        }
        return result;
      });
  return lowered;
}

double MathOpsLowering::randomNumber(Operation *op, bool isDouble) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  Precision precision = Precision::of(isDouble);
  auto [low, high] = cast<MathOpInterface>(op).getSampleRange();
  double number = std::uniform_real_distribution<double>(low, high)(generator);
  double tiny = precision.smallestNormal;
  double specials[] = {0, inf, NAN, tiny, tiny * 0.03, tiny * 0.6,
                       1, 2,   0.5, 1e5,  1e15,        88.5};
  double huge[] = {precision.largest, precision.largest / 3,
                   std::sqrt(precision.largest) * 0.9, 1e30};
  // Sums of these overflow on the way, where the reference need not.
  bool mayBeHuge = cast<MathOpInterface>(op).isComponentWise();
  switch (random(0, mayBeHuge ? 5 : 4)) {
  case 0:
  case 1:
    number = random(0, 1) ? number : std::round(number * 8);
    return isDouble ? number : float(number);
  case 2:
    return isDouble ? number : float(number);
  case 5:
    number = huge[random(0, std::size(huge) - 1)];
    break;
  default:
    number = specials[random(0, std::size(specials) - 1)];
  }
  number = random(0, 1) ? number : -number;
  return isDouble ? number : float(number);
}

static SmallVector<double> evaluate(Operation *op,
                                    ArrayRef<SmallVector<double>> operands) {
  SmallVector<ArrayRef<double>> views(operands.begin(), operands.end());
  return cast<MathOpInterface>(op).evaluate(views);
}

/// The sum of the differences that a relative error of each number makes, as a
/// multiple of that error: what cancellation may cost.
static double sensitivity(Operation *op, ArrayRef<SmallVector<double>> operands,
                          size_t component) {
  constexpr double step = 1e-9;
  double value = evaluate(op, operands)[component], sum = 0;
  SmallVector<SmallVector<double>> moved(operands);
  for (SmallVector<double> &operand : moved)
    for (double &number : operand) {
      double kept = number;
      number *= 1 + step;
      sum += std::fabs(evaluate(op, moved)[component] - value) / step;
      number = kept;
    }
  return sum;
}

bool MathOpsLowering::agrees(Operation *op,
                             ArrayRef<SmallVector<double>> operands,
                             double found, double expected, size_t component,
                             bool isDouble) {
  Precision precision = Precision::of(isDouble);
  double error = kOpUnits * precision.unit;
  if (precision.agree(found, expected, error * std::fabs(expected)))
    return true;
  if (cast<MathOpInterface>(op).isComponentWise() || !std::isfinite(expected))
    return false;
  return precision.agree(found, expected,
                         error * sensitivity(op, operands, component));
}

std::string MathOpsLowering::complaint(const Lowered &lowered,
                                       ArrayRef<SmallVector<double>> operands,
                                       double found, double expected) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << *lowered.op << "\nas " << lowered.rows << " x " << lowered.cols
         << " gives " << llvm::format("%.9g", found) << ", not "
         << llvm::format("%.9g", expected) << ", at";
  for (const SmallVector<double> &operand : operands) {
    stream << " (";
    for (double number : operand)
      stream << llvm::format(" %.9g", number);
    stream << " )";
  }
  return text;
}

/// The operands of number k of each component of the result.
static SmallVector<SmallVector<double>> operandsOf(const Lowered &lowered,
                                                   ArrayRef<double> numbers,
                                                   int width, int64_t k) {
  int64_t lane = k % width, r = k / width % lowered.rows,
          u = k / width / lowered.rows;
  std::vector<double> components;
  for (const LaneInput &input : lowered.inputs) {
    int64_t value = std::min<int64_t>(u, input.cols - 1) * input.rows +
                    std::min<int64_t>(r, input.rows - 1);
    components.push_back(numbers[value * width + lane]);
    numbers = numbers.drop_front(input.rows * input.cols * width);
  }
  return split<double>(lowered.op, components);
}

void MathOpsLowering::compare(const LaneModule &module,
                              const Lowered &lowered) {
  int width = module.width();
  int64_t dim = vecType(lowered.op->getResult(0)).getDim();
  int64_t count = lowered.rows * lowered.cols * width;
  for (int64_t done = 0; done < 3000; done += count * dim) {
    std::vector<double> numbers;
    for (const LaneInput &input : lowered.inputs)
      for (int k = 0; k < input.rows * input.cols * width; ++k)
        numbers.push_back(randomNumber(lowered.op, module.isDouble()));
    std::vector<double> found = module(lowered.program, numbers);
    ASSERT_EQ(int64_t(found.size()), count * dim);
    for (int64_t k = 0; k < count; ++k) {
      auto operands = operandsOf(lowered, numbers, width, k);
      SmallVector<double> expected = evaluate(lowered.op, operands);
      for (int64_t c = 0; c < dim; ++c)
        ASSERT_TRUE(agrees(lowered.op, operands, found[c * count + k],
                           expected[c], c, module.isDouble()))
            << complaint(lowered, operands, found[c * count + k], expected[c]);
    }
  }
}

TEST_F(MathOpsLowering, AgreesWithTheReference) {
  for (const LaneShape &shape : hostShapes(/*scalars=*/false)) {
    SCOPED_TRACE(describe(shape));
    LaneModule module(context, shape);
    std::vector<Lowered> all;
    for (RegisteredOperationName name : mathOps(context))
      for (int round = 0; round < 12; ++round) {
        Operation *op = sample(name).op;
        ASSERT_TRUE(op) << name.getStringRef().str();
        all.push_back(lower(module, op));
      }
    module.compile();
    for (const Lowered &lowered : all)
      compare(module, lowered);
  }
}

} // namespace
} // namespace keops::test
