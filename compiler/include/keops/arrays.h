//===- keops/arrays.h - the tables of C++ programs --------------*- C++ -*-===//
//
// Rows of numbers, one row after the other: somebody else's (View), our own
// (Matrix), and how other types become one (Argument).
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_ARRAYS_H
#define KEOPS_ARRAYS_H

#include <array>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace keops {

/// Whatever goes wrong in a call.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {
inline std::string shape(int64_t rows, int64_t cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}
} // namespace detail

/// A table that is read. Its columns may be left to the formula, which knows
/// the dimension of each variable.
template <typename T> struct View {
  const T *data;
  int64_t rows, cols;

  View(const T *data, int64_t rows, int64_t cols)
      : data(data), rows(rows), cols(cols) {}
  /// So many numbers.
  View(const T *data, int64_t count) : data(data), rows(-1), cols(count) {}
  bool isFlat() const { return rows < 0; }
};

/// A table that is written.
template <typename T> struct MutableView {
  T *data;
  int64_t rows, cols;
};

/// A table that owns its numbers; zero at first.
template <typename T> class Matrix {
public:
  Matrix() = default;
  Matrix(int64_t rows, int64_t cols)
      : numbers(size_t(rows * cols)), nRows(rows), nCols(cols) {}

  int64_t rows() const { return nRows; }
  int64_t cols() const { return nCols; }
  T *data() { return numbers.data(); }
  const T *data() const { return numbers.data(); }
  T &operator()(int64_t row, int64_t col) {
    return numbers[size_t(row * nCols + col)];
  }
  const T &operator()(int64_t row, int64_t col) const {
    return numbers[size_t(row * nCols + col)];
  }
  const T *operator[](int64_t row) const { return data() + row * nCols; }
  MutableView<T> view() { return {data(), nRows, nCols}; }

private:
  std::vector<T> numbers;
  int64_t nRows = 0, nCols = 0;
};

/// Tables that had to be brought into order for a call.
template <typename T> using Copies = std::deque<std::vector<T>>;

/// How a type becomes a table: `Scalar`, and view(), which may put a copy into
/// `copies`. Specialize it for types of your own.
template <typename A, typename = void> struct Argument;

template <typename T>
struct Argument<T, std::enable_if_t<std::is_floating_point_v<T>>> {
  using Scalar = T;
  static View<T> view(const T &number, Copies<T> &) {
    return View<T>(&number, 1, 1);
  }
};

template <typename T> struct Argument<View<T>> {
  using Scalar = T;
  static View<T> view(const View<T> &table, Copies<T> &) { return table; }
};

template <typename T> struct Argument<MutableView<T>> {
  using Scalar = T;
  static View<T> view(const MutableView<T> &table, Copies<T> &) {
    return View<T>(table.data, table.rows, table.cols);
  }
};

template <typename T> struct Argument<Matrix<T>> {
  using Scalar = T;
  static View<T> view(const Matrix<T> &table, Copies<T> &) {
    return View<T>(table.data(), table.rows(), table.cols());
  }
};

template <typename T> struct Argument<std::vector<T>> {
  using Scalar = T;
  static View<T> view(const std::vector<T> &numbers, Copies<T> &) {
    return View<T>(numbers.data(), int64_t(numbers.size()));
  }
};

template <typename T, size_t count> struct Argument<std::array<T, count>> {
  using Scalar = T;
  static View<T> view(const std::array<T, count> &numbers, Copies<T> &) {
    return View<T>(numbers.data(), int64_t(count));
  }
};

} // namespace keops

#endif // KEOPS_ARRAYS_H
