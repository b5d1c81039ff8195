//===- Reductions.td - one record per reduction ----------------*- tablegen -*-===//

#ifndef KEOPS_REDUCTIONS_TD
#define KEOPS_REDUCTIONS_TD

include "dialects/Keops/Dialect.td"

// `own` lists the interface methods with a default that the reduction replaces.
// The other fields are for the reference, as in Keops_MathOp. In examples,
// brackets hold the values of the columns: `Sum([1, 2, 3]) = 6`. `derivative` is
// that of the result y along the value f of one column.
class Keops_Reduction<string name, string mnemonicText, string spelling,
                      string text, list<string> own = []>
    : AttrDef<Keops_Dialect, name,
              [DeclareAttrInterfaceMethods<Keops_ReductionAttrInterface, own>]> {
  let mnemonic = mnemonicText;
  let summary = text;
  string dimension = "";
  string derivative =
      !if(!empty(!filter(method, own, !eq(method, "vjp"))), "none", "");
  string special = "";
  string example = "";
  code adding = "";
  let extraClassDefinition = [{
    ::llvm::StringRef $cppClass::getSpelling() const { return "}] # spelling # [{"; }
    ::keops::Doc $cppClass::getDoc() const {
      return {R"(}] # dimension # [{)", R"(}] # derivative # [{)",
              R"(}] # special # [{)", R"(}] # example # [{)", {}};
    }
  }] # adding;
}

// Reductions that add up take a Summation, and sum blocks of columns first if
// that says so. Their sums are kept by the functions of Reductions/Sums.h.
class Keops_Adding<string name, string mnemonicText, string spelling, string text,
                   list<string> own>
    : Keops_Reduction<name, mnemonicText, spelling, text,
                      own # ["getBlockReduction", "withSummation"]> {
  let parameters = (ins DefaultValuedParameter<"::keops::Summation",
                                               "::keops::Summation()">:$summation);
  let assemblyFormat = "(`<` $summation^ `>`)?";
  let adding = [{
    ::keops::ReductionAttrInterface
    $cppClass::withSummation(const ::keops::Summation &summation) const {
      return $cppClass::get(getContext(), summation);
    }
    ::keops::ReductionAttrInterface $cppClass::getBlockReduction() const {
      if (getSummation().scheme == ::keops::SumScheme::Block)
        return withSummation(::keops::Summation());
      return {};
    }
  }];
}
def Keops_SumAttr : Keops_Adding<"Sum", "sum", "Sum", "sum of the values",
                                 ["step", "finalize", "vjp", "jvp", "isLinear"]> {
  let dimension = "d(f)";
  let derivative = "1";
  let special = "Sum([]) = 0";
  let example = "Sum([1, 2, 3]) = 6; Sum([(1, 2), (3, 4)]) = (4, 6)";
}
def Keops_LogSumExpAttr
    : Keops_Adding<"LogSumExp", "logsumexp", "LogSumExp",
                   "logarithm of the sum of the exponentials",
                   ["stepBlock", "finalize", "vjp", "jvp",
                    "derivesFromResult"]> {
  let dimension = "d(f)";
  let derivative = "Exp(f - y)";
  let special = "LogSumExp([]) = -inf; LogSumExp([-inf, -inf]) = -inf; "
      # "LogSumExp([-inf, 0]) = 0; LogSumExp([0, inf]) = inf; "
      # "LogSumExp'([-inf, 0]) = [0, 1]";
  let example = "LogSumExp([0, 0]) = 0.693...; LogSumExp([1000, 1000]) = "
      # "1000.693...";
}


