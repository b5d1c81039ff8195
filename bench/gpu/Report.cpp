//===- Report.cpp - what was measured on a GPU, as table and JSON ---------===//

#include "bench/gpu/Report.h"

#include <cstdio>

namespace keops::bench {

template <typename... Arguments>
static std::string format(const char *form, Arguments... arguments) {
  char text[256];
  std::snprintf(text, sizeof text, form, arguments...);
  return text;
}

/// In 10^12 pairs per second.
static std::string rate(const GpuRow &row, std::optional<double> seconds) {
  return seconds ? format("%.3g", row.sizes.pairs() / *seconds * 1e-12) : "-";
}

/// How many times as fast as another we are.
static std::string times(const GpuRow &row, std::optional<double> seconds) {
  return seconds ? format("%.2f", *seconds / row.ours) : "-";
}

void printHead(std::ostream &out, const GpuResults &results) {
  out << results.machine << ", "
      << format("%d multiprocessors, %.2f GHz, ", results.multiprocessors,
                results.clockGHz)
      << results.date
      << ". 10^12 pairs per second; \"part\" is of the bound.\n";
  if (results.isEmulated)
    out << "An emulator plays the GPU: times mean nothing.\n";
  out << "\n| workload | rows x columns | keopsc | part | by hand | keopsc / "
         "by "
         "hand | PyKeOps | keopsc / PyKeOps | us, in a row | us, alone |\n"
      << "|---|---|---|---|---|---|---|---|---|---|\n";
}

void printRow(std::ostream &out, const GpuRow &row) {
  out << "| " << row.name << " | " << row.sizes.rows << " x "
      << row.sizes.columns << " | " << rate(row, row.ours) << " | "
      << format("%.2f", row.bound / row.ours) << " | " << rate(row, row.rival)
      << " | " << times(row, row.rival) << " | " << rate(row, row.peer) << " | "
      << times(row, row.peer) << " | " << format("%.1f", row.ours * 1e6)
      << " | " << format("%.1f", row.alone * 1e6) << " |" << std::endl;
}

void printMissing(std::ostream &out, const GpuResults &results) {
  for (const std::string &text : results.missing)
    out << "\nNot measured: " << text << ".\n";
}

static std::string quoted(const std::string &text) {
  std::string result = "\"";
  for (char c : text)
    result += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return result + "\"";
}

static std::string number(std::optional<double> value) {
  return value ? format("%.6g", *value) : "null";
}

void writeJson(std::ostream &out, const GpuResults &results) {
  out << "{\"machine\": " << quoted(results.machine)
      << ", \"date\": " << quoted(results.date)
      << ", \"multiprocessors\": " << results.multiprocessors
      << ", \"clock_ghz\": " << number(results.clockGHz)
      << ", \"emulated\": " << (results.isEmulated ? "true" : "false")
      << ", \"unit\": \"seconds\",\n \"rows\": [";
  const char *separator = "\n";
  for (const GpuRow &row : results.rows) {
    out << separator << "  {\"workload\": " << quoted(row.name)
        << ", \"rows\": " << row.sizes.rows
        << ", \"columns\": " << row.sizes.columns
        << ", \"bound\": " << number(row.bound)
        << ", \"keopsc\": " << number(row.ours)
        << ", \"alone\": " << number(row.alone)
        << ", \"by_hand\": " << number(row.rival)
        << ", \"pykeops\": " << number(row.peer) << "}";
    separator = ",\n";
  }
  out << "],\n \"missing\": [";
  separator = "";
  for (const std::string &text : results.missing) {
    out << separator << quoted(text);
    separator = ", ";
  }
  out << "]}\n";
}

} // namespace keops::bench
