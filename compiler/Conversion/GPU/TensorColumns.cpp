//===- TensorColumns.cpp - rows times columns on tensor cores -------------===//
//
// What Tensor.cpp does for each block of columns: parts of them to shared
// memory, products of fragments, and these to where threads look for them.
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/TensorMemory.h"

using namespace mlir;

namespace keops::device {

/// Some steps of all columns, from a step on, to shared memory: four threads
/// have a column. Takes and returns the squares so far, for distances.
Lanes KernelEmitter::stageColumnParts(Value first, Value count, Value firstStep,
                                      Value steps, const Lanes &norm) {
  Fragments fragments(builder);
  Value inBlock = index.div(fragments.thread, 4);
  Value column = index.add(first, index.min(inBlock, index.add(count, -1)));
  Lanes sum = emitLoop(
      machine, index.constant(0), steps, 1, norm, [&](Value step, Lanes sums) {
        stageLoop = builder.getInsertionBlock();
        SmallVector<Value> numbers =
            fourOf(product->columnLoad, column, index.add(firstStep, step),
                   fragments.inGroup);
        Value start =
            index.mul(columnFragment(fragments.warp, step, fragments.lane),
                      kParts * kColWords);
        for (auto [part, words] : llvm::enumerate(fragments.wordsOf(numbers)))
          tensor->columnParts.storeAligned(
              vector::FromElementsOp::create(
                  builder, VectorType::get({kColWords}, fragments.word()),
                  words),
              index.add(start, int64_t(part) * kColWords));
        for (Lane &squares : sums)
          squares = machine.wrap(
              fragments.addSquares(squares.values.front(), numbers));
        return sums;
      });
  for (const Lane &squares : sum) {
    Value whole = fragments.sumOfGroup(squares.values.front());
    Value isFirst = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq,
                                          fragments.inGroup, index.constant(0));
    emitIf(isFirst, [&] { tensor->columnNorms->store(whole, inBlock); });
  }
  return sum;
}

/// The number of a fragment: of 8 columns, in a step of those that are staged.
Value KernelEmitter::columnFragment(Value columns, Value step, Value lane) {
  Value ofStep = index.add(index.mul(columns, stepsAtOnce()), step);
  return index.add(index.mul(ofStep, kWarp), lane);
}

/// Adds what some staged steps give to the products. There are two of each: the
/// greatest of the terms, and all others.
Lanes KernelEmitter::multiplyStaged(Value firstStep, Value steps,
                                    const Lanes &products) {
  Fragments fragments(builder);
  // Parts of rows and columns, small terms first.
  constexpr std::pair<int, int> kTerms[] = {{0, 2}, {2, 0}, {1, 1},
                                            {0, 1}, {1, 0}, {0, 0}};
  auto load = [&](const Buffer &buffer, Value at, int64_t words) {
    Value several =
        buffer.loadAligned(VectorType::get({words}, fragments.word()), at);
    SmallVector<Value> numbers;
    for (int64_t n = 0; n < words; ++n)
      numbers.push_back(vector::ExtractOp::create(builder, several, n));
    return numbers;
  };
  return emitLoop(
      machine, index.constant(0), steps, 1, products,
      [&](Value step, Lanes sums) {
        multiplyLoop = builder.getInsertionBlock();
        SmallVector<Value> rowParts[kRowTiles][kParts],
            colParts[kColTiles][kParts];
        Value start = index.mul(index.add(firstStep, step),
                                kRowTiles * kParts * kRowWords);
        for (int64_t m = 0; m < kRowTiles; ++m)
          for (int64_t part = 0; part < kParts; ++part)
            rowParts[m][part] = load(
                tensor->rowParts,
                index.add(start, (m * kParts + part) * kRowWords), kRowWords);
        for (int64_t n = 0; n < kColTiles; ++n) {
          Value at =
              index.mul(columnFragment(index.constant(n), step, fragments.lane),
                        kParts * kColWords);
          for (int64_t part = 0; part < kParts; ++part)
            colParts[n][part] =
                load(tensor->columnParts, index.add(at, part * kColWords),
                     kColWords);
        }
        for (auto [ofRow, ofCol] : kTerms)
          for (int64_t m = 0; m < kRowTiles; ++m)
            for (int64_t n = 0; n < kColTiles; ++n) {
              bool isGreat = ofRow == 0 && ofCol == 0;
              auto *sum = &sums[size_t(((m * kColTiles + n) * 2 + isGreat) *
                                       kRowWords)];
              SmallVector<Value> old;
              for (int64_t k = 0; k < kRowWords; ++k)
                old.push_back(sum[k].values.front());
              for (auto [k, value] : llvm::enumerate(fragments.multiply(
                       rowParts[m][ofRow], colParts[n][ofCol], old)))
                sum[k] = machine.wrap(value);
            }
        return sums;
      });
}

