//===- Report.h - what was measured on a GPU --------------------*- C++ -*-===//

#ifndef KEOPS_BENCH_GPU_REPORT_H
#define KEOPS_BENCH_GPU_REPORT_H

#include "bench/table/Arrays.h"

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace keops::bench {

/// Seconds of a call, in a row of many on one stream.
struct GpuRow {
  std::string name;
  Sizes sizes;
  double bound = 0; // seconds that the pipes need at least
  double ours = 0;
  double alone = 0; // one call, and the wait for it
  std::optional<double> rival, peer;
};

struct GpuResults {
  std::string machine, date;
  int multiprocessors = 0;
  double clockGHz = 0;
  bool isEmulated = false;
  std::vector<GpuRow> rows;
  /// What was not measured, and why.
  std::vector<std::string> missing;
};

void printHead(std::ostream &out, const GpuResults &results);
void printRow(std::ostream &out, const GpuRow &row);
void printMissing(std::ostream &out, const GpuResults &results);
void writeJson(std::ostream &out, const GpuResults &results);

} // namespace keops::bench

#endif // KEOPS_BENCH_GPU_REPORT_H
