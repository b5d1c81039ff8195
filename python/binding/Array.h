//===- Array.h - an argument of Python as memory ----------------*- C++ -*-===//
//
// Whatever has the buffer protocol (NumPy, memoryview) or DLPack (PyTorch and
// others), in host memory, without a copy.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_PYTHON_BINDING_ARRAY_H
#define KEOPS_PYTHON_BINDING_ARRAY_H

#include <cstdint>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <string>
#include <vector>

namespace keops::python {

/// Of all that may come, the types of numbers that matter here.
enum class Number { Float32, Float64, Int64, Other };

/// "float32"
const char *nameOf(Number number);

class Array {
public:
  enum class Access { Read, Write };

  /// `name` is what messages call it: "argument 2 (X)". Throws TypeError for
  /// what is no array.
  Array(nanobind::handle object, const std::string &name, Access access);
  ~Array();
  Array(Array &&other) noexcept;
  Array(const Array &) = delete;
  Array &operator=(const Array &) = delete;

  /// Where the first element is.
  char *data() const { return memory; }
  Number number() const { return type; }
  /// "float16", or whatever this type is called.
  const std::string &typeName() const { return typeText; }
  bool isInteger() const { return integer; }
  int64_t elementBytes() const { return bytes; }

  size_t dims() const { return extents.size(); }
  const std::vector<int64_t> &shape() const { return extents; }
  /// From the end: size(1) is the last one.
  int64_t size(size_t fromEnd) const { return extents[dims() - fromEnd]; }
  /// In bytes.
  int64_t stride(size_t dim) const { return steps[dim]; }

  /// Are the last `inner` dimensions rows one after the other, and each number
  /// where the processor wants it?
  bool isContiguous(size_t inner) const;
  /// Puts a contiguous copy of everything in the place of the memory.
  void makeContiguous();
  /// The same, of integers of any size, as int64.
  void makeInt64();

private:
  bool openBuffer(nanobind::handle object, const std::string &name,
                  Access access);
  bool openDLPack(nanobind::handle object, const std::string &name);
  void setType(char kind, int64_t size);
  template <typename Visit> void forEachElement(Visit visit) const;
  void adopt(std::vector<char> copy, int64_t size);

  char *memory = nullptr;
  Number type = Number::Other;
  std::string typeText;
  bool integer = false, isSigned = true;
  int64_t bytes = 0;
  std::vector<int64_t> extents, steps;

  // What keeps the memory alive: one of these.
  Py_buffer view = {};
  nanobind::ndarray<nanobind::ro> tensor;
  std::vector<char> own;
};

/// "(2, 3)", as Python writes it.
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace keops::python

#endif // KEOPS_PYTHON_BINDING_ARRAY_H
