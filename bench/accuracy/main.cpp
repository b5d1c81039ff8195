//===- main.cpp - the error table of the elementary functions -------------===//
//
// Prints the largest error of each elementary function, or of one, on each
// instruction set of this computer, as a table in Markdown: over every
// stride-th of all 2^32 f32 arguments (all of them: some minutes), and over
// 2^32 / stride / 16 f64 arguments, or pairs. With --details it prints, for
// each of them, a line: instructions of the loop, ns per number with data in
// the cache, the largest error and where it is.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/ElementaryErrors.h"
#include "llvm/Support/CommandLine.h"

#include <chrono>
#include <cstdio>

using namespace keops;
namespace cl = llvm::cl;

static constexpr uint64_t all = uint64_t(1) << 32;

static cl::OptionCategory category("Options");
static cl::opt<bool> precise("precise", cl::desc("As with keopsc --precise"),
                             cl::cat(category));
static cl::opt<bool> details("details",
                             cl::desc("Times, and where the largest error is"),
                             cl::cat(category));
static cl::opt<uint64_t> stride(cl::Positional, cl::desc("[stride]"),
                                cl::init(1), cl::cat(category));
static cl::opt<std::string> only(cl::Positional, cl::desc("[function]"),
                                 cl::cat(category));

static uint64_t samples() { return all / stride / 16; }

/// ns per number, least of many runs over arguments of [low, high).
static double timeOf(const LaneJit &run, bool isDouble, int operands,
                     double low, double high) {
  constexpr int count = 2048;
  std::vector<float> narrow(2 * count), narrowOutput(count);
  std::vector<double> wide(2 * count), wideOutput(count);
  Sequence sequence{2};
  for (int k = 0; k < 2 * count; ++k)
    narrow[k] = wide[k] = sequence.between(low, high);
  const void *inputs[2] = {wide.data(), wide.data() + count};
  if (!isDouble) {
    inputs[0] = narrow.data();
    inputs[1] = narrow.data() + count;
  }
  void *output = isDouble ? static_cast<void *>(wideOutput.data())
                          : static_cast<void *>(narrowOutput.data());
  double best = 1e9;
  for (int turn = 0; turn < 2000; ++turn) {
    auto start = std::chrono::steady_clock::now();
    run(llvm::ArrayRef(inputs, operands), output, count);
    std::chrono::duration<double, std::nano> spent =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count() / count);
  }
  return best;
}

static void printDetails(const char *name, bool isDouble, int operands,
                         double low, double high,
                         llvm::ArrayRef<ElementaryCode> code,
                         llvm::ArrayRef<WorstCase> worst) {
  for (auto [entry, found] : llvm::zip(code, worst))
    std::printf("%-6s %s %-10s %3d %8.4f  %s\n", name, isDouble ? "f64" : "f32",
                isaName(entry.isa).c_str(), entry.run->loopInstructions(),
                timeOf(*entry.run, isDouble, operands, low, high),
                found.describe().c_str());
}

static void printHead() {
  std::printf("| function | numbers |");
  std::string line = "|---|---|";
  for (auto isa : {cpu::Isa::Scalar, cpu::Isa::V2, cpu::Isa::V3, cpu::Isa::V4})
    if (hostRuns(isa)) {
      std::printf(" %s |", isaName(isa).c_str());
      line += "---|";
    }
  std::printf("\n%s\n", line.c_str());
}

static void printRow(const char *name, bool isDouble,
                     llvm::ArrayRef<WorstCase> worst) {
  std::printf("| %s | %s |", name, isDouble ? "float64" : "float32");
  for (const WorstCase &found : worst)
    std::printf(" %.3f |", found.ulps);
  std::printf("\n");
}

static void print(const ElementaryFunction &function, bool isDouble) {
  auto code = compileEverywhere(function, isDouble, precise);
  auto worst = isDouble ? worstF64(function, code, samples())
                        : worstF32(function, code, stride);
  if (details)
    printDetails(function.name, isDouble, 1, std::max(function.low, -80.0),
                 std::min(function.high, 80.0), code, worst);
  else
    printRow(function.name, isDouble, worst);
}

static void print(const PairFunction &function, bool isDouble) {
  auto code = compileEverywhere(function, isDouble, precise);
  auto worst = worstPairs(function, code, isDouble, samples());
  if (details)
    printDetails(function.name, isDouble, 2, 0.1, 10, code, worst);
  else
    printRow(function.name, isDouble, worst);
}

/// Of functions of one argument or of two; how many there were.
template <typename Function>
static int printAll(llvm::ArrayRef<Function> functions) {
  int printed = 0;
  for (const Function &function : functions)
    for (bool isDouble : {false, true})
      if (only.empty() || only == function.name) {
        print(function, isDouble);
        ++printed;
      }
  return printed;
}

int main(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv,
                              "the error of each elementary function\n");
  if (stride == 0) {
    std::fprintf(stderr, "accuracy: the stride is 0\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  if (!details)
    printHead();
  if (printAll(elementaryFunctions()) + printAll(pairFunctions()) > 0)
    return 0;
  std::fprintf(stderr, "accuracy: no function is called %s\n", only.c_str());
  return 1;
}
