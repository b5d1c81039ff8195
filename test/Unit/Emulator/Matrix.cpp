//===- Matrix.cpp - products of matrices, against plain loops -------------===//

#include "test/Unit/Emulator/Harness.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace harness;

namespace {

constexpr int kRows = 16, kCols = 8, kDepth = 16, kWarp = 32;
constexpr const char kProduct[] =
    "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 ";

/// Numbers of few digits, which are exact as bfloat16.
float numberFor(int row, int col, int seed) {
  return float((row * 7 + col * 13 + seed * 5) % 31 - 15) / 4;
}

uint32_t packed(float low, float high) {
  return uint32_t(bitsOf(low)) >> 16 | (uint32_t(bitsOf(high)) & 0xffff0000);
}

struct Matrices {
  float a[kRows][kDepth], b[kDepth][kCols], c[kRows][kCols];

  Matrices() {
    for (int row = 0; row < kRows; ++row)
      for (int col = 0; col < kDepth; ++col)
        a[row][col] = numberFor(row, col, 1);
    for (int row = 0; row < kDepth; ++row)
      for (int col = 0; col < kCols; ++col)
        b[row][col] = numberFor(row, col, 2);
    for (int row = 0; row < kRows; ++row)
      for (int col = 0; col < kCols; ++col)
        c[row][col] = numberFor(row, col, 3);
  }

  /// The registers of each thread, ten words: the layout of the PTX manual.
  std::vector<uint32_t> registers() const {
    std::vector<uint32_t> words;
    for (int lane = 0; lane < kWarp; ++lane) {
      int g = lane / 4, t = lane % 4;
      for (int col : {2 * t, 2 * t + 8})
        for (int row : {g, g + 8})
          words.push_back(packed(a[row][col], a[row][col + 1]));
      for (int row : {2 * t, 2 * t + 8})
        words.push_back(packed(b[row][g], b[row + 1][g]));
      for (int row : {g, g + 8})
        for (int col : {2 * t, 2 * t + 1})
          words.push_back(uint32_t(bitsOf(c[row][col])));
    }
    return words;
  }

  double product(int row, int col) const {
    double sum = double(c[row][col]);
    for (int k = 0; k < kDepth; ++k)
      sum += double(a[row][k]) * double(b[k][col]);
    return sum;
  }
};

/// Loads ten registers, multiplies, and stores four.
std::string body(const std::string &guard = "") {
  std::string text = "  mad.wide.u32 %l2, %r0, 40, %in;\n"
                     "  mad.wide.u32 %l3, %r0, 16, %out;\n";
  for (int n = 0; n < 6; ++n)
    text += "  ld.global.b32 %r" + std::to_string(10 + n) + ", [%l2+" +
            std::to_string(4 * n) + "];\n";
  for (int n = 0; n < 4; ++n)
    text += "  ld.global.f32 %f" + std::to_string(n) + ", [%l2+" +
            std::to_string(24 + 4 * n) + "];\n";
  text += "  " + guard + kProduct +
          "{%f4, %f5, %f6, %f7}, {%r10, %r11, %r12, %r13}, {%r14, %r15}, "
          "{%f0, %f1, %f2, %f3};\n";
  for (int n = 0; n < 4; ++n)
    text += "  st.global.f32 [%l3+" + std::to_string(4 * n) + "], %f" +
            std::to_string(4 + n) + ";\n";
  return text;
}

std::vector<uint32_t> multiply(const Matrices &matrices, bool reversed) {
  Program program(kernel(body()));
  program.reversed = reversed;
  uint64_t out = program.memory.allocate(16 * kWarp);
  program.launch(1, kWarp, out, program.upload(matrices.registers()));
  return program.download(out, size_t(4 * kWarp));
}

TEST(Matrix, IsTheProductThatALoopGives) {
  Matrices matrices;
  for (bool reversed : {false, true}) {
    std::vector<uint32_t> words = multiply(matrices, reversed);
    for (int lane = 0; lane < kWarp; ++lane)
      for (int n = 0; n < 4; ++n) {
        int row = lane / 4 + n / 2 * 8, col = lane % 4 * 2 + n % 2;
        // All numbers are multiples of 1/16, and the sums are small.
        EXPECT_EQ(matrices.product(row, col),
                  double(valueOf<float>(words[size_t(4 * lane + n)])))
            << row << ", " << col;
      }
  }
}

TEST(Matrix, SumsAreCutTowardsZero) {
  Matrices matrices;
  for (float &number : matrices.a[0])
    number = 0;
  for (float &number : matrices.a[8])
    number = 0;
  matrices.a[0][0] = matrices.b[0][0] = 0.001953125f; // 2^-9 each
  matrices.c[0][0] = 64;                              // and the ulp is 2^-17
  matrices.a[8][0] = -0.001953125f;
  matrices.c[8][0] = 64;
  std::vector<uint32_t> words = multiply(matrices, false);
  EXPECT_EQ(64.0f, valueOf<float>(words[0]));
  EXPECT_EQ(std::nextafter(64.0f, 0.0f), valueOf<float>(words[2]));
}

TEST(Matrix, WhatIsNotANumberStaysInItsRowAndColumn) {
  Matrices matrices;
  matrices.a[3][5] = NAN;
  matrices.b[2][6] = INFINITY;
  std::vector<uint32_t> words = multiply(matrices, false);
  for (int lane = 0; lane < kWarp; ++lane)
    for (int n = 0; n < 4; ++n) {
      int row = lane / 4 + n / 2 * 8, col = lane % 4 * 2 + n % 2;
      float value = valueOf<float>(words[size_t(4 * lane + n)]);
      EXPECT_EQ(row == 3 || (col == 6 && matrices.a[row][2] == 0),
                std::isnan(value));
      EXPECT_EQ(row != 3 && col != 6, std::isfinite(value));
    }
}

TEST(Matrix, AllThreadsOfTheWarpTakePart) {
  Program program(kernel(body()));
  uint64_t out = program.memory.allocate(size_t(16 * kWarp)),
           in = program.upload(Matrices().registers());
  EXPECT_THROW(program.launch(1, 31, out, in), emulator::Fault);
  Program guarded(kernel("  setp.lt.u32 %p1, %r0, 20;\n" + body("@%p1 ")));
  out = guarded.memory.allocate(size_t(16 * kWarp));
  in = guarded.upload(Matrices().registers());
  EXPECT_THROW(guarded.launch(1, kWarp, out, in), emulator::Fault);
}

TEST(Matrix, OtherShapesAndListsAreRefused) {
  for (const char *text :
       {"mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 "
        "{%f4, %f5, %f6, %f7}, {%r10, %r11, %r12, %r13}, {%r14, %r15}, "
        "{%f0, %f1, %f2, %f3};\n",
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%f4, %f5, %f6, %f7}, {%r10, %r11, %r12}, {%r14, %r15, %r13}, "
        "{%f0, %f1, %f2, %f3};\n"})
    EXPECT_NE("", faultOf(text)) << text;
}

} // namespace
