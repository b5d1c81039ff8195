//===- Calibration.cpp - what estimates take for true, measured -----------===//
//
// Cycles are time on the clock that the driver tells. One block of threads has
// one multiprocessor for itself, which then runs at that clock.
//
//===----------------------------------------------------------------------===//

#include "bench/gpu/Calibration.h"
#include "bench/gpu/MicroKernels.h"
#include "compiler/Conversion/GPU/Units.h"
#include "runtime/DeviceSpeed.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace keops::bench {

/// The least that one of `count` calls takes, in seconds, of several turns.
static double leastSeconds(Gpu &gpu, int turns, int64_t count,
                           const std::function<void()> &call) {
  double least = HUGE_VAL;
  for (int turn = 0; turn < turns; ++turn) {
    double begin = now();
    for (int64_t n = 0; n < count; ++n)
      call();
    gpu.wait();
    least = std::min(least, (now() - begin) / double(count));
  }
  return least;
}

/// Loops are made so long that the time of their start does not count.
static double secondsPerTurn(Gpu &gpu, const MicroKernel &kernel,
                             bool isQuick) {
  cuda::Function function =
      gpu.function(gpu.load(textOf(kernel), kernel.what), kernel.name);
  Memory results(gpu, 4 * kernel.threads());
  cuda::Address address = results.at();
  uint32_t turns = isQuick ? 2 : 1024;
  auto run = [&] {
    gpu.launch(function, 1, 1, kernel.threads(), {&address, &turns});
  };
  constexpr double longEnough = 0.01;
  double seconds = leastSeconds(gpu, isQuick ? 1 : 3, 1, run);
  while (!isQuick && seconds < longEnough && turns < 1u << 30) {
    turns *= 4;
    seconds = leastSeconds(gpu, 3, 1, run);
  }
  return seconds / turns;
}

static void calibrateUnits(Gpu &gpu, bool isQuick,
                           std::vector<Calibrated> &lines) {
  for (const MicroKernel &kernel : microKernels()) {
    if (kernel.needsTensor && !device::isTensorArch(gpu.arch))
      continue;
    double cycles = secondsPerTurn(gpu, kernel, isQuick) * gpu.clockGHz * 1e9;
    // Of one quarter of the multiprocessor.
    double warps = kernel.isChain ? 1 : kernel.threads() / 32 / 4;
    lines.push_back({kernel.what, "cycles", kernel.constant, kernel.assumed,
                     cycles / kernel.perTurn() / warps});
  }
}

static void calibrateCalls(Gpu &gpu, bool isQuick,
                           std::vector<Calibrated> &lines) {
  int turns = isQuick ? 1 : 5;
  double begin = now();
  cuda::Function nothing =
      gpu.function(gpu.load(textOfNothing(), "an empty kernel"), "nothing");
  gpu.launch(nothing, 1, 1, 32, {});
  gpu.wait();
  double start = gpu.startSeconds + now() - begin;
  double launch = leastSeconds(gpu, turns, isQuick ? 2 : 10000,
                               [&] { gpu.launch(nothing, 1, 1, 32, {}); });
  int64_t bytes = int64_t(isQuick ? 1 : 256) << 20;
  std::vector<char> ofHost(static_cast<size_t>(bytes), 1);
  Memory memory(gpu, bytes);
  auto copy = [&](int64_t count) {
    gpu.upload(memory.at(), ofHost.data(), count);
  };
  double small =
      leastSeconds(gpu, turns, isQuick ? 2 : 1000, [&] { copy(64); });
  double large = leastSeconds(gpu, turns, 1, [&] { copy(bytes); });
  lines.insert(lines.end(),
               {{"start of driver, context and module", "ns",
                 "startNanoseconds", rt::startNanoseconds, start * 1e9},
                {"launch, one of many in a row", "ns", "kernelNanoseconds",
                 rt::kernelNanoseconds, launch * 1e9},
                {"copy of a few bytes, with its wait", "ns", "copyNanoseconds",
                 rt::copyNanoseconds, small * 1e9},
                {"copy of many bytes", "bytes/ns", "copiedBytesPerNanosecond",
                 rt::copiedBytesPerNanosecond, double(bytes) / large * 1e-9}});
}

std::vector<Calibrated> calibrate(Gpu &gpu, bool isQuick) {
  std::vector<Calibrated> lines;
  calibrateUnits(gpu, isQuick, lines);
  calibrateCalls(gpu, isQuick, lines);
  return lines;
}

} // namespace keops::bench
