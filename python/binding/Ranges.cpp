//===- Ranges.cpp - block-sparse ranges from Python -----------------------===//

#include "python/binding/Ranges.h"

namespace nb = nanobind;

namespace keops::python {

/// An array of so many dimensions, of pairs if there are two.
static Array integers(nb::handle object, const std::string &name, size_t dims) {
  Array array(object, name, Array::Access::Read);
  if (array.isOnGpu())
    throw nb::value_error((name + " is in " + array.placeText() +
                           "; ranges are read in that of the host")
                              .c_str());
  if (!array.isInteger())
    throw nb::type_error(
        (name + " is of type " + array.typeName() + "; expected integers")
            .c_str());
  if (array.dims() != dims || (dims == 2 && array.size(1) != 2))
    throw nb::value_error((name + " has the shape " + shapeText(array.shape()) +
                           "; expected " + (dims == 2 ? "(n, 2)" : "(n,)"))
                              .c_str());
  if (array.number() != Number::Int64 || !array.isContiguous(dims))
    array.makeInt64();
  return array;
}

Ranges::Half Ranges::read(nb::handle tuple, size_t first,
                          const char *const (&names)[3]) {
  auto element = [&](size_t k) {
    return nb::handle(PyTuple_GetItem(tuple.ptr(), Py_ssize_t(first + k)));
  };
  if (element(0).is_none() && element(1).is_none() && element(2).is_none())
    return {0, nullptr, nullptr, nullptr};
  const size_t dims[] = {2, 1, 2};
  size_t begin = arrays.size();
  for (size_t k = 0; k < 3; ++k)
    arrays.push_back(
        integers(element(k), std::string("ranges: ") + names[k], dims[k]));
  const Array &rows = arrays[begin], &slices = arrays[begin + 1],
              &columns = arrays[begin + 2];
  int64_t count = rows.shape()[0], intervals = columns.shape()[0];
  if (slices.shape()[0] != count)
    throw nb::value_error((std::string("ranges: ") + names[1] + " has " +
                           std::to_string(slices.shape()[0]) +
                           " entries, but " + names[0] + " has " +
                           std::to_string(count))
                              .c_str());
  auto at = [](const Array &array) {
    return reinterpret_cast<const int64_t *>(array.data());
  };
  for (int64_t k = 0; k < count; ++k)
    if (at(slices)[k] > intervals)
      throw nb::value_error(
          (std::string("ranges: ") + names[1] + "[" + std::to_string(k) +
           "] is " + std::to_string(at(slices)[k]) + ", but " + names[2] +
           " has " + std::to_string(intervals) + " entries")
              .c_str());
  return {count, at(rows), at(slices), at(columns)};
}

Ranges::Ranges(nb::handle tuple) {
  if (!PyTuple_Check(tuple.ptr()))
    throw nb::type_error("ranges: expected a tuple of six arrays");
  if (PyTuple_Size(tuple.ptr()) != 6)
    throw nb::value_error(
        ("ranges: expected six arrays (ranges_i, slices_i, redranges_j, "
         "ranges_j, slices_j, redranges_i), got " +
         std::to_string(PyTuple_Size(tuple.ptr())))
            .c_str());
  arrays.reserve(6);
  Half i = read(tuple, 0, {"ranges_i", "slices_i", "redranges_j"});
  Half j = read(tuple, 3, {"ranges_j", "slices_j", "redranges_i"});
  ranges = {i.count, i.rows, i.slices, i.columns,
            j.count, j.rows, j.slices, j.columns};
}

} // namespace keops::python
