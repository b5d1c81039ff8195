//===- CpuMachine.cpp - tests of the CPU machine: masks and branches ------===//

#include "test/Unit/LaneJit.h"

#include "gtest/gtest.h"

#include <vector>

using namespace keops;
using cpu::Isa;
using llvm::ArrayRef;

static std::vector<LaneShape> shapes() {
  std::vector<LaneShape> result;
  for (Isa isa : {Isa::Scalar, Isa::V2, Isa::V3, Isa::V4})
    for (bool isDouble : {false, true})
      for (int rows : {1, 2})
        for (int cols : {1, 3})
          if (hostRuns(isa))
            result.push_back({isa, isDouble, 1, 0, rows, cols});
  return result;
}

/// 0, 1, ... below `count`, through `body`.
static std::vector<double> overNumbers(const LaneShape &shape, int count,
                                       LaneJit::Body body) {
  LaneJit run(shape, body);
  std::vector<float> narrow(count), narrowResult(count);
  std::vector<double> wide(count), wideResult(count);
  for (int k = 0; k < count; ++k)
    narrow[k] = wide[k] = k;
  if (shape.isDouble) {
    run({wide.data()}, wideResult.data(), count);
    return wideResult;
  }
  run({narrow.data()}, narrowResult.data(), count);
  return {narrowResult.begin(), narrowResult.end()};
}

// One number decides for the whole block of the loop that holds it.
TEST(CpuMachine, ifAny_takes_the_branch_where_the_mask_holds_anywhere) {
  for (const LaneShape &shape : shapes()) {
    int block = 0;
    int count = 300;
    auto body = [&](Machine &m, ArrayRef<Lane> x) {
      Lane mask = x[0] == m.constant(100);
      return m.ifAny(mask, {x[0]}, [&] { return Lanes{-x[0]}; }).front();
    };
    block = LaneJit(shape, body).block();
    std::vector<double> got = overNumbers(shape, count, body);
    for (int k = 0; k < count; ++k)
      EXPECT_EQ(got[k], k / block == 100 / block ? -k : k)
          << targetCpu(shape.isa).str() << " at " << k;
  }
}

TEST(CpuMachine, ifAny_widens_what_the_branch_returns) {
  for (const LaneShape &shape : shapes()) {
    std::vector<double> got =
        overNumbers(shape, 50, [](Machine &m, ArrayRef<Lane> x) {
          Lane always = x[0] == x[0];
          return m.ifAny(always, {x[0]}, [&] { return Lanes{m.constant(7)}; })
              .front();
        });
    EXPECT_EQ(got, std::vector<double>(50, 7));
  }
}

TEST(CpuMachine, splat_repeats_a_scalar) {
  for (const LaneShape &shape : shapes()) {
    std::vector<double> got =
        overNumbers(shape, 50, [](Machine &m, ArrayRef<Lane> x) {
          mlir::Value half = mlir::arith::ConstantOp::create(
              m.builder, m.builder.getFloatAttr(m.real(), 0.5));
          return x[0] + m.wrap(m.splat(half));
        });
    for (int k = 0; k < 50; ++k)
      EXPECT_EQ(got[k], k + 0.5);
  }
}

TEST(CpuMachine, column_numbers_are_as_wide_as_the_values) {
  for (const LaneShape &shape : shapes()) {
    std::vector<double> got =
        overNumbers(shape, 50, [](Machine &m, ArrayRef<Lane> x) {
          EXPECT_EQ(m.index().getWidth(), m.real().getWidth());
          return toReal(m.columnNumber(3), m.real()) + x[0];
        });
    for (int k = 0; k < 50; ++k)
      EXPECT_EQ(got[k], k + 3);
  }
}
