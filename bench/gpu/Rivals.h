//===- Rivals.h - hand-written kernels of a workload on a GPU ---*- C++ -*-===//

#ifndef KEOPS_BENCH_GPU_RIVALS_H
#define KEOPS_BENCH_GPU_RIVALS_H

#include "bench/gpu/Gpu.h"
#include "bench/table/Workloads.h"

#include <optional>

namespace keops::bench {

/// A pair of kernels in kernels.cu.
struct Rival {
  const char *kernel = nullptr; // none
  int rowsPerThread = 1;        // kRows there
  int stateNumbers = 1;         // kState there
  /// Names of the tables that the kernels call g, x, y, b and e.
  const char *tables[5] = {"G", "X", "Y", "B", ""};
};

/// A workload with the least that a quarter of a multiprocessor needs for 32
/// pairs, in cycles, by the unit that binds: one instruction is issued in a
/// cycle, special functions take eight; tensor cores, where there are fast
/// ones, multiply 512 numbers of 8 bits in a cycle.
struct Match {
  Workload workload;
  double boundCycles;
  Rival rival = {};
  /// Of dot products on tensor cores.
  std::optional<double> tensorCycles = std::nullopt;

  /// `arch` is 90 for sm_90.
  double cyclesOn(int arch) const;
  /// Without a size.
  std::string name() const;
};

std::vector<Match> matches();

/// Its kernels, and memory for their states.
class RivalRun {
public:
  RivalRun(Gpu &gpu, cuda::Module module, const Match &match, Sizes sizes);
  /// Tables g, x, y, b and e, 0 for those that are not there.
  void launch(const cuda::Address (&tables)[5], cuda::Address result);

private:
  Gpu &gpu;
  const Rival &rival;
  const Sizes sizes;
  cuda::Function sweep, finish;
  int64_t chunk = 0, chunks = 1;
  std::optional<Memory> states;
};

} // namespace keops::bench

#endif // KEOPS_BENCH_GPU_RIVALS_H
