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
                      ["stepBlock", "finalize", "vjp", "sumsInBlocks"]>;

class Keops_Extremum<string name, string mnemonic, string spelling, string text>
    : Keops_Reduction<name, mnemonic, spelling, text, ["step", "finalize"]>;
def Keops_MinAttr : Keops_Extremum<"Min", "min", "Min", "least value">;
def Keops_MaxAttr : Keops_Extremum<"Max", "max", "Max", "greatest value">;
def Keops_ArgMinAttr
    : Keops_Extremum<"ArgMin", "argmin", "ArgMin", "where the least value is">;
def Keops_ArgMaxAttr
    : Keops_Extremum<"ArgMax", "argmax", "ArgMax", "where the greatest value is">;

class Keops_KExtremum<string name, string mnemonic, string spelling, string text>
    : Keops_Reduction<name, mnemonic, spelling, text,
                      ["step", "stepBlock", "finalize"]> {
  let parameters = (ins "int64_t":$k);
  let assemblyFormat = "`<` $k `>`";
  let genVerifyDecl = 1;
}
def Keops_KMinAttr
    : Keops_KExtremum<"KMin", "kmin", "KMin", "the K least values, ascending">;
def Keops_ArgKMinAttr
    : Keops_KExtremum<"ArgKMin", "argkmin", "ArgKMin",
                      "where the K least values are">;

#endif // KEOPS_REDUCTIONS_TD
