//===- Array.h - an argument of Python as memory ----------------*- C++ -*-===//
//
// Whatever has the buffer protocol (NumPy, memoryview), DLPack (CuPy, JAX and
// others) or the CUDA array interface (Numba), or is described as Memory, in
// the memory of the host or of a GPU, without a copy.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_PYTHON_BINDING_ARRAY_H
#define KEOPS_PYTHON_BINDING_ARRAY_H

#include <cstdint>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <string>
#include <utility>
#include <vector>

namespace keops::python {

/// Of all that may come, the types of numbers that matter here.
enum class Number { Float32, Float64, Int64, Other };

/// "float32"
const char *nameOf(Number number);

/// An array in words, for libraries whose own protocols take too long. Whoever
/// makes one keeps the memory alive.
struct Memory {
  uintptr_t address;
  nanobind::tuple shape;
  nanobind::tuple steps; // in elements
  std::string type;      // "float32"
  int device;            // the number of a GPU, -1 for the host
};

/// A Py_buffer that is given back.
struct View {
  View() = default;
  View(View &&other) noexcept
      : buffer(std::exchange(other.buffer, Py_buffer())) {}
  View &operator=(View &&other) noexcept {
    std::swap(buffer, other.buffer);
    return *this;
  }
  ~View() {
    if (buffer.obj)
      PyBuffer_Release(&buffer);
  }

  Py_buffer buffer = {};
};

class Array {
public:
  enum class Access { Read, Write };
  /// The number of a GPU of which it is only known that it is one.
  static constexpr int someGpu = -1;

  /// `name` is what messages call it: "argument 2 (X)". `stream` is the one (a
  /// CUstream) on which the memory of a GPU is going to be used. Throws
  /// TypeError for what is no array.
  Array(nanobind::handle object, const std::string &name, Access access,
        uintptr_t stream = 0);

  /// Where the first element is.
  char *data() const { return memory; }
  bool isOnGpu() const { return onGpu; }
  /// Of the GPU, or someGpu.
  int device() const { return gpu; }
  /// Could they be in the same memory?
  bool isBeside(const Array &other) const;
  /// "the memory of GPU 0"
  std::string placeText() const;
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
  bool openMemory(nanobind::handle object);
  bool openDLPack(nanobind::handle object, const std::string &name,
                  Access access, uintptr_t stream);
  bool importTensor(nanobind::handle object, const std::string &name,
                    Access access);
  bool openCudaInterface(nanobind::handle object, const std::string &name,
                         Access access, uintptr_t stream);
  void setType(char kind, int64_t size);
  void setType(const std::string &name);
  template <typename Visit> void forEachElement(Visit visit) const;
  void adopt(std::vector<char> copy, int64_t size);
  void setContiguousSteps();

  char *memory = nullptr;
  bool onGpu = false;
  int gpu = someGpu;
  Number type = Number::Other;
  std::string typeText;
  bool integer = false, isSigned = true;
  int64_t bytes = 0;
  std::vector<int64_t> extents, steps;

  // What keeps the memory alive: one of these.
  View view;
  nanobind::ndarray<nanobind::ro> tensor;
  std::vector<char> own;
};

/// "(2, 3)", as Python writes it.
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace keops::python

#endif // KEOPS_PYTHON_BINDING_ARRAY_H
