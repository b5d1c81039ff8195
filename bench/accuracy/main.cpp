//===- main.cpp - the error table of the elementary functions -------------===//
//
//   accuracy [stride [function]]
//
// Prints the largest error of each elementary function, or of one, on each
// instruction set of this computer: over every stride-th of all 2^32 f32
// arguments (1 if not given: some minutes), and over 2^32 / stride / 16 f64
// arguments or pairs. The columns: instructions of the loop, ns per number with
// data in the cache, and the largest error.
//
//===----------------------------------------------------------------------===//

#include "test/Unit/ElementaryErrors.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace keops;

static constexpr uint64_t all = uint64_t(1) << 32;

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

static void printLine(const char *name, bool isDouble,
                      const ElementaryCode &entry, double time,
                      const WorstCase &found) {
  std::printf("%-6s %s %-10s %3d %8.4f  %s\n", name, isDouble ? "f64" : "f32",
              isaName(entry.isa).c_str(), entry.run->loopInstructions(), time,
              found.describe().c_str());
  std::fflush(stdout);
}

static void printFunction(const ElementaryFunction &function, bool isDouble,
                          uint64_t stride) {
  auto code = compileEverywhere(function, isDouble);
  auto worst = isDouble ? worstF64(function, code, all / stride / 16)
                        : worstF32(function, code, stride);
  for (auto [entry, found] : llvm::zip(code, worst))
    printLine(function.name, isDouble, entry,
              timeOf(*entry.run, isDouble, 1, std::max(function.low, -80.0),
                     std::min(function.high, 80.0)),
              found);
}

static void printPow(bool isDouble, uint64_t stride) {
  auto code = compilePow(isDouble);
  auto worst = worstPow(code, isDouble, all / stride / 16);
  for (auto [entry, found] : llvm::zip(code, worst))
    printLine("pow", isDouble, entry, timeOf(*entry.run, isDouble, 2, 0.1, 10),
              found);
}

int main(int argc, char **argv) {
  uint64_t stride = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  llvm::StringRef only = argc > 2 ? argv[2] : "";
  if (argc > 3 || stride == 0) {
    std::fprintf(stderr, "usage: accuracy [stride [function]]\n");
    return 2;
  }
  auto wanted = [&](llvm::StringRef name) {
    return only.empty() || only == name;
  };
  std::puts("instructions of the loop, ns per number, largest error");
  for (const ElementaryFunction &function : elementaryFunctions())
    for (bool isDouble : {false, true})
      if (wanted(function.name))
        printFunction(function, isDouble, stride);
  for (bool isDouble : {false, true})
    if (wanted("pow"))
      printPow(isDouble, stride);
  return 0;
}
