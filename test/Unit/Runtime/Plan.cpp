//===- Plan.cpp - tiles and chunks cover everything, once -----------------===//

#include "runtime/Plan.h"
#include "runtime/Cores.h"
#include "runtime/Host.h"
#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <limits>
#include <pthread.h>
#include <sched.h>

using namespace keops::rt;

namespace {

void sweep(void *const *, int64_t, int64_t, int64_t, int64_t, void *, void *) {}

keops_host_code code(int64_t maxRows, int64_t rowQuantum, int64_t colQuantum) {
  keops_host_code code = {};
  code.max_rows = maxRows;
  code.row_quantum = rowQuantum;
  code.col_quantum = colQuantum;
  code.sweep = sweep;
  return code;
}

TEST(Plan, CoversAllRowsAndColumns) {
  for (auto host : {code(960, 16, 512), code(96, 16, 1), code(1, 1, 1),
                    code(7, 16, 3), code(100, 8, 1000), code(1 << 30, 16, 64)})
    for (int64_t rows : {1, 15, 16, 17, 959, 960, 961, 100000, 12345678})
      for (int64_t cols : {0, 1, 511, 1024, 2048, 10000, 1000003}) {
        Plan plan = planStep(rows, cols, host);
        EXPECT_LE(plan.tileRows, host.max_rows);
        EXPECT_GE(plan.tiles * plan.tileRows, rows);
        EXPECT_LT((plan.tiles - 1) * plan.tileRows, rows);
        EXPECT_GE(plan.chunks, 1);
        EXPECT_GE(plan.chunks * plan.chunkCols, cols);
        if (plan.chunks > 1) {
          EXPECT_LT((plan.chunks - 1) * plan.chunkCols, cols);
          EXPECT_EQ(0, plan.chunkCols % host.col_quantum);
        }
        if (host.max_rows % host.row_quantum == 0) {
          EXPECT_EQ(0, plan.tileRows % host.row_quantum);
        }
      }
}

TEST(Plan, TilesAreOfEqualSize) {
  Plan plan = planStep(1000, 100000, code(960, 16, 512));
  EXPECT_EQ(2, plan.tiles);
  EXPECT_EQ(512, plan.tileRows); // not 960 and 40
}

TEST(Plan, FewColumnsCutTheTiles) {
  EXPECT_EQ(8, planStep(2000, 2000, code(960, 16, 512)).tiles);
  EXPECT_EQ(8, planStep(2000, 2000, code(960, 16, 512)).tasks());
  // Not into pieces that do not pay,
  EXPECT_EQ(1, planStep(256, 2000, code(960, 16, 512)).tiles);
  // and not if columns or rows are enough.
  EXPECT_EQ(11, planStep(10000, 10000, code(960, 16, 512)).tiles);
  EXPECT_EQ(105, planStep(100000, 10, code(960, 16, 512)).tiles);
}

TEST(Plan, FewRowsCutTheColumns) {
  Plan plan = planStep(100, 1000000, code(960, 16, 512));
  EXPECT_EQ(1, plan.tiles);
  EXPECT_GE(plan.tasks(), wantedTasks / 2);
  EXPECT_LE(plan.tasks(), wantedTasks);
  // Not into pieces that do not pay,
  EXPECT_EQ(1, planStep(100, 2000, code(960, 16, 512)).chunks);
  // and not if there are rows enough.
  EXPECT_EQ(1, planStep(960 * wantedTasks, 1000000, code(960, 16, 512)).chunks);
}

TEST(Plan, ChunksStayWithinTheColumnNumbers) {
  for (int64_t quantum : {1, 512, 1000}) {
    // A billion rows, so nothing else cuts the columns.
    Plan plan =
        planStep(1 << 30, (int64_t(1) << 32) + 1, code(960, 16, quantum));
    EXPECT_LE(plan.chunkCols, maxChunkCols);
    EXPECT_EQ(5, plan.chunks);
    EXPECT_EQ(0, plan.chunkCols % quantum);
  }
}

TEST(Plan, NothingToDo) {
  EXPECT_EQ(0, planStep(0, 10, code(960, 16, 512)).tasks());
  keops_host_code noSweep = code(960, 16, 512);
  noSweep.sweep = nullptr;
  Plan plan = planStep(2000, 1000000, noSweep);
  EXPECT_EQ(0, plan.chunks);
  EXPECT_EQ(3, plan.tasks());
}

TEST(Plan, LargestSizesDoNotOverflow) {
  const int64_t most = int64_t(1) << 44;
  Plan plan = planStep(most, most, code(1, 1, 1));
  EXPECT_EQ(most, plan.tiles);
  EXPECT_EQ(most << 14, plan.tasks());
}

TEST(Threads, SmallWorkStaysOnTheCaller) {
  keops_step step = {};
  step.pair_ns = 0.2;
  auto host = code(96, 16, 64);
  EXPECT_EQ(1, threadsFor(step, planStep(300, 300, host), 8));     // 18 us
  EXPECT_EQ(2, threadsFor(step, planStep(400, 400, host), 8));     // 32 us
  EXPECT_EQ(8, threadsFor(step, planStep(10000, 10000, host), 8)); // 20 ms
  EXPECT_EQ(1, threadsFor(step, planStep(10000, 10000, host), 1));
  EXPECT_EQ(1, threadsFor(step, planStep(90, 100000, code(96, 16, 1 << 20)),
                          8)); // one task
  EXPECT_EQ(3, threadsFor(step, planStep(270, 900000, code(96, 16, 1 << 20)),
                          8)); // three tasks
  EXPECT_EQ(availableCores(),
            threadsFor(step, planStep(100000, 100000, host), 0));
  EXPECT_EQ(1024, threadsFor(step, planStep(200000, 100000, host), 1 << 20));
  step.pair_ns = std::numeric_limits<double>::infinity();
  EXPECT_EQ(8, threadsFor(step, planStep(10000, 10000, host), 8));
  step.pair_ns = 0;
  EXPECT_EQ(1, threadsFor(step, planStep(10000, 10000, host), 8));
}

TEST(Cores, ControlGroupTextsAreRead) {
  EXPECT_EQ(0, coresOfCpuMax("max 100000\n"));
  EXPECT_EQ(2, coresOfCpuMax("200000 100000\n"));
  EXPECT_EQ(2, coresOfCpuMax("150000 100000\n"));
  EXPECT_EQ(1, coresOfCpuMax("1000 100000\n"));
  EXPECT_EQ(0, coresOfCpuMax("-1 100000\n"));
  EXPECT_EQ(0, coresOfCpuMax("5 0\n"));
  EXPECT_EQ(0, coresOfCpuMax("9223372036854775807 1\n"));
  EXPECT_EQ(0, coresOfCpuMax(""));
}

TEST(Cores, AffinityIsRespected) {
  int before = availableCores();
  EXPECT_GE(before, 1);
  cpu_set_t old, one;
  ASSERT_EQ(0, sched_getaffinity(0, sizeof(old), &old));
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &old)) {
      CPU_SET(cpu, &one);
      break;
    }
  ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
  EXPECT_EQ(1, availableCores());
  ASSERT_EQ(0, sched_setaffinity(0, sizeof(old), &old));
  EXPECT_EQ(before, availableCores());
}

} // namespace
