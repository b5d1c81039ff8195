//===- Call.h - one call of a formula ---------------------------*- C++ -*-===//
//
// Checks every array against the formula and the others, makes the results, and
// runs the kernel. Shapes are those of the Python interface:
//
//   Vi (..., M, D)    Vj (..., N, D)    Pm (..., D)    result (..., M or N, D)
//
// where the dots are dimensions of a batch, which are matched from the right;
// an extent of 1, or none, goes with any other.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_PYTHON_BINDING_CALL_H
#define KEOPS_PYTHON_BINDING_CALL_H

#include "python/binding/Formula.h"
#include "python/binding/Ranges.h"

namespace keops::python {

/// Where users want a call to run.
struct Where {
  int backend; // keops_backend
  int device;  // -1: that of the arrays
  std::optional<uintptr_t> stream;
};

class Call {
public:
  /// `copy(k)`, if it is not None, gives a contiguous copy of argument k in the
  /// memory of the same GPU.
  Call(Formula &formula, nanobind::tuple arguments, Where where,
       nanobind::handle copy);

  /// Before run(); None is no ranges.
  void setRanges(nanobind::handle tuple);
  /// Memory for the results: `out` if it is not None, else what
  /// `empty(shape, dtype, beside)` makes. `beside` is an argument in the memory
  /// of a GPU, where the result is to be too, or None.
  void makeResults(nanobind::handle out, nanobind::handle empty);
  /// The result, or a tuple of two or more.
  nanobind::object run();

private:
  const keops_parameter &input(size_t index) const {
    return *keops_kernel_input(kernel, int64_t(index));
  }
  /// "argument 2 (X)"
  std::string nameOfInput(size_t index) const;
  size_t innerDims(size_t index) const {
    return input(index).axis == KEOPS_AXIS_P ? 1 : 2;
  }
  size_t batchDims(size_t index) const {
    return arrays[index].dims() - innerDims(index);
  }
  void checkTypes() const;
  bool wantsGpu() const;
  void checkPlaces() const;
  void choosePlace(nanobind::tuple arguments);
  void checkCount(size_t given) const;
  void checkShape(size_t index);
  void joinBatch(size_t index);
  void makeReadable(size_t index, nanobind::handle copy);
  void findStrides(size_t index, nanobind::handle copy);
  void checkResultPlace(const Array &result, const std::string &name) const;
  void checkOverlap(const Array &result, const std::string &name) const;
  int64_t rowsAlong(int32_t axis) const {
    return rows[axis] < 0 ? 1 : rows[axis];
  }

  Formula &formula;
  const Where where;
  const keops_kernel *kernel;
  // One of the arguments, if they are in the memory of a GPU; else null.
  nanobind::handle onGpu;
  std::vector<Array> arrays;
  std::vector<Array> resultArrays;
  std::vector<nanobind::object> results;
  // Along p, i and j, and which array said so.
  int64_t rows[3] = {1, -1, -1};
  size_t firstAlong[3] = {0, 0, 0};
  // The batch, which array gave each extent, and the strides of each array in
  // tables.
  std::vector<int64_t> batch;
  std::vector<size_t> firstInBatch;
  std::vector<int64_t> strides;
  std::optional<Ranges> ranges;
  keops_call how = KEOPS_CALL_DEFAULTS;
};

} // namespace keops::python

#endif // KEOPS_PYTHON_BINDING_CALL_H
