//===- main.cpp - compiled kernels beside hand-written ones ---------------===//
//
//   bench-table [--only=TEXT] [--size=MxN] [--sweep] [--tiny] [--seconds=S]
//               [--no-peers] [--json=FILE] [--svg=FILE]
//   bench-table --formulas [--only=TEXT]
//
// Prints a table: for each workload ns per pair of the compiled kernel, of the
// hand-written one in bench/floors and of plain loops compiled by g++ -Ofast.
// All start from the same arrays, run in the same process and in turns, and
// their results are compared. --tiny does little work, for the test of this
// program. The hand-written kernels want multiples of 960, and are left out at
// other sizes. Exits with 1 if results differ. --formulas prints the names of
// workloads and, behind tabs, the arguments of keopsc.
//
//===----------------------------------------------------------------------===//

#include "bench/floors/Floors.h"
#include "bench/peers/Peers.h"
#include "bench/table/Kernel.h"
#include "bench/table/Measure.h"
#include "bench/table/Report.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sched.h>
#include <stdexcept>

using namespace keops::bench;
namespace floors = keops::floors;
namespace peers = keops::peers;

namespace {

struct Options {
  std::string only, json, svg;
  std::vector<const char *> compile; // options of the compiler
  bool sweep = false, tiny = false, peers = true, formulas = false;
  double seconds = 4; // per workload
  Sizes size;         // of all workloads, if given
};

[[noreturn]] void usage(const std::string &argument) {
  std::cerr << "bench-table: what is '" << argument
            << "'?\nusage: bench-table [--only=TEXT] [--sweep] [--tiny] "
               "[--size=MxN] [--seconds=S] [--no-peers] [--cpu=ISA] "
               "[--json=FILE] [--svg=FILE] [--formulas]\n";
  std::exit(2);
}

bool parseSize(const std::string &text, Sizes &size) {
  int read = 0;
  return std::sscanf(text.c_str(), "%" SCNd64 "x%" SCNd64 "%n", &size.rows,
                     &size.columns, &read) == 2 &&
         size_t(read) == text.size() && size.rows > 0 && size.columns > 0;
}

Options parse(int argc, char **argv) {
  Options options;
  for (int k = 1; k < argc; ++k) {
    std::string argument = argv[k];
    size_t equals = argument.find('=');
    std::string name = argument.substr(0, equals);
    std::string value =
        equals == std::string::npos ? "" : argument.substr(equals + 1);
    if (name == "--only")
      options.only = value;
    else if (name == "--json")
      options.json = value;
    else if (name == "--svg")
      options.svg = value;
    else if (name == "--cpu")
      options.compile = {argv[k]};
    else if (name == "--seconds" && std::atof(value.c_str()) > 0)
      options.seconds = std::atof(value.c_str());
    else if (name == "--size" && parseSize(value, options.size))
      continue;
    else if (argument == "--sweep")
      options.sweep = true;
    else if (argument == "--tiny")
      options.tiny = true;
    else if (argument == "--no-peers")
      options.peers = false;
    else if (argument == "--formulas")
      options.formulas = true;
    else
      usage(argument);
  }
  return options;
}

int coresOfThisProcess() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/// Compares what another program makes of the same tables.
bool agrees(Kernel &kernel, const Workload &workload, const Program &program,
            const char *who, double allowed) {
  kernel.run(program);
  double difference = kernel.difference();
  if (difference <= allowed)
    return true;
  std::cerr << workload.name << ": the result of " << who << " differs by "
            << difference << ", more than " << allowed << "\n";
  return false;
}

Row measure(const Workload &workload, const Options &options, bool &allAgree) {
  Sizes sizes = options.size.rows ? options.size
                : options.tiny    ? Sizes{960, 960}
                                  : workload.sizes;
  Kernel kernel(workload, sizes, options.compile);
  kernel.run(1);
  std::vector<std::function<void()>> contestants{[&] { kernel.run(1); }};
  auto add = [&](const Program &program, const char *who, double allowed) {
    allAgree &= agrees(kernel, workload, program, who, allowed);
    contestants.push_back([&] { kernel.run(program); });
  };
  bool hasFloor = floors::areSupported() && workload.floor &&
                  sizes.rows % 960 == 0 && sizes.columns % 960 == 0;
  bool hasPeer = options.peers && peers::areBuilt() && workload.peer;
  if (hasFloor)
    add(workload.floor, "the floor", workload.tolerance);
  if (hasPeer)
    // It adds term by term, which is the less exact the more there are.
    add(workload.peer, "g++",
        workload.tolerance * std::max(1.0, double(sizes.columns) / 1e4));
  std::vector<double> seconds =
      leastSeconds(contestants, options.tiny ? 1 : 7,
                   options.tiny ? 0 : options.seconds, Clock::Thread);
  double scale = 1e9 / sizes.pairs();
  Row row{workload.name, sizes, seconds[0] * scale, {}, {}, workload.goal};
  if (hasFloor)
    row.floor = seconds[1] * scale;
  if (hasPeer)
    row.peer = seconds.back() * scale;
  return row;
}

/// A Gaussian of several sizes; where rows or columns are few, too.
std::vector<SizePoint> measureSweep(const Workload &gauss,
                                    const Options &options) {
  std::vector<Sizes> all = {{100, 100},     {300, 300},     {1000, 1000},
                            {3000, 3000},   {10000, 10000}, {100000, 10000},
                            {1, 1000000},   {64, 1000000},  {1000000, 64},
                            {1000, 1000000}};
  if (options.tiny)
    all.resize(2);
  std::vector<SizePoint> points;
  for (Sizes sizes : all) {
    Kernel kernel(gauss, sizes, options.compile);
    std::vector<double> seconds = leastSeconds(
        {[&] { kernel.run(1); }, [&] { kernel.run(0); }}, options.tiny ? 1 : 7,
        options.tiny ? 0 : options.seconds, Clock::Wall);
    points.push_back({sizes, seconds[0], seconds[1]});
  }
  return points;
}

bool write(const std::string &path, const Results &results,
           void (*writer)(std::ostream &, const Results &)) {
  if (path.empty())
    return true;
  std::ofstream file(path);
  writer(file, results);
  if (file.flush())
    return true;
  std::cerr << "bench-table: cannot write " << path << "\n";
  return false;
}

void printFormulas(const Options &options) {
  for (const Workload &workload : workloads()) {
    if (workload.name.find(options.only) == std::string::npos)
      continue;
    std::cout << workload.name << "\t--formula\t" << workload.formula;
    for (const std::string &alias : workload.aliases)
      std::cout << "\t--alias\t" << alias;
    std::cout << "\t--reduction\t" << workload.reduction << "\t--axis\t"
              << workload.axis << "\t--dtype\t"
              << (workload.isDouble ? "float64" : "float32");
    if (workload.ranks)
      std::cout << "\t--opt-arg\t" << workload.ranks;
    std::cout << "\n";
  }
}

int run(const Options &options) {
  if (options.formulas) {
    printFormulas(options);
    return 0;
  }
  Results results{machineName(), today(), coresOfThisProcess(), {}, {}};
  bool isGood = true;
  printHead(std::cout, results);
  for (const Workload &workload : workloads()) {
    if (workload.name.find(options.only) == std::string::npos)
      continue;
    results.rows.push_back(measure(workload, options, isGood));
    printRow(std::cout, results.rows.back());
  }
  if (results.rows.empty())
    throw std::runtime_error("no workload is called like " + options.only);
  if (options.sweep) {
    results.sweep = measureSweep(workloads().front(), options);
    printSweep(std::cout, results);
  }
  isGood &= write(options.json, results, writeJson);
  isGood &= write(options.svg, results, writeSvg);
  return isGood ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  try {
    return run(parse(argc, argv));
  } catch (const std::exception &error) {
    std::cerr << "bench-table: " << error.what() << "\n";
    return 1;
  }
}
