//===- Array.cpp - an argument of Python as memory ------------------------===//

#include "python/binding/Array.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
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

bool Array::isBeside(const Array &other) const {
  bool areKnown = gpu != someGpu && other.gpu != someGpu;
  return onGpu == other.onGpu && (!areKnown || gpu == other.gpu);
}

std::string Array::placeText() const {
  if (!onGpu)
    return "the memory of the host";
  return gpu == someGpu ? "the memory of a GPU"
                        : "the memory of GPU " + std::to_string(gpu);
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

Array::Array(nb::handle object, const std::string &name, Access access,
             uintptr_t stream) {
  if (openBuffer(object, name, access) || openMemory(object) ||
      openDLPack(object, name, access, stream) ||
      openCudaInterface(object, name, access, stream))
    return;
  raise(PyExc_TypeError, name + ": expected an array, got " + typeOf(object));
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

/// "float32", "uint8", ... as NumPy and PyTorch write them.
void Array::setType(const std::string &name) {
  size_t digits = name.find_first_of("0123456789");
  std::string word = name.substr(0, digits);
  char kind = word == "float"  ? 'f'
              : word == "int"  ? 'i'
              : word == "uint" ? 'u'
                               : '?';
  setType(kind, digits == name.npos ? 1 : std::atoll(&name[digits]) / 8);
  typeText = name;
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
  Py_buffer &buffer = view.buffer;
  int flags = PyBUF_STRIDES | PyBUF_FORMAT;
  if (PyObject_GetBuffer(object.ptr(), &buffer, flags) != 0) {
    PyErr_Clear(); // some types refuse only this way in
    return false;
  }
  if (access == Access::Write && buffer.readonly)
    raise(PyExc_ValueError, name + " is read-only");
  memory = static_cast<char *>(buffer.buf);
  extents.assign(buffer.shape, buffer.shape + buffer.ndim);
  steps.assign(buffer.strides, buffer.strides + buffer.ndim);
  setType(kindOf(buffer.format ? buffer.format : "B"), buffer.itemsize);
  return true;
}

/// nanobind's own way takes four times as long for what is only like a tuple.
static std::vector<int64_t> numbersOf(nb::tuple tuple) {
  std::vector<int64_t> numbers(tuple.size());
  for (size_t k = 0; k < numbers.size(); ++k)
    numbers[k] = nb::cast<int64_t>(nb::handle(tuple[k]));
  return numbers;
}

bool Array::openMemory(nb::handle object) {
  const Memory *described;
  if (!nb::try_cast(object, described) || !described)
    return false;
  setType(described->type);
  memory = reinterpret_cast<char *>(described->address);
  onGpu = described->device >= 0;
  gpu = described->device;
  extents = numbersOf(described->shape);
  steps = numbersOf(described->steps);
  for (int64_t &step : steps)
    step *= bytes;
  return true;
}

// Kinds of memory in DLPack that nanobind has no number for.
static constexpr int cudaPinned = 3, cudaManaged = 13;

/// Takes what DLPack says of an object or a capsule.
bool Array::importTensor(nb::handle object, const std::string &name,
                         Access access) {
  nb::ndarray<> writable;
  if (access == Access::Write && nb::try_cast(object, writable))
    tensor = nb::ndarray<nb::ro>(writable);
  else if (!nb::try_cast(object, tensor) || !tensor.is_valid())
    return false;
  else if (access == Access::Write)
    raise(PyExc_ValueError, name + " is read-only");
  int where = tensor.device_type();
  onGpu = where == nb::device::cuda::value || where == cudaManaged;
  if (onGpu)
    gpu = tensor.device_id();
  else if (where != nb::device::cpu::value && where != cudaPinned)
    raise(PyExc_ValueError, name +
                                " is neither in the memory of the host nor of "
                                "an NVIDIA GPU (DLPack's device type " +
                                std::to_string(where) + ")");
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

/// The number by which protocols know a stream: theirs have no 0, and 1 is the
/// default stream.
static int64_t protocolStream(uintptr_t stream) {
  return stream ? int64_t(stream) : 1;
}

/// Where an object with DLPack has its data; 0 if it does not say.
static int dlpackDevice(nb::handle object) {
  if (!nb::hasattr(object, "__dlpack_device__"))
    return 0;
  nb::tuple device(object.attr("__dlpack_device__")());
  return int(PyLong_AsLong(nb::int_(device[0]).ptr()));
}

/// The owner of data on a GPU has to know the stream: it lets this one wait for
/// work of its own. nanobind does not tell it.
bool Array::openDLPack(nb::handle object, const std::string &name,
                       Access access, uintptr_t stream) {
  int where = dlpackDevice(object);
  if (where != nb::device::cuda::value && where != cudaManaged)
    return importTensor(object, name, access);
  auto number = protocolStream(stream);
  nb::object method = object.attr("__dlpack__"), capsule;
  try {
    capsule = method(nb::arg("stream") = number,
                     nb::arg("max_version") = nb::make_tuple(1, 1));
  } catch (nb::python_error &error) {
    if (!error.matches(PyExc_TypeError)) // of before there were versions
      throw;
    capsule = method(nb::arg("stream") = number);
  }
  return importTensor(capsule, name, access);
}

/// A dictionary that says where data are, which Numba and others have.
bool Array::openCudaInterface(nb::handle object, const std::string &name,
                              Access access, uintptr_t stream) {
  if (!nb::hasattr(object, "__cuda_array_interface__"))
    return false;
  nb::dict interface(object.attr("__cuda_array_interface__"));
  auto get = [&](const char *key) -> nb::object {
    return interface.contains(key) ? nb::object(interface[key]) : nb::none();
  };
  if (!get("mask").is_none())
    raise(PyExc_TypeError, name + " has a mask");
  // It names a stream if its data are not ready before work on that is done.
  nb::object own = get("stream");
  if (!own.is_none() && nb::cast<int64_t>(own) != protocolStream(stream))
    raise(PyExc_ValueError,
          name + " is in use on the stream " +
              std::to_string(nb::cast<int64_t>(own)) +
              ", another one than that of the call; pass stream=" +
              std::to_string(nb::cast<int64_t>(own)));
  auto [address, isReadOnly] =
      nb::cast<std::pair<uintptr_t, bool>>(interface["data"]);
  if (access == Access::Write && isReadOnly)
    raise(PyExc_ValueError, name + " is read-only");
  onGpu = true;
  memory = reinterpret_cast<char *>(address);
  extents = nb::cast<std::vector<int64_t>>(interface["shape"]);
  auto typeString = nb::cast<std::string>(interface["typestr"]);
  bool isSwapped = typeString.empty() || typeString[0] == '>';
  setType(isSwapped || typeString.size() < 3 ? '?' : typeString[1],
          isSwapped ? 0 : std::atoll(typeString.c_str() + 2));
  if (!get("strides").is_none())
    steps = nb::cast<std::vector<int64_t>>(interface["strides"]);
  else
    setContiguousSteps();
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

void Array::setContiguousSteps() {
  steps.resize(dims());
  int64_t step = bytes;
  for (size_t d = dims(); d-- > 0; step *= extents[d])
    steps[d] = step;
}

/// From now on, these bytes are the array.
void Array::adopt(std::vector<char> copy, int64_t size) {
  own = std::move(copy);
  own.resize(std::max<size_t>(own.size(), 1)); // a place even of nothing
  memory = own.data();
  bytes = size;
  setContiguousSteps();
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
