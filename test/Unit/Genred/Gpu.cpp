//===- Gpu.cpp - kernels compiled in memory, on a GPU ---------------------===//

#include "keops/genred.h"
#include <cmath>
#include <dlfcn.h>
#include <gtest/gtest.h>

using keops::Genred;
using keops::Matrix;

namespace {

class GenredOnGpu : public ::testing::Test {
protected:
  void SetUp() override {
    // The emulator, from the build. What is loaded under the name of the
    // driver is what the library finds.
    ASSERT_TRUE(dlopen(KEOPS_TEST_DRIVER, RTLD_NOW)) << dlerror();
    for (auto [table, number] : {std::pair(&x, 1.7f), {&y, 2.3f}, {&b, 0.9f}})
      for (int64_t n = 0; n < table->rows() * table->cols(); ++n)
        table->data()[n] = std::sin(number * float(n));
    onGpu.backend = KEOPS_BACKEND_GPU;
  }
  static Genred gauss(std::vector<std::string> options) {
    keops::GenredOptions all;
    all.compiler = std::move(options);
    return Genred("Exp(-SqDist(X, Y)) * B", {"X=Vi(3)", "Y=Vj(3)", "B=Vj(2)"},
                  "Sum", 1, all);
  }

  Matrix<float> x = Matrix<float>(50, 3), y = Matrix<float>(70, 3),
                b = Matrix<float>(70, 2);
  keops::Call onGpu;
};

TEST_F(GenredOnGpu, CodeForBothRunsOnEither) {
  Genred op = gauss({"--target=cpu,cuda"});
  auto here = op(x, y, b), there = op.with(onGpu)(x, y, b);
  for (int64_t n = 0; n < 100; ++n)
    EXPECT_NEAR(here.data()[n], there.data()[n], 1e-5);
  auto gradient = op.grad("Y");
  auto e = here;
  auto near = gradient(x, y, b, e), far = gradient.with(onGpu)(x, y, b, e);
  for (int64_t n = 0; n < 210; ++n)
    EXPECT_NEAR(near.data()[n], far.data()[n], 1e-3);
}

TEST_F(GenredOnGpu, WithoutCodeForItThatIsSaid) {
  std::string message;
  try {
    gauss({}).with(onGpu)(x, y, b);
  } catch (const std::exception &error) {
    message = error.what();
  }
  EXPECT_NE(std::string::npos, message.find("has no code for GPUs")) << message;
}

} // namespace
