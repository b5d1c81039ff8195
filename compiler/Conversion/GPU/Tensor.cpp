//===- Tensor.cpp - dot products on tensor cores --------------------------===//
//
//   once for all columns of the block of threads:
//     a center, of a few of its rows; rows minus center, in three parts, to
//     memory of the thread; squared norms of rows
//   for blocks of 32 columns:
//     barrier
//     for components, some at a time:
//       columns minus center, in three parts, to shared memory, and their
//       squared norms; barrier
//       each warp multiplies its 32 rows by the 32 columns; barrier, if there
//       are more components
//     products to shared memory, where each thread has those of its row
//     the loop over pairs as in Sweep.cpp, which finds them there
//
//===----------------------------------------------------------------------===//

#include "compiler/Conversion/GPU/Fragments.h"
#include "compiler/Conversion/GPU/Functions.h"

using namespace mlir;

namespace keops::device {

// Numbers from a row of products to the next: 16 bytes more than there are,
// so that threads that read a column do not meet in one bank.
static constexpr int64_t kPatchStride = kPatch + 4;
// Instructions along components for each stage.
static constexpr int64_t kStepsAtOnce = 4;
// Rows whose mean is the center.
static constexpr int64_t kCenterRows = 16;
// A squared distance below this share of the squared norms is computed from
// differences: see docs/rationale/tensor-cores.md.
static constexpr double kLeastShare = 0.25;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Where everything is, of the function being emitted.
struct KernelEmitter::TensorMemory {
  Buffer columnParts; // shared: kColWords of each part, thread, step, 8 columns
  Buffer products;    // shared: a row for each thread
  Buffer rowParts;    // of the thread: kRowWords of each part, 16 rows, step
  std::optional<Buffer> center, columnNorms; // shared, for distances
  Lane rowNorm;                              // of the thread's row
};

int64_t KernelEmitter::stepsAtOnce() const {
  return std::min(product->steps(), kStepsAtOnce);
}

/// Component `component` of a row of a table, minus that of the center; zero
/// past the last.
Value KernelEmitter::centered(tile::LoadOp load, Value row, Value component) {
  int64_t dim = product->dim();
  Value known = component;
  if (dim % TensorProduct::kDepth != 0)
    known = index.min(component, dim - 1);
  Value number = tables.find(load.getTable())
                     ->second.load(index.add(index.mul(row, dim), known));
  if (tensor->center)
    number =
        arith::SubFOp::create(builder, number, tensor->center->load(known));
  if (dim % TensorProduct::kDepth == 0)
    return number;
  Value isThere = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt,
                                        component, index.constant(dim));
  Value zero = machine.constant(0).values.front();
  return arith::SelectOp::create(builder, isThere, number, zero);
}

/// The four components of a step that a thread has, 2 t, 2 t + 1 and those + 8.
SmallVector<Value> KernelEmitter::fourOf(tile::LoadOp load, Value row,
                                         Value step, Value inGroup) {
  Value first =
      index.add(index.mul(step, TensorProduct::kDepth), index.mul(inGroup, 2));
  SmallVector<Value> numbers;
  for (int64_t k : {0, 1, 8, 9})
    numbers.push_back(centered(load, row, index.add(first, k)));
  return numbers;
}

/// norm + the squares of the numbers.
static Value addSquares(ImplicitLocOpBuilder &builder, Value norm,
                        ArrayRef<Value> numbers) {
  for (Value number : numbers)
    norm = arith::AddFOp::create(
        builder,
        arith::MulFOp::create(builder, number, number,
                              arith::FastMathFlags::contract),
        norm, arith::FastMathFlags::contract);
  return norm;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// The mean of some rows of the block, spread over it.
void KernelEmitter::storeCenter(const Work &work) {
  int64_t dim = product->dim();
  const Buffer &table = tables.find(product->rowLoad.getTable())->second;
  Value end = index.min(index.add(work.rowBegin, threads), work.rowEnd);
  Value rowCount = index.sub(end, work.rowBegin);
  Value thread =
      mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x);
  emitLoop(machine, thread, index.constant(dim), threads, {},
           [&](Value component, Lanes) {
             std::optional<Lane> sum;
             for (int64_t n = 0; n < kCenterRows; ++n) {
               Value row =
                   index.add(work.rowBegin,
                             index.div(index.mul(rowCount, n), kCenterRows));
               Lane number = machine.wrap(
                   table.load(index.add(index.mul(row, dim), component)));
               sum = sum ? *sum + number : number;
             }
             tensor->center->store((*sum * (1.0 / kCenterRows)).values.front(),
                                   component);
             return Lanes();
           });
  mlir::gpu::BarrierOp::create(builder);
}

