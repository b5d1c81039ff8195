//===- Plan.cpp - chunks and bands cover everything, once -----------------===//

#include "runtime/DevicePlan.h"

#include "gtest/gtest.h"

using namespace keops::rt;

namespace {

keops_device_step step(int64_t tileRows, int64_t quantum, int64_t stateBytes,
                       int64_t partialBytes = 0) {
  return {"sweep",    "finish",     partialBytes ? "close" : nullptr,
          128,        256,          partialBytes ? 128 : 0,
          0,          tileRows,     quantum,
          stateBytes, partialBytes, 10};
}

TEST(DevicePlan, ChunksCoverTheColumns) {
  for (int64_t rows :
       {int64_t(1), int64_t(1000), int64_t(100000), int64_t(1) << 33})
    for (int64_t cols : {int64_t(0), int64_t(1), int64_t(127), int64_t(1000),
                         int64_t(1000000), int64_t(1) << 44})
      for (int64_t quantum : {1, 128, 500}) {
        DevicePlan plan = planStep(step(1024, quantum, 16), rows, cols, 528);
        EXPECT_GE(plan.chunkCols, 1);
        EXPECT_LE(plan.chunkCols, int64_t(1) << 30);
        EXPECT_LE(plan.chunks, 65535);
        EXPECT_GE(plan.chunks * plan.chunkCols, cols);
        EXPECT_EQ(
            plan.chunks,
            std::max<int64_t>(1, (cols + plan.chunkCols - 1) / plan.chunkCols));
        EXPECT_EQ(0, plan.chunkCols % quantum);
        EXPECT_EQ(plan.stateBytes, plan.chunks * plan.bandRows * 16);
        EXPECT_TRUE(plan.bandRows % 1024 == 0 || plan.bandRows == rows);
      }
}

TEST(DevicePlan, FewRowsAreCutIntoManyChunks) {
  EXPECT_EQ(253, planStep(step(1024, 128, 16), 1000, 1000000, 528).chunks);
  EXPECT_EQ(8, planStep(step(1024, 128, 16), 1000, 1000, 528).chunks);
  EXPECT_EQ(5, planStep(step(1024, 128, 16), 100000, 100000, 528).chunks);
  EXPECT_EQ(1, planStep(step(1024, 128, 16), 10000000, 100000, 528).chunks);
}

TEST(DevicePlan, RowsWhoseStatesAreTooManyGoInBands) {
  DevicePlan plan = planStep(step(1024, 128, 4096, 16), 1000000, 100000, 528);
  EXPECT_LT(plan.bandRows, 1000000);
  EXPECT_LE(plan.stateBytes, int64_t(256) << 20);
  int64_t partials = 0;
  for (int64_t begin = 0; begin < 1000000; begin += plan.bandRows)
    partials += (std::min<int64_t>(plan.bandRows, 1000000 - begin) + 255) / 256;
  EXPECT_EQ(partials, plan.partials);
  EXPECT_EQ(16 * partials, plan.partialBytes);
  // One tile of rows is the least.
  DevicePlan wide = planStep(step(1024, 128, int64_t(1) << 40), 5000, 9, 528);
  EXPECT_EQ(1024, wide.bandRows);
  EXPECT_EQ(1, wide.chunks);
  EXPECT_EQ(int64_t(1) << 50, wide.stateBytes);
}

TEST(DevicePlan, ElementsOfABatchFillTheDeviceTogether) {
  EXPECT_EQ(1, planStep(step(1024, 128, 16), 1000, 1000, 528, 10000).chunks);
  EXPECT_EQ(5, planStep(step(1024, 128, 16), 1000, 100000, 528, 98).chunks);
}

TEST(DevicePlan, WithoutRowsOrASweepThereIsLessToDo) {
  DevicePlan none = planStep(step(1024, 128, 16, 16), 0, 1000, 528);
  EXPECT_EQ(0, none.partials + none.stateBytes + none.bandRows);
  keops_device_step noSweep = {nullptr, "finish", nullptr, 0, 256, 0,
                               0,       0,        0,       0, 0,   1};
  DevicePlan plan = planStep(noSweep, 1000, 50, 528);
  EXPECT_EQ(0, plan.chunks);
  EXPECT_EQ(1000, plan.bandRows);
}

} // namespace
