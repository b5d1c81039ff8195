//===- Report.cpp - what was measured, as tables and JSON -----------------===//
//
// Tables are Markdown, so that pages can show them as they are printed.
//
//===----------------------------------------------------------------------===//

#include "bench/table/Report.h"

#include <cstdio>
#include <ctime>
#include <fstream>

namespace keops::bench {

std::string machineName() {
  std::ifstream info("/proc/cpuinfo");
  std::string name = "unknown processor", family, model;
  for (std::string line; std::getline(info, line) && !line.empty();) {
    std::string key = line.substr(0, line.find_first_of("\t:"));
    size_t colon = line.find(": ");
    std::string value =
        colon == std::string::npos ? "" : line.substr(colon + 2);
    (key == "model name"   ? name
     : key == "cpu family" ? family
     : key == "model"      ? model
                           : key) = value;
  }
  return family.empty()
             ? name
             : name + " (family " + family + ", model " + model + ")";
}

std::string today() {
  std::time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

template <typename... Arguments>
static std::string format(const char *form, Arguments... arguments) {
  char text[256];
  std::snprintf(text, sizeof text, form, arguments...);
  return text;
}

static std::string optional(const char *form, std::optional<double> number) {
  return number ? format(form, *number) : "-";
}

static std::optional<double> ratio(double a, std::optional<double> b) {
  return b ? std::optional(a / *b) : std::nullopt;
}

void printHead(std::ostream &out, const Results &results) {
  out << results.machine << ", " << results.date
      << ". One core, ns per pair, least of interleaved runs.\n\n"
      << "| workload | rows x columns | keopsc | floor | keopsc / floor | goal "
         "| g++ -Ofast | g++ / keopsc |\n"
      << "|---|---|---|---|---|---|---|---|\n";
}

void printRow(std::ostream &out, const Row &row) {
  std::optional<double> gain =
      row.peer ? std::optional(*row.peer / row.ours) : std::nullopt;
  out << "| " << row.name << " | " << row.sizes.rows << " x "
      << row.sizes.columns << " | " << format("%.4f", row.ours) << " | "
      << optional("%.4f", row.floor) << " | "
      << optional("%.2f", ratio(row.ours, row.floor)) << " | "
      << format("%.1f", row.goal) << " | " << optional("%.3f", row.peer)
      << " | " << optional("%.1f", gain) << " |" << std::endl;
}

void printSweep(std::ostream &out, const Results &results) {
  out << "\nA Gaussian (D3, b1) of several sizes, on one core and on "
      << results.cores << ".\n\n"
      << "| rows x columns | one core, us | ns per pair | all cores, us | "
         "speed-up |\n"
      << "|---|---|---|---|---|\n";
  for (const SizePoint &point : results.sweep)
    out << "| " << point.sizes.rows << " x " << point.sizes.columns << " | "
        << format("%.1f", point.alone * 1e6) << " | "
        << format("%.4f", point.alone * 1e9 / point.sizes.pairs()) << " | "
        << format("%.1f", point.together * 1e6) << " | "
        << format("%.2f", point.alone / point.together) << " |\n";
}

static std::string quoted(const std::string &text) {
  std::string result = "\"";
  for (char c : text)
    result += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return result + "\"";
}

static std::string orNull(std::optional<double> number) {
  return number ? format("%.6g", *number) : "null";
}

void writeJson(std::ostream &out, const Results &results) {
  out << "{\"machine\": " << quoted(results.machine)
      << ", \"date\": " << quoted(results.date)
      << ", \"cores\": " << results.cores << ",\n \"unit\": \"ns per pair\",\n"
      << " \"rows\": [";
  const char *between = "\n";
  for (const Row &row : results.rows) {
    out << between << "  {\"name\": " << quoted(row.name)
        << ", \"M\": " << row.sizes.rows << ", \"N\": " << row.sizes.columns
        << ", \"keopsc\": " << orNull(row.ours)
        << ", \"floor\": " << orNull(row.floor)
        << ", \"goal\": " << orNull(row.goal)
        << ", \"gcc\": " << orNull(row.peer) << "}";
    between = ",\n";
  }
  out << "],\n \"sweep\": [";
  between = "\n";
  for (const SizePoint &point : results.sweep) {
    out << between << "  {\"M\": " << point.sizes.rows
        << ", \"N\": " << point.sizes.columns
        << ", \"one_core_s\": " << orNull(point.alone)
        << ", \"all_cores_s\": " << orNull(point.together) << "}";
    between = ",\n";
  }
  out << "]}\n";
}

} // namespace keops::bench