// Exponentials with a weight: the second formula. The first has dimension 1.
def Keops_LogSumExpWeightAttr
    : Keops_Adding<"LogSumExpWeight", "logsumexpweight", "LogSumExpWeight",
                   "logarithm of the sum of weight times exponential",
                   ["stepBlock", "finalize", "vjp", "jvp", "splitState",
                    "derivesFromResult"]> {
  let dimension = "d(g); d(f) must be 1";
  let derivative = "g * Exp(f - y) along f, Exp(f - y) along g";
  let special = "LogSumExpWeight([], []) = -inf; LogSumExpWeight([0], [-1]) = nan";
  let example = "LogSumExp([0, 0], weight=[1, 3]) = 1.386...";
}
def Keops_SoftMaxAttr
    : Keops_Adding<"SoftMax", "softmax", "SumSoftMaxWeight",
                   "mean of the weights, each counted exp(f) times",
                   ["stepBlock", "finalize", "vjp", "jvp", "splitState",
                    "isLinearIn"]> {
  let dimension = "d(g); d(f) must be 1";
  let derivative = "s * (g - y) along f, s along g, where s = Exp(f) / sum of Exp(f)";
  let special = "SumSoftMaxWeight([], []) = nan";
  let example = "SumSoftMaxWeight([0, 0], [1, 3]) = 2";
}
// Not in formulas: what long sums of that kind are made of.
def Keops_RelativeSumsAttr
    : Keops_Adding<"RelativeSums", "relativesums", "RelativeSums",
                   "m, near the greatest f, and the sums of exp(f - m) g",
                   ["finalize"]> {
  let dimension = "d(g) for each of the two results; d(f), the last, must be 1";
}
class Keops_ShiftedSum<string name, string mnemonic, string spelling, string text,
                       list<string> own = []>
    : Keops_Adding<name, mnemonic, spelling, text,
                   ["stepBlock", "finalize", "vjp", "jvp"] # own>;
def Keops_MaxSumShiftExpAttr
    : Keops_ShiftedSum<"MaxSumShiftExp", "maxsumshiftexp", "Max_SumShiftExp",
                       "m, the greatest f, and the sum of exp(f - m)"> {
  let dimension = "2; d(f) must be 1";
  let derivative = "m moves with the greatest f, the sum by Exp(f - m) times what f "
      # "moves more than m";
  let special = "Max_SumShiftExp([]) = (-inf, 0)";
  let example = "Max_SumShiftExp([2, 2]) = (2, 2)";
}
def Keops_MaxSumShiftExpWeightAttr
    : Keops_ShiftedSum<"MaxSumShiftExpWeight", "maxsumshiftexpweight",
                       "Max_SumShiftExpWeight",
                       "m, the greatest f, and the sum of weight exp(f - m)",
                       ["splitState"]> {
  let dimension = "1 + d(g); d(f) must be 1";
  let derivative = "as of Max_SumShiftExp, with g * Exp(f - m) for Exp(f - m); "
      # "Exp(f - m) along g";
  let special = "Max_SumShiftExpWeight([], []) = (-inf, 0)";
  let example = "Max_SumShiftExp([2, 2], weight=[1, 3]) = (2, 4)";
}

def Keops_ProductAttr
    : Keops_Reduction<"Product", "product", "Product", "product of the values",
                      ["vjp", "jvp", "getBlockReduction"]> {
  let dimension = "d(f)";
  let derivative = "the product of the other values";
  let special = "Product([]) = 1; Product'([2, 0, 3]) = [0, 6, 0]";
  let example = "Product([2, 3, 4]) = 24";
}
def Keops_MeanAttr
    : Keops_Adding<"Mean", "mean", "Mean", "mean of the values",
                   ["stepBlock", "finalize", "vjp", "jvp", "isLinear",
                    "hasCounts", "splitState"]> {
  let dimension = "d(f)";
  let derivative = "1 / number of values";
  let special = "Mean([]) = nan";
  let example = "Mean([1, 2, 6]) = 3";
}
def Keops_AnyAttr
    : Keops_Reduction<"Any", "any", "Any", "1 if any value is not 0, else 0",
                      ["vjp", "jvp"]> {
  let dimension = "d(f)";
  let derivative = "0";
  let special = "Any([]) = 0; Any([nan]) = 1";
  let example = "Any([0, 2]) = 1";
}
def Keops_AllAttr
    : Keops_Reduction<"All", "all", "All", "1 if no value is 0, else 0",
                      ["vjp", "jvp"]> {
  let dimension = "d(f)";
  let derivative = "0";
  let special = "All([]) = 1; All([nan]) = 1";
  let example = "All([0, 2]) = 0";
}
def Keops_CountAttr
    : Keops_Reduction<"Count", "count", "Count", "how many values are not 0",
                      ["finalize", "vjp", "jvp", "hasCounts"]> {
  let dimension = "d(f)";
  let derivative = "0";
  let special = "Count([]) = 0; Count([nan]) = 1";
  let example = "Count([0, 2, 5]) = 2";
}

class Keops_Extremum<string name, string mnemonic, string spelling, string text>
    : Keops_Reduction<name, mnemonic, spelling, text,
                      ["step", "stepBlock", "finalize", "getRanking"]>;
