//===- CostTable.cpp - what loops over pairs should take, as tables -------===//

#include "compiler/Conversion/CPU/InFlight.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace keops::cpu {

/// Cycles and instructions of a turn, for 16 pairs.
static void printTurn(const Estimate &turn, int64_t pairs, raw_ostream &os) {
  const Cost &cost = turn.cost;
  for (double count : {cost.multiply, cost.add, cost.shuffle, cost.any,
                       cost.broadcast, cost.divider, turn.pipes, turn.waiting})
    os << " | " << llvm::format("%.1f", count * 16.0 / double(pairs));
  os << " | " << turn.bound << " | " << turn.live << " of " << turn.registers;
}

static void printAgain(StringRef name, const HotLoops &loops, raw_ostream &os) {
  SecondPass pass = *SecondPass::of(loops.again);
  for (int64_t columns : {kTypicalColumns, 10 * kTypicalColumns}) {
    double again = pass.nanosecondsOf(loops.again, columns);
    os << "| " << name << " | " << columns << " | " << pass.block << " | "
       << pass.group << " | " << llvm::format("%.1f", pass.groups(columns))
       << " | " << llvm::format("%.3f", again) << " | "
       << llvm::format("%.3f", pairNsOf(loops.pairs) + again) << " |\n";
  }
}

void printCosts(ModuleOp module, raw_ostream &os) {
  SmallVector<std::pair<StringRef, HotLoops>> hot;
  for (auto function : module.getOps<func::FuncOp>())
    if (HotLoops loops = hotLoopsOf(function); loops.pairs)
      hot.push_back({function.getSymName(), loops});
  os << "Loops over pairs. Vector instructions for 16 pairs, by the pipes of a "
        "Zen 4 that\nrun them; cycles of the pipes for 16 pairs, and which "
        "bind; "
        "cycles that chains of\noperations would take; registers that the loop "
        "wants; expected ns per pair.\n\n"
     << "| function | pairs a turn | multiply | add | shuffle | any | "
        "broadcast "
        "| divider | pipes | waiting | bound by | registers | ns per pair |\n"
     << "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (auto [name, loops] : hot) {
    for (scf::ForOp loop : {loops.ahead, loops.pairs}) {
      if (!loop)
        continue;
      int64_t pairs = pairsOf(loop);
      os << "| " << name << (loop == loops.ahead ? ", ahead" : "") << " | "
         << pairs;
      printTurn(estimateOf(*loop.getBody(), pairs), pairs, os);
      os << " | " << llvm::format("%.3f", pairNsOf(loop)) << " |\n";
    }
  }
  if (llvm::none_of(hot, [](auto &entry) { return entry.second.again; }))
    return;
  os << "\nThat is the first pass. The second looks again at groups of columns "
        "that may hold\none of the best; how many is expected of data in "
        "random "
        "order.\n\n"
     << "| function | columns | in a block | in a group | groups again, per "
        "row "
        "| their ns per pair | ns per pair |\n"
     << "|---|---|---|---|---|---|---|\n";
  for (auto [name, loops] : hot)
    if (loops.again)
      printAgain(name, loops, os);
}

void printCandidates(ModuleOp module, bool precise, raw_ostream &os) {
  os << "How many row vectors and columns are in flight together: what a turn "
        "of "
        "the loop over\npairs should take. The smallest that is within 0.2 % "
        "of "
        "the best is taken.\n\n"
     << "| kernel | set | rows x columns | pipes | waiting | registers | "
        "spills "
        "| ns per pair | |\n"
     << "|---|---|---|---|---|---|---|---|---|\n";
  for (auto kernel : module.getOps<tile::KernelOp>()) {
    if (!kernel.getSchedules())
      continue;
    Demand demand = demandOf(kernel);
    for (auto schedule :
         kernel.getSchedules()->getAsRange<tile::ScheduleAttr>()) {
      if (schedule.getIsa() == tile::Isa::Gpu)
        continue;
      Candidates candidates = chooseInFlight(kernel, schedule, demand, precise);
      for (const InFlight &one : candidates.all) {
        if (!one.pairs)
          continue;
        double per16 = 16.0 / double(one.pairs);
        os << "| " << kernel.getSymName() << " | "
           << tile::stringifyIsa(schedule.getIsa()) << " | " << one.groups
           << " x " << one.columns << " | "
           << llvm::format("%.1f", one.turn.pipes * per16) << " | "
           << llvm::format("%.1f", one.turn.waiting * per16) << " | "
           << one.turn.live << " of " << one.turn.registers << " | "
           << llvm::format("%.1f", one.turn.spills * per16) << " | "
           << llvm::format("%.3f", one.pairNs) << " | "
           << (&one == &candidates.chosen() ? "taken" : "") << " |\n";
      }
    }
  }
  os << "\n";
}

} // namespace keops::cpu
