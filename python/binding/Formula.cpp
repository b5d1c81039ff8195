//===- Formula.cpp - the text of a Genred and its kernels -----------------===//

#include "python/binding/Formula.h"
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

namespace keops::python {

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

void raiseStatus(int status) {
  PyObject *type = status == KEOPS_INVALID_ARGUMENT ? PyExc_ValueError
                   : status == KEOPS_OUT_OF_MEMORY  ? PyExc_MemoryError
                                                    : PyExc_RuntimeError;
  std::string text = keops_compiler_last_error();
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  PyErr_SetString(type, text.c_str());
  throw nb::python_error();
}

/// FormulaError is a class of Python: it carries the place.
[[noreturn]] static void raiseReport(const keops_report *report) {
  nb::object type = nb::module_::import_("keopsc._errors").attr("FormulaError");
  const keops_message *first = keops_report_message(report, 0);
  std::string text = keops_report_text(report);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  nb::object error =
      type(text, first ? first->text : "", first ? first->where : "",
           first ? first->line : 0, first ? first->column : 0);
  PyErr_SetObject(type.ptr(), error.ptr());
  throw nb::python_error();
}

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

static std::vector<const char *>
pointers(const std::vector<std::string> &texts) {
  std::vector<const char *> result;
  for (const std::string &text : texts)
    result.push_back(text.c_str());
  return result;
}

Formula::Kernel Formula::make(decltype(keops_compile) *how, const char *dtype,
                              bool forGpu) const {
  auto aliases = pointers(text.aliases);
  auto gradients = pointers(text.gradients);
  auto options = pointers(text.options);
  if (forGpu)
    options.push_back("--target=cpu,cuda");
  keops_source source = KEOPS_SOURCE_DEFAULTS;
  source.formula = text.formula.c_str();
  source.aliases = aliases.data();
  source.n_aliases = int64_t(aliases.size());
  source.reduction = text.reduction.c_str();
  source.formula2 = text.formula2.c_str();
  source.dtype = dtype;
  source.sum_scheme = text.sumScheme.c_str();
  source.dtype_acc = text.dtypeAcc.c_str();
  source.axis = text.axis;
  source.opt_arg = text.optArg.value_or(0);
  source.has_opt_arg = text.optArg.has_value();
  source.gradients = gradients.data();
  source.n_gradients = int64_t(gradients.size());
  source.takes_result = text.takesResult;
  source.options = options.data();
  source.n_options = int64_t(options.size());

  keops_kernel *kernel = nullptr;
  keops_report *report = nullptr;
  int status;
  {
    nb::gil_scoped_release unlocked;
    status = how(&source, &kernel, &report);
  }
  Kernel result(kernel);
  std::unique_ptr<keops_report, decltype(&keops_report_free)> said(
      report, &keops_report_free);
  if (status == KEOPS_BAD_FORMULA)
    raiseReport(report);
  if (status != KEOPS_OK)
    raiseStatus(status);
  return result;
}

const keops_kernel *Formula::kernel(Number number, bool forGpu) {
  Kernel &kernel = kernels[number == Number::Float64][forGpu];
  if (!kernel) {
    Kernel made = make(keops_compile, nameOf(number), forGpu);
    // Another thread may have been here; callers of its kernel still run it.
    if (!kernel)
      kernel = std::move(made);
  }
  return kernel.get();
}

//===----------------------------------------------------------------------===//
// Looking
//===----------------------------------------------------------------------===//

nb::tuple Formula::describe() const {
  Kernel kernel = make(keops_describe, "float32", /*forGpu=*/false);
  nb::list inputs, outputs;
  for (int64_t k = 0; auto *table = keops_kernel_input(kernel.get(), k); ++k)
    inputs.append(nb::make_tuple(table->name, table->axis, table->dim));
  for (int64_t k = 0; auto *table = keops_kernel_output(kernel.get(), k); ++k)
    outputs.append(nb::make_tuple(table->axis, table->dtype == KEOPS_INT64,
                                  nb::tuple(nb::cast(resultShape(*table)))));
  return nb::make_tuple(nb::tuple(inputs), nb::tuple(outputs));
}

std::vector<int64_t> Formula::resultShape(const keops_parameter &result) const {
  bool keepsSeveral = text.reduction.find("KMin") != std::string::npos;
  int64_t k = text.optArg.value_or(0);
  if (!keepsSeveral || !text.gradients.empty() || k < 1 || result.dim % k)
    return {result.dim};
  if (result.dim == k)
    return {k};
  return {k, result.dim / k};
}

} // namespace keops::python
