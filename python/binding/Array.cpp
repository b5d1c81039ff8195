//===- Array.cpp - an argument of Python as memory ------------------------===//

#include "python/binding/Array.h"
#include <algorithm>
#include <cstring>
#include <utility>

namespace nb = nanobind;

namespace keops::python {

const char *nameOf(Number number) {
  switch (number) {
  case Number::Float32:
    return "float32";
  case Number::Float64:
    return "float64";
  case Number::Int64:
    return "int64";
  case Number::Other:
    break;
  }
  return "other";
}

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text = "(";
  for (size_t d = 0; d < shape.size(); ++d)
    text += (d ? ", " : "") + std::to_string(shape[d]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

static std::string typeOf(nb::handle object) {
  return nb::type_name(object.type()).c_str();
}

[[noreturn]] static void raise(PyObject *type, const std::string &text) {
  PyErr_SetString(type, text.c_str());
  throw nb::python_error();
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

Array::Array(nb::handle object, const std::string &name, Access access) {
  if (openBuffer(object, name, access) || openDLPack(object, name))
    return;
  raise(PyExc_TypeError, name + ": expected an array, got " + typeOf(object));
}

Array::Array(Array &&other) noexcept
    : memory(other.memory), type(other.type),
      typeText(std::move(other.typeText)), integer(other.integer),
      isSigned(other.isSigned), bytes(other.bytes),
      extents(std::move(other.extents)), steps(std::move(other.steps)),
      view(std::exchange(other.view, Py_buffer())),
      tensor(std::move(other.tensor)), own(std::move(other.own)) {}

Array::~Array() {
  if (view.obj)
    PyBuffer_Release(&view);
}

/// `kind` as in the type strings of NumPy: f, i, u, or another.
void Array::setType(char kind, int64_t size) {
  bytes = size;
  integer = kind == 'i' || kind == 'u';
  isSigned = kind == 'i';
  if (kind == 'f' && size == 4)
    type = Number::Float32;
  else if (kind == 'f' && size == 8)
    type = Number::Float64;
  else if (kind == 'i' && size == 8)
    type = Number::Int64;
  if (type != Number::Other) {
    typeText = nameOf(type);
    return;
  }
  const char *word = kind == 'f'   ? "float"
                     : kind == 'i' ? "int"
                     : kind == 'u' ? "uint"
                     : kind == 'c' ? "complex"
                     : kind == 'b' ? "bool"
                                   : "";
  if (kind == 'b')
    typeText = word;
  else if (*word)
    typeText = word + std::to_string(size * 8);
  else
    typeText = "neither float32 nor float64";
}

/// The kind of number that a format of the module `struct` stands for.
static char kindOf(const char *format) {
  if (*format == '@' || *format == '=' || *format == '<')
    ++format;
  bool isComplex = *format == 'Z';
  if (isComplex)
    ++format;
  if (!*format || format[1])
    return '?';
  if (std::strchr("efdg", *format))
    return isComplex ? 'c' : 'f';
  if (std::strchr("bhilqn", *format))
    return 'i';
  if (std::strchr("BHILQN", *format))
    return 'u';
  return *format == '?' ? 'b' : '?';
}

bool Array::openBuffer(nb::handle object, const std::string &name,
                       Access access) {
  if (!PyObject_CheckBuffer(object.ptr()))
    return false;
  int flags = PyBUF_STRIDES | PyBUF_FORMAT;
  bool mustWrite = access == Access::Write;
  if (PyObject_GetBuffer(object.ptr(), &view, flags) != 0) {
    PyErr_Clear(); // some types refuse only this way in
    return false;
  }
  if (mustWrite && view.readonly)
    raise(PyExc_ValueError, name + " is read-only");
  memory = static_cast<char *>(view.buf);
  extents.assign(view.shape, view.shape + view.ndim);
  steps.assign(view.strides, view.strides + view.ndim);
  setType(kindOf(view.format ? view.format : "B"), view.itemsize);
  return true;
}

bool Array::openDLPack(nb::handle object, const std::string &name) {
  if (!nb::try_cast(object, tensor) || !tensor.is_valid())
    return false;
  // The one place that knows where data may be.
  if (tensor.device_type() != nb::device::cpu::value)
    raise(PyExc_ValueError,
          name + " is in the memory of a device; bring it to that of the host "
                 "first, for calls on a GPU too");
  static const char kinds[] = {'i', 'u', 'f', '?', 'B', 'c', 'b'};
  nb::dlpack::dtype dtype = tensor.dtype();
  char kind = dtype.code < sizeof(kinds) ? kinds[dtype.code] : '?';
  setType(dtype.lanes == 1 ? kind : '?', dtype.bits / 8);
  memory = const_cast<char *>(static_cast<const char *>(tensor.data()));
  for (size_t d = 0; d < tensor.ndim(); ++d) {
    extents.push_back(int64_t(tensor.shape(d)));
    steps.push_back(tensor.stride(d) * bytes);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

bool Array::isContiguous(size_t inner) const {
  if (reinterpret_cast<uintptr_t>(memory) % uintptr_t(bytes))
    return false;
  int64_t expected = bytes;
  for (size_t d = dims(); d-- > dims() - inner;) {
    if (extents[d] == 0)
      return true; // nothing will be read
    if (extents[d] > 1 && steps[d] != expected)
      return false;
    expected *= extents[d];
  }
  return true;
}

/// Calls `visit` with the address of each element, in row-major order.
template <typename Visit> void Array::forEachElement(Visit visit) const {
  for (int64_t extent : extents)
    if (extent == 0)
      return;
  std::vector<int64_t> at(dims(), 0);
  const char *element = memory;
  while (true) {
    visit(element);
    size_t d = dims();
    while (d > 0 && at[d - 1] + 1 == extents[d - 1]) {
      --d;
      element -= at[d] * steps[d];
      at[d] = 0;
    }
    if (d == 0)
      return;
    ++at[d - 1];
    element += steps[d - 1];
  }
}

/// From now on, these bytes are the array.
void Array::adopt(std::vector<char> copy, int64_t size) {
  own = std::move(copy);
  own.resize(std::max<size_t>(own.size(), 1)); // a place even of nothing
  memory = own.data();
  bytes = size;
  for (size_t d = dims(); d-- > 0; size *= extents[d])
    steps[d] = size;
}

static size_t count(const std::vector<int64_t> &shape) {
  size_t elements = 1;
  for (int64_t extent : shape)
    elements *= size_t(extent);
  return elements;
}

void Array::makeContiguous() {
  std::vector<char> copy(count(extents) * size_t(bytes));
  char *to = copy.data();
  forEachElement([&](const char *from) {
    std::memcpy(to, from, size_t(bytes));
    to += bytes;
  });
  adopt(std::move(copy), bytes);
}

void Array::makeInt64() {
  std::vector<char> copy(count(extents) * sizeof(int64_t));
  char *to = copy.data();
  forEachElement([&](const char *from) {
    // Little-endian: the bytes are the low ones.
    int64_t value = 0;
    std::memcpy(&value, from, size_t(bytes));
    int unused = int(64 - 8 * bytes);
    if (isSigned)
      value = int64_t(uint64_t(value) << unused) >> unused;
    std::memcpy(to, &value, sizeof(value));
    to += sizeof(value);
  });
  adopt(std::move(copy), sizeof(int64_t));
  setType('i', sizeof(int64_t));
}

} // namespace keops::python
