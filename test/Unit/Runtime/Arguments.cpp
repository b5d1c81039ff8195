//===- Arguments.cpp - every argument error and its sentence --------------===//

#include "test/Unit/Runtime/Cards.h"

#include "gtest/gtest.h"

#include <cstring>
#include <string>
#include <thread>

using namespace cards;

namespace {

/// makeSum with arguments that are right until a test spoils one.
struct Arguments : testing::Test {
  Card card;
  std::vector<float> G, X, Y, B, A;
  const void *inputs[4];
  void *outputs[1];
  keops_call call = KEOPS_CALL_DEFAULTS;

  Arguments()
      : G(integers<float>(1, 1)), X(integers<float>(30, 2)),
        Y(integers<float>(60, 3)), B(integers<float>(40, 4)), A(20),
        inputs{G.data(), X.data(), Y.data(), B.data()}, outputs{A.data()} {
    makeSum(card);
  }

  int launch(int64_t M = 10, int64_t N = 20) {
    return keops_rt_launch(&card.card, &call, M, N, inputs, outputs);
  }
  void expectInvalid(const std::string &sentence, int64_t M = 10,
                     int64_t N = 20) {
    EXPECT_EQ(KEOPS_INVALID_ARGUMENT, launch(M, N));
    EXPECT_EQ(sentence, keops_last_error());
  }
};

TEST_F(Arguments, RightOnesAreAccepted) {
  EXPECT_EQ(KEOPS_OK, launch());
  EXPECT_EQ(sum(10, 20, G, X, Y, B), A);
  EXPECT_EQ(KEOPS_OK,
            keops_rt_launch(&card.card, nullptr, 10, 20, inputs, outputs));
}

TEST_F(Arguments, SizesAreChecked) {
  expectInvalid("M is negative (-1)", -1, 20);
  expectInvalid("N is negative (-9223372036854775808)", 10, INT64_MIN);
  expectInvalid("M is 9223372036854775807; the limit is 2^44", INT64_MAX);
  expectInvalid("N is 17592186044417; the limit is 2^44", 10,
                (int64_t(1) << 44) + 1);
}

TEST_F(Arguments, TablesLargerThanTheAddressSpaceAreRefused) {
  card.tables[1].dim = int64_t(1) << 30;
  expectInvalid("X (M x 1073741824 float32) does not fit into memory with "
                "M = 17592186044416, N = 20",
                int64_t(1) << 44);
  // 2^64 bytes are 0 if the product is not watched.
  card.tables[1].dim = int64_t(1) << 60;
  expectInvalid("X (M x 1152921504606846976 float32) does not fit into memory "
                "with M = 4, N = 20",
                4);
  card.tables[1].dim = 3;
  card.tables[4].dim = INT64_MAX;
  expectInvalid("A (M x 9223372036854775807 float32) does not fit into memory "
                "with M = 1, N = 20",
                1);
}

TEST_F(Arguments, NullPointersAreNamed) {
  inputs[1] = nullptr;
  expectInvalid("X is a null pointer (expected M x 3 float32)");
  inputs[1] = X.data();
  inputs[3] = nullptr;
  expectInvalid("B is a null pointer (expected N x 2 float32)");
  inputs[3] = B.data();
  inputs[0] = nullptr;
  expectInvalid("G is a null pointer (expected 1 float32)");
  inputs[0] = G.data();
  outputs[0] = nullptr;
  expectInvalid("A is a null pointer (expected M x 2 float32)");
}

TEST_F(Arguments, ListsMayNotBeNull) {
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT,
            keops_rt_launch(&card.card, nullptr, 1, 1, nullptr, outputs));
  EXPECT_STREQ("the list of inputs is a null pointer", keops_last_error());
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT,
            keops_rt_launch(&card.card, nullptr, 1, 1, inputs, nullptr));
  EXPECT_STREQ("the list of outputs is a null pointer", keops_last_error());
}

TEST_F(Arguments, TablesWithoutRowsMayBeNull) {
  inputs[2] = inputs[3] = nullptr;
  EXPECT_EQ(KEOPS_OK, launch(10, 0)) << keops_last_error();
  EXPECT_EQ(std::vector<float>(20, 0.0f), A);
  inputs[1] = nullptr;
  outputs[0] = nullptr;
  EXPECT_EQ(KEOPS_OK, launch(0, 0)) << keops_last_error();
}

TEST_F(Arguments, MisalignedPointersAreNamed) {
  inputs[2] = reinterpret_cast<const char *>(Y.data()) + 2;
  expectInvalid("Y is not aligned: its address must be a multiple of 4 "
                "(expected N x 3 float32)");
  Card indices;
  makeArgMin(indices);
  double x[2] = {}, y[2] = {};
  int64_t i[2];
  const void *in[] = {reinterpret_cast<char *>(x) + 4, y};
  void *out[] = {i};
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT,
            keops_rt_launch(&indices.card, nullptr, 1, 2, in, out));
  EXPECT_STREQ("X is not aligned: its address must be a multiple of 8 "
               "(expected M x 1 float64)",
               keops_last_error());
  in[0] = x;
  out[0] = reinterpret_cast<char *>(i) + 4;
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT,
            keops_rt_launch(&indices.card, nullptr, 1, 2, in, out));
  EXPECT_STREQ("I is not aligned: its address must be a multiple of 8 "
               "(expected M x 1 int64)",
               keops_last_error());
}

