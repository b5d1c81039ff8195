//===- keops/genred.h - formulas as functions of C++ ------------*- C++ -*-===//
//
//   keops::Genred op("Exp(-G*SqDist(X,Y))*B",
//                    {"G=Pm(1)", "X=Vi(3)", "Y=Vj(3)", "B=Vj(2)"},
//                    "Sum", /*axis=*/1);
//   keops::Matrix<float> a = op(g, x, y, b);            // M x 2
//   keops::Matrix<float> e = op.grad("X")(g, x, y, b, a); // M x 3
//
// Arguments are numbers, std::vector, std::array, keops::Matrix, keops::View,
// or what other headers add (keops/eigen.h), all of float or all of double.
// They are not copied. The formula is compiled when it is called for the first
// time with a type of numbers. What goes wrong is thrown as keops::Error, or
// keops::FormulaError, whose text points at the place in the formula.
//
// Header-only, C++17, on top of keops/compiler.h: link libkeops_compiler.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_GENRED_H
#define KEOPS_GENRED_H

#include "keops/arrays.h"
#include "keops/compiler.h"
#include "keops/formula.h"
#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

namespace keops {

/// A formula that means nothing. what() shows it, with a caret below the place.
struct FormulaError : Error {
  using Error::Error;
};

/// Where and how a formula runs; see keops_call.
struct Call {
  keops_backend backend = KEOPS_BACKEND_AUTO;
  int device = 0;  // number of the GPU
  int threads = 0; // at most so many; 0: one for each core
  void *stream = nullptr;
  const keops_ranges *ranges = nullptr; // the pairs that there are; null: all
  /// Asked now and then during a long call on the CPU, on the thread that
  /// calls. If it says true, the call throws an Error; what it throws, the call
  /// throws.
  std::function<bool()> shouldStop = {};
};

/// What a formula may have beside its text.
struct GenredOptions {
  std::string formula2;              // the weight, for reductions that take one
  std::optional<int64_t> optArg;     // K, for KMin and its kin
  std::string sumScheme, dtypeAcc;   // "kahan_scheme", "float64": how to add up
  std::vector<std::string> compiler; // options of keopsc, as "--precise"
};

class Genred {
public:
  /// `axis` is the one that is reduced: 1 gives a row for each i, 0 for each j.
  Genred(std::string formula, std::vector<std::string> aliases,
         std::string reduction = "Sum", int axis = 0,
         GenredOptions options = {});
  /// The same, written as a C++ expression; see keops/formula.h.
  explicit Genred(const Expression &expression, std::string reduction = "Sum",
                  int axis = 0, GenredOptions options = {});

  /// The result. One table for each variable, in the order of the aliases.
  template <typename First, typename... Rest>
  auto operator()(const First &first, const Rest &...rest) const {
    using T = typename Argument<First>::Scalar;
    Launch<T> launch(*this, first, rest...);
    Matrix<T> result = launch.template output<T>(0);
    launch.run();
    return result;
  }

  /// The result of ArgMin and its kin: row numbers.
  template <typename... Arguments>
  Matrix<int64_t> indices(const Arguments &...arguments) const;

  /// Both results of Min_ArgMin and its kin: values and row numbers.
  template <typename First, typename... Rest>
  auto valuesAndIndices(const First &first, const Rest &...rest) const {
    using T = typename Argument<First>::Scalar;
    Launch<T> launch(*this, first, rest...);
    std::pair<Matrix<T>, Matrix<int64_t>> results(
        launch.template output<T>(0), launch.template output<int64_t>(1));
    launch.run();
    return results;
  }

  /// The same into memory of the caller, which must be of the right size.
  template <typename T, typename... Arguments>
  void into(MutableView<T> result, const Arguments &...arguments) const {
    Launch<T> launch(*this, arguments...);
    launch.into(0, result);
    launch.run();
  }

  /// The derivative along a variable, as a function of one table more: the
  /// derivative of some number along the result gives that along the variable.
  Genred grad(const std::string &variable) const;

  /// The same function, run in another way.
  Genred with(const Call &call) const {
    Genred other = *this;
    other.call = call;
    return other;
  }

private:
  /// A compiled kernel, for one type of numbers.
  struct Kernel {
    std::once_flag once;
    keops_kernel *handle = nullptr;
    ~Kernel() { keops_kernel_free(handle); }
  };
  struct Text {
    std::string formula;
    std::vector<std::string> aliases;
    std::string reduction;
    int axis;
    GenredOptions options;
    std::vector<std::string> gradients;
  };
  /// The text, and what it has been compiled to; shared by copies.
  struct Formula {
    explicit Formula(Text text) : text(std::move(text)) {}
    const Text text;
    Kernel ofFloat, ofDouble;
  };
  template <typename T> class Launch;

