//===- SweepWide.cpp - sums of long vectors, some components at a time ----===//
//
//   for chunks of columns:
//     for columns, `unroll` at a time:
//       what all components share, kept in memory
//     for tiles of components:
//       for columns: load what is shared; formula of each component, step
//       combine with the accumulators
//
// The terms of a long sum mostly have a factor in common, as exp(-|x - y|^2)
// has for all components of b. It is computed once, and the sums of a tile stay
// in registers for a whole chunk. What a component then needs of a column is a
// multiply-add with an operand in memory, which is repeated for all rows. SSE
// has neither, and where a component also takes a vector of rows, as that of
// x - y, registers and loads are too few: up to 30 % slower.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/CPU/Cost.h"
#include "compiler/Conversion/CPU/Functions.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace keops::cpu {

// What the columns of a chunk share fits the L1 cache beside their part of a
// table. A multiple of most numbers of columns in flight.
static constexpr int64_t kChunk = 60;
/// The other registers hold what is shared and on its way.
static int64_t accumulatorsFor(Isa level) { return level == Isa::V4 ? 22 : 12; }

/// What a column takes is emitted once, to see how, and forgotten.
LaneProgram KernelEmitter::tryColumn(LaneProgram program) {
  OpBuilder::InsertionGuard guard(builder);
  llvm::SaveAndRestore<int64_t> free(scratchUsed);
  auto trial = scf::ExecuteRegionOp::create(builder, TypeRange());
  builder.setInsertionPointToStart(&trial.getRegion().emplaceBlock());
  runColumns(program, index.constant(0), 1);
  trial.erase();
  return program;
}

KernelEmitter::Wide KernelEmitter::findWide(const LaneProgram &trial) {
  Wide wide;
  if (hasManyRanks() || !keepsTiles(level))
    return wide;
  Block *body = &sweep.getBody().front();
  auto isMade = [&](Value leaf) {
    return leaf.getDefiningOp() && leaf.getParentBlock() == body;
  };
  auto canBeKept = [](Value leaf) {
    return vecType(leaf).getDim() == 1 && vecType(leaf).isReal();
  };
  auto isRowVector = [](Value leaf) {
    return isLong(leaf) && vecType(leaf).variesAlong(Axes::i);
  };
  int64_t first = 0;
  for (Value part : partsOf(stepOf(sweep).getValues().front())) {
    llvm::SetVector<Value> leaves = trial.leavesOf(part);
    if (isLong(part) && trial.isIndexable(part) &&
        llvm::none_of(leaves, [&](Value leaf) {
          return isMade(leaf) ? !canBeKept(leaf) : isRowVector(leaf);
        })) {
      wide.shared.insert_range(llvm::make_filter_range(leaves, isMade));
      wide.parts.push_back({part, first, componentsInTile(part)});
    }
    first += vecType(part).getDim();
  }
  wide.hasExponential = isRelative() && !wide.parts.empty();
  return wide;
}

/// As many as registers allow, in tiles of about the same size.
int64_t KernelEmitter::componentsInTile(Value part) {
  int64_t states = ofColumns().state(machine, {1}).size() -
                   (isRelative() ? RelativeState::kSum : 0);
  int64_t most =
      std::max<int64_t>(accumulatorsFor(level) / (groups * states), 1);
  int64_t dim = vecType(part).getDim();
  int64_t tiles = (dim + most - 1) / most;
  return (dim + tiles - 1) / tiles;
}

void KernelEmitter::markPart(int64_t turns, int64_t pairs) {
  builder.getInsertionBlock()->getParentOp()->setAttr(
      kPartAttribute, builder.getDenseI64ArrayAttr({turns, pairs}));
}

/// What the components of a column share, to memory.
void KernelEmitter::keepShared(LaneProgram &program, const Wide &wide,
                               Value column, int columns,
                               const Lane &exponential,
                               const LaneVector &memory) {
  Lanes kept;
  for (Value value : wide.shared)
    kept.push_back(program.get(value).front());
  if (wide.hasExponential)
    kept.push_back(exponential);
  int64_t count = wide.kept();
  for (auto [s, lane] : llvm::enumerate(kept))
    for (int u = 0; u < columns; ++u)
      memory.store(index.add(index.mul(column, count), u * count + int64_t(s)),
                   machine.spread(machine.column(lane, lane.cols == 1 ? 0 : u),
                                  groups, 1));
}