/// The products of the warp's fragments to where threads look for their rows.
void KernelEmitter::storeProducts(const Lanes &products) {
  Fragments fragments(builder);
  Value corner = index.add(
      index.mul(index.add(index.mul(fragments.warp, kPatch), fragments.group),
                kPatchStride),
      index.mul(fragments.inGroup, 2));
  for (int64_t m = 0; m < kRowTiles; ++m)
    for (int64_t n = 0; n < kColTiles; ++n) {
      const Lane *small =
          &products[size_t((m * kColTiles + n) * 2 * kRowWords)];
      const Lane *great = small + kRowWords;
      for (int64_t half = 0; half < 2; ++half) {
        SmallVector<Value> two;
        for (int64_t k = 2 * half; k < 2 * half + 2; ++k)
          two.push_back((great[k] + small[k]).values.front());
        int64_t row = m * TensorProduct::kRows + half * 8;
        tensor->products.storeAligned(
            vector::FromElementsOp::create(builder, VectorType::get({2}, real),
                                           two),
            index.add(corner, row * kPatchStride + n * TensorProduct::kCols));
      }
    }
  fragments.waitForWarp();
}

/// The products of all rows and the columns of a block.
void KernelEmitter::multiplyColumns(Value first, Value count) {
  Lanes carried(size_t(kRowTiles * kColTiles * 2 * kRowWords),
                machine.constant(0));
  size_t numbers = carried.size();
  if (product->isDistance())
    carried.push_back(machine.constant(0)); // the squares of a column
  Value all = index.constant(product->steps());
  carried = emitLoop(machine, index.constant(0), all, stepsAtOnce(), carried,
                     [&](Value step, Lanes lanes) {
                       Value steps =
                           product->steps() % stepsAtOnce() == 0
                               ? index.constant(stepsAtOnce())
                               : index.min(index.sub(all, step), stepsAtOnce());
                       Lanes norm = stageColumnParts(
                           first, count, step, steps,
                           Lanes(ArrayRef(lanes).drop_front(numbers)));
                       mlir::gpu::BarrierOp::create(builder);
                       lanes.truncate(numbers);
                       lanes = multiplyStaged(step, steps, lanes);
                       if (product->steps() > stepsAtOnce()) // then come others
                         mlir::gpu::BarrierOp::create(builder);
                       llvm::append_range(lanes, norm);
                       return lanes;
                     });
  chunkLoop = carried.front().values.front().getDefiningOp();
  storeProducts(carried);
  lastOfProducts = &builder.getInsertionBlock()->back();
}

Turn KernelEmitter::turnOfProducts() const {
  Turn turn = turnOf(*stageLoop), inner = turnOf(*multiplyLoop);
  turn.cost += inner.cost;
  turn.latency += inner.latency;
  turn = turn * double(product->steps());
  turn.cost +=
      turnOf(llvm::make_range(std::next(chunkLoop->getIterator()),
                              std::next(lastOfProducts->getIterator())))
          .cost;
  return turn * (double(unroll) / kPatch);
}

} // namespace keops::device