  explicit Genred(std::shared_ptr<Formula> formula, Call call)
      : formula(std::move(formula)), call(call) {}
  template <typename T> const keops_kernel *kernel() const;
  keops_kernel *compile(const char *dtype) const;

  std::shared_ptr<Formula> formula;
  Call call;
};

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

inline Genred::Genred(std::string formula, std::vector<std::string> aliases,
                      std::string reduction, int axis, GenredOptions options)
    : formula(std::make_shared<Formula>(Text{std::move(formula),
                                             std::move(aliases),
                                             std::move(reduction),
                                             axis,
                                             std::move(options),
                                             {}})) {}

inline Genred::Genred(const Expression &expression, std::string reduction,
                      int axis, GenredOptions options)
    : Genred("", {}, std::move(reduction), axis, std::move(options)) {
  Text text = formula->text;
  FormulaText written = expression.write();
  text.formula = std::move(written.formula);
  text.aliases = std::move(written.aliases);
  formula = std::make_shared<Formula>(std::move(text));
}

inline Genred Genred::grad(const std::string &variable) const {
  Text text = formula->text;
  text.gradients.push_back(variable);
  return Genred(std::make_shared<Formula>(std::move(text)), call);
}

inline keops_kernel *Genred::compile(const char *dtype) const {
  auto pointers = [](const std::vector<std::string> &texts) {
    std::vector<const char *> result;
    for (const std::string &text : texts)
      result.push_back(text.c_str());
    return result;
  };
  const Text &text = formula->text;
  auto aliases = pointers(text.aliases);
  auto gradients = pointers(text.gradients);
  auto options = pointers(text.options.compiler);
  keops_source source = KEOPS_SOURCE_DEFAULTS;
  source.formula = text.formula.c_str();
  source.aliases = aliases.data();
  source.n_aliases = int64_t(aliases.size());
  source.reduction = text.reduction.c_str();
  source.formula2 = text.options.formula2.c_str();
  source.dtype = dtype;
  source.sum_scheme = text.options.sumScheme.c_str();
  source.dtype_acc = text.options.dtypeAcc.c_str();
  source.axis = text.axis;
  source.opt_arg = text.options.optArg.value_or(0);
  source.has_opt_arg = text.options.optArg.has_value();
  source.gradients = gradients.data();
  source.n_gradients = int64_t(gradients.size());
  source.options = options.data();
  source.n_options = int64_t(options.size());
  keops_kernel *kernel = nullptr;
  int status = keops_compile(&source, &kernel, nullptr);
  if (status == KEOPS_BAD_FORMULA)
    throw FormulaError(keops_compiler_last_error());
  if (status != KEOPS_OK)
    throw Error(keops_compiler_last_error());
  return kernel;
}

template <typename T> const keops_kernel *Genred::kernel() const {
  bool isFloat = std::is_same_v<T, float>;
  Kernel &kernel = isFloat ? formula->ofFloat : formula->ofDouble;
  // After an exception, the next call tries again.
  std::call_once(kernel.once, [&] {
    kernel.handle = compile(isFloat ? "float32" : "float64");
  });
  return kernel.handle;
}

//===----------------------------------------------------------------------===//
// One call
//===----------------------------------------------------------------------===//

/// Arguments that have been checked, and results that wait for them.
template <typename T> class Genred::Launch {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                "formulas take tables of float or of double");

public:
  template <typename... Arguments>
  explicit Launch(const Genred &op, const Arguments &...arguments)
      : kernel(op.kernel<T>()), call(op.call) {
    static_assert(
        (std::is_same_v<T, typename Argument<Arguments>::Scalar> && ...),
        "all tables of a call must be of the same type of numbers");
    (add(Argument<Arguments>::view(arguments, copies)), ...);
    if (auto *missing = keops_kernel_input(kernel, int64_t(inputs.size())))
      throw Error("no table for " + std::string(missing->name) + ": got " +
                  std::to_string(inputs.size()));
  }

  /// Memory for a result, which must be of this type.
  template <typename R> Matrix<R> output(int64_t index) {
    const keops_parameter &result = resultAt<R>(index);
    Matrix<R> memory(rowsAlong(result.axis), result.dim);
    set(index, memory.data());
    return memory;
  }