void KernelEmitter::stepTile(const LaneProgram &program, const Wide &wide,
                             const WidePart &part, Value firstComponent,
                             int64_t components, const Chunk &chunk,
                             const Accumulators &accumulators) {
  auto componentAt = [&](int64_t c) { return index.add(firstComponent, c); };
  std::optional<RelativeState> total;
  if (isRelative())
    total.emplace(relative(accumulators));
  Lanes neutral = total ? total->sums.none(total->reference())
                        : ofColumns().init(machine, {1});
  auto step = [&](const Lanes &old, const Lane &x, const Lane &exponential,
                  const Lane &number) {
    return total ? total->sums.add(old, x * exponential)
                 : ofColumns().step(machine, old, {Lanes{x}}, number);
  };
  auto combine = [&](const Lanes &a, const Lanes &b) {
    return total ? total->sums.merge(a, b) : ofColumns().combine(machine, a, b);
  };
  // The reference stays as it is.
  size_t constant = total ? RelativeState::kSum : 0,
         states = neutral.size() - constant;
  auto stateOf = [&](const Lanes &carried, int64_t c) {
    Lanes state(neutral.begin(), neutral.begin() + constant);
    state.append(carried.begin() + c * states,
                 carried.begin() + (c + 1) * states);
    return state;
  };
  Lanes current;
  for (int64_t c = 0; c < components; ++c)
    for (const Lane &lane : ArrayRef(neutral).drop_front(constant))
      current.push_back(machine.spread(lane, groups, 1));
  Lanes sums = emitLoop(
      machine, index.constant(0), chunk.columns, 1, current,
      [&](Value column, Lanes carried) {
        markPart(chunk.mostColumns, int64_t(groups) * width);
        LaneProgram local(program);
        local.setShape(groups, 1);
        Value inBlock = index.add(chunk.first, column);
        bindColumns(local, inBlock, 1);
        auto kept = [&](int64_t s) {
          return chunk.memory.load(
              index.add(index.mul(column, wide.kept()), s));
        };
        for (auto [s, value] : llvm::enumerate(wide.shared))
          local.bind(value, {kept(int64_t(s))});
        Lane exponential =
            wide.hasExponential ? kept(int64_t(wide.shared.size())) : Lane();
        Lane number = columnNumbers(inBlock, 1, chunk.block);
        Lanes next;
        for (int64_t c = 0; c < components; ++c) {
          Lanes state =
              step(stateOf(carried, c), local.at(part.value, componentAt(c)),
                   exponential, number);
          llvm::append_range(next, ArrayRef(state).drop_front(constant));
        }
        return next;
      });
  for (int64_t c = 0; c < components; ++c) {
    Value component = index.add(componentAt(c), part.first);
    store(combine(load(accumulators, component), stateOf(sums, c)),
          accumulators, component, constant);
  }
}

void KernelEmitter::sweepWide(const LaneProgram &program,
                              const LaneProgram &trial, const Wide &wide,
                              Value block, Value cols,
                              const Accumulators &accumulators) {
  llvm::SaveAndRestore<int64_t> free(scratchUsed);
  int64_t most = std::min(kChunk, int64_t(schedule.getCols()));
  LaneVector memory = allocate(machine, most * wide.kept(), groups, 1);
  emitLoop(machine, index.constant(0), cols, most, {}, [&](Value first, Lanes) {
    Block *body = builder.getInsertionBlock();
    Value columns = index.min(index.sub(cols, first), most);
    Chunk chunk{first, columns, most, block, memory};
    auto share = [&](int many) {
      return [&, many](Value column, Lanes) {
        int64_t left = most % unroll;
        markPart(many == unroll ? (most - left) / unroll : left,
                 int64_t(many) * groups * width);
        LaneProgram local(program);
        Lane exponential =
            stepLongColumns(local, index.add(first, column), many, block,
                            accumulators, wide, &chunk);
        keepShared(local, wide, column, many, exponential, memory);
        return Lanes();
      };
    };
    Value main = index.sub(columns, index.rem(columns, unroll));
    emitLoop(machine, index.constant(0), main, unroll, {}, share(unroll));
    if (unroll > 1)
      emitLoop(machine, main, columns, 1, {}, share(1));
    for (const WidePart &part : wide.parts) {
      int64_t dim = vecType(part.value).getDim();
      int64_t rest = dim % part.inTile;
      emitLoop(machine, index.constant(0), index.constant(dim - rest),
               part.inTile, {}, [&](Value component, Lanes) {
                 stepTile(trial, wide, part, component, part.inTile, chunk,
                          accumulators);
                 return Lanes();
               });
      if (rest)
        stepTile(trial, wide, part, index.constant(dim - rest), rest, chunk,
                 accumulators);
    }
    markTurn(*body, most);
    return Lanes();
  });
}

} // namespace keops::cpu