class Keops_ExtremumValue<string name, string mnemonic, string spelling, string text>
    : Keops_Reduction<name, mnemonic, spelling, text,
                      ["step", "stepBlock", "finalize", "getRanking", "vjp",
                       "jvp"]>;
def Keops_MinAttr : Keops_ExtremumValue<"Min", "min", "Min", "least value"> {
  let dimension = "d(f)";
  let derivative = "1 along the value that is taken, 0 along the others";
  let special = "Min([]) = inf; Min([nan]) = inf; Min([nan, 2]) = 2; "
      # "Min'([3, 1, 1]) = [0, 1, 0]";
  let example = "Min([3, 1, 2]) = 1";
}
def Keops_MaxAttr : Keops_ExtremumValue<"Max", "max", "Max", "greatest value"> {
  let dimension = "d(f)";
  let derivative = "1 along the value that is taken, 0 along the others";
  let special = "Max([]) = -inf; Max([nan]) = -inf; Max([nan, 2]) = 2; "
      # "Max'([3, 1, 3]) = [1, 0, 0]";
  let example = "Max([3, 1, 2]) = 3";
}
def Keops_ArgMinAttr
    : Keops_Extremum<"ArgMin", "argmin", "ArgMin", "where the least value is"> {
  let dimension = "d(f)";
  let special = "ArgMin([]) = -1; ArgMin([nan, 2]) = 1; ArgMin([inf]) = -1";
  let example = "ArgMin([3, 1, 1]) = 1";
}
def Keops_ArgMaxAttr
    : Keops_Extremum<"ArgMax", "argmax", "ArgMax", "where the greatest value is"> {
  let dimension = "d(f)";
  let special = "ArgMax([]) = -1; ArgMax([nan, 2]) = 1; ArgMax([-inf]) = -1";
  let example = "ArgMax([3, 1, 3]) = 0";
}
def Keops_MinArgMinAttr
    : Keops_ExtremumValue<"MinArgMin", "minargmin", "Min_ArgMin",
                     "least value, and where it is"> {
  let dimension = "d(f) for each of the two results";
  let derivative = "1 along the value that is taken, 0 along the others";
  let special = "Min_ArgMin([]) = inf, -1";
  let example = "Min_ArgMin([3, 1, 2]) = 1, 1";
}
def Keops_MaxArgMaxAttr
    : Keops_ExtremumValue<"MaxArgMax", "maxargmax", "Max_ArgMax",
                     "greatest value, and where it is"> {
  let dimension = "d(f) for each of the two results";
  let derivative = "1 along the value that is taken, 0 along the others";
  let special = "Max_ArgMax([]) = -inf, -1";
  let example = "Max_ArgMax([3, 1, 2]) = 3, 0";
}

class Keops_KExtremum<string name, string mnemonic, string spelling, string text,
                      list<string> derivatives = ["vjp", "jvp"]>
    : Keops_Reduction<name, mnemonic, spelling, text,
                      ["step", "stepBlock", "finalize", "getRanks", "getRanking",
                       "insertInLoops"] # derivatives> {
  let parameters = (ins "int64_t":$k);
  let assemblyFormat = "`<` $k `>`";
  let genVerifyDecl = 1;
}
def Keops_KMinAttr
    : Keops_KExtremum<"KMin", "kmin", "KMin", "the K least values, ascending"> {
  let dimension = "K * d(f), all of rank 0 first";
  let derivative = "1 along the value that is taken, 0 along the others";
  let special = "KMin([3], K=2) = (3, inf); KMin([nan, 3], K=1) = 3";
  let example = "KMin([3, 1, 2], K=2) = (1, 2)";
}
def Keops_ArgKMinAttr
    : Keops_KExtremum<"ArgKMin", "argkmin", "ArgKMin",
                      "where the K least values are", []> {
  let dimension = "K * d(f), all of rank 0 first";
  let special = "ArgKMin([3], K=2) = (0, -1)";
  let example = "ArgKMin([3, 1, 1], K=2) = (1, 2)";
}
def Keops_KMinArgKMinAttr
    : Keops_KExtremum<"KMinArgKMin", "kminargkmin", "KMin_ArgKMin",
                      "the K least values, and where they are"> {
  let dimension = "K * d(f) for each of the two results";
  let derivative = "1 along the value that is taken, 0 along the others";
  let special = "KMin_ArgKMin([3], K=2) = (3, inf), (0, -1)";
  let example = "KMin_ArgKMin([3, 1, 2], K=2) = (1, 2), (1, 2)";
}

#endif // KEOPS_REDUCTIONS_TD
