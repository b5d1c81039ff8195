//===- Kernel.cpp - a workload as a compiled kernel with data -------------===//

#include "bench/table/Kernel.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <stdexcept>

namespace keops::bench {

static keops_kernel *compile(const Workload &workload,
                             const std::vector<const char *> &options) {
  std::vector<const char *> aliases;
  for (const std::string &alias : workload.aliases)
    aliases.push_back(alias.c_str());
  keops_source source = KEOPS_SOURCE_DEFAULTS;
  source.formula = workload.formula.c_str();
  source.aliases = aliases.data();
  source.n_aliases = int64_t(aliases.size());
  source.reduction = workload.reduction.c_str();
  source.dtype = workload.isDouble ? "float64" : "float32";
  source.axis = workload.axis;
  source.opt_arg = workload.ranks;
  source.has_opt_arg = workload.ranks > 0;
  source.options = options.data();
  source.n_options = int64_t(options.size());
  keops_kernel *kernel = nullptr;
  keops_report *report = nullptr;
  int status = keops_compile(&source, &kernel, &report);
  std::string text = keops_report_text(report);
  keops_report_free(report);
  if (status != KEOPS_OK)
    throw std::runtime_error(workload.name + ":\n" + text);
  return kernel;
}

int64_t Kernel::bytesOf(const keops_parameter &parameter) const {
  int64_t rows = parameter.axis == KEOPS_AXIS_I   ? sizes.rows
                 : parameter.axis == KEOPS_AXIS_J ? sizes.columns
                                                  : 1;
  return rows * parameter.dim * (parameter.dtype == KEOPS_FLOAT32 ? 4 : 8);
}

/// Numbers of [0, 1), the same in every run.
void Kernel::fill(const keops_parameter &parameter, const Workload &workload) {
  std::string name = parameter.name;
  int64_t bytes = bytesOf(parameter);
  Array &array = tables[name] = Array(bytes);
  std::seed_seq seed(name.begin(), name.end());
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(0, 1);
  std::optional<double> given;
  for (const auto &[known, number] : workload.given)
    if (known == name)
      given = number;
  auto write = [&](auto *numbers) {
    for (int64_t k = 0; k < bytes / int64_t(sizeof *numbers); ++k)
      numbers[k] = given ? *given : uniform(random);
  };
  if (parameter.dtype == KEOPS_FLOAT32)
    write(array.as<float>());
  else
    write(array.as<double>());
}

Kernel::Kernel(const Workload &workload, Sizes sizes,
               const std::vector<const char *> &options)
    : sizes(sizes), handle(compile(workload, options)) {
  for (int64_t k = 0; auto *parameter = keops_kernel_input(handle, k); ++k) {
    fill(*parameter, workload);
    inputs.push_back(tables[parameter->name].data());
    if (std::string(parameter->name) == "X")
      dim = parameter->dim;
  }
  const keops_parameter &output = *keops_kernel_output(handle, 0);
  int64_t bytes = bytesOf(output);
  result = Array(bytes);
  other = Array(bytes);
  dtype = output.dtype;
  count = bytes / (dtype == KEOPS_FLOAT32 ? 4 : 8);
}

void Kernel::run(int threads) {
  keops_call call = KEOPS_CALL_DEFAULTS;
  call.threads = threads;
  void *outputs[] = {result.data()};
  if (keops_kernel_run(handle, &call, sizes.rows, sizes.columns, inputs.data(),
                       outputs) != KEOPS_OK)
    throw std::runtime_error(keops_compiler_last_error());
}

double Kernel::squaredDistance(int64_t row, int64_t column) const {
  double square = 0;
  for (int64_t c = 0; c < dim; ++c) {
    double d = double(tables.get("X")[row * dim + c]) -
               tables.get("Y")[column * dim + c];
    square += d * d;
  }
  return square;
}

template <typename T>
static double distanceOf(const T *a, const T *b, int64_t count) {
  double greatest = 0, difference = 0;
  for (int64_t k = 0; k < count; ++k) {
    greatest = std::max(greatest, std::abs(double(b[k])));
    // A NaN counts as far away.
    double d = std::abs(double(a[k]) - double(b[k]));
    difference = std::max(difference, std::isnan(d) ? HUGE_VAL : d);
  }
  return difference / greatest;
}

double Kernel::difference() const {
  if (dtype == KEOPS_FLOAT32)
    return distanceOf(other.as<float>(), result.as<float>(), count);
  if (dtype == KEOPS_FLOAT64)
    return distanceOf(other.as<double>(), result.as<double>(), count);
  // Two columns at nearly the same distance may change places.
  double worst = 0;
  int64_t ranks = count / sizes.rows;
  for (int64_t k = 0; k < count; ++k) {
    int64_t mine = result.as<int64_t>()[k], theirs = other.as<int64_t>()[k];
    if (mine < 0 || mine >= sizes.columns || theirs < 0 ||
        theirs >= sizes.columns)
      return HUGE_VAL;
    if (mine == theirs)
      continue;
    double ours = squaredDistance(k / ranks, mine),
           its = squaredDistance(k / ranks, theirs);
    worst = std::max(worst, std::abs(ours - its) / std::max(ours, its));
  }
  return worst;
}

} // namespace keops::bench
