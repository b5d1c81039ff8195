//===- Gpu.cpp - a device for tests, emulated or real ---------------------===//

#include "test/Unit/Device/Gpu.h"

#include <cmath>

using namespace gpu;

size_t gpu::allocations() {
  auto *function =
      reinterpret_cast<size_t (*)()>(findInDriver("keopsEmulatorAllocations"));
  return function ? function() : 0;
}

const keops::rt::Driver &gpu::driver() {
  const keops::rt::Driver *driver = nullptr;
  EXPECT_EQ(keops::rt::DriverProblem::None,
            keops::rt::startDriver(driver).kind);
  return *driver;
}

void gpu::reset(int device) {
  driver();
  reinterpret_cast<int (*)(int)>(findInDriver("cuDevicePrimaryCtxReset_v2"))(
      device);
}

Sum::Sum(int64_t M, int64_t N)
    : M(M), N(N), G{3}, X(cards::integers<float>(3 * M, 1)),
      Y(cards::integers<float>(3 * N, 2)), B(cards::integers<float>(2 * N, 3)),
      A(size_t(2 * M), NAN), inputs{G.data(), X.data(), Y.data(), B.data()},
      outputs{A.data()} {
  cards::makeDeviceSum(card);
}

bool Sum::isRight() {
  bool right = A == cards::sum(M, N, G, X, Y, B);
  A.assign(A.size(), NAN);
  return right;
}

void Test::TearDown() {
  // Only modules are kept: none of them has variables.
  EXPECT_EQ(0u, allocations());
}

void Test::expectFailure(keops_status expected, const std::string &words,
                         int status) {
  EXPECT_EQ(expected, status);
  EXPECT_NE(std::string::npos, std::string(keops_last_error()).find(words))
      << "said: " << keops_last_error();
}
