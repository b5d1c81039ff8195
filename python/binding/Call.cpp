//===- Call.cpp - one call of a formula -----------------------------------===//

#include "python/binding/Call.h"

namespace nb = nanobind;

namespace keops::python {

[[noreturn]] static void valueError(const std::string &text) {
  throw nb::value_error(text.c_str());
}
[[noreturn]] static void typeError(const std::string &text) {
  throw nb::type_error(text.c_str());
}

static std::string plural(int64_t count, const char *word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

Call::Call(Formula &formula, nb::tuple arguments, Where where, nb::handle copy)
    : formula(formula), where(where), kernel(nullptr) {
  size_t given = arguments.size();
  arrays.reserve(given);
  for (size_t k = 0; k < given; ++k)
    arrays.emplace_back(arguments[k], "argument " + std::to_string(k + 1),
                        Array::Access::Read, where.stream.value_or(0));
  // The kernel knows what variables are called.
  bool isDouble = given && arrays[0].number() == Number::Float64;
  kernel =
      formula.kernel(isDouble ? Number::Float64 : Number::Float32, wantsGpu());
  checkCount(given);
  checkTypes();
  checkPlaces();
  choosePlace(arguments);
  for (size_t k = 0; k < given; ++k)
    checkShape(k);
  for (size_t k = 0; k < given; ++k)
    joinBatch(k);
  for (size_t k = 0; k < given; ++k)
    findStrides(k, copy);
}

std::string Call::nameOfInput(size_t index) const {
  return "argument " + std::to_string(index + 1) + " (" + input(index).name +
         ")";
}

void Call::checkCount(size_t given) const {
  std::string names;
  size_t expected = 0;
  while (auto *table = keops_kernel_input(kernel, int64_t(expected))) {
    names += (expected ? ", " : "") + std::string(table->name);
    ++expected;
  }
  if (given != expected)
    valueError("the formula takes " + plural(int64_t(expected), "array") +
               (names.empty() ? "" : " (" + names + ")") + ", got " +
               std::to_string(given));
}

void Call::checkTypes() const {
  for (size_t k = 0; k < arrays.size(); ++k) {
    Number number = arrays[k].number();
    if (number != Number::Float32 && number != Number::Float64)
      typeError(nameOfInput(k) + " is of type " + arrays[k].typeName() +
                "; formulas take float32 or float64");
    if (number != arrays[0].number())
      typeError(nameOfInput(k) + " is of type " + arrays[k].typeName() +
                ", but " + nameOfInput(0) + " of type " + arrays[0].typeName() +
                "; all arrays of a call must have the same");
  }
}

bool Call::wantsGpu() const {
  if (where.backend == KEOPS_BACKEND_CPU)
    return false;
  return where.backend == KEOPS_BACKEND_GPU || where.stream ||
         (!arrays.empty() && arrays[0].isOnGpu());
}

void Call::checkPlaces() const {
  for (size_t k = 0; k < arrays.size(); ++k) {
    const Array &array = arrays[k];
    if (!array.isBeside(arrays[0]))
      valueError(nameOfInput(k) + " is in " + array.placeText() + ", but " +
                 nameOfInput(0) + " in " + arrays[0].placeText() +
                 "; all arrays of a call must be in one place");
    if (!array.isOnGpu())
      continue;
    if (where.backend == KEOPS_BACKEND_CPU)
      valueError("backend is 'CPU', but " + nameOfInput(k) + " is in " +
                 array.placeText());
    if (where.device >= 0 && array.device() != Array::someGpu &&
        where.device != array.device())
      valueError("device_id is " + std::to_string(where.device) + ", but " +
                 nameOfInput(k) + " is in " + array.placeText());
  }
  if (where.stream && where.backend == KEOPS_BACKEND_CPU)
    valueError("stream: there is none with backend 'CPU'");
}

/// Where the arrays are, if that is a GPU.
void Call::choosePlace(nb::tuple arguments) {
  how.backend = where.backend;
  how.device = std::max(where.device, 0);
  how.stream = reinterpret_cast<void *>(where.stream.value_or(0));
  if (arrays.empty() || !arrays[0].isOnGpu())
    return;
  onGpu = arguments[0];
  how.backend = KEOPS_BACKEND_GPU;
  for (const Array &array : arrays)
    if (array.device() != Array::someGpu)
      how.device = array.device();
}

void Call::checkShape(size_t k) {
  const Array &array = arrays[k];
  int32_t axis = input(k).axis;
  int64_t dim = input(k).dim;
  if (array.dims() < innerDims(k) || array.size(1) != dim) {
    const char *rowsText[] = {"", "M, ", "N, "};
    valueError(nameOfInput(k) + " has the shape " + shapeText(array.shape()) +
               "; expected (..., " + rowsText[axis] + std::to_string(dim) +
               ")");
  }
  if (axis == KEOPS_AXIS_P)
    return;
  if (rows[axis] < 0) {
    rows[axis] = array.size(2);
    firstAlong[axis] = k;
  }
  if (array.size(2) != rows[axis])
    valueError(nameOfInput(k) + " has " + plural(array.size(2), "row") +
               ", but " + nameOfInput(firstAlong[axis]) + " has " +
               std::to_string(rows[axis]));
}

/// Extents are matched from the right, and 1 goes with any other.
void Call::joinBatch(size_t k) {
  size_t own = batchDims(k);
  if (own > batch.size()) {
    batch.insert(batch.begin(), own - batch.size(), 1);
    firstInBatch.insert(firstInBatch.begin(), own - firstInBatch.size(), k);
  }
  for (size_t d = 0; d < own; ++d) {
    size_t at = batch.size() - own + d;
    int64_t extent = arrays[k].shape()[d];
    if (extent == 1 || extent == batch[at])
      continue;
    if (batch[at] != 1) {
      size_t other = firstInBatch[at];
      valueError("the batch dimensions of " + nameOfInput(k) + ", shape " +
                 shapeText(arrays[k].shape()) + ", do not go with those of " +
                 nameOfInput(other) + ", shape " +
                 shapeText(arrays[other].shape()));
    }
    batch[at] = extent;
    firstInBatch[at] = k;
  }
}

/// What is not a batch of contiguous tables is copied.
void Call::makeReadable(size_t k, nb::handle copy) {
  if (!onGpu)
    return arrays[k].makeContiguous();
  if (copy.is_none())
    valueError(nameOfInput(k) + " is not contiguous, and in " +
               arrays[k].placeText() + "; pass a contiguous copy");
  // Whoever has made the copy keeps it.
  arrays[k] = Array(copy(k), nameOfInput(k), Array::Access::Read);
}

void Call::findStrides(size_t k, nb::handle copy) {
  const Array &array = arrays[k];
  size_t own = batchDims(k), inner = innerDims(k);
  int64_t tableBytes =
      rowsAlong(input(k).axis) * input(k).dim * array.elementBytes();
  auto isAtTable = [&](size_t d) {
    int64_t stride = array.stride(d);
    return array.shape()[d] <= 1 ||
           (stride >= 0 && (tableBytes == 0 || stride % tableBytes == 0));
  };
  bool isReadable = array.isContiguous(inner);
  for (size_t d = 0; d < own; ++d)
    isReadable &= isAtTable(d);
  if (!isReadable)
    makeReadable(k, copy);
  strides.insert(strides.end(), batch.size() - own, 0);
  for (size_t d = 0; d < own; ++d)
    strides.push_back(array.shape()[d] <= 1 || tableBytes == 0
                          ? 0
                          : array.stride(d) / tableBytes);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

static nb::tuple shapeTuple(const std::vector<int64_t> &shape) {
  nb::object tuple = nb::steal(PyTuple_New(Py_ssize_t(shape.size())));
  for (size_t d = 0; d < shape.size(); ++d)
    PyTuple_SetItem(tuple.ptr(), Py_ssize_t(d), PyLong_FromLongLong(shape[d]));
  return nb::borrow<nb::tuple>(tuple);
}

/// The bytes from the first to behind the last element.
static std::pair<uintptr_t, uintptr_t> extentOf(const Array &array) {
  uintptr_t first = reinterpret_cast<uintptr_t>(array.data());
  uintptr_t last = first;
  for (size_t d = 0; d < array.dims(); ++d) {
    if (array.shape()[d] == 0)
      return {first, first};
    // Read arrays may have strides below 0: only those along the batch.
    int64_t reach = (array.shape()[d] - 1) * array.stride(d);
    (reach < 0 ? first : last) += uintptr_t(reach);
  }
  return {first, last + uintptr_t(array.elementBytes())};
}

void Call::checkOverlap(const Array &result, const std::string &name) const {
  auto [begin, end] = extentOf(result);
  for (size_t k = 0; k < arrays.size(); ++k) {
    auto [first, last] = extentOf(arrays[k]);
    if (begin < last && first < end)
      valueError(name + " shares memory with " + nameOfInput(k));
  }
  for (const Array &other : resultArrays) {
    auto [first, last] = extentOf(other);
    if (begin < last && first < end)
      valueError("two results in out share memory");
  }
}

void Call::checkResultPlace(const Array &result,
                            const std::string &name) const {
  if (!arrays.empty() && !result.isBeside(arrays[0]))
    valueError(name + " is in " + result.placeText() + ", but " +
               nameOfInput(0) + " in " + arrays[0].placeText() +
               "; all arrays of a call must be in one place");
}

void Call::makeResults(nb::handle out, nb::handle empty) {
  int64_t count = 0;
  while (keops_kernel_output(kernel, count))
    ++count;
  bool isGiven = !out.is_none(), isTuple = PyTuple_Check(out.ptr());
  if (isGiven && isTuple != (count > 1))
    typeError(count > 1 ? "out: expected a tuple of " + std::to_string(count) +
                              " arrays, one for each result"
                        : "out: expected an array, got tuple");
  if (isTuple && PyTuple_Size(out.ptr()) != count)
    valueError("out: expected " + plural(count, "array") + ", got " +
               std::to_string(PyTuple_Size(out.ptr())));
  resultArrays.reserve(size_t(count));
  for (int64_t k = 0; k < count; ++k) {
    const keops_parameter &result = *keops_kernel_output(kernel, k);
    std::vector<int64_t> shape = batch;
    if (result.axis != KEOPS_AXIS_P)
      shape.push_back(rowsAlong(result.axis));
    for (int64_t extent : formula.resultShape(result))
      shape.push_back(extent);
    Number number = result.dtype == KEOPS_FLOAT32   ? Number::Float32
                    : result.dtype == KEOPS_FLOAT64 ? Number::Float64
                                                    : Number::Int64;
    std::string name = isTuple ? "out[" + std::to_string(k) + "]" : "out";
    if (!isGiven)
      results.push_back(empty(shapeTuple(shape), nameOf(number),
                              onGpu ? onGpu : nb::handle(Py_None)));
    else
      results.push_back(
          nb::borrow(isTuple ? PyTuple_GetItem(out.ptr(), k) : out.ptr()));
    Array array(results.back(), name, Array::Access::Write,
                where.stream.value_or(0));
    if (array.number() != number)
      typeError(name + " is of type " + array.typeName() + "; expected " +
                nameOf(number));
    if (array.shape() != shape)
      valueError(name + " has the shape " + shapeText(array.shape()) +
                 "; expected " + shapeText(shape));
    if (!array.isContiguous(array.dims()))
      valueError(name + " is not contiguous");
    checkResultPlace(array, name);
    if (isGiven)
      checkOverlap(array, name);
    resultArrays.push_back(std::move(array));
  }
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

void Call::setRanges(nb::handle tuple) {
  if (tuple.is_none())
    return;
  ranges.emplace(tuple);
  how.ranges = ranges->get();
}

/// Lets Python handle its signals, above all Ctrl-C. An exception, if there is
/// one, stays set.
static int hasException(void *) {
  nb::gil_scoped_acquire locked;
  return PyErr_CheckSignals() != 0;
}

nb::object Call::run() {
  std::vector<const void *> inputs;
  for (const Array &array : arrays)
    inputs.push_back(array.data());
  std::vector<void *> outputs;
  for (const Array &array : resultArrays)
    outputs.push_back(array.data());
  keops_batch problems = {int32_t(batch.size()), 0, batch.data(),
                          strides.data()};
  if (!batch.empty())
    how.batch = &problems;
  how.should_stop = hasException;
  int status;
  {
    nb::gil_scoped_release unlocked;
    status = keops_kernel_run(kernel, &how, rowsAlong(KEOPS_AXIS_I),
                              rowsAlong(KEOPS_AXIS_J), inputs.data(),
                              outputs.data());
  }
  if (status == KEOPS_STOPPED)
    throw nb::python_error(); // that of the signal
  if (status != KEOPS_OK)
    raiseStatus(status);
  if (results.size() == 1)
    return results[0];
  nb::object tuple = nb::steal(PyTuple_New(Py_ssize_t(results.size())));
  for (size_t k = 0; k < results.size(); ++k)
    PyTuple_SetItem(tuple.ptr(), Py_ssize_t(k), results[k].release().ptr());
  return tuple;
}

} // namespace keops::python
