//===- Plan.cpp - tiles and chunks cover everything, once -----------------===//

#include "runtime/Plan.h"
#include "runtime/Cores.h"
#include "runtime/Host.h"
#include "runtime/Ranges.h"
#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <limits>
#include <pthread.h>
#include <sched.h>
#include <utility>
#include <vector>

using namespace keops::rt;

namespace {

void sweep(void *const *, int64_t, int64_t, const keops_span *, int64_t,
           int64_t, void *, void *) {}

keops_host_code code(int64_t maxRows, int64_t rowQuantum, int64_t colQuantum) {
  keops_host_code code = {};
  code.max_rows = maxRows;
  code.row_quantum = rowQuantum;
  code.col_quantum = colQuantum;
  code.sweep = sweep;
  return code;
}

Plan planStep(int64_t rows, int64_t cols, const keops_host_code &code) {
  Plan plan;
  EXPECT_TRUE(plan.cutAll(rows, cols, code));
  return plan;
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
  EXPECT_EQ(8, planStep(2000, 2000, code(960, 16, 512)).tasks);
  // Not into pieces that do not pay,
  EXPECT_EQ(1, planStep(256, 2000, code(960, 16, 512)).tiles);
  // and not if columns or rows are enough.
  EXPECT_EQ(11, planStep(10000, 10000, code(960, 16, 512)).tiles);
  EXPECT_EQ(105, planStep(100000, 10, code(960, 16, 512)).tiles);
}

TEST(Plan, FewRowsCutTheColumns) {
  Plan plan = planStep(100, 1000000, code(960, 16, 512));
  EXPECT_EQ(1, plan.tiles);
  EXPECT_GE(plan.tasks, wantedTasks / 2);
  EXPECT_LE(plan.tasks, wantedTasks);
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
  EXPECT_EQ(0, planStep(0, 10, code(960, 16, 512)).tasks);
  keops_host_code noSweep = code(960, 16, 512);
  noSweep.sweep = nullptr;
  Plan plan = planStep(2000, 1000000, noSweep);
  EXPECT_EQ(0, plan.chunks);
  EXPECT_EQ(3, plan.tasks);
}

TEST(Plan, LargestSizesDoNotOverflow) {
  const int64_t most = int64_t(1) << 44;
  Plan plan = planStep(most, most, code(1, 1, 1));
  EXPECT_EQ(most, plan.tiles);
  EXPECT_EQ(most << 14, plan.tasks);
  Task last = plan.task(plan.tasks - 1);
  EXPECT_EQ(most, last.rowEnd);
  EXPECT_EQ(most, last.spans[0].end);
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

struct Ranges {
  std::vector<int64_t> rows, slices, cols;
  RangesView view() const {
    return {int64_t(slices.size()), rows.data(), slices.data(), cols.data()};
  }
  void add(int64_t begin, int64_t end,
           const std::vector<std::pair<int64_t, int64_t>> &spans) {
    rows.insert(rows.end(), {begin, end});
    for (auto [first, last] : spans)
      cols.insert(cols.end(), {first, last});
    slices.push_back(int64_t(cols.size()) / 2);
  }
};

/// Follows the tasks in order: rows are covered once and in order, and the
/// columns of each tile are those of its block, in the order of its intervals.
void expectCovers(const Plan &plan, const Ranges &ranges, int64_t rows,
                  const keops_host_code &host) {
  int64_t row = 0, chunk = 0;
  std::vector<std::pair<int64_t, int64_t>> spans;
  for (int64_t n = 0; n < plan.tasks; ++n) {
    Task task = plan.task(n);
    ASSERT_EQ(row, task.rowBegin);
    ASSERT_LE(task.rowEnd - task.rowBegin, host.max_rows);
    ASSERT_EQ(chunk, task.chunk);
    ASSERT_EQ(task.base, task.bases[task.chunk]);
    for (int64_t s = 0; s < task.spanCount; ++s) {
      auto [begin, end] = task.spans[s];
      ASSERT_LT(begin, end);
      ASSERT_GE(begin, task.base);
      ASSERT_LE(end - task.base, maxChunkCols);
      if (!spans.empty() && spans.back().second == begin)
        spans.back().second = end;
      else
        spans.push_back({begin, end});
    }
    if (++chunk < task.chunks)
      continue;
    std::vector<std::pair<int64_t, int64_t>> expected;
    for (size_t b = 0; b < ranges.slices.size(); ++b) {
      if (ranges.rows[2 * b] > task.rowBegin ||
          ranges.rows[2 * b + 1] <= task.rowBegin)
        continue;
      ASSERT_LE(task.rowEnd, ranges.rows[2 * b + 1]);
      for (int64_t k = b ? ranges.slices[b - 1] : 0; k < ranges.slices[b];
           ++k) {
        auto span = std::make_pair(ranges.cols[2 * size_t(k)],
                                   ranges.cols[2 * size_t(k) + 1]);
        if (span.first == span.second)
          continue;
        if (!expected.empty() && expected.back().second == span.first)
          expected.back().second = span.second;
        else
          expected.push_back(span);
      }
    }
    ASSERT_EQ(expected, spans);
    row = task.rowEnd;
    chunk = 0;
    spans.clear();
  }
  EXPECT_EQ(rows, row);
}

TEST(Plan, RangesCoverTheirPairsOnce) {
  Ranges gaps; // rows 0-9 and 5000-5999 in no block; one empty
  gaps.add(3000, 5000, {{0, 10}, {10, 20}, {700, 700}, {100, 90000}});
  gaps.add(10, 3000, {{80000, 100000}, {5, 6}});
  gaps.add(6000, 6001, {});
  Ranges one;
  one.add(0, 3, {{0, int64_t(1) << 33}});
  Ranges many;
  for (int64_t k = 0; k < 500; ++k)
    many.add(7 * k, 7 * k + 7, {{k, k + 3}, {1000 - k, 1001}});
  for (auto host :
       {code(960, 16, 512), code(96, 16, 1), code(1, 1, 1), code(7, 16, 3)})
    for (int64_t elements : {1, 50})
      for (auto [ranges, rows] :
           {std::make_pair(&gaps, 6001), {&one, 3}, {&many, 3500}}) {
        Plan plan;
        ASSERT_TRUE(plan.cutRanges(ranges->view(), rows, host, elements));
        expectCovers(plan, *ranges, rows, host);
      }
}

TEST(Plan, RowsInNoBlockMeetNothing) {
  Plan nothing, none;
  EXPECT_TRUE(nothing.cutRanges(Ranges().view(), 0, code(960, 16, 512)));
  EXPECT_EQ(0, nothing.tasks);
  EXPECT_TRUE(none.cutRanges(Ranges().view(), 2000, code(960, 16, 512)));
  for (int64_t n = 0; n < none.tasks; ++n) {
    EXPECT_EQ(1, none.task(n).chunks);
    EXPECT_EQ(0, none.task(n).spanCount);
  }
}

TEST(Plan, OneBlockWithMuchToDoIsCut) {
  Ranges ranges;
  ranges.add(0, 100, {{0, 1000000}});
  ranges.add(100, 10000, {{0, 10}});
  Plan plan;
  ASSERT_TRUE(plan.cutRanges(ranges.view(), 10000, code(960, 16, 512)));
  EXPECT_GE(plan.task(0).chunks, wantedTasks / 2);
  EXPECT_EQ(1, plan.task(plan.tasks - 1).chunks);
}

TEST(Threads, SmallWorkStaysOnTheCaller) {
  keops_step step = {};
  step.pair_ns = 0.2;
  auto host = code(96, 16, 64);
  EXPECT_EQ(1, threadsFor(step, planStep(300, 300, host), 1, 8));     // 18 us
  EXPECT_EQ(2, threadsFor(step, planStep(400, 400, host), 1, 8));     // 32 us
  EXPECT_EQ(8, threadsFor(step, planStep(10000, 10000, host), 1, 8)); // 20 ms
  EXPECT_EQ(1, threadsFor(step, planStep(10000, 10000, host), 1, 1));
  EXPECT_EQ(1, threadsFor(step, planStep(90, 100000, code(96, 16, 1 << 20)), 1,
                          8)); // one task
  EXPECT_EQ(3, threadsFor(step, planStep(270, 900000, code(96, 16, 1 << 20)), 1,
                          8)); // three tasks
  EXPECT_EQ(availableCores(),
            threadsFor(step, planStep(100000, 100000, host), 1, 0));
  EXPECT_EQ(1024, threadsFor(step, planStep(200000, 100000, host), 1, 1 << 20));
  step.pair_ns = std::numeric_limits<double>::infinity();
  EXPECT_EQ(8, threadsFor(step, planStep(10000, 10000, host), 1, 8));
  step.pair_ns = 0;
  EXPECT_EQ(1, threadsFor(step, planStep(10000, 10000, host), 1, 8));
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