/// Fragments of the 32 rows of the warp, and the norm of that of the thread.
void KernelEmitter::loadRowParts(const Work &work) {
  Fragments fragments(builder);
  Value last = index.add(work.rowEnd, -1);
  Value firstOfWarp = index.mul(fragments.warp, kPatch);
  SmallVector<Value> rowsInPatch, rowNumbers; // g, g + 8, g + 16, g + 24
  for (int64_t n = 0; n < kPatch; n += 8) {
    rowsInPatch.push_back(
        index.add(firstOfWarp, index.add(fragments.group, n)));
    rowNumbers.push_back(
        index.min(index.add(work.rowBegin, rowsInPatch.back()), last));
  }
  Lanes norms(rowNumbers.size(), machine.constant(0));
  norms =
      emitLoop(machine, index.constant(0), index.constant(product->steps()), 1,
               norms, [&](Value step, Lanes sums) {
                 for (auto [n, row] : llvm::enumerate(rowNumbers)) {
                   SmallVector<Value> numbers =
                       fourOf(product->rowLoad, row, step, fragments.inGroup);
                   sums[n] = machine.wrap(
                       addSquares(builder, sums[n].values.front(), numbers));
                   for (auto [part, words] :
                        llvm::enumerate(fragments.wordsOf(numbers))) {
                     int64_t first =
                         (int64_t(n) / 2 * kParts + int64_t(part)) * kRowWords;
                     Value start =
                         index.mul(step, kRowTiles * kParts * kRowWords);
                     for (int64_t half = 0; half < 2; ++half)
                       tensor->rowParts.store(
                           words[size_t(half)],
                           index.add(start, first + 2 * half + int64_t(n) % 2));
                   }
                 }
                 return sums;
               });
  if (!product->isDistance())
    return;
  // From the threads that have them to those whose rows they are.
  for (auto [row, norm] : llvm::zip_equal(rowsInPatch, norms))
    tensor->products.store(
        fragments.sumOfGroup(norm.values.front()),
        index.add(index.mul(row, kPatchStride), fragments.inGroup));
  fragments.waitForWarp();
  tensor->rowNorm = machine.wrap(
      tensor->products.load(index.mul(fragments.thread, kPatchStride)));
}

int64_t KernelEmitter::tensorSharedBytes() const {
  int64_t words = stepsAtOnce() * kColTiles * kWarp * kParts * kColWords +
                  threads * kPatchStride;
  if (product->isDistance())
    words += llvm::alignTo(product->dim(), 4) + kPatch;
  return 4 * words;
}

void KernelEmitter::beginTensor(const Work &work) {
  int64_t steps = product->steps();
  Type word = builder.getI32Type();
  Value memory;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    memory = LLVM::AllocaOp::create(
        builder, LLVM::LLVMPointerType::get(kernel.getContext()), word,
        LLVM::ConstantOp::create(builder, i64(),
                                 steps * kRowTiles * kParts * kRowWords),
        /*alignment=*/16);
  }
  tensor = std::make_shared<TensorMemory>(TensorMemory{
      shared(word, stepsAtOnce() * kColTiles * kWarp * kParts * kColWords),
      shared(real, threads * kPatchStride),
      Buffer(builder, memory, word),
      std::nullopt,
      std::nullopt,
      {}});
  if (product->isDistance()) {
    tensor->center.emplace(shared(real, product->dim()));
    tensor->columnNorms.emplace(shared(real, kPatch));
    storeCenter(work);
  }
  sweepSharedBytes = sharedBytes;
  loadRowParts(work);
}

//===----------------------------------------------------------------------===//
// Columns
//===----------------------------------------------------------------------===//

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
              addSquares(builder, squares.values.front(), numbers));
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

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

/// The value of the op for the row of the thread and some columns of the block.
/// What tensor cores cannot do well enough is computed from the components.
void KernelEmitter::bindProduct(LaneProgram &program, Value column, int columns,
                                Value first) {
  Value start =
      index.mul(mlir::gpu::ThreadIdOp::create(builder, mlir::gpu::Dimension::x),
                kPatchStride);
  Lane value = loadStaged(tensor->products, index.add(start, column), columns);
  Lane isGood = value == value; // so NaN is not
  if (product->isDistance()) {
    Lane norms =
        tensor->rowNorm + loadStaged(*tensor->columnNorms, column, columns);
    value = norms - value * 2;
    isGood = norms * kLeastShare <= value;
  }
  Lane isBad = isGood ^ machine.integer(builder.getI1Type(), 1);
  auto exact = [&]() -> Lanes {
    LaneProgram local(program);
    bindMemory(local, product->column, [&](Value component) {
      return loadColumns(product->columnLoad, component, first, columns);
    });
    if (product->difference)
      local.run(product->difference);
    local.run(product->op);
    return local.get(product->op->getResult(0));
  };
  program.bind(product->op->getResult(0), machine.ifAny(isBad, {value}, exact));
}

} // namespace keops::device
