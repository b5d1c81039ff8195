//===- Checker.h - compiled kernels against the interpreter -----*- C++ -*-===//
//
// How far a result may be off is found out: the interpreter runs the formula
// once as it is, and some times with every number off by a few units of the
// type, as compiled code may have them. Where that changes a result, the
// formula is ill-conditioned there (numbers cancel, or a sign or the number of
// the least value is at the edge), and less is asked of the compiled code.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_RANDOM_CHECKER_H
#define KEOPS_TEST_RANDOM_CHECKER_H

#include "compiler/Driver/Compiler.h"
#include "test/Random/Formula.h"

namespace keops::random {

struct Verdict {
  enum Kind { Agrees, Rejected, Wrong } kind = Agrees;
  std::string reason;       // the message, or what differs
  std::string isa;          // where it does; "gpu" for a GPU
  int64_t compared = 0;     // numbers
  int64_t incomparable = 0; // not finite, or too ill-conditioned
  double compileMs = 0;     // of the process, for all instruction sets
};

class Checker {
public:
  /// What the code is for: every instruction set of this machine, one of them
  /// in turn, or a GPU.
  enum Target { Every, InTurn, Gpu };
  Checker(mlir::MLIRContext *context, Target target)
      : context(context), target(target) {}

  using ChooseSize =
      llvm::function_ref<std::pair<int64_t, int64_t>(int64_t, int64_t)>;
  /// Compiles and compares a case.
  /// With `choose`, sets its size first, given those of a tile.
  Verdict check(Case &test, ChooseSize choose = nullptr);

private:
  struct Reference;
  mlir::OwningOpRef<mlir::ModuleOp> read(const Case &test, Verdict &verdict);
  bool interpret(const Case &test, Reference &reference, Verdict &verdict);
  void chooseSize(Case &test, Reference &reference, mlir::ModuleOp tiles,
                  ChooseSize choose);
  /// Compiles what is at stage tile, and compares it.
  void compile(const Case &test, Reference &reference, mlir::ModuleOp module,
               const CompileOptions &options, llvm::StringRef isa,
               Verdict &verdict);
  void compare(const Case &test, Reference &reference, llvm::StringRef isa,
               llvm::ArrayRef<char> object, Verdict &verdict);

  mlir::MLIRContext *context;
  Target target;
};

} // namespace keops::random

#endif // KEOPS_TEST_RANDOM_CHECKER_H
