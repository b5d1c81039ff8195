//===- Modules.h - modules at stage llvm, for tests -------------*- C++ -*-===//

#ifndef KEOPS_TEST_UNIT_MODULES_H
#define KEOPS_TEST_UNIT_MODULES_H

#include "compiler/Driver/Compiler.h"
#include "gtest/gtest.h"

namespace keops::test {

/// Runs things on pieces of IR and keeps what they complain about.
class ModuleTest : public ::testing::Test {
protected:
  ModuleTest();

  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text);
  /// The object or assembly of a module; fails the test if there is none.
  llvm::SmallVector<char, 0> emit(llvm::StringRef text,
                                  Stage stage = Stage::Obj);
  /// What is said when no object can be made of a module.
  std::string errorOf(llvm::StringRef text);

  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  std::string messages;
};

} // namespace keops::test

#endif // KEOPS_TEST_UNIT_MODULES_H
