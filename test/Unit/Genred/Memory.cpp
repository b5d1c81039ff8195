//===- Memory.cpp - how much memory a call takes --------------------------===//
//
// Never the table of pairs, and little beside inputs and outputs: what a
// thread works on, and accumulators where columns are cut into chunks.
//
//===----------------------------------------------------------------------===//

#include "keops/genred.h"
#include <gtest/gtest.h>
#include <sys/resource.h>

using keops::Genred;
using keops::Matrix;

namespace {

int64_t peakBytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return int64_t(usage.ru_maxrss) * 1024;
}

Matrix<float> filled(int64_t rows, int64_t dim) {
  Matrix<float> result(rows, dim);
  for (int64_t n = 0; n < rows * dim; ++n)
    result.data()[n] = float(n % 1013) / 1013;
  return result;
}

struct Sizes {
  int64_t rows, columns;
};
class Memory : public testing::TestWithParam<Sizes> {};

} // namespace

TEST_P(Memory, isThatOfInputsAndOutputsAndLittleMore) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "the address sanitizer takes memory of its own";
#endif
#endif
  auto [rows, columns] = GetParam();
  Genred op("SqDist(X, Y) * B", {"X = Vi(3)", "Y = Vj(3)", "B = Vj(2)"}, "Sum",
            1);
  keops::GenredOptions five;
  five.optArg = 5;
  Genred nearest("SqDist(X, Y)", {"X = Vi(3)", "Y = Vj(3)"}, "KMin", 1, five);
  Matrix<float> x = filled(rows, 3), y = filled(columns, 3),
                b = filled(columns, 2);
  Matrix<float> one = filled(1, 3), weight = filled(1, 2);
  (void)op(one, one, weight); // compiles it
  (void)nearest(one, one);
  int64_t before = peakBytes();
  Matrix<float> sums = op(x, y, b);
  Matrix<float> least = nearest(x, y);
  int64_t outputs = (sums.rows() * sums.cols() + least.rows() * least.cols()) *
                    int64_t(sizeof(float));
  EXPECT_LT(peakBytes() - before, outputs + (int64_t(64) << 20))
      << outputs << " bytes of them are outputs";
}

INSTANTIATE_TEST_SUITE_P(Tables, Memory,
                         testing::Values(Sizes{1000000, 300},
                                         Sizes{300, 1000000}, Sizes{1, 5000000},
                                         Sizes{30000, 30000}));
