//===- Memory.cpp - loads and stores, and what is wrong with some ---------===//

#include "test/Unit/Emulator/Harness.h"

#include "gtest/gtest.h"

using namespace harness;

namespace {

const std::string storeR1 = "  add.s64 %l2, %out, %l0;\n"
                            "  st.global.u32 [%l2], %r1;\n";

std::vector<uint32_t> counted(uint32_t count) {
  std::vector<uint32_t> words(count);
  for (uint32_t n = 0; n < count; ++n)
    words[n] = 100 + n;
  return words;
}

TEST(Memory, VectorsAreSeveralNumbers) {
  auto out = outputOf(R"(
  mul.wide.u32 %l3, %r0, 16;
  add.s64 %l3, %in, %l3;
  ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%l3];
  ld.global.nc.v2.b64 {%l4, %l5}, [%l3];
  cvt.u32.u64 %r5, %l5;
  sub.s32 %r1, %r1, %r2;
  mad.lo.s32 %r1, %r1, %r3, %r5;
  mad.lo.s32 %r1, %r4, 10000, %r1;
)" + storeR1,
                      8, counted(32));
  for (uint32_t t = 0; t < 8; ++t)
    EXPECT_EQ((103 + 4 * t) * 10000, out[t]);
}

TEST(Memory, NarrowNumbersAreExtended) {
  auto out = outputOf(R"(
  ld.global.s8 %r1, [%in];
  ld.global.u8 %r2, [%in+1];
  ld.global.s16 %r3, [%in+2];
  st.global.u32 [%out], %r1;
  st.global.u32 [%out+4], %r2;
  st.global.u32 [%out+8], %r3;
  st.global.u8 [%out+12], %r1;
  st.global.u16 [%out+14], 77;
)",
                      4, {0xfff0fefd});
  EXPECT_EQ(uint32_t(-3), out[0]);
  EXPECT_EQ(0xfeu, out[1]);
  EXPECT_EQ(uint32_t(-16), out[2]);
  EXPECT_EQ(0x004dfffdu, out[3]);
}

TEST(Memory, AddressesOfAllSpacesMayBeMixed) {
  std::string text = ".shared .align 8 .b8 tile[512];\n"
                     ".local .align 8 .b8 depot[16];\n";
  for (std::string space : {"shared", "local"}) {
    std::string name = space == "shared" ? "tile" : "depot";
    std::string place = space == "shared" ? "%l1" : "8";
    auto out = outputOf(text + "  mov.u64 %l3, " + name + ";\n  cvta." + space +
                        ".u64 %l4, %l3;\n  add.s64 %l4, %l4, " + place +
                        ";\n  st.u32 [%l4], %r0;\n  cvta.to." + space +
                        ".u64 %l5, %l4;\n  ld." + space + ".u32 %r1, [%l5];\n" +
                        storeR1);
    for (uint32_t t = 0; t < 64; ++t)
      EXPECT_EQ(t, out[t]);
  }
}

TEST(Memory, VariablesOfTheModuleHaveTheirContents) {
  std::string text = kernel(R"(
  cvta.global.u64 %l3, table;
  ld.global.u32 %r1, [%l3+4];
  ld.const.f32 %f1, [factor];
  cvt.rzi.u32.f32 %r2, %f1;
  mul.lo.s32 %r1, %r1, %r2;
)" + storeR1);
  text.insert(text.find(".visible"),
              ".global .align 4 .u32 table[3] = {5, 6};\n"
              ".const .align 4 .b8 factor[4] = {0, 0, 32, 65};\n");
  Program program(text);
  uint64_t out = program.memory.allocate(4);
  program.launch(1, 1, out);
  EXPECT_EQ(60u, program.download(out, 1)[0]);
}

