//===- Options.td - the options of keopsc and keops-run -------*- tablegen -*-===//
//
// One table, so that what both programs take is spelled, explained and read
// alike. The library takes some of them, too (`options` of keops_source).
// `Visibility` says who takes an option. Long options take their value as
// `--name VALUE` or `--name=VALUE`. Help lines end in the default.
//
//===----------------------------------------------------------------------===//

include "llvm/Option/OptParser.td"

def CompilerOption : OptionVisibility; // keopsc
def RunnerOption : OptionVisibility;   // keops-run
def LibraryOption : OptionVisibility;  // libkeops_compiler

defvar compiler = [CompilerOption];
defvar runner = [RunnerOption];
defvar both = [CompilerOption, RunnerOption];
defvar makers = [CompilerOption, LibraryOption];
defvar all = [CompilerOption, RunnerOption, LibraryOption];

class Chapter<string title> : OptionGroup<"<" # title # ">"> {
  let HelpText = title;
}
def formula_group : Chapter<"Formula, instead of a file">;
def code_group : Chapter<"Code">;
def files_group : Chapter<"Files">;
def data_group : Chapter<"Data">;
def run_group : Chapter<"Run">;
def limits_group : Chapter<"Limits, which mistakes meet before memory ends">;
def info_group : Chapter<"Information">;

multiclass Value<string name, string meta, OptionGroup group,
                 list<OptionVisibility> users, string help,
                 list<HelpTextVariant> variants = []> {
  let HelpTextsForVariants = variants in
  def NAME : Separate<["--"], name>, MetaVarName<meta>, Group<group>,
             Visibility<users>, HelpText<help>;
  def NAME # _EQ : Joined<["--"], name # "=">, Group<group>,
                   Visibility<users>, Alias<!cast<Separate>(NAME)>;
}
class Switch<string name, OptionGroup group, list<OptionVisibility> users,
             string help>
    : Flag<["--"], name>, Group<group>, Visibility<users>, HelpText<help>;
class Short<string name, string meta, string help>
    : JoinedOrSeparate<["-"], name>, MetaVarName<meta>, Group<files_group>,
      Visibility<compiler>, HelpText<help>;

//===----------------------------------------------------------------------===//
// The formula
//===----------------------------------------------------------------------===//

defm formula : Value<"formula", "F", formula_group, both,
                     "Formula text, for example \"Exp(-SqDist(X,Y))*B\"">;
defm alias : Value<"alias", "DECL", formula_group, both,
                   "A variable, for example \"X = Vi(3)\"; once for each">;
defm reduction : Value<"reduction", "R", formula_group, both,
                       "A reduction, see keopsc --list-ops [Sum]">;
defm axis : Value<"axis", "0|1", formula_group, both,
                  "1: reduce over j, a row for each i; 0: over i [0]">;
defm formula2 : Value<"formula2", "G", formula_group, both,
                      "Second formula of a reduction that takes two">;
defm opt_arg : Value<"opt-arg", "K", formula_group, both,
                     "Number that the reduction takes, as K of KMin">;
defm name : Value<"name", "NAME", formula_group, both,
                  "Name of the kernel [formula]">;
defm dtype : Value<"dtype", "TYPE", formula_group, both,
                   "float32 or float64 [float32]">;
defm sum_scheme : Value<"sum-scheme", "SCHEME", formula_group, both,
                        "How reductions add up: block_sum, direct_sum, "
                        "kahan_scheme [block_sum]">;
defm dtype_acc : Value<"dtype-acc", "TYPE", formula_group, both,
                       "Precision of their sums, float32 or float64 [the "
                       "data's]">;

//===----------------------------------------------------------------------===//
// The code
//===----------------------------------------------------------------------===//

defm grad : Value<"grad", "X,...", code_group, both,
                  "Also make the gradients along these variables [none]",
                  [HelpTextVariant<[RunnerOption],
                   "Compute these gradients instead, in one go">]>;
defm cpu : Value<"cpu", "ISA,...", code_group, all,
                 "native, x86-64-v2, x86-64-v3, x86-64-v4 [the last three]",
                 [HelpTextVariant<[RunnerOption],
                  "native, x86-64-v2, x86-64-v3, x86-64-v4 [native]">]>;
defm target : Value<"target", "T,...", code_group, makers,
                    "What the code is for: cpu, cuda [both in objects]">;
defm arch : Value<"arch", "SM,...", code_group, makers,
                  "GPUs that it is for, sm_75 or later, implies cuda [sm_75]">;
