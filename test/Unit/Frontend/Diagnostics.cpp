//===- Diagnostics.cpp - how errors are shown
//------------------------------===//

#include "compiler/Frontend/Diagnostics.h"
#include "test/Unit/Frontend/Harness.h"
#include <gtest/gtest.h>

using namespace keops;

/// What is printed about one error in texts that all are called `t`, the last
/// of which counts.
static std::string shown(llvm::ArrayRef<llvm::StringRef> texts, unsigned line,
                         unsigned column, bool colors = false) {
  llvm::SourceMgr sources;
  for (llvm::StringRef text : texts)
    sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "t"),
                               llvm::SMLoc());
  std::string printed;
  llvm::raw_string_ostream os(printed);
  os.enable_colors(colors);
  mlir::MLIRContext *context = test::context();
  FormulaDiagnostics diagnostics(sources, context, os, colors);
  auto place = mlir::FileLineColLoc::get(context, "t", line, column);
  mlir::emitError(mlir::FusedLoc::get(context, {place})) << "no";
  EXPECT_TRUE(diagnostics.sawErrors());
  return printed;
}

TEST(Diagnostics, PutTheCaretUnderTheColumn) {
  EXPECT_EQ(shown({"abc"}, 1, 3), "t:1:3: error: no\nabc\n  ^\n");
  EXPECT_EQ(shown({"a\n\tb\tc\n"}, 2, 4), "t:2:4: error: no\n\tb\tc\n\t \t^\n");
  EXPECT_EQ(shown({"ab\r\ncd\r\n"}, 2, 2), "t:2:2: error: no\ncd\n ^\n");
}

// A character of several bytes is one column wide on the screen.
TEST(Diagnostics, CountCharacters) {
  EXPECT_EQ(shown({"\xc3\xa9\xe2\x88\x91x"}, 1, 6),
            "t:1:6: error: no\n\xc3\xa9\xe2\x88\x91x\n  ^\n");
}

TEST(Diagnostics, KeepControlCharactersFromTheTerminal) {
  EXPECT_EQ(shown({"a\x1b[2Jb"}, 1, 1), "t:1:1: error: no\na?[2Jb\n^\n");
}

TEST(Diagnostics, AreAboutTheLastTextOfAName) {
  EXPECT_EQ(shown({"first", "last"}, 1, 1), "t:1:1: error: no\nlast\n^\n");
}

TEST(Diagnostics, StayInsideTheText) {
  EXPECT_EQ(shown({"abc"}, 1, 100), "t:1:100: error: no\nabc\n   ^\n");
  EXPECT_EQ(shown({}, 7, 3), "t:7:3: error: no\n");
}

TEST(Diagnostics, HaveColorsOnlyWhenAsked) {
  EXPECT_NE(shown({"abc"}, 1, 1, true).find("\x1b["), std::string::npos);
  EXPECT_EQ(shown({"abc"}, 1, 1, false).find("\x1b["), std::string::npos);
}
