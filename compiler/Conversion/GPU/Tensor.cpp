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

#include "compiler/Conversion/GPU/TensorMemory.h"

using namespace mlir;

namespace keops::device {

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
                       fragments.addSquares(sums[n].values.front(), numbers));
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
