//===- Report.cpp - what was measured, as tables and JSON -----------------===//
//
// Tables are Markdown, so that pages can show them as they are printed.
//
//===----------------------------------------------------------------------===//

#include "bench/table/Report.h"
#include "bench/table/Output.h"

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

static std::string optional(const char *form, std::optional<double> number) {
  return number ? format(form, *number) : "-";
}

static std::optional<double> ratio(double a, std::optional<double> b) {
  return b ? std::optional(a / *b) : std::nullopt;
}

void printHead(llvm::raw_ostream &out, const Results &results) {
  out << results.machine << ", " << results.date
      << ". One core, ns per pair, least of interleaved runs.\n\n"
      << "| workload | rows x columns | keopsc | floor | keopsc / floor | goal "
         "| g++ -Ofast | g++ / keopsc |\n"
      << "|---|---|---|---|---|---|---|---|\n";
}

void printRow(llvm::raw_ostream &out, const Row &row) {
  std::optional<double> gain =
      row.peer ? std::optional(*row.peer / row.ours) : std::nullopt;
  out << "| " << row.name << " | " << row.sizes.rows << " x "
      << row.sizes.columns << " | " << format("%.4f", row.ours) << " | "
      << optional("%.4f", row.floor) << " | "
      << optional("%.2f", ratio(row.ours, row.floor)) << " | "
      << (row.floor ? optional("%.1f", row.goal) : "-") << " | "
      << optional("%.3f", row.peer) << " | " << optional("%.1f", gain)
      << " |\n";
  out.flush();
}

void printSweep(llvm::raw_ostream &out, const Results &results) {
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

void writeJson(llvm::raw_ostream &out, const Results &results) {
  llvm::json::OStream json(out, 1);
  json.object([&] {
    json.attribute("machine", results.machine);
    json.attribute("date", results.date);
    json.attribute("cores", results.cores);
    json.attribute("unit", "ns per pair");
    json.attributeArray("rows", [&] {
      for (const Row &row : results.rows)
        json.object([&] {
          json.attribute("name", row.name);
          json.attribute("M", row.sizes.rows);
          json.attribute("N", row.sizes.columns);
          writeNumber(json, "keopsc", row.ours);
          writeNumber(json, "floor", row.floor);
          writeNumber(json, "goal", row.goal);
          writeNumber(json, "gcc", row.peer);
        });
    });
    json.attributeArray("sweep", [&] {
      for (const SizePoint &point : results.sweep)
        json.object([&] {
          json.attribute("M", point.sizes.rows);
          json.attribute("N", point.sizes.columns);
          writeNumber(json, "one_core_s", point.alone);
          writeNumber(json, "all_cores_s", point.together);
        });
    });
  });
  out << "\n";
}

} // namespace keops::bench
