//===- MicroKernels.h - kernels of one instruction --------------*- C++ -*-===//

#ifndef KEOPS_BENCH_GPU_MICROKERNELS_H
#define KEOPS_BENCH_GPU_MICROKERNELS_H

#include <string>
#include <vector>

namespace keops::bench {

/// A loop of one instruction. One block of threads runs it: of 32 warps, to see
/// how often a multiprocessor can start one, or of a single warp, in which each
/// waits for the one before.
struct MicroKernel {
  const char *what;
  const char *constant; // in compiler/Conversion/GPU/Units.h
  double assumed;       // cycles of a quarter of a multiprocessor
  bool isChain;         // each waits for the one before
  bool needsTensor;     // bfloat16 on tensor cores
  const char *name;     // of the kernel
  /// As PTX: @ is the number of the chain, ^ that of the next, # the place of
  /// the step from %at or %own, in bytes.
  const char *step;
  int stride = 0; // from one place to the next

  int chains() const { return isChain ? 1 : 8; }
  int perTurn() const { return 16; }
  int threads() const { return isChain ? 32 : 1024; }
};

const std::vector<MicroKernel> &microKernels();

/// As a module of PTX. Each kernel is NAME(results, turns), with a number of
/// 4 bytes for each thread as result.
std::string textOf(const MicroKernel &kernel);
/// A kernel `nothing` without parameters.
std::string textOfNothing();

} // namespace keops::bench

#endif // KEOPS_BENCH_GPU_MICROKERNELS_H
