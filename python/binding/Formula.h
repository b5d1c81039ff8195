//===- Formula.h - the text of a Genred and its kernels ---------*- C++ -*-===//
//
// Compiled when it is called for the first time with a type of numbers. All
// members are called with Python's lock held, and give it up while they compile
// or compute.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_PYTHON_BINDING_FORMULA_H
#define KEOPS_PYTHON_BINDING_FORMULA_H

#include "keops/compiler.h"
#include "python/binding/Array.h"
#include <memory>
#include <optional>

namespace keops::python {

/// What a keops_source holds, owned.
struct Text {
  std::string formula;
  std::vector<std::string> aliases;
  std::string reduction;
  int64_t axis;
  std::optional<int64_t> optArg;
  std::string formula2, sumScheme, dtypeAcc;
  std::vector<std::string> gradients;
  bool takesResult;
  std::vector<std::string> options;
};

class Formula {
public:
  explicit Formula(Text text) : text(std::move(text)) {}

  /// The kernel for these numbers, with code for GPUs too if it is asked for:
  /// that takes longer to make. Throws FormulaError.
  const keops_kernel *kernel(Number number, bool forGpu);
  /// What a kernel takes, (name, axis, dimension) for each array, and makes,
  /// (axis, are they row numbers, shape of one row). Compiles nothing.
  nanobind::tuple describe() const;

  /// The shape that users see of a result: dimensions after the rows. K lists
  /// of D numbers each, for KMin and its kin.
  std::vector<int64_t> resultShape(const keops_parameter &result) const;

private:
  struct Free {
    void operator()(keops_kernel *kernel) const { keops_kernel_free(kernel); }
  };
  using Kernel = std::unique_ptr<keops_kernel, Free>;

  Kernel make(decltype(keops_compile) *how, const char *dtype,
              bool forGpu) const;

  const Text text;
  Kernel kernels[2][2]; // of float32 and of float64, without and with a GPU
};

/// Raises what a status of the library means in Python.
[[noreturn]] void raiseStatus(int status);

} // namespace keops::python

#endif // KEOPS_PYTHON_BINDING_FORMULA_H
