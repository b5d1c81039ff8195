//===- Catalogue.cpp - the reductions by name -----------------------------===//

#include "dialects/Keops/Keops.h"

using namespace mlir;

namespace keops {

int columnsOf(ArrayRef<Lanes> x, const Lane &j) {
  int cols = j.cols;
  for (const Lanes &operand : x)
    for (const Lane &component : operand)
      cols = std::max(cols, component.cols);
  return cols;
}

Lanes stepByStep(Attribute attribute, Machine &machine, const Lanes &state,
                 ArrayRef<Lanes> x, const Lane &j) {
  auto reduction = cast<ReductionAttrInterface>(attribute);
  int cols = columnsOf(x, j);
  auto columnOf = [&](const Lane &lane, int u) {
    return machine.column(lane, lane.cols == 1 ? 0 : u);
  };
  Lanes next(state);
  for (int u = 0; u < cols; ++u) {
    SmallVector<Lanes> column;
    for (const Lanes &operand : x)
      column.push_back(Lanes(llvm::map_range(
          operand, [&](const Lane &lane) { return columnOf(lane, u); })));
    next = reduction.step(machine, next, column, columnOf(j, u));
  }
  return next;
}

bool actsByComponent(Attribute attribute, Machine &machine,
                     ArrayRef<int64_t> dims) {
  auto reduction = cast<ReductionAttrInterface>(attribute);
  // What the components share, as Mean's count, is there once.
  return (dims.size() == 1 || isa<RelativeSumsAttr>(reduction)) &&
         reduction.state(machine, {2}).size() ==
             2 * reduction.state(machine, {1}).size();
}

template <typename Attr>
static ReductionAttrInterface plain(MLIRContext *context, int64_t) {
  return cast<ReductionAttrInterface>(Attribute(Attr::get(context)));
}
template <typename Attr>
static ReductionAttrInterface adding(MLIRContext *context, int64_t) {
  return Attr::get(context, Summation());
}
template <typename Attr>
static ReductionAttrInterface ranked(MLIRContext *context, int64_t k) {
  return cast<ReductionAttrInterface>(Attribute(Attr::get(context, k)));
}

ArrayRef<ReductionEntry> reductionCatalogue() {
  static constexpr ReductionEntry entries[] = {
      {"Sum", "sum of the values", false, adding<SumAttr>},
      {"LogSumExp", "logarithm of the sum of the exponentials", false,
       adding<LogSumExpAttr>, 1, "LogSumExpWeight"},
      {"LogSumExpWeight", "logarithm of the sum of g exp(f)", false,
       adding<LogSumExpWeightAttr>, 2},
      {"SumSoftMaxWeight", "sum of g exp(f) over the sum of exp(f)", false,
       adding<SoftMaxAttr>, 2},
      {"Max_SumShiftExp", "m, the greatest f, then the sum of exp(f - m)",
       false, adding<MaxSumShiftExpAttr>, 1, "Max_SumShiftExpWeight"},
      {"Max_SumShiftExpWeight",
       "m, the greatest f, then the sum of g exp(f - m)", false,
       adding<MaxSumShiftExpWeightAttr>, 2},
      {"Product", "product of the values", false, plain<ProductAttr>},
      {"Mean", "mean of the values", false, adding<MeanAttr>},
      {"Any", "1 if any value is not 0, else 0", false, plain<AnyAttr>},
      {"All", "1 if no value is 0, else 0", false, plain<AllAttr>},
      {"Count", "how many values are not 0", false, plain<CountAttr>},
      {"Min", "least value", false, plain<MinAttr>},
      {"Max", "greatest value", false, plain<MaxAttr>},
      {"ArgMin", "where the least value is", false, plain<ArgMinAttr>},
      {"ArgMax", "where the greatest value is", false, plain<ArgMaxAttr>},
      {"Min_ArgMin", "least value, and where it is", false,
       plain<MinArgMinAttr>},
      {"Max_ArgMax", "greatest value, and where it is", false,
       plain<MaxArgMaxAttr>},
      {"KMin", "the K least values, ascending", true, ranked<KMinAttr>},
      {"ArgKMin", "where the K least values are", true, ranked<ArgKMinAttr>},
      {"KMin_ArgKMin", "the K least values, and where they are", true,
       ranked<KMinArgKMinAttr>},
  };
  return entries;
}

} // namespace keops
