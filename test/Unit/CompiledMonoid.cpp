//===- CompiledMonoid.cpp - a reduction as functions of numbers -----------===//

#include "test/Unit/CompiledMonoid.h"

using namespace mlir;

namespace keops::test {

unsigned CompiledMonoid::operandCount(ReductionAttrInterface reduction) {
  MLIRContext *context = reduction.getContext();
  auto value = VecType::get(context, 1, Float64Type::get(context),
                            joinAxes(Axes::i, Axes::j));
  for (unsigned count = 1; count < 5; ++count) {
    SmallVector<Type> results;
    if (succeeded(reduction.inferTypes(std::nullopt,
                                       SmallVector<VecType>(count, value),
                                       Axes::j, results)))
      return count;
  }
  llvm::report_fatal_error("a reduction of more operands than tests know");
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

std::vector<LaneInput>
CompiledMonoid::stateOf(ReductionAttrInterface reduction) const {
  std::vector<LaneInput> lanes;
  ImplicitLocOpBuilder builder(UnknownLoc::get(reduction.getContext()),
                               reduction.getContext());
  FloatType real = module.isDouble() ? FloatType(builder.getF64Type())
                                     : FloatType(builder.getF32Type());
  cpu::CpuMachine machine(builder, real, cpu::Isa::Scalar);
  for (Type type : reduction.state(machine, dims))
    lanes.push_back({groupCount, 1,
                     isa<IntegerType>(type) ? LaneKind::Column
                     : type != real         ? LaneKind::Wide
                                            : LaneKind::Real});
  return lanes;
}

CompiledMonoid::CompiledMonoid(LaneModule &module,
                               ReductionAttrInterface reduction,
                               ArrayRef<int64_t> dims, int groups)
    : module(module), reduction(reduction), dims(dims), groupCount(groups) {
  for (int64_t dim : dims)
    componentCount += dim;
  state = stateOf(reduction);
  initProgram = addProgram({}, [&](Machine &machine, ArrayRef<Lanes>) {
    return reduction.init(machine, dims);
  });
  std::vector<LaneInput> value(componentCount, {groups, 1});
  std::vector<LaneInput> number{{1, 1, LaneKind::Column}};
  liftProgram =
      addProgram({value, number}, [&](Machine &machine, ArrayRef<Lanes> x) {
        return reduction.lift(machine, operandsOf(x[0]), x[1].front());
      });
  auto combine = [&](Machine &machine, ArrayRef<Lanes> x) {
    return reduction.combine(machine, x[0], x[1]);
  };
  combineProgram = addProgram({state, state}, combine);
  ReductionAttrInterface ofBlock = reduction.getBlockReduction();
  if (ofBlock && ofBlock != reduction)
    combineBlockProgram = addProgram({state, stateOf(ofBlock)}, combine);
  stepProgram = addProgram(
      {state, value, number}, [&](Machine &machine, ArrayRef<Lanes> x) {
        return reduction.step(machine, x[0], operandsOf(x[1]), x[2].front());
      });
  finalizeProgram =
      addProgram({state}, [&](Machine &machine, ArrayRef<Lanes> x) {
        return reduction.finalize(machine, x[0], dims);
      });
  for (int cols = 1; cols <= kMaxBlock; ++cols)
    blockPrograms[cols] = addBlock(cols, {groups, cols});
  rowValueProgram = addBlock(kOneAxisBlock, {groups, 1});
  columnValueProgram = addBlock(kOneAxisBlock, {1, kOneAxisBlock});
}

int CompiledMonoid::addBlock(int cols, LaneInput shape) {
  std::vector<LaneInput> value(componentCount, shape);
  std::vector<LaneInput> numbers{{1, cols, LaneKind::Column}};
  return addProgram({state, value, numbers}, [&](Machine &machine,
                                                 ArrayRef<Lanes> x) {
    return reduction.stepBlock(machine, x[0], operandsOf(x[1]), x[2].front());
  });
}

/// A program of several lists of lanes. Its results get as many rows as the
/// state of a kernel has.
int CompiledMonoid::addProgram(
    ArrayRef<std::vector<LaneInput>> inputs,
    llvm::function_ref<Lanes(Machine &, ArrayRef<Lanes>)> f) {
  std::vector<LaneInput> all;
  for (const std::vector<LaneInput> &list : inputs)
    llvm::append_range(all, list);
  return module.add(all, [&](Machine &machine, ArrayRef<Lane> lanes) {
    SmallVector<Lanes> lists;
    for (const std::vector<LaneInput> &list : inputs) {
      lists.push_back(Lanes(lanes.take_front(list.size())));
      lanes = lanes.drop_front(list.size());
    }
    Lanes results = f(machine, lists);
    for (Lane &lane : results)
      lane = machine.spread(lane, groupCount, 1);
    return results;
  });
}

SmallVector<Lanes> CompiledMonoid::operandsOf(const Lanes &components) const {
  ArrayRef<Lane> rest(components);
  SmallVector<Lanes> operands;
  for (int64_t dim : dims) {
    operands.push_back(Lanes(rest.take_front(dim)));
    rest = rest.drop_front(dim);
  }
  return operands;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

static std::vector<double> joined(std::vector<double> a, ArrayRef<double> b) {
  llvm::append_range(a, b);
  return a;
}

/// The column numbers from j on, each in all rows of a lane value.
static std::vector<double> numbers(int64_t j, int count, int width) {
  std::vector<double> result;
  for (int u = 0; u < count; ++u)
    result.insert(result.end(), width, double(j + u));
  return result;
}

State CompiledMonoid::lift(const Column &x, int64_t j) const {
  return module(liftProgram, joined(x, numbers(j, 1, module.width())));
}

State CompiledMonoid::combine(const State &a, const State &b) const {
  return module(combineProgram, joined(a, b));
}

State CompiledMonoid::combineBlock(const State &a, const State &ofBlock) const {
  return module(combineBlockProgram, joined(a, ofBlock));
}

State CompiledMonoid::step(const State &state, const Column &x,
                           int64_t j) const {
  return module(stepProgram,
                joined(joined(state, x), numbers(j, 1, module.width())));
}

/// Component by component, and the columns of each; `rows` of each column.
static void appendBlock(std::vector<double> &inputs, ArrayRef<Column> x,
                        int64_t components, int stride, int rows) {
  for (int64_t c = 0; c < components; ++c)
    for (const Column &column : x)
      llvm::append_range(inputs, ArrayRef(column).slice(c * stride, rows));
}

State CompiledMonoid::stepBlock(const State &state, ArrayRef<Column> x,
                                int64_t j) const {
  std::vector<double> inputs(state);
  appendBlock(inputs, x, componentCount, rows(), rows());
  return module(blockPrograms[x.size()],
                joined(inputs, numbers(j, x.size(), module.width())));
}

State CompiledMonoid::stepBlockOfColumnValue(const State &state,
                                             ArrayRef<Column> x,
                                             int64_t j) const {
  std::vector<double> inputs(state);
  appendBlock(inputs, x, componentCount, rows(), module.width());
  return module(columnValueProgram,
                joined(inputs, numbers(j, x.size(), module.width())));
}

State CompiledMonoid::stepBlockOfRowValue(const State &state, const Column &x,
                                          int64_t j) const {
  return module(
      rowValueProgram,
      joined(joined(state, x), numbers(j, kOneAxisBlock, module.width())));
}

std::vector<double> CompiledMonoid::finalize(const State &state) const {
  return module(finalizeProgram, state);
}

} // namespace keops::test
