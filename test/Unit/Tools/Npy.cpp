//===- Npy.cpp - reading headers that others wrote ------------------------===//

#include "tools/keops-run/Npy.h"
#include "gtest/gtest.h"
#include <random>

using namespace keops::run;
using namespace llvm;

namespace {

std::string file(StringRef dictionary, StringRef data = "") {
  std::string text = "\x93NUMPY";
  text += '\1';
  text += '\0';
  text += static_cast<char>(dictionary.size() & 255);
  text += static_cast<char>(dictionary.size() >> 8);
  return text + dictionary.str() + data.str();
}

std::string messageOf(const std::string &text) {
  Expected<NpyHeader> header = parseNpyHeader(text, text.size());
  return header ? "" : toString(header.takeError());
}

TEST(Npy, ReadsWhatItWrites) {
  std::string text;
  raw_string_ostream os(text);
  const float numbers[] = {1, 2, 3, 4, 5, 6};
  writeNpy(os, Scalar::Float32, {3, 2},
           reinterpret_cast<const char *>(numbers));
  Expected<NpyHeader> header = parseNpyHeader(text, text.size());
  ASSERT_TRUE(bool(header)) << toString(header.takeError());
  EXPECT_EQ(header->scalar, Scalar::Float32);
  EXPECT_EQ(ArrayRef<int64_t>(header->shape), ArrayRef<int64_t>({3, 2}));
  EXPECT_EQ(header->count, 6);
  EXPECT_EQ(header->bytes % 64, 0);
  EXPECT_EQ(StringRef(text).drop_front(header->bytes),
            StringRef(reinterpret_cast<const char *>(numbers), 24));
}

TEST(Npy, KeysMayStandInAnyOrder) {
  std::string text =
      file("{\"shape\": (2,), 'fortran_order' : False,'descr':\"<i8\"}  \n",
           std::string(16, '\0'));
  Expected<NpyHeader> header = parseNpyHeader(text, text.size());
  ASSERT_TRUE(bool(header)) << toString(header.takeError());
  EXPECT_EQ(header->scalar, Scalar::Int64);
}

TEST(Npy, OneDimensionHasNoOrder) {
  std::string text =
      file("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", "abcd");
  EXPECT_EQ(messageOf(text), "");
}

TEST(Npy, HeadersThatDescribeNoArrayAreRefused) {
  for (StringRef dictionary :
       {"", "{", "{}", "[1]", "{'descr': '<f4'}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 3}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}"})
    EXPECT_EQ(messageOf(file(dictionary)),
              "has a header that is no description of an array")
        << dictionary.str();
}

TEST(Npy, RecordsAreRefusedByName) {
  EXPECT_EQ(messageOf(file("{'descr': [('a', '<f4')], 'fortran_order': False, "
                           "'shape': (1,)}",
                           "abcd")),
            "holds numbers of type 'a record'; '<f4', '<f8' and '<i8' can be "
            "read");
}

TEST(Npy, SizesAreCheckedBeforeMemoryIsAskedFor) {
  for (StringRef shape : {"(4611686018427387904, 4)", "(9223372036854775807,)",
                          "(1000000, 1000000, 1000000, 1000000)", "(2,)"})
    EXPECT_EQ(messageOf(file("{'descr': '<f4', 'fortran_order': False, "
                             "'shape': " +
                                 shape.str() + "}",
                             "abcd")),
              "is shorter than its header says")
        << shape.str();
}

TEST(Npy, HostileTypesDoNotReachTheTerminal) {
  std::string message = messageOf(
      file("{'descr': '\x1b[2J', 'fortran_order': False, 'shape': ()}"));
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
}

/// Whatever the bytes, the answer is a header that fits or a message.
TEST(Npy, AnyChangeIsSurvived) {
  const std::string good =
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
           std::string(24, 'x'));
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string text = good;
    for (int change = 0; change < 3; ++change)
      text[random() % text.size()] = static_cast<char>(random());
    text.resize(text.size() - random() % 8);
    Expected<NpyHeader> header = parseNpyHeader(text, text.size());
    if (!header) {
      EXPECT_FALSE(toString(header.takeError()).empty());
      continue;
    }
    EXPECT_EQ(header->bytes + header->count * sizeOf(header->scalar),
              int64_t(text.size()));
  }
}

} // namespace
