//===- Cubin.h - from PTX to machine code of GPUs ---------------*- C++ -*-===//
//
// Drivers compile PTX themselves, at the first launch. Where the assembler of
// the CUDA toolkit is installed, objects can hold the result instead.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CODEGEN_CUBIN_H
#define KEOPS_COMPILER_CODEGEN_CUBIN_H

#include "mlir/IR/Location.h"
#include <optional>
#include <string>
#include <vector>

namespace keops {

/// Where `ptxas` is: on the PATH, or where the toolkit is installed by default.
std::optional<std::string> findPtxas();

/// Machine code, and the functions for whose loops registers do not suffice.
struct Cubin {
  std::string code;
  std::vector<std::string> spilling;
};
/// That for sm_ARCH. What the assembler has to say against it becomes an error
/// at `location`.
llvm::FailureOr<Cubin> assemblePtx(llvm::StringRef ptxas, llvm::StringRef ptx,
                                   int arch, mlir::Location location);

} // namespace keops

#endif // KEOPS_COMPILER_CODEGEN_CUBIN_H
