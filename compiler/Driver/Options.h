//===- Options.h - command lines --------------------------------*- C++ -*-===//
//
// What keopsc, keops-run and the library were asked to do, read from their
// arguments and checked: whoever gets one of these structs need not look at
// text again. The table of options is Options.td.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_DRIVER_OPTIONS_H
#define KEOPS_COMPILER_DRIVER_OPTIONS_H

#include "compiler/Driver/Compiler.h"
#include "compiler/Driver/Source.h"

namespace keops {

/// The first thing that was asked for.
enum class Request { Work, Help, Version, ListOps };

struct CompilerOptions {
  Request request = Request::Work;
  SourceOptions source;
  CompileOptions code;
  Stage emit = Stage::Obj;
  std::string output, header, dependencies; // empty: the default
  bool writeDependencies = false;
  bool time = false, verbose = false;
  ListForm listForm = ListForm::Text; // of Request::ListOps
  std::vector<std::string> names;     // what it is about; empty: all
};

struct RunnerOptions {
  Request request = Request::Work;
  SourceOptions source;
  CompileOptions code;
  bool withValue = false;                                  // beside gradients
  std::string cotangent;                                   // a file
  std::vector<std::pair<std::string, std::string>> inputs; // variable, file
  std::vector<std::string> outputs;
  std::vector<std::pair<int64_t, int64_t>> sizes; // M, N
  uint64_t seed = 0;
  int32_t backend = 0, device = 0, threads = 0; // as in keops_call
  int64_t runs = 0;                             // to time; 0: none
  int64_t checkRows = 0;                        // to compare; 0: none
  bool verbose = false;
};

/// What programs that call the library may ask for beside a formula.
struct LibraryOptions {
  FrontendLimits limits;
  CompileOptions code;
};

/// Arguments without the name of the program. On failure an error message has
/// been written to `errors`.
llvm::FailureOr<CompilerOptions>
parseCompilerOptions(llvm::ArrayRef<const char *> arguments,
                     llvm::raw_ostream &errors);
llvm::FailureOr<RunnerOptions>
parseRunnerOptions(llvm::ArrayRef<const char *> arguments,
                   llvm::raw_ostream &errors);
llvm::FailureOr<LibraryOptions>
parseLibraryOptions(llvm::ArrayRef<const char *> arguments,
                    llvm::raw_ostream &errors);

void printCompilerHelp(llvm::raw_ostream &os);
void printRunnerHelp(llvm::raw_ostream &os);

} // namespace keops

#endif // KEOPS_COMPILER_DRIVER_OPTIONS_H
