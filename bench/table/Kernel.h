//===- Kernel.h - a workload as a compiled kernel with data -----*- C++ -*-===//

#ifndef KEOPS_BENCH_TABLE_KERNEL_H
#define KEOPS_BENCH_TABLE_KERNEL_H

#include "bench/table/Workloads.h"
#include "keops/compiler.h"

namespace keops::bench {

/// Compiles a workload, with options of the compiler, and holds tables for it.
/// Throws what the compiler says.
class Kernel {
public:
  Kernel(const Workload &workload, Sizes sizes,
         const std::vector<const char *> &options = {});
  ~Kernel() { keops_kernel_free(handle); }
  Kernel(const Kernel &) = delete;
  Kernel &operator=(const Kernel &) = delete;

  /// Runs what was compiled, on so many threads (0: one for each core).
  void run(int threads);
  /// Runs another program on the same tables.
  void run(const Program &program) { program(tables, sizes, other.data()); }

  // For those who launch it elsewhere.
  keops_kernel *compiled() const { return handle; }
  const Tables &arrays() const { return tables; }
  /// Bytes of an input or of the result.
  int64_t bytesOf(const keops_parameter &parameter) const;
  Array &ownResult() { return result; }
  Array &otherResult() { return other; }

  /// How far the result of the last other program is from ours, relative to
  /// the greatest number; for row numbers, by their distances.
  double difference() const;

private:
  void fill(const keops_parameter &parameter, const Workload &workload);
  double squaredDistance(int64_t row, int64_t column) const;

  Sizes sizes;
  Tables tables;
  keops_kernel *handle = nullptr;
  std::vector<const void *> inputs;
  Array result, other;
  int64_t count = 0; // numbers in the result
  int32_t dtype = 0; // of the result
  int64_t dim = 0;   // of X
};

} // namespace keops::bench

#endif // KEOPS_BENCH_TABLE_KERNEL_H
