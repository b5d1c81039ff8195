//===- CostTable.cpp - what loops over pairs should take, as tables -------===//

#include "compiler/Conversion/CPU/Cost.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace keops::cpu {

namespace {

/// The loops of a function that take most of its time.
struct HotLoops {
  scf::ForOp pairs; // those that take fewer at a turn take what is left over
  int64_t pairsPerTurn = 0;
  scf::ForOp again; // null if there is no second pass
};

HotLoops hotLoopsOf(func::FuncOp function) {
  HotLoops loops;
  function.walk([&](scf::ForOp loop) {
    if (SecondPass::of(loop))
      loops.again = loop;
    auto pairs = loop->getAttrOfType<IntegerAttr>(kPairsAttribute);
    if (!pairs || pairs.getInt() <= loops.pairsPerTurn)
      return;
    loops.pairs = loop;
    loops.pairsPerTurn = pairs.getInt();
  });
  return loops;
}

double nanosecondsOfPair(HotLoops loops) {
  return nanosecondsOf(*loops.pairs.getBody()) / double(loops.pairsPerTurn);
}

void printLoop(StringRef name, HotLoops loops, raw_ostream &os) {
  Block &body = *loops.pairs.getBody();
  Cost turn = costOf(body);
  double per16 = 16.0 / double(loops.pairsPerTurn);
  os << "| " << name << " | " << loops.pairsPerTurn;
  for (double count : {turn.multiply, turn.add, turn.shuffle, turn.any,
                       turn.divider, cyclesOf(body)})
    os << " | " << llvm::format("%.1f", count * per16);
  os << " | " << turn.bound() << " | "
     << llvm::format("%.3f", nanosecondsOfPair(loops)) << " |\n";
}

void printAgain(StringRef name, HotLoops loops, raw_ostream &os) {
  SecondPass pass = *SecondPass::of(loops.again);
  for (int64_t columns : {kTypicalColumns, 10 * kTypicalColumns}) {
    double again = pass.nanosecondsOf(loops.again, columns);
    os << "| " << name << " | " << columns << " | " << pass.block << " | "
       << pass.group << " | " << llvm::format("%.1f", pass.groups(columns))
       << " | " << llvm::format("%.3f", again) << " | "
       << llvm::format("%.3f", nanosecondsOfPair(loops) + again) << " |\n";
  }
}

} // namespace

void printCosts(ModuleOp module, raw_ostream &os) {
  SmallVector<std::pair<StringRef, HotLoops>> hot;
  for (auto function : module.getOps<func::FuncOp>())
    if (HotLoops loops = hotLoopsOf(function); loops.pairs)
      hot.push_back({function.getSymName(), loops});
  os << "Loops over pairs. Vector instructions for 16 pairs, by the pipes of a "
        "Zen 4 that\nrun them; cycles of the pipes for 16 pairs, and what "
        "binds; expected ns per pair.\n\n"
     << "| function | pairs a turn | multiply | add | shuffle | any | divider "
        "| cycles | bound by | ns per pair |\n"
     << "|---|---|---|---|---|---|---|---|---|---|\n";
  for (auto [name, loops] : hot)
    printLoop(name, loops, os);
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

} // namespace keops::cpu
