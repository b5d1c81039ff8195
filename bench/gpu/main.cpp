//===- main.cpp - compiled kernels beside hand-written ones, on a GPU -----===//
//
//   bench-gpu [--only=TEXT] [--sizes=N,N,...] [--seconds=S] [--tiny]
//             [--by-hand=FILE] [--peer=FILE] [--missing=TEXT] [--json=FILE]
//
// Prints a table: for each workload and size pairs per second of the compiled
// kernel, of the hand-written one (FILE is kernels.cu as PTX text), and of
// PyKeOps (FILE is what peer.py prints), all on tables in the memory of the
// first GPU. Results are compared with those of the CPU first, where that is
// quick, and else with each other. --tiny does little work, for an emulator;
// --missing says what the caller could not do. Exits with 1 if results differ.
//
//===----------------------------------------------------------------------===//

#include "bench/gpu/Contest.h"
#include "bench/gpu/Report.h"
#include "bench/table/Report.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

using namespace keops::bench;

namespace {

struct Options {
  std::string only, json, peer;
  std::string byHand = KEOPS_BENCH_BY_HAND; // "" if there is no nvcc
  std::vector<int64_t> sizes = {1000, 10000, 100000, 1000000};
  std::vector<std::string> missing;
  double seconds = 2; // for each number
  bool tiny = false;
};

[[noreturn]] void usage(const std::string &argument) {
  std::cerr << "bench-gpu: what is '" << argument
            << "'?\nusage: bench-gpu [--only=TEXT] [--sizes=N,N,...] "
               "[--seconds=S] [--tiny] [--by-hand=FILE] [--peer=FILE] "
               "[--missing=TEXT] [--json=FILE]\n";
  std::exit(2);
}

std::vector<int64_t> parseSizes(const std::string &argument,
                                const std::string &list) {
  std::vector<int64_t> sizes;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) {
    char *end = nullptr;
    sizes.push_back(std::strtoll(word.c_str(), &end, 10));
    if (*end || sizes.back() < 1 || sizes.back() > (1 << 27))
      usage(argument);
  }
  if (sizes.empty())
    usage(argument);
  return sizes;
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
    else if (name == "--peer")
      options.peer = value;
    else if (name == "--missing")
      options.missing.push_back(value);
    else if (name == "--by-hand")
      options.byHand = value;
    else if (name == "--sizes")
      options.sizes = parseSizes(argument, value);
    else if (name == "--seconds" && std::atof(value.c_str()) > 0)
      options.seconds = std::atof(value.c_str());
    else if (argument == "--tiny")
      options.tiny = true;
    else
      usage(argument);
  }
  if (options.tiny) {
    options.sizes = {300};
    options.seconds = 0;
  }
  return options;
}

std::string read(const std::string &path) {
  std::ifstream file(path);
  if (!file)
    throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What peer.py has measured: lines of workload, size and seconds, with tabs.
std::optional<double> peerSeconds(const std::string &text,
                                  const std::string &name, int64_t size) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string workload, rows, seconds;
    std::getline(fields, workload, '\t');
    std::getline(fields, rows, '\t');
    std::getline(fields, seconds, '\t');
    if (workload == name && rows == std::to_string(size))
      return std::atof(seconds.c_str());
  }
  return std::nullopt;
}

const Workload &find(const std::vector<Workload> &all, const char *name) {
  for (const Workload &workload : all)
    if (workload.name == name)
      return workload;
  throw std::runtime_error(std::string("no workload is called ") + name);
}

class Benchmark {
public:
  explicit Benchmark(const Options &options) : options(options) {
    results.machine = gpu.name;
    results.date = today();
    results.multiprocessors = gpu.multiprocessors;
    results.clockGHz = gpu.clockGHz;
    results.isEmulated = gpu.name.rfind("emulated", 0) == 0;
    results.missing = options.missing;
    loadByHand();
    if (!options.peer.empty())
      peer = read(options.peer);
  }
  bool run();

private:
  void loadByHand();
  void measure(const Rival &rival, const Workload &workload, int64_t size);

  const Options &options;
  Gpu gpu;
  cuda::Module byHand = nullptr;
  std::string peer;
  GpuResults results;
  bool isGood = true;
};

void Benchmark::loadByHand() {
  if (options.byHand.empty()) {
    results.missing.push_back("hand-written kernels (there was no nvcc when "
                              "bench-gpu was built)");
    return;
  }
  std::string text = read(options.byHand);
  try {
    byHand = gpu.load(text);
  } catch (const std::runtime_error &error) {
    results.missing.push_back(std::string("hand-written kernels: ") +
                              error.what());
  }
}

void Benchmark::measure(const Rival &rival, const Workload &workload,
                        int64_t size) {
  Sizes sizes{size, size};
  Contest contest(gpu, workload, rival, sizes);
  GpuRow row;
  row.name = workload.name;
  row.sizes = sizes;
  row.bound = sizes.pairs() * rival.boundCycles /
              (32 * 4.0 * gpu.multiprocessors * gpu.clockGHz * 1e9);
  if (byHand)
    contest.add(byHand);
  isGood &= contest.check(std::cerr);
  row.ours = contest.secondsOfOurs(options.seconds);
  row.alone = contest.secondsAlone(options.seconds);
  if (byHand)
    row.rival = contest.secondsOfRival(options.seconds);
  row.peer = peerSeconds(peer, workload.name, size);
  results.rows.push_back(row);
  printRow(std::cout, row);
}

bool Benchmark::run() {
  std::vector<Workload> all = workloads();
  printHead(std::cout, results);
  for (const Rival &rival : rivals())
    if (std::string(rival.workload).find(options.only) != std::string::npos)
      for (int64_t size : options.sizes)
        measure(rival, find(all, rival.workload), size);
  if (results.rows.empty())
    throw std::runtime_error("no workload is called like " + options.only);
  printMissing(std::cout, results);
  if (options.json.empty())
    return isGood;
  std::ofstream file(options.json);
  writeJson(file, results);
  if (!file.flush())
    throw std::runtime_error("cannot write " + options.json);
  return isGood;
}

} // namespace

int main(int argc, char **argv) {
  Options options = parse(argc, argv);
  try {
    return Benchmark(options).run() ? 0 : 1;
  } catch (const std::exception &error) {
    std::cerr << "bench-gpu: " << error.what() << "\n";
    return 1;
  }
}
