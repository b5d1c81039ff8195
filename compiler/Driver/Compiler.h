//===- Compiler.h - from a parsed module to code ----------------*- C++ -*-===//
//
// The one road: formula, grad, stable, tile, then cpu, llvm, asm or obj; what
// an object holds for GPUs goes by gpu and ptx. Tools stop where they like; the
// object that keopsc writes to disk and the one that keops-run loads in memory
// are the same bytes.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_DRIVER_COMPILER_H
#define KEOPS_COMPILER_DRIVER_COMPILER_H

#include "dialects/Tile/Tile.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <string>
#include <vector>

struct keops_card;

namespace keops {

/// The forms of a program, in order; names as in `--emit`. Last what is not a
/// form: tables of what loops over pairs cost.
enum class Stage {
  Formula,
  Grad,
  Stable,
  Tile,
  Cpu,
  Gpu,
  Llvm,
  Ptx,
  Asm,
  Obj,
  Cost
};
llvm::StringRef stageName(Stage stage);
std::optional<Stage> parseStage(llvm::StringRef name);

struct CompileOptions {
  /// Code for the CPU, for the GPU, or both?
  bool host = true, device = false;
  /// Formulas that do not fit into a GPU get code for the CPU only, and a
  /// warning.
  bool deviceIsOptional = false;
  /// Instruction sets to make code for; empty: v2, v3 and v4.
  llvm::SmallVector<tile::Isa> isas;
  /// GPUs that the code is for, as 75 for sm_75; empty: 75. Code for the first
  /// of them runs on all later ones, too.
  llvm::SmallVector<int> archs;
  /// No rewriting of exponentials that moves rounding errors around.
  bool precise = false;
  /// Operations that the code of a formula may have: LLVM takes some seconds
  /// for more.
  int64_t maxUnrolled = 20000;

  /// Do any GPUs have tensor cores that are worth it, and may they be used?
  bool hasTensorCores() const;
  /// Do any GPUs have none?
  bool hasOtherGpus() const;
  /// All of it as text: options with equal texts give equal code.
  void print(llvm::raw_ostream &os) const;
};
/// The best instruction set of this machine, none if it is older than v2.
std::optional<tile::Isa> nativeIsa();
/// From a name as `x86-64-v3`.
std::optional<tile::Isa> parseIsa(llvm::StringRef name);
/// From a name as `sm_75`.
std::optional<int> parseArch(llvm::StringRef name);

/// How long each stage took, in the order in which they ran.
struct StageTime {
  std::string name;
  double milliseconds;
};
using StageTimes = std::vector<StageTime>;

/// What a caller of a compiled kernel must know; also what the header says.
struct Parameter {
  std::string name;
  Axes axis;         // p: one row, i: M rows, j: N rows
  int64_t dim;       // numbers per row
  mlir::Type scalar; // f32, f64 or i64
};
struct KernelSignature {
  std::string name;
  std::string text; // the formula as the user wrote it, for comments
  std::vector<Parameter> inputs, outputs;
};

/// The kernels of a module that are no gradients of others, by name.
llvm::SmallVector<std::string> kernelNames(mlir::ModuleOp module);

/// A context with all dialects that the road passes through.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// Brings `module` from its present form to `stage`, at most Stage::Llvm.
/// Stages gpu and ptx are of code for GPUs alone. Diagnostics go to the
/// context's handlers.
llvm::LogicalResult advance(mlir::ModuleOp module, Stage from, Stage stage,
                            const CompileOptions &options,
                            StageTimes *times = nullptr);

/// From a module at stage formula: what its loops over pairs cost, on all that
/// it is to be compiled for.
llvm::LogicalResult printCosts(mlir::ModuleOp module,
                               const CompileOptions &options,
                               llvm::raw_ostream &os,
                               StageTimes *times = nullptr);

/// One for each formula of a module at stage formula.
std::vector<KernelSignature> signaturesOf(mlir::ModuleOp module);

/// From a module at stage Llvm: an object file, or assembly text; from one at
/// stage Ptx: that text.
llvm::FailureOr<llvm::SmallVector<char, 0>>
emitCode(mlir::ModuleOp module, Stage stage, StageTimes *times = nullptr);

/// An object loaded in memory, as the JIT does it.
class LoadedObject {
public:
  static std::unique_ptr<LoadedObject> load(llvm::ArrayRef<char> object,
                                            std::string &error);
  virtual ~LoadedObject();
  /// The launch card of a kernel, null if there is none of that name.
  virtual const keops_card *card(llvm::StringRef kernel) = 0;
};

} // namespace keops

#endif // KEOPS_COMPILER_DRIVER_COMPILER_H
