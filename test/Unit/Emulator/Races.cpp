//===- Races.cpp - barriers that are missing are found --------------------===//

#include "test/Unit/Emulator/Harness.h"

#include "gtest/gtest.h"

using namespace harness;

namespace {

/// Turns a block round through shared memory, twice. Each piece of the text can
/// be left out.
struct Turn {
  std::string afterWrite = "  bar.sync 0;\n";
  std::string afterRead = "  bar.sync 0;\n";
  std::string firstWrite = "  st.shared.u32 [%l4], %r0;\n";
  uint32_t threads = 64;

  std::string body() const {
    return "  .shared .align 16 .b8 tile[512];\n"
           "  mov.u64 %l3, tile;\n"
           "  add.s64 %l4, %l3, %l0;\n"
           "  sub.s32 %r2, " +
           std::to_string(threads - 1) +
           ", %r0;\n"
           "  mul.wide.u32 %l5, %r2, 4;\n"
           "  add.s64 %l5, %l3, %l5;\n" +
           firstWrite + afterWrite +
           "  ld.shared.u32 %r1, [%l5];\n"
           "  add.s32 %r1, %r1, 1;\n" +
           afterRead +
           "  st.shared.u32 [%l4], %r1;\n"
           "  bar.sync 0;\n"
           "  ld.shared.u32 %r1, [%l5];\n"
           "  add.s64 %l2, %out, %l0;\n"
           "  st.global.u32 [%l2], %r1;\n";
  }
};

bool isFound(const Turn &turn, const std::string &what) {
  bool found = true;
  for (bool reversed : {false, true}) {
    std::string fault = faultOf(turn.body(), turn.threads, reversed);
    EXPECT_NE(std::string::npos, fault.find(what)) << "said: " << fault;
    found &= fault.find(what) != std::string::npos;
  }
  return found;
}

TEST(Races, BarriersMakeThemGoAway) {
  for (bool reversed : {false, true}) {
    auto out = outputOf(Turn().body(), 64, {0}, reversed);
    for (uint32_t t = 0; t < 64; ++t)
      EXPECT_EQ(t + 1, out[t]);
  }
}

TEST(Races, NoBarrierAfterTheWrite) {
  Turn turn;
  turn.afterWrite = "";
  for (bool reversed : {false, true})
    EXPECT_NE("", faultOf(turn.body(), 64, reversed));
}

TEST(Races, NoBarrierBeforeTheNextWrite) {
  Turn turn;
  turn.afterRead = "";
  EXPECT_TRUE(isFound(turn, "no barrier is between them"));
  turn.threads = 32;
  EXPECT_TRUE(isFound(turn,
                      "writes shared memory that another thread has read, "
                      "and no barrier is between them"));
}

TEST(Races, WithinAWarpTooAlthoughItsThreadsRunTogether) {
  Turn turn;
  turn.threads = 32;
  turn.afterWrite = "";
  EXPECT_TRUE(isFound(turn, "wrote, and no barrier is between them"));
  turn.afterWrite = turn.afterRead = "  bar.warp.sync -1;\n";
  EXPECT_EQ("", faultOf(turn.body(), 32));
}

TEST(Races, ABarrierOfTheWarpIsNoneOfTheBlock) {
  Turn turn;
  turn.afterWrite = "  bar.warp.sync -1;\n";
  EXPECT_NE("", faultOf(turn.body(), 64));
}

TEST(Races, TwoThreadsWriteOneWord) {
  EXPECT_NE(std::string::npos,
            faultOf("  .shared .align 4 .b8 word[4];\n"
                    "  st.shared.u32 [word], %r0;\n")
                .find("writes shared memory that thread 0 wrote"));
}

TEST(Races, NobodyHasWrittenWhatIsRead) {
  Turn turn;
  turn.firstWrite = "";
  EXPECT_TRUE(isFound(turn, "reads shared memory that nobody has written"));
}

TEST(Races, EveryBlockStartsAnew) {
  // What the block before has written is gone: only block 0 writes.
  Program program(kernel("  .shared .align 4 .b8 word[4];\n"
                         "  mov.u32 %r1, %ctaid.x;\n"
                         "  setp.eq.u32 %p1, %r1, 0;\n"
                         "  @%p1 st.shared.u32 [word], 1;\n"
                         "  ld.shared.u32 %r2, [word];\n"));
  EXPECT_NO_THROW(program.launch(1, 1, 0));
  EXPECT_THROW(program.launch(2, 1, 0), emulator::Fault);
}

TEST(Races, TheOrderOfBlocksCanBeTurned) {
  // Each block writes its number to one place: the last one stays.
  for (bool reversed : {false, true}) {
    Program program(kernel("  mov.u32 %r1, %ctaid.x;\n"
                           "  st.global.u32 [%out], %r1;\n"));
    program.reversed = reversed;
    uint64_t out = program.memory.allocate(4);
    program.launch(5, 1, out);
    EXPECT_EQ(reversed ? 0u : 4u, program.download(out, 1)[0]);
  }
}

} // namespace
