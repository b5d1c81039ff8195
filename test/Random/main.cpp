//===- main.cpp - random formulas, compiled and interpreted ---------------===//
//
//   random-formulas [--seed S] [--many N] [--first K] [--in-turn] [--gpu]
//                   [--slowest] [--show]
//
// Every formula has a number, from which it follows; `--first K --many 1` makes
// one again. Ends with status 1 if a result is wrong, or if there is a name of
// the language that no formula used.
//
//===----------------------------------------------------------------------===//

#include "test/Random/Checker.h"
#include "test/Random/Generator.h"
#include "test/Random/Shrink.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace keops;
using namespace keops::random;
using llvm::outs;
namespace cl = llvm::cl;

static cl::OptionCategory category("Options");
static cl::opt<uint64_t> seed("seed", cl::desc("Start of chance (default 1)"),
                              cl::init(1), cl::cat(category));
static cl::opt<int64_t> many("many",
                             cl::desc("How many formulas (default 220)"),
                             cl::init(220), cl::cat(category));
static cl::opt<int64_t> first("first", cl::desc("Number of the first"),
                              cl::init(0), cl::cat(category));
static cl::opt<bool> inTurn("in-turn",
                            cl::desc("One instruction set for each formula"),
                            cl::cat(category));
static cl::opt<bool> gpu("gpu", cl::desc("On a GPU"), cl::cat(category));
static cl::opt<bool>
    slowest("slowest", cl::desc("Print which one took longest to compile"),
            cl::cat(category));
static cl::opt<bool> show("show", cl::desc("Print all formulas"),
                          cl::cat(category));

namespace {
struct Totals {
  int64_t agreed = 0, rejected = 0, wrong = 0, compared = 0, incomparable = 0;
  double compileMs = 0; // of the one that takes most
  std::string slowest;
  std::set<std::string> names;
};
} // namespace

static void report(Checker &checker, const Case &test, int64_t index) {
  Verdict last;
  auto isWrong = [&](Case &candidate) {
    Verdict verdict = checker.check(candidate);
    bool wrong = verdict.kind == Verdict::Wrong;
    if (wrong)
      last = verdict;
    return wrong;
  };
  Case small = shrink(test, isWrong, 400);
  last = checker.check(small);
  outs() << "wrong: formula " << index << " of seed " << seed << "\n  "
         << test.tree->text() << "\nshrunk to\n  " << small.tree->text()
         << "\n  " << last.isa << " " << last.reason << "\n  "
         << small.command(last.isa.empty() ? "native" : last.isa) << "\n";
  outs().flush();
}

/// One formula around one name.
static Verdict runOnce(Checker &checker, const Language &language,
                       int64_t index, int64_t attempt, Totals &totals) {
  Generator generator(language, seed * 0x9e3779b97f4a7c15 + uint64_t(index) +
                                    (uint64_t(attempt) << 40));
  std::vector<std::string> names = language.names();
  Case test = generator.next(names[uint64_t(index) % names.size()]);
  if (show) { // before anything can go wrong
    outs() << index << " " << test.tree->text();
    outs().flush();
  }
  Verdict verdict = checker.check(test, [&](int64_t rows, int64_t cols) {
    return generator.size(rows, cols);
  });
  if (show)
    outs() << " " << test.M << "x" << test.N << " " << int(verdict.kind) << " "
           << verdict.compared << " " << verdict.reason << "\n";
  if (verdict.compileMs > totals.compileMs) {
    totals.compileMs = verdict.compileMs;
    totals.slowest = std::to_string(index) + ", " + test.tree->text();
  }
  totals.compared += verdict.compared;
  totals.incomparable += verdict.incomparable;
  totals.rejected += verdict.kind == Verdict::Rejected;
  totals.agreed += verdict.kind == Verdict::Agrees;
  totals.wrong += verdict.kind == Verdict::Wrong;
  if (verdict.compared)
    test.tree->collectNames(totals.names);
  if (verdict.kind == Verdict::Wrong)
    report(checker, test, index);
  return verdict;
}

/// Another one, if nothing of the first could be compared.
static void run(Checker &checker, const Language &language, int64_t index,
                Totals &totals) {
  for (int64_t attempt = 0; attempt < 4; ++attempt) {
    Verdict verdict = runOnce(checker, language, index, attempt, totals);
    if (verdict.compared || verdict.kind == Verdict::Wrong)
      return;
  }
}

/// Names that no formula has used whose results were compared.
static int64_t printUnused(const Language &language, const Totals &totals) {
  int64_t unused = 0;
  for (const std::string &name : language.names())
    if (!totals.names.count(name)) {
      outs() << "never compared: " << name << "\n";
      ++unused;
    }
  for (const std::string &name : language.others)
    if (!llvm::is_contained({"Vi", "Vj", "Pm", "Var", "Ind"}, name)) {
      outs() << "no way found to call " << name << "\n";
      ++unused;
    }
  return unused;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "random formulas\n");
  auto context = makeContext();
  Random random(1);
  Language language(context.get(), random, 300);
  Checker checker(context.get(), gpu      ? Checker::Gpu
                                 : inTurn ? Checker::InTurn
                                          : Checker::Every);
  Totals totals;
  for (int64_t index = first; index < first + many; ++index)
    run(checker, language, index, totals);
  bool isFull = many >= int64_t(language.names().size());
  int64_t unused = isFull ? printUnused(language, totals) : 0;
  outs() << "seed " << seed << ": " << totals.agreed << " formulas agree, "
         << totals.wrong << " do not, " << totals.rejected << " were refused; "
         << totals.compared << " numbers compared, " << totals.incomparable
         << " left open; " << totals.names.size() << " names used\n";
  if (slowest)
    outs() << "the slowest took " << llvm::format("%.0f", totals.compileMs)
           << " ms to compile: formula " << totals.slowest << "\n";
  return totals.wrong || unused ? 1 : 0;
}
