//===- Eigen.cpp - keops/eigen.h ------------------------------------------===//

#include "keops/eigen.h"
#include "keops/genred.h"
#include <gtest/gtest.h>

using Rows =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

namespace {

/// sum_j p . (x_i + y_j), which tells rows and columns of all tables apart.
template <typename P, typename X, typename Y>
void check(const P &p, const X &x, const Y &y) {
  keops::Genred op("P | (X + Y)", {"P=Pm(3)", "X=Vi(3)", "Y=Vj(3)"}, "Sum", 1);
  keops::Matrix<double> a = op(p, x, y);
  Eigen::Vector3d weights = Eigen::Vector3d(p);
  Eigen::MatrixXd X_ = x, Y_ = y;
  ASSERT_EQ(a.rows(), X_.rows());
  for (int i = 0; i < X_.rows(); ++i) {
    double sum = 0;
    for (int j = 0; j < Y_.rows(); ++j)
      sum += weights.dot((X_.row(i) + Y_.row(j)).transpose());
    EXPECT_NEAR(a(i, 0), sum, 1e-12);
  }
}

const void *address(const Rows &rows) {
  keops::Copies<double> copies;
  return keops::Argument<Rows>::view(rows, copies).data;
}

} // namespace

TEST(Eigen, RowMajorIsNotCopied) {
  Rows rows = Rows::Random(4, 3);
  EXPECT_EQ(address(rows), rows.data());
}

TEST(Eigen, AllOrdersAndExpressions) {
  Eigen::Vector3d p(1, 2, 3);
  Eigen::MatrixXd x = Eigen::MatrixXd::Random(5, 3);
  Rows y = Rows::Random(4, 3);
  check(p, x, y);
  check(2 * p, x * 2 - x.cwiseAbs(), y);
  check(p, x.middleRows(1, 2), y.middleRows(1, 2));
  check(p, (x * Eigen::MatrixXd::Random(3, 3)).eval(), Rows(0, 3));
  Eigen::MatrixXd wide = Eigen::MatrixXd::Random(3, 6);
  check(p, wide.transpose(), Rows(wide.transpose()).leftCols(3));
  Eigen::Map<const Rows> mapped(y.data(), 2, 3);
  check(p, x, mapped);
}

TEST(Eigen, IsWhatEigenComputes) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Random(100, 3);
  Eigen::MatrixXd y = Eigen::MatrixXd::Random(200, 3);
  Eigen::VectorXd b = Eigen::VectorXd::Random(200);
  keops::Genred op("Exp(-SqDist(X, Y)) * B", {"X=Vi(3)", "Y=Vj(3)", "B=Vj(1)"},
                   "Sum", /*axis=*/1);
  keops::Matrix<double> a = op(x, y, b);
  Eigen::Map<Eigen::VectorXd> result(a.data(), a.rows());
  for (int i = 0; i < 100; ++i) {
    Eigen::VectorXd squares = (y.rowwise() - x.row(i)).rowwise().squaredNorm();
    EXPECT_NEAR((-squares).array().exp().matrix().dot(b), result[i], 1e-12);
  }
}
