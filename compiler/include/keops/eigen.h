//===- keops/eigen.h - Eigen's matrices as tables ---------------*- C++ -*-===//
//
// Include it beside keops/genred.h. Row-major matrices and vectors are read
// where they are; others, Eigen's default among them, and expressions are
// copied row by row for the call.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_EIGEN_H
#define KEOPS_EIGEN_H

#include "keops/arrays.h"
#include <Eigen/Core>

namespace keops {

template <typename Derived>
struct Argument<
    Derived,
    std::enable_if_t<std::is_base_of_v<Eigen::DenseBase<Derived>, Derived>>> {
  using Scalar = typename Derived::Scalar;

  static View<Scalar> view(const Derived &table, Copies<Scalar> &copies) {
    int64_t rows = table.rows(), cols = table.cols();
    // A vector that stands upright is a single row for a parameter: its shape
    // is left to the formula.
    auto asTable = [&](const Scalar *data) {
      return Derived::IsVectorAtCompileTime ? View<Scalar>(data, rows * cols)
                                            : View<Scalar>(data, rows, cols);
    };
    if constexpr (bool(Derived::Flags & Eigen::DirectAccessBit)) {
      bool isPacked = Derived::IsVectorAtCompileTime
                          ? table.innerStride() == 1
                          : Derived::IsRowMajor && table.innerStride() == 1 &&
                                table.outerStride() == cols;
      if (isPacked)
        return asTable(table.derived().data());
    }
    using Rows =
        Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    std::vector<Scalar> &copy = copies.emplace_back(size_t(rows * cols));
    Eigen::Map<Rows>(copy.data(), rows, cols) = table.derived().matrix();
    return asTable(copy.data());
  }
};

} // namespace keops

#endif // KEOPS_EIGEN_H
