//===- Contest.h - one workload of one size on a GPU ------------*- C++ -*-===//

#ifndef KEOPS_BENCH_GPU_CONTEST_H
#define KEOPS_BENCH_GPU_CONTEST_H

#include "bench/gpu/Report.h"
#include "bench/gpu/Rivals.h"
#include "bench/table/Kernel.h"

#include <functional>
#include <memory>

namespace keops::bench {

/// The compiled kernel and the hand-written one, on the same tables in the
/// memory of the GPU.
class Contest {
public:
  Contest(Gpu &gpu, const Match &match, Sizes sizes);
  /// The hand-written kernel, from a module that has it.
  void add(cuda::Module module);

  /// Are the results those of the CPU, or, where that would take long, equal to
  /// each other? Says what is not.
  bool check(llvm::raw_ostream &out);

  Times timesOfOurs(double seconds);
  Times timesOfRival(double seconds);

private:
  void runOurs();
  void runRival();
  Times measure(double seconds, const std::function<void()> &call);
  bool isClose(llvm::raw_ostream &out, const char *who, const char *whom);
  void download(Array &to);

  Gpu &gpu;
  const Match &match;
  const Sizes sizes;
  Kernel kernel;
  std::vector<std::unique_ptr<Memory>> tables;
  std::vector<const void *> inputs;
  cuda::Address ofRival[5] = {};
  std::unique_ptr<Memory> result;
  int64_t resultBytes = 0;
  std::unique_ptr<RivalRun> run;
};

} // namespace keops::bench

#endif // KEOPS_BENCH_GPU_CONTEST_H
