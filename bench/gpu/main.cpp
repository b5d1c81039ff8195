//===- main.cpp - compiled kernels beside hand-written ones, on a GPU -----===//
//
// Prints tables: for each workload and size pairs per second of the compiled
// kernel, of the hand-written one, and of PyKeOps, all on tables in the memory
// of the first GPU; how long calls with few rows take; and what estimates take
// for true beside what is measured of it. Results are compared with those of
// the CPU first, where that is quick, and else with each other. Exits with 1 if
// they differ.
//
//===----------------------------------------------------------------------===//

#include "bench/gpu/Contest.h"
#include "bench/gpu/Report.h"
#include "bench/table/Output.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"

#include <stdexcept>

using namespace keops::bench;
namespace cl = llvm::cl;
using llvm::errs;
using llvm::outs;

static cl::OptionCategory category("Options");
static cl::opt<std::string> only("only", cl::value_desc("text"),
                                 cl::desc("Workloads with this in their names"),
                                 cl::cat(category));
static cl::list<int64_t> sizes("sizes", cl::CommaSeparated,
                               cl::value_desc("n,n,..."),
                               cl::desc("Rows, and as many columns (default "
                                        "1000,10000,100000,1000000)"),
                               cl::cat(category));
static cl::opt<double> seconds("seconds", cl::init(2),
                               cl::desc("For each number (default 2)"),
                               cl::cat(category));
static cl::opt<bool>
    calibrateOnly("calibrate", cl::desc("Only what estimates take for true"),
                  cl::cat(category));
static cl::opt<bool> tiny("tiny", cl::desc("Little work, for an emulator"),
                          cl::cat(category));
static cl::opt<std::string>
    byHandFile("by-hand", cl::init(KEOPS_BENCH_BY_HAND), cl::value_desc("file"),
               cl::desc("The hand-written kernels (kernels.cu) as PTX text"),
               cl::cat(category));
static cl::opt<std::string> peerFile("peer", cl::value_desc("file"),
                                     cl::desc("What peer.py has printed"),
                                     cl::cat(category));
static cl::list<std::string> missing("missing", cl::value_desc("text"),
                                     cl::desc("What the caller could not do"),
                                     cl::cat(category));
static cl::opt<std::string> json("json", cl::value_desc("file"),
                                 cl::desc("Write the numbers"),
                                 cl::cat(category));

static std::vector<int64_t> sizesToMeasure() {
  if (tiny)
    return {300};
  if (sizes.empty())
    return {1000, 10000, 100000, 1000000};
  for (int64_t size : sizes)
    if (size < 1 || size > 1 << 27)
      throw std::runtime_error(std::to_string(size) +
                               " is no number of rows from 1 to 134217728");
  return sizes;
}

static std::string read(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    throw std::runtime_error("cannot read " + path);
  return (*buffer)->getBuffer().str();
}

/// What peer.py has measured: lines of workload, size and seconds in a row and
/// alone, with tabs.
static std::optional<Times> peerTimes(llvm::StringRef text,
                                      const std::string &name, int64_t size) {
  for (llvm::StringRef line : llvm::split(text, '\n')) {
    llvm::SmallVector<llvm::StringRef> fields;
    line.split(fields, '\t');
    Times times;
    if (fields.size() == 4 && fields[0] == name &&
        fields[1] == std::to_string(size) &&
        !fields[2].getAsDouble(times.inARow) &&
        !fields[3].getAsDouble(times.alone))
      return times;
  }
  return std::nullopt;
}

namespace {

class Benchmark {
public:
  Benchmark() {
    results.machine = gpu.name;
    results.date = today();
    results.multiprocessors = gpu.multiprocessors;
    results.clockGHz = gpu.clockGHz;
    results.isEmulated = gpu.name.rfind("emulated", 0) == 0;
    results.missing = missing;
    if (!calibrateOnly)
      loadByHand();
    if (!peerFile.empty())
      peer = read(peerFile);
  }
  bool run();

private:
  void loadByHand();
  void measure(const Match &match, int64_t size);
  void measureAll();

  Gpu gpu;
  cuda::Module byHand = nullptr;
  std::string peer;
  GpuResults results;
  bool isGood = true;
};

void Benchmark::loadByHand() {
  if (byHandFile.empty()) {
    results.missing.push_back("hand-written kernels (there was no nvcc when "
                              "bench-gpu was built)");
    return;
  }
  std::string text = read(byHandFile);
  try {
    byHand = gpu.load(text, "the hand-written kernels");
  } catch (const std::runtime_error &error) {
    results.missing.push_back(std::string("hand-written kernels: ") +
                              error.what());
  }
}

/// In seconds, if nothing but the units were in the way.
constexpr double longestCall = 4;

void Benchmark::measure(const Match &match, int64_t size) {
  Sizes square{size, size};
  GpuRow row;
  row.name = match.name();
  row.sizes = square;
  row.bound = square.pairs() * match.cyclesOn(gpu.arch) /
              (32 * 4.0 * gpu.multiprocessors * gpu.clockGHz * 1e9);
  if (row.bound > longestCall) {
    results.missing.push_back(row.name + " with " + std::to_string(size) +
                              " rows, which takes longer than a few seconds");
    return;
  }
  Contest contest(gpu, match, square);
  bool hasRival = byHand && match.rival.kernel;
  if (hasRival)
    contest.add(byHand);
  isGood &= contest.check(errs());
  row.ours = contest.timesOfOurs(tiny ? 0 : seconds);
  if (hasRival)
    row.rival = contest.timesOfRival(tiny ? 0 : seconds);
  row.peer = peerTimes(peer, row.name, size);
  results.rows.push_back(row);
  printRates(outs(), row);
}

void Benchmark::measureAll() {
  printRatesHead(outs());
  bool isKnown = false;
  for (const Match &match : matches()) {
    if (match.name().find(only) == std::string::npos)
      continue;
    isKnown = true;
    for (int64_t size : sizesToMeasure())
      measure(match, size);
  }
  if (!isKnown)
    throw std::runtime_error("no workload is called like " + only);
  printCalls(outs(), results);
}

bool Benchmark::run() {
  printHead(outs(), results);
  if (!calibrateOnly)
    measureAll();
  if (only.empty()) {
    results.calibration = calibrate(gpu, tiny);
    printCalibration(outs(), results);
  }
  printMissing(outs(), results);
  writeFiles(
      {{json, [&](llvm::raw_ostream &out) { writeJson(out, results); }}});
  return isGood;
}

} // namespace

int main(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv, "compiled kernels beside hand-written ones, on a GPU\n");
  try {
    return Benchmark().run() ? 0 : 1;
  } catch (const std::exception &error) {
    errs() << "bench-gpu: " << error.what() << "\n";
    return 1;
  }
}