def precise : Switch<"precise", code_group, all,
                     "Never trade rounding errors for speed [off]">;

//===----------------------------------------------------------------------===//
// keopsc
//===----------------------------------------------------------------------===//

def o : Short<"o", "FILE", "The result [NAME.o; text: standard output]">;
defm header : Value<"header", "FILE", files_group, compiler,
                    "The C header [beside the object, .h for .o]">;
defm emit : Value<"emit", "STAGE", files_group, compiler,
                  "Stop at formula, grad, stable, tile, cpu, gpu, llvm, ptx, "
                  "asm, obj; or what loops cost [obj]">;
def MD : Flag<["-"], "MD">, Group<files_group>, Visibility<compiler>,
         HelpText<"Write a dependency file for build systems [off]">;
def MF : Short<"MF", "FILE", "Its name, implies -MD [the object's, .d for .o]">;

//===----------------------------------------------------------------------===//
// keops-run
//===----------------------------------------------------------------------===//

defm kernel : Value<"kernel", "NAME", data_group, runner,
                    "Which kernel of a file that has several">;
defm input : Value<"input", "X=FILE", data_group, runner,
                   "The table of a variable, .npy; once for each">;
defm cotangent : Value<"cotangent", "FILE", data_group, runner,
                       "What a gradient is applied to, shaped as the result">;
def value : Switch<"value", data_group, runner,
                   "With --grad: compute the result, too; it comes first [off]">;
defm output : Value<"output", "FILE", data_group, runner,
                    "Where to write the result, .npy; once for each result">;
defm size : Value<"size", "M,N", data_group, runner,
                  "Draw tables that are not given, from [0, 1); with --check "
                  "once for each size">;
defm seed : Value<"seed", "S", data_group, runner,
                  "Start of the random numbers [0]">;

defm backend : Value<"backend", "B", run_group, runner,
                     "cpu, gpu, auto: the quicker of them [cpu]">;
defm device : Value<"device", "N", run_group, runner,
                    "Number of the GPU [0]">;
defm threads : Value<"threads", "N", run_group, runner,
                     "At most so many threads [one for each core]">;
def check : Switch<"check", run_group, runner,
                   "Compare 16 rows with a plain loop in double precision; "
                   "--check=K: K rows">;
def check_EQ : Joined<["--"], "check=">, Group<run_group>, Visibility<runner>;

// Not the `--time` of keopsc, which takes no value: TableGen tells options of
// one name apart by their prefixes, hence the second one.
def time_run : Separate<["--", "-"], "time">, MetaVarName<"R">,
               Group<run_group>, Visibility<runner>,
               HelpText<"Time R runs after a warm-up, print one line of JSON">;
def time_run_EQ : Joined<["--"], "time=">, Group<run_group>,
                  Visibility<runner>, Alias<time_run>;

//===----------------------------------------------------------------------===//
// Limits and information
//===----------------------------------------------------------------------===//

// The flags of FrontendLimits, by name, and of CompileOptions.
defm max_nesting : Value<"max-nesting", "N", limits_group, all,
                         "Depth of nested formulas [256]">;
defm max_nodes : Value<"max-nodes", "N", limits_group, all,
                       "Operations in a formula [100000]">;
defm max_dimension : Value<"max-dimension", "N", limits_group, all,
                           "Dimension of a value [65536]">;
defm max_order : Value<"max-order", "N", limits_group, all,
                       "Order of derivatives [8]">;
defm max_kept : Value<"max-kept", "N", limits_group, all,
                      "K of KMin [65536]">;
defm max_text : Value<"max-text", "N", limits_group, all,
                      "Bytes of text [16777216]">;
defm max_unrolled : Value<"max-unrolled", "N", limits_group, all,
                          "Operations in the code of a formula [20000]">;

def list_ops : Switch<"list-ops", info_group, compiler,
                      "Print the operations and reductions; with names behind "
                      "it, all about these">;
def list_ops_EQ : Joined<["--"], "list-ops=">, Group<info_group>,
                  Visibility<compiler>;
def time : Switch<"time", info_group, compiler,
                  "Print how long each stage took [off]">;
def verbose : Switch<"verbose", info_group, both,
                     "Say what is being done [off]">;
def version : Switch<"version", info_group, both, "Print the version">;
def help : Switch<"help", info_group, both, "Print this">;
def h : Flag<["-"], "h">, Visibility<both>, Alias<help>;
