//===- Contest.cpp - one workload of one size on a GPU --------------------===//

#include "bench/gpu/Contest.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace keops::bench {

/// As many pairs take some seconds on a core, or some more in high dimensions.
constexpr double quickPairs = 1e9;

Contest::Contest(Gpu &gpu, const Match &match, Sizes sizes)
    : gpu(gpu), match(match), sizes(sizes),
      kernel(match.workload, sizes, {"--target=cpu,cuda"}) {
  for (int64_t k = 0;
       auto *parameter = keops_kernel_input(kernel.compiled(), k); ++k) {
    int64_t bytes = kernel.bytesOf(*parameter);
    tables.push_back(std::make_unique<Memory>(gpu, bytes));
    gpu.upload(tables.back()->at(), kernel.arrays().get(parameter->name),
               bytes);
    inputs.push_back(reinterpret_cast<const void *>(tables.back()->at()));
    for (int t = 0; t < 5; ++t)
      if (std::string(match.rival.tables[t]) == parameter->name)
        ofRival[t] = tables.back()->at();
  }
  resultBytes = kernel.bytesOf(*keops_kernel_output(kernel.compiled(), 0));
  result = std::make_unique<Memory>(gpu, resultBytes);
}

void Contest::add(cuda::Module module) {
  run = std::make_unique<RivalRun>(gpu, module, match, sizes);
}

void Contest::runOurs() {
  keops_call call = KEOPS_CALL_DEFAULTS;
  call.backend = KEOPS_BACKEND_GPU;
  void *outputs[] = {reinterpret_cast<void *>(result->at())};
  if (keops_kernel_run(kernel.compiled(), &call, sizes.rows, sizes.columns,
                       inputs.data(), outputs) != KEOPS_OK)
    throw std::runtime_error(keops_compiler_last_error());
}

void Contest::runRival() { run->launch(ofRival, result->at()); }

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void Contest::download(Array &to) {
  gpu.download(to.data(), result->at(), resultBytes);
}

bool Contest::isClose(llvm::raw_ostream &out, const char *who,
                      const char *whom) {
  double difference = kernel.difference();
  if (difference <= match.workload.tolerance)
    return true;
  out << match.name() << ", " << sizes.rows << " x " << sizes.columns
      << ": the result of " << who << " differs from that of " << whom << " by "
      << difference << ", more than " << match.workload.tolerance << "\n";
  return false;
}

bool Contest::check(llvm::raw_ostream &out) {
  bool isGood = true;
  bool isQuick = sizes.pairs() <= quickPairs;
  const char *judge = isQuick ? "the CPU" : "the compiled kernel";
  runOurs();
  if (isQuick) {
    kernel.run(/*threads=*/0);
    download(kernel.otherResult());
    isGood &= isClose(out, "the compiled kernel", judge);
  } else {
    download(kernel.ownResult());
  }
  if (!run)
    return isGood;
  runRival();
  download(kernel.otherResult());
  return isClose(out, "the hand-written kernel", judge) && isGood;
}

//===----------------------------------------------------------------------===//
// Times
//===----------------------------------------------------------------------===//

/// Rows of calls, longer each until one has lasted a tenth of the time; then
/// more of that length until the time is over.
static double leastSeconds(Gpu &gpu, double seconds,
                           const std::function<void()> &call) {
  double least = HUGE_VAL, start = now();
  for (int64_t count = 1;;) {
    double begin = now();
    for (int64_t n = 0; n < count; ++n)
      call();
    gpu.wait();
    double end = now();
    least = std::min(least, (end - begin) / double(count));
    if (end - start >= seconds)
      return least;
    if (end - begin < seconds / 10)
      count *= 2;
  }
}

Times Contest::measure(double seconds, const std::function<void()> &call) {
  return {leastSeconds(gpu, seconds, call), leastSeconds(gpu, seconds, [&] {
            call();
            gpu.wait();
          })};
}

Times Contest::timesOfOurs(double seconds) {
  return measure(seconds, [this] { runOurs(); });
}

Times Contest::timesOfRival(double seconds) {
  return measure(seconds, [this] { runRival(); });
}

} // namespace keops::bench
