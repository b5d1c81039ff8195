//===- Matrix.cpp - products of small matrices on tensor cores ------------===//
//
// D = A B + C of 16 x 16, 16 x 8 and 16 x 8 numbers, which the 32 threads of a
// warp hold together: thread 4 g + t has
//
//   A  rows g and g + 8, columns 2 t, 2 t + 1 and those + 8, two to a register
//   B  column g, rows 2 t, 2 t + 1 and those + 8, two to a register
//   C  rows g and g + 8, columns 2 t and 2 t + 1
//
// The vendor leaves open how the sum is rounded. Here it is cut towards zero
// once, which is no better than what devices were seen to do.
//
//===----------------------------------------------------------------------===//

#include "test/Emulator/Decode.h"

#include <cmath>

using namespace emulator;

namespace {

constexpr int kRows = 16, kCols = 8, kDepth = 16;

/// Half 0 or 1 of a register, a bfloat16.
double halfOf(uint32_t word, int half) {
  uint32_t bits = half ? word & 0xffff0000 : word << 16;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return double(value);
}

float cut(double x) {
  auto nearest = float(x);
  return std::isfinite(x) && std::fabs(double(nearest)) > std::fabs(x)
             ? std::nextafter(nearest, 0.0f)
             : nearest;
}

/// Operands: D, A, B and C, four, four, two and four registers.
void runProduct(Warp &warp, const Instruction &instruction) {
  const uint32_t *names = instruction.operands.data();
  double a[kRows][kDepth], b[kDepth][kCols];
  float c[kRows][kCols];
  auto forOwn = [](auto visit) {
    for (int lane = 0; lane < warpSize; ++lane)
      visit(lane, lane / 4, lane % 4 * 2);
  };
  forOwn([&](int lane, int g, int t) {
    for (int half = 0; half < 2; ++half) {
      for (int n = 0; n < 4; ++n)
        a[g + n % 2 * 8][t + n / 2 * 8 + half] =
            halfOf(get<uint32_t>(warp[names[4 + n]], lane), half);
      for (int n = 0; n < 2; ++n)
        b[t + n * 8 + half][g] =
            halfOf(get<uint32_t>(warp[names[8 + n]], lane), half);
    }
    for (int n = 0; n < 4; ++n)
      c[g + n / 2 * 8][t + n % 2] = get<float>(warp[names[10 + n]], lane);
  });
  for (int row = 0; row < kRows; ++row)
    for (int col = 0; col < kCols; ++col) {
      double sum = double(c[row][col]);
      for (int k = 0; k < kDepth; ++k)
        sum += a[row][k] * b[k][col];
      c[row][col] = cut(sum);
    }
  forOwn([&](int lane, int g, int t) {
    for (int n = 0; n < 4; ++n)
      set(warp[names[n]], lane, c[g + n / 2 * 8][t + n % 2]);
  });
}

} // namespace

bool emulator::decodeMatrix(const std::string &opcode,
                            Instruction &instruction) {
  if (opcode != "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32")
    return false;
  instruction.kind = Instruction::Kind::Together;
  instruction.run = runProduct;
  return true;
}
