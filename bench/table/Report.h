//===- Report.h - what was measured, for people and programs ----*- C++ -*-===//

#ifndef KEOPS_BENCH_TABLE_REPORT_H
#define KEOPS_BENCH_TABLE_REPORT_H

#include "bench/table/Arrays.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>
#include <vector>

namespace keops::bench {

/// A workload on one core, in ns per pair.
struct Row {
  std::string name;
  Sizes sizes;
  double ours = 0;
  std::optional<double> floor, peer;
  double goal = 0; // times the floor
};

/// A Gaussian of one size: seconds on one core and on all.
struct SizePoint {
  Sizes sizes;
  double alone = 0, together = 0;
};

struct Results {
  std::string machine, date;
  int cores = 1;
  std::vector<Row> rows;
  std::vector<SizePoint> sweep;
};

/// The processor, as the operating system calls it.
std::string machineName();

void printHead(llvm::raw_ostream &out, const Results &results);
void printRow(llvm::raw_ostream &out, const Row &row);
void printSweep(llvm::raw_ostream &out, const Results &results);
void writeJson(llvm::raw_ostream &out, const Results &results);
/// Bars: times the floor, one for us and one for g++.
void writeSvg(llvm::raw_ostream &out, const Results &results);

} // namespace keops::bench

#endif // KEOPS_BENCH_TABLE_REPORT_H
