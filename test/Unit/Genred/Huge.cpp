//===- Huge.cpp - more rows than 32 bits can count ------------------------===//
//
// Tables of 2^32 numbers that take no memory: pages that nobody writes to are
// all the same page of zeros.
//
//===----------------------------------------------------------------------===//

#include "keops/genred.h"
#include <gtest/gtest.h>
#include <sys/mman.h>

using keops::Genred;
using keops::View;

namespace {

constexpr int64_t many = (int64_t(1) << 32) + 5;

class Zeros {
public:
  Zeros()
      : memory(mmap(nullptr, many * sizeof(float), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  ~Zeros() {
    if (isThere())
      munmap(memory, many * sizeof(float));
  }
  bool isThere() const { return memory != MAP_FAILED; }
  float *data() { return static_cast<float *>(memory); }

private:
  void *memory;
};

} // namespace

TEST(Huge, ColumnsBeyond32BitsAreCountedAndFound) {
  Zeros zeros;
  if (!zeros.isThere())
    GTEST_SKIP() << "this system gives no 16 GiB of addresses";
  View<float> y(zeros.data(), many, 1);
  const int64_t last = many - 2, before = (int64_t(1) << 31) + 3;
  zeros.data()[before] = 0.5f;
  zeros.data()[last] = 1;
  std::vector<float> x = {2, 0.5f};
  Genred nearest("SqDist(X, Y)", {"X = Vi(1)", "Y = Vj(1)"}, "ArgMin", 1);
  auto found = nearest.indices(x, y);
  EXPECT_EQ(found(0, 0), last);
  EXPECT_EQ(found(1, 0), before);
  // The same over i. 2^32 + 5 are not a float32, but the sum of them is near.
  Genred count("X + 1", {"X = Vi(1)"}, "Sum", 0);
  keops::Matrix<float> sum = count(y);
  EXPECT_EQ(sum.rows(), 1);
  EXPECT_NEAR(sum(0, 0), double(many) + 1.5, 1e-6 * double(many));
}
