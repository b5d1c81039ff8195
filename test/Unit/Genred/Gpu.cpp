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
    driver = dlopen(KEOPS_TEST_DRIVER, RTLD_NOW);
    ASSERT_TRUE(driver) << dlerror();
    drive("cuInit", 0u);
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

  /// Calls a function of the driver.
  template <typename... Arguments>
  void drive(const char *name, Arguments... arguments) {
    auto *function =
        reinterpret_cast<int (*)(Arguments...)>(dlsym(driver, name));
    ASSERT_TRUE(function) << name;
    EXPECT_EQ(0, function(arguments...)) << name;
  }
  /// A table in the memory of the GPU.
  float *copy(const Matrix<float> &table) {
    uint64_t address = 0;
    size_t bytes = size_t(table.rows() * table.cols()) * sizeof(float);
    drive("cuMemAlloc_v2", &address, bytes);
    drive("cuMemcpyHtoDAsync_v2", address,
          static_cast<const void *>(table.data()), bytes, noStream);
    drive("cuStreamSynchronize", noStream);
    return reinterpret_cast<float *>(address);
  }
  Matrix<float> download(const float *table, void *stream) {
    Matrix<float> result(50, 2);
    drive("cuMemcpyDtoHAsync_v2", static_cast<void *>(result.data()),
          reinterpret_cast<uint64_t>(table), size_t(100 * sizeof(float)),
          stream);
    drive("cuStreamSynchronize", stream);
    return result;
  }

  void *driver = nullptr;
  void *const noStream = nullptr;
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

TEST_F(GenredOnGpu, TablesThereAreUsedInPlaceAndInTheOrderOfAStream) {
  void *context = nullptr, *stream = nullptr, *other = nullptr;
  drive("cuDevicePrimaryCtxRetain", &context, 0);
  drive("cuCtxPushCurrent_v2", context);
  drive("cuStreamCreate", &stream, 1u);
  drive("cuStreamCreate", &other, 1u);
  Matrix<float> nothing(50, 2);
  float *X = copy(x), *Y = copy(y), *B = copy(b), *A = copy(nothing);
  onGpu.stream = stream;
  gauss({"--target=cpu,cuda"})
      .with(onGpu)
      .into(keops::MutableView<float>{A, 50, 2}, keops::View<float>(X, 50, 3),
            keops::View<float>(Y, 70, 3), keops::View<float>(B, 70, 2));
  Matrix<float> early = download(A, other), late = download(A, stream);
  Matrix<float> here = gauss({})(x, y, b);
  for (int64_t n = 0; n < 100; ++n) {
    EXPECT_EQ(0, early.data()[n]) << "the call has waited";
    EXPECT_NEAR(here.data()[n], late.data()[n], 1e-5);
  }
  for (float *table : {X, Y, B, A})
    drive("cuMemFree_v2", reinterpret_cast<uint64_t>(table));
  drive("cuCtxPopCurrent_v2", &context);
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
