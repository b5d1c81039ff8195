//===- main.cpp - compiled kernels beside hand-written ones ---------------===//
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
#include "bench/table/Output.h"
#include "bench/table/Report.h"
#include "llvm/Support/CommandLine.h"

#include <sched.h>
#include <stdexcept>

using namespace keops::bench;
namespace floors = keops::floors;
namespace peers = keops::peers;
namespace cl = llvm::cl;
using llvm::errs;
using llvm::outs;

static cl::OptionCategory category("Options");
static cl::opt<std::string> only("only", cl::value_desc("text"),
                                 cl::desc("Workloads with this in their names"),
                                 cl::cat(category));
static cl::opt<std::string>
    size("size", cl::value_desc("MxN"),
         cl::desc("Rows and columns, instead of those of each workload"),
         cl::cat(category));
static cl::opt<double> seconds("seconds", cl::init(4),
                               cl::desc("For a workload (default 4)"),
                               cl::cat(category));
static cl::opt<std::string> isa("cpu", cl::value_desc("isa"),
                                cl::desc("Compile for x86-64-v2, -v3 or -v4"),
                                cl::cat(category));
static cl::opt<bool> noPeers("no-peers", cl::desc("Without g++"),
                             cl::cat(category));
static cl::opt<bool> sweep("sweep",
                           cl::desc("A Gaussian of several sizes, too"),
                           cl::cat(category));
static cl::opt<bool> tiny("tiny",
                          cl::desc("Little work: a test of bench-table"),
                          cl::cat(category));
static cl::opt<std::string> json("json", cl::value_desc("file"),
                                 cl::desc("Write the numbers"),
                                 cl::cat(category));
static cl::opt<std::string> svg("svg", cl::value_desc("file"),
                                cl::desc("Write a chart"), cl::cat(category));
static cl::opt<bool>
    formulas("formulas",
             cl::desc("Only print names and, behind tabs, the arguments of "
                      "keopsc"),
             cl::cat(category));

static Sizes sizesOf(const Workload &workload) {
  if (size.empty())
    return tiny ? Sizes{960, 960} : workload.sizes;
  Sizes sizes;
  auto [rows, columns] = llvm::StringRef(size).split('x');
  if (rows.getAsInteger(10, sizes.rows) || sizes.rows < 1 ||
      columns.getAsInteger(10, sizes.columns) || sizes.columns < 1)
    throw std::runtime_error("'" + size + "' is not a size like 1000x500");
  return sizes;
}

/// What the compiler is told.
static std::vector<const char *> compileOptions() {
  static const std::string option = "--cpu=" + isa;
  return isa.empty() ? std::vector<const char *>{}
                     : std::vector{option.c_str()};
}

static int coresOfThisProcess() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/// Compares what another program makes of the same tables.
static bool agrees(Kernel &kernel, const Workload &workload,
                   const Program &program, const char *who, double allowed) {
  kernel.run(program);
  double difference = kernel.difference();
  if (difference <= allowed)
    return true;
  errs() << workload.name << ": the result of " << who << " differs by "
         << difference << ", more than " << allowed << "\n";
  return false;
}

static Row measure(const Workload &workload, bool &allAgree) {
  Sizes sizes = sizesOf(workload);
  Kernel kernel(workload, sizes, compileOptions());
  kernel.run(1);
  std::vector<std::function<void()>> contestants{[&] { kernel.run(1); }};
  auto add = [&](const Program &program, const char *who, double allowed) {
    allAgree &= agrees(kernel, workload, program, who, allowed);
    contestants.push_back([&] { kernel.run(program); });
  };
  bool hasFloor = floors::areSupported() && workload.floor &&
                  sizes.rows % 960 == 0 && sizes.columns % 960 == 0;
  bool hasPeer = !noPeers && peers::areBuilt() && workload.peer;
  if (hasFloor)
    add(workload.floor, "the floor", workload.tolerance);
  if (hasPeer)
    // It adds term by term, which is the less exact the more there are.
    add(workload.peer, "g++",
        workload.tolerance * std::max(1.0, double(sizes.columns) / 1e4));
  std::vector<double> least = leastSeconds(contestants, tiny ? 1 : 7,
                                           tiny ? 0.0 : seconds, Clock::Thread);
  double scale = 1e9 / sizes.pairs();
  Row row{workload.name, sizes, least[0] * scale, {}, {}, workload.goal};
  if (hasFloor)
    row.floor = least[1] * scale;
  if (hasPeer)
    row.peer = least.back() * scale;
  return row;
}

/// A Gaussian of several sizes; where rows or columns are few, too.
static std::vector<SizePoint> measureSweep(const Workload &gauss) {
  std::vector<Sizes> all = {{100, 100},     {300, 300},     {1000, 1000},
                            {3000, 3000},   {10000, 10000}, {100000, 10000},
                            {1, 1000000},   {64, 1000000},  {1000000, 64},
                            {1000, 1000000}};
  if (tiny)
    all.resize(2);
  std::vector<SizePoint> points;
  for (Sizes sizes : all) {
    Kernel kernel(gauss, sizes, compileOptions());
    std::vector<double> least =
        leastSeconds({[&] { kernel.run(1); }, [&] { kernel.run(0); }},
                     tiny ? 1 : 7, tiny ? 0.0 : seconds, Clock::Wall);
    points.push_back({sizes, least[0], least[1]});
  }
  return points;
}

static void printFormulas() {
  for (const Workload &workload : workloads()) {
    if (workload.name.find(only) == std::string::npos)
      continue;
    outs() << workload.name << "\t--formula\t" << workload.formula;
    for (const std::string &alias : workload.aliases)
      outs() << "\t--alias\t" << alias;
    outs() << "\t--reduction\t" << workload.reduction << "\t--axis\t"
           << workload.axis << "\t--dtype\t"
           << (workload.isDouble ? "float64" : "float32");
    if (workload.ranks)
      outs() << "\t--opt-arg\t" << workload.ranks;
    outs() << "\n";
  }
}

static int run() {
  if (formulas) {
    printFormulas();
    return 0;
  }
  Results results{machineName(), today(), coresOfThisProcess(), {}, {}};
  bool isGood = true;
  printHead(outs(), results);
  for (const Workload &workload : workloads()) {
    if (workload.name.find(only) == std::string::npos)
      continue;
    results.rows.push_back(measure(workload, isGood));
    printRow(outs(), results.rows.back());
  }
  if (results.rows.empty())
    throw std::runtime_error("no workload is called like " + only);
  if (sweep) {
    results.sweep = measureSweep(workloads().front());
    printSweep(outs(), results);
  }
  using llvm::raw_ostream;
  writeFiles({{json, [&](raw_ostream &out) { writeJson(out, results); }},
              {svg, [&](raw_ostream &out) { writeSvg(out, results); }}});
  return isGood ? 0 : 1;
}

int main(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv,
                              "compiled kernels beside hand-written ones\n");
  try {
    return run();
  } catch (const std::exception &error) {
    errs() << "bench-table: " << error.what() << "\n";
    return 1;
  }
}
