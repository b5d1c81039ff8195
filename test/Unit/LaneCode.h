//===- LaneCode.h - machine code from lane programs -------------*- C++ -*-===//
//
// What all tests of lane programs share: the way from a module of functions
// to code in memory, by the passes that kernels go through.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_UNIT_LANECODE_H
#define KEOPS_TEST_UNIT_LANECODE_H

#include "compiler/Conversion/CPU/Isa.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <memory>
#include <string>

namespace keops {

/// A rank-1 memref as MLIR passes it to C.
struct ArrayDescriptor {
  void *allocated;
  void *aligned;
  int64_t offset;
  int64_t size;
  int64_t stride;
};

/// Loads the dialects of which lane programs are made, and their translations.
void loadLaneDialects(mlir::MLIRContext &context);

/// Code for the functions of a module, and its text if somebody wants it. Ends
/// the program with a message where there can be none. Code may refer to no
/// outside symbol, libm included: looking it up fails then.
std::unique_ptr<llvm::orc::LLJIT> compileLanes(mlir::ModuleOp module,
                                               cpu::Isa isa,
                                               std::string *assembly = nullptr);

} // namespace keops

#endif // KEOPS_TEST_UNIT_LANECODE_H
