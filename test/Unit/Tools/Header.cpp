//===- Header.cpp - text of users in generated headers --------------------===//

#include "compiler/Driver/Header.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace keops;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

class HeaderTest : public testing::Test {
protected:
  KernelSignature kernel(std::string text,
                         std::vector<std::string> inputs = {"x"}) {
    KernelSignature kernel;
    kernel.name = "f";
    kernel.text = std::move(text);
    mlir::Type f32 = mlir::Float32Type::get(&context);
    for (std::string &name : inputs)
      kernel.inputs.push_back({name, Axes::i, 3, f32});
    kernel.outputs.push_back({"out", Axes::i, 1, f32});
    return kernel;
  }
  mlir::MLIRContext context;
};

TEST_F(HeaderTest, TextCannotEndItsComment) {
  std::string header = makeHeader("a.h", kernel("x */ int y; /* z"));
  EXPECT_THAT(header, HasSubstr(" *   x * / int y; / * z\n"));
}

TEST_F(HeaderTest, TextCannotContinueItsLineOrHideCharacters) {
  std::string header =
      makeHeader("a.h", kernel("first \\\nsecond\r\x1b[31m \t?\?/"));
  EXPECT_THAT(header, HasSubstr(" *   first\n *   second  [31m  ? ?/\n"));
  EXPECT_THAT(header, Not(HasSubstr("\x1b")));
}

TEST_F(HeaderTest, EveryOverlapOfCommentMarksIsTakenApart) {
  std::string header = makeHeader("a.h", kernel("**//*/*/**/"));
  std::string comment = header.substr(header.find("/* f\n"));
  comment = comment.substr(2, comment.find("int f(") - 2);
  EXPECT_EQ(comment.find("*/"), comment.rfind("*/"));
  EXPECT_THAT(comment, Not(HasSubstr("/*")));
}

TEST_F(HeaderTest, NamesThatMeanSomethingElseGetUnderscores) {
  KernelSignature signature =
      kernel("", {"int", "class", "M", "N", "call", "out", "linux", "M_",
                  "__LINE__", "restrict", "x", "f"});
  EXPECT_THAT(argumentNames(signature),
              ElementsAre("int_", "class_", "M_", "N_", "call_", "out_",
                          "linux_", "M__", "__LINE___", "restrict_", "x", "f_",
                          "out"));
}

TEST_F(HeaderTest, NamesStayDistinctHoweverManyCollide) {
  KernelSignature signature = kernel("", {"M_", "M", "M__"});
  EXPECT_THAT(argumentNames(signature),
              ElementsAre("M_", "M__", "M___", "out"));
}

TEST_F(HeaderTest, GuardIsMadeOfTheFileName) {
  std::string header = makeHeader("my-file 2.h", kernel("x"));
  EXPECT_THAT(header, HasSubstr("#ifndef KEOPS_GENERATED_MY_FILE_2_H\n"));
}

TEST_F(HeaderTest, SameKernelsGiveSameBytes) {
  EXPECT_EQ(makeHeader("a.h", kernel("x")), makeHeader("a.h", kernel("x")));
}

} // namespace