TEST(Memory, AtomicOperationsReturnWhatWasThere) {
  auto out = outputOf(R"(
  atom.global.add.u32 %r1, [%in], 2;
  red.global.max.s32 [%in+4], %r0;
  atom.global.cas.b32 %r2, [%in+8], 7, %r0;
)" + storeR1 + R"(
  bar.sync 0;
  ld.global.u32 %r3, [%in+4];
  ld.global.u32 %r4, [%in+8];
  mad.lo.s32 %r3, %r3, 1000, %r4;
  setp.eq.u32 %p1, %r0, 63;
  @%p1 st.global.u32 [%l2], %r3;
)",
                      64, {10, 0, 7, 0});
  EXPECT_EQ(10u, out[0]);
  EXPECT_EQ(10u + 2 * 62, out[62]);
  EXPECT_EQ(63000u, out[63]);
}

TEST(Memory, WordsArePackedAndUnpacked) {
  auto out = outputOf(R"(
  { .reg .b32 temporary; mov.b64 {%r2, temporary}, %l1; mov.u32 %r3, temporary; }
  mov.b64 %l3, {%r3, %r2};
  mov.b64 {_, %r1}, %l3;
  mov.b32 {%h1, %h2}, %r1;
  mov.b32 %r1, {%h2, %h1};
)" + storeR1);
  for (uint32_t t = 0; t < 64; ++t)
    EXPECT_EQ(8 * t << 16, out[t]);
}

//===----------------------------------------------------------------------===//
// What a device would not do, or do wrong
//===----------------------------------------------------------------------===//

bool saysThat(const std::string &body, const std::string &what) {
  std::string fault = faultOf(body);
  EXPECT_NE(std::string::npos, fault.find(what)) << "said: " << fault;
  return fault.find(what) != std::string::npos;
}

TEST(Faults, OneNumberTooFar) {
  EXPECT_TRUE(saysThat(R"(
  add.s64 %l2, %out, %l0;
  st.global.u32 [%l2+4], %r0;
)",
                       "thread 63 of block (0, 0, 0) writes 4 bytes of global "
                       "memory at byte 256 "
                       "from the begin of an allocation of 256 bytes"));
  EXPECT_TRUE(saysThat("  ld.global.u32 %r1, [%in+-4];\n", "reads 4 bytes"));
  EXPECT_TRUE(saysThat("  ld.global.u32 %r1, [8];\n", "no device address"));
  EXPECT_TRUE(saysThat(R"(
  .shared .align 4 .b8 tile[252];
  mov.u64 %l3, tile;
  add.s64 %l3, %l3, %l0;
  st.shared.u32 [%l3], %r0;
)",
                       "writes 4 bytes of shared memory at byte 256, of 256"));
  EXPECT_TRUE(saysThat("  ld.param.u64 %l3, [k_param_1+8];\n",
                       "reads 8 bytes of parameters at byte 16, of 16"));
}

TEST(Faults, AddressesThatAreNotAligned) {
  EXPECT_TRUE(saysThat("  ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%in+8];\n",
                       "is no multiple of that"));
  EXPECT_TRUE(saysThat("  ld.global.u32 %r1, [%in+2];\n", "no multiple"));
  // A declaration that asks for too little gets no more.
  EXPECT_TRUE(saysThat(
      R"(
  .shared .align 4 .b8 tile[64];
  st.shared.v4.b32 [tile], {%r0, %r0, %r0, %r0};
)",
      "writes 16 bytes of shared memory at an address that is no multiple"));
}

TEST(Faults, MemoryThatWasGivenBack) {
  Program program(kernel("  ld.global.u32 %r1, [%in];\n"));
  uint64_t in = program.upload({1});
  EXPECT_NO_THROW(program.launch(1, 32, 0, in));
  EXPECT_TRUE(program.memory.release(in));
  EXPECT_FALSE(program.memory.release(in));
  EXPECT_NE(in, program.upload({1}));
  EXPECT_THROW(program.launch(1, 32, 0, in), emulator::Fault);
}

TEST(Faults, NewMemoryIsNan) {
  Program program(kernel(""));
  uint64_t fresh = program.memory.allocate(8);
  EXPECT_EQ(0xffffffffu, program.download(fresh, 1)[0]);
}

} // namespace
