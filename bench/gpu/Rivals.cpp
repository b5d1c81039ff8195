//===- Rivals.cpp - hand-written kernels of a workload on a GPU -----------===//

#include "bench/gpu/Rivals.h"

#include <algorithm>

namespace keops::bench {

/// kThreads of sweep.cuh.
constexpr int threads = 128;

/// Fewer columns do not pay for the start of a block.
constexpr int64_t leastChunk = 256;

static int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

RivalRun::RivalRun(Gpu &gpu, cuda::Module module, const Match &match,
                   Sizes sizes)
    : gpu(gpu), rival(match.rival), sizes(sizes),
      sweep(gpu.function(module, std::string(rival.kernel) + "_sweep")),
      finish(gpu.function(module, std::string(rival.kernel) + "_finish")) {
  // Four rounds of blocks, so that the last, which is not full, costs little.
  int64_t wanted = 4 * gpu.blocksAtOnce(sweep, threads);
  int64_t tiles = divideUp(sizes.rows, int64_t(threads) * rival.rowsPerThread);
  int64_t most = std::max<int64_t>(1, sizes.columns / leastChunk);
  int64_t cut = std::clamp<int64_t>(divideUp(wanted, tiles), 1, most);
  chunk = divideUp(divideUp(sizes.columns, cut), threads) * threads;
  chunks = divideUp(sizes.columns, chunk);
  states.emplace(gpu, chunks * sizes.rows * rival.stateNumbers *
                          (match.workload.isDouble ? 8 : 4));
}

void RivalRun::launch(const cuda::Address (&tables)[5], cuda::Address result) {
  cuda::Address g = tables[0], x = tables[1], y = tables[2], b = tables[3],
                e = tables[4];
  cuda::Address memory = states->at();
  int64_t rows = sizes.rows, columns = sizes.columns;
  gpu.launch(sweep, divideUp(rows, int64_t(threads) * rival.rowsPerThread),
             chunks, threads,
             {&rows, &columns, &chunk, &memory, &g, &x, &y, &b, &e});
  gpu.launch(finish, divideUp(rows, threads), 1, threads,
             {&rows, &chunks, &memory, &result, &g, &e});
}

} // namespace keops::bench