  void into(int64_t index, MutableView<T> memory) {
    const keops_parameter &result = resultAt<T>(index);
    if (memory.rows != rowsAlong(result.axis) || memory.cols != result.dim)
      throw Error(
          "the result is " + detail::shape(rowsAlong(result.axis), result.dim) +
          ", the memory for it " + detail::shape(memory.rows, memory.cols));
    set(index, memory.data);
  }

  void run() {
    if (keops_kernel_output(kernel, int64_t(outputs.size())))
      throw Error("the formula has two results: call valuesAndIndices()");
    keops_call how = KEOPS_CALL_DEFAULTS;
    how.backend = call.backend;
    how.device = call.device;
    how.threads = call.threads;
    how.stream = call.stream;
    how.ranges = call.ranges;
    if (call.shouldStop) {
      how.should_stop = askCaller;
      how.stop_context = this;
    }
    int status = keops_kernel_run(kernel, &how, rowsAlong(KEOPS_AXIS_I),
                                  rowsAlong(KEOPS_AXIS_J), inputs.data(),
                                  outputs.data());
    if (thrown)
      std::rethrow_exception(thrown);
    if (status != KEOPS_OK)
      throw Error(keops_compiler_last_error());
  }

private:
  /// No exception may pass through C.
  static int askCaller(void *launch) {
    auto *self = static_cast<Launch *>(launch);
    try {
      return self->call.shouldStop();
    } catch (...) {
      self->thrown = std::current_exception();
      return 1;
    }
  }
  int64_t rowsAlong(int32_t axis) const {
    return rows[axis] < 0 ? 1 : rows[axis];
  }
  void set(int64_t index, void *memory) {
    outputs.resize(std::max(outputs.size(), size_t(index) + 1));
    outputs[index] = memory;
  }
  void add(View<T> table);
  template <typename R> const keops_parameter &resultAt(int64_t index) const;

  const keops_kernel *kernel;
  Call call;
  std::exception_ptr thrown;
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
  // Along p, i and j; which table said so. One where none does.
  int64_t rows[3] = {1, -1, -1};
  std::string first[3];
  Copies<T> copies;
};

template <typename T> void Genred::Launch<T>::add(View<T> table) {
  const keops_parameter *variable =
      keops_kernel_input(kernel, int64_t(inputs.size()));
  if (!variable)
    throw Error("the formula takes " + std::to_string(inputs.size()) +
                " tables, got more");
  int64_t dim = variable->dim, axis = variable->axis;
  auto expected = [&] {
    return std::string(variable->name) + " has " + std::to_string(dim) +
           (dim == 1 ? " column" : " columns");
  };
  if (table.isFlat()) { // rows follow from the formula
    if (table.cols % dim)
      throw Error(expected() + ", got " + std::to_string(table.cols) +
                  " numbers");
    table = View<T>(table.data, table.cols / dim, dim);
  }
  if (table.cols != dim)
    throw Error(expected() + ", got a table of " +
                detail::shape(table.rows, table.cols));
  if (rows[axis] < 0) {
    rows[axis] = table.rows;
    first[axis] = variable->name;
  }
  if (table.rows != rows[axis])
    throw Error(std::string(variable->name) + " has " +
                std::to_string(table.rows) + " rows, but " +
                (axis == KEOPS_AXIS_P
                     ? "a parameter has one"
                     : first[axis] + " has " + std::to_string(rows[axis])));
  inputs.push_back(table.data);
}

template <typename T>
template <typename R>
const keops_parameter &Genred::Launch<T>::resultAt(int64_t index) const {
  const keops_parameter *result = keops_kernel_output(kernel, index);
  if (!result)
    throw Error("the formula has only one result");
  bool isIndex = result->dtype == KEOPS_INT64;
  if (isIndex && !std::is_same_v<R, int64_t>)
    throw Error("the formula gives row numbers: call indices()");
  if (!isIndex && std::is_same_v<R, int64_t>)
    throw Error("the formula gives no row numbers");
  return *result;
}

template <typename... Arguments>
Matrix<int64_t> Genred::indices(const Arguments &...arguments) const {
  using First = std::tuple_element_t<0, std::tuple<Arguments...>>;
  Launch<typename Argument<First>::Scalar> launch(*this, arguments...);
  Matrix<int64_t> result = launch.template output<int64_t>(0);
  launch.run();
  return result;
}

} // namespace keops

#endif // KEOPS_GENRED_H
