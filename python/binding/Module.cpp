//===- Module.cpp - keopsc._binding, the compiler library for Python ------===//
//
// Not for users: keopsc.numpy and keopsc.torch are on top of it.
//
//===----------------------------------------------------------------------===//

#include "python/binding/Call.h"
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace keops::python;

NB_MODULE(_binding, m) {
  // Formulas in caches of Python live as long as the process.
  nb::set_leak_warnings(false);
  m.doc() = "The compiler library for Python; see keopsc.numpy and "
            "keopsc.torch.";
  m.def("version", &keops_compiler_version, "Version of the library.");
  nb::class_<Memory>(m, "Memory",
                     "An array in words: address, shape, strides in elements, "
                     "type of its numbers, number of the GPU or -1.")
      .def(nb::init<uintptr_t, nb::tuple, nb::tuple, std::string, int>());
  nb::class_<Formula>(m, "Formula",
                      "A formula, compiled when it is first called.")
      .def(
          "__init__",
          [](Formula *self, std::string formula,
             std::vector<std::string> aliases, std::string reduction,
             int64_t axis, std::optional<int64_t> opt_arg, std::string formula2,
             std::string sum_scheme, std::string dtype_acc,
             std::vector<std::string> gradients, bool takes_result,
             std::vector<std::string> options) {
            new (self) Formula(Text{std::move(formula), std::move(aliases),
                                    std::move(reduction), axis, opt_arg,
                                    std::move(formula2), std::move(sum_scheme),
                                    std::move(dtype_acc), std::move(gradients),
                                    takes_result, std::move(options)});
          },
          nb::arg("formula"), nb::arg("aliases"), nb::arg("reduction"),
          nb::arg("axis"), nb::arg("opt_arg").none(), nb::arg("formula2"),
          nb::arg("sum_scheme"), nb::arg("dtype_acc"), nb::arg("gradients"),
          nb::arg("takes_result"), nb::arg("options"))
      .def("describe", &Formula::describe,
           "What it takes, (name, axis, dimension) for each array, where the "
           "axis is 0 for a parameter, 1 for i, 2 for j; and what it makes, "
           "(axis, whether these are row numbers, shape of one row). Compiles "
           "nothing.")
      .def(
          "__call__",
          [](Formula &self, nb::tuple arguments, nb::handle out,
             nb::handle ranges, int backend, int device,
             std::optional<uintptr_t> stream, nb::handle empty,
             nb::handle copy) {
            Call call(self, arguments, {backend, device, stream}, copy);
            call.setRanges(ranges);
            call.makeResults(out, empty);
            return call.run();
          },
          nb::arg("arguments"), nb::arg("out").none(), nb::arg("ranges").none(),
          nb::arg("backend"), nb::arg("device"), nb::arg("stream").none(),
          nb::arg("empty"), nb::arg("copy").none());
}
