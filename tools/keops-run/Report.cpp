//===- Report.cpp - what keops-run prints ---------------------------------===//

#include "tools/keops-run/Report.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Threading.h"
#include <chrono>
#include <sys/resource.h>

using namespace llvm;

namespace keops::run {

//===----------------------------------------------------------------------===//
// Times
//===----------------------------------------------------------------------===//

Expected<Times> timeRuns(const Kernel &kernel, const Problem &problem,
                         const keops_call &call, int64_t runs) {
  using Clock = std::chrono::steady_clock;
  if (Error failed = kernel.launch(problem, call))
    return std::move(failed);
  std::vector<double> milliseconds;
  for (int64_t run = 0; run < runs; ++run) {
    Clock::time_point start = Clock::now();
    if (Error failed = kernel.launch(problem, call))
      return std::move(failed);
    std::chrono::duration<double, std::milli> passed = Clock::now() - start;
    milliseconds.push_back(passed.count());
  }
  llvm::sort(milliseconds);
  size_t middle = milliseconds.size() / 2;
  double median = milliseconds.size() % 2
                      ? milliseconds[middle]
                      : (milliseconds[middle - 1] + milliseconds[middle]) / 2;
  return Times{median, milliseconds.front()};
}

/// The most memory that this process has held.
static double peakMegabytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024.0; // kilobytes on Linux
}

/// A number with few digits, which is what people read.
static void writeNumber(json::OStream &json, StringRef name, const char *form,
                        double value) {
  json.attributeBegin(name);
  json.rawValue([&](raw_ostream &os) { os << format(form, value); });
  json.attributeEnd();
}

void printTimes(raw_ostream &os, const Kernel &kernel, const Problem &problem,
                const keops_call &call, const Times &times) {
  double pairs = double(problem.size.M) * double(problem.size.N);
  unsigned threads = call.threads
                         ? call.threads
                         : hardware_concurrency().compute_thread_count();
  json::OStream json(os);
  json.object([&] {
    json.attribute("kernel", kernel.getSignature().name);
    json.attribute("backend", call.backend == KEOPS_BACKEND_GPU   ? "gpu"
                              : call.backend == KEOPS_BACKEND_CPU ? "cpu"
                                                                  : "auto");
    json.attribute("threads", threads);
    json.attribute("M", problem.size.M);
    json.attribute("N", problem.size.N);
    writeNumber(json, "compile_ms", "%.3f", kernel.getCompileMilliseconds());
    json.attributeObject("stages_ms", [&] {
      for (const StageTime &time : kernel.getStages())
        writeNumber(json, time.name, "%.3f", time.milliseconds);
    });
    writeNumber(json, "median_ms", "%.6g", times.median);
    writeNumber(json, "min_ms", "%.6g", times.least);
    writeNumber(json, "ns_per_pair", "%.4g",
                pairs ? times.median * 1e6 / pairs : 0.0);
    writeNumber(json, "peak_rss_mb", "%.1f", peakMegabytes());
  });
  os << "\n";
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

static void printNumber(raw_ostream &os, Scalar scalar, const void *table,
                        int64_t index) {
  if (scalar == Scalar::Int64)
    os << static_cast<const int64_t *>(table)[index];
  else if (scalar == Scalar::Float32)
    os << format("%.5g", double(static_cast<const float *>(table)[index]));
  else
    os << format("%.9g", static_cast<const double *>(table)[index]);
}

void printSummary(raw_ostream &os, const KernelSignature &kernel,
                  const Problem &problem) {
  constexpr int64_t manyRows = 4, manyNumbers = 6;
  for (auto [output, table] : zip_equal(kernel.outputs, problem.outputs)) {
    int64_t rows = problem.size.rowsAlong(output.axis);
    os << kernel.name << ": " << output.name << " is " << rows << " x "
       << output.dim << ", " << nameOf(scalarOf(output)) << "\n";
    for (int64_t row = 0; row < std::min(rows, manyRows); ++row) {
      os << "  ";
      for (int64_t c = 0; c < std::min(output.dim, manyNumbers); ++c) {
        os << (c ? " " : "");
        printNumber(os, scalarOf(output), table, row * output.dim + c);
      }
      os << (output.dim > manyNumbers ? " ...\n" : "\n");
    }
    if (rows > manyRows)
      os << "  ...\n";
  }
}

void printCheck(raw_ostream &os, const KernelSignature &kernel,
                const Problem &problem, const CheckResult &result) {
  os << kernel.name << ", M = " << problem.size.M << ", N = " << problem.size.N
     << ": ";
  if (result.rows == 0)
    os << "no rows to compare\n";
  else
    os << "largest relative error " << format("%.2e", result.error)
       << " in row " << result.row << ", " << result.rows
       << (result.rows == 1 ? " row" : " rows") << " compared, tolerance "
       << format("%.0e", result.tolerance) << "\n";
}

} // namespace keops::run