TEST_F(Arguments, OutputsNeedMemoryOfTheirOwn) {
  outputs[0] = X.data();
  expectInvalid("A overlaps X; an output needs memory of its own");
  // The last number of Y.
  outputs[0] = &Y[59];
  A.resize(200);
  expectInvalid("A overlaps Y; an output needs memory of its own");
  // Directly behind is apart.
  std::vector<float> both(30 + 20);
  inputs[1] = both.data();
  outputs[0] = &both[30];
  EXPECT_EQ(KEOPS_OK, launch()) << keops_last_error();
  // Inputs may be the same.
  inputs[1] = inputs[2] = Y.data();
  EXPECT_EQ(KEOPS_OK, launch()) << keops_last_error();
}

TEST_F(Arguments, TwoOutputsMayNotOverlap) {
  Card chain;
  makeChain(chain);
  double x[4] = {}, y[4] = {}, a[8];
  const void *in[] = {x, y};
  void *out[] = {a, a + 3};
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT,
            keops_rt_launch(&chain.card, nullptr, 4, 4, in, out));
  EXPECT_STREQ("C overlaps A; an output needs memory of its own",
               keops_last_error());
  out[1] = a + 4;
  EXPECT_EQ(KEOPS_OK, keops_rt_launch(&chain.card, nullptr, 4, 4, in, out));
}

TEST_F(Arguments, CallOfAnotherSizeIsUnderstoodOrRefused) {
  call.size = 0;
  expectInvalid("the size field of keops_call is 0; initialize the struct with "
                "KEOPS_CALL_DEFAULTS");
  // The struct of the first release ended before `ranges`: what lies behind it
  // is not read.
  call.size = offsetof(keops_call, ranges);
  call.ranges = reinterpret_cast<const keops_ranges *>(1);
  EXPECT_EQ(KEOPS_OK, launch()) << keops_last_error();
  call = KEOPS_CALL_DEFAULTS;
  call.size = offsetof(keops_call, ranges) - 1;
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT, launch());
  call.size = INT64_MAX;
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT, launch());

  // A caller of a later release, which knows 16 bytes more.
  struct {
    keops_call known = KEOPS_CALL_DEFAULTS;
    char more[16] = {};
  } longer;
  longer.known.size = sizeof(longer);
  EXPECT_EQ(KEOPS_OK, keops_rt_launch(&card.card, &longer.known, 10, 20, inputs,
                                      outputs));
  longer.more[15] = 1;
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT, keops_rt_launch(&card.card, &longer.known,
                                                    10, 20, inputs, outputs));
  EXPECT_EQ(std::string("keops_call sets a field that this release (") +
                keops_runtime_version() +
                ") does not know; initialize the struct with "
                "KEOPS_CALL_DEFAULTS",
            keops_last_error());
  call = KEOPS_CALL_DEFAULTS;
  call.reserved = 1;
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT, launch());
}

TEST_F(Arguments, BackendAndThreadsAreChecked) {
  call.backend = KEOPS_BACKEND_CPU;
  EXPECT_EQ(KEOPS_OK, launch());
  call.backend = KEOPS_BACKEND_GPU;
  EXPECT_EQ(KEOPS_NO_DEVICE, launch());
  EXPECT_STREQ("kernel 'sum' has no code for GPUs; compile it with a GPU "
               "architecture, or use KEOPS_BACKEND_CPU",
               keops_last_error());
  call.backend = 3;
  expectInvalid("backend is 3; expected KEOPS_BACKEND_AUTO, KEOPS_BACKEND_CPU "
                "or KEOPS_BACKEND_GPU");
  call = KEOPS_CALL_DEFAULTS;
  call.device = -3;
  expectInvalid("device is -3; expected the number of a GPU, 0 or more");
  call = KEOPS_CALL_DEFAULTS;
  call.threads = -2;
  expectInvalid("threads is -2; expected 0 (one for each core) or more");
  call.threads = INT32_MAX; // at most so many
  EXPECT_EQ(KEOPS_OK, launch());
}

TEST_F(Arguments, LastErrorStaysWithItsThread) {
  expectInvalid("M is negative (-1)", -1);
  EXPECT_EQ(KEOPS_OK, launch());
  EXPECT_STREQ("M is negative (-1)", keops_last_error());
  std::thread([&] {
    EXPECT_STREQ("", keops_last_error());
    expectInvalid("N is negative (-2)", 1, -2);
  }).join();
  EXPECT_STREQ("M is negative (-1)", keops_last_error());
}

TEST_F(Arguments, LongNamesAreCutAndNotOverrun) {
  std::string name(5000, 'x');
  card.tables[1].name = name.c_str();
  inputs[1] = nullptr;
  EXPECT_EQ(KEOPS_INVALID_ARGUMENT, launch());
  EXPECT_EQ(511u, std::strlen(keops_last_error()));
}

} // namespace
