//===- Flow.cpp - threads that part and meet ------------------------------===//

#include "test/Unit/Emulator/Harness.h"

#include "gtest/gtest.h"

using namespace harness;

namespace {

const std::string storeR1 = "  add.s64 %l2, %out, %l0;\n"
                            "  st.global.u32 [%l2], %r1;\n";

TEST(Flow, EachThreadTakesItsOwnBranch) {
  auto out = outputOf(R"(
  and.b32 %r2, %r0, 1;
  setp.eq.s32 %p1, %r2, 0;
  @%p1 bra EVEN;
  mul.lo.s32 %r1, %r0, 10;
  bra.uni DONE;
EVEN:
  add.s32 %r1, %r0, 1000;
DONE:
)" + storeR1);
  for (uint32_t t = 0; t < 64; ++t)
    EXPECT_EQ(t % 2 ? 10 * t : t + 1000, out[t]);
}

TEST(Flow, EachThreadLoopsAsOftenAsItNeeds) {
  auto out = outputOf(R"(
  mov.u32 %r1, 0;
  mov.u32 %r2, %r0;
LOOP:
  setp.eq.s32 %p1, %r2, 0;
  @%p1 bra DONE;
  add.s32 %r1, %r1, %r2;
  sub.s32 %r2, %r2, 1;
  bra LOOP;
DONE:
)" + storeR1);
  for (uint32_t t = 0; t < 64; ++t)
    EXPECT_EQ(t * (t + 1) / 2, out[t]);
}

TEST(Flow, GuardedInstructionsRunForSomeThreads) {
  auto out = outputOf(R"(
  setp.lt.u32 %p1, %r0, 20;
  mov.u32 %r1, 5;
  @%p1 mov.u32 %r1, 6;
  @!%p1 add.s32 %r1, %r1, 2;
)" + storeR1);
  for (uint32_t t = 0; t < 64; ++t)
    EXPECT_EQ(t < 20 ? 6u : 7u, out[t]);
}

TEST(Flow, SomeThreadsMayEndEarly) {
  auto out = outputOf(R"(
  mov.u32 %r1, 1;
)" + storeR1 + R"(
  setp.lt.u32 %p1, %r0, 20;
  @%p1 ret;
  mov.u32 %r1, 2;
)" + storeR1);
  for (uint32_t t = 0; t < 64; ++t)
    EXPECT_EQ(t < 20 ? 1u : 2u, out[t]);
}

TEST(Flow, ThreadsMeetAgainForAShuffle) {
  // The halves of a warp do different things in between.
  auto out = outputOf(R"(
  and.b32 %r2, %r0, 16;
  setp.eq.s32 %p1, %r2, 0;
  mov.u32 %r3, %r0;
  @%p1 bra LOW;
  add.s32 %r3, %r3, 100;
LOW:
  shfl.sync.bfly.b32 %r1, %r3, 16, 31, -1;
)" + storeR1);
  for (uint32_t t = 0; t < 64; ++t)
    EXPECT_EQ((t ^ 16) + (t & 16 ? 0 : 100), out[t]);
}

std::vector<uint32_t> shuffled(const std::string &instruction) {
  return outputOf("  mov.pred %p1, 0;\n  " + instruction +
                  "\n  @!%p1 add.s32 %r1, %r1, 1000;\n" + storeR1);
}

TEST(Flow, ShufflesStayInTheirSegments) {
  auto up = shuffled("shfl.sync.up.b32 %r1|%p1, %r0, 2, 0, -1;");
  auto down = shuffled("shfl.sync.down.b32 %r1|%p1, %r0, 3, 31, -1;");
  auto index = shuffled("shfl.sync.idx.b32 %r1|%p1, %r0, 5, 31, -1;");
  // Segments of eight.
  auto eight = shuffled("shfl.sync.down.b32 %r1|%p1, %r0, 3, 6175, -1;");
  for (uint32_t t = 0; t < 64; ++t) {
    uint32_t lane = t % 32;
    EXPECT_EQ(lane >= 2 ? t - 2 : t + 1000, up[t]);
    EXPECT_EQ(lane < 29 ? t + 3 : t + 1000, down[t]);
    EXPECT_EQ(t - lane + 5, index[t]);
    EXPECT_EQ(t % 8 < 5 ? t + 3 : t + 1000, eight[t]);
  }
}

TEST(Flow, VotesCountTheWarp) {
  auto ballot = outputOf("  setp.lt.u32 %p1, %r0, 33;\n"
                         "  vote.sync.ballot.b32 %r1, %p1, -1;\n" +
                         storeR1);
  EXPECT_EQ(0xffffffffu, ballot[0]);
  EXPECT_EQ(1u, ballot[32]);
  auto vote = [&](std::string mode) {
    return outputOf("  setp.lt.u32 %p1, %r0, 33;\n  vote.sync." + mode +
                    ".pred %p2, %p1, -1;\n  selp.b32 %r1, 1, 0, %p2;\n" +
                    storeR1);
  };
  EXPECT_EQ(1u, vote("all")[0]);
  EXPECT_EQ(0u, vote("all")[32]);
  EXPECT_EQ(1u, vote("any")[40]);
  EXPECT_EQ(0u, vote("uni")[40]);
  auto sum = outputOf("  redux.sync.add.s32 %r1, %r0, -1;\n" + storeR1);
  EXPECT_EQ(496u, sum[3]);
  EXPECT_EQ(496u + 1024, sum[63]);
}

TEST(Flow, SpecialRegistersSayWhoAndWhere) {
  Program program(kernel(R"(
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %ntid.x;
  mad.lo.s32 %r3, %r1, %r2, %r0;
  mul.wide.u32 %l3, %r3, 4;
  add.s64 %l3, %out, %l3;
  mov.u32 %r4, %nctaid.x;
  mov.u32 %r5, %laneid;
  mad.lo.s32 %r5, %r4, 100, %r5;
  st.global.u32 [%l3], %r5;
)"));
  uint64_t out = program.memory.allocate(4 * 3 * 96);
  program.launch(3, 96, out);
  auto words = program.download(out, 3 * 96);
  for (uint32_t t = 0; t < 3 * 96; ++t)
    EXPECT_EQ(300 + t % 32, words[t]);
}

TEST(Flow, WhatCannotGoOnIsAFault) {
  // A barrier that only some threads reach.
  EXPECT_NE(std::string::npos,
            faultOf(R"(
  setp.lt.u32 %p1, %r0, 32;
  @%p1 ret;
  bar.sync 0;
)")
                .find("has ended while others wait at a barrier"));
  // Two barriers in one warp.
  EXPECT_NE(std::string::npos, faultOf(R"(
  setp.lt.u32 %p1, %r0, 5;
  @%p1 bra OTHER;
  bar.sync 0;
  bra.uni DONE;
OTHER:
  bar.sync 0;
DONE:
)")
                                   .find("waits at another barrier"));
  EXPECT_NE(std::string::npos,
            faultOf(R"(
  setp.lt.u32 %p1, %r0, 5;
  @%p1 ret;
  shfl.sync.bfly.b32 %r1, %r0, 1, 31, -1;
)")
                .find("waits for a thread of its warp that has ended"));
  EXPECT_NE(std::string::npos,
            faultOf(R"(
  setp.lt.u32 %p1, %r0, 5;
  @%p1 bar.sync 0;
  shfl.sync.bfly.b32 %r1, %r0, 1, 31, -1;
)")
                .find("waits for threads of its warp that never come"));
  EXPECT_NE(std::string::npos,
            faultOf(R"(
  shfl.sync.bfly.b32 %r1, %r0, 1, 31, 15;
)")
                .find("is not among the threads that it names"));
  EXPECT_NE(std::string::npos, faultOf("  trap;\n").find("trap"));
}

} // namespace
