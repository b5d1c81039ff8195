//===- Report.h - what was measured on a GPU --------------------*- C++ -*-===//

#ifndef KEOPS_BENCH_GPU_REPORT_H
#define KEOPS_BENCH_GPU_REPORT_H

#include "bench/gpu/Calibration.h"
#include "bench/table/Arrays.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>
#include <vector>

namespace keops::bench {

/// Seconds of a call.
struct Times {
  double inARow = 0; // of many on one stream
  double alone = 0;  // with the wait for it
};

struct GpuRow {
  std::string name;
  Sizes sizes;
  double bound = 0; // seconds that the units need at least
  Times ours;
  std::optional<Times> rival, peer;
};

struct GpuResults {
  std::string machine, date;
  int multiprocessors = 0;
  double clockGHz = 0;
  bool isEmulated = false;
  std::vector<GpuRow> rows;
  std::vector<Calibrated> calibration;
  /// What was not measured, and why.
  std::vector<std::string> missing;
};

/// Tables are Markdown, so that pages can show them as they are printed.
void printHead(llvm::raw_ostream &out, const GpuResults &results);
/// In pairs per second.
void printRatesHead(llvm::raw_ostream &out);
void printRates(llvm::raw_ostream &out, const GpuRow &row);
/// Calls with few rows, in microseconds.
void printCalls(llvm::raw_ostream &out, const GpuResults &results);
void printCalibration(llvm::raw_ostream &out, const GpuResults &results);
void printMissing(llvm::raw_ostream &out, const GpuResults &results);
void writeJson(llvm::raw_ostream &out, const GpuResults &results);

} // namespace keops::bench

#endif // KEOPS_BENCH_GPU_REPORT_H
