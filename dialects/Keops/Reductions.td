//===- Reductions.td - one record per reduction ----------------*- tablegen -*-===//

#ifndef KEOPS_REDUCTIONS_TD
#define KEOPS_REDUCTIONS_TD

include "dialects/Keops/Dialect.td"

// `own` lists the interface methods with a default that the reduction replaces.
class Keops_Reduction<string name, string mnemonicText, string spelling,
                      string text, list<string> own = []>
    : AttrDef<Keops_Dialect, name,
              [DeclareAttrInterfaceMethods<Keops_ReductionAttrInterface, own>]> {
  let mnemonic = mnemonicText;
  let summary = text;
  let extraClassDefinition = [{
    ::llvm::StringRef $cppClass::getSpelling() const { return "}] # spelling # [{"; }
  }];
}

def Keops_SumAttr : Keops_Reduction<"Sum", "sum", "Sum", "sum of the values",
                                    ["vjp", "jvp", "isLinear", "sumsInBlocks"]>;
def Keops_LogSumExpAttr
    : Keops_Reduction<"LogSumExp", "logsumexp", "LogSumExp",
                      "logarithm of the sum of the exponentials",
                      ["stepBlock", "finalize", "vjp", "jvp", "sumsInBlocks"]>;


// Exponentials with a weight: the second formula. The first has dimension 1.
def Keops_LogSumExpWeightAttr
    : Keops_Reduction<"LogSumExpWeight", "logsumexpweight", "LogSumExpWeight",
                      "logarithm of the sum of weight times exponential",
                      ["stepBlock", "finalize", "vjp", "jvp", "sumsInBlocks"]>;
def Keops_SoftMaxAttr
    : Keops_Reduction<"SoftMax", "softmax", "SumSoftMaxWeight",
                      "mean of the weights, each counted exp(f) times",
                      ["stepBlock", "finalize", "vjp", "jvp", "sumsInBlocks"]>;
class Keops_ShiftedSum<string name, string mnemonic, string spelling, string text>
    : Keops_Reduction<name, mnemonic, spelling, text,
                      ["stepBlock", "finalize", "vjp", "jvp", "sumsInBlocks"]>;
def Keops_MaxSumShiftExpAttr
    : Keops_ShiftedSum<"MaxSumShiftExp", "maxsumshiftexp", "Max_SumShiftExp",
                       "m, the greatest f, and the sum of exp(f - m)">;
def Keops_MaxSumShiftExpWeightAttr
    : Keops_ShiftedSum<"MaxSumShiftExpWeight", "maxsumshiftexpweight",
                       "Max_SumShiftExpWeight",
                       "m, the greatest f, and the sum of weight exp(f - m)">;

def Keops_ProductAttr
    : Keops_Reduction<"Product", "product", "Product", "product of the values",
                      ["vjp", "jvp", "sumsInBlocks"]>;
def Keops_MeanAttr
    : Keops_Reduction<"Mean", "mean", "Mean", "mean of the values",
                      ["stepBlock", "finalize", "vjp", "jvp", "sumsInBlocks"]>;
def Keops_AnyAttr
    : Keops_Reduction<"Any", "any", "Any", "1 if any value is not 0, else 0",
                      ["vjp", "jvp"]>;
def Keops_AllAttr
    : Keops_Reduction<"All", "all", "All", "1 if no value is 0, else 0",
                      ["vjp", "jvp"]>;
def Keops_CountAttr
    : Keops_Reduction<"Count", "count", "Count", "how many values are not 0",
                      ["finalize", "vjp", "jvp"]>;

class Keops_Extremum<string name, string mnemonic, string spelling, string text>
    : Keops_Reduction<name, mnemonic, spelling, text, ["step", "finalize"]>;
class Keops_ExtremumValue<string name, string mnemonic, string spelling, string text>
    : Keops_Reduction<name, mnemonic, spelling, text,
                      ["step", "finalize", "vjp", "jvp"]>;
def Keops_MinAttr : Keops_ExtremumValue<"Min", "min", "Min", "least value">;
def Keops_MaxAttr : Keops_ExtremumValue<"Max", "max", "Max", "greatest value">;
def Keops_ArgMinAttr
    : Keops_Extremum<"ArgMin", "argmin", "ArgMin", "where the least value is">;
def Keops_ArgMaxAttr
    : Keops_Extremum<"ArgMax", "argmax", "ArgMax", "where the greatest value is">;
def Keops_MinArgMinAttr
    : Keops_ExtremumValue<"MinArgMin", "minargmin", "Min_ArgMin",
                     "least value, and where it is">;
def Keops_MaxArgMaxAttr
    : Keops_ExtremumValue<"MaxArgMax", "maxargmax", "Max_ArgMax",
                     "greatest value, and where it is">;

class Keops_KExtremum<string name, string mnemonic, string spelling, string text,
                      list<string> derivatives = ["vjp", "jvp"]>
    : Keops_Reduction<name, mnemonic, spelling, text,
                      ["step", "stepBlock", "finalize", "getRanks",
                       "insertInLoops"] # derivatives> {
  let parameters = (ins "int64_t":$k);
  let assemblyFormat = "`<` $k `>`";
  let genVerifyDecl = 1;
}
def Keops_KMinAttr
    : Keops_KExtremum<"KMin", "kmin", "KMin", "the K least values, ascending">;
def Keops_ArgKMinAttr
    : Keops_KExtremum<"ArgKMin", "argkmin", "ArgKMin",
                      "where the K least values are", []>;
def Keops_KMinArgKMinAttr
    : Keops_KExtremum<"KMinArgKMin", "kminargkmin", "KMin_ArgKMin",
                      "the K least values, and where they are">;

#endif // KEOPS_REDUCTIONS_TD
