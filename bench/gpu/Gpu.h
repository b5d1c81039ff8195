//===- Gpu.h - the first GPU, through its driver ----------------*- C++ -*-===//
//
// As much of the driver as hand-written kernels need. What fails is thrown,
// with the driver's name for it.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_BENCH_GPU_GPU_H
#define KEOPS_BENCH_GPU_GPU_H

#include "runtime/Driver.h"

#include <string>
#include <vector>

namespace keops::bench {

namespace cuda = rt::cuda;

/// In seconds.
double now();

class Gpu {
public:
  Gpu();
  ~Gpu();
  Gpu(const Gpu &) = delete;
  Gpu &operator=(const Gpu &) = delete;

  std::string name;
  int multiprocessors = 0;
  double clockGHz = 0;
  int arch = 0;            // 90 for sm_90
  double startSeconds = 0; // that its start took

  /// `what` it is, for those who read what went wrong.
  cuda::Module load(const std::string &text, const std::string &what);
  cuda::Function function(cuda::Module module, const std::string &name);
  /// Blocks of so many threads that run at once.
  int64_t blocksAtOnce(cuda::Function function, int threads);
  void launch(cuda::Function function, int64_t gridX, int64_t gridY,
              int threads, const std::vector<void *> &parameters);
  void wait();

  /// Memory that is there as long as this.
  cuda::Address allocate(int64_t bytes);
  void release(cuda::Address address);
  void upload(cuda::Address to, const void *from, int64_t bytes);
  void download(void *to, cuda::Address from, int64_t bytes);

private:
  void check(cuda::Result result, const char *doing);
  rt::Driver driver;
  cuda::Device device = 0;
};

/// Memory of the GPU.
class Memory {
public:
  Memory(Gpu &gpu, int64_t bytes) : gpu(gpu), address(gpu.allocate(bytes)) {}
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;
  ~Memory() { gpu.release(address); }
  cuda::Address at() const { return address; }

private:
  Gpu &gpu;
  const cuda::Address address;
};

} // namespace keops::bench

#endif // KEOPS_BENCH_GPU_GPU_H
