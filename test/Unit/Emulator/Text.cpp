//===- Text.cpp - text that cannot be read --------------------------------===//

#include "test/Unit/Emulator/Harness.h"

#include "gtest/gtest.h"

using namespace harness;

namespace {

std::string complaintOf(const std::string &text) {
  try {
    Program program(text);
  } catch (const emulator::Fault &fault) {
    EXPECT_EQ(emulator::Fault::InvalidText, fault.kind);
    return fault.what();
  }
  return "";
}

bool complains(const std::string &body, const std::string &what) {
  std::string complaint = complaintOf(kernel(body));
  EXPECT_NE(std::string::npos, complaint.find(what)) << complaint;
  return complaint.find(what) != std::string::npos;
}

TEST(Text, UnknownOpcodesAreNamed) {
  for (const char *opcode :
       {"frobnicate.u32", "add.rz.f32", "add.f128", "cvt.f32.f64",
        "cvt.rn.f32.f32", "setp.foo.s32", "ld.global.b128", "ex2.approx.f64",
        "mul.s32", "shl.s32", "bar.red.popc.u32", "shfl.bfly.b32"})
    EXPECT_TRUE(complains(std::string("  ") + opcode + " %r1, %r2, %r3;\n",
                          std::string("unknown opcode '") + opcode + "'"));
}

TEST(Text, UnknownNamesAreNamed) {
  EXPECT_TRUE(complains("  add.s32 %r1, %r2, %x7;\n", "unknown name '%x7'"));
  EXPECT_TRUE(complains("  bra NOWHERE;\n", "unknown label"));
  EXPECT_TRUE(complains("  ld.global.u32 %r1, [nothing];\n", "'nothing'"));
  EXPECT_TRUE(complains("  mov.u32 %r1, %smid;\n", "unknown name '%smid'"));
}

TEST(Text, WhatIsNotSupportedIsSaid) {
  EXPECT_TRUE(complains("  bar.sync 1;\n", "barrier of some of the threads"));
  EXPECT_TRUE(complains("  .texref t;\n", "unknown directive"));
  EXPECT_NE("", complaintOf(".version 7.8\n.target sm_80\n.address_size 64\n"
                            ".func f() { ret; }\n"));
}

TEST(Text, ErrorsSayTheLine) {
  std::string text = kernel("  nonsense;\n");
  auto line = std::count(text.begin(),
                         text.begin() + long(text.find("nonsense")), '\n');
  EXPECT_NE(std::string::npos,
            complaintOf(text).find("line " + std::to_string(line + 1)));
}

TEST(Text, TextMayEndAnywhere) {
  std::string text = kernel("  .shared .align 4 .b8 word[4];\n"
                            "  mov.b64 {%r1, %r2}, %l1;\n"
                            "  st.shared.v2.b32 [word], {%r1, %r2};\n");
  for (size_t size = text.find(".visible") + 1; size + 2 < text.size(); ++size)
    EXPECT_NE("", complaintOf(text.substr(0, size))) << size;
  EXPECT_EQ("", complaintOf(text));
}

TEST(Text, CommentsAndSpacesDoNotMatter) {
  EXPECT_EQ("", complaintOf(kernel("  // add.nothing\n  /* bra\n NOWHERE; */\n"
                                   "\tadd.s32\t%r1,\n %r2,%r3 ; $L_1:\n")));
}

} // namespace
