//===- Target.h - the machine that host code is made for --------*- C++ -*-===//
//
// One target machine makes code for all instruction sets: it is plain x86-64,
// and every function says in its attributes (`target-cpu`, `tune-cpu`,
// `prefer-vector-width`) what it may use beyond that.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CODEGEN_TARGET_H
#define KEOPS_COMPILER_CODEGEN_TARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <optional>

namespace keops {

/// Position-independent code for x86-64 Linux. The machine that the compiler
/// runs on plays no part: equal input gives equal bytes everywhere.
std::unique_ptr<llvm::TargetMachine> createHostTarget();

/// The highest x86-64 level (2, 3 or 4, as the psABI names them) all of whose
/// features the processor and the operating system of this machine have.
std::optional<int> hostLevel();

} // namespace keops

#endif // KEOPS_COMPILER_CODEGEN_TARGET_H
