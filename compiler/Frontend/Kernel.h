//===- Kernel.h - one kernel while it is read -------------------*- C++ -*-===//
//
// What a `.keops` file and a command line have in common: definitions, then
// one reduced formula, then gradients.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_FRONTEND_KERNEL_H
#define KEOPS_COMPILER_FRONTEND_KERNEL_H

#include "compiler/Frontend/Parser.h"

namespace keops {

/// The kernels and gradients of a module: where they are written, and what they
/// are where the user has not said the name.
struct KernelOrigin {
  mlir::LocationAttr location;
  std::string contents;
};
using KernelNames = llvm::StringMap<KernelOrigin>;

/// `float32` or `float64`; an error at the token if it is neither.
llvm::LogicalResult parseDtype(TokenStream &stream, mlir::FloatType &result);

class Kernel {
public:
  Kernel(mlir::ModuleOp module, const Catalogue &catalogue,
         const FrontendLimits &limits, KernelNames &names, llvm::StringRef name,
         mlir::Location location, mlir::FloatType scalar);

  /// Takes the name, unless it is taken.
  llvm::LogicalResult begin();
  /// `NAME = Vi(3)` or `NAME = formula`.
  llvm::LogicalResult define(TokenStream &stream);
  llvm::LogicalResult parse(TokenStream &stream, Term &result);
  /// Reads the names of variables; derivatives along them take the place of
  /// `results`, the first of which is differentiated. `text` follows. They may
  /// take that result as a table.
  llvm::LogicalResult differentiate(TokenStream &stream, bool takesResult,
                                    llvm::SmallVectorImpl<mlir::Value> &results,
                                    std::string &text);
  /// The last step before the gradients: `results` are those of the kernel.
  llvm::LogicalResult finish(mlir::ValueRange results, mlir::Location location,
                             llvm::StringRef text);
  /// All that the reduction gives of which `result` is the first result.
  static mlir::ValueRange resultsOf(const Term &result);
  /// Reads the name of a variable and adds a formula `@NAME_grad_X`.
  llvm::LogicalResult addGradient(TokenStream &stream);
  /// After the last of them: adds `@NAME_grad`, with all of several gradients
  /// as results, and `@NAME_value_and_grad`.
  llvm::LogicalResult addFusedGradients();

  bool hasVariable(llvm::StringRef variable) const;
  bool hasGradient(llvm::StringRef variable) const;
  FormulaBuilder &getBuilder() { return builder; }
  llvm::StringRef getName() const { return name; }
  mlir::Location getLocation() const { return location; }

private:
  llvm::LogicalResult checkNew(TokenStream &stream, const Token &name) const;
  llvm::LogicalResult declare(TokenStream &stream, const Token &name);
  /// Declares a table with the result, where that saves a sweep; derivatives of
  /// `value` use it then. `name` is its own, or empty.
  llvm::LogicalResult takeResult(mlir::Location location, mlir::Value &value,
                                 std::string &name);
  llvm::LogicalResult checkResult(mlir::Value result,
                                  mlir::Location location) const;
  /// Reads the name of a variable.
  llvm::FailureOr<const Variable *> parseVariable(TokenStream &stream) const;
  void nameArguments();
  llvm::LogicalResult claim(llvm::StringRef symbol, mlir::Location location,
                            const std::string &contents = {});
  void cloneWithGradients(const llvm::Twine &symbol,
                          llvm::ArrayRef<Variable> along, bool withValue);
  void describe(FormulaOp gradient, llvm::ArrayRef<Variable> along,
                bool withValue);

  mlir::ModuleOp module;
  const Catalogue &catalogue;
  KernelNames &names;
  llvm::StringRef name;
  mlir::Location location;
  FormulaOp formula;
  Scope scope;
  FormulaBuilder builder;
  std::string text;
  llvm::SmallVector<Variable> gradients; // located where they are asked for
};

} // namespace keops

#endif // KEOPS_COMPILER_FRONTEND_KERNEL_H
