//===- Report.cpp - what was measured on a GPU, as tables and JSON --------===//

#include "bench/gpu/Report.h"
#include "bench/table/Output.h"

namespace keops::bench {

/// Calls with so few rows are mostly launches.
constexpr int64_t fewRows = 1000;

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

void printHead(llvm::raw_ostream &out, const GpuResults &results) {
  out << results.machine << ", "
      << format("%d multiprocessors, %.2f GHz, ", results.multiprocessors,
                results.clockGHz)
      << results.date << ".\n";
  if (results.isEmulated)
    out << "An emulator plays the GPU: times mean nothing.\n";
}

void printRatesHead(llvm::raw_ostream &out) {
  out << "\n10^12 pairs per second, in many calls on one stream; \"part\" is "
         "of "
         "the bound.\n\n"
         "| workload | rows x columns | keopsc | part | by hand | keopsc / by "
         "hand | PyKeOps | keopsc / PyKeOps |\n"
         "|---|---|---|---|---|---|---|---|\n";
}

static std::string rate(const GpuRow &row, const std::optional<Times> &times) {
  return times ? format("%.3g", row.sizes.pairs() / times->inARow * 1e-12)
               : "-";
}

/// How many times as fast as another we are.
static std::string ratio(const GpuRow &row, const std::optional<Times> &times) {
  return times ? format("%.2f", times->inARow / row.ours.inARow) : "-";
}

static llvm::raw_ostream &startRow(llvm::raw_ostream &out, const GpuRow &row) {
  return out << "| " << row.name << " | " << row.sizes.rows << " x "
             << row.sizes.columns << " | ";
}

void printRates(llvm::raw_ostream &out, const GpuRow &row) {
  startRow(out, row) << rate(row, row.ours) << " | "
                     << format("%.2f", row.bound / row.ours.inARow) << " | "
                     << rate(row, row.rival) << " | " << ratio(row, row.rival)
                     << " | " << rate(row, row.peer) << " | "
                     << ratio(row, row.peer) << " |\n";
  out.flush(); // the next takes a while
}

static std::string microseconds(const std::optional<Times> &times) {
  return times ? format("%.1f | %.1f", times->inARow * 1e6, times->alone * 1e6)
               : "- | -";
}

void printCalls(llvm::raw_ostream &out, const GpuResults &results) {
  out << "\nMicroseconds of a call, in a row of many and alone with the wait "
         "for it.\n\n"
         "| workload | rows x columns | keopsc, in a row | alone | by hand, in "
         "a row | alone | PyKeOps, in a row | alone |\n"
         "|---|---|---|---|---|---|---|---|\n";
  for (const GpuRow &row : results.rows)
    if (row.sizes.rows <= fewRows)
      startRow(out, row) << microseconds(row.ours) << " | "
                         << microseconds(row.rival) << " | "
                         << microseconds(row.peer) << " |\n";
}

void printCalibration(llvm::raw_ostream &out, const GpuResults &results) {
  out << "\nWhat estimates take for true, and what was measured. Cycles are at "
         "the clock\nabove; of the first row there should be one.\n\n"
         "| what | unit | constant | in the source | measured |\n"
         "|---|---|---|---|---|\n";
  for (const Calibrated &line : results.calibration)
    out << "| " << line.what << " | " << line.unit << " | " << line.constant
        << " | " << format("%g | %.3g |\n", line.assumed, line.measured);
}

void printMissing(llvm::raw_ostream &out, const GpuResults &results) {
  for (const std::string &text : results.missing)
    out << "\nNot measured: " << text << ".\n";
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static void writeTimes(llvm::json::OStream &json, llvm::StringRef name,
                       const std::optional<Times> &times) {
  if (!times)
    return json.attribute(name, nullptr);
  json.attributeObject(name, [&] {
    writeNumber(json, "in_a_row", times->inARow);
    writeNumber(json, "alone", times->alone);
  });
}

static void writeRow(llvm::json::OStream &json, const GpuRow &row) {
  json.object([&] {
    json.attribute("workload", row.name);
    json.attribute("rows", row.sizes.rows);
    json.attribute("columns", row.sizes.columns);
    writeNumber(json, "bound", row.bound);
    writeTimes(json, "keopsc", row.ours);
    writeTimes(json, "by_hand", row.rival);
    writeTimes(json, "pykeops", row.peer);
  });
}

static void writeLine(llvm::json::OStream &json, const Calibrated &line) {
  json.object([&] {
    json.attribute("what", line.what);
    json.attribute("unit", line.unit);
    json.attribute("constant", line.constant);
    writeNumber(json, "assumed", line.assumed);
    writeNumber(json, "measured", line.measured);
  });
}

void writeJson(llvm::raw_ostream &out, const GpuResults &results) {
  llvm::json::OStream json(out, 1);
  json.object([&] {
    json.attribute("machine", results.machine);
    json.attribute("date", results.date);
    json.attribute("multiprocessors", results.multiprocessors);
    writeNumber(json, "clock_ghz", results.clockGHz);
    json.attribute("emulated", results.isEmulated);
    json.attribute("unit", "seconds");
    json.attributeArray("rows", [&] {
      for (const GpuRow &row : results.rows)
        writeRow(json, row);
    });
    json.attributeArray("calibration", [&] {
      for (const Calibrated &line : results.calibration)
        writeLine(json, line);
    });
    json.attributeArray("missing", [&] {
      for (const std::string &text : results.missing)
        json.value(text);
    });
  });
  out << "\n";
}

} // namespace keops::bench
