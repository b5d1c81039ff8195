//===- Object.h - from the llvm dialect to code -----------------*- C++ -*-===//
//
//   llvm dialect  --translate-->  LLVM IR  --generate-->  object file or
//   assembly
//
// No pass of LLVM's optimizer runs in between. The order of instructions in
// which lanes were emitted is better than what it makes of them (5 % on the
// Gaussian), and it would take as long as everything else.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CODEGEN_OBJECT_H
#define KEOPS_COMPILER_CODEGEN_OBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include <memory>
#include <string>

namespace keops {

enum class CodeFormat { Assembly, Object };

/// Translates a module whose dialects all have a registered translation. Null
/// after errors, which go to the handlers of its context.
std::unique_ptr<llvm::Module> translateToLLVM(mlir::ModuleOp module,
                                              llvm::LLVMContext &context);

/// The same module gives the same bytes: no date, path or host is in them.
/// `module` is used up.
llvm::FailureOr<llvm::SmallVector<char, 0>>
generateCode(llvm::Module &module, CodeFormat format, mlir::Location location);

/// What an object file leaves to the linker, sorted.
llvm::SmallVector<std::string> undefinedSymbols(llvm::ArrayRef<char> object);

} // namespace keops

#endif // KEOPS_COMPILER_CODEGEN_OBJECT_H
